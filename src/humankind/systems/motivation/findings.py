"""From evaluations to verdicts: one finding for each claim on the card, with tables and charts.

A claim about language models is judged only where the model is able: the lower end of its accuracy lies above chance
and above every shortcut. The errors of a model that guesses say nothing of how models reason.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Literal

from humankind.kits.bench.models import EMBEDDED, reproduction
from humankind.kits.bench.questions import Question
from humankind.kits.bench.shortcuts import battery
from humankind.spine.evidence import NEEDS, NOT_SUPPORTED, SUPPORTED, Chart, Figure, Finding, Series, Table
from humankind.systems.motivation.authored import TYPES
from humankind.systems.motivation.data import OFFICIAL, OWN, QuestionSet
from humankind.systems.motivation.evaluate import ALL_THREE, OVERALL
from humankind.systems.motivation.experiments import Asked
from humankind.systems.motivation.mistakes import Mistake
from humankind.systems.motivation.official import SIZES

HUMAN_LIKE = 0.95
"""Accuracy whose reach by an interval would speak against `models-fall-short`; ours, as no table could be read."""

CHANCE = 1 / 6
HARD = "love_and_belonging"
_STRONGER = "hf/Qwen/Qwen2.5-7B-Instruct"
_LARGER = "hf/Qwen/Qwen2.5-72B-Instruct"

Verdict = Literal["supported", "not supported at this scale", "needs"]


def evaluation_command(model: str, out: str = "", suite: str = OWN) -> str:
    """Return the command that asks a model a set under the paper's protocol."""
    words = ["humankind", "motivation", "evaluate", "--suite", suite, "--protocol", "paper", "--model", model]
    return shlex.join([*words, *(["--out", out] if out else [])])


def _with(model: str) -> str:
    """Return the command that judges the claims with another model."""
    return reproduction("motivation", model, "paper")


def shortcut_figures(questions: Sequence[Question]) -> tuple[Figure, ...]:
    """Return how often each way to answer without understanding is right, chance first."""
    found = battery(questions)
    return (
        Figure(label="chance", value=CHANCE),
        *(Figure(label=f"shortcut: {name}", value=value) for name, value in found.items()),
    )


def able(asked: Asked, bars: Sequence[Figure]) -> bool:
    """Say whether a model's accuracy lies above chance and every shortcut, interval included."""
    figure = asked.found.figure(OVERALL)
    return figure is not None and figure.low is not None and figure.low > max(bar.value for bar in bars)


def composition(release: QuestionSet | None, ours: QuestionSet) -> Finding:
    """Return the verdict on the number of scenarios and tasks: counted in the official files where they are present."""
    counted = _counts(release) if release is not None else ()
    beside = _counts(ours)
    if release is None:
        return Finding(
            claim="composition",
            verdict=NEEDS,
            baselines=beside,
            scale=f"official files: not on this machine; {ours.title}: {len(ours.questions)} questions",
            note="data: the official files carry no licence and do not come with the package; its own set is counted "
            "beside.",
            command=f"humankind data get {OFFICIAL} --from PATH",
        )  # fmt: skip
    sizes = {source: len({q.group for q in release.questions if q.labels["source"] == source}) for source in SIZES}
    holds = sizes == SIZES and len(release.questions) == 3 * sum(SIZES.values())
    return Finding(
        claim="composition",
        verdict=SUPPORTED if holds else NOT_SUPPORTED,
        figures=counted,
        baselines=beside,
        scale=", ".join(f"{source} {n} scenarios" for source, n in sizes.items()),
        note="Counted by the loader, which refuses a question without six different options and one answer. The "
        "release labels no levels of motive.",
        command="humankind reproduce motivation",
    )  # fmt: skip


def _counts(found: QuestionSet) -> tuple[Figure, ...]:
    return (
        Figure(label=f"scenarios, {found.title}", value=len(found.scenarios)),
        Figure(label=f"questions, {found.title}", value=len(found.questions)),
    )


def models_fall_short(asked: Asked, bars: Sequence[Figure]) -> Finding:
    """Return the verdict on `even the strongest models fall short`, for which the embedded model cannot speak.

    A model that somebody named for this experiment is taken for a strong one where it beats chance and every shortcut.
    """
    figures = [figure for label in (OVERALL, ALL_THREE) if (figure := asked.found.figure(label)) is not None]
    short = bool(figures) and figures[0].high is not None and figures[0].high < HUMAN_LIKE
    said = f"{asked.config.model} {'falls short of' if short else 'reaches'} the bar of {HUMAN_LIKE}"
    verdict: Verdict = SUPPORTED if short else NOT_SUPPORTED
    note, command = (
        f"The claim is about the strongest language models: take it as far as this is one. {said}.",
        asked.command,
    )
    if asked.config.model == EMBEDDED or not able(asked, bars):
        verdict, command = NEEDS, _with(_LARGER)
        weak = (
            "has 135 million parameters" if asked.config.model == EMBEDDED else "is not clearly better than shortcuts"
        )
        note = (
            f"model: the claim is about the strongest language models; {said}, but {weak}. The command asks a "
            "stronger one."
        )
    return Finding(
        claim="models-fall-short",
        verdict=verdict,
        figures=tuple(_named(figure, asked) for figure in figures),
        baselines=_beside(bars),
        scale=_scale(asked),
        note=note,
        command=command,
    )


def hardest_level(asked: Asked, bars: Sequence[Figure]) -> Finding:
    """Return the verdict on `love and belonging is the hardest level`."""
    gap = next((gap for gap in asked.found.level_gaps if gap.label == HARD), None)
    holds = gap is not None and gap.high is not None and gap.high < 0
    figures = [gap.model_copy(update={"label": "love and belonging minus the mean of the other levels"})] if gap else []
    figures += [_named(figure, asked) for figure in asked.found.levels]
    return _judged("love-and-belonging-hardest", asked, bars, figures, holds)


def favoured(claim: str, kind: str, asked: Asked, bars: Sequence[Figure]) -> Finding:
    """Return the verdict on `errors favour a kind of distractor`."""
    row = next((row for row in asked.found.mistakes if row.kind == kind), None)
    ratio = row.ratio if row is not None else None
    holds = ratio is not None and ratio.low is not None and ratio.low > 1
    figures = [ratio] if ratio is not None else []
    if row is not None:
        words = kind.replace("_", " ")
        figures += [
            Figure(label=f"share of errors that are {words}", value=row.share),
            Figure(label=f"even share of {words}", value=row.expected),
        ]
    return _judged(claim, asked, bars, figures, holds)


def _judged(claim: str, asked: Asked, bars: Sequence[Figure], figures: Sequence[Figure], holds: bool) -> Finding:
    verdict: Verdict = SUPPORTED if holds else NOT_SUPPORTED
    note = "Labels are of this package's own set; the release has none."
    command = asked.command
    if not able(asked, bars):
        verdict, command = NEEDS, _with(_STRONGER)
        note = (
            f"model: {asked.config.model} is not clearly better than chance or the best shortcut, so its answers say "
            f"nothing of how models reason about motives; the command prints this figure for one that may. {note}"
        )
    return Finding(
        claim=claim,
        verdict=verdict,
        figures=tuple(figures),
        baselines=_beside(bars),
        scale=_scale(asked),
        note=note,
        command=command,
    )


def scale_and_version(asked: Asked) -> Finding:
    """Return the verdict on `sizes and versions can be told apart`, for which one model is too few."""
    overall = asked.found.figure(OVERALL)
    runs = ("runs/7b", "runs/72b")
    commands = [evaluation_command(model, out) for model, out in zip((_STRONGER, _LARGER), runs)]
    return Finding(
        claim="scale-and-version",
        verdict=NEEDS,
        figures=(_named(overall, asked),) if overall is not None else (),
        scale=_scale(asked),
        note="model: two or more sizes or versions of one family; one small model comes with the package.",
        command=" && ".join([*commands, shlex.join(["humankind", "motivation", "compare", *runs])]),
    )


def _beside(bars: Sequence[Figure]) -> tuple[Figure, ...]:
    """Return chance and the best shortcut; the table has all of them."""
    return (bars[0], *sorted(bars[1:], key=lambda bar: -bar.value)[:1])


def _named(figure: Figure, asked: Asked) -> Figure:
    name = figure.label.replace("_", " ")
    return figure.model_copy(update={"label": f"{asked.config.model}, {name}"})


def _scale(asked: Asked) -> str:
    found = asked.found
    unscored = sum(found.unscored.values())
    return (
        f"{found.model} on {found.suite}: {found.scenarios} scenarios, {found.questions} questions, {found.trials} "
        f"trials ({unscored} unscored); protocol {found.protocol}, mode {found.mode}, read by {found.way}; "
        f"seed {asked.config.seed}"
    )


# -- tables and charts --------------------------------------------------------------------------------------


def accuracy_table(asked: Sequence[Asked]) -> Table:
    """Return every evaluation's accuracies beside chance, unscored trials apart."""
    columns = ("evaluation", "set", "protocol", "mode", "read by", "trials", "unscored",
               *(kind.replace("_", " ") for kind in TYPES), OVERALL, ALL_THREE, "sd over orders")  # fmt: skip
    rows = []
    for one in asked:
        found = one.found
        figures = {figure.label: figure.value for figure in found.figures}
        rows.append(
            (
                one.name, found.suite, found.protocol, found.mode, found.way, found.trials,
                sum(found.unscored.values()),
                *(figures.get(label) for label in (*TYPES, OVERALL, ALL_THREE)), found.order_sd,
            )
        )  # fmt: skip
    rows.append(("chance", "", "", "", "", None, None, *[CHANCE] * 4, CHANCE**3, None))
    note = "Accuracy is over scored trials. A reply without a readable letter is unscored: neither wrong nor a guess."
    return Table(title=f"{asked[0].config.model}: accuracy", columns=columns, rows=tuple(rows), note=note)


def shortcut_table(bars: Sequence[Figure], title: str) -> Table:
    """Return how often each shortcut is right."""
    rows = tuple((bar.label.removeprefix("shortcut: "), bar.value) for bar in bars)
    return Table(
        title=f"Answering without understanding: {title}", columns=("way", "accuracy"), rows=rows,
        note="Over option orders in which each letter is right equally often, a constant letter scores exactly 1/6.",
    )  # fmt: skip


def mistake_table(rows: Sequence[Mistake]) -> Table:
    """Return errors by kind of distractor."""
    return Table(
        title="Errors by kind of distractor",
        columns=("kind", "errors", "share", "even share", "ratio"),
        rows=tuple(
            (row.kind.replace("_", " "), row.errors, row.share, row.expected, row.ratio.value if row.ratio else None)
            for row in rows
        ),
        note="Even share: if errors fell evenly on the distractors of the questions that were missed.",
    )


def type_chart(asked: Sequence[Asked]) -> Chart:
    """Return accuracy by type of question for each evaluation that scored anything."""
    series = [
        _series(f"{one.name}, {one.found.way}", [f for f in one.found.figures if f.label != ALL_THREE])
        for one in asked
        if one.found.figures
    ]
    series.append(Series(name="chance", x=tuple(x for x in series[0].x), y=(CHANCE,) * len(series[0].x)))
    return Chart(
        title="Accuracy by type of question", kind="dots", x_label="", y_label="accuracy", series=tuple(series),
        note="Bars span 95 % over scenarios.",
    )  # fmt: skip


def level_chart(asked: Asked) -> Chart:
    """Return accuracy by level of motive."""
    return Chart(
        title="Accuracy by level of motive", kind="dots", x_label="", y_label="accuracy",
        series=(_series(asked.config.model, asked.found.levels),),
        note=f"Levels labelled by {asked.found.level_labels_by}. Bars span 95 % over scenarios; chance is 1/6.",
    )  # fmt: skip


def mistake_chart(asked: Asked) -> Chart:
    """Return the ratio of each kind's share of errors to its even share."""
    ratios = [row.ratio.model_copy(update={"label": row.kind}) for row in asked.found.mistakes if row.ratio is not None]
    return Chart(
        title="Which distractors draw the errors", kind="dots", x_label="", y_label="share of errors over even share",
        series=(_series(asked.config.model, ratios),),
        note="One: errors fall evenly. Bars span 95 % over scenarios.",
    )  # fmt: skip


def _series(name: str, figures: Sequence[Figure]) -> Series:
    bounded = all(figure.low is not None and figure.high is not None for figure in figures)
    return Series(
        name=name,
        x=tuple(figure.label.replace("_", " ") for figure in figures),
        y=tuple(figure.value for figure in figures),
        low=tuple(figure.low or 0.0 for figure in figures) if bounded else (),
        high=tuple(figure.high or 0.0 for figure in figures) if bounded else (),
    )
