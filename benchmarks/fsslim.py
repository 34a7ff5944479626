"""fsSLIM and SLIM: ours over all items beside scikit-learn's ElasticNet on a sample of items, extrapolated."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks import peers
from benchmarks.data import Skipped, split_of, title, warm_log
from benchmarks.measure import OURS, Contestant, Plan, Row, named, side_by_side
from humankind.systems.recommendation.neighbors import cosine_neighbors
from humankind.systems.recommendation.slim import fsslim, penalties, slim

NAME = "fsslim"
N_NEIGHBORS = 200
ALPHA, L1_RATIO = 0.01, 1e-4
TARGET_S = 60.0
WHOLE_LIMIT = 5_000
"""SLIM over all items is timed up to this many items."""
_GAP = "the weights we keep differ by"


def run(plan: Plan) -> Iterator[Row | str]:
    """Yield one row for each data set and solver."""
    _warm_up()
    for data in ("movielens-1m-m1", "gowalla-m1"):
        try:
            X = split_of(data, plan).train.matrix
        except Skipped as why:
            yield str(why)
            continue
        name = f"{title(data, plan)}, {X.shape[1]:,} items"
        under_s = TARGET_S if data == "gowalla-m1" and not plan.quick else None
        yield from _nearest(X, f"{name}, {N_NEIGHBORS} nearest as candidates", plan, under_s)
        yield from _whole(X, f"{name}, all items as candidates", plan)
    yield from peers.absent("lenskit")


def _warm_up() -> None:
    X = warm_log().matrix
    fsslim(X, n_neighbors=5)
    slim(X)
    _elastic_net(X.tocsc(), 0, np.arange(1, 6))


def _nearest(X: csr_matrix, task: str, plan: Plan, under_s: float | None) -> Iterator[Row]:
    l1, l2 = (float(penalty) for penalty in penalties(X.shape[0], ALPHA, L1_RATIO))
    lenskit = peers.lenskit_fsslim(X, N_NEIGHBORS, l1, l2)
    contestants = [
        Contestant(OURS, lambda: fsslim(X, n_neighbors=N_NEIGHBORS, alpha=ALPHA, l1_ratio=L1_RATIO)),
        *([Contestant(*lenskit)] if lenskit else []),
    ]
    side_by_side(contestants, plan)
    W = contestants[0].result
    yield contestants[0].row(NAME, task, "neighbours included", under_s)
    for contestant in contestants[1:]:
        theirs = csr_matrix(contestant.result)
        gap = np.abs(W.tocoo().data - np.asarray(theirs[W.tocoo().row, W.tocoo().col]).ravel())
        yield contestant.row(NAME, task, f"{_GAP} {gap.max(initial=0.0):.1e} at most, {gap.mean():.1e} on average")
    candidates = cosine_neighbors(X, N_NEIGHBORS)[0]
    yield _sampled(X, W, lambda i: candidates[i][candidates[i] >= 0], task, 5 if plan.quick else 60)


def _whole(X: csr_matrix, task: str, plan: Plan) -> Iterator[Row]:
    n_items = X.shape[1]
    W = None
    if n_items <= WHOLE_LIMIT:
        ours = Contestant(OURS, lambda: slim(X, alpha=ALPHA, l1_ratio=L1_RATIO))
        side_by_side([ours], plan)
        W = ours.result
        yield ours.row(NAME, task)
    everyone = np.arange(n_items)
    yield _sampled(X, W, lambda i: np.delete(everyone, i), task, 3 if plan.quick else 12)


def _sampled(X: csr_matrix, W: Any, candidates_of: Any, task: str, n_sampled: int) -> Row:
    """Return scikit-learn's row: items drawn evenly, one regression each, the mean times the number of items."""
    columns = X.tocsc()
    sample = np.random.default_rng(0).choice(X.shape[1], n_sampled, replace=False)
    seconds, gap = [], 0.0
    for i in sample:
        start = time.perf_counter()
        candidates = candidates_of(i)
        coefficients = _elastic_net(columns, i, candidates)
        seconds.append(time.perf_counter() - start)
        if W is not None:
            column = W[:, [i]].tocoo()
            full = np.zeros(X.shape[1])
            full[candidates] = coefficients
            gap = max(gap, float(np.abs(full[column.row] - column.data).max(initial=0.0)))
    mean, error = np.mean(seconds), np.std(seconds, ddof=1) / np.sqrt(n_sampled)
    note = f"extrapolated from {n_sampled} items, one thread; {mean:.3f} s an item, standard error {error / mean:.0%}"
    if W is not None:
        note += f"; {_GAP} {gap:.1e} at most"
    return Row(NAME, task, named("scikit-learn"), float(mean * X.shape[1]), (), None, "", note)


def _elastic_net(columns: Any, item: int, candidates: np.ndarray) -> np.ndarray:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import ElasticNet

    model = ElasticNet(alpha=ALPHA, l1_ratio=L1_RATIO, positive=True, fit_intercept=False, copy_X=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(columns[:, candidates], columns[:, [item]].toarray().ravel())
    return model.coef_
