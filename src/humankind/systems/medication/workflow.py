"""What the verbs of the model do between the command line and HypeMed: cohorts in, run folders and plain facts out."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError

from humankind.spine.errors import ConfigError, DataError, RunError
from humankind.spine.progress import Progress
from humankind.spine.runs import Run, folder_once
from humankind.spine.verbs import about
from humankind.systems.medication.align import align
from humankind.systems.medication.config import HypeMedConfig
from humankind.systems.medication.data import Cohort
from humankind.systems.medication.ddi import DDIGraph
from humankind.systems.medication.hypemed import HypeMed, Recommendation
from humankind.systems.medication.split import split_by_patient

MODEL = "model"
PARTS = ("train", "validation", "test")
FRACTIONS = (0.7, 0.1, 0.2)
ABLATIONS = {
    "full": (),
    "no pre-training": ("medrep.structure=none",),
    "pairs instead of hyperedges": ("medrep.structure=pairs",),
    "no knowledge": ("medrep.knowledge=none",),
    "own course only": ("simmr.channels=history",),
    "similar visits only": ("simmr.channels=retrieval",),
}
"""What each ablation changes."""


def split(cohort: Cohort, seed: int) -> dict[str, Cohort]:
    """Return training, validation and test patients, 70, 10 and 20 %, drawn by the seed."""
    return dict(zip(PARTS, split_by_patient(cohort, FRACTIONS, seed)))


def train_in(run: Run, config: HypeMedConfig, cohort: Cohort, ddi: Path | None, progress: Progress) -> HypeMed:
    """Return HypeMed trained inside a run folder on 70 % of a cohort's patients, chosen on 10 %.

    Stages are kept in artifacts/stages, the model in artifacts/model, with the ids of the test patients beside it.
    """
    run.check_data(**cohort.facts(), ddi=str(ddi or "default"))
    if (run.artifacts / MODEL).exists():
        return HypeMed.load(run.artifacts / MODEL)
    parts = split(cohort, config.seed)
    graph = None if ddi is None else DDIGraph.from_csv(ddi, cohort.drugs.codes)
    stages = run.artifacts / "stages"
    model = HypeMed(config).fit(parts["train"], parts["validation"], graph, folder=stages, progress=progress)

    def fill(folder: Path) -> None:
        model.save(folder)
        ids = {name: list(part.patient_ids) for name, part in parts.items()}
        (folder / "patients.json").write_text(json.dumps(ids, indent=1) + "\n", encoding="utf-8")

    folder_once(run.artifacts / MODEL, fill)
    for line in model.course.log:
        run.log(event="validation", **line)
    run.log(event="chosen", epoch=model.course.best_epoch, threshold=model.threshold)
    return model


def load_model(path: Path) -> HypeMed:
    """Return the model in a run folder, or in a folder that `HypeMed.save` wrote."""
    folder = model_folder(path)
    with about(folder):
        try:
            return HypeMed.load(folder)
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise RunError(
                "the model in this folder is damaged",
                found=f"{type(error).__name__}: {error}",
                where=folder,
                remedy="train it anew, or copy the whole folder again",
            ) from None


def model_folder(path: Path) -> Path:
    """Return the model's own folder inside a run folder; the path itself where it is no run folder."""
    inside = path / "artifacts" / MODEL
    return inside if inside.is_dir() else path


def test_part(path: Path, cohort: Cohort) -> Cohort:
    """Return the patients of a cohort that a model never saw.

    Those that training set aside, where the cohort is the one it was trained on; all, where it shares none with it.

    Raises:
        DataError: the cohort holds training patients beside strangers, so it is not clear what is meant.
    """
    file = model_folder(path) / "patients.json"
    if not file.exists():
        return cohort
    ids = json.loads(file.read_text(encoding="utf-8"))
    seen, aside = set(ids["train"]) | set(ids["validation"]), set(ids["test"])
    own = set(cohort.patient_ids)
    if not own & seen:
        return cohort
    if not own <= seen | aside:
        raise DataError(
            "the cohort holds patients that the model learned from, beside others",
            found=f"{len(own & seen)} of {len(own)} patients were seen in training",
            remedy="give the cohort of the training, or one without its patients",
        )
    return cohort.subset([cohort.patient_index(name) for name in cohort.patient_ids if name in aside])


def ready_for(model: HypeMed, cohort: Cohort) -> tuple[Cohort, str]:
    """Return a cohort in the model's vocabularies, and in words what had to be replaced or left out."""
    made, alignment = align(cohort, model.training)
    return made, alignment.told()


def of_patient(cohort: Cohort, patient: str | None) -> Cohort:
    """Return one patient of a cohort; the only one where none is named."""
    if patient is None and cohort.n_patients > 1:
        raise ConfigError(
            "there are several patients",
            found=f"{cohort.n_patients}, for example {', '.join(cohort.patient_ids[:3])}",
            where="--patient",
            remedy="name one",
        )
    return cohort.subset([0 if patient is None else cohort.patient_index(patient)])


def told(found: Recommendation) -> dict[str, Any]:
    """Return a recommendation ready for JSON."""
    return {
        "drugs": [asdict(drug) for drug in found.drugs],
        "interactions": [pair._asdict() for pair in found.interactions],
        "neighbours": [asdict(neighbour) for neighbour in found.neighbours],
        "gate": {"own course": found.gate[0], "similar visits": found.gate[1]},
        "notice": found.notice,
    }


def without(model: HypeMed, cohort: Cohort, top: int) -> list[dict[str, Any]]:
    """Return how the last visit's probabilities change when one thing that was known is taken away.

    Each diagnosis and procedure of the last visit, and the drugs of the visit before, are left out in turn; for each,
    the `top` drugs whose probability moves most. This says what the model used, not what causes what.
    """
    from humankind.systems.medication.data import CodeSets

    last = cohort.n_visits - 1
    before = model.predict(cohort)[last]
    codes = model.training.drugs.codes
    rows: list[dict[str, Any]] = []
    for field, kind, sets in (
        ("diagnoses", "diagnosis", cohort.diagnoses),
        ("procedures", "procedure", cohort.procedures),
    ):
        for code in sets.of(last):
            members = [set(sets.of(v).tolist()) - ({int(code)} if v == last else set()) for v in range(len(sets))]
            changed = cohort.with_sets(**{field: CodeSets.from_sets(sets.codes, members)})
            rows.append(_moved(kind, sets.codes[code], model.predict(changed)[last] - before, codes, top))
    if last:
        drugs = cohort.drugs
        members = [set() if v == last - 1 else set(drugs.of(v).tolist()) for v in range(len(drugs))]
        changed = cohort.with_sets(drugs=CodeSets.from_sets(drugs.codes, members))
        rows.append(_moved("drugs before", "all", model.predict(changed)[last] - before, codes, top))
    return sorted(rows, key=lambda row: -max(abs(c["change"]) for c in row["changes"]))


def _moved(kind: str, code: str, change: np.ndarray, codes: tuple[str, ...], top: int) -> dict[str, Any]:
    order = np.argsort(-np.abs(change))[:top]
    moved = [{"drug": codes[drug], "change": float(change[drug])} for drug in order]
    return {"left_out": kind, "code": code, "changes": moved}
