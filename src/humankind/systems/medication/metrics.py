"""Figures of recommended sets against the drugs that were given, one number a visit; means come later.

    jaccard    |Y and R| / |Y or R|; 1 where both are empty
    f1         2 |Y and R| / (|Y| + |R|); 1 where both are empty
    prauc      average precision of the scores over all drugs; no figure (NaN) where no drug was given
    ddi_rate   interacting pairs / pairs of R; 0 where R has fewer than two drugs
    n_drugs    |R|

They equal scikit-learn's `average="samples"` with `zero_division=1`. The released code compares a set with 0 where
both sets are empty and divides by it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from humankind.spine.errors import InternalError
from humankind.systems.medication.data import CodeSets, Cohort
from humankind.systems.medication.ddi import DDIGraph

_BLOCK = 1 << 22  # cells of the score table that are sorted at a time


@dataclass(frozen=True, eq=False)
class VisitFigures:
    """One number a visit of each measure; arrays of length n_visits."""

    jaccard: np.ndarray
    f1: np.ndarray
    prauc: np.ndarray
    ddi_rate: np.ndarray
    n_drugs: np.ndarray
    interacting: np.ndarray
    """Interacting pairs, for the pooled rate."""
    pairs: np.ndarray
    """Pairs, for the pooled rate."""


MEASURES = ("jaccard", "f1", "prauc", "ddi_rate", "n_drugs")


def visit_figures(given: CodeSets, scores: np.ndarray, chosen: np.ndarray, ddi: DDIGraph) -> VisitFigures:
    """Return every figure of every visit.

    Args:
        given: the drugs that were given.
        scores: higher means more recommended; finite, shape (n_visits, n_drugs).
        chosen: which drugs are recommended, bool of the same shape.
        ddi: interactions over the same drugs.

    Raises:
        InternalError: shapes do not fit, or a score is not finite.
    """
    shape = (len(given), given.n_codes)
    if scores.shape != shape or chosen.shape != shape or chosen.dtype != bool or ddi.n_drugs != given.n_codes:
        raise InternalError(
            "scores and sets do not fit the visits",
            found=f"scores {scores.shape}, sets {chosen.shape} {chosen.dtype}, interactions of {ddi.n_drugs} drugs",
            expected=f"{shape}, sets of bool",
        )
    from scipy.sparse import csr_matrix

    truth, recommended = given.sizes, chosen.sum(axis=1)
    common = _common(given, chosen)
    either = truth + recommended - common
    interacting, pairs = ddi.counts(csr_matrix(chosen))
    return VisitFigures(
        jaccard=_share(common, either, of_nothing=1.0),
        f1=_share(2 * common, truth + recommended, of_nothing=1.0),
        prauc=average_precision(given, scores),
        ddi_rate=_share(interacting, pairs, of_nothing=0.0),
        n_drugs=recommended.astype(np.float64),
        interacting=interacting,
        pairs=pairs,
    )


def truth_figures(cohort: Cohort, ddi: DDIGraph) -> VisitFigures:
    """Return the figures of the given sets themselves: what physicians did. Accuracy is 1 by definition."""
    given = cohort.drugs.matrix().toarray() > 0
    return visit_figures(cohort.drugs, given.astype(np.float32), given, ddi)


def average_precision(given: CodeSets, scores: np.ndarray) -> np.ndarray:
    """Return the area under the precision-recall steps of each visit; NaN where no drug was given.

    Drugs of equal score are taken in together, as scikit-learn does.

    >>> given = CodeSets.from_sets(["A", "B", "C"], [[0, 2], []])
    >>> average_precision(given, np.array([[0.9, 0.8, 0.7], [0.1, 0.2, 0.3]])).round(4).tolist()
    [0.8333, nan]
    """
    if not np.isfinite(scores).all():
        raise InternalError("a score is not finite", expected="finite scores of every drug")
    figures = np.full(len(given), np.nan)
    step = max(1, _BLOCK // max(given.n_codes, 1))
    for start in range(0, len(given), step):
        rows = np.arange(start, min(start + step, len(given)))
        hits = given.select(rows).matrix().toarray() > 0
        figures[rows] = _average_precision(hits, scores[rows])
    return figures


def _average_precision(hits: np.ndarray, scores: np.ndarray) -> np.ndarray:
    order = np.argsort(-scores, axis=1, kind="stable")
    ranked = np.take_along_axis(scores, order, axis=1)
    hit = np.take_along_axis(hits, order, axis=1)
    n = hits.shape[1]
    # Where each run of equal scores ends: the precision of all its members is the one there.
    ends = np.where(np.diff(ranked, axis=1, append=-np.inf) != 0, np.arange(n), n)
    ends = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    precision = np.take_along_axis(hit.cumsum(axis=1), ends, axis=1) / (ends + 1)
    total = hit.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.where(total > 0, (precision * hit).sum(axis=1) / total, np.nan)


def _common(given: CodeSets, chosen: np.ndarray) -> np.ndarray:
    """Return the size of each intersection."""
    visits = given.visit_of
    return np.bincount(visits[chosen[visits, given.indices]], minlength=len(given))


def _share(part: np.ndarray, whole: np.ndarray, of_nothing: float) -> np.ndarray:
    return np.where(whole > 0, part / np.maximum(whole, 1), of_nothing)
