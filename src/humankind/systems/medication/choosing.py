"""From scores to sets: by a threshold, by rank, and the threshold that suits validation data best."""

from __future__ import annotations

import numpy as np

from humankind.spine.errors import ConfigError
from humankind.systems.medication.data import CodeSets

THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))
"""What `best_threshold` tries."""


def at_least(scores: np.ndarray, threshold: float) -> np.ndarray:
    """Return which scores reach the threshold, bool of the same shape."""
    return scores >= threshold


def top_k(scores: np.ndarray, k: int) -> np.ndarray:
    """Return which k scores of each row are highest, bool of the same shape; ties go to the lower index.

    >>> top_k(np.array([[0.1, 0.5, 0.5, 0.2]]), 1).tolist()
    [[False, True, False, False]]
    """
    if not 0 <= k <= scores.shape[1]:
        raise ConfigError("this number of drugs does not fit", found=k, expected=f"0 to {scores.shape[1]}")
    chosen = np.zeros(scores.shape, bool)
    np.put_along_axis(chosen, np.argsort(-scores, axis=1, kind="stable")[:, :k], True, axis=1)
    return chosen


def best_threshold(scores: np.ndarray, given: CodeSets, patient_of: np.ndarray) -> float:
    """Return the threshold of THRESHOLDS with the highest Jaccard, averaged over visits, then patients.

    Args:
        scores: probabilities on validation data, shape (n_visits, n_drugs).
        given: the drugs that were given there.
        patient_of: patient of each visit.
    """
    visits = given.visit_of
    of_visit = np.bincount(patient_of)
    best, best_value = THRESHOLDS[0], -1.0
    for threshold in THRESHOLDS:
        chosen = at_least(scores, threshold)
        common = np.bincount(visits[chosen[visits, given.indices]], minlength=len(given))
        either = given.sizes + chosen.sum(axis=1) - common
        jaccard = np.where(either > 0, common / np.maximum(either, 1), 1.0)
        value = float((np.bincount(patient_of, jaccard) / np.maximum(of_visit, 1))[of_visit > 0].mean())
        if value > best_value:
            best, best_value = threshold, value
    return best
