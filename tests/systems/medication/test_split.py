"""Splits: no patient in two parts, every patient tested once, the same seed the same parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.spine.errors import ConfigError, DataError
from humankind.systems.medication.split import check_disjoint, folds_by_patient, split_by_patient


@given(st.integers(0, 50))
def test_parts_share_no_patient_and_have_their_sizes(make_cohort, seed):
    cohort = make_cohort(20, seed=0)
    parts = split_by_patient(cohort, (0.7, 0.1, 0.2), seed)
    assert [part.n_patients for part in parts] == [14, 2, 4]
    check_disjoint(*parts)
    assert {p for part in parts for p in part.patient_ids} == set(cohort.patient_ids)
    assert [part.digest for part in split_by_patient(cohort, (0.7, 0.1, 0.2), seed)] == [part.digest for part in parts]


def test_seeds_differ_and_fractions_may_leave_patients_out(make_cohort):
    cohort = make_cohort(20, seed=0)
    first = {split_by_patient(cohort, (0.5,), seed)[0].patient_ids for seed in range(5)}
    assert len(first) == 5
    assert all(len(ids) == 10 for ids in first)


def test_every_patient_is_tested_once_and_never_trained_on_then(make_cohort):
    cohort = make_cohort(11, seed=0)
    tested = []
    for train, test in folds_by_patient(cohort, 4, seed=0):
        check_disjoint(train, test)
        assert train.n_patients + test.n_patients == 11
        tested += test.patient_ids
    assert sorted(tested) == sorted(cohort.patient_ids)


def test_a_patient_in_two_parts_is_named(make_cohort):
    cohort = make_cohort(4, seed=0)
    with pytest.raises(DataError, match="two parts") as caught:
        check_disjoint(cohort.subset([0, 1]), cohort.subset([1, 2]))
    assert cohort.patient_ids[1] in str(caught.value)


@pytest.mark.parametrize("fractions", [(), (0.5, 0.6), (0.5, 0.0), (-0.1, 0.5)])
def test_fractions_that_are_no_parts_are_refused(make_cohort, fractions):
    with pytest.raises(ConfigError):
        split_by_patient(make_cohort(4, seed=0), fractions, 0)


def test_too_few_patients_are_refused(make_cohort):
    with pytest.raises(DataError, match="too few patients"):
        split_by_patient(make_cohort(2, seed=0), (0.7, 0.1, 0.2), 0)
    with pytest.raises(DataError, match="folds"):
        list(folds_by_patient(make_cohort(3, seed=0), 4, 0))
