"""Both directions of alignment against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from humankind.systems.recommendation.align import inject, semantic_pairs, structural_signal

N_USERS, N_ITEMS = 57, 23


class Table:
    """Scores that are given."""

    def __init__(self, scores: np.ndarray) -> None:
        self.scores = scores

    def score(self, users: np.ndarray) -> np.ndarray:
        return self.scores[users]


@pytest.fixture
def scores() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(N_USERS, N_ITEMS)).astype(np.float32)


def test_structural_signal_is_the_five_best_users_of_each_item(scores):
    users, items = structural_signal(Table(scores), scores.shape, 5)
    assert len(users) == len(items) == 5 * N_ITEMS
    for i in range(N_ITEMS):
        assert set(users[items == i]) == set(np.argsort(-scores[:, i])[:5])


def test_structural_signal_can_be_switched_off(scores):
    users, items = structural_signal(Table(scores), scores.shape, 0)
    assert len(users) == len(items) == 0


def brute_force(scores: np.ndarray, k1: int, k2: int) -> np.ndarray:
    M = np.zeros(scores.shape, bool)
    for u in range(scores.shape[0]):
        M[u, np.argsort(-scores[u])[:k1]] = True
    for i in range(scores.shape[1]):
        M[np.argsort(-scores[:, i])[:k2], i] = True
    return M


@pytest.mark.parametrize(("k1", "k2"), [(3, 0), (0, 4), (3, 4), (0, 0), (99, 99)])
def test_semantic_pairs_are_the_union_of_both_top_lists(scores, k1, k2):
    M = semantic_pairs(Table(scores), scores.shape, k1, k2)
    assert (M.toarray() > 0).tolist() == brute_force(scores, k1, k2).tolist()
    assert set(M.data.tolist()) <= {1.0}


def test_injection_adds_and_never_replaces(scores):
    X = csr_matrix((np.random.default_rng(1).random(scores.shape) < 0.2).astype(np.float32))
    M = semantic_pairs(Table(scores), scores.shape, 2, 3)
    injected = inject(X, M, 0.3).toarray()
    seen, chosen = X.toarray() > 0, M.toarray() > 0
    assert injected[seen & chosen] == pytest.approx(1.3)
    assert injected[~seen & chosen] == pytest.approx(0.3)
    assert injected[seen & ~chosen] == pytest.approx(1.0)
    assert not injected[~seen & ~chosen].any()
