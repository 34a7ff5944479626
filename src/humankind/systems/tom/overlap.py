"""Overlap: which questions two models solve alone, together or not at all, by order of belief.

Two runs of one model differ too, by the luck of the draw. So the overlap stands beside that of two seeds of one model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from humankind.kits.bench.scoring import pooled
from humankind.spine.evidence import Chart, Series, Table
from humankind.spine.progress import Progress
from humankind.spine.runs import Run
from humankind.spine.stats import Interval, mcnemar
from humankind.systems.tom.study import Answered, Study, by_order, figure_of, keep, pair_up


@dataclass(frozen=True)
class Named:
    """Answers with a name for tables and charts."""

    name: str
    answers: Sequence[Answered]


def run_overlap(first: Named, second: Named, run: Run, progress: Progress, again: Named | None = None) -> Study:
    """Return counts of questions solved by one, both and none, by order, with McNemar's exact test.

    Args:
        first: for example the model that reasons.
        second: the one that does not.
        run: where the study is kept.
        progress: told how many questions are compared.
        again: `first` with another seed; without it there is no yardstick for the overlap.

    Raises:
        DataError: they share no question that both answered.
    """
    progress.say(f"{len(pair_up(first.answers, second.answers))} questions were answered by both")
    return keep(run, overlap_study(first, second, again, int(run.facts.get("seed", 0))))


def overlap_study(first: Named, second: Named, again: Named | None, seed: int, title: str = "") -> Study:
    """Return the study of two models' answers, beside two runs of one model where there are any.

    Args:
        first: for example the model that reasons.
        second: the one that does not.
        again: `first` with another seed.
        seed: of the interval.
        title: what they were asked, where the names do not say it.
    """
    behind = f", {title}" if title else ""
    pairs = [(first, second)] if again is None else [(first, second), (first, again)]
    tables = tuple(_table(a, b, behind) for a, b in pairs)
    more = None if again is None else disagreement(first, second, again, seed)
    remarks = [] if again is not None else ["Without a second run of the first model nothing says how much is luck."]
    label = f"questions that only one solves: {first.name} and {second.name} minus two runs of {first.name}{behind}"
    return Study(
        name="overlap", figures=figure_of(more, label), tables=tables, charts=(_chart(first, second, behind),),
        remarks=tuple(remarks),
    )  # fmt: skip


def disagreement(first: Named, second: Named, again: Named, seed: int) -> Interval | None:
    """Return how much larger the share of questions that only one solves is for two models than for two runs of one.

    Only questions that all three answered count; None where there are none.
    """
    others = {one.id: one for one in second.answers if one.right is not None}
    twins = {one.id: one for one in again.answers if one.right is not None}
    known = [one for one in first.answers if one.right is not None and one.id in others and one.id in twins]
    if not known:
        return None
    values = [float(one.right != others[one.id].right) - float(one.right != twins[one.id].right) for one in known]
    return pooled(values, [one.group for one in known], seed)


def _parts(first: Named, second: Named) -> dict[str, list[tuple[Answered, Answered]]]:
    """Return the pairs of answers by order, and all of them."""
    by_id = {b.id: (a, b) for a, b in pair_up(first.answers, second.answers)}
    orders = by_order([a for a, _ in by_id.values()])
    return {**{order: [by_id[one.id] for one in some] for order, some in orders.items()}, "all": list(by_id.values())}


def _table(first: Named, second: Named, behind: str) -> Table:
    rows = []
    for order, pairs in _parts(first, second).items():
        test = mcnemar([bool(a.right) for a, _ in pairs], [bool(b.right) for _, b in pairs])
        rows.append((order, len(pairs), test.both, test.only_a, test.only_b, test.neither, test.p_value))
    return Table(
        title=f"Solved by {first.name} (first) and {second.name} (second){behind}",
        columns=("order", "questions", "both", "only the first", "only the second", "neither", "p (McNemar)"),
        rows=tuple(rows),
    )


def _chart(first: Named, second: Named, behind: str) -> Chart:
    parts = _parts(first, second)
    shown = {order: pairs for order, pairs in parts.items() if order != "all"} or parts
    kinds = {
        "both": (True, True),
        f"only {first.name}": (True, False),
        f"only {second.name}": (False, True),
        "neither": (False, False),
    }
    series = tuple(
        Series(
            name=kind,
            x=tuple(shown),
            y=tuple(float(sum((a.right, b.right) == verdicts for a, b in pairs)) for pairs in shown.values()),
        )
        for kind, verdicts in kinds.items()
    )
    return Chart(
        title=f"Who solves what: {first.name} and {second.name}{behind}",
        kind="bars",
        x_label="order of belief",
        y_label="questions",
        series=series,
    )
