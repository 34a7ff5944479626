"""Metrics against an independent evaluator, against plain Python, and at their limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from humankind.spine.errors import ConfigError, InternalError
from humankind.systems.recommendation.metrics import (
    RANKING,
    bucket_recall,
    coverage,
    exposure,
    gini,
    mean_at,
    novelty,
    ranking_metrics,
)

N_ITEMS = 30


@st.composite
def irregular(draw):
    """Lists of any fill, held-out sets of any size, users without held-out items among them."""
    width = draw(st.integers(1, 20))
    n_users = draw(st.integers(1, 12))
    lists = np.full((n_users, width), -1, np.int32)
    held_out = []
    items = st.integers(0, N_ITEMS - 1)
    for user in range(n_users):
        filled = draw(st.lists(items, unique=True, max_size=width))
        lists[user, : len(filled)] = filled
        held_out.append(draw(st.lists(items, unique=True, max_size=N_ITEMS)))
    ks = draw(st.lists(st.integers(1, width), min_size=1, max_size=4))
    return lists, held_out, ks


def as_matrix(held_out: list[list[int]], n_items: int = N_ITEMS) -> csr_matrix:
    rows = np.repeat(np.arange(len(held_out)), [len(h) for h in held_out])
    columns = np.array([item for h in held_out for item in h], dtype=int)
    return csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(held_out), n_items))


def trec_figures(lists, held_out, k):
    """The same figures by trec_eval. It divides MAP by |T| and knows no cut-off for MRR."""
    cut = lists[:, :k]
    run = {
        str(u): {str(item): float(len(row) - place) for place, item in enumerate(row) if item >= 0}
        for u, row in enumerate(cut)
    }
    qrels = {str(u): {str(item): 1 for item in wanted} for u, wanted in enumerate(held_out) if wanted}
    names = {f"recall.{k}", f"ndcg_cut.{k}", f"P.{k}", f"map_cut.{k}", "recip_rank", f"success.{k}"}
    result = pytrec_eval.RelevanceEvaluator(qrels, names).evaluate(run)
    table = {}
    for u, wanted in enumerate(held_out):
        if not wanted:
            continue
        row = result.get(str(u), {})  # a user with an empty list is left out by trec_eval; the figures are 0
        table[u] = {
            "recall": row.get(f"recall_{k}", 0.0),
            "ndcg": row.get(f"ndcg_cut_{k}", 0.0),
            "precision": row.get(f"P_{k}", 0.0),
            "hit_rate": row.get(f"success_{k}", 0.0),
            "mrr": row.get("recip_rank", 0.0),
            "map": row.get(f"map_cut_{k}", 0.0) * len(wanted) / min(k, len(wanted)),
        }
    return table


@settings(max_examples=80, deadline=None)
@given(irregular())
def test_equal_to_trec_eval(case):
    lists, held_out, ks = case
    found = ranking_metrics(lists, as_matrix(held_out), ks)
    assert set(found) == {f"{name}@{k}" for name in RANKING for k in ks}
    for k in ks:
        expected = trec_figures(lists, held_out, k)
        for name in RANKING:
            values = found[f"{name}@{k}"]
            assert len(values) == len(lists)
            for u in range(len(lists)):
                if u in expected:
                    assert values[u] == pytest.approx(expected[u][name], abs=1e-6), (name, k, u)
                else:
                    assert math.isnan(values[u])


def plain_figures(row: list[int], wanted: set[int], k: int) -> dict[str, float]:
    hit = [item in wanted for item in row[:k]]
    ranks = [rank for rank, is_hit in enumerate(hit, 1) if is_hit]
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(wanted)) + 1))
    return {
        "recall": len(ranks) / len(wanted),
        "ndcg": sum(1 / math.log2(rank + 1) for rank in ranks) / ideal,
        "precision": len(ranks) / k,
        "hit_rate": float(bool(ranks)),
        "mrr": 1 / ranks[0] if ranks else 0.0,
        "map": sum(sum(hit[:rank]) / rank for rank in ranks) / min(k, len(wanted)),
    }


@settings(max_examples=80, deadline=None)
@given(irregular())
def test_equal_to_plain_python_and_means_leave_out_users_without_held_out_items(case):
    lists, held_out, ks = case
    test = as_matrix(held_out)
    for k in ks:
        expected = [plain_figures(row.tolist(), set(wanted), k) for row, wanted in zip(lists, held_out) if wanted]
        for name in RANKING:
            mean = sum(e[name] for e in expected) / len(expected) if expected else 0.0
            assert mean_at(name, lists, test, k) == pytest.approx(mean, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(irregular(), st.randoms())
def test_recall_of_buckets_adds_up_to_recall(case, random):
    lists, held_out, _ = case
    k = lists.shape[1]
    bucket = np.array([random.randrange(3) for _ in range(N_ITEMS)])
    test = as_matrix(held_out)
    recall = ranking_metrics(lists, test, [k])[f"recall@{k}"]
    parts = bucket_recall(lists, test, bucket, k)
    for u, wanted in enumerate(held_out):
        sizes = np.bincount(bucket[wanted], minlength=parts.shape[1]) if wanted else np.zeros(parts.shape[1])
        assert np.array_equal(np.isnan(parts[u]), sizes == 0)
        if wanted:
            assert np.nansum(parts[u] * sizes) / len(wanted) == pytest.approx(recall[u])


def test_limit_cases():
    lists = np.array([[0, 1, 2, 3], [4, 5, 6, 7], [0, -1, -1, -1], [-1, -1, -1, -1]], np.int32)
    test = as_matrix([[3, 2, 1, 0, 9, 8], [0], [0], [0]], 10)
    found = ranking_metrics(lists, test, [4])
    for name in ("ndcg", "precision", "hit_rate", "mrr", "map"):
        assert found[f"{name}@4"][0] == 1.0, name  # the first four hits are as good as four places allow
    assert found["recall@4"][0] == pytest.approx(4 / 6)
    assert all(found[f"{name}@4"][1] == 0.0 for name in RANKING)
    assert [found[f"{name}@4"][2] for name in RANKING] == [1.0, 1.0, 0.25, 1.0, 1.0, 1.0]
    assert all(found[f"{name}@4"][3] == 0.0 for name in RANKING)


def test_stored_zeros_and_unsorted_rows_do_not_count():
    test = csr_matrix((np.array([1.0, 0.0, 1.0]), np.array([5, 1, 0]), np.array([0, 3])), shape=(1, 6))
    found = ranking_metrics(np.array([[1, 5]]), test, [2])
    assert found["recall@2"][0] == 0.5
    assert found["hit_rate@2"][0] == 1.0
    assert test.data.tolist() == [1.0, 0.0, 1.0]


@pytest.mark.parametrize("ks", [[0], [3], []])
def test_lengths_that_cannot_be_measured(ks):
    with pytest.raises(ConfigError, match="cannot be measured"):
        ranking_metrics(np.array([[0, 1]]), as_matrix([[0]]), ks)


def test_impossible_lists_are_our_fault():
    test = as_matrix([[0]], 4)
    with pytest.raises(InternalError, match="twice"):
        ranking_metrics(np.array([[0, 2, 0]]), test, [1])
    with pytest.raises(InternalError, match="does not exist"):
        ranking_metrics(np.array([[4]]), test, [1])
    with pytest.raises(InternalError, match="differ in number"):
        ranking_metrics(np.array([[0], [1]]), test, [1])
    with pytest.raises(ConfigError, match="unknown metric"):
        mean_at("accuracy", np.array([[0]]), test, 1)


def test_gini_is_half_the_relative_mean_difference():
    lists = np.random.default_rng(0).integers(0, 12, size=(40, 1))
    counts = exposure(lists, 15).astype(float)
    expected = np.abs(counts[:, None] - counts).mean() / (2 * counts.mean())
    assert gini(lists, 15) == pytest.approx(expected)
    assert gini(np.array([[-1]]), 3) == 0.0


def test_beyond_accuracy_moves_the_right_way():
    degree = np.array([90, 40, 10, 1, 0])
    popular, rare = np.array([[0, 1], [0, 1]]), np.array([[2, 3], [4, -1]])
    assert coverage(popular, 5) == pytest.approx(0.4)
    assert coverage(rare, 5) == pytest.approx(0.6)
    assert novelty(popular, degree, 100) == pytest.approx(-(math.log2(0.9) + math.log2(0.4)) / 2)
    assert novelty(rare, degree, 100) > novelty(popular, degree, 100)
    assert novelty(rare[1:], degree, 100) == pytest.approx(math.log2(100))  # unseen in training: as if seen once
    assert gini(rare, 5) < gini(popular, 5)
