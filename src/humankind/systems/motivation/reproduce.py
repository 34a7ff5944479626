"""The experiment behind every claim of MotiveBench, at three scales.

`HUMANKIND_MOTIVATION_MODEL` names another model than the embedded one, as Inspect does.
"""

from __future__ import annotations

from pathlib import Path

from humankind.kits.bench.models import model_of
from humankind.spine.evidence import Chart, Evidence
from humankind.spine.progress import Progress
from humankind.spine.runs import Run
from humankind.systems.motivation import findings
from humankind.systems.motivation.data import load
from humankind.systems.motivation.experiments import MAIN, RELEASE, TEXT, Asked, official_or_none, run_plan


def reproduce(run: Run, folder: Path, preset: str, seed: int, progress: Progress) -> Evidence:
    """Return what every claim's experiment found.

    Args:
        run: the run folder; one line an evaluation is added to its metrics.
        folder: where this system's results are kept.
        preset: `tiny`, `small` or `paper`.
        seed: of samples, orders and intervals.
        progress: where to report.
    """
    release, ours = official_or_none(), load("own")
    asked = run_plan(folder, preset, seed, release, progress, model_of("motivation"))
    for one in asked.values():
        means = {figure.label: figure.value for figure in one.found.figures}
        run.log(event="evaluation", name=one.name, suite=one.found.suite, way=one.found.way, **means)
    bars, main = findings.shortcut_figures(ours.questions), asked[MAIN]
    tables = [findings.accuracy_table(list(asked.values())), findings.shortcut_table(bars, ours.title)]
    if release is not None:
        tables.append(findings.shortcut_table(findings.shortcut_figures(release.questions), release.title))
    if main.found.mistakes:
        tables.append(findings.mistake_table(main.found.mistakes))
    return Evidence(
        system="motivation",
        preset=preset,
        findings=(
            findings.composition(release, ours),
            findings.models_fall_short(main, bars),
            findings.hardest_level(main, bars),
            findings.favoured("too-rational", "too_rational", main, bars),
            findings.favoured("too-idealistic", "too_idealistic", main, bars),
            findings.scale_and_version(main),
        ),
        tables=tuple(tables),
        charts=_charts(asked),
        remarks=tuple(_remarks(asked)),
    )


def _charts(asked: dict[str, Asked]) -> tuple[Chart, ...]:
    """Return what there is to draw: a model that gave no readable answer leaves nothing."""
    main = asked[MAIN]
    charts = [findings.type_chart(list(asked.values()))] if any(one.found.figures for one in asked.values()) else []
    charts += [findings.level_chart(main)] if main.found.levels else []
    charts += [findings.mistake_chart(main)] if main.found.mistakes else []
    return tuple(charts)


def _remarks(asked: dict[str, Asked]) -> list[str]:
    """Return what a reader should know of how the answers came to be."""
    letters, model = asked[MAIN].found.letters, asked[MAIN].config.model
    favourite = max(letters, key=lambda letter: letters[letter], default="")
    told = []
    if favourite:
        share = letters[favourite] / sum(letters.values())
        told.append(
            f"{model} chose {favourite} in {share:.0%} of the trials, where one in six would be even; "
            "so right letters must be equally frequent."
        )
    written = asked[TEXT].found
    unscored = sum(written.unscored.values())
    reasons = ", ".join(f"{reason} {count}" for reason, count in written.unscored.items())
    told.append(
        f"Asked to write its answer, {model} gave a readable letter in {written.trials - unscored} of "
        f"{written.trials} trials" + (f" (unscored: {reasons})." if reasons else ".")
    )
    if RELEASE not in asked:
        told.append(
            "The official files are not on this machine: humankind data get motivebench --from PATH, then this command "
            "asks them too."
        )
    return told
