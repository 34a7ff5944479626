"""The four item-item models behind one face."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, random

from humankind.spine.errors import ConfigError
from humankind.systems.recommendation.config import SaDConfig
from humankind.systems.recommendation.ease import ease
from humankind.systems.recommendation.itemitem import ItemItem, votes
from humankind.systems.recommendation.neighbors import cosine_neighbors
from humankind.systems.recommendation.slim import fsslim, slim

CONFIG = SaDConfig.checked(
    {
        "slim": {"alpha": 0.05, "n_neighbors": 8, "keep": 5, "l1_ratio": 0.1},
        "ease": {"ridge": 7.0},
        "itemknn": {"n_neighbors": 4, "shrink": 2.0},
    }
)
KINDS = ("fsslim", "slim", "ease", "itemknn")


@pytest.fixture(scope="module")
def X() -> csr_matrix:
    rng = np.random.default_rng(0)
    return csr_matrix((rng.random((70, 20)) < 0.25).astype(np.float32))


def dense(W) -> np.ndarray:
    return W if isinstance(W, np.ndarray) else W.toarray()


def test_every_kind_is_the_solver_of_that_name_with_its_own_settings(X):
    index, cosine, _ = cosine_neighbors(X, 4, 2.0)
    knn = np.zeros((20, 20), np.float32)
    for i in range(20):
        for j, value in zip(index[i], cosine[i]):
            if j >= 0:
                knn[j, i] = value  # W[j, i]: what having j says about i
    expected = {
        "fsslim": fsslim(X, n_neighbors=8, alpha=0.05, l1_ratio=0.1, keep=5).toarray(),
        "slim": slim(X, alpha=0.05, l1_ratio=0.1, keep=5).toarray(),
        "ease": ease(X, 7.0),
        "itemknn": knn,
    }
    for kind in KINDS:
        assert dense(ItemItem(kind, CONFIG).fit(X).weights) == pytest.approx(expected[kind], abs=1e-6), kind
    for a in KINDS:
        for b in KINDS:
            assert a == b or np.abs(expected[a] - expected[b]).max() > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_history_times_weights(X, kind):
    model = ItemItem(kind, CONFIG).fit(X)
    users = np.array([3, 3, 0, 69])
    W = dense(model.weights)
    assert (np.diag(W) == 0).all()
    assert model.score(users) == pytest.approx(X.toarray()[users] @ W, abs=1e-5)
    assert model.score(users).dtype == np.float32
    assert model.score(np.array([], int)).shape == (0, 20)


@given(st.integers(1, 12), st.integers(1, 15), st.integers(0, 2**31 - 1))
def test_votes_are_the_matrix_product(n_users, n_items, seed):
    rng = np.random.default_rng(seed)
    history = csr_matrix(random(n_users, n_items, 0.3, random_state=rng, dtype=np.float32))
    W = csr_matrix(random(n_items, n_items, 0.3, random_state=rng, dtype=np.float32))
    expected = history.toarray() @ W.toarray()
    assert votes(history, W) == pytest.approx(expected, abs=1e-5)
    assert votes(history, W.toarray()) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kept_state_scores_alike_and_from_the_history_it_is_given(X, kind):
    model = ItemItem(kind, CONFIG).fit(X)
    other = csr_matrix(X[::-1])
    loaded = ItemItem(kind, CONFIG).load_state(model.state(), other)
    everyone = np.arange(X.shape[0])
    assert (loaded.score(everyone) == model.score(everyone)[::-1]).all()


@pytest.mark.parametrize("kind", ["fsslim", "slim", "ease"])
def test_an_open_choice_is_refused(X, kind):
    with pytest.raises(ConfigError, match="must be chosen"):
        ItemItem(kind).fit(X)
