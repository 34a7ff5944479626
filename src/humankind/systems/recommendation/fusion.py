"""Fusion: Y = beta * S + D, and the choice of beta on validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.sparse import csr_matrix

from humankind.spine.errors import DataError
from humankind.spine.seeds import stream
from humankind.systems.recommendation.config import SaDConfig
from humankind.systems.recommendation.metrics import mean_at
from humankind.systems.recommendation.topk import recommend

AT = 20
MOST_USERS = 4_000
RATIOS = tuple(float(2 ** (e / 2)) for e in range(-10, 11))
"""Grid of beta in units of deviation(D) / deviation(S): from 1/32 to 32 in steps of sqrt 2."""
N_BUCKETS = 3


class Scorer(Protocol):
    """Anything that scores all items for some users."""

    def score(self, users: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class BetaChoice:
    """The fusion weight and how it came about."""

    beta: np.ndarray
    """Weight of the sparse view an item, float32 of shape (n_items,); constant unless by popularity."""
    curve: tuple[tuple[float, float], ...] = ()
    """(beta, validation metric) over the grid; empty where beta was given."""
    at_given: float = 0.0
    """Validation metric at a beta that was given: other settings may still be chosen by it."""

    @property
    def best(self) -> float:
        """The best validation metric over the grid, or the one at a given beta."""
        return max((metric for _, metric in self.curve), default=self.at_given)

    @property
    def value(self) -> float:
        """The weight, or its mean over items where it differs by popularity."""
        return float(self.beta.mean())


class Fused:
    """Scores of both views together."""

    def __init__(self, sparse: Scorer, dense: Scorer, beta: np.ndarray | float) -> None:
        self.sparse, self.dense, self.beta = sparse, dense, beta

    def score(self, users: np.ndarray) -> np.ndarray:
        """Return beta * S + D, float32 of shape (len(users), n_items)."""
        return fuse(self.sparse.score(users), self.dense.score(users), self.beta)


def fuse(S: np.ndarray, D: np.ndarray, beta: np.ndarray | float) -> np.ndarray:
    """Return beta * S + D; no normalisation of either view.

    Paper: final scoring.
    """
    return np.asarray(beta, np.float32) * S + D


@dataclass(frozen=True)
class Fold:
    """Both views fitted on a part of the training data, and the pairs held out from it."""

    X: csr_matrix
    held_out: csr_matrix
    sparse: Scorer
    dense: Scorer


def choose_beta(folds: Sequence[Fold], config: SaDConfig) -> BetaChoice:
    """Return the beta with the best validation metric at 20 over all folds, or the one that the config gives.

    The grid is laid in units of the views' own spread, so it does not depend on their scales. With
    `beta_by_popularity` (our extension) a second pass gives each popularity bucket its own factor.
    """
    n_items = folds[0].X.shape[1]
    blocks = [block for fold in folds for block in _validation_blocks(fold, config.seed, len(folds))]

    def metric(beta: np.ndarray | float) -> float:
        values = [
            mean_at(config.metric, recommend(_Fixed(fuse(b.S, b.D, beta)), b.X, None, AT), b.held_out, AT)
            for b in blocks
        ]
        return float(np.average(values, weights=[b.X.shape[0] for b in blocks])) if blocks else 0.0

    if config.beta != "auto":
        given = np.full(n_items, config.beta, np.float32)
        return BetaChoice(given, at_given=metric(given))
    if not blocks:
        raise DataError("beta cannot be chosen: nothing is held out", where="beta=auto", remedy="give beta a number")
    spread = np.mean([b.D.std() for b in blocks]) / max(np.mean([b.S.std() for b in blocks]), 1e-12)
    grid = [ratio * float(spread) for ratio in RATIOS]
    curve = tuple((beta, metric(beta)) for beta in grid)
    beta = np.full(n_items, grid[_peak([value for _, value in curve])], np.float32)
    if config.beta_by_popularity:
        beta = _by_popularity(beta, folds[0].X, metric)
    return BetaChoice(beta, curve)


def _peak(values: list[float]) -> int:
    """Return the place of the highest three-point mean among the values within half a hundredth of the best.

    So a lone lucky point of a noisy curve is not taken, and little is given away for that.
    """
    padded = np.pad(values, 1, mode="edge")
    smooth = np.convolve(padded, np.ones(3) / 3, mode="valid")
    near_best = np.asarray(values) >= (1 - _GIVEN_AWAY) * max(values)
    return int(np.argmax(np.where(near_best, smooth, -np.inf)))


_GIVEN_AWAY = 0.005
_FACTORS = (1 / 16, 0.25, 0.5, 2.0, 4.0, 16.0)


def _by_popularity(beta: np.ndarray, X: csr_matrix, metric) -> np.ndarray:
    """Improve the weight of one popularity bucket after the other, rarest first, others held."""
    degree = np.bincount(X.indices, minlength=X.shape[1])
    bucket = np.searchsorted(np.quantile(degree, [1 / N_BUCKETS, 2 / N_BUCKETS]), degree)
    best = metric(beta)
    for b in range(N_BUCKETS):
        trials = [np.where(bucket == b, beta * np.float32(factor), beta) for factor in _FACTORS]
        values = [metric(trial) for trial in trials]
        if max(values) > best:
            best, beta = max(values), trials[int(np.argmax(values))]
    return beta


@dataclass(frozen=True)
class _Block:
    """Some users of a fold with both views' scores, computed once for all weights."""

    X: csr_matrix
    held_out: csr_matrix
    S: np.ndarray
    D: np.ndarray


def _validation_blocks(fold: Fold, seed: int, n_folds: int) -> list[_Block]:
    """Return blocks of users with held-out items; under a gigabyte of scores over all folds."""
    users = np.flatnonzero(np.diff(fold.held_out.indptr))
    most = max(64, min(MOST_USERS, 100_000_000 // (n_folds * fold.X.shape[1])))
    users = np.sort(stream(seed, "beta-users").permutation(users)[:most])
    return [
        _Block(fold.X[part], fold.held_out[part], fold.sparse.score(part), fold.dense.score(part))
        for part in np.array_split(users, max(1, len(users) // 512))
        if len(part)
    ]


@dataclass
class _Fixed:
    """Scores that are already there."""

    scores: np.ndarray

    def score(self, users: np.ndarray) -> np.ndarray:
        return self.scores[users]
