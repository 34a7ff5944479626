"""SLIM and fsSLIM solve their problem: optimality, objective against another solver, and the same by both paths."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import ElasticNet

from humankind.spine.errors import ResourceError
from humankind.systems.recommendation import slim as solver
from humankind.systems.recommendation.neighbors import cosine_neighbors
from humankind.systems.recommendation.slim import fsslim, penalties, slim

ALPHA, L1_RATIO = 0.02, 0.05


@pytest.fixture(scope="module")
def X() -> csr_matrix:
    rng = np.random.default_rng(0)
    taste = rng.normal(size=(300, 3)) @ rng.normal(size=(3, 40))
    return csr_matrix((taste + rng.normal(size=taste.shape) > 1.5).astype(np.float32))


def gradient(X: csr_matrix, W: csr_matrix, alpha: float, l1_ratio: float) -> np.ndarray:
    """Return the gradient of the smooth part plus the l1 slope, one column an item."""
    G = (X.T @ X).toarray().astype(np.float64)
    l1, l2 = penalties(X.shape[0], alpha, l1_ratio)
    w = W.toarray().astype(np.float64)
    return G @ w - G + l2 * w + l1


def objective(X: np.ndarray, i: int, w: np.ndarray, alpha: float, l1_ratio: float) -> float:
    rest = X[:, i] - X @ w
    smooth = rest @ rest / (2 * len(X))
    return smooth + alpha * l1_ratio * np.abs(w).sum() + alpha * (1 - l1_ratio) / 2 * (w @ w)


def test_slim_satisfies_the_optimality_conditions(X):
    W = slim(X, alpha=ALPHA, l1_ratio=L1_RATIO, keep=X.shape[1], tolerance=1e-5)
    slope, w = gradient(X, W, ALPHA, L1_RATIO), W.toarray()
    off_diagonal = ~np.eye(len(w), dtype=bool)
    assert (w >= 0).all()
    assert (np.diag(w) == 0).all()
    assert np.count_nonzero(w) > 100
    assert np.abs(slope[w > 0]).max() < 1e-2
    assert slope[(w == 0) & off_diagonal].min() > -1e-2


def test_fsslim_satisfies_them_within_its_candidates(X):
    k = 12
    W = fsslim(X, n_neighbors=k, alpha=ALPHA, l1_ratio=L1_RATIO, keep=k, tolerance=1e-5).toarray()
    candidates, _, _ = cosine_neighbors(X, k)
    slope = gradient(X, csr_matrix(W), ALPHA, L1_RATIO)
    for i in range(X.shape[1]):
        inside = candidates[i][candidates[i] >= 0]
        assert set(np.flatnonzero(W[:, i])) <= set(inside)
        active = inside[W[inside, i] > 0]
        idle = inside[W[inside, i] == 0]
        assert np.abs(slope[active, i]).max(initial=0) < 1e-2
        assert slope[idle, i].min(initial=0) > -1e-2


@pytest.mark.parametrize(("alpha", "l1_ratio"), [(0.02, 0.05), (0.005, 0.5), (0.1, 1e-4)])
def test_the_objective_is_no_worse_than_another_solver_s(X, alpha, l1_ratio):
    dense = X.toarray().astype(np.float64)
    W = slim(X, alpha=alpha, l1_ratio=l1_ratio, keep=X.shape[1], tolerance=1e-6).toarray()
    for i in range(0, X.shape[1], 7):
        design = dense.copy()
        design[:, i] = 0.0
        peer = ElasticNet(
            alpha=alpha, l1_ratio=l1_ratio, positive=True, fit_intercept=False, tol=1e-8, max_iter=5000
        ).fit(design, dense[:, i])
        ours = objective(dense, i, W[:, i].astype(np.float64), alpha, l1_ratio)
        assert ours <= objective(dense, i, peer.coef_, alpha, l1_ratio) + 1e-6


@pytest.mark.parametrize("solve", ["slim", "fsslim", "fsslim from the data"])
def test_weighted_histories_are_regressed_as_they_are(X, solve, monkeypatch):
    """Injection leaves values of .3, 1 and 1.3; every item is a candidate here, so all three solve one problem."""
    weighted = X.copy()
    weighted.data[:] = np.random.default_rng(2).choice([0.3, 1.0, 1.3], size=X.nnz)
    settings = {"alpha": ALPHA, "l1_ratio": L1_RATIO, "keep": X.shape[1], "tolerance": 1e-6}
    if solve == "slim":
        W = slim(weighted, **settings).toarray()
    else:
        if "data" in solve:
            monkeypatch.setattr(solver, "DENSE_GRAM_SHARE", 0.0)
        W = fsslim(weighted, n_neighbors=X.shape[1], **settings).toarray()
    dense = weighted.toarray().astype(np.float64)
    for i in range(0, X.shape[1], 9):
        design = dense.copy()
        design[:, i] = 0.0
        peer = ElasticNet(
            alpha=ALPHA, l1_ratio=L1_RATIO, positive=True, fit_intercept=False, tol=1e-10, max_iter=10_000
        ).fit(design, dense[:, i])
        assert W[:, i] == pytest.approx(peer.coef_, abs=1e-3)


def test_blocks_made_from_the_data_equal_blocks_gathered_from_the_whole(X, monkeypatch):
    weighted = X.copy()
    weighted.data[::3] = 1.3
    gathered = fsslim(weighted, n_neighbors=10, alpha=ALPHA).toarray()
    monkeypatch.setattr(solver, "DENSE_GRAM_SHARE", 0.0)
    assert fsslim(weighted, n_neighbors=10, alpha=ALPHA).toarray() == pytest.approx(gathered, abs=2e-3)


def test_the_order_of_users_is_of_no_matter_and_items_carry_their_weights_along(X):
    rng = np.random.default_rng(1)
    W = fsslim(X, n_neighbors=39, alpha=ALPHA).toarray()
    assert fsslim(X[rng.permutation(X.shape[0])], n_neighbors=39, alpha=ALPHA).toarray() == pytest.approx(W, abs=2e-3)
    order = rng.permutation(X.shape[1])
    moved = fsslim(X[:, order], n_neighbors=39, alpha=ALPHA).toarray()
    assert moved == pytest.approx(W[np.ix_(order, order)], abs=2e-3)


@pytest.mark.parametrize("solve", ["slim", "fsslim", "fsslim from the data"])
def test_an_item_that_nobody_has_gets_no_weight_under_a_pure_l1_penalty(X, solve, monkeypatch):
    """Its curvature is 0 and so is the ridge: a step would divide by nothing."""
    if "data" in solve:
        monkeypatch.setattr(solver, "DENSE_GRAM_SHARE", 0.0)
    gap = X.tolil()
    gap[:, 3] = 0
    fit = slim if solve == "slim" else fsslim
    W = fit(gap.tocsr(), alpha=ALPHA, l1_ratio=1.0, keep=X.shape[1], tolerance=1e-5).toarray()
    assert not W[3].any()
    assert not W[:, 3].any()
    others = np.delete(np.arange(X.shape[1]), 3)
    without = fit(X[:, others], alpha=ALPHA, l1_ratio=1.0, keep=X.shape[1], tolerance=1e-5).toarray()
    assert np.count_nonzero(without) > 50
    assert W[np.ix_(others, others)] == pytest.approx(without, abs=1e-3)


def test_only_the_largest_weights_are_kept(X):
    whole = slim(X, alpha=ALPHA, l1_ratio=L1_RATIO, keep=X.shape[1]).toarray()
    cut = slim(X, alpha=ALPHA, l1_ratio=L1_RATIO, keep=3).toarray()
    for i in range(X.shape[1]):
        kept = np.flatnonzero(cut[:, i])
        assert len(kept) == min(3, np.count_nonzero(whole[:, i]))
        assert set(kept) <= set(np.argsort(-whole[:, i])[:3])


def test_too_little_memory_is_refused_before_the_work(X, monkeypatch):
    from humankind.spine import resources

    monkeypatch.setattr(resources, "available_memory", lambda: 1000)
    with pytest.raises(ResourceError, match="would not fit"):
        slim(X)
