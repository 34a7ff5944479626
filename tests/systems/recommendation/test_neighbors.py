"""Cosine neighbours against the whole cosine matrix, made by NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from humankind.systems.recommendation.neighbors import cosine_neighbors


@pytest.fixture(scope="module")
def X() -> csr_matrix:
    rng = np.random.default_rng(0)
    filled = rng.random((120, 31)) < rng.uniform(0.02, 0.4, size=31)
    filled[:, 7] = False  # an item that nobody has
    return csr_matrix(np.where(filled, rng.uniform(0.3, 1.3, size=filled.shape), 0).astype(np.float32))


def whole(X: csr_matrix, shrink: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the Gram matrix and the shrunken cosines, both whole."""
    dense = X.toarray().astype(np.float64)
    G = dense.T @ dense
    length = np.sqrt(np.diag(G))
    with np.errstate(invalid="ignore"):
        return G, G / (np.outer(length, length) + shrink)


@pytest.mark.parametrize("shrink", [0.0, 4.0])
@pytest.mark.parametrize("k", [1, 6, 31, 200])
def test_neighbours_are_those_of_the_whole_matrix(X, k, shrink):
    G, cosine = whole(X, shrink)
    index, score, dot = cosine_neighbors(X, k, shrink)
    assert index.shape == score.shape == dot.shape == (31, min(k, 31))
    for i in range(31):
        others = [j for j in range(31) if j != i and G[i, j] > 0]
        best = sorted(others, key=lambda j: (-cosine[i, j], j))[:k]
        n = len(best)
        assert index[i, :n].tolist() == best
        assert score[i, :n] == pytest.approx(cosine[i, best], rel=1e-5)
        assert dot[i, :n] == pytest.approx(G[i, best], rel=1e-5)
        assert (index[i, n:] == -1).all()
        assert not score[i, n:].any()
        assert not dot[i, n:].any()


def test_shrinking_prefers_support():
    """Items 0 and 1 share one user and nothing else; 0 and 2 share nine of ten."""
    pairs = [(0, 0), (0, 1)] + [(u, i) for u in range(1, 10) for i in (0, 2)] + [(10, 0), (11, 2)]
    rows, columns = np.array(pairs).T
    X = csr_matrix((np.ones(len(pairs), np.float32), (rows, columns)), shape=(12, 3))
    assert cosine_neighbors(X, 1, 0.0)[0][1, 0] == 0
    few, many = (cosine_neighbors(X, 2, shrink)[1][0] for shrink in (0.0, 10.0))
    assert few[1] / few[0] > 2 * many[1] / many[0]


def test_equal_neighbours_stand_in_the_order_of_items():
    index, _, _ = cosine_neighbors(csr_matrix(np.ones((4, 6), np.float32)), 3)
    assert index.tolist() == [[j for j in range(6) if j != i][:3] for i in range(6)]


def test_who_shares_no_user_is_no_neighbour():
    index, score, _ = cosine_neighbors(csr_matrix(np.eye(5, dtype=np.float32)), 3)
    assert (index == -1).all()
    assert not score.any()


def test_unsorted_rows_and_more_items_than_tasks_change_nothing():
    rng = np.random.default_rng(1)
    X = csr_matrix((rng.random((60, 300)) < 0.1).astype(np.float32))
    shuffled = X.copy()
    for u in range(X.shape[0]):
        part = slice(X.indptr[u], X.indptr[u + 1])
        shuffled.indices[part] = rng.permutation(X.indices[part])
    shuffled.has_sorted_indices = False
    for ours, theirs in zip(cosine_neighbors(X, 9), cosine_neighbors(shuffled, 9)):
        assert (ours == theirs).all()
