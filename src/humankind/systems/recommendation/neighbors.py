"""Item-item neighbours: the candidates of fsSLIM and the whole of ItemKNN.

Cost: the sum over users of (interactions of the user)^2 additions, split over all cores; memory: one row of
length n_items a thread. The Gram matrix X'X itself is never stored.
"""

from __future__ import annotations

import numpy as np
from numba import get_num_threads, njit, prange
from scipy.sparse import csr_matrix

from humankind.systems.recommendation.selection import select_top


@njit(parallel=True, cache=True, nogil=True)
def _neighbors(row_ptr, row_item, row_value, col_ptr, col_user, col_value, norm, shrink, k, n_chunks):
    n_items = col_ptr.size - 1
    index = np.full((n_items, k), -1, np.int32)
    dot = np.zeros((n_items, k), np.float32)
    score = np.zeros((n_items, k), np.float32)
    for chunk in prange(n_chunks):
        gram_row = np.zeros(n_items, np.float32)
        touched = np.empty(n_items, np.int32)
        cosine = np.empty(n_items, np.float32)
        # Items are dealt like cards, so that popular ones do not all fall to one thread.
        for i in range(chunk, n_items, n_chunks):
            n_touched = 0
            for a in range(col_ptr[i], col_ptr[i + 1]):
                user, value = col_user[a], col_value[a]
                for b in range(row_ptr[user], row_ptr[user + 1]):
                    j = row_item[b]
                    if gram_row[j] == 0.0:
                        touched[n_touched] = j
                        n_touched += 1
                    gram_row[j] += value * row_value[b]
            n_kept = 0
            for t in range(n_touched):
                j = touched[t]
                if j != i:
                    touched[n_kept] = j
                    cosine[n_kept] = gram_row[j] / (norm[i] * norm[j] + shrink)
                    n_kept += 1
            n_top = select_top(cosine[:n_kept], touched[:n_kept], index[i], score[i])
            for t in range(n_top):
                dot[i, t] = gram_row[index[i, t]]
            for t in range(n_kept):
                gram_row[touched[t]] = 0.0
            gram_row[i] = 0.0
    return index, score, dot


def cosine_neighbors(X: csr_matrix, k: int, shrink: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the `k` most similar items of every item, most similar first.

    Args:
        X: users x items, positive weights.
        k: neighbours an item, at least 1.
        shrink: added to the denominator; pulls down items with little support.

    Returns:
        Three arrays of shape (n_items, k): item index (-1 where fewer than k items share a user with it),
        cosine `g_ij / (|x_i| |x_j| + shrink)`, and the Gram entry `g_ij`. Ties go to the lower item index.
    """
    X = csr_matrix(X, dtype=np.float32)
    columns = X.tocsc()
    norm = np.sqrt(np.asarray(X.multiply(X).sum(axis=0), dtype=np.float32).ravel())
    k = max(1, min(k, X.shape[1]))
    chunks = min(X.shape[1], get_num_threads() * 8)
    return _neighbors(
        X.indptr,
        X.indices,
        X.data,
        columns.indptr,
        columns.indices,
        columns.data,
        norm,
        np.float32(shrink),
        k,
        chunks,
    )
