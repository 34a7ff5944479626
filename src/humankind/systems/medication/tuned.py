"""Baselines at the settings that suit the validation patients best: none is compared at a setting that weakens it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from humankind.spine.progress import SILENT, Progress
from humankind.systems.medication.baselines import Logistic, NearestVisits, Popularity, PreviousVisit
from humankind.systems.medication.choosing import best_threshold
from humankind.systems.medication.config import RecurrentSection
from humankind.systems.medication.data import Cohort
from humankind.systems.medication.ddi import DDIGraph
from humankind.systems.medication.metrics import visit_figures

if TYPE_CHECKING:
    from humankind.systems.medication.baselines import Recommender
    from humankind.systems.medication.recurrent import Recurrent

PENALTIES = (0.03, 0.1, 0.3, 1.0)
"""Of logistic regression: values of C tried."""
NEIGHBOURS = (10, 20, 40, 80)
"""Of nearest visits: values of k tried."""
RECURRENT = {"RETAIN": "retain", "GAMENet": "gamenet", "SafeDrug": "safedrug"}
NAMES = ("popularity", "previous visit", "logistic regression", "nearest visits", *RECURRENT)
"""All baselines, by the names of reports."""
_GRIDS: dict[str, list[tuple[str, Callable[[], Recommender]]]] = {
    "popularity": [("", Popularity)],
    "previous visit": [("", PreviousVisit)],
    "logistic regression": [(f"C = {C:g}", lambda C=C: Logistic(C=C)) for C in PENALTIES],
    "nearest visits": [(f"k = {k}", lambda k=k: NearestVisits(k=k)) for k in NEIGHBOURS],
}


@dataclass(frozen=True)
class Tuned:
    """A baseline that is ready to be measured."""

    model: Any
    """Has `scores(cohort)`."""
    threshold: float
    chosen: str
    """What validation chose, in words."""

    def chosen_sets(self, scores: np.ndarray) -> np.ndarray:
        """Return which drugs are recommended, bool, same shape as `scores`."""
        return scores >= self.threshold


def tuned(
    name: str,
    train: Cohort,
    validation: Cohort,
    ddi: DDIGraph,
    settings: RecurrentSection,
    seed: int,
    progress: Progress = SILENT,
) -> Tuned:
    """Return a baseline trained, with the settings and the threshold of the best validation Jaccard.

    Args:
        name: one of NAMES.
        train: the training patients.
        validation: others, in the same vocabularies.
        ddi: interacting pairs, for GAMENet and SafeDrug.
        settings: of the networks.
        seed: of the networks.
        progress: where to report.
    """
    if name in RECURRENT:
        candidates = _networks(RECURRENT[name], train, validation, ddi, settings, seed, progress)
    else:
        candidates = ((told, make().fit(train)) for told, make in _GRIDS[name])
    tried = []
    for told, model in candidates:
        scores = model.scores(validation)
        threshold = best_threshold(scores, validation.drugs, validation.patient_of)
        reached = float(visit_figures(validation.drugs, scores, scores >= threshold, ddi).jaccard.mean())
        tried.append((reached, Tuned(model, threshold, told)))
    return max(tried, key=lambda pair: pair[0])[1]


def _networks(
    name: str,
    train: Cohort,
    validation: Cohort,
    ddi: DDIGraph,
    settings: RecurrentSection,
    seed: int,
    progress: Progress,
) -> Iterator[tuple[str, Recurrent]]:
    """Yield a network trained at its settings as they are, and faster with less dropout: some data like that better."""
    from humankind.systems.medication.recurrent import Recurrent

    faster = settings.model_copy(
        update={"learning_rate": 3 * settings.learning_rate, "dropout": 0.6 * settings.dropout}
    )
    for own in (settings, faster):
        network = Recurrent(name, ddi, own, seed).fit(train, validation, progress)
        told = f"learning rate {own.learning_rate:g}, dropout {own.dropout:g}, epoch {network.best_epoch}"
        yield told, network
