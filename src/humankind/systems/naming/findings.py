"""From benchmarks to verdicts: one finding for each claim on the card, with tables and charts.

A claim about ways of asking a language model is judged only with one. Without it the figures of the deterministic
forms stand beside the verdict `needs`: they show the method's search at work, not what the paper claims of models.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from statistics import fmean

from humankind.kits.bench.models import variable_of
from humankind.spine.evidence import NEEDS, NOT_SUPPORTED, SUPPORTED, Chart, Figure, Finding, Series, Table
from humankind.spine.stats import bootstrap_mean, paired_difference, wilson
from humankind.systems.naming.agents import OBJECTIVE_NAMES
from humankind.systems.naming.baselines import NAMES as BASELINES
from humankind.systems.naming.bench import by_strategy, paired
from humankind.systems.naming.benching import ABLATIONS, BenchFound
from humankind.systems.naming.comparing import FULL, Gap
from humankind.systems.naming.experiments import BOOST, Made, Weights

MODEL = "openai/gpt-4o"
ENGLISH = ("cultural meaning", "parents' wishes", "five elements", "person", "other requirements")
"""The five objectives as the report calls them."""


def command(made: Made, model: str = "") -> str:
    """Return the command that makes the figures again, with a language model if one is named."""
    start = f"{variable_of('naming')}={shlex.quote(model)} " if model else ""
    return f"{start}humankind reproduce naming --preset {made.preset} --seed {made.seed}"


def beats_six_baselines(made: Made) -> Finding:
    """Return the verdict on the lead over six ways of asking a model."""
    found = made.asked or made.rules
    gaps = [gap for name in BASELINES if (gap := found.gap(name, "cmoc")) is not None]
    figures = tuple(_about(gap) for gap in _worst_first(gaps)[:1])
    if made.asked is None:
        return Finding(
            claim="beats-six-baselines",
            verdict=NEEDS,
            figures=figures,
            baselines=_means(found, "cmoc", BASELINES),
            scale=_scale(made, found),
            note="model: the claim is about ways of asking a language model. Shown are deterministic forms of the six "
            "baselines against the rules backend, by rules: the smallest of the six differences. Method and rubric "
            "share what a demand is, so this is a test of the search, not of taste.",
            command=command(made, MODEL),
        )
    holds = bool(gaps) and all(gap.positive for gap in gaps)
    return Finding(
        claim="beats-six-baselines",
        verdict=SUPPORTED if holds else NOT_SUPPORTED,
        figures=figures,
        baselines=_means(found, "cmoc", BASELINES),
        scale=_scale(made, found),
        note="Scored by rules, without a judge. The smallest of the six differences decides.",
        command=command(made, found.backend),
    )


def across_backbones(made: Made) -> Finding:
    """Return the verdict on the lead with any model, for which one backend is too few."""
    found = [made.rules, *([made.asked] if made.asked else [])]
    figures = []
    for one in found:
        gaps = [gap for name in BASELINES if (gap := one.gap(name, "cmoc")) is not None]
        figures += [_about(gap, one.backend) for gap in _worst_first(gaps)[:1]]
    return Finding(
        claim="across-backbones",
        verdict=NEEDS,
        figures=tuple(figures),
        scale=_scale(made, made.rules),
        note="model: several language models, one run each; the command is for one of them.",
        command=command(made, MODEL),
    )


def personal_wishes(made: Made) -> Finding:
    """Return the verdict on weighted satisfaction and on what weights do."""
    gaps = [gap for name in BASELINES if (gap := made.rules.gap(name, "emoc")) is not None]
    leads = bool(gaps) and all(gap.positive for gap in gaps)
    tried = sum(one.requests for one in made.weights)
    kept = wilson(sum(one.not_lower for one in made.weights), tried).figure("score of a boosted objective not lower")
    gains = [gain for one in made.weights for gain in one.gain]
    gain = bootstrap_mean(gains, made.seed).figure("gain of a boosted objective (0 to 100)")
    moves = gain.low is not None and gain.low > 0
    return Finding(
        claim="personal-wishes",
        verdict=SUPPORTED if leads and moves else NOT_SUPPORTED,
        figures=(*(_about(gap) for gap in _worst_first(gaps)[:1]), gain, kept),
        baselines=_means(made.rules, "emoc", BASELINES),
        scale=f"{_scale(made, made.rules)}; weights times {BOOST:g} on {tried} pairs of request and objective",
        note="The smallest difference from the six deterministic baselines; then what raising one weight does. Every "
        "way keeps the hard demands, so the lead comes from serving several objectives at once.",
        command=command(made),
    )


def true_explanations(made: Made) -> Finding:
    """Return the verdict on true and complete explanations against the baselines."""
    found = made.asked or made.rules
    names = (FULL, *BASELINES)
    shares = [_right(found, name) for name in names]
    covered = [(name, figure) for name in names if (figure := _mean(found, name, "coverage")) is not None]
    figures = [shares[0], *(figure for name, figure in covered if name == FULL)]
    note = "Right: share of all kinds of claims in the explanations that are true. Covered: share of applicable kinds."
    if made.asked is None:
        return Finding(
            claim="true-explanations",
            verdict=NEEDS,
            figures=tuple(figures),
            baselines=tuple(figure for name, figure in covered if name != FULL),
            scale=_scale(made, found),
            note=f"model: without one, every way has the same writer of verified facts. {note}",
            command=command(made, MODEL),
        )
    best_right = max(figure.value for figure in shares[1:])
    best_covered = max((figure.value for name, figure in covered if name != FULL), default=0.0)
    holds = shares[0].value > best_right and bool(covered) and figures[1].value > best_covered
    return Finding(
        claim="true-explanations",
        verdict=SUPPORTED if holds else NOT_SUPPORTED,
        figures=tuple(figures),
        baselines=(*shares[1:], *(figure for name, figure in covered if name != FULL)),
        scale=_scale(made, found),
        note=note,
        command=command(made, found.backend),
    )


def poetry_helps(made: Made) -> Finding:
    """Return the verdict on retrieval and on its critic: cultural meaning with and without."""
    return _ablation(
        "poetry-helps",
        made,
        ("no_retrieval", "no_retrieval_evaluation"),
        "O1",
        "Satisfaction of cultural meaning, the method minus each ablation; both intervals must lie above zero.",
    )


def iteration_helps(made: Made) -> Finding:
    """Return the verdict on evaluation: the final score with and without its stages."""
    return _ablation(
        "iteration-helps",
        made,
        ("no_implicit", "no_explicit", "no_evaluation"),
        "cmoc",
        "Mean of satisfaction and reliability, the method minus each ablation; all intervals must lie above zero. "
        "Without the implicit stage explanations stay as short as first drafts are, which is most of its loss.",
    )


def _ablation(claim: str, made: Made, names: Sequence[str], measure: str, note: str) -> Finding:
    ways = by_strategy(made.rows)
    figures = []
    for name in names:
        a, b = paired(ways.get(FULL, ()), ways.get(name, ()), measure)
        if a:
            difference = paired_difference(a, b, made.seed).difference
            figures.append(difference.figure(f"minus {name.replace('_', ' ')}, {measure}"))
    holds = len(figures) == len(names) and all(one.low is not None and one.low > 0 for one in figures)
    short = [one.label for one in figures if one.low is None or one.low <= 0]
    told = f" Not above zero: {'; '.join(short)}." if short else ""
    return Finding(
        claim=claim,
        verdict=SUPPORTED if holds else NOT_SUPPORTED,
        figures=tuple(figures),
        baselines=_means(made.rules, measure, names),
        scale=_scale(made, made.rules),
        note=note + told,
        command=command(made),
    )


def _about(gap: Gap, backend: str = "") -> Figure:
    words = f"method minus {gap.other.replace('_', ' ')}, {gap.measure}"
    return gap.difference.model_copy(update={"label": f"{backend}: {words}" if backend else words})


def _worst_first(gaps: Sequence[Gap]) -> list[Gap]:
    return sorted(gaps, key=lambda gap: gap.difference.value)


def _mean(found: BenchFound, name: str, measure: str) -> Figure | None:
    summary = found.summary(name)
    figure = summary.figure(measure) if summary else None
    words = f"{'method' if name == FULL else name.replace('_', ' ')}, {measure}"
    return figure.model_copy(update={"label": words}) if figure else None


def _means(found: BenchFound, measure: str, names: Sequence[str]) -> tuple[Figure, ...]:
    return tuple(figure for name in (FULL, *names) if (figure := _mean(found, name, measure)) is not None)


def _right(found: BenchFound, name: str) -> Figure:
    summary = found.summary(name)
    value = summary.counts["facts_right"] if summary else 0.0
    return Figure(label=f"{'method' if name == FULL else name.replace('_', ' ')}, kinds of facts right", value=value)


def _scale(made: Made, found: BenchFound) -> str:
    return f"{found.requests} requests of suite {found.suite}, backend {found.backend}, no judge; seed {made.seed}"


# -- tables and charts --------------------------------------------------------------------------------------


def ways_table(found: BenchFound) -> Table:
    """Return every way of naming with its figures."""
    columns = ("way", "EMOC", "IMOC", "CMOC", "O1", "O2", "O3", "O4", "O5", "ACC", "coverage", "facts right",
               "distinct given names", "alone with its name", "drafts", "seconds")  # fmt: skip
    measures = ("emoc", "imoc", "cmoc", "O1", "O2", "O3", "O4", "O5", "acc", "coverage")
    rows = []
    for one in found.summaries:
        figures = [one.figure(name) for name in measures]
        values = [None if figure is None else round(figure.value, 2) for figure in figures]
        counted = (round(100 * one.counts["facts_right"], 2), round(100 * one.counts["distinct_given"], 1))
        alone = None if one.diversity is None else round(100 * one.diversity, 1)
        rows.append((one.strategy.replace("_", " "), *values, *counted, alone, one.rounds, one.seconds))
    objectives = ", ".join(f"O{k} {name}" for k, name in enumerate(ENGLISH, start=1))
    return Table(
        title=f"Ways of naming, {found.requests} requests, {found.backend}",
        columns=columns,
        rows=tuple(rows),
        note=f"Means, 0 to 100, scored by rules against the gold of the requests. {objectives}. Seconds are those of "
        "one answer; ablations find what the method has looked up before.",
    )


def weights_table(weights: Sequence[Weights]) -> Table:
    """Return what raising each weight does."""
    rows = tuple(
        (
            name,
            one.requests,
            one.not_lower,
            one.could_rise,
            one.rose,
            one.changed,
            round(fmean(one.gain), 2),
        )
        for name, one in zip(ENGLISH, weights, strict=True)
        if one.gain
    )
    columns = ("objective", "requests", "not lower", "could rise", "rose", "other name", "mean gain")
    return Table(title=f"Weight of one objective times {BOOST:g}", columns=columns, rows=rows)


def objectives_chart(found: BenchFound) -> Chart:
    """Return the satisfaction of each objective by the method, its best baseline and its ablations."""
    names = (FULL, *BASELINES)
    series = []
    for name in names:
        figures = [_mean(found, name, f"O{k}") for k in range(1, 6)]
        if all(figures):
            values = tuple(figure.value for figure in figures if figure is not None)
            series.append(Series(name="method" if name == FULL else name.replace("_", " "), x=ENGLISH, y=values))
    return Chart(
        title="Satisfaction of each objective",
        kind="bars",
        x_label="objective",
        y_label="mean, 0 to 100",
        series=tuple(series),
    )


def differences_chart(found: BenchFound) -> Chart | None:
    """Return the method's lead over every other way, with intervals."""
    gaps = [gap for name in (*BASELINES, *ABLATIONS) if (gap := found.gap(name, "emoc")) is not None]
    if not gaps:
        return None
    return Chart(
        title="The method minus each other way",
        kind="dots",
        x_label="",
        y_label="difference in weighted satisfaction (EMOC)",
        series=(
            Series(
                name="difference",
                x=tuple(gap.other.replace("_", " ") for gap in gaps),
                y=tuple(gap.difference.value for gap in gaps),
                low=tuple(_end(gap.difference.low, gap) for gap in gaps),
                high=tuple(_end(gap.difference.high, gap) for gap in gaps),
            ),
        ),
    )


def _end(value: float | None, gap: Gap) -> float:
    return gap.difference.value if value is None else value


def objective_names() -> str:
    """Return the Chinese names of the objectives with their English ones, for a remark."""
    return ", ".join(f"{chinese} {english}" for chinese, english in zip(OBJECTIVE_NAMES, ENGLISH, strict=True))
