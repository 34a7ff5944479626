"""ALS as a dense view: the loss it claims to minimise, seeds, extra pairs, folding in."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from humankind.spine.errors import ConfigError
from humankind.systems.recommendation.als import ALS, add_pairs
from humankind.systems.recommendation.config import ALSConfig

CONFIG = ALSConfig(embedding_dim=3, epochs=40, alpha=8.0, weight_decay=5.0)


@pytest.fixture(scope="module")
def blocks() -> csr_matrix:
    """90 users in 3 groups; a group likes its own 10 of 30 items, each with probability 0.5."""
    rng = np.random.default_rng(0)
    own = np.repeat(np.eye(3), 30, axis=0).repeat(10, axis=1)
    return csr_matrix((rng.random((90, 30)) < 0.5 * own).astype(np.float32))


@pytest.fixture(scope="module")
def model(blocks) -> ALS:
    return ALS(CONFIG, seed=1).fit(blocks)


def test_unseen_items_of_the_own_group_rank_first(blocks, model):
    scores = model.score(np.arange(90))
    assert scores.shape == (90, 30)
    assert scores.dtype == np.float32
    own = np.repeat(np.eye(3, dtype=bool), 30, axis=0).repeat(10, axis=1)
    unseen = blocks.toarray() == 0
    for u in range(90):
        assert scores[u, own[u] & unseen[u]].min() > scores[u, ~own[u]].max()


def test_the_stated_loss_is_at_a_minimum(blocks, model):
    """Where its gradient is zero, the pull of the data and the pull of the ridge cancel out."""
    P, Q = model.user_factors.astype(np.float64), model.item_factors.astype(np.float64)
    x = blocks.toarray()
    confidence = np.where(x > 0, CONFIG.alpha * x, 1.0)
    pull = confidence * ((x > 0) - P @ Q.T)
    for data, ridge in ((pull @ Q, CONFIG.weight_decay * P), (pull.T @ P, CONFIG.weight_decay * Q)):
        assert np.linalg.norm(ridge) > 1
        assert np.linalg.norm(data - ridge) < 0.02 * np.linalg.norm(ridge)


def test_fold_in_is_the_ridge_solution(blocks, model):
    history = csr_matrix(blocks[[3, 40, 80]])
    found = model.fold_in(history)
    Q = model.item_factors.astype(np.float64)
    for row, p in zip(history.toarray(), found):
        C = np.diag(np.where(row > 0, CONFIG.alpha, 1.0))
        exact = np.linalg.solve(Q.T @ C @ Q + CONFIG.weight_decay * np.eye(3), Q.T @ C @ row)
        assert p == pytest.approx(exact, abs=1e-4)
    # For users who were trained on, the solution is what the alternations have come to.
    assert found @ model.item_factors.T == pytest.approx(model.score(np.array([3, 40, 80])), abs=0.02)


def test_fold_in_of_a_stranger_with_no_items_is_zero(model):
    assert not model.fold_in(csr_matrix((1, 30), dtype=np.float32)).any()


def test_same_seed_same_factors(blocks, model):
    again, other = ALS(CONFIG, seed=1).fit(blocks), ALS(CONFIG, seed=2).fit(blocks)
    assert np.array_equal(again.user_factors, model.user_factors)
    assert np.array_equal(again.item_factors, model.item_factors)
    assert not np.array_equal(other.user_factors, model.user_factors)


def test_extra_pairs_are_further_positives(blocks, model):
    users, items = np.arange(30, 45), np.full(15, 2)  # half of group 1 takes up an item of group 0
    taught = ALS(CONFIG, seed=1).fit(blocks, (users, items))
    assert taught.score(users)[:, 2].mean() > model.score(users)[:, 2].mean() + 0.3
    assert np.array_equal(taught.user_factors, ALS(CONFIG, seed=1).fit(add_pairs(blocks, (users, items))).user_factors)
    nothing = (np.empty(0, int), np.empty(0, int))
    assert np.array_equal(ALS(CONFIG, seed=1).fit(blocks, nothing).user_factors, model.user_factors)


def test_added_pairs_leave_the_matrix_they_were_added_to(blocks):
    before = blocks.copy()
    total = add_pairs(blocks, (np.array([0, 0]), np.array([29, 29])))
    assert total[0, 29] == 2
    assert total.sum() == before.sum() + 2
    assert (blocks != before).nnz == 0


def test_a_saved_state_scores_and_folds_in_alike(blocks, model):
    loaded = ALS(CONFIG).load_state({name: table.copy() for name, table in model.state().items()})
    users = np.array([5, 60])
    assert np.array_equal(loaded.score(users), model.score(users))
    assert np.array_equal(loaded.fold_in(csr_matrix(blocks[users])), model.fold_in(csr_matrix(blocks[users])))


def test_weight_decay_must_have_been_chosen(blocks):
    with pytest.raises(ConfigError, match="weight_decay") as error:
        ALS(ALSConfig(weight_decay="auto")).fit(blocks)
    assert "als.weight_decay" in str(error.value)


def test_no_second_thread_pool_works_under_the_library():
    """In a fresh process, as the library looks once only and warns where BLAS has more than one thread."""
    program = (
        "from humankind.systems.recommendation.als import ALS\n"
        "from humankind.systems.recommendation.config import ALSConfig\n"
        "from scipy.sparse import eye_array, csr_matrix\n"
        "ALS(ALSConfig(alpha=1.0, weight_decay=0.1, embedding_dim=2)).fit(csr_matrix(eye_array(5)))\n"
    )
    ran = subprocess.run([sys.executable, "-W", "error::RuntimeWarning", "-c", program], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
