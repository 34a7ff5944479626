"""As few interacting pairs among the recommended drugs as wanted, at the least cost in likely drugs."""

from __future__ import annotations

import numpy as np

_HALVINGS = 30
_STRONGEST = 1_000.0


def choose(probs: np.ndarray, threshold: float, interacts: np.ndarray, penalty: float = 0.0) -> np.ndarray:
    """Return which drugs are recommended, bool (n, n_drugs).

    A drug at or above the threshold is worth its log-odds above it; each interacting pair costs `penalty`. Starting
    from all such drugs, the one with the least worth for each of its pairs is taken out, as long as that is below the
    penalty. The order does not depend on the penalty, so the set for a higher one lies within that for a lower one.

    Args:
        probs: (n, n_drugs).
        threshold: between 0 and 1.
        interacts: symmetric 0/1, (n_drugs, n_drugs).
        penalty: cost of a pair in log-odds, 0 or more.
    """
    chosen = probs >= threshold
    if penalty <= 0:
        return chosen
    clipped = np.clip(probs, 1e-7, 1 - 1e-7)
    worth = np.log(clipped / (1 - clipped)) - np.log(threshold / (1 - threshold))
    active = np.arange(len(chosen))
    while len(active):
        partners = chosen[active] @ interacts
        breaking = np.full(partners.shape, np.inf)
        np.divide(worth[active], partners, out=breaking, where=chosen[active] & (partners > 0))
        weakest = breaking.argmin(1)
        goes = breaking[np.arange(len(active)), weakest] < penalty
        active, weakest = active[goes], weakest[goes]
        chosen[active, weakest] = False
    return chosen


def pooled_rate(chosen: np.ndarray, interacts: np.ndarray) -> float:
    """Return interacting pairs / all pairs, over all rows; 0 where there are no pairs."""
    size = chosen.sum(1).astype(float)
    pairs = (size * (size - 1) / 2).sum()
    return float(((chosen @ interacts) * chosen).sum() / 2 / pairs) if pairs else 0.0


def penalty_for(probs: np.ndarray, threshold: float, interacts: np.ndarray, target: float) -> float:
    """Return the smallest penalty, to a thousandth or so, with which the pooled rate is at most `target`.

    Args:
        probs: of the visits to calibrate on (validation), (n, n_drugs).
        threshold: as in `choose`.
        interacts: symmetric 0/1.
        target: share of interacting pairs, 0 to 1. At 0 the penalty is one that no pair survives, for any visits.
    """
    if target <= 0:
        return _STRONGEST
    if pooled_rate(choose(probs, threshold, interacts), interacts) <= target:
        return 0.0
    low, high = 0.0, 1.0
    while pooled_rate(choose(probs, threshold, interacts, high), interacts) > target and high < _STRONGEST:
        low, high = high, high * 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if pooled_rate(choose(probs, threshold, interacts, middle), interacts) > target:
            low = middle
        else:
            high = middle
        if high - low < 1e-3:
            break
    return high
