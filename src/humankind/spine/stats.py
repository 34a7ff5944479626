"""Intervals and tests for measured figures: bootstrap, sign-flip permutation, Wilson, McNemar, t, Holm.

Every function takes plain numbers and refuses NaN, infinities, empty samples and unequal lengths. What it
cannot know it does not claim: one value alone gets an interval with infinite ends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from humankind.spine.errors import ConfigError, DataError
from humankind.spine.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import ArrayLike

    from humankind.spine.evidence import Figure

# Draws held in memory at once: 2M indices and 2M values of 8 bytes are 32 MB.
_BLOCK = 1 << 21


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its confidence interval."""

    value: float
    low: float
    """Lower end; minus infinity where the sample says nothing about spread (one value)."""
    high: float
    level: float
    """Coverage aimed at, between 0 and 1."""
    method: str
    n: int
    """Size of the sample."""

    def figure(self, label: str) -> Figure:
        """Return this estimate as a figure for the report; infinite ends are left out."""
        from humankind.spine.evidence import Figure

        low, high = (end if math.isfinite(end) else None for end in (self.low, self.high))
        return Figure(label=label, value=self.value, low=low, high=high, level=self.level)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two methods measured on the same subjects."""

    difference: Interval
    """Mean of a - b."""
    p_value: float
    """Two-sided: how often chance alone gives a difference at least this large."""
    n: int
    wins: int
    """Subjects on which a is greater."""
    losses: int
    ties: int


@dataclass(frozen=True, slots=True)
class McNemar:
    """Two methods that were right or wrong on the same items."""

    both: int
    only_a: int
    only_b: int
    neither: int
    p_value: float
    """Exact and two-sided; 1 where the methods never disagree."""


def bootstrap_mean(values: ArrayLike, seed: int, n_resamples: int = 2000, level: float = 0.95) -> Interval:
    """Return the mean of `values` with its BCa bootstrap interval.

    Where all values are equal the interval has no width, which understates what is not known: for 0/1
    outcomes use `wilson`.

    Args:
        values: one number for each independent subject (a user, a visit), not for each event.
        seed: seed of the resampling; the same seed gives the same interval.
        n_resamples: bootstrap samples, at least 100.
        level: coverage, between 0 and 1.

    Raises:
        DataError: no values, or one that is not finite.

    >>> bootstrap_mean([0.2, 0.4, 0.9, 0.1, 0.4], seed=0).value
    0.4
    """
    sample = _sample(values, "values")
    _check_level(level)
    _check_resamples(n_resamples)
    mean, n = float(sample.mean()), len(sample)
    if n == 1:
        return Interval(mean, -math.inf, math.inf, level, "none: one value", n)
    if sample.min() == sample.max():
        value = float(sample[0])
        return Interval(value, value, value, level, "bootstrap: all values equal", n)
    means = _resampled_means(sample, seed, n_resamples)
    low, high = _bca_ends(sample, means, level)
    return Interval(mean, low, high, level, f"BCa bootstrap, {n_resamples} resamples", n)


def paired_difference(
    a: ArrayLike, b: ArrayLike, seed: int, n_resamples: int = 2000, level: float = 0.95
) -> Comparison:
    """Return how `a` differs from `b` on the same subjects: mean difference, interval and p-value.

    The p-value comes from flipping the sign of each subject's difference at random; the observed arrangement
    counts as one of them, so p is never 0 and at least 1 / (n_resamples + 1).

    Args:
        a: one number for each subject.
        b: one number for the same subjects in the same order.
        seed: seed of the resampling.
        n_resamples: bootstrap samples and sign flips, at least 100 each.
        level: coverage of the interval.

    Raises:
        DataError: the lengths differ, nothing was given, or a value is not finite.
    """
    first, second = _sample(a, "a"), _sample(b, "b")
    _check_same_length(first, second)
    difference = first - second
    return Comparison(
        difference=bootstrap_mean(difference, seed, n_resamples, level),
        p_value=_sign_flip_p(difference, seed, n_resamples),
        n=len(difference),
        wins=int((difference > 0).sum()),
        losses=int((difference < 0).sum()),
        ties=int((difference == 0).sum()),
    )


def wilson(successes: int, n: int, level: float = 0.95) -> Interval:
    """Return the proportion `successes / n` with Wilson's score interval.

    Raises:
        DataError: n is not positive, or successes is not a count between 0 and n.

    >>> interval = wilson(81, 263)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.2553, 0.3662)
    """
    from scipy.stats import binomtest

    _check_level(level)
    if int(n) != n or int(successes) != successes or n < 1 or not 0 <= successes <= n:
        raise DataError(
            "this is not a count of successes in trials",
            found=f"{successes} of {n}",
            expected="whole numbers with 0 <= successes <= n and n >= 1",
        )
    ends = binomtest(int(successes), int(n)).proportion_ci(confidence_level=level, method="wilson")
    return Interval(successes / n, float(ends.low), float(ends.high), level, "Wilson score", int(n))


def mcnemar(a_correct: ArrayLike, b_correct: ArrayLike) -> McNemar:
    """Return McNemar's exact test of two methods judged right (1) or wrong (0) on the same items.

    Raises:
        DataError: the lengths differ, nothing was given, or a value is neither 0 nor 1.

    >>> mcnemar([1, 1, 1, 0], [1, 0, 0, 0]).p_value
    0.5
    """
    from scipy.stats import binomtest

    first, second = _binary(a_correct, "a_correct"), _binary(b_correct, "b_correct")
    _check_same_length(first, second)
    only_a, only_b = int((first & ~second).sum()), int((second & ~first).sum())
    disagreements = only_a + only_b
    p_value = float(binomtest(only_a, disagreements).pvalue) if disagreements else 1.0
    return McNemar(int((first & second).sum()), only_a, only_b, int((~first & ~second).sum()), p_value)


def across_seeds(values: ArrayLike, level: float = 0.95) -> Interval:
    """Return the mean over repeated runs with Student's t interval.

    Args:
        values: one figure for each seed; with a single seed the ends are infinite.
        level: coverage, between 0 and 1.

    Raises:
        DataError: no values, or one that is not finite.
    """
    from scipy.stats import t

    sample = _sample(values, "values")
    _check_level(level)
    mean, n = float(sample.mean()), len(sample)
    if n == 1:
        return Interval(mean, -math.inf, math.inf, level, "none: one value", n)
    half = float(t.ppf((1 + level) / 2, n - 1)) * float(sample.std(ddof=1)) / math.sqrt(n)
    return Interval(mean, mean - half, mean + half, level, "Student's t over seeds", n)


def holm(p_values: ArrayLike) -> np.ndarray:
    """Return Holm's adjusted p-values, in the order given.

    Rejecting where the adjusted value is at most alpha keeps the chance of any false rejection at alpha.

    Raises:
        DataError: nothing was given, or a value is not between 0 and 1.

    >>> [round(float(p), 3) for p in holm([0.01, 0.04, 0.03, 0.005])]
    [0.03, 0.06, 0.06, 0.02]
    """
    import numpy as np

    sample = _sample(p_values, "p_values")
    if sample.min() < 0 or sample.max() > 1:
        raise DataError("a p-value lies outside 0 to 1", found=float(sample[(sample < 0) | (sample > 1)][0]))
    order = np.argsort(sample, kind="stable")
    weights = np.arange(len(sample), 0, -1)
    adjusted = np.empty_like(sample)
    adjusted[order] = np.minimum(np.maximum.accumulate(sample[order] * weights), 1.0)
    return adjusted


def _resampled_means(sample: np.ndarray, seed: int, n_resamples: int) -> np.ndarray:
    import numpy as np

    rng, n = stream(seed, "stats.bootstrap"), len(sample)
    means = np.empty(n_resamples)
    for rows in _blocks(n_resamples, n):
        picks = rng.integers(n, size=(rows.stop - rows.start, n))
        means[rows] = sample[picks].mean(axis=1)
    return means


def _bca_ends(sample: np.ndarray, means: np.ndarray, level: float) -> tuple[float, float]:
    """Return the ends of the bias-corrected and accelerated interval (Efron 1987).

    For a mean the jackknife has a closed form, so the acceleration costs one pass and not n of them.
    """
    import numpy as np
    from scipy.special import ndtr, ndtri

    mean = sample.mean()
    below = ((means < mean).mean() + (means <= mean).mean()) / 2
    least = 0.5 / len(means)
    bias = ndtri(np.clip(below, least, 1 - least))
    centred = sample - mean
    centred /= np.abs(centred).max()  # cubes of very small or large values would leave the range of floats
    acceleration = (centred**3).sum() / (6 * (centred**2).sum() ** 1.5)
    shifted = bias + ndtri([(1 - level) / 2, (1 + level) / 2])
    ranks = ndtr(bias + shifted / np.maximum(1 - acceleration * shifted, 1e-3))
    low, high = np.quantile(means, ranks)
    return float(low), float(high)


def _sign_flip_p(difference: np.ndarray, seed: int, n_resamples: int) -> float:
    import numpy as np

    moved = difference[difference != 0]  # a tie stays a tie whatever its sign
    if not len(moved):
        return 1.0
    rng, n = stream(seed, "stats.sign_flip"), len(moved)
    total = moved.sum()
    # Sums that are equal in exact arithmetic must count as equal, whatever order they were added in.
    bar = abs(total) - 1e-12 * np.abs(moved).sum()
    extreme = 0
    for rows in _blocks(n_resamples, n):
        shape = (rows.stop - rows.start, n)
        flips = np.unpackbits(rng.integers(256, size=(shape[0], -(-n // 8)), dtype=np.uint8), axis=1, count=n)
        extreme += int((np.abs(total - 2 * (flips @ moved)) >= bar).sum())
    return (extreme + 1) / (n_resamples + 1)


def _blocks(n_rows: int, width: int) -> Iterator[slice]:
    step = max(1, _BLOCK // width)
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))


def _sample(values: ArrayLike, name: str) -> np.ndarray:
    import numpy as np

    try:
        sample = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError("a sample holds something that is not a number", where=name) from None
    if sample.ndim != 1 or not sample.size:
        raise DataError(
            "a sample must be a plain list of numbers with at least one in it",
            found=f"shape {sample.shape}",
            where=name,
        )
    wrong = np.flatnonzero(~np.isfinite(sample))
    if wrong.size:
        raise DataError(
            "a sample holds a value that is not finite",
            found=f"{sample[wrong[0]]} ({wrong.size} of {sample.size} values are not finite)",
            where=f"{name}, position {wrong[0]}",
            expected="finite numbers",
            remedy="drop the subjects that could not be measured, from both methods, and say how many",
        )
    return sample


def _binary(values: ArrayLike, name: str) -> np.ndarray:
    import numpy as np

    sample = _sample(values, name)
    if not np.isin(sample, (0, 1)).all():
        found = float(sample[~np.isin(sample, (0, 1))][0])
        raise DataError("an outcome is neither right nor wrong", found=found, where=name, expected="0 or 1")
    return sample.astype(bool)


def _check_same_length(first: np.ndarray, second: np.ndarray) -> None:
    if len(first) != len(second):
        raise DataError(
            "paired samples differ in length",
            found=f"{len(first)} and {len(second)}",
            expected="one value of each method for every subject, in the same order",
        )


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ConfigError("an interval's level is out of range", found=level, expected="between 0 and 1")


def _check_resamples(n_resamples: int) -> None:
    if n_resamples < 100:
        raise ConfigError("too few resamples for an interval", found=n_resamples, expected="100 or more")
