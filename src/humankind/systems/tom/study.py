"""What the studies share: answers as plain records, asked or read from a run, and intervals over stories."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from pathlib import Path

from pydantic import Field

from humankind.kits.bench import scoring
from humankind.kits.bench.questions import Reply, Trial
from humankind.spine.config import Section
from humankind.spine.errors import DataError
from humankind.spine.evidence import Chart, Figure, Series, Table
from humankind.spine.progress import Progress
from humankind.spine.runs import Run
from humankind.spine.stats import Interval
from humankind.systems.tom.config import TomConfig
from humankind.systems.tom.data import Suite
from humankind.systems.tom.evaluate import Asker, evaluate


class Answered(Section):
    """One question and what came of it."""

    id: str
    """Id of the trial."""

    group: str = ""
    """Questions of one story; empty where the question stands alone."""

    order: int | None = None
    ability: str = ""
    right: bool | None = None
    """None where unscored."""

    n_tokens: int | None = None
    """Tokens of the reply, thinking included."""

    n_thinking_tokens: int | None = None
    facts: dict[str, str | int | float | bool] = Field(default_factory=dict)


class Study(Section):
    """What a study found."""

    name: str
    figures: tuple[Figure, ...] = ()
    """The figures that a verdict would hang on come first."""
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def figure(self) -> Figure | None:
        """The figure that a verdict hangs on; None where it could not be measured."""
        return self.figures[0] if self.figures else None


# -- answers ----------------------------------------------------------------------------------------------


def answered(trials: Sequence[Trial], replies: Sequence[Reply]) -> list[Answered]:
    """Return trials and their replies, in the same order, as plain records."""
    return [
        Answered(
            id=trial.id,
            group=trial.question.group,
            order=trial.question.order,
            ability=trial.question.category,
            right=reply.right,
            n_tokens=reply.n_tokens,
            n_thinking_tokens=reply.n_thinking_tokens,
            facts=reply.facts,
        )
        for trial, reply in zip(trials, replies, strict=True)
    ]


def ask_all(
    config: TomConfig, suite: Suite, folder: Path, progress: Progress, asker: Asker | None = None
) -> list[Answered]:
    """Return the answers of a model under the policy of a config; what the folder holds is not asked again."""
    trials, replies = evaluate(config, suite, folder, progress, asker)
    return answered(trials, replies)


def read_run(path: Path) -> list[Answered]:
    """Return the answers that `humankind tom evaluate` kept in a run folder.

    Raises:
        RunError: it is no run folder.
        DataError: it holds no answers.
    """
    samples = Run.read(path).samples()
    if not samples or "right" not in samples[0]:
        raise DataError(
            "the run holds no answers",
            where=path,
            expected="a folder that `humankind tom evaluate` filled",
            remedy="go on with it by --resume, or name another",
        )
    kept = Answered.model_fields.keys()
    return [Answered.model_validate({key: sample[key] for key in kept if key in sample}) for sample in samples]


def pair_up(first: Sequence[Answered], second: Sequence[Answered]) -> list[tuple[Answered, Answered]]:
    """Return the answers to the trials that both were asked and that both have a verdict for.

    Raises:
        DataError: they share none.
    """
    by_id = {one.id: one for one in second if one.right is not None}
    pairs = [(one, by_id[one.id]) for one in first if one.right is not None and one.id in by_id]
    if not pairs:
        raise DataError(
            "the two have no question in common that both answered",
            found=f"{len(first)} and {len(second)} answers",
            expected="runs on the same suite with the same seed and limit",
        )
    return pairs


def keep(run: Run, study: Study) -> Study:
    """Return the study, its figures logged in the run folder and all of it kept as artifacts/<name>.json."""
    name = f"study-{study.name}"
    known = (run.artifacts / f"{name}.json").exists()
    found = Study.model_validate(run.once(name, lambda: study.model_dump(mode="json")))
    if not known:
        for figure in found.figures:
            run.log(event="study", study=found.name, **figure.model_dump(mode="json"))
    return found


# -- figures ----------------------------------------------------------------------------------------------


def accuracy(answers: Iterable[Answered], seed: int) -> Interval | None:
    """Return the share of right answers among scored ones; None where none was scored."""
    known = list(answers)
    return scoring.accuracy([one.right for one in known], [one.group for one in known], seed)


def difference(first: Sequence[Answered], second: Sequence[Answered], seed: int) -> Interval:
    """Return the accuracy of the first minus that of the second over the questions that both answered."""
    pairs = pair_up(first, second)
    values = [float(bool(a.right)) - float(bool(b.right)) for a, b in pairs]
    return scoring.pooled(values, [a.group for a, _ in pairs], seed)


def gain(first: Sequence[Answered], second: Sequence[Answered], seed: int) -> Interval | None:
    """Return the accuracy of the first minus that of the second, None where no question has two verdicts."""
    known = {one.id for one in second if one.right is not None}
    shared = any(one.right is not None and one.id in known for one in first)
    return difference(first, second, seed) if shared else None


def figure_of(interval: Interval | None, label: str) -> tuple[Figure, ...]:
    """Return an interval as a tuple of one figure, empty where there is none."""
    return () if interval is None else (interval.figure(label),)


def row_of(answers: Sequence[Answered], seed: int) -> tuple[float | int | None, ...]:
    """Return asked, scored, accuracy and the ends of its interval, as cells of a table."""
    found = accuracy(answers, seed)
    scored = sum(one.right is not None for one in answers)
    if found is None:
        return len(answers), scored, None, None, None
    return len(answers), scored, found.value, _end(found.low), _end(found.high)


ROW = ("asked", "scored", "accuracy", "low", "high")
"""Columns of `row_of`."""


def _end(value: float) -> float | None:
    return value if isfinite(value) else None


def study_table(title: str, answers: Mapping[str, Sequence[Answered]], seed: int) -> Table:
    """Return accuracy and length under each policy, overall and by order."""
    rows = [
        (name, order, *row_of(part, seed), mean_tokens(part))
        for name, some in answers.items()
        for order, part in {"all": list(some), **by_order(some)}.items()
    ]
    return Table(title=title, columns=("asked as", "order", *ROW, "mean tokens"), rows=tuple(rows))


def series_of(name: str, points: Sequence[tuple[str | float, Interval | None]]) -> Series:
    """Return points with their intervals as one series of a chart; points that could not be measured are left out."""
    known = [(x, found) for x, found in points if found is not None]
    return Series(
        name=name,
        x=tuple(x for x, _ in known),
        y=tuple(found.value for _, found in known),
        low=tuple(found.low if isfinite(found.low) else found.value for _, found in known),
        high=tuple(found.high if isfinite(found.high) else found.value for _, found in known),
    )


def mean_tokens(answers: Iterable[Answered]) -> float | None:
    """Return the mean length of replies in tokens; None where no length is known."""
    known = [one.n_tokens for one in answers if one.n_tokens is not None]
    return sum(known) / len(known) if known else None


def by_order(answers: Iterable[Answered]) -> dict[str, list[Answered]]:
    """Return the answers by order of belief, lowest first; those without an order are left out."""
    found: dict[int, list[Answered]] = defaultdict(list)
    for one in answers:
        if one.order is not None:
            found[one.order].append(one)
    return {str(order): found[order] for order in sorted(found)}
