"""The sparse view: SLIM, an item-item regression with few non-negative weights, and fsSLIM, its fast form.

For every item i, with column i left out of the regressors,

    min_w  1/(2U) |x_i - X w|^2 + alpha r |w|_1 + alpha (1-r)/2 |w|^2,   w >= 0, w_i = 0.

Times U this is 1/2 w'Gw - g_i'w + l1 |w|_1 + l2/2 |w|^2 with G = X'X, l1 = alpha r U, l2 = alpha (1-r) U, so only
inner products of columns are needed. fsSLIM lets w be non-zero only on the item's nearest neighbours by cosine.

Where G fits into a quarter of the memory budget it is stored whole. Where it does not, the block G[C, C] of one
item's candidates C is made from the interactions of those candidates alone, so memory stays linear in the data.
"""

from __future__ import annotations

import numpy as np
from numba import get_num_threads, njit, prange
from scipy.sparse import csc_matrix, csr_matrix

from humankind.spine.progress import SILENT, Progress
from humankind.spine.resources import available_memory, require_memory
from humankind.systems.recommendation.neighbors import cosine_neighbors
from humankind.systems.recommendation.selection import select_top

MAX_SWEEPS = 200
DENSE_GRAM_SHARE = 0.25
"""Part of the free memory that a whole Gram matrix may take before fsSLIM works from the data instead."""


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz"})
def _descend(gram, target, l1, l2, tolerance, weight, residual, active):
    """Minimise over `weight` by coordinate descent; `residual` is target - gram @ weight throughout.

    One sweep over all coordinates finds the active ones; sweeps over those alone follow until they stand still;
    the end is a full sweep that changes nothing by more than `tolerance` (in units of the target).
    """
    n = target.size
    for j in range(n):
        weight[j] = 0.0
        residual[j] = target[j]
    for _ in range(MAX_SWEEPS):
        moved = np.float32(0.0)
        n_active = 0
        for j in range(n):
            moved = max(moved, _step(gram, j, l1, l2, weight, residual))
            if weight[j] > 0.0:
                active[n_active] = j
                n_active += 1
        if moved <= tolerance:
            return
        for _ in range(MAX_SWEEPS):
            moved = np.float32(0.0)
            for a in range(n_active):
                moved = max(moved, _step(gram, active[a], l1, l2, weight, residual))
            if moved <= tolerance:
                break


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz"}, inline="always")
def _step(gram, j, l1, l2, weight, residual):
    """Set one weight to its minimiser; return how much that changed its own part of the gradient."""
    curvature = gram[j, j]
    if curvature + l2 <= 0.0:  # an item that nobody has, under a pure l1 penalty: any weight is as good as none
        return np.float32(0.0)
    best = max(np.float32(0.0), (residual[j] + curvature * weight[j] - l1) / (curvature + l2))
    change = best - weight[j]
    if change == 0.0:
        return np.float32(0.0)
    weight[j] = best
    row = gram[j]
    for k in range(residual.size):
        residual[k] -= row[k] * change
    return abs(change) * (curvature + l2)


@njit(parallel=True, cache=True, nogil=True)
def _solve_gathered(gram, candidate, target, l1, l2, tolerance, keep, n_chunks, first, last):
    """Solve items first..last whose Gram block is gathered from the whole matrix `gram`."""
    n_candidates = candidate.shape[1]
    index = np.full((last - first, keep), -1, np.int32)
    value = np.zeros((last - first, keep), np.float32)
    for chunk in prange(n_chunks):
        block = np.empty((n_candidates, n_candidates), np.float32)
        weight = np.empty(n_candidates, np.float32)
        residual = np.empty(n_candidates, np.float32)
        active = np.empty(n_candidates, np.int32)
        for i in range(first + chunk, last, n_chunks):
            n = _count(candidate[i])
            for a in range(n):
                row = gram[candidate[i, a]]
                for b in range(n):
                    block[a, b] = row[candidate[i, b]]
            _descend(block[:n, :n], target[i, :n], l1, l2, tolerance, weight[:n], residual[:n], active)
            _keep_positive(weight[:n], candidate[i], index[i - first], value[i - first])
    return index, value


@njit(parallel=True, cache=True, nogil=True)
def _solve_from_data(
    col_ptr, col_user, col_value, n_users, candidate, target, l1, l2, tolerance, keep, n_chunks, first, last
):
    """Solve items first..last whose Gram block is made from the columns of their candidates."""
    n_candidates = candidate.shape[1]
    index = np.full((last - first, keep), -1, np.int32)
    value = np.zeros((last - first, keep), np.float32)
    longest = 0
    for j in range(col_ptr.size - 1):
        longest = max(longest, col_ptr[j + 1] - col_ptr[j])
    for chunk in prange(n_chunks):
        block = np.empty((n_candidates, n_candidates), np.float32)
        weight = np.empty(n_candidates, np.float32)
        residual = np.empty(n_candidates, np.float32)
        active = np.empty(n_candidates, np.int32)
        count = np.zeros(n_users, np.int32)
        start = np.empty(n_users, np.int32)
        seen = np.empty(n_users, np.int32)
        local = np.empty(0, np.int32)
        local_value = np.empty(0, np.float32)
        for i in range(first + chunk, last, n_chunks):
            n = _count(candidate[i])
            # Turn the candidates' columns into rows by user (a counting sort) ...
            n_seen, total = 0, 0
            for a in range(n):
                j = candidate[i, a]
                for p in range(col_ptr[j], col_ptr[j + 1]):
                    user = col_user[p]
                    if count[user] == 0:
                        seen[n_seen] = user
                        n_seen += 1
                    count[user] += 1
                total += col_ptr[j + 1] - col_ptr[j]
            if local.size < total:
                local = np.empty(total + total // 4, np.int32)
                local_value = np.empty(total + total // 4, np.float32)
            at = 0
            for s in range(n_seen):
                start[seen[s]] = at
                at += count[seen[s]]
                count[seen[s]] = 0
            for a in range(n):
                j = candidate[i, a]
                for p in range(col_ptr[j], col_ptr[j + 1]):
                    user = col_user[p]
                    place = start[user] + count[user]
                    local[place] = a
                    local_value[place] = col_value[p]
                    count[user] += 1
            # ... and add up the outer products of those rows; local indices ascend, so only a <= b is visited.
            block[:n, :n] = 0.0
            for s in range(n_seen):
                begin = start[seen[s]]
                end = begin + count[seen[s]]
                count[seen[s]] = 0
                for p in range(begin, end):
                    row = block[local[p]]
                    v = local_value[p]
                    for q in range(p, end):
                        row[local[q]] += v * local_value[q]
            for a in range(n):
                for b in range(a + 1, n):
                    block[b, a] = block[a, b]
            _descend(block[:n, :n], target[i, :n], l1, l2, tolerance, weight[:n], residual[:n], active)
            _keep_positive(weight[:n], candidate[i], index[i - first], value[i - first])
    return index, value


@njit(parallel=True, cache=True, nogil=True)
def _solve_whole(gram, l1, l2, tolerance, keep, n_chunks, first, last):
    """Solve items first..last with every other item as a candidate."""
    n_items = gram.shape[0]
    index = np.full((last - first, keep), -1, np.int32)
    value = np.zeros((last - first, keep), np.float32)
    for chunk in prange(n_chunks):
        weight = np.empty(n_items, np.float32)
        residual = np.empty(n_items, np.float32)
        target = np.empty(n_items, np.float32)
        active = np.empty(n_items, np.int32)
        everyone = np.arange(n_items).astype(np.int32)
        for i in range(first + chunk, last, n_chunks):
            target[:] = gram[i]
            target[i] = -np.inf  # w_i = 0: its own column can never enter
            _descend(gram, target, l1, l2, tolerance, weight, residual, active)
            _keep_positive(weight, everyone, index[i - first], value[i - first])
    return index, value


@njit(cache=True, nogil=True)
def _count(candidates):
    n = 0
    while n < candidates.size and candidates[n] >= 0:
        n += 1
    return n


@njit(cache=True, nogil=True)
def _keep_positive(weight, candidates, out_index, out_value):
    """Write the largest positive weights and their items, largest first."""
    n = 0
    for a in range(weight.size):
        if weight[a] > 0.0:
            n += 1
    values = np.empty(n, np.float32)
    labels = np.empty(n, np.int32)
    n = 0
    for a in range(weight.size):
        if weight[a] > 0.0:
            values[n], labels[n] = weight[a], candidates[a]
            n += 1
    select_top(values, labels, out_index, out_value)


def penalties(n_users: int, alpha: float, l1_ratio: float) -> tuple[np.float32, np.float32]:
    """Return (l1, l2) of the Gram form from elastic-net `alpha` and `l1_ratio`."""
    return np.float32(alpha * l1_ratio * n_users), np.float32(alpha * (1.0 - l1_ratio) * n_users)


def fsslim(
    X: csr_matrix,
    *,
    n_neighbors: int = 200,
    alpha: float = 0.01,
    l1_ratio: float = 1e-4,
    keep: int = 100,
    tolerance: float = 1e-3,
    progress: Progress = SILENT,
) -> csr_matrix:
    """Return item-item weights W (n_items x n_items, W[j, i] = weight of j for i) over nearest neighbours.

    Args:
        X: users x items, positive weights.
        n_neighbors: candidates an item, chosen by cosine.
        alpha: strength of the penalty, > 0.
        l1_ratio: part of it that is l1, in [0, 1].
        keep: largest weights kept an item.
        tolerance: a solution is done when no weight moves its own gradient by more than this (in interactions).

    Cost: time n_items * n_neighbors^2 * (sweeps); memory linear in interactions plus n_items * n_neighbors.

    Paper: section on the sparse view; candidates by neighbourhood as in Ning and Karypis (2011), fsSLIM.
    """
    X = _as_float(X)
    n_users, n_items = X.shape
    l1, l2 = penalties(n_users, alpha, l1_ratio)
    candidate, _, target = cosine_neighbors(X, n_neighbors)
    blocks = _item_blocks(n_items)
    with progress.task("sparse view: fsSLIM", n_items) as task:
        if 4 * n_items**2 <= DENSE_GRAM_SHARE * available_memory():
            gram = dense_gram(X)

            def solve(first: int, last: int):
                return _solve_gathered(
                    gram,
                    candidate,
                    target,
                    l1,
                    l2,
                    np.float32(tolerance),
                    keep,
                    _chunks(last - first),
                    first,
                    last,
                )
        else:
            C = X.tocsc()

            def solve(first: int, last: int):
                return _solve_from_data(
                    C.indptr, C.indices, C.data, n_users, candidate, target, l1, l2, np.float32(tolerance), keep,
                    get_num_threads(), first, last,
                )  # fmt: skip

        return _assemble(solve, blocks, n_items, task)


def slim(
    X: csr_matrix,
    *,
    alpha: float = 0.01,
    l1_ratio: float = 1e-4,
    keep: int = 100,
    tolerance: float = 1e-3,
    progress: Progress = SILENT,
) -> csr_matrix:
    """Return item-item weights W as `fsslim` does, with all other items as candidates.

    Cost: memory 4 * n_items^2 bytes (refused with an estimate where it does not fit), time n_items^2 a sweep.

    Raises:
        ResourceError: the Gram matrix would not fit into memory.
    """
    X = _as_float(X)
    n_users, n_items = X.shape
    require_memory(4 * n_items**2, f"SLIM over all {n_items} items", "use sparse=fsslim, whose memory is linear")
    l1, l2 = penalties(n_users, alpha, l1_ratio)
    gram = dense_gram(X)

    def solve(first: int, last: int):
        return _solve_whole(gram, l1, l2, np.float32(tolerance), keep, _chunks(last - first), first, last)

    with progress.task("sparse view: SLIM", n_items) as task:
        return _assemble(solve, _item_blocks(n_items), n_items, task)


def dense_gram(X: csr_matrix) -> np.ndarray:
    """Return X'X as a dense float32 array of shape (n_items, n_items)."""
    n_items = X.shape[1]
    gram = np.zeros((n_items, n_items), np.float32)
    C = X.tocsc()
    chunks = min(n_items, get_num_threads() * 8)
    _add_gram(X.indptr, X.indices, X.data, C.indptr, C.indices, C.data, gram, chunks)
    return gram


@njit(parallel=True, cache=True, nogil=True)
def _add_gram(row_ptr, row_item, row_value, col_ptr, col_user, col_value, gram, n_chunks):
    n_items = gram.shape[0]
    for chunk in prange(n_chunks):
        for i in range(chunk, n_items, n_chunks):
            row = gram[i]
            for a in range(col_ptr[i], col_ptr[i + 1]):
                user, value = col_user[a], col_value[a]
                for b in range(row_ptr[user], row_ptr[user + 1]):
                    row[row_item[b]] += value * row_value[b]


def _as_float(X: csr_matrix) -> csr_matrix:
    X = csr_matrix(X, dtype=np.float32)
    X.sort_indices()
    return X


def _chunks(n: int) -> int:
    return max(1, min(n, get_num_threads() * 4))


def _item_blocks(n_items: int) -> list[tuple[int, int]]:
    """Cut the items into blocks so that progress is seen and Ctrl-C is heard."""
    size = max(64, -(-n_items // 20))
    return [(first, min(first + size, n_items)) for first in range(0, n_items, size)]


def _assemble(solve, blocks, n_items, task) -> csr_matrix:
    index, value = [], []
    for first, last in blocks:
        block_index, block_value = solve(first, last)
        index.append(block_index)
        value.append(block_value)
        task.advance(last - first)
    return columns_to_matrix(np.vstack(index), np.vstack(value))


def columns_to_matrix(index: np.ndarray, value: np.ndarray) -> csr_matrix:
    """Return the matrix whose column i holds `value[i]` at rows `index[i]`; -1 marks an empty place."""
    n_items = index.shape[0]
    filled = index >= 0
    indptr = np.concatenate([[0], np.cumsum(filled.sum(axis=1))])
    W = csc_matrix((value[filled], index[filled], indptr), shape=(n_items, n_items)).tocsr()
    W.sort_indices()
    return W
