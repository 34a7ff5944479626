"""Cohorts: order, sets, parts, keeping; what cannot be ordered is refused."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.spine.errors import DataError
from humankind.systems.medication.data import KINDS, CodeSets, Cohort, Visit
from humankind.systems.medication.rows import COLUMNS, rows_of

SCHEMA = dict(zip(COLUMNS, (pl.String, pl.String, pl.Float64, pl.String, pl.String)))


def frame(*rows):
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@st.composite
def long_rows(draw):
    """Rows of a few patients with distinct times for visits, in any order, some rows twice."""
    rows = []
    for patient in range(draw(st.integers(1, 4))):
        times = draw(st.lists(st.integers(0, 50), min_size=1, max_size=4, unique=True))
        for visit, time in enumerate(times):
            codes = draw(st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from("ABCDE")), min_size=1, max_size=6))
            rows += [(f"p{patient}", f"v{visit}", float(time), kind, code) for kind, code in codes]
    return draw(st.permutations(rows))


@given(long_rows())
def test_rows_become_the_sets_they_spell_whatever_their_order(rows):
    cohort = Cohort.from_rows(frame(*rows))
    expected = {}
    for patient, visit, time, kind, code in rows:
        expected.setdefault((patient, visit), {"time": time, **{k: set() for k in KINDS}})[kind].add(code)
    assert cohort.n_visits == len(expected)
    for number in range(cohort.n_visits):
        patient = cohort.patient_ids[cohort.patient_of[number]]
        visit = expected[patient, cohort.visit_ids[number]]
        assert cohort.times[number] == visit["time"]
        for kind in KINDS:
            assert set(cohort.sets(kind).names(number)) == visit[kind]
    for patient in range(cohort.n_patients):
        assert (np.diff(cohort.times[list(cohort.visits_of(patient))]) > 0).all()


@given(long_rows())
def test_a_cohort_survives_its_own_rows(rows):
    cohort = Cohort.from_rows(frame(*rows))
    assert Cohort.from_rows(rows_of(cohort)).digest == cohort.digest


def test_patients_are_in_order_of_number_and_visits_of_time():
    cohort = Cohort.from_rows(
        frame(
            ("10", "x", 5.0, "drug", "A01A"),
            ("9", "late", 9.0, "drug", "A01A"),
            ("9", "early", 1.0, "drug", "B01A"),
            ("10", "x", 5.0, "drug", "A01A"),
        )
    )
    assert cohort.patient_ids == ("9", "10")
    assert cohort.visit_ids == ("early", "late", "x")
    assert cohort.previous.tolist() == [-1, 0, -1]
    assert cohort.position.tolist() == [0, 1, 0]
    assert cohort.drugs.sizes.tolist() == [1, 1, 1], "a repeated row counts once"


def test_visits_without_times_keep_the_order_of_the_rows():
    cohort = Cohort.from_rows(frame(("a", "2", None, "drug", "A01A"), ("a", "1", None, "drug", "A01A")))
    assert cohort.visit_ids == ("2", "1")
    assert np.isnan(cohort.times).all()


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([("a", "1", None, "drug", "A"), ("a", "2", 3.0, "drug", "A")], "cannot be put in order"),
        ([("a", "1", 1.0, "drugs", "A")], "unknown kind"),
        ([("", "1", 1.0, "drug", "A")], "no patient"),
        ([("a", "1", 1.0, "drug", None)], "no code"),
        ([], "no rows"),
    ],
)
def test_rows_that_say_too_little_are_refused(rows, problem):
    with pytest.raises(DataError, match=problem):
        Cohort.from_rows(frame(*rows))


def test_codes_outside_a_given_vocabulary_are_refused():
    with pytest.raises(DataError, match="not in the vocabulary"):
        Cohort.from_rows(frame(("a", "1", 1.0, "drug", "Z")), {"drug": ["A", "B"]})
    kept = Cohort.from_rows(frame(("a", "1", 1.0, "drug", "A")), {"drug": ["B", "A"]})
    assert kept.drugs.codes == ("B", "A")
    assert kept.drugs.of(0).tolist() == [1]


def test_save_and_load_give_the_same_cohort(tmp_path, make_cohort):
    cohort = make_cohort(7, seed=0)
    assert Cohort.load(cohort.save(tmp_path / "cohort")).digest == cohort.digest
    with pytest.raises(DataError, match="not empty"):
        cohort.save(tmp_path / "cohort")


def test_a_folder_that_is_no_cohort_or_was_mixed_is_refused(tmp_path, make_cohort):
    with pytest.raises(DataError, match="not a prepared cohort"):
        Cohort.load(tmp_path)
    one, other = (make_cohort(5, seed=seed).save(tmp_path / str(seed)) for seed in (1, 2))
    (one / "sets.parquet").write_bytes((other / "sets.parquet").read_bytes())
    with pytest.raises(DataError):
        Cohort.load(one)


def test_the_digest_moves_with_everything_that_is_in_it(make_cohort):
    cohort = make_cohort(5, seed=0)
    fewer = cohort.drugs.recoded(
        cohort.drugs.codes, np.where(np.arange(cohort.n_drugs) == 0, -1, np.arange(cohort.n_drugs))
    )
    others = [cohort.subset(range(4)), cohort.with_sets(drugs=fewer), make_cohort(5, seed=1), make_cohort(5, 0, "q")]
    assert len({part.digest for part in [cohort, *others]}) == 5


@given(st.permutations(range(6)), st.integers(1, 6))
def test_a_subset_has_each_patient_whole(make_cohort, order, n):
    cohort = make_cohort(6, seed=3)
    part = cohort.subset(order[:n])
    for place, patient in enumerate(order[:n]):
        assert part.patient_ids[place] == cohort.patient_ids[patient]
        old, new = cohort.visits_of(patient), part.visits_of(place)
        assert [part.visit(v) for v in new] == [cohort.visit(v) for v in old]
    with pytest.raises(DataError, match="twice"):
        cohort.subset([0, 0])


def test_visits_by_hand_need_known_codes(make_cohort):
    cohort = make_cohort(3, seed=0)
    again = Cohort.from_visits({"x": [cohort.visit(0), cohort.visit(1)]}, like=cohort)
    assert again.drugs.codes == cohort.drugs.codes
    assert again.visit(1) == cohort.visit(1)
    with pytest.raises(DataError, match="not in the vocabulary"):
        Cohort.from_visits({"x": [Visit(drugs=("Q99Q",))]}, like=cohort)
    with pytest.raises(DataError, match="no visit"):
        Cohort.from_visits({"x": []})


def test_sets_refuse_pointers_and_indices_that_do_not_fit():
    with pytest.raises(DataError, match="pointers"):
        CodeSets(("A",), np.array([0, 2]), np.array([0]))
    with pytest.raises(DataError, match="outside the vocabulary"):
        CodeSets(("A",), np.array([0, 1]), np.array([1]))
    with pytest.raises(ValueError, match="read-only"):
        CodeSets.from_sets(["A"], [[0]]).indices[0] = 0


@given(st.lists(st.sets(st.integers(0, 6)), min_size=1, max_size=8))
def test_selecting_and_recoding_equal_their_plain_python(sets):
    held = CodeSets.from_sets([f"c{n}" for n in range(7)], sets)
    assert [set(held.of(v).tolist()) for v in range(len(held))] == sets
    assert held.matrix().toarray().sum() == sum(map(len, sets))
    picked = held.select(np.arange(len(sets))[::-1])
    assert [set(picked.of(v).tolist()) for v in range(len(picked))] == sets[::-1]
    target = np.array([0, 0, 1, -1, -1, 2, 2])
    merged = held.recoded(["x", "y", "z"], target)
    assert [set(merged.of(v).tolist()) for v in range(len(merged))] == [{target[c] for c in s} - {-1} for s in sets]
