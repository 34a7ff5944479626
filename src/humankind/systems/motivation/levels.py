"""Which level of motive is hard: each level's accuracy, and how far it lies from the mean of the other levels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from humankind.kits.bench.questions import Reply, Trial
from humankind.spine.evidence import Figure
from humankind.spine.seeds import stream
from humankind.systems.motivation.authored import LEVELS

_RESAMPLES = 2000


def level_gaps(pairs: Sequence[tuple[Trial, Reply]], seed: int) -> tuple[Figure, ...]:
    """Return for each level its accuracy minus the mean accuracy of the other levels, lowest level first.

    The interval is a percentile bootstrap that draws scenarios within each level; a scenario belongs to one level, so
    levels are independent. Levels with fewer than two scored scenarios are left out, as they have no spread.

    Args:
        pairs: trials and their replies; those without a level or a verdict do not count.
        seed: of the bootstrap.
    """
    by_level = {level: _scenario_means(pairs, level) for level in LEVELS}
    kept = {level: means for level, means in by_level.items() if len(means) > 1}
    if len(kept) < 2:
        return ()
    drawn = {level: _resampled(means, level, seed) for level, means in kept.items()}
    gaps = []
    for level in kept:
        others = [other for other in kept if other != level]
        value = kept[level].mean() - np.mean([kept[other].mean() for other in others])
        spread = drawn[level] - np.mean([drawn[other] for other in others], axis=0)
        low, high = np.quantile(spread, [0.025, 0.975])
        gaps.append(Figure(label=level, value=float(value), low=float(low), high=float(high)))
    return tuple(gaps)


def _scenario_means(pairs: Sequence[tuple[Trial, Reply]], level: str) -> np.ndarray:
    by_scenario: dict[str, list[float]] = {}
    for trial, reply in pairs:
        if reply.right is not None and trial.question.labels.get("level") == level:
            by_scenario.setdefault(trial.question.group, []).append(reply.right)
    return np.array([np.mean(rights) for rights in by_scenario.values()])


def _resampled(means: np.ndarray, level: str, seed: int) -> np.ndarray:
    picks = stream(seed, f"motivation.levels.{level}").integers(len(means), size=(_RESAMPLES, len(means)))
    return means[picks].mean(axis=1)
