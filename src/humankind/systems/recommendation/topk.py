"""Top-k lists from a model's scores, in blocks of users; no array of users x items ever exists.

Selection reads each score once: a value that does not beat the worst one kept costs a single comparison, so
the time goes to the model's own scoring.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numba import njit, prange
from scipy.sparse import csr_matrix

from humankind.spine.errors import ConfigError, DataError, InternalError
from humankind.spine.progress import SILENT, Progress
from humankind.systems.recommendation.selection import _sift_down

BLOCK_BYTES = 64 << 20
_ITEMS_A_TASK = 256


class Scorer(Protocol):
    """Anything that scores all items for some users."""

    def score(self, users: np.ndarray) -> np.ndarray:
        """Return float32 scores of shape (len(users), n_items)."""
        ...


def recommend(
    model: Scorer,
    X: csr_matrix,
    users: np.ndarray | None = None,
    k: int = 20,
    *,
    exclude_seen: bool = True,
    candidates: np.ndarray | None = None,
    block_size: int | None = None,
    progress: Progress = SILENT,
) -> np.ndarray:
    """Return the k best items of each user, best first, equal scores by item index.

    Args:
        model: gives the scores; an item scored -inf is never listed.
        X: users x items; what a user has seen.
        users: user indices, rows of X; all users if not given.
        k: length of a list, at least 1.
        exclude_seen: leave out the items stored in the user's row of X.
        candidates: item indices that may be listed; all items if not given.
        block_size: users scored at once; by default as many as fit into 64 MB of scores.
        progress: where to report.

    Returns:
        int32 of shape (len(users), k), -1 where fewer than k items remain.

    Raises:
        ConfigError: k or block_size is below 1.
        DataError: an index is not one of X.
        InternalError: the model gave NaN, or scores of another shape.

    >>> class Fixed:
    ...     def score(self, users):
    ...         return np.array([[0.1, 0.7, 0.7, 0.9]], np.float32)[users]
    >>> recommend(Fixed(), csr_matrix(np.array([[0, 0, 0, 1.0]])), k=4).tolist()
    [[1, 2, 0, -1]]
    """
    _check_count(k, "k")
    n_users, n_items = X.shape
    users = np.arange(n_users) if users is None else _indices(users, n_users, "users")
    allowed = _allowed(candidates, n_items)
    seen = X if X.has_sorted_indices else X.sorted_indices()
    indptr = seen.indptr if exclude_seen else np.zeros_like(seen.indptr)
    lists, values = _empty(len(users), k)
    with progress.task("lists", len(users)) as task:
        for rows in _blocks(len(users), n_items, block_size):
            scores = _score(model, users[rows], n_items)
            n_bad = _select_rows(scores, users[rows], indptr, seen.indices, allowed, lists[rows], values[rows])
            _refuse_nan(n_bad, model)
            task.advance(len(scores))
    return lists


def top_scores(model: Scorer, users: np.ndarray, lists: np.ndarray) -> np.ndarray:
    """Return the scores of listed items: float32 of the shape of `lists`, -inf where a list holds -1.

    Args:
        model: gives the scores.
        users: the user index of each list.
        lists: item indices, as `recommend` gives them.
    """
    values = np.full(lists.shape, -np.inf, np.float32)
    n_items = _count_items(model)
    for rows in _blocks(len(lists), n_items, None):
        scores = _score(model, users[rows], n_items)
        values[rows] = np.take_along_axis(scores, np.maximum(lists[rows], 0), axis=1)
    values[lists < 0] = -np.inf
    return values


def top_items_per_user(
    model: Scorer, k: int, n_users: int, *, block_size: int | None = None, progress: Progress = SILENT
) -> np.ndarray:
    """Return the k best items of every user, seen ones included, as `recommend` orders them."""
    _check_count(k, "k")
    n_items = _count_items(model)
    nothing_seen = csr_matrix((n_users, n_items), dtype=np.float32)
    return recommend(model, nothing_seen, None, k, block_size=block_size, progress=progress)


def top_users_per_item(
    model: Scorer,
    k: int,
    n_users: int,
    n_items: int,
    *,
    block_size: int | None = None,
    progress: Progress = SILENT,
) -> np.ndarray:
    """Return the k users with the highest score of every item, seen pairs included.

    Users are scored in blocks; what is kept between blocks is one list of k users an item.

    Returns:
        int32 of shape (n_items, k), best first, equal scores by user index; -1 where there are fewer users.
    """
    _check_count(k, "k")
    lists, values = _empty(n_items, k)
    with progress.task("best users of each item", n_users) as task:
        for rows in _blocks(n_users, n_items, block_size):
            users = np.arange(rows.start, rows.stop)
            scores = _score(model, users, n_items)
            _refuse_nan(_merge_columns(scores, rows.start, lists, values), model)
            task.advance(len(users))
    _sort_rows(lists, values)
    return lists


# -- blocks ------------------------------------------------------------------------------------------------


def _blocks(n_rows: int, n_items: int, block_size: int | None) -> Iterator[slice]:
    if block_size is None:
        block_size = max(1, BLOCK_BYTES // (4 * max(1, n_items)))
    _check_count(block_size, "block_size")
    for start in range(0, n_rows, block_size):
        yield slice(start, min(start + block_size, n_rows))


def _score(model: Scorer, users: np.ndarray, n_items: int) -> np.ndarray:
    scores = np.ascontiguousarray(model.score(users), dtype=np.float32)
    if scores.shape != (len(users), n_items):
        raise InternalError(
            "a model gave scores of the wrong shape",
            found=scores.shape,
            where=type(model).__name__,
            expected=(len(users), n_items),
        )
    return scores


def _count_items(model: Scorer) -> int:
    return model.score(np.arange(1)).shape[1]


def _empty(n_rows: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    return np.full((n_rows, k), -1, np.int32), np.full((n_rows, k), -np.inf, np.float32)


# -- selection ---------------------------------------------------------------------------------------------
#
# A row's heap starts with -inf and label -1 in every place. Scores are visited by ascending label, so a value
# equal to the worst one kept never replaces it; `not v <= worst` lets through better values, and NaN.


@njit(cache=True, nogil=True)
def _sort_heap(labels, values):
    """Order a heap best first; places never filled stay at the end."""
    for size in range(labels.size - 1, 0, -1):
        values[0], values[size] = values[size], values[0]
        labels[0], labels[size] = labels[size], labels[0]
        _sift_down(values, labels, 0, size)


@njit(cache=True, nogil=True)
def _select_row(scores, allowed, seen, labels, values):
    """Fill one list; return whether a score was NaN."""
    for t in range(allowed.size):
        item = allowed[t]
        value = scores[item]
        if not value <= values[0]:
            if value != value:
                return True
            at = np.searchsorted(seen, item)
            if at == seen.size or seen[at] != item:
                values[0], labels[0] = value, item
                _sift_down(values, labels, 0, labels.size)
    _sort_heap(labels, values)
    return False


@njit(cache=True, nogil=True, parallel=True)
def _select_rows(scores, users, indptr, indices, allowed, labels, values):
    """Fill the lists of a block of users; return how many of them have a NaN score."""
    n_bad = 0
    for row in prange(scores.shape[0]):
        user = users[row]
        seen = indices[indptr[user] : indptr[user + 1]]
        if _select_row(scores[row], allowed, seen, labels[row], values[row]):
            n_bad += 1
    return n_bad


@njit(cache=True, nogil=True)
def _merge_item_range(scores, first_user, labels, values):
    """Offer a block's users to the lists of some items; return whether a score was NaN."""
    worst = values[:, 0].copy()  # read for every score, so kept side by side
    for row in range(scores.shape[0]):
        for item in range(scores.shape[1]):
            value = scores[row, item]
            if not value <= worst[item]:
                if value != value:
                    return True
                values[item, 0], labels[item, 0] = value, first_user + row
                _sift_down(values[item], labels[item], 0, labels.shape[1])
                worst[item] = values[item, 0]
    return False


@njit(cache=True, nogil=True, parallel=True)
def _merge_columns(scores, first_user, labels, values):
    """Offer a block's users to the lists of all items; return how many ranges of items have a NaN score."""
    n_items, n_bad = scores.shape[1], 0
    for task in prange((n_items + _ITEMS_A_TASK - 1) // _ITEMS_A_TASK):
        start, stop = task * _ITEMS_A_TASK, min((task + 1) * _ITEMS_A_TASK, n_items)
        if _merge_item_range(scores[:, start:stop], first_user, labels[start:stop], values[start:stop]):
            n_bad += 1
    return n_bad


@njit(cache=True, nogil=True)
def _sort_rows(labels, values):
    for row in range(labels.shape[0]):
        _sort_heap(labels[row], values[row])


# -- checks ------------------------------------------------------------------------------------------------


def _refuse_nan(n_bad: int, model: Scorer) -> None:
    if n_bad:
        raise InternalError(
            "a model gave a score that is not a number",
            found="NaN",
            where=type(model).__name__,
            remedy="its training diverged: lower the learning rate, or raise the regularisation",
        )


def _allowed(candidates: np.ndarray | None, n_items: int) -> np.ndarray:
    if candidates is None:
        return np.arange(n_items, dtype=np.int32)
    return np.unique(_indices(candidates, n_items, "candidates")).astype(np.int32)


def _indices(given: np.ndarray, n: int, name: str) -> np.ndarray:
    index = np.asarray(given)
    if index.ndim != 1 or (index.size and not np.issubdtype(index.dtype, np.integer)):
        raise DataError(
            "an index must be a whole number",
            found=f"{index.dtype} of shape {index.shape}",
            where=name,
            expected="a list of whole numbers",
        )
    outside = index[(index < 0) | (index >= n)]
    if outside.size:
        raise DataError("an index is out of range", found=int(outside[0]), where=name, expected=f"0 to {n - 1}")
    return index.astype(np.int64)


def _check_count(value: int, name: str) -> None:
    if value < 1:
        raise ConfigError("a count must be at least 1", found=value, where=name, expected="1 or more")
