"""Splits: nothing leaks, nothing is lost unsaid, seeds hold, time is respected."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given as hypothesis_given
from hypothesis import settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from humankind.spine.errors import ConfigError, DataError
from humankind.systems.recommendation.data import Interactions, Log
from humankind.systems.recommendation.split import (
    Split,
    carve_validation,
    given,
    leave_last,
    random_per_user,
    temporal,
)


def random_matrix(seed: int, n_users: int = 60, n_items: int = 40, density: float = 0.2) -> csr_matrix:
    rng = np.random.default_rng(seed)
    dense = rng.random((n_users, n_items)) < density
    dense[np.arange(n_users), rng.integers(n_items, size=n_users)] = True
    return csr_matrix(dense.astype(np.float32))


def log_of(matrix: csr_matrix, times: np.ndarray | None = None) -> Log:
    cells = matrix.tocoo()
    interactions = Interactions.from_pairs(cells.row, cells.col)
    return Log(interactions, times)


def pairs_of(split: Split, matrix: csr_matrix) -> set[tuple[str, str]]:
    cells = matrix.tocoo()
    return set(zip(split.train.user_ids[cells.row], split.train.item_ids[cells.col]))


def check_promises(split: Split) -> None:
    train = split.train.matrix
    assert train.shape == split.test.shape
    assert train.multiply(split.test).nnz == 0
    assert train.getnnz(axis=0).min() > 0
    assert train.getnnz(axis=1).min() > 0
    assert set(split.test.data) == {1.0}
    assert split.test.has_canonical_format


# -- random ------------------------------------------------------------------------------------------------


@hypothesis_given(st.integers(0, 10_000), st.floats(0.05, 0.6))
@settings(max_examples=30, deadline=None)
def test_random_split_keeps_the_promises_and_the_counts(seed, fraction):
    log = log_of(random_matrix(seed)).interactions
    split = random_per_user(log, fraction, seed=seed)
    check_promises(split)
    kept, held = (pairs_of(split, matrix) for matrix in (split.train.matrix, split.test))
    everything = Interactions.from_pairs(*zip(*(kept | held)))
    n_lost = log.n_interactions - everything.n_interactions
    assert (n_lost == 0) == (not split.notes)
    degrees = dict(zip(log.user_ids, log.user_degrees))
    for user, n_kept in zip(split.train.user_ids, split.train.user_degrees):
        d = degrees[user]
        expected = min(max(int(np.floor(fraction * d + 0.5)), 1), d - 1)
        assert d - n_kept == expected


def test_random_split_is_uniform_over_a_users_items():
    log = Interactions.from_pairs(np.repeat(np.arange(3_000), 5), np.tile(np.arange(5), 3_000))
    held = random_per_user(log, 0.2, seed=0).test.getnnz(axis=0)
    assert held.sum() == 3_000
    chi_square = ((held - 600) ** 2 / 600).sum()
    assert chi_square < 18.5  # the 0.999 quantile with 4 degrees of freedom


def test_same_seed_same_split_another_seed_another():
    log = log_of(random_matrix(1)).interactions
    first, again, other = (random_per_user(log, 0.2, seed=seed) for seed in (7, 7, 8))
    assert (first.test != again.test).nnz == 0
    assert pairs_of(first, first.test) != pairs_of(other, other.test)


def test_the_order_of_the_rows_does_not_matter():
    cells = random_matrix(2).tocoo()
    order = np.random.default_rng(0).permutation(len(cells.row))
    one = random_per_user(Interactions.from_pairs(cells.row, cells.col), seed=3)
    two = random_per_user(Interactions.from_pairs(cells.row[order], cells.col[order]), seed=3)
    assert pairs_of(one, one.test) == pairs_of(two, two.test)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_a_fraction_out_of_range_is_refused(fraction):
    matrix = random_matrix(0)
    with pytest.raises(ConfigError, match="share to hold out"):
        random_per_user(log_of(matrix).interactions, fraction)
    with pytest.raises(ConfigError, match="share to hold out"):
        carve_validation(matrix, fraction, 0)


def test_nobody_with_two_interactions_cannot_be_split():
    with pytest.raises(DataError, match="no test interaction"):
        random_per_user(Interactions.from_pairs("abc", "xyx"))


def test_an_item_left_without_training_is_dropped_and_counted():
    # a keeps y, or y is held out and then unknown
    others = [f"user{number}" for number in range(30) for _ in "xz"]
    log = Interactions.from_pairs(["a", "a", *others], ["x", "y", *"xz" * 30])
    splits = [random_per_user(log, 0.5, seed=seed) for seed in range(20)]
    lost = [split for split in splits if "y" not in split.train.item_ids]
    assert 0 < len(lost) < 20
    for split in lost:
        assert split.notes[0].startswith("1 of 31 test pairs dropped")
        check_promises(split)


# -- validation --------------------------------------------------------------------------------------------


@hypothesis_given(st.integers(0, 10_000), st.floats(0.02, 0.9))
@settings(max_examples=40, deadline=None)
def test_validation_takes_its_share_and_leaves_everyone_something(seed, fraction):
    matrix = random_matrix(seed)
    fit, held = carve_validation(matrix, fraction, seed)
    assert (fit + held != matrix).nnz == 0
    assert fit.multiply(held).nnz == 0
    degrees, n_held = matrix.getnnz(axis=1), held.getnnz(axis=1)
    assert (n_held <= np.maximum(degrees - 1, 0)).all()
    assert (n_held >= np.minimum(np.floor(fraction * degrees), degrees - 1)).all()
    assert (n_held <= np.floor(fraction * degrees) + 1).all()
    assert fit.dtype == held.dtype == np.float32


def test_validation_share_is_right_on_short_histories():
    matrix = csr_matrix(np.ones((20_000, 3), dtype=np.float32))
    held = carve_validation(matrix, 0.1, seed=0)[1]
    assert held.nnz / matrix.nnz == pytest.approx(0.1, abs=0.005)  # rounding would hold out nothing at all


def test_users_with_one_interaction_or_none_keep_it():
    matrix = csr_matrix(np.array([[1, 0, 0], [0, 0, 0], [1, 1, 1]], dtype=np.float32))
    fit, held = carve_validation(matrix, 0.9, seed=0)
    assert fit.getnnz(axis=1).tolist() == [1, 0, 1]
    assert held.getnnz(axis=1).tolist() == [0, 0, 2]


def test_validation_depends_on_the_seed_alone_and_is_not_the_test_split():
    matrix = random_matrix(3, density=0.5)
    first, again, other = (carve_validation(matrix, 0.2, seed)[1] for seed in (1, 1, 2))
    assert (first != again).nnz == 0
    assert (first != other).nnz > 0
    test = random_per_user(log_of(matrix).interactions, 0.2, seed=1).test
    assert (first != test).nnz > 0


# -- given -------------------------------------------------------------------------------------------------


def test_given_matches_ids_and_not_positions():
    train = Interactions.from_pairs(["10", "9", "9"], ["a", "a", "b"])
    split = given(train, Interactions.from_pairs(["10"], ["b"]))
    check_promises(split)
    assert pairs_of(split, split.test) == {("10", "b")}


def test_given_drops_and_counts_what_training_lacks():
    train = Interactions.from_pairs("aab", "xyx")
    test = Interactions.from_pairs("bbcd", "yzyw", item_names={"y": "Why", "z": "Zed"})
    split = given(train, test)
    assert pairs_of(split, split.test) == {("b", "y")}
    assert split.notes == (
        "3 of 4 test pairs dropped: their user or item has no training interaction (2 users, 2 items)",
    )
    assert split.train.item_names == {"y": "Why"}


def test_given_can_refuse_unseen_ids_and_names_them():
    train = Interactions.from_pairs("aab", "xyx")
    with pytest.raises(DataError, match="training lacks") as caught:
        given(train, Interactions.from_pairs("bc", "yz"), unseen="error")
    assert "user 'c'" in str(caught.value.found)
    assert "item 'z'" in str(caught.value.found)


def test_given_refuses_an_overlap_and_names_it():
    train = Interactions.from_pairs("aab", "xyx")
    with pytest.raises(DataError, match="share interactions") as caught:
        given(train, Interactions.from_pairs("ab", "yy"))
    assert "1 of 2 test pairs, such as ('a', 'y')" in str(caught.value.found)
    assert caught.value.remedy


def test_given_refuses_a_test_of_strangers():
    with pytest.raises(DataError, match="no test interaction"):
        given(Interactions.from_pairs("ab", "xy"), Interactions.from_pairs("c", "z"))


# -- time --------------------------------------------------------------------------------------------------


def test_leave_last_holds_out_the_newest_of_each_user():
    matrix = random_matrix(4)
    times = np.random.default_rng(1).permutation(matrix.nnz).astype(float)
    log = log_of(matrix, times)
    split = leave_last(log)
    check_promises(split)
    cells = log.interactions.matrix.tocoo()
    newest: dict[str, tuple[float, str]] = {}
    for row, column, time in zip(cells.row, cells.col, times):
        user, item = log.interactions.user_ids[row], log.interactions.item_ids[column]
        newest[user] = max(newest.get(user, (-1.0, "")), (time, item))
    assert pairs_of(split, split.test) <= {(user, item) for user, (_, item) in newest.items()}
    tested = split.test.getnnz(axis=1)
    assert set(tested) <= {0, 1}
    assert tested.sum() > 50


def test_leave_last_decides_ties_by_the_seed():
    interactions = Interactions.from_pairs("aabbccddeee", "xyxyxyxyxyz")
    log = Log(interactions, np.array([0.0] * 8 + [-1.0, -1.0, 0.0]))  # e holds x and y early, z last
    held = {frozenset(pairs_of(split, split.test)) for split in (leave_last(log, seed=s) for s in range(9))}
    assert len(held) > 1
    assert all(len(pairs) == 4 for pairs in held)  # z has no training interaction and is dropped
    again = leave_last(log, seed=3)
    assert (again.test != leave_last(log, seed=3).test).nnz == 0


def test_leave_last_says_who_was_not_tested():
    split = leave_last(Log(Interactions.from_pairs("aabbc", "xyxyx"), np.array([1.0, 2.0, 2.0, 1.0, 5.0])))
    assert split.notes == ("1 user with a single interaction not tested",)
    assert pairs_of(split, split.test) == {("a", "y"), ("b", "x")}


@hypothesis_given(st.integers(0, 1_000), st.floats(0.1, 0.5), st.integers(5, 400))
@settings(max_examples=25, deadline=None)
def test_temporal_training_is_never_newer_than_test(seed, fraction, n_moments):
    matrix = random_matrix(seed)
    times = np.random.default_rng(seed).integers(n_moments, size=matrix.nnz).astype(float)
    log = log_of(matrix, times)
    when = {
        (log.interactions.user_ids[row], log.interactions.item_ids[column]): time
        for row, column, time in zip(*log.interactions.matrix.nonzero(), times)
    }
    split = temporal(log, fraction)
    check_promises(split)
    train, test = ([when[pair] for pair in pairs_of(split, part)] for part in (split.train.matrix, split.test))
    assert max(train) < min(test)
    assert len(test) <= fraction * matrix.nnz or len(set(test)) == 1
    next_moment = sum(time == max(train) for time in train)
    assert len(test) + next_moment > fraction * matrix.nnz or split.notes[1:]  # one moment more does not fit


def test_temporal_drops_newcomers_and_counts_them():
    log = Log(Interactions.from_pairs("aabbc", "xyxyx"), np.array([1.0, 2.0, 1.0, 9.0, 9.0]))
    split = temporal(log, 0.4)
    assert pairs_of(split, split.test) == {("b", "y")}
    assert split.notes[1].startswith("1 of 2 test pairs dropped")
    assert "(1 user, 0 items)" in split.notes[1]


def test_splits_by_time_need_times():
    log = log_of(random_matrix(5))
    for split in (leave_last, temporal):
        with pytest.raises(DataError, match="needs the time"):
            split(log)


def test_temporal_refuses_a_log_of_one_moment():
    matrix = random_matrix(6)
    with pytest.raises(DataError, match="no test interaction"):
        temporal(log_of(matrix, np.full(matrix.nnz, 3.0)))
