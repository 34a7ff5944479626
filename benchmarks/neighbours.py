"""The nearest items of every item by cosine: ours, implicit's, LensKit's and RecBole's."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks import peers
from benchmarks.data import Skipped, split_of, title, warm_log
from benchmarks.measure import OURS, Contestant, Plan, Row, named, side_by_side
from humankind.systems.recommendation.neighbors import cosine_neighbors

NAME = "neighbours"


def run(plan: Plan) -> Iterator[Row | str]:
    """Yield one row for each data set, number of neighbours and library."""
    for data in ("movielens-1m-m1", "gowalla-m1"):
        try:
            X = split_of(data, plan).train.matrix
        except Skipped as why:
            yield str(why)
            continue
        for k in (200, 100):
            yield from _compare(X, k, f"{title(data, plan)}, {k} nearest items", plan)
    yield from peers.absent(*peers.NEIGHBOURS)


def _compare(X: csr_matrix, k: int, task: str, plan: Plan) -> Iterator[Row]:
    for warm in _contestants(warm_log().matrix, 5):
        warm.call()
    contestants = _contestants(X, k)
    side_by_side(contestants, plan)
    ours = contestants[0]
    for contestant in contestants:
        note = "" if contestant is ours else _agreement(ours.result[1], contestant.result, k)
        yield contestant.row(NAME, task, note)


def _contestants(X: csr_matrix, k: int) -> list[Contestant]:
    others = [Contestant(*found) for make in peers.NEIGHBOURS.values() if (found := make(X, k))]
    return [
        Contestant(OURS, lambda: cosine_neighbors(X, k)),
        Contestant(named("implicit"), lambda: _implicit(X, k), "CosineRecommender.fit"),
        *others,
    ]


def _implicit(X: csr_matrix, k: int) -> csr_matrix:
    from implicit.nearest_neighbours import CosineRecommender

    model = CosineRecommender(K=k + 1)  # its lists begin with the item itself
    model.fit(X, show_progress=False)
    return model.similarity


def _agreement(ours: np.ndarray, theirs: csr_matrix | None, k: int) -> str:
    """Say how far the similarities of the two differ, place by place; ties make the items themselves differ."""
    if theirs is None:
        return ""
    pairs = theirs.tocoo()
    other = pairs.row != pairs.col
    row, value = pairs.row[other], pairs.data[other]
    order = np.lexsort((-value, row))
    row, value = row[order], value[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    expected = np.zeros_like(ours)
    fits = place < k
    expected[row[fits], place[fits]] = value[fits]
    return f"similarities differ by {np.abs(expected - ours).max():.1e} at most"
