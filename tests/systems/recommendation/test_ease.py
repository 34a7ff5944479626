"""EASE against the problem it solves: one ridge regression an item, with its own weight held at zero."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from humankind.spine import resources
from humankind.spine.errors import ResourceError
from humankind.systems.recommendation.ease import ease
from humankind.systems.recommendation.itemitem import votes


def by_least_squares(X: np.ndarray, ridge: float) -> np.ndarray:
    """Return B column by column: |x_i - X_rest b|^2 + ridge |b|^2, solved as a stacked least-squares problem."""
    n_items = X.shape[1]
    B = np.zeros((n_items, n_items))
    for i in range(n_items):
        rest = [j for j in range(n_items) if j != i]
        design = np.vstack([X[:, rest], np.sqrt(ridge) * np.eye(len(rest))])
        target = np.concatenate([X[:, i], np.zeros(len(rest))])
        B[rest, i] = np.linalg.lstsq(design, target, rcond=None)[0]
    return B


FOUR = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 1, 1], [1, 0, 0, 0]], np.float32)


@pytest.mark.parametrize("ridge", [0.5, 3.0, 100.0])
def test_four_items_by_constrained_least_squares(ridge):
    weights = ease(csr_matrix(FOUR), ridge)
    assert weights == pytest.approx(by_least_squares(FOUR, ridge), abs=1e-5)
    assert (np.diag(weights) == 0).all()
    assert weights.dtype == np.float32


def test_the_weights_are_no_symmetric_matrix_and_scores_stand_on_its_columns():
    B = ease(csr_matrix(FOUR), 1.0)
    assert np.abs(B - B.T).max() > 0.05
    by_hand = sum(B[j] for j in np.flatnonzero(FOUR[1]))
    assert votes(csr_matrix(FOUR[1:2]), B)[0] == pytest.approx(by_hand, abs=1e-6)


def test_weighted_histories_are_regressed_as_they_are():
    X = FOUR * np.array([[1.3], [0.3], [1.0], [1.3], [0.3]], np.float32)
    assert ease(csr_matrix(X), 2.0) == pytest.approx(by_least_squares(X, 2.0), abs=1e-5)


def test_items_carry_their_weights_along_and_the_order_of_users_is_of_no_matter():
    rng = np.random.default_rng(0)
    X = csr_matrix((rng.random((80, 25)) < 0.2).astype(np.float32))
    B, items, users = ease(X, 5.0), rng.permutation(25), rng.permutation(80)
    assert ease(X[users][:, items], 5.0) == pytest.approx(B[np.ix_(items, items)], abs=1e-5)


def test_an_item_that_nobody_has_votes_for_nothing():
    B = ease(csr_matrix(np.pad(FOUR, ((0, 0), (0, 1)))), 1.0)
    assert not B[4].any()
    assert not B[:, 4].any()


def test_too_little_memory_is_refused_with_an_estimate_before_the_work(monkeypatch):
    monkeypatch.setattr(resources, "available_memory", lambda: 10_000)
    wide = csr_matrix((2, 1_000), dtype=np.float32)
    with pytest.raises(ResourceError, match="EASE over 1000 items") as refused:
        ease(wide, 1.0)
    assert refused.value.found == "about 11.4 MiB needed"  # three float32 matrices of 1,000 x 1,000
    assert "fsslim" in str(refused.value.remedy)
