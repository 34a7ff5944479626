"""Unseen codes: a stand-in from their own tree, never from another category; drugs are never replaced."""

from __future__ import annotations

import pytest

from humankind.systems.medication.align import StandIns, align, seen_only
from humankind.systems.medication.data import KINDS, Cohort, Visit

TRAIN = Cohort.from_visits(
    {
        "a": [Visit(diagnoses=("ICD9CM:428.0", "ICD9CM:401.9"), procedures=("ICD9PROC:36.15",), drugs=("C03C",))],
        "b": [Visit(diagnoses=("ICD9CM:428", "ICD9CM:250.02"), drugs=("C03C", "A10B"))],
        "c": [Visit(diagnoses=("ICD9CM:250.00", "ICD9CM:250.02"), drugs=("A10B",))],
    }
)


def aligned(**codes):
    return align(Cohort.from_visits({"new": [Visit(**codes)]}), TRAIN)


def test_known_codes_stay_and_nothing_is_told():
    cohort, report = aligned(diagnoses=("ICD9CM:401.9",), procedures=("ICD9PROC:36.15",), drugs=("C03C",))
    assert cohort.visit(0).diagnoses == ("ICD9CM:401.9",)
    assert cohort.drugs.codes == TRAIN.drugs.codes
    assert (report.n_replaced, report.n_skipped, report.told()) == (0, 0, "")


def test_a_code_above_it_stands_in_first():
    cohort, report = aligned(diagnoses=("ICD9CM:428.23",))
    assert cohort.visit(0).diagnoses == ("ICD9CM:428",)
    assert report.ancestors == {"ICD9CM:428.23": "ICD9CM:428"}


def test_else_the_most_frequent_code_of_the_category():
    cohort, report = aligned(diagnoses=("ICD9CM:250.60",))
    assert cohort.visit(0).diagnoses == ("ICD9CM:250.02",), "two training visits have it, 250.00 one"
    assert report.relatives == {"ICD9CM:250.60": "ICD9CM:250.02"}


@pytest.mark.parametrize("code", ["ICD9CM:402.00", "ICD10CM:I50.9", "flu"])
def test_other_categories_and_other_trees_lend_nothing(code):
    cohort, report = aligned(diagnoses=(code, "ICD9CM:401.9"))
    assert cohort.visit(0).diagnoses == ("ICD9CM:401.9",)
    assert report.skipped == (code,)
    assert report.n_skipped == 1
    assert code in report.told()


def test_a_drug_is_left_out_never_replaced():
    cohort, report = aligned(diagnoses=("ICD9CM:401.9",), drugs=("C03A", "A10B"))
    assert cohort.visit(0).drugs == ("A10B",)
    assert report.skipped == ("C03A",)


def test_two_codes_with_one_stand_in_count_once():
    cohort, report = aligned(diagnoses=("ICD9CM:428.23", "ICD9CM:428.33"))
    assert cohort.visit(0).diagnoses == ("ICD9CM:428",)
    assert report.n_replaced == 2


def test_training_keeps_only_what_it_saw_and_all_drugs(make_cohort):
    part = make_cohort(10, seed=0).subset([0])
    cut = seen_only(part)
    assert cut.drugs.codes == part.drugs.codes
    assert set(cut.diagnoses.codes) == {code for v in range(part.n_visits) for code in part.diagnoses.names(v)}
    assert [cut.visit(v) for v in range(cut.n_visits)] == [part.visit(v) for v in range(part.n_visits)]
    again, report = align(part, cut)
    assert report.n_skipped == 0
    assert all(again.sets(kind).codes == cut.sets(kind).codes for kind in KINDS)


def test_an_empty_vocabulary_offers_nothing():
    assert StandIns(()).find("ICD9CM:401.9") is None
