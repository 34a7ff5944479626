"""Defences side by side on the same scenarios: figures of each, and differences with whole scenarios drawn together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from humankind.spine.errors import DataError
from humankind.spine.stats import Interval
from humankind.systems.privacy.metrics import FIGURES, Outcome, Silent, figure_of, intervals, resampled_sums, score

if TYPE_CHECKING:
    import numpy as np


def compared(outcomes: Mapping[str, Sequence[Outcome]], seed: int, first: str) -> dict[str, Any]:
    """Return the figures of each defence and by how much those of one are above the others', ready for JSON.

    Args:
        outcomes: judged runs by defence; all defences played the same scenarios.
        seed: of the resampling.
        first: the defence that is compared with each of the others.
    """
    ways = {name: figures_of(runs, seed) for name, runs in outcomes.items()}
    above = {
        other: {
            figure: as_ends(found)
            for figure in FIGURES
            if (found := difference(outcomes[first], runs, figure, seed)) is not None
        }
        for other, runs in outcomes.items()
        if other != first
    }
    return {"first": first, "ways": ways, "above": above}


def figures_of(runs: Sequence[Outcome], seed: int, silent: str = "count") -> dict[str, Any]:
    """Return the figures of runs with intervals by scenario, and how many were silent or could not be judged."""
    kept: Silent = "drop" if silent == "drop" else "count"
    found = score(runs, kept)
    told: dict[str, Any] = {name: as_ends(at) for name, at in intervals(runs, seed, silent=kept).items()}
    return {**told, "n_runs": found.n_runs, "n_silent": found.n_silent, "n_unscored": found.n_unscored}


def difference(
    first: Sequence[Outcome], second: Sequence[Outcome], figure: str, seed: int, n_resamples: int = 2000
) -> Interval | None:
    """Return by how much a figure of one defence is above another's, scenarios drawn together; None where unmeasured.

    Only scenarios that both have judged runs of are counted.

    Args:
        first: judged runs.
        second: judged runs of the same scenarios.
        figure: one of `metrics.FIGURES`.
        seed: of the resampling.
        n_resamples: draws.

    Raises:
        DataError: they have no scenario in common.
    """
    import numpy as np

    mine, theirs = sums_by_scenario(first), sums_by_scenario(second)
    common = sorted(mine.keys() & theirs.keys())
    if not common:
        raise DataError("two defences played no scenario in common", found=f"{len(mine)} and {len(theirs)}")
    table = np.hstack([np.array([side[name] for name in common]) for side in (mine, theirs)])
    value = float(_gap(table.sum(axis=0), figure))
    if not math.isfinite(value):
        return None
    if len(common) == 1:
        return Interval(value, -math.inf, math.inf, 0.95, "none: one scenario", 1)
    spread = _gap(resampled_sums(table, seed, n_resamples), figure)
    low, high = np.nanquantile(spread, [0.025, 0.975])
    return Interval(value, float(low), float(high), 0.95, "paired bootstrap over scenarios", len(common))


def difference_of_drops(
    first: tuple[Sequence[Outcome], Sequence[Outcome]],
    second: tuple[Sequence[Outcome], Sequence[Outcome]],
    figure: str,
    seed: int,
    n_resamples: int = 2000,
) -> Interval | None:
    """Return by how much a figure of one defence drops more than another's, scenarios drawn together.

    Args:
        first: judged runs before and after an attack.
        second: of the other defence.
        figure: one of `metrics.FIGURES`.
        seed: of the resampling.
        n_resamples: draws.
    """
    import numpy as np

    sides = [sums_by_scenario(runs) for runs in (*first, *second)]
    common = sorted(set.intersection(*(set(side) for side in sides)))
    if not common:
        raise DataError("two defences played no scenario in common", found=[len(side) for side in sides])
    table = np.hstack([np.array([side[name] for name in common]) for side in sides])

    def gap(sums: np.ndarray) -> np.ndarray:
        return _gap(sums[..., :12], figure) - _gap(sums[..., 12:], figure)

    value = float(gap(table.sum(axis=0)))
    if not math.isfinite(value):
        return None
    if len(common) == 1:
        return Interval(value, -math.inf, math.inf, 0.95, "none: one scenario", 1)
    low, high = np.nanquantile(gap(resampled_sums(table, seed, n_resamples)), [0.025, 0.975])
    return Interval(value, float(low), float(high), 0.95, "paired bootstrap over scenarios", len(common))


def sums_by_scenario(runs: Sequence[Outcome]) -> dict[str, list[float]]:
    """Return for each scenario the sums that `metrics.figure_of` reads; unjudged runs are left out."""
    sums: dict[str, list[float]] = {}
    for run in runs:
        if run.unscored:
            continue
        row = sums.setdefault(run.configuration, [0.0] * 6)
        whole, scores = run.whole, run.leak_scores
        counts = (len(whole.shareable), len(whole.sensitive), run.n_shareable, run.n_sensitive)
        for place, value in enumerate((*counts, math.fsum(scores), len(scores))):
            row[place] += value
    return sums


def as_ends(at: Interval) -> dict[str, float | None]:
    """Return an interval for JSON; ends that are infinite become None."""
    low, high = (end if math.isfinite(end) else None for end in (at.low, at.high))
    return {"value": at.value, "low": low, "high": high}


def _gap(sums: np.ndarray, figure: str) -> np.ndarray:
    return figure_of(sums[..., :6], figure) - figure_of(sums[..., 6:], figure)
