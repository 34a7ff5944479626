"""The experiment behind every claim of NAMeGEn, at three scales.

`HUMANKIND_NAMING_MODEL` names a language model, as Inspect does, for the claims that are about models.
"""

from __future__ import annotations

from pathlib import Path

from humankind.spine.evidence import Evidence
from humankind.spine.progress import Progress
from humankind.spine.runs import Run
from humankind.systems.naming import findings
from humankind.systems.naming.comparing import FULL
from humankind.systems.naming.experiments import Made, model_named, run_all


def reproduce(run: Run, folder: Path, preset: str, seed: int, progress: Progress) -> Evidence:
    """Return what every claim's experiment found.

    Args:
        run: the run folder; one line a way of naming is added to its metrics.
        folder: where this system's results are kept.
        preset: `tiny`, `small` or `paper`.
        seed: of names, intervals and tests.
        progress: where to report.
    """
    made = run_all(folder / preset, preset, seed, model_named(), progress)
    for found in (made.rules, *([made.asked] if made.asked else [])):
        for one in found.summaries:
            means = {figure.label: figure.value for figure in one.figures}
            run.log(event="way", name=one.strategy, backend=found.backend, requests=one.requests, **means)
    tables = [findings.ways_table(made.rules), findings.weights_table(made.weights)]
    if made.asked is not None:
        tables.append(findings.ways_table(made.asked))
    charts = [findings.objectives_chart(made.rules), findings.differences_chart(made.rules)]
    return Evidence(
        system="naming",
        preset=preset,
        findings=(
            findings.beats_six_baselines(made),
            findings.across_backbones(made),
            findings.personal_wishes(made),
            findings.true_explanations(made),
            findings.poetry_helps(made),
            findings.iteration_helps(made),
        ),
        tables=tuple(tables),
        charts=tuple(chart for chart in charts if chart is not None),
        remarks=tuple(_remarks(made)),
    )


def _remarks(made: Made) -> list[str]:
    """Return what a reader should know of how the figures came to be."""
    full = made.rules.summary(FULL)
    told = []
    if full is not None:
        told.append(
            f"Of the method's names {full.counts['verse']:.0%} quote a verse of the corpus that holds them in order, "
            f"{full.counts['facts_right']:.1%} of the kinds of facts it tells are right, "
            f"{full.counts['distinct_given']:.0%} of its given names are different, and {full.counts['serious']:.0%} "
            "carry a serious warning."
        )
    told.append(
        "The scores are taken by rules against what a careful reader took from each request; the rubric reads the "
        "words of an explanation, not what its author declares. It shares with the method's own evaluator what a "
        "demand is and which poems suit, so a lead over the baselines shows that the search works, not that people "
        "would like the names more."
    )
    if made.suite == "own" and made.preset == "paper":
        told.append(
            "CBNames is not on this machine, so the shipped requests were used: humankind data get cbnames --from PATH."
        )
    told += made.rules.remarks
    return told
