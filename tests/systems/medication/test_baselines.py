"""Baselines: the published reference figures, what each may look at, limits."""

from __future__ import annotations

import numpy as np
import pytest

from humankind.spine.errors import DataError
from humankind.systems.medication.baselines import (
    BASELINES,
    Logistic,
    NearestVisits,
    Popularity,
    PreviousVisit,
    features,
    previous_drugs,
)
from humankind.systems.medication.choosing import at_least, top_k
from humankind.systems.medication.data import CodeSets, Cohort
from humankind.systems.medication.ddi import DDIGraph
from humankind.systems.medication.evaluate import evaluation
from humankind.systems.medication.metrics import visit_figures
from humankind.systems.medication.split import folds_by_patient

# visit J, F1, PRAUC, DDI, drugs; patient J, F1, PRAUC: measured by others on the same folds.
REFERENCE = {
    ("popularity", 0.5): (0.300, 0.453, 0.614, 0.039, 12.1, 0.323, 0.480, 0.643),
    ("popularity", "mean"): (0.389, 0.550, 0.614, 0.069, 21.9, 0.406, 0.569, 0.643),
    ("previous visit", 0.5): (0.401, 0.555, 0.672, 0.057, 17.5, 0.364, 0.521, 0.666),
    ("logistic regression", 0.5): (0.376, 0.533, 0.641, 0.057, 14.7, 0.413, 0.571, 0.681),
    ("logistic regression", "mean"): (0.412, 0.571, 0.641, 0.057, 21.7, 0.444, 0.603, 0.681),
    ("logistic regression", 0.3): (0.417, 0.575, 0.641, 0.058, 21.9, 0.454, 0.612, 0.681),
    ("nearest visits", 0.5): (0.371, 0.527, 0.614, 0.066, 16.6, 0.414, 0.572, 0.659),
}


@pytest.fixture(scope="module")
def scored(data_home):
    """Scores of every visit of the MIMIC-IV demo when its patient was in the test fold, and the mean set size then."""
    cohort = Cohort.from_mimic4(data_home / "mimic4_demo")
    place = {visit: number for number, visit in enumerate(cohort.visit_ids)}
    scores = {name: np.zeros((cohort.n_visits, cohort.n_drugs), np.float32) for name in BASELINES}
    sizes = np.zeros(cohort.n_visits, int)
    for train, test in folds_by_patient(cohort, 5, seed=0):
        rows = [place[visit] for visit in test.visit_ids]
        sizes[rows] = round(train.drugs.sizes.mean())
        for name, make in BASELINES.items():
            scores[name][rows] = make().fit(train).scores(test)
    return cohort, scores, sizes


@pytest.mark.data
@pytest.mark.parametrize("case", REFERENCE, ids=str)
def test_reference_figures_of_the_mimic4_demo(scored, case):
    cohort, tables, sizes = scored
    name, rule = case
    scores = tables[name]
    chosen = at_least(scores, rule) if rule != "mean" else np.vstack([top_k(s[None], k) for s, k in zip(scores, sizes)])
    ddi = DDIGraph.default(cohort.drugs.codes)
    got = evaluation(cohort, visit_figures(cohort.drugs, scores, chosen, ddi), seed=0)
    of_visits = [got.of(name, "visit").value for name in ("jaccard", "f1", "prauc", "ddi_rate", "n_drugs")]
    of_patients = [got.of(name).value for name in ("jaccard", "f1", "prauc")]
    expected = REFERENCE[case]
    assert [*of_visits[:4], *of_patients] == pytest.approx([*expected[:4], *expected[5:]], abs=0.01)
    assert of_visits[4] == pytest.approx(expected[4], abs=0.2)


@pytest.mark.parametrize("name", BASELINES)
def test_a_visits_own_drugs_and_later_visits_are_never_looked_at(make_cohort, name):
    model = BASELINES[name]().fit(make_cohort(30, seed=0))
    cohort = make_cohort(10, seed=1, prefix="t")
    scores = model.scores(cohort)
    assert scores.shape == (cohort.n_visits, cohort.n_drugs)
    assert scores.dtype == np.float32
    assert 0 <= scores.min() <= scores.max() <= 1
    last = np.concatenate([np.diff(cohort.patient_of) > 0, [True]])
    drugs = [[] if end else cohort.drugs.of(v) for v, end in enumerate(last)]
    blind = model.scores(cohort.with_sets(drugs=CodeSets.from_sets(cohort.drugs.codes, drugs)))
    np.testing.assert_array_equal(scores, blind)
    alone = model.scores(cohort.subset([3]))
    np.testing.assert_allclose(scores[list(cohort.visits_of(3))], alone, atol=1e-6)


@pytest.mark.parametrize("name", BASELINES)
def test_one_training_visit_and_other_vocabularies(make_cohort, name):
    cohort = make_cohort(6, seed=0)
    single = cohort.subset([int(np.argmin(np.diff(cohort.patient_ptr)))])
    scores = BASELINES[name]().fit(single).scores(cohort)
    assert np.isfinite(scores).all()
    fewer = cohort.with_sets(drugs=cohort.drugs.recoded(["A01A"], np.full(cohort.n_drugs, 0)))
    with pytest.raises(DataError, match="another drug vocabulary"):
        BASELINES[name]().fit(single).scores(fewer)


def test_features_hold_the_previous_visits_drugs_only(make_cohort):
    cohort = make_cohort(8, seed=0)
    before = previous_drugs(cohort)
    for visit in range(cohort.n_visits):
        earlier = cohort.previous[visit]
        expected = [] if earlier < 0 else cohort.drugs.of(earlier).tolist()
        assert before.of(visit).tolist() == expected
    widths = (cohort.diagnoses.n_codes, cohort.procedures.n_codes, cohort.n_drugs)
    assert features(cohort).shape == (cohort.n_visits, sum(widths))


def test_the_previous_visit_is_repeated_and_first_visits_get_popularity(make_cohort):
    train, cohort = make_cohort(30, seed=0), make_cohort(10, seed=1, prefix="t")
    scores = PreviousVisit().fit(train).scores(cohort)
    popular = Popularity().fit(train).scores(cohort)
    for visit in range(cohort.n_visits):
        earlier = cohort.previous[visit]
        if earlier < 0:
            np.testing.assert_array_equal(scores[visit], popular[visit])
        else:
            assert np.flatnonzero(scores[visit] >= 0.5).tolist() == cohort.drugs.of(earlier).tolist()


def test_logistic_regression_equals_scikit_learns_own_probabilities(make_cohort):
    from sklearn.linear_model import LogisticRegression

    train, test = make_cohort(40, seed=0), make_cohort(5, seed=1, prefix="t")
    scores = Logistic().fit(train).scores(test)
    X, target = features(train), train.drugs.matrix().toarray()
    drug = int(np.flatnonzero((target.mean(axis=0) > 0.1) & (target.mean(axis=0) < 0.9))[0])
    model = LogisticRegression(solver="liblinear", random_state=0).fit(X, target[:, drug])
    np.testing.assert_allclose(scores[:, drug], model.predict_proba(features(test))[:, 1], atol=1e-5)


def test_nearest_visits_find_a_planted_copy_and_survive_having_no_codes(make_cohort):
    train = make_cohort(20, seed=0)
    model = NearestVisits(k=1).fit(train)
    first = np.flatnonzero((train.position == 0) & (train.diagnoses.sizes > 2))
    scores = model.scores(train)
    for visit in first:
        twin = np.flatnonzero(scores[visit] >= 0.5)
        same = [v for v in first if (model.keys[v] != model.keys[visit]).nnz == 0]
        assert any(twin.tolist() == train.drugs.of(v).tolist() for v in same)
    empty = CodeSets.from_sets(train.diagnoses.codes, [[]] * train.n_visits)
    assert np.isfinite(model.scores(train.with_sets(diagnoses=empty))).all()
