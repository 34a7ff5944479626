"""Parts of a cohort that share no patient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from humankind.spine.errors import ConfigError, DataError
from humankind.spine.seeds import stream
from humankind.systems.medication.data import Cohort


def split_by_patient(cohort: Cohort, fractions: Sequence[float], seed: int) -> tuple[Cohort, ...]:
    """Return parts of the cohort with whole patients, drawn at random; vocabularies stay whole.

    Args:
        cohort: what to divide.
        fractions: share of the patients in each part, positive, summing to at most 1; for example (0.7, 0.1, 0.2).
        seed: seed of the draw.

    Raises:
        ConfigError: the fractions are not positive or sum to more than 1.
        DataError: there are too few patients to put one into each part.
    """
    shares = np.asarray(fractions, np.float64)
    if not len(shares) or (shares <= 0).any() or shares.sum() > 1 + 1e-9:
        raise ConfigError(
            "the parts of a split must be positive and sum to at most 1", found=tuple(fractions), where="fractions"
        )
    ends = np.rint(np.cumsum(shares) * cohort.n_patients).astype(int)
    if (np.diff(ends, prepend=0) < 1).any():
        raise DataError(
            "there are too few patients for this split",
            found=f"{cohort.n_patients} patients for {tuple(fractions)}",
            expected="at least one patient in each part",
            remedy=f"give more patients: {int(np.ceil(1 / shares.min()))} are enough",
        )
    order = stream(seed, "medication.split").permutation(cohort.n_patients)
    return tuple(cohort.subset(order[start:end]) for start, end in zip([0, *ends[:-1]], ends))


def folds_by_patient(cohort: Cohort, n_folds: int, seed: int) -> Iterator[tuple[Cohort, Cohort]]:
    """Yield (training, test) for each fold; every patient is tested in exactly one of them.

    Args:
        cohort: what to divide.
        n_folds: from 2 to the number of patients.
        seed: seed of the draw. Patient i of the permutation that NumPy's `RandomState(seed)` makes is tested in fold
            i modulo `n_folds`: the folds of the published reference figures.

    Raises:
        DataError: there are fewer patients than folds.
    """
    if not 2 <= n_folds <= cohort.n_patients:
        raise DataError(
            "this number of folds does not fit the patients",
            found=f"{n_folds} folds, {cohort.n_patients} patients",
            expected=f"2 to {cohort.n_patients} folds",
        )
    order = np.random.RandomState(seed).permutation(cohort.n_patients)
    parts = [order[fold::n_folds] for fold in range(n_folds)]
    for fold, test in enumerate(parts):
        train = np.concatenate([part for other, part in enumerate(parts) if other != fold])
        yield cohort.subset(train), cohort.subset(test)


def check_disjoint(*parts: Cohort) -> None:
    """Raise DataError where a patient is in two of the cohorts."""
    seen: set[str] = set()
    for part in parts:
        twice = seen.intersection(part.patient_ids)
        if twice:
            raise DataError(
                "a patient is in two parts of the data",
                found=f"{', '.join(sorted(twice)[:5])} ({len(twice)} in all)",
                expected="training, validation and test data that share no patient",
                remedy="split by patient: `split_by_patient(cohort, (0.7, 0.1, 0.2), seed=0)`",
            )
        seen.update(part.patient_ids)
