"""SYNTHETIC hospital visits with a planted truth: phenotypes, rules that give drugs, interactions, habits over time.

Nothing here was measured on people, and the codes mean nothing (`SIM:` paths; drugs in a group X that ATC has not).

A patient has lasting phenotypes and, at each visit, passing ones. Phenotypes show themselves through codes, some of
them rare, some silent, with noise among them. Drugs follow rules:

    single        phenotype a gives the drug
    conjunction   (a and b) or (c and d) or ... give it, while a and c, a and d, b and c, b and d do not: no sum of
                  weights of single phenotypes can tell these apart
    history       phenotype a at the visit before gives it, whatever is coded now

A drug of a rule has an equal alternative; which of the two a patient gets is his habit and shows in earlier visits
alone. Physicians avoid most known interactions, not all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from humankind.spine.config import Section
from humankind.spine.errors import ConfigError
from humankind.spine.seeds import stream
from humankind.systems.medication.data import CodeSets, Cohort
from humankind.systems.medication.ddi import DDIGraph, Interaction

Share = Annotated[float, Ge(0), Le(1)]
Count = Annotated[int, Ge(1)]
_MOST_VISITS, _MOST_DRUGS = 8, 2_600
_CATEGORIES, _CODES = 3, 5  # of a phenotype: categories of diagnoses, codes in each


class SimulationConfig(Section):
    """What is planted."""

    n_visits: Count = 2_000
    """Visits; exactly so many come back. 1,000 to 100,000 are usual."""
    n_phenotypes: Annotated[int, Ge(8)] = 16
    """Conditions behind the codes."""
    n_rules: Count = 48
    """Rules that give a drug."""
    conjunction_share: Share = 0.4
    """Share of the rules that need two phenotypes at once."""
    pairs_per_rule: Annotated[int, Ge(2)] = 3
    """Pairs of phenotypes of a conjunction, of which each alone gives the drug."""
    history_share: Share = 0.1
    """Share of the rules that look at the visit before."""
    alternatives_share: Share = 0.15
    """Share of the rules whose drug has an equal alternative, chosen by the patient's habit."""
    n_common: Annotated[int, Ge(0)] = 6
    """Drugs that anyone may get, whatever is coded."""
    adherence: Share = 0.9
    """Chance that a rule that applies gives its drug."""
    off_label: Share = 0.01
    """Chance that a rule that does not apply gives its drug all the same."""
    silence: Share = 0.1
    """Chance that a present phenotype leaves no code at a visit."""
    noise_codes: Annotated[float, Ge(0)] = 1.0
    """Mean number of codes at a visit that stand for nothing present."""
    interaction_share: Share = 0.2
    """Share of all pairs of drugs that interact. The field's matrix: .05, denser among drugs given together."""
    avoidance: Share = 0.35
    """Chance that one drug of an interacting pair is left out."""


@dataclass(frozen=True, eq=False)
class Rule:
    """What gives a drug."""

    kind: str
    """single, conjunction or history."""
    phenotypes: tuple[int, ...]
    """single, history: (a,). conjunction: (a, b, c, d, ...): a and b give the drug, c and d give it, and so on."""
    drugs: tuple[int, ...]
    """The drug, or the drug and its alternative."""


@dataclass(frozen=True, eq=False)
class Truth:
    """What was planted."""

    phenotypes: np.ndarray
    """Present at each visit, bool (n_visits, n_phenotypes)."""
    rules: tuple[Rule, ...]
    applies: np.ndarray
    """Which rules apply at each visit, bool (n_visits, n_rules)."""
    probabilities: np.ndarray
    """Chance of each drug at each visit given all that was planted but before interactions are avoided, float32
    (n_visits, n_drugs): no recommender can know more."""
    phenotype_of: tuple[int, ...]
    """Phenotype of each diagnosis code; -1 for codes that stand for nothing."""


@dataclass(frozen=True, eq=False)
class Simulation:
    """Data and the truth beside it."""

    cohort: Cohort
    ddi: DDIGraph
    truth: Truth


def simulate(config: SimulationConfig, seed: int) -> Simulation:
    """Return synthetic visits, their interactions and the truth; time and memory grow with the visits.

    Args:
        config: what is planted.
        seed: the same seed gives the same data. Rules and patients come from streams of their own: two sizes under one
            seed have the same rules.

    Raises:
        ConfigError: the shares of rules sum to more than 1, a conjunction needs too many phenotypes, or there are
            more than 2,600 drugs.
    """
    rules, n_drugs = _rules(config, seed)
    sizes = _visits_of_patients(config.n_visits, stream(seed, "simulate.patients"))
    present = _phenotypes(config, sizes, stream(seed, "simulate.phenotypes"))
    patient_of = np.repeat(np.arange(len(sizes)), sizes)
    first = np.concatenate([[True], patient_of[1:] != patient_of[:-1]])
    applies = _applies(rules, present, first)
    habits = stream(seed, "simulate.habits").random((len(sizes), len(rules))) < 0.5
    probabilities = _probabilities(config, rules, n_drugs, applies, habits[patient_of], seed)
    ddi = _interactions(config, n_drugs, seed)
    drugs = _given(config, probabilities, ddi, stream(seed, "simulate.drugs"))
    diagnoses, phenotype_of = _diagnoses(config, present, stream(seed, "simulate.diagnoses"))
    cohort = Cohort(
        diagnoses=diagnoses,
        procedures=_procedures(present, stream(seed, "simulate.procedures")),
        drugs=CodeSets.from_pairs(ddi.drugs, *np.nonzero(drugs), config.n_visits),
        patient_ids=tuple(f"s{seed}-{number}" for number in range(len(sizes))),
        visit_ids=tuple(str(number) for number in range(config.n_visits)),
        patient_ptr=np.concatenate([[0], np.cumsum(sizes)]),
        times=_times(patient_of, first, stream(seed, "simulate.times")),
    )
    return Simulation(cohort, ddi, Truth(present, rules, applies, probabilities, phenotype_of))


# -- rules -------------------------------------------------------------------------------------------------


def _rules(config: SimulationConfig, seed: int) -> tuple[tuple[Rule, ...], int]:
    """Return the rules and the number of drugs, common ones last."""
    n_pairs = round(config.conjunction_share * config.n_rules)
    n_history = round(config.history_share * config.n_rules)
    n_single = config.n_rules - n_pairs - n_history
    if 2 * config.pairs_per_rule > config.n_phenotypes:
        raise ConfigError(
            "a conjunction needs more phenotypes than there are",
            found=f"pairs_per_rule {config.pairs_per_rule}, n_phenotypes {config.n_phenotypes}",
            expected="twice as many phenotypes as pairs, or more",
        )
    if n_single < 0:
        raise ConfigError(
            "the shares of rules sum to more than 1",
            found=f"conjunction_share {config.conjunction_share:g}, history_share {config.history_share:g}",
            expected="at most 1 together",
        )
    rng = stream(seed, "simulate.rules")
    kinds = ["conjunction"] * n_pairs + ["history"] * n_history + ["single"] * n_single
    rules, n_drugs = [], 0
    for number, kind in enumerate(kinds):
        width = 2 * config.pairs_per_rule if kind == "conjunction" else 1
        # Phenotypes in turn for single rules, so that none stays without a drug while there are enough rules.
        chosen = rng.permutation(config.n_phenotypes)[:width] if width > 1 else [number % config.n_phenotypes]
        n_own = 2 if rng.random() < config.alternatives_share else 1
        rules.append(Rule(kind, tuple(int(p) for p in chosen), tuple(range(n_drugs, n_drugs + n_own))))
        n_drugs += n_own
    return tuple(rules), n_drugs + config.n_common


def _applies(rules: tuple[Rule, ...], present: np.ndarray, first: np.ndarray) -> np.ndarray:
    before = np.vstack([np.zeros_like(present[:1]), present[:-1]]) & ~first[:, None]
    columns = []
    for rule in rules:
        if rule.kind == "conjunction":
            pairs = zip(rule.phenotypes[::2], rule.phenotypes[1::2])
            columns.append(np.any([present[:, a] & present[:, b] for a, b in pairs], axis=0))
        else:
            columns.append((before if rule.kind == "history" else present)[:, rule.phenotypes[0]])
    return np.stack(columns, axis=1)


def _probabilities(
    config: SimulationConfig,
    rules: tuple[Rule, ...],
    n_drugs: int,
    applies: np.ndarray,
    habits: np.ndarray,
    seed: int,
) -> np.ndarray:
    """Return the chance of each drug at each visit; a habit leaves the other alternative no chance."""
    table = np.zeros((len(applies), n_drugs), np.float32)
    for number, rule in enumerate(rules):
        chance = np.where(applies[:, number], config.adherence, config.off_label)
        if len(rule.drugs) == 1:
            table[:, rule.drugs[0]] = chance
        else:
            table[:, rule.drugs[0]] = np.where(habits[:, number], chance, 0)
            table[:, rule.drugs[1]] = np.where(habits[:, number], 0, chance)
    table[:, n_drugs - config.n_common :] = stream(seed, "simulate.common").uniform(0.2, 0.7, config.n_common)
    return table


def _interactions(config: SimulationConfig, n_drugs: int, seed: int) -> DDIGraph:
    names = [f"X{number // 26:02d}{chr(65 + number % 26)}" for number in range(n_drugs)]
    first, second = np.triu_indices(n_drugs, 1)
    if n_drugs > _MOST_DRUGS:
        raise ConfigError("there are too many drugs for their names", found=n_drugs, expected=f"at most {_MOST_DRUGS}")
    n_pairs = round(config.interaction_share * len(first))
    rng = stream(seed, "simulate.interactions")
    picked = np.sort(rng.permutation(len(first))[:n_pairs])
    severities = rng.choice(["moderate", "major"], len(picked))
    found = [
        Interaction(names[a], names[b], str(severity), "simulated")
        for a, b, severity in zip(first[picked], second[picked], severities)
    ]
    return DDIGraph.from_pairs(names, found)


def _given(config: SimulationConfig, probabilities: np.ndarray, ddi: DDIGraph, rng: np.random.Generator) -> np.ndarray:
    given = rng.random(probabilities.shape, np.float32) < probabilities
    for a, b in ddi.pairs:
        both = np.flatnonzero(given[:, a] & given[:, b])
        avoided = both[rng.random(len(both)) < config.avoidance]
        given[avoided, np.where(rng.random(len(avoided)) < 0.5, a, b)] = False
    # A visit without any drug cannot be a target: it gets the likeliest one.
    empty = np.flatnonzero(~given.any(axis=1))
    given[empty, probabilities[empty].argmax(axis=1)] = True
    return given


# -- patients and codes ------------------------------------------------------------------------------------


def _visits_of_patients(n_visits: int, rng: np.random.Generator) -> np.ndarray:
    """Return the number of visits of each patient, 1 to 8 and 2.4 on average, summing to `n_visits`."""
    sizes = np.minimum(rng.geometric(0.4, size=n_visits), _MOST_VISITS)
    n_patients = int(np.searchsorted(np.cumsum(sizes), n_visits)) + 1
    sizes = sizes[:n_patients]
    sizes[-1] -= sizes.sum() - n_visits
    return sizes


def _phenotypes(config: SimulationConfig, sizes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return which phenotypes are present at each visit: two or three lasting ones, and one to three that pass."""
    K = config.n_phenotypes
    weight = np.log(1 / np.sqrt(1 + np.arange(K)))  # some are more frequent than others
    lasting = _drawn(weight, rng.integers(2, 4, len(sizes)), rng)
    shown = np.repeat(lasting, sizes, axis=0) & (rng.random((sizes.sum(), K), np.float32) < 0.9)
    return shown | _drawn(weight, rng.integers(1, 4, sizes.sum()), rng)


def _drawn(weight: np.ndarray, counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return, for each count, so many different columns drawn by weight: Gumbel keys, the largest win."""
    keys = weight + rng.gumbel(size=(len(counts), len(weight)))
    ranks = keys.argsort(axis=1)[:, ::-1].argsort(axis=1)
    return ranks < counts[:, None]


def _diagnoses(
    config: SimulationConfig, present: np.ndarray, rng: np.random.Generator
) -> tuple[CodeSets, tuple[int, ...]]:
    """Return the diagnoses, and the phenotype behind each code."""
    K, per = config.n_phenotypes, _CATEGORIES * _CODES
    codes = [f"SIM:p{p:02d}|c{c}|{n}" for p in range(K) for c in range(_CATEGORIES) for n in range(_CODES)]
    codes += [f"SIM:none|c{n // _CODES}|{n % _CODES}" for n in range(4 * per)]
    visits, phenotypes = np.nonzero(present & (rng.random(present.shape, np.float32) >= config.silence))
    repeats = rng.integers(1, 4, len(visits))
    visits, phenotypes = np.repeat(visits, repeats), np.repeat(phenotypes, repeats)
    chance = 1 / (1 + np.arange(per))  # a few codes are common, most are rare
    within = rng.permuted(np.tile(np.arange(per), (K, 1)), axis=1)  # which ones differs between phenotypes
    places = np.searchsorted(np.cumsum(chance / chance.sum()), rng.random(len(visits)))
    real = phenotypes * per + within[phenotypes, np.minimum(places, per - 1)]
    n_noise = rng.poisson(config.noise_codes, len(present))
    noise = rng.integers(len(codes), size=n_noise.sum())
    owners = np.concatenate([visits, np.repeat(np.arange(len(present)), n_noise)])
    sets = CodeSets.from_pairs(codes, owners, np.concatenate([real, noise]), len(present))
    return sets, tuple(np.repeat(np.arange(K), per).tolist() + [-1] * (4 * per))


def _procedures(present: np.ndarray, rng: np.random.Generator) -> CodeSets:
    """Return the procedures: a third of the present phenotypes has one of its four; many visits have none."""
    codes = [f"SIM:q{p:02d}|{n}" for p in range(present.shape[1]) for n in range(4)]
    visits, phenotypes = np.nonzero(present & (rng.random(present.shape, np.float32) < 0.33))
    return CodeSets.from_pairs(codes, visits, phenotypes * 4 + rng.integers(4, size=len(visits)), len(present))


def _times(patient_of: np.ndarray, first: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return times in seconds: a start between 2010 and 2020, then a third of a year between visits on average."""
    n_patients = int(patient_of[-1]) + 1
    start = rng.uniform(1.26e9, 1.58e9, n_patients)[patient_of]
    gaps = np.where(first, 0, 86_400 + rng.exponential(1.0e7, len(patient_of)))
    total = np.cumsum(gaps)
    return np.round(start + total - total[first][patient_of])
