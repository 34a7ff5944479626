"""A trained HypeMed measured on held-out patients, beside baselines that learned from the same visits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from humankind.spine.errors import ConfigError
from humankind.spine.progress import Progress
from humankind.spine.stats import Interval, paired_difference
from humankind.systems.medication.align import align
from humankind.systems.medication.answers import NOTICE
from humankind.systems.medication.data import CodeSets, Cohort
from humankind.systems.medication.ddi import DDIGraph
from humankind.systems.medication.evaluate import Evaluation, evaluation, patient_means
from humankind.systems.medication.hypemed import HypeMed
from humankind.systems.medication.metrics import VisitFigures, truth_figures, visit_figures
from humankind.systems.medication.tuned import NAMES, tuned

OURS = "HypeMed"


@dataclass(frozen=True)
class Held:
    """Held-out patients in the vocabularies of a model."""

    cohort: Cohort
    """Diagnoses, procedures and drugs as the model numbers them."""
    given: Cohort
    """The same visits with all drugs that were given; those that the model does not know come last."""
    ddi: DDIGraph
    """Over the drugs of `given`."""
    told: str
    """What became of codes that the model does not know."""

    def figures(self, scores: np.ndarray, chosen: np.ndarray) -> VisitFigures:
        """Return one number a visit; a drug that the model does not know counts as missed."""
        missing = ((0, 0), (0, self.given.n_drugs - scores.shape[1]))
        return visit_figures(self.given.drugs, np.pad(scores, missing), np.pad(chosen, missing), self.ddi)


def held_out(training: Cohort, ddi: DDIGraph, cohort: Cohort) -> Held:
    """Return a cohort as a model of some training patients is to be measured on it."""
    aligned, alignment = align(cohort, training)
    known = training.drugs
    codes = (*known.codes, *(code for code in cohort.drugs.codes if code not in known.lookup))
    place = {code: index for index, code in enumerate(codes)}
    drugs: CodeSets = cohort.drugs.recoded(codes, np.array([place[code] for code in cohort.drugs.codes], np.int64))
    return Held(aligned, aligned.with_sets(drugs=drugs), ddi.over(codes), alignment.told())


def measure(
    model: HypeMed, held: Held, names: Sequence[str], target_ddi: float | None, progress: Progress
) -> dict[str, Any]:
    """Return every figure of HypeMed, of what was prescribed and of baselines, ready for JSON.

    Args:
        model: the trained model; baselines learn from its training patients and are tuned on its validation ones.
        held: patients that it never saw.
        names: baselines, of `tuned.NAMES`.
        target_ddi: as for `HypeMed.choose`; for HypeMed alone.
        progress: where to report.
    """
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise ConfigError(
            "there is no such baseline", found=", ".join(unknown), where="baselines", expected=", ".join(NAMES)
        )
    seed, cohort = model.config.seed, held.cohort
    probs = model.predict(cohort)
    figures = {OURS: held.figures(probs, model.choose(probs, target_ddi))}
    chosen = {OURS: f"epoch {model.course.best_epoch}, threshold {model.threshold:g}"}
    with progress.task("baselines", len(names)) as task:
        for name in names:
            rival = tuned(
                name, model.training, model.validation, model.ddi, model.config.recurrent, seed, progress
            )  # fmt: skip
            scores = rival.model.scores(cohort)
            figures[name] = held.figures(scores, rival.chosen_sets(scores))
            chosen[name] = ", ".join(filter(None, (rival.chosen, f"threshold {rival.threshold:g}")))
            task.advance()
    evaluated = {name: evaluation(held.given, found, seed) for name, found in figures.items()}
    evaluated["prescribed"] = evaluation(held.given, truth_figures(held.given, held.ddi), seed)
    return {
        "patients": cohort.n_patients,
        "visits": cohort.n_visits,
        "codes": held.told,
        "notice": NOTICE,
        "target_ddi": target_ddi,
        "chosen": chosen,
        "figures": {name: rows(found) for name, found in evaluated.items()},
        "against": {
            name: ends(difference(held.given, figures[OURS], figures[name], "jaccard", seed)) for name in names
        },
    }


def difference(cohort: Cohort, a: VisitFigures, b: VisitFigures, measure: str, seed: int) -> Interval:
    """Return how much higher a measure of `a` is, by patient, with its interval over patients."""
    mine, other = (patient_means(cohort, getattr(figures, measure)) for figures in (a, b))
    known = ~(np.isnan(mine) | np.isnan(other))
    return paired_difference(mine[known], other[known], seed).difference


def rows(found: Evaluation) -> list[dict[str, Any]]:
    """Return an evaluation's figures ready for JSON."""
    return [one.model_dump(mode="json") for one in found.measured]


def ends(interval: Interval) -> list[float | None]:
    """Return value, low and high; None for an end that one value alone leaves open."""
    return [interval.value, *(end if np.isfinite(end) else None for end in (interval.low, interval.high))]
