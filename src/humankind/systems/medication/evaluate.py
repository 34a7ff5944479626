"""Means and intervals of the figures: over visits, over patients, pooled; ten rounds as in the paper, and bootstrap.

Visits of one patient are alike, so every resampling draws patients, never visits.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from humankind.spine.config import Section
from humankind.spine.errors import DataError
from humankind.spine.evidence import Figure
from humankind.spine.seeds import stream
from humankind.spine.stats import Interval, bootstrap_mean
from humankind.systems.medication.data import Cohort
from humankind.systems.medication.metrics import MEASURES, VisitFigures

Average = Literal["patient", "visit", "pooled"]
_RESAMPLES = 2_000


class Measured(Section):
    """One figure of one average."""

    measure: str
    """jaccard, f1, prauc, ddi_rate or n_drugs."""
    average: Average
    """`patient`: mean over a patient's visits, then over patients (the field's); `visit`: over all visits; `pooled`:
    interacting pairs of all visits / pairs of all visits (ddi_rate only)."""
    value: float
    low: float | None
    high: float | None
    """Ends of the 95 % interval over patients; None for a single patient."""
    rounds_mean: float
    rounds_std: float
    """Mean and standard deviation over the rounds of the released protocol."""

    def figure(self, label: str) -> Figure:
        """Return it for a report."""
        return Figure(label=label, value=self.value, low=self.low, high=self.high)


class Evaluation(Section):
    """Every figure of one recommender on one cohort."""

    n_patients: int
    n_visits: int
    measured: tuple[Measured, ...]

    def of(self, measure: str, average: Average = "patient") -> Measured:
        """Return one figure."""
        found = [one for one in self.measured if (one.measure, one.average) == (measure, average)]
        if not found:
            raise DataError("there is no such figure", found=f"{measure}, {average}", expected=", ".join(MEASURES))
        return found[0]


def evaluation(cohort: Cohort, figures: VisitFigures, seed: int, rounds: int = 10, share: float = 0.8) -> Evaluation:
    """Return the means of all figures with their intervals.

    Args:
        cohort: whose visits they are.
        figures: one number a visit.
        seed: of every resampling.
        rounds: samples of the released protocol. Released code: 10.
        share: their size as a share of the patients, drawn with replacement. Released code: .8.
    """
    size = max(1, round(share * cohort.n_patients))
    picks = stream(seed, "medication.rounds").integers(cohort.n_patients, size=(rounds, size))
    averages: tuple[Average, Average] = ("patient", "visit")
    wanted: list[tuple[str, Average]] = [(name, average) for name in MEASURES for average in averages]
    wanted.append(("ddi_rate", "pooled"))
    measured = []
    for name, average in wanted:
        parts, wholes = _fractions(cohort, figures, name, average)
        sampled = parts[picks].sum(axis=1) / np.maximum(wholes[picks].sum(axis=1), 1e-12)
        interval = ratio_interval(parts, wholes, seed)
        measured.append(
            Measured(
                measure=name,
                average=average,
                value=interval.value,
                low=interval.low if np.isfinite(interval.low) else None,
                high=interval.high if np.isfinite(interval.high) else None,
                rounds_mean=float(sampled.mean()),
                rounds_std=float(sampled.std()),
            )
        )
    return Evaluation(n_patients=cohort.n_patients, n_visits=cohort.n_visits, measured=tuple(measured))


def patient_means(cohort: Cohort, values: np.ndarray) -> np.ndarray:
    """Return the mean of each patient's visits; NaN for a patient whose visits have no figure.

    Args:
        cohort: whose visits they are.
        values: one number a visit, NaN where there is none.
    """
    known = ~np.isnan(values)
    total = np.bincount(cohort.patient_of, np.where(known, values, 0), minlength=cohort.n_patients)
    count = np.bincount(cohort.patient_of, known, minlength=cohort.n_patients)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _fractions(cohort: Cohort, figures: VisitFigures, name: str, average: Average) -> tuple[np.ndarray, np.ndarray]:
    """Return what each patient adds to the numerator and the denominator of a figure."""
    patients, n = cohort.patient_of, cohort.n_patients
    if average == "pooled":
        return np.bincount(patients, figures.interacting, minlength=n), np.bincount(
            patients, figures.pairs, minlength=n
        )
    values = getattr(figures, name)
    known = ~np.isnan(values)
    if average == "visit":
        sums = np.bincount(patients, np.where(known, values, 0), minlength=n)
        return sums, np.bincount(patients, known, minlength=n).astype(np.float64)
    means = patient_means(cohort, values)
    return np.nan_to_num(means), (~np.isnan(means)).astype(np.float64)


def ratio_interval(parts: np.ndarray, wholes: np.ndarray, seed: int) -> Interval:
    """Return sum(parts) / sum(wholes) with a 95 % interval from resampling the pairs; 0 where the wholes are all 0.

    With equal wholes it is a mean and gets the BCa interval; else the percentile interval.

    Args:
        parts: numerators, one a patient.
        wholes: denominators, one a patient, not negative.
        seed: of the resampling.
    """
    used = wholes > 0
    parts, wholes = parts[used], wholes[used]
    if not len(parts):
        return Interval(0.0, 0.0, 0.0, 0.95, "none: nothing to measure", 0)
    if len(parts) == 1 or wholes.min() == wholes.max():
        return bootstrap_mean(parts / wholes, seed, _RESAMPLES)
    rng, n = stream(seed, "medication.ratio"), len(parts)
    counts = rng.multinomial(n, np.full(n, 1 / n), size=_RESAMPLES)
    ratios = (counts @ parts) / (counts @ wholes)
    low, high = np.quantile(ratios, [0.025, 0.975])
    value = float(parts.sum() / wholes.sum())
    return Interval(value, float(low), float(high), 0.95, f"percentile bootstrap, {_RESAMPLES} resamples", n)
