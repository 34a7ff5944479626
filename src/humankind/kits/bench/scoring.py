"""From verdicts to figures: accuracy with intervals over groups, all right together, spread over orders, paired tests.

Questions of one group (a story, a scenario) hang together, so groups are resampled and not questions. A verdict is
True, False or None; None is *unscored*, left out of every share and counted apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import stdev

from humankind.kits.bench.questions import Reply
from humankind.spine.stats import Comparison, Interval, McNemar, bootstrap_mean, mcnemar, paired_difference, wilson

Verdict = bool | None


# -- shares -----------------------------------------------------------------------------------------------


def accuracy(verdicts: Sequence[Verdict], groups: Sequence[str], seed: int) -> Interval | None:
    """Return the share of right answers among scored ones, every question weighing the same; None without any.

    Args:
        verdicts: one an answer.
        groups: the group of each; an empty name stands for a group of its own.
        seed: of the resampling.

    >>> found = accuracy([True, False, None, True], ["a", "a", "b", "b"], seed=0)
    >>> round(found.value, 3), accuracy([None], ["a"], seed=0)
    (0.667, None)
    """
    scored = [(verdict, group) for verdict, group in zip(verdicts, groups, strict=True) if verdict is not None]
    right = sum(verdict for verdict, _ in scored)
    if not scored:
        return None
    if right in (0, len(scored)):
        return wilson(right, len(scored))
    found = pooled([float(verdict) for verdict, _ in scored], [group for _, group in scored], seed)
    return Interval(found.value, max(0.0, found.low), min(1.0, found.high), found.level, found.method, found.n)


def pooled(values: Sequence[float], groups: Sequence[str], seed: int) -> Interval:
    """Return the mean of values with its interval over groups.

    The mean is a ratio of two sums over groups; to first order it is a mean over groups of
    m + (sum - m size) / mean size, which is resampled. Where all groups are alike nothing can be resampled: then the
    ends say what could be missed in so few (Wilson).

    Args:
        values: one a question, between -1 and 1.
        groups: the group of each; an empty name stands for a group of its own.
        seed: of the resampling.
    """
    parts: dict[str, list[float]] = defaultdict(list)
    for number, (value, group) in enumerate(zip(values, groups, strict=True)):
        parts[group or f"#{number}"].append(value)
    mean, size = sum(values) / len(values), len(values) / len(parts)
    found = bootstrap_mean([mean + (sum(some) - mean * len(some)) / size for some in parts.values()], seed)
    if found.low < found.high:
        return Interval(mean, found.low, found.high, found.level, f"{found.method}, over stories", found.n)
    missed = wilson(0, found.n).high
    return Interval(mean, max(-1.0, mean - missed), min(1.0, mean + missed), 0.95, "all stories alike: Wilson", found.n)


def mean_over_groups(verdicts: Sequence[Verdict], groups: Sequence[str], seed: int) -> Interval | None:
    """Return the mean over groups of the share that is right in each, every group weighing the same.

    It differs from `accuracy` where groups have unlike numbers of scored answers. None where nothing is scored.

    >>> mean_over_groups([True, False, None, True], ["a", "a", "b", "b"], seed=0).value
    0.75
    """
    means = list(group_means(verdicts, groups).values())
    return mean_of(means, seed) if means else None


def group_means(verdicts: Sequence[Verdict], groups: Sequence[str]) -> dict[str, float]:
    """Return the share of scored answers that are right in each group; groups without any are left out."""
    parts: dict[str, list[bool]] = {}
    for number, (verdict, group) in enumerate(zip(verdicts, groups, strict=True)):
        if verdict is not None:
            parts.setdefault(group or f"#{number}", []).append(verdict)
    return {group: sum(some) / len(some) for group, some in parts.items()}


def mean_of(means: Sequence[float], seed: int) -> Interval:
    """Return the mean of the groups' means with its interval: bootstrap, or Wilson's where all are 0 or all are 1.

    A bootstrap over values that are all 0 or all 1 has no width, as if a few groups proved that none would differ.

    >>> mean_of([0.0] * 10, seed=0).high > 0.2
    True
    """
    if set(means) in ({0.0}, {1.0}):
        return wilson(round(sum(means)), len(means))
    return bootstrap_mean(means, seed)


# -- together, over orders, apart -------------------------------------------------------------------------


def all_right(verdicts: Iterable[Verdict]) -> Verdict:
    """Return whether all questions that belong together were answered rightly.

    One wrong answer settles it; without one, an unscored answer leaves it open.

    >>> all_right([True, True]), all_right([None, False]), all_right([None, True])
    (True, False, None)
    """
    known = list(verdicts)
    if False in known:
        return False
    return None if None in known else True


def by_order(verdicts: Sequence[Verdict], orders: Sequence[int]) -> dict[int, tuple[int, float]]:
    """Return for each option order, lowest first, how many answers are scored and the share of them that is right."""
    parts: dict[int, list[bool]] = {}
    for verdict, order in zip(verdicts, orders, strict=True):
        if verdict is not None:
            parts.setdefault(order, []).append(verdict)
    return {order: (len(some), sum(some) / len(some)) for order, some in sorted(parts.items())}


def spread(accuracies: Sequence[float]) -> float | None:
    """Return the standard deviation of the accuracy over option orders; None where there are fewer than two."""
    return stdev(accuracies) if len(accuracies) > 1 else None


def unscored(replies: Iterable[Reply]) -> dict[str, int]:
    """Return how many replies have no verdict, by reason, most frequent first.

    Prompts that do not fit count as one reason whatever their lengths; it then tells those of the first.
    """
    without = [reply for reply in replies if reply.unscored]
    told: dict[str, str] = {}
    for reply in without:
        told.setdefault(reply.unscored, reply.reason)
    counts = Counter(reply.unscored for reply in without)
    different = {name: len({one.reason for one in without if one.unscored == name}) > 1 for name in counts}
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return {told[name] + (" (the first)" if different[name] else ""): count for name, count in ordered}


# -- two runs ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PairedTests:
    """Two runs on the same trials."""

    n: int
    """Trials that both have a verdict for."""
    by_trial: McNemar
    """Exact test over trials, which takes several trials of one question for as many facts."""
    by_group: Comparison
    """Difference of the groups' means, first minus second, with sign flips over groups."""


def paired_tests(
    first: Mapping[str, Verdict], second: Mapping[str, Verdict], groups: Mapping[str, str], seed: int
) -> PairedTests | None:
    """Return how two runs differ on the trials that both scored; None where there are none.

    Args:
        first: verdict by trial.
        second: verdict by trial.
        groups: group by trial.
        seed: of bootstrap and sign flips.
    """
    both = [(trial, a, second[trial]) for trial, a in first.items() if a is not None and second.get(trial) is not None]
    if not both:
        return None
    a, b = [bool(one) for _, one, _ in both], [bool(other) for _, _, other in both]
    names = [groups[trial] for trial, _, _ in both]
    first_means, second_means = group_means(a, names), group_means(b, names)
    difference = paired_difference(list(first_means.values()), list(second_means.values()), seed)
    return PairedTests(len(both), mcnemar(a, b), difference)
