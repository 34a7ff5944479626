"""Evaluation: which users count, what the intervals mean, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from humankind.spine.errors import ConfigError, DataError, InternalError
from humankind.systems.recommendation import evaluate as module
from humankind.systems.recommendation.evaluate import compare, evaluate


class Fixed:
    def __init__(self, scores: np.ndarray) -> None:
        self.scores = scores

    def score(self, users: np.ndarray) -> np.ndarray:
        return self.scores[users]


@pytest.fixture(scope="module")
def world():
    """300 users x 40 items of falling popularity; a third of each history is held out, 20 users have none."""
    rng = np.random.default_rng(0)
    liked = rng.random((300, 40)) < np.linspace(0.7, 0.03, 40)
    held = liked & (rng.random(liked.shape) < 0.33)
    held[:20] = False
    return csr_matrix((liked & ~held).astype(np.float32)), csr_matrix(held.astype(np.float32)), held


def oracle(held: np.ndarray) -> Fixed:
    return Fixed(held.astype(np.float32))


def noise(seed: int) -> Fixed:
    return Fixed(np.random.default_rng(seed).random((300, 40), np.float32))


def popularity(train: csr_matrix) -> Fixed:
    return Fixed(np.repeat(np.asarray(train.sum(axis=0), np.float32), 300, axis=0))


def test_a_model_that_knows_the_answer_has_perfect_figures(world):
    train, test, held = world
    result = evaluate(oracle(held), train, test, ks=(5, 25))
    assert np.array_equal(result.users, np.flatnonzero(held.any(axis=1)))
    assert result.n_without_held_out == 300 - len(result.users) >= 20
    assert result.mean("recall@25") == result.mean("ndcg@5") == result.mean("mrr@5") == 1.0
    assert all(row.recall.value == 1.0 for row in result.buckets)


def test_lists_leave_out_training_items_and_figures_follow_them(world):
    train, test, _ = world
    result = evaluate(popularity(train), train, test, ks=(10,))
    scores = np.asarray(train.sum(axis=0)).ravel() - 1e6 * train.toarray()
    for u, found in zip(result.users, result.lists):
        assert found.tolist() == np.argsort(-scores[u], kind="stable")[:10].tolist()
    hits = [len(set(row) & set(test[u].indices)) for u, row in zip(result.users, result.lists)]
    sizes = np.diff(test.indptr)[result.users]
    assert result.mean("recall@10") == pytest.approx(np.mean(np.array(hits) / sizes))
    assert result.mean("coverage@10") == len(np.unique(result.lists)) / 40


def test_intervals_hold_the_mean_and_depend_on_the_seed_alone(world):
    train, test, _ = world
    summary = evaluate(noise(1), train, test, seed=3).summary(["ndcg@10", "recall@20"])
    assert set(summary) == {"ndcg@10", "recall@20"}
    for interval in summary.values():
        assert interval.low < interval.value < interval.high
    assert summary == evaluate(noise(1), train, test, seed=3).summary(["ndcg@10", "recall@20"])


def test_buckets_hold_thirds_of_the_interactions_and_all_held_out_pairs(world):
    train, test, _ = world
    result = evaluate(popularity(train), train, test, ks=(5,))
    head, mid, tail = result.buckets
    assert (head.bucket, mid.bucket, tail.bucket) == ("head", "mid", "tail")
    assert head.n_items < mid.n_items < tail.n_items
    assert head.n_items + mid.n_items + tail.n_items == 40
    assert head.n_held_out + mid.n_held_out + tail.n_held_out == test.nnz
    assert head.share_of_lists + mid.share_of_lists + tail.share_of_lists == pytest.approx(1)
    assert head.recall.value > 0.5 > tail.recall.value  # popularity serves the head and forgets the tail
    assert head.share_of_lists > 0.5


def test_comparison_is_paired_and_finds_the_better_model(world):
    train, test, held = world
    good, bad = evaluate(oracle(held), train, test), evaluate(noise(2), train, test)
    result = compare(good, bad, "recall@10")
    assert result.difference.value == pytest.approx(good.mean("recall@10") - bad.mean("recall@10"))
    assert result.difference.low > 0
    assert result.p_value < 0.01
    same = compare(bad, bad, "recall@10")
    assert same.difference.value == 0
    assert same.p_value == 1
    with pytest.raises(ConfigError) as error:
        compare(good, bad, "recall@7")
    assert "recall@10" in str(error.value)


def test_two_evaluations_of_other_users_cannot_be_compared(world):
    train, test, held = world
    fewer = test.copy()
    fewer.data[fewer.indptr[200] :] = 0
    a, b = evaluate(oracle(held), train, test), evaluate(oracle(held), train, fewer)
    assert b.users.max() < 200
    with pytest.raises(DataError, match="same users"):
        compare(a, b, "recall@10")


def test_pairs_in_both_sets_are_refused(world):
    train, test, held = world
    both = test.copy().tolil()
    user = 250
    item = int(train[user].indices[0])
    both[user, item] = 1
    with pytest.raises(DataError) as error:
        evaluate(oracle(held), train, both.tocsr())
    assert f"user index {user}, item index {item}" in str(error.value.found)


def test_empty_and_misshapen_test_sets_are_refused(world):
    train, test, held = world
    with pytest.raises(DataError, match="nothing is held out"):
        evaluate(oracle(held), train, csr_matrix(train.shape))
    with pytest.raises(DataError, match="differ in shape"):
        evaluate(oracle(held), train, test[:, :39])


def test_a_leak_in_the_lists_is_found(world, monkeypatch):
    train, test, held = world

    def leaking(model, X, users, k, progress):
        return np.argsort(-X[users].toarray(), axis=1)[:, :k].astype(np.int32)

    monkeypatch.setattr(module, "recommend", leaking)
    with pytest.raises(InternalError, match="already seen"):
        evaluate(oracle(held), train, test)
