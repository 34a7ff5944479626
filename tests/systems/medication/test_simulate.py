"""The simulator: what is planted must be there, and differ where it should."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from humankind.spine.errors import ConfigError
from humankind.systems.medication.baselines import Logistic
from humankind.systems.medication.choosing import best_threshold
from humankind.systems.medication.metrics import average_precision
from humankind.systems.medication.ontology import path
from humankind.systems.medication.simulate import SimulationConfig, simulate
from humankind.systems.medication.split import split_by_patient

SMALL = SimulationConfig(n_visits=1_500)


@pytest.fixture(scope="module")
def simulation():
    return simulate(SimulationConfig(n_visits=6_000), seed=0)


@given(st.integers(1, 300), st.integers(0, 3))
@settings(max_examples=20)
def test_exactly_so_many_visits_and_the_same_twice(n_visits, seed):
    config = SimulationConfig(n_visits=n_visits)
    one, again = simulate(config, seed), simulate(config, seed)
    assert one.cohort.n_visits == n_visits
    assert one.cohort.digest == again.cohort.digest
    assert (one.cohort.drugs.sizes > 0).all()
    assert all(
        (np.diff(one.cohort.times[list(one.cohort.visits_of(p))]) > 0).all() for p in range(one.cohort.n_patients)
    )


def test_seeds_differ_and_sizes_share_their_rules():
    rules = [[(r.kind, r.phenotypes, r.drugs) for r in simulate(SMALL, seed).truth.rules] for seed in (0, 1)]
    assert rules[0] != rules[1]
    larger = simulate(SimulationConfig(n_visits=3_000), 0)
    assert rules[0] == [(r.kind, r.phenotypes, r.drugs) for r in larger.truth.rules]
    assert (larger.ddi.pairs == simulate(SMALL, 0).ddi.pairs).all()


def test_rules_apply_where_their_phenotypes_say(simulation):
    truth, cohort = simulation.truth, simulation.cohort
    for number, rule in enumerate(truth.rules):
        for visit in range(0, 500):
            here, before = truth.phenotypes[visit], cohort.previous[visit]
            if rule.kind == "conjunction":
                pairs = zip(rule.phenotypes[::2], rule.phenotypes[1::2])
                expected = any(here[a] and here[b] for a, b in pairs)
            elif rule.kind == "history":
                expected = before >= 0 and truth.phenotypes[before, rule.phenotypes[0]]
            else:
                expected = here[rule.phenotypes[0]]
            assert truth.applies[visit, number] == expected


def test_drugs_follow_the_rules_and_little_else():
    """Without avoided interactions the share given must be the planted chance, give or take chance."""
    free = simulate(SimulationConfig(n_visits=6_000, avoidance=0), seed=0)
    given_drugs, chance = free.cohort.drugs.matrix().toarray(), free.truth.probabilities
    off = []
    for drug in (drug for rule in free.truth.rules for drug in rule.drugs):
        high = chance[:, drug] > 0.5
        off.append((given_drugs[high, drug].mean() - 0.9) / (0.9 * 0.1 / high.sum()) ** 0.5)
        assert given_drugs[~high, drug].mean() < 0.02
    assert 0.6 < np.mean(np.square(off)) < 1.6, "standard errors away, squared: 1 on average"
    kinds = [rule.kind for rule in free.truth.rules]
    assert (kinds.count("conjunction"), kinds.count("history")) == (19, 5)


def test_a_habit_lasts_and_is_not_told_by_the_codes(simulation):
    truth, cohort = simulation.truth, simulation.cohort
    two = [rule for rule in truth.rules if len(rule.drugs) == 2]
    assert two
    later = np.flatnonzero(cohort.previous >= 0)
    for rule in two:
        first, second = truth.probabilities[:, rule.drugs[0]] > 0, truth.probabilities[:, rule.drugs[1]] > 0
        assert (first ^ second).all()
        assert (first[later] == first[cohort.previous[later]]).all()
        assert 0.35 < first.mean() < 0.65


def test_interactions_are_avoided_as_often_as_said():
    kept, avoided = (simulate(SimulationConfig(n_visits=4_000, avoidance=share), seed=0) for share in (0.0, 1.0))
    assert avoided.ddi.rate(avoided.cohort.drugs) == 0
    assert kept.ddi.rate(kept.cohort.drugs) > 0.15
    usual = simulate(SimulationConfig(n_visits=4_000), seed=0)
    assert 0.1 < usual.ddi.rate(usual.cohort.drugs) < 0.16, "above every target that is swept"
    assert {pair.severity for pair in usual.ddi.pairs_in(range(usual.ddi.n_drugs))} == {"moderate", "major"}


def test_codes_tell_their_phenotype_through_the_tree(simulation):
    truth, diagnoses = simulation.truth, simulation.cohort.diagnoses
    matrix = diagnoses.matrix().toarray() > 0
    for code in range(0, diagnoses.n_codes, 7):
        phenotype = truth.phenotype_of[code]
        seen = matrix[:, code]
        if phenotype >= 0 and seen.sum() > 50:
            assert truth.phenotypes[seen, phenotype].mean() > truth.phenotypes[:, phenotype].mean() + 0.2
            assert path(diagnoses.codes[code])[1] == f"p{phenotype:02d}"
    assert 0.1 < (simulation.cohort.procedures.sizes == 0).mean() < 0.4, "some visits have no procedure"


def jaccard_of_logistic(share):
    made = simulate(SimulationConfig(n_visits=2_500, conjunction_share=share), seed=0)
    train, validation, test = split_by_patient(made.cohort, (0.7, 0.1, 0.2), seed=0)
    model = Logistic().fit(train)
    rows = [int(visit) for visit in test.visit_ids]
    best_possible = average_precision(test.drugs, made.truth.probabilities[rows]).mean()
    assert best_threshold(model.scores(validation), validation.drugs, validation.patient_of) < 0.5
    return average_precision(test.drugs, model.scores(test)).mean() / best_possible


def test_conjunctions_are_what_a_linear_model_cannot_learn():
    few, many = jaccard_of_logistic(0.0), jaccard_of_logistic(0.8)
    assert few > 0.85
    assert many < few - 0.08


@pytest.mark.parametrize(
    "settings_",
    [{"conjunction_share": 0.8, "history_share": 0.3}, {"pairs_per_rule": 9}, {"n_rules": 3_000}],
)
def test_plans_that_cannot_be_carried_out_are_refused(settings_):
    with pytest.raises(ConfigError):
        simulate(SimulationConfig(n_visits=10, **settings_), seed=0)
