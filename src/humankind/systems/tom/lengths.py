"""Length against accuracy: do answers get worse as they grow longer?

Harder questions draw longer replies, so a slope over everything says little. The one that counts compares replies
within one order of belief (or one ability, where a suite has no orders).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import log2

from humankind.spine.errors import ConfigError
from humankind.spine.evidence import Chart, Table
from humankind.spine.progress import Progress
from humankind.spine.runs import Run
from humankind.spine.stats import Interval
from humankind.systems.tom.study import ROW, Answered, Study, accuracy, figure_of, keep, row_of, series_of

N_BINS = 5
_N_RESAMPLES = 2000
_FEWEST = 8
"""Fewest answers that a slope is fitted to."""


def run_lengths(answers: Sequence[Answered], title: str, run: Run, progress: Progress, n_bins: int = N_BINS) -> Study:
    """Return how accuracy goes with the length of replies: bins, and slopes with intervals.

    Args:
        answers: of one model on one suite; unscored ones and those of unknown length are left out and counted.
        title: model, suite and policy, for table and chart.
        run: where the study is kept.
        progress: told what was left out.
        n_bins: bins of equal counts, at least 2.
    """
    if n_bins < 2:
        raise ConfigError("a curve needs at least two bins", found=n_bins, where="--bins", expected="2 or more")
    study = lengths_study(answers, title, int(run.facts.get("seed", 0)), n_bins)
    for remark in study.remarks:
        progress.say(remark)
    return keep(run, study)


def lengths_study(answers: Sequence[Answered], title: str, seed: int, n_bins: int = N_BINS) -> Study:
    """Return the study of one model's answers on one suite by length, without keeping it.

    Args:
        answers: as in `run_lengths`.
        title: model, suite and policy.
        seed: of the intervals.
        n_bins: bins of equal counts.
    """
    usable = [one for one in answers if one.right is not None and one.n_tokens]
    left_out = len(answers) - len(usable)
    remarks = [f"{left_out} of {len(answers)} replies are unscored or of unknown length and left out."] * bool(left_out)
    if len(usable) < _FEWEST or len({one.n_tokens for one in usable}) < 2:
        remarks.append(f"{len(usable)} usable replies of {title} are too few, or of one length, for a curve.")
        return Study(name="lengths", remarks=tuple(remarks))
    bins, within = _bins(usable, n_bins), slope(usable, seed, strata=True)
    over_all = slope(usable, seed) if within is not None else None  # alone it would be taken for the one that counts
    return Study(
        name="lengths",
        figures=(
            *figure_of(within, f"accuracy a doubling of length, within orders, {title}"),
            *figure_of(over_all, f"accuracy a doubling of length, over all, {title}"),
        ),
        tables=(_table(bins, title, seed), _verdict_table(usable, title), _slopes(usable, title, seed)),
        charts=(_chart(bins, title, seed),),
        remarks=tuple(remarks),
    )


def slope(answers: Sequence[Answered], seed: int, strata: bool = False) -> Interval | None:
    """Return the change of accuracy for each doubling of length, with its interval over stories.

    It is the least-squares slope of right (0 or 1) on the base-2 logarithm of the number of tokens.

    Args:
        answers: with a verdict and a length.
        seed: of the resampling.
        strata: measure both against the mean of the same order (or ability), so that only replies to questions of one
            kind are compared.

    Returns:
        None where there are too few answers, all lengths or all verdicts are alike, or there is one story alone.
    """
    import numpy as np

    from humankind.spine.seeds import stream

    x = np.array([log2(one.n_tokens or 1) for one in answers])
    y = np.array([float(bool(one.right)) for one in answers])
    names = [_stratum(one) if strata else "" for one in answers]
    x, y = _centred(x, names), _centred(y, names)
    stories = _sums(answers, x * y, x * x)
    if len(answers) < _FEWEST or len(stories) < 2 or min(x @ x, y @ y) < 1e-12:
        return None
    value = float(x @ y / (x @ x))
    rng = stream(seed, "tom.lengths")
    # Means are kept fixed while stories are resampled: they vary much less than the slope.
    picks = rng.integers(len(stories), size=(_N_RESAMPLES, len(stories)))
    sums = stories[picks].sum(axis=1)
    slopes = sums[:, 0] / np.where(sums[:, 1] > 0, sums[:, 1], np.nan)
    low, high = np.nanquantile(slopes, [0.025, 0.975])
    method = f"bootstrap over stories, {_N_RESAMPLES} resamples"
    return Interval(value, float(low), float(high), 0.95, method, len(answers))


def _stratum(one: Answered) -> str:
    return one.ability if one.order is None else str(one.order)


def _centred(values, names: Sequence[str]):
    """Return values minus the mean of those with the same name."""
    import numpy as np

    of_name: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        of_name[name].append(place)
    centred = np.array(values, dtype=float)
    for places in of_name.values():
        centred[places] -= centred[places].mean()
    return centred


def _sums(answers: Sequence[Answered], *columns):
    """Return the sums of columns over the answers of each story."""
    import numpy as np

    rows: dict[str, list[float]] = {}
    for number, one in enumerate(answers):
        row = rows.setdefault(one.group or f"#{number}", [0.0] * len(columns))
        for place, column in enumerate(columns):
            row[place] += float(column[number])
    return np.array(list(rows.values()))


def _bins(answers: Sequence[Answered], n_bins: int) -> list[list[Answered]]:
    """Return the answers in bins by length, shortest first, about equally many in each; equal lengths stay together."""
    ordered = sorted(answers, key=lambda one: one.n_tokens or 0)
    bins: list[list[Answered]] = [[]]
    for place, one in enumerate(ordered):
        full = place * n_bins // len(ordered) >= len(bins)
        if bins[-1] and full and one.n_tokens != bins[-1][-1].n_tokens:
            bins.append([])
        bins[-1].append(one)
    return bins


def _range(some: Sequence[Answered]) -> str:
    low, high = some[0].n_tokens, some[-1].n_tokens
    return str(low) if low == high else f"{low}-{high}"


def _table(bins: list[list[Answered]], title: str, seed: int) -> Table:
    rows = tuple((_range(some), *row_of(some, seed)) for some in bins)
    return Table(title=f"Accuracy by length of the reply: {title}", columns=("tokens", *ROW), rows=rows)


def _verdict_table(answers: Sequence[Answered], title: str) -> Table:
    """Return mean and quantiles of length for right and for wrong answers."""
    import numpy as np

    rows = []
    for name, verdict in (("right", True), ("wrong", False)):
        known = [one.n_tokens for one in answers if one.right is verdict and one.n_tokens]
        quantiles = [float(value) for value in np.quantile(known, [0.25, 0.5, 0.75, 0.9])] if known else [None] * 4
        rows.append((name, len(known), float(np.mean(known)) if known else None, *quantiles))
    return Table(
        title=f"Length of right and wrong replies in tokens: {title}",
        columns=("answers", "n", "mean", "25 %", "median", "75 %", "90 %"),
        rows=tuple(rows),
    )


def _slopes(answers: Sequence[Answered], title: str, seed: int) -> Table:
    parts: dict[str, list[Answered]] = defaultdict(list)
    for one in answers:
        parts[_stratum(one)].append(one)
    rows: list[tuple[str | float | int | None, ...]] = []
    for name, some, strata in (
        ("all", list(answers), False),
        ("within orders", list(answers), True),
        *((name or "no label", part, False) for name, part in sorted(parts.items())),
    ):
        found = slope(some, seed, strata)
        ends = (None, None, None) if found is None else (found.value, found.low, found.high)
        rows.append((name, len(some), *ends))
    return Table(
        title=f"Change of accuracy a doubling of length: {title}",
        columns=("order or ability", "n", "slope", "low", "high"),
        rows=tuple(rows),
        note="least squares of right on log2 tokens; intervals over stories; below zero means longer is worse",
    )


def _chart(bins: list[list[Answered]], title: str, seed: int) -> Chart:
    points = [(_range(some), accuracy(some, seed)) for some in bins]
    return Chart(
        title=f"Accuracy by length of the reply: {title}",
        kind="lines",
        x_label="tokens of the reply, bins of about equal counts",
        y_label="accuracy",
        series=(series_of("accuracy", points),),
        note="The band spans 95 % over stories.",
    )
