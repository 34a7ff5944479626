"""What a recommendation used: how probabilities move when one thing that was known is taken away."""

from __future__ import annotations

from typing import Any

import numpy as np

from humankind.systems.medication.data import CodeSets, Cohort
from humankind.systems.medication.hypemed import HypeMed


def without(model: HypeMed, cohort: Cohort, top: int) -> list[dict[str, Any]]:
    """Return how the last visit's probabilities change as each known thing is left out, the weightiest first.

    Each diagnosis and procedure of the last visit, and the drugs of the visit before, are left out in turn. This says
    what the model used, not what causes what.

    Args:
        model: the trained model.
        cohort: one patient, in the model's vocabularies.
        top: drugs to tell of for each, those that move most.
    """
    last = cohort.n_visits - 1
    variants: list[tuple[str, str, Cohort]] = []
    for kind, field, sets in (
        ("diagnosis", "diagnoses", cohort.diagnoses),
        ("procedure", "procedures", cohort.procedures),
    ):
        for code in sets.of(last).tolist():
            variants.append((kind, sets.codes[code], cohort.with_sets(**{field: _less(sets, last, {code})})))
    if last and len(cohort.drugs.of(last - 1)):
        drugs = cohort.drugs
        less = cohort.with_sets(drugs=_less(drugs, last - 1, set(drugs.of(last - 1).tolist())))
        variants.append(("drugs of the visit before", ", ".join(drugs.names(last - 1)), less))
    before = model.predict(cohort)[last]
    rows = [
        {"left_out": kind, "code": code, "changes": _moved(model, model.predict(changed)[last] - before, top)}
        for kind, code, changed in variants
    ]
    return sorted(rows, key=lambda row: -abs(row["changes"][0]["change"]))


def _less(sets: CodeSets, visit: int, gone: set[int]) -> CodeSets:
    members = [set(sets.of(v).tolist()) - (gone if v == visit else set()) for v in range(len(sets))]
    return CodeSets.from_sets(sets.codes, members)


def _moved(model: HypeMed, change: np.ndarray, top: int) -> list[dict[str, Any]]:
    order = np.argsort(-np.abs(change))[:top]
    return [{"drug": model.training.drugs.codes[drug], "change": float(change[drug])} for drug in order]
