"""Small cohorts for tests of the model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from humankind.systems.medication.data import Cohort, Visit

DIAGNOSES = [f"ICD9CM:{100 + n}" for n in range(12)]
PROCEDURES = [f"ICD9PROC:{30 + n}.1" for n in range(5)]
DRUGS = [f"A{n:02d}A" for n in range(1, 10)]


def random_cohort(n_patients: int, seed: int, prefix: str = "p") -> Cohort:
    """Return patients of one to four visits over the full vocabularies; drugs follow from diagnoses."""
    rng = np.random.default_rng(seed)
    patients = {}
    for number in range(n_patients):
        visits = []
        for _ in range(rng.integers(1, 5)):
            ill = rng.choice(len(DIAGNOSES), rng.integers(1, 5), replace=False)
            done = rng.choice(len(PROCEDURES), rng.integers(0, 3), replace=False)
            given = sorted({int(d) % len(DRUGS) for d in ill} | set(rng.choice(len(DRUGS), 1).tolist()))
            visits.append(
                Visit(
                    diagnoses=tuple(DIAGNOSES[d] for d in ill),
                    procedures=tuple(PROCEDURES[p] for p in done),
                    drugs=tuple(DRUGS[d] for d in given),
                )
            )
        patients[f"{prefix}{number}"] = visits
    everything = Visit(diagnoses=tuple(DIAGNOSES), procedures=tuple(PROCEDURES), drugs=tuple(DRUGS))
    return Cohort.from_visits(patients, like=Cohort.from_visits({"all": [everything]}))


@pytest.fixture(scope="session")
def make_cohort() -> Callable[..., Cohort]:
    """`make_cohort(n_patients, seed, prefix="p")`: patients over one vocabulary."""
    return random_cohort
