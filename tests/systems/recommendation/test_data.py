"""Interactions: ids, duplicates, look-ups, saving."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix, csr_matrix

from humankind.spine.errors import DataError
from humankind.systems.recommendation.data import LEAST_WEIGHT, MOST_WEIGHT, Interactions, assemble, id_array

IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
PAIRS = st.lists(st.tuples(IDS, IDS), min_size=1, max_size=40)


def cells_of(log: Interactions) -> set[tuple[str, str]]:
    cells = log.matrix.tocoo()
    return set(zip(log.user_ids[cells.row], log.item_ids[cells.col]))


@given(PAIRS, st.randoms())
@settings(max_examples=60, deadline=None)
def test_pairs_come_back_whatever_their_order(pairs, random):
    log = Interactions.from_pairs(*zip(*pairs))
    assert cells_of(log) == set(pairs)
    assert log.n_interactions == len(set(pairs))
    random.shuffle(pairs)
    again = Interactions.from_pairs(*zip(*pairs))
    assert np.array_equal(log.user_ids, again.user_ids)
    assert np.array_equal(log.item_ids, again.item_ids)
    assert (log.matrix != again.matrix).nnz == 0


@given(PAIRS)
@settings(max_examples=30, deadline=None)
def test_matrix_is_in_the_promised_form(pairs):
    matrix = Interactions.from_pairs(*zip(*pairs)).matrix
    assert matrix.dtype == np.float32
    assert matrix.has_canonical_format
    assert (matrix.data == 1).all()
    assert matrix.getnnz(axis=1).min() > 0
    assert matrix.getnnz(axis=0).min() > 0


def test_ids_are_kept_exactly():
    log = Interactions.from_pairs(["01", "1", " 1", "1.0", "é", "NaN"], ["x"] * 6)
    assert sorted(log.user_ids) == sorted(["01", "1", " 1", "1.0", "é", "NaN"])


def test_numbers_as_ids_are_ordered_by_value_and_become_text():
    log = Interactions.from_pairs(np.array([10, 9, 100]), [3, 2, 1])
    assert log.user_ids.tolist() == ["9", "10", "100"]
    assert all(isinstance(name, str) for name in log.user_ids)


def test_of_a_repeated_pair_the_largest_weight_stays():
    log = Interactions.from_pairs("aab", "xxy", [1.0, 3.0, 2.0])
    assert log.matrix.toarray().tolist() == [[3.0, 0.0], [0.0, 2.0]]


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan, np.inf, 1e30, 1e60, 1e-25, 1e-60])
def test_a_weight_that_is_not_positive_and_finite_is_refused(weight):
    with pytest.raises(DataError, match="weight") as caught:
        Interactions.from_pairs("abc", "xyz", [1.0, weight, 1.0])
    assert caught.value.where == "position 1"


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf, -np.inf, 1e30, 1e-30])
def test_a_cell_that_cannot_be_a_weight_is_refused(value):
    cells = csr_matrix((np.array([1.0, value, 1.0]), ([0, 1, 1], [0, 0, 1])), shape=(2, 2))
    with pytest.raises(DataError, match="weight") as caught:
        Interactions(cells, id_array(["a", "b"]), id_array(["x", "y"]))
    assert caught.value.where == "row 1, column 0 (counted from 0)"
    assert f"{value:g} (1 of 3" in str(caught.value.found)
    with pytest.raises(DataError, match="weight"):
        Interactions.from_pairs("ab", "xy").with_matrix(cells)


def test_a_cell_stored_twice_hides_no_negative_weight():
    twice = csr_matrix((np.array([3.0, -1.0, 1.0]), np.array([0, 0, 1]), np.array([0, 2, 3])), shape=(2, 2))
    with pytest.raises(DataError, match="weight"):
        Interactions(twice, id_array(["a", "b"]), id_array(["x", "y"]))


def test_stored_zeros_are_no_interactions():
    cells = csr_matrix((np.array([1.0, 0.0, 1.0]), ([0, 1, 1], [0, 0, 1])), shape=(2, 2))
    log = Interactions(cells, id_array(["a", "b"]), id_array(["x", "y"]))
    assert cells_of(log) == {("a", "x"), ("b", "y")}
    assert cells.nnz == 3  # the caller's matrix is as it was


def test_the_ends_of_the_range_are_weights():
    log = Interactions.from_pairs("ab", "xy", [LEAST_WEIGHT, MOST_WEIGHT])
    assert log.matrix.data.tolist() == pytest.approx([LEAST_WEIGHT, MOST_WEIGHT], rel=1e-6)


@pytest.mark.parametrize("n_zeros", [0, 900])
def test_weights_that_are_taken_can_be_learned_from(n_zeros):
    """ALS of `implicit` ends the process on zeros, negative and huge weights; what is let through must train."""
    from humankind.systems.recommendation.sad import SaD

    rng = np.random.default_rng(0)
    user, item = np.nonzero(rng.random((100, 30)) < 0.3)
    weights = 10.0 ** rng.uniform(-6, 6, len(user))
    weights[: n_zeros // 2] = 0
    cells = csr_matrix((weights, (user, item)), shape=(100, 30))
    users, items = (id_array([f"{kind}{n}" for n in range(size)]) for kind, size in (("u", 100), ("i", 30)))
    model = SaD(dense="als", als__weight_decay=10.0, slim__alpha=0.01, beta=1.0, semantic=(0, 0))
    lists = model.fit(Interactions(cells, users, items)).recommend(k=3)
    assert all(np.isfinite(place.score) for row in lists for place in row)


@pytest.mark.parametrize(
    ("users", "items", "weights"),
    [("ab", "x", None), ("", "", None), ("ab", "xy", [1.0]), (pl.Series(["a", None]), "xy", None)],
)
def test_pairs_that_do_not_fit_are_refused(users, items, weights):
    with pytest.raises(DataError):
        Interactions.from_pairs(users, items, weights)


def test_look_ups_follow_the_order_asked_for():
    log = Interactions.from_pairs("abc", "xyz")
    assert log.user_indices(["c", "a", "c"]).tolist() == [2, 0, 2]
    assert log.item_indices("y").tolist() == [1]
    assert log.user_ids[log.user_indices(log.user_ids)].tolist() == list("abc")


def test_unknown_ids_are_named():
    log = Interactions.from_pairs(["7", "8"], ["x", "y"])
    with pytest.raises(DataError, match="unknown user id") as caught:
        log.user_indices(["7", "007", "9"])
    assert caught.value.found == "'007', '9'"
    assert caught.value.exit_code == 2
    with pytest.raises(DataError, match="unknown item id"):
        log.item_indices("z")


def test_names_fall_back_to_ids():
    log = Interactions.from_pairs("ab", "xy", item_names={"x": "Ex"})
    assert [log.name_of(0), log.name_of(1)] == ["Ex", "y"]


def test_select_keeps_ids_names_and_cells_together():
    log = Interactions.from_pairs("aabbc", "xyyzz", item_names={"x": "Ex", "z": "Zed"})
    part = log.select(np.array([2, 1]), np.array([2, 1]))
    assert cells_of(part) == {("c", "z"), ("b", "z"), ("b", "y")}
    assert part.user_ids.tolist() == ["c", "b"]
    assert part.item_names == {"z": "Zed"}


@given(PAIRS)
@settings(max_examples=15, deadline=None)
def test_saved_and_loaded_is_the_same(tmp_path_factory, pairs):
    log = Interactions.from_pairs(*zip(*pairs), item_names={pairs[0][1]: "a name"})
    again = Interactions.load(log.save(tmp_path_factory.mktemp("log") / "saved"))
    assert cells_of(again) == cells_of(log)
    assert again.item_ids.tolist() == log.item_ids.tolist()
    assert again.item_names == log.item_names
    assert again.matrix.dtype == np.float32


def test_saving_refuses_a_filled_folder_and_loading_a_foreign_one(tmp_path):
    log = Interactions.from_pairs("ab", "xy")
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(DataError, match="not empty"):
        log.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]
    with pytest.raises(DataError, match="not saved interactions"):
        Interactions.load(tmp_path)


def test_a_matrix_of_another_shape_is_refused():
    log = Interactions.from_pairs("ab", "xy")
    with pytest.raises(DataError, match="does not fit"):
        log.with_matrix(csr_matrix((3, 2), dtype=np.float32))


def test_the_given_matrix_is_not_changed():
    unsorted = csr_matrix((np.ones(2), np.array([1, 0]), np.array([0, 2])), shape=(1, 2))
    Interactions(unsorted, id_array(["a"]), id_array(["x", "y"]))
    assert unsorted.indices.tolist() == [1, 0]


def test_assemble_equals_scipy_on_distinct_cells():
    rng = np.random.default_rng(0)
    places = rng.choice(60 * 50, size=400, replace=False)
    values = rng.random(400).astype(np.float32)
    expected = coo_matrix((values, (places // 50, places % 50)), shape=(60, 50)).toarray()
    assert np.array_equal(assemble(places // 50, places % 50, values, (60, 50)).toarray(), expected)
