"""Lists against sorting everything: order, ties, padding, masks, blocks, and what must be refused."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.sparse import csr_matrix

from humankind.spine.errors import ConfigError, DataError, InternalError
from humankind.systems.recommendation.topk import (
    BLOCK_BYTES,
    recommend,
    top_items_per_user,
    top_scores,
    top_users_per_item,
)


@dataclass
class Fixed:
    scores: np.ndarray
    asked: list[int] = field(default_factory=list)

    def score(self, users: np.ndarray) -> np.ndarray:
        self.asked.append(len(users))
        return self.scores[users]


def sorted_list(scores: np.ndarray, allowed: list[int], k: int) -> list[int]:
    best = sorted(allowed, key=lambda item: (-scores[item], item))[:k]
    return best + [-1] * (k - len(best))


few_values = st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0])  # so that ties are common


@st.composite
def cases(draw):
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12))
    scores = draw(hnp.arrays(np.float32, shape, elements=few_values))
    seen = draw(hnp.arrays(np.bool_, shape))
    return scores, seen


@settings(max_examples=150, deadline=None)
@given(cases(), st.integers(1, 15), st.integers(1, 5), st.booleans(), st.data())
def test_lists_are_those_of_sorting_everything(case, k, block_size, exclude_seen, data):
    scores, seen = case
    n_users, n_items = scores.shape
    candidates = data.draw(st.none() | st.lists(st.integers(0, n_items - 1), unique=True))
    users = data.draw(st.lists(st.integers(0, n_users - 1), min_size=1, max_size=8))
    found = recommend(
        Fixed(scores),
        csr_matrix(seen.astype(np.float32)),
        np.array(users),
        k,
        exclude_seen=exclude_seen,
        candidates=None if candidates is None else np.array(candidates, int),
        block_size=block_size,
    )
    allowed = range(n_items) if candidates is None else candidates
    expected = [sorted_list(scores[u], [i for i in allowed if not (exclude_seen and seen[u, i])], k) for u in users]
    assert found.dtype == np.int32
    assert found.tolist() == expected


@settings(max_examples=100, deadline=None)
@given(cases(), st.integers(1, 15), st.integers(1, 5))
def test_top_users_of_items_do_not_depend_on_blocks(case, k, block_size):
    scores, _ = case
    n_users, n_items = scores.shape
    found = top_users_per_item(Fixed(scores), k, n_users, n_items, block_size=block_size)
    assert found.tolist() == [sorted_list(scores[:, i], list(range(n_users)), k) for i in range(n_items)]


def test_top_users_of_items_over_many_ranges_of_items():
    scores = np.random.default_rng(0).standard_normal((37, 1000)).astype(np.float32)
    found = top_users_per_item(Fixed(scores), 4, 37, 1000, block_size=10)
    assert np.array_equal(found, np.argsort(-scores, axis=0, kind="stable")[:4].T)


def test_top_items_of_users_include_what_is_seen():
    scores = np.random.default_rng(1).standard_normal((9, 50)).astype(np.float32)
    found = top_items_per_user(Fixed(scores), 3, 9)
    assert np.array_equal(found, np.argsort(-scores, axis=1, kind="stable")[:, :3])


def test_scores_belong_to_the_listed_items():
    scores = np.random.default_rng(2).standard_normal((5, 4)).astype(np.float32)
    seen = csr_matrix(np.eye(5, 4, dtype=np.float32))
    users = np.array([3, 0])
    lists = recommend(Fixed(scores), seen, users, k=4)
    values = top_scores(Fixed(scores), users, lists)
    assert lists[0, 3] == -1
    assert np.isneginf(values[:, 3]).all()
    assert np.array_equal(values[:, :3], np.take_along_axis(scores[users], lists[:, :3], axis=1))
    assert (np.diff(values[:, :3], axis=1) <= 0).all()


def test_minus_infinity_is_never_listed():
    scores = np.array([[1.0, -np.inf, 2.0, -np.inf]], np.float32)
    assert recommend(Fixed(scores), csr_matrix((1, 4)), k=4).tolist() == [[2, 0, -1, -1]]


def test_the_order_of_stored_entries_does_not_matter():
    scores = np.arange(6, dtype=np.float32)[None]
    unsorted = csr_matrix((np.ones(3, np.float32), np.array([5, 0, 3]), np.array([0, 3])), shape=(1, 6))
    assert recommend(Fixed(scores), unsorted, k=3).tolist() == [[4, 2, 1]]


def test_the_model_keeps_its_scores():
    scores = np.array([[3.0, 2.0, 1.0]], np.float32)

    class View:
        def score(self, users):
            return scores

    recommend(View(), csr_matrix(np.array([[1.0, 0, 0]])), k=2)
    assert scores.tolist() == [[3.0, 2.0, 1.0]]


def test_blocks_keep_within_the_memory_they_are_given():
    model = Fixed(np.zeros((40, 1_000_000), np.float32))
    recommend(model, csr_matrix((40, 1_000_000), dtype=np.float32), k=2)
    assert sum(model.asked) == 40
    assert max(model.asked) * 4 * 1_000_000 <= BLOCK_BYTES


@pytest.mark.parametrize("place", [0, 5, 299])
def test_nan_is_our_fault_wherever_it_stands(place):
    scores = np.random.default_rng(0).random((8, 300), np.float32)
    scores[6, place] = np.nan
    X = csr_matrix((8, 300), dtype=np.float32)
    with pytest.raises(InternalError, match="not a number"):
        recommend(Fixed(scores), X, k=3)
    with pytest.raises(InternalError, match="not a number"):
        top_users_per_item(Fixed(scores), 3, 8, 300, block_size=3)


def test_scores_of_another_shape_are_refused():
    with pytest.raises(InternalError, match="wrong shape"):
        recommend(Fixed(np.zeros((2, 3), np.float32)), csr_matrix((2, 4)), k=1)


def test_bad_arguments_name_what_was_found():
    model, X = Fixed(np.zeros((2, 3), np.float32)), csr_matrix((2, 3))
    with pytest.raises(ConfigError, match="at least 1"):
        recommend(model, X, k=0)
    with pytest.raises(DataError) as error:
        recommend(model, X, np.array([0, 2]), k=1)
    assert (error.value.found, error.value.where) == (2, "users")
    with pytest.raises(DataError) as error:
        recommend(model, X, candidates=np.array([3]), k=1)
    assert error.value.where == "candidates"
    with pytest.raises(DataError, match="whole number"):
        recommend(model, X, np.array([0.5]), k=1)
    assert recommend(model, X, np.array([], int), k=2).shape == (0, 2)
