"""Ways of naming side by side: means with intervals by request, paired differences with tests, as plain records."""

from __future__ import annotations

from collections.abc import Sequence

from humankind.spine.config import Section
from humankind.spine.evidence import Figure
from humankind.spine.stats import bootstrap_mean, holm, paired_difference
from humankind.systems.naming.bench import MEASURES, Row, by_strategy, counts, diversities, paired, values

FULL = "full"
"""Name of the whole method."""


class Summary(Section):
    """One way of naming over all its requests."""

    strategy: str
    requests: int
    scored: int
    """Requests with a name, or that could have had one."""
    figures: tuple[Figure, ...]
    """Mean of each measure, 0 to 100, with its interval by request."""
    counts: dict[str, float]
    """Shares of 0 to 1: answered, verse, facts_right, distinct_given, distinct_4, serious, failed."""
    diversity: float | None
    """Share of requests on which no other way gave the same name; None where it was not held against any."""
    rounds: float
    """Drafts a request, on average."""
    seconds: float
    """A request, on average."""

    def figure(self, measure: str) -> Figure | None:
        """Return the mean of a measure; None where no row has it."""
        return next((one for one in self.figures if one.label == measure), None)


class Gap(Section):
    """How the whole method differs from another way on one measure, on the same requests."""

    other: str
    measure: str
    difference: Figure
    """Mean of the method's value minus the other's."""
    p_value: float
    """Two-sided, by flipping signs; Holm-adjusted within one call of `gaps`."""
    wins: int
    losses: int
    ties: int

    @property
    def positive(self) -> bool:
        """Whether the whole interval lies above zero."""
        return self.difference.low is not None and self.difference.low > 0


def summaries(rows: Sequence[Row], seed: int = 0, among: Sequence[str] | None = None) -> list[Summary]:
    """Return one summary for each way of naming, in the order in which they ran.

    Args:
        rows: of all ways.
        seed: of the intervals.
        among: the ways whose names are held against each other for the diversity; None for all. Ablations are left
            out there, as they share most names with the method.
    """
    ways = by_strategy(rows)
    held = [row for row in rows if among is None or row.strategy in among]
    alike = len({len(own) for own in by_strategy(held).values()}) == 1
    different = diversities(held) if alike and len(by_strategy(held)) > 1 else {}
    return [_summary(name, own, different.get(name), seed) for name, own in ways.items()]


def _summary(name: str, rows: Sequence[Row], different: float | None, seed: int) -> Summary:
    figures = []
    for measure in MEASURES:
        found = list(values(rows, measure).values())
        if found:
            figures.append(bootstrap_mean(found, seed).figure(measure))
    return Summary(
        strategy=name,
        requests=len(rows),
        scored=sum(bool(row.figures) for row in rows),
        figures=tuple(figures),
        counts={key: round(value, 6) for key, value in counts(rows).items()},
        diversity=different,
        rounds=round(sum(row.rounds for row in rows) / len(rows), 4),
        seconds=round(sum(row.seconds for row in rows) / len(rows), 4),
    )


def gaps(
    rows: Sequence[Row], others: Sequence[str], measures: Sequence[str] = ("emoc",), full: str = FULL, seed: int = 0
) -> list[Gap]:
    """Return how one way of naming differs from others, p-values adjusted over all that is returned.

    Args:
        rows: of all ways.
        others: ways to compare with; those without rows are left out.
        measures: of `MEASURES`.
        full: the way that is compared.
        seed: of intervals and tests.
    """
    ways = by_strategy(rows)
    found = []
    for other in others:
        for measure in measures:
            a, b = paired(ways.get(full, ()), ways.get(other, ()), measure)
            if a:
                found.append((other, measure, paired_difference(a, b, seed)))
    if not found:
        return []
    adjusted = holm([one.p_value for _, _, one in found])
    return [
        Gap(
            other=other,
            measure=measure,
            difference=one.difference.figure(f"{full} minus {other}, {measure}"),
            p_value=float(p),
            wins=one.wins,
            losses=one.losses,
            ties=one.ties,
        )
        for (other, measure, one), p in zip(found, adjusted, strict=True)
    ]


def best_of(rows: Sequence[Row], names: Sequence[str], measure: str) -> str | None:
    """Return the way among some with the highest mean of a measure; None where none has it."""
    ways = by_strategy(rows)
    means = {}
    for name in names:
        found = values(ways.get(name, ()), measure)
        if found:
            means[name] = sum(found.values()) / len(found)
    return max(means, key=lambda name: means[name], default=None)
