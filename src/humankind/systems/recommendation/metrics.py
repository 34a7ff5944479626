"""Figures of top-k lists against held-out items: accuracy a user, and what lies beyond accuracy.

For a user with held-out items T and a list whose hits among the first k places are counted,

    recall@k    hits / |T|
    ndcg@k      sum over hits of 1/log2(rank + 1), divided by the same sum for min(k, |T|) hits in front
    precision@k hits / k, also where the list is shorter than k
    hit_rate@k  1 if there is a hit
    mrr@k       1 / rank of the first hit, 0 without one
    map@k       sum over hits of precision at their rank, divided by min(k, |T|)

A user without held-out items has no figure: NaN in arrays of all users, left out of means.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from scipy.sparse import csr_matrix

from humankind.spine.errors import ConfigError, InternalError

RANKING = ("recall", "ndcg", "precision", "hit_rate", "mrr", "map")


def ranking_metrics(lists: np.ndarray, test: csr_matrix, ks: Sequence[int]) -> dict[str, np.ndarray]:
    """Return every accuracy figure of every user, such as `recall@20`.

    Args:
        lists: item indices, best first, -1 where a list ends; shape (n_users, width).
        test: held-out pairs, one row for each list; every stored value above 0 counts as one.
        ks: list lengths to measure at, each from 1 to width.

    Returns:
        float64 arrays of length n_users; NaN for users without held-out items.

    Raises:
        ConfigError: a k is below 1 or above the width of the lists.
        InternalError: the lists do not fit `test`, or a list holds an item twice.

    >>> lists, test = np.array([[2, 0, 1]]), csr_matrix(np.array([[1, 0, 0, 1]]))
    >>> {name: round(float(values[0]), 3) for name, values in ranking_metrics(lists, test, [2]).items()}
    {'recall@2': 0.5, 'ndcg@2': 0.387, 'precision@2': 0.5, 'hit_rate@2': 1.0, 'mrr@2': 0.5, 'map@2': 0.25}
    """
    places = _check_ks(ks, lists.shape[1])
    relevant = as_sets(test)
    _check_lists(lists, relevant)
    out = np.empty((len(RANKING), len(places), len(lists)))
    _measure(lists, relevant.indptr, relevant.indices, places, out)
    return {f"{name}@{k}": out[m, p] for p, k in enumerate(places) for m, name in enumerate(RANKING)}


def mean_at(name: str, lists: np.ndarray, test: csr_matrix, k: int) -> float:
    """Return the mean of one accuracy figure over users with held-out items; 0 where there are none.

    Args:
        name: one of `RANKING`.
        lists: as for `ranking_metrics`.
        test: as for `ranking_metrics`.
        k: list length to measure at.

    Raises:
        ConfigError: the name is unknown, or k does not fit the lists.
    """
    if name not in RANKING:
        raise ConfigError("unknown metric", found=name, expected=", ".join(RANKING))
    values = ranking_metrics(lists, test, [k])[f"{name}@{k}"]
    values = values[~np.isnan(values)]
    return float(values.mean()) if values.size else 0.0


def bucket_recall(lists: np.ndarray, test: csr_matrix, bucket: np.ndarray, k: int) -> np.ndarray:
    """Return recall@k with the held-out items of one popularity bucket at a time.

    Args:
        lists: as for `ranking_metrics`.
        test: as for `ranking_metrics`.
        bucket: bucket of each item, 0 to n_buckets - 1; shape (n_items,).
        k: list length to measure at.

    Returns:
        float64 of shape (n_users, n_buckets); NaN where a user has no held-out item in the bucket.
    """
    n_buckets = int(bucket.max()) + 1 if bucket.size else 0
    columns = []
    for b in range(n_buckets):
        rows = as_sets(test).tocoo()
        inside = bucket[rows.col] == b
        part = csr_matrix((rows.data[inside], (rows.row[inside], rows.col[inside])), shape=test.shape)
        columns.append(ranking_metrics(lists, part, [k])[f"recall@{k}"])
    return np.stack(columns, axis=1) if columns else np.empty((len(lists), 0))


def exposure(lists: np.ndarray, n_items: int) -> np.ndarray:
    """Return how many lists hold each item, int64 of length n_items."""
    return np.bincount(lists[lists >= 0], minlength=n_items)


def coverage(lists: np.ndarray, n_items: int) -> float:
    """Return the share of all items that stand in at least one list.

    >>> coverage(np.array([[0, 1], [1, -1]]), 4)
    0.5
    """
    return float(np.count_nonzero(exposure(lists, n_items)) / n_items)


def gini(lists: np.ndarray, n_items: int) -> float:
    """Return the Gini coefficient of how often items are listed.

    0 where every item is listed equally often, towards 1 where a few items fill all lists; 0 for empty lists.

    >>> gini(np.array([[0, 1], [2, 3]]), 4), gini(np.array([[0], [0]]), 4)
    (0.0, 0.75)
    """
    counts = np.sort(exposure(lists, n_items)).astype(np.float64)
    if not counts.sum():
        return 0.0
    rank = np.arange(1, n_items + 1)
    return float(((2 * rank - n_items - 1) * counts).sum() / (n_items * counts.sum()))


def novelty(lists: np.ndarray, item_degree: np.ndarray, n_users: int) -> float:
    """Return the mean self-information of listed items in bits, -log2(users of the item / users).

    Args:
        lists: as for `ranking_metrics`.
        item_degree: training users of each item; 0 is counted as 1, so that the figure is finite.
        n_users: training users.

    Returns:
        The mean over all listed places; 0 for empty lists.

    >>> novelty(np.array([[0, 1]]), np.array([8, 2]), 8)
    1.0
    """
    listed = lists[lists >= 0]
    if not listed.size:
        return 0.0
    return float(np.mean(-np.log2(np.maximum(item_degree, 1)[listed] / n_users)))


def as_sets(test: csr_matrix) -> csr_matrix:
    """Return `test` itself, or a copy with sorted rows and without stored zeros and repeats."""
    if not test.has_canonical_format or (test.data == 0).any():
        test = test.copy()
        test.sum_duplicates()
        test.eliminate_zeros()
    return test


@njit(cache=True, nogil=True)
def _measure(lists, indptr, indices, ks, out):
    for user in range(lists.shape[0]):
        relevant = indices[indptr[user] : indptr[user + 1]]
        if relevant.size == 0:
            out[:, :, user] = np.nan
            continue
        hits, first, gain, best_gain, precisions, place = 0, 0, 0.0, 0.0, 0.0, 0
        for rank in range(1, ks[-1] + 1):
            discount = 1.0 / np.log2(rank + 1.0)
            if rank <= relevant.size:
                best_gain += discount
            item = lists[user, rank - 1]
            at = np.searchsorted(relevant, item)
            if at < relevant.size and relevant[at] == item:
                hits += 1
                gain += discount
                precisions += hits / rank
                first = rank if first == 0 else first
            if rank == ks[place]:
                out[0, place, user] = hits / relevant.size
                out[1, place, user] = gain / best_gain
                out[2, place, user] = hits / rank
                out[3, place, user] = 1.0 if hits else 0.0
                out[4, place, user] = 1.0 / first if first else 0.0
                out[5, place, user] = precisions / min(rank, relevant.size)
                place += 1


def _check_ks(ks: Sequence[int], width: int) -> np.ndarray:
    places = np.unique(np.asarray(ks, dtype=np.int64))
    if not places.size or places[0] < 1 or places[-1] > width:
        raise ConfigError(
            "lists cannot be measured at this length",
            found=f"k of {', '.join(map(str, places)) or 'nothing'}",
            expected=f"1 to {width}, the length of the lists",
        )
    return places


def _check_lists(lists: np.ndarray, test: csr_matrix) -> None:
    if len(lists) != test.shape[0]:
        raise InternalError("lists and held-out rows differ in number", found=(len(lists), test.shape[0]))
    ordered = np.sort(lists, axis=1)
    if lists.size and (ordered.max() >= test.shape[1] or ordered.min() < -1):
        raise InternalError("a list holds an item that does not exist", found=int(ordered.max()))
    twice = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    if twice.any():
        row = int(np.flatnonzero(twice.any(axis=1))[0])
        raise InternalError("a list holds an item twice", found=lists[row].tolist(), where=f"list {row}")
