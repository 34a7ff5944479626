"""The heart of SaD: how each view teaches the other.

Sparse to dense, the structural signal: for every item, the users whom the item-item model ranks highest become
extra positives of the dense model.

Dense to sparse, the semantic injection: the pairs that the dense model ranks highest, by user and by item, are
added to X with a small weight, and the item-item model is fitted again on the result,

    X~ = X + a 1[M],   M = {top K1 items of each user} u {top K2 users of each item},

so unseen cells of M become a, seen ones 1 + a, and seen cells outside M stay 1.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from humankind.spine.progress import SILENT, Progress
from humankind.systems.recommendation.topk import Scorer, top_items_per_user, top_users_per_item

Pairs = tuple[np.ndarray, np.ndarray]


def structural_signal(
    sparse: Scorer, shape: tuple[int, int], n_users_per_item: int, progress: Progress = SILENT
) -> Pairs:
    """Return (user_index, item_index) of the users with the highest sparse score of each item.

    Pairs already observed are kept: they repeat a positive, as in the official code.

    Returns:
        Two arrays of length n_items * n_users_per_item; empty where `n_users_per_item` is 0.

    Paper: sparse-to-dense alignment; K = 5 in the official code.
    """
    n_users, n_items = shape
    if n_users_per_item == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    users = top_users_per_item(sparse, min(n_users_per_item, n_users), n_users, n_items, progress=progress)
    item = np.repeat(np.arange(n_items), users.shape[1])
    filled = users.ravel() >= 0
    return users.ravel()[filled].astype(np.int64), item[filled]


def semantic_pairs(
    dense: Scorer,
    shape: tuple[int, int],
    n_items_per_user: int,
    n_users_per_item: int,
    progress: Progress = SILENT,
) -> csr_matrix:
    """Return 1[M] as a matrix: the best items of each user and the best users of each item, seen ones included.

    Paper: dense-to-sparse alignment, the set M with K1 = `n_items_per_user`, K2 = `n_users_per_item`.
    """
    n_users, n_items = shape
    user, item = [], []
    if n_items_per_user:
        best = top_items_per_user(dense, min(n_items_per_user, n_items), n_users, progress=progress)
        user.append(np.repeat(np.arange(n_users), best.shape[1]))
        item.append(best.ravel())
    if n_users_per_item:
        best = top_users_per_item(dense, min(n_users_per_item, n_users), n_users, n_items, progress=progress)
        user.append(best.ravel())
        item.append(np.repeat(np.arange(n_items), best.shape[1]))
    if not user:
        return csr_matrix(shape, dtype=np.float32)
    rows, columns = np.concatenate(user), np.concatenate(item)
    filled = (rows >= 0) & (columns >= 0)
    M = csr_matrix((np.ones(filled.sum(), np.float32), (rows[filled], columns[filled])), shape=shape)
    M.sum_duplicates()
    M.data[:] = 1.0  # a union: a pair found both ways counts once
    M.sort_indices()
    return M


def inject(X: csr_matrix, M: csr_matrix, weight: float) -> csr_matrix:
    """Return X~ = X + weight * M.

    >>> X = csr_matrix(np.array([[1, 0, 0], [0, 1, 1]], np.float32))
    >>> M = csr_matrix(np.array([[1, 1, 0], [0, 0, 0]], np.float32))
    >>> inject(X, M, 0.3).toarray().astype(float).round(1).tolist()
    [[1.3, 0.3, 0.0], [0.0, 1.0, 1.0]]
    """
    if M.nnz == 0:
        return X
    injected = (X + weight * M).tocsr().astype(np.float32)
    injected.sort_indices()
    return injected
