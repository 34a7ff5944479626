"""Figures of sets: against scikit-learn, by hand, and at their limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score, jaccard_score

from humankind.spine.errors import ConfigError, InternalError
from humankind.systems.medication.choosing import THRESHOLDS, at_least, best_threshold, top_k
from humankind.systems.medication.data import CodeSets, Cohort, Visit
from humankind.systems.medication.ddi import DDIGraph, Interaction
from humankind.systems.medication.evaluate import evaluation, patient_means, ratio_interval
from humankind.systems.medication.metrics import average_precision, truth_figures, visit_figures

DRUGS = [f"A{n:02d}A" for n in range(6)]
DDI = DDIGraph.from_pairs(DRUGS, [Interaction(DRUGS[0], DRUGS[1], None, None)])


def held(table):
    return CodeSets.from_sets(DRUGS, [np.flatnonzero(row) for row in table])


@st.composite
def judged(draw):
    """Truth, scores with many ties, and sets, of a few visits."""
    n = draw(st.integers(1, 5))
    cells = st.lists(st.lists(st.integers(0, 3), min_size=6, max_size=6), min_size=n, max_size=n)
    truth = np.array(draw(cells)) > 1
    return truth, np.array(draw(cells)) / 3, np.array(draw(cells)) > 1


@given(judged())
def test_means_over_visits_equal_scikit_learns_samples(case):
    truth, scores, chosen = case
    figures = visit_figures(held(truth), scores, chosen, DDI)
    assert figures.jaccard.mean() == pytest.approx(jaccard_score(truth, chosen, average="samples", zero_division=1))
    assert figures.f1.mean() == pytest.approx(f1_score(truth, chosen, average="samples", zero_division=1))
    some = truth.any(axis=1)
    assert np.isnan(figures.prauc[~some]).all()
    if some.any():
        expected = average_precision_score(truth[some], scores[some], average="samples")
        assert figures.prauc[some].mean() == pytest.approx(expected)


@given(judged())
def test_scores_count_by_their_order_alone(case):
    truth, scores, _ = case
    np.testing.assert_allclose(
        average_precision(held(truth), scores), average_precision(held(truth), 5 * scores**3 - 1)
    )


def test_figures_by_hand():
    given_drugs = CodeSets.from_sets(DRUGS, [[0, 1, 2], [3], []])
    chosen = np.zeros((3, 6), bool)
    chosen[0, [0, 1]] = True
    chosen[2, :] = True
    figures = visit_figures(given_drugs, np.tile(np.arange(6.0), (3, 1)), chosen, DDI)
    assert figures.jaccard.tolist() == pytest.approx([2 / 3, 0, 0])
    assert figures.f1.tolist() == pytest.approx([0.8, 0, 0])
    assert figures.ddi_rate.tolist() == pytest.approx([1, 0, 1 / 15]), "no pair, no rate"
    assert figures.n_drugs.tolist() == [2, 0, 6]
    assert figures.prauc[:2].tolist() == pytest.approx([(1 / 4 + 2 / 5 + 3 / 6) / 3, 1 / 3])


def test_two_empty_sets_agree():
    figures = visit_figures(CodeSets.from_sets(DRUGS, [[]]), np.zeros((1, 6)), np.zeros((1, 6), bool), DDI)
    assert (figures.jaccard[0], figures.f1[0], figures.n_drugs[0]) == (1, 1, 0)


def test_all_equal_scores_give_the_share_of_drugs_given():
    assert average_precision(CodeSets.from_sets(DRUGS, [[0, 5]]), np.ones((1, 6)))[0] == pytest.approx(2 / 6)


def test_what_does_not_fit_is_our_fault():
    one = CodeSets.from_sets(DRUGS, [[0]])
    with pytest.raises(InternalError, match="do not fit"):
        visit_figures(one, np.zeros((2, 6)), np.zeros((2, 6), bool), DDI)
    with pytest.raises(InternalError, match="not finite"):
        visit_figures(one, np.full((1, 6), np.nan), np.zeros((1, 6), bool), DDI)


# -- choosing ----------------------------------------------------------------------------------------------


@given(judged(), st.integers(0, 6))
def test_top_k_takes_k_and_none_better_is_left(case, k):
    chosen = top_k(case[1], k)
    assert (chosen.sum(axis=1) == k).all()
    for row, picked in zip(case[1], chosen):
        assert not (0 < k < 6) or row[picked].min() >= row[~picked].max()
    with pytest.raises(ConfigError):
        top_k(case[1], 7)


def test_the_best_threshold_is_found_among_all():
    rng = np.random.default_rng(0)
    truth = rng.random((60, 6)) < 0.4
    scores = np.clip(0.3 * truth + 0.5 * rng.random((60, 6)), 0, 1)
    patients = np.repeat(np.arange(20), 3)
    found = best_threshold(scores, held(truth), patients)

    def value(threshold):
        jaccard = [jaccard_score(t, c, zero_division=1) for t, c in zip(truth, at_least(scores, threshold))]
        return np.mean([np.mean(np.array(jaccard)[patients == p]) for p in range(20)])

    assert value(found) == pytest.approx(max(value(threshold) for threshold in THRESHOLDS))


# -- averages and intervals --------------------------------------------------------------------------------

COHORT = Cohort.from_visits(
    {
        "a": [Visit(drugs=(DRUGS[0], DRUGS[1])), Visit(drugs=(DRUGS[0],)), Visit(drugs=(DRUGS[2],))],
        "b": [Visit(drugs=tuple(DRUGS))],
    }
)


def test_patients_count_alike_however_many_visits_they_have():
    figures = truth_figures(COHORT, DDI)
    got = evaluation(COHORT, figures, seed=0)
    assert got.of("n_drugs", "visit").value == pytest.approx((2 + 1 + 1 + 6) / 4)
    assert got.of("n_drugs", "patient").value == pytest.approx((4 / 3 + 6) / 2)
    assert got.of("ddi_rate", "visit").value == pytest.approx((1 + 0 + 0 + 1 / 15) / 4)
    assert got.of("ddi_rate", "patient").value == pytest.approx((1 / 3 + 1 / 15) / 2)
    assert got.of("ddi_rate", "pooled").value == pytest.approx(2 / 16)
    assert got.of("jaccard").value == 1


def test_visits_without_a_figure_are_left_out_of_means():
    assert patient_means(COHORT, np.array([0.2, np.nan, 0.4, np.nan]))[0] == pytest.approx(0.3)
    assert np.isnan(patient_means(COHORT, np.array([0.2, np.nan, 0.4, np.nan]))[1])


def test_rounds_and_intervals_draw_patients_not_visits(make_cohort):
    """Ten visits of a patient that are all alike tell as much as one: the spread must not shrink."""
    rng = np.random.default_rng(0)
    levels = rng.random(40)
    once = Cohort.from_visits({f"p{n}": [Visit(drugs=(DRUGS[0],))] for n in range(40)})
    many = Cohort.from_visits({f"p{n}": [Visit(drugs=(DRUGS[0],))] * 10 for n in range(40)})

    def measured(cohort, values):
        figures = truth_figures(cohort, DDIGraph.from_pairs(cohort.drugs.codes, []))
        object.__setattr__(figures, "jaccard", values)
        return evaluation(cohort, figures, seed=0)

    one, ten = measured(once, levels), measured(many, np.repeat(levels, 10))
    for average in ("patient", "visit"):
        a, b = one.of("jaccard", average), ten.of("jaccard", average)
        assert (a.value, a.low, a.high) == pytest.approx((b.value, b.low, b.high))
        assert a.rounds_std == pytest.approx(b.rounds_std)
        assert a.rounds_std == pytest.approx(levels.std() / np.sqrt(32), rel=0.6)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    rng, hits = np.random.default_rng(1), 0
    for _ in range(100):
        wholes = rng.integers(1, 8, 60)
        parts = rng.binomial(wholes, 0.3)
        interval = ratio_interval(parts, wholes, seed=0)
        hits += interval.low <= 0.3 <= interval.high
    assert 88 <= hits <= 99


def test_nothing_to_measure_and_one_patient():
    assert ratio_interval(np.zeros(3), np.zeros(3), 0).value == 0
    alone = evaluation(COHORT.subset([0]), truth_figures(COHORT.subset([0]), DDI), seed=0)
    assert alone.of("jaccard").low is None
