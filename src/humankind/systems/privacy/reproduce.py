"""The experiment behind every claim of CDI, at three scales; no language model is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from humankind.spine.evidence import Chart, Evidence, Table
from humankind.spine.progress import Progress
from humankind.spine.runs import Run
from humankind.systems.privacy import exhibits, experiments, playing
from humankind.systems.privacy.experiments import SCALES, Lab, Scale
from humankind.systems.privacy.findings import ABSENT, Results, all_findings
from humankind.systems.privacy.norms import Norm
from humankind.systems.privacy.playing import BLIND, LISTED
from humankind.systems.privacy.workflow import digest_of

Experiment = Callable[[list[Norm], Scale, int, Progress], dict[str, Any]]


def reproduce(run: Run, folder: Path, preset: str, seed: int, progress: Progress) -> Evidence:
    """Return what every claim's experiment found.

    Args:
        run: the run folder; one line a result is added to its metrics.
        folder: where this system's results are kept.
        preset: `tiny`, `small` or `paper`.
        seed: the first seed.
        progress: where to report.
    """
    scale, norms = SCALES[preset], experiments.tasks_of(SCALES[preset])
    made_from = {"scale": asdict(scale), "seed": seed, "norms": digest_of(norms or ())}
    lab = Lab(folder / preset, made_from, progress)
    results = _results(lab, scale, norms, preset, seed, progress)
    _log(run, results)
    return Evidence(
        system="privacy",
        preset=preset,
        findings=all_findings(results),
        tables=_tables(results, lab, seed),
        charts=_charts(results),
        remarks=_remarks(results),
    )


def _results(lab: Lab, scale: Scale, norms: list[Norm] | None, preset: str, seed: int, progress: Progress) -> Results:
    def on_tasks(name: str, experiment: Experiment) -> dict[str, Any] | None:
        return lab.once(name, lambda: experiment(norms, scale, seed, progress)) if norms else None

    return Results(
        preset=preset,
        seed=seed,
        tasks=on_tasks("unseen-tasks", experiments.unseen_tasks),
        recipients=on_tasks("unseen-recipients", experiments.unseen_recipients),
        schedules=on_tasks("schedules", experiments.schedules),
        judge=lab.once("judge", lambda: experiments.judge_agreement(scale, seed)),
        secrets=lab.once("secrets", experiments.secrets_withheld),
        played=on_tasks("rehearsals", playing.played),
        attacked=on_tasks("attacks", playing.attacked),
    )


def _log(run: Run, results: Results) -> None:
    """Add one line a way of deciding and a defence to the run's metrics."""
    for name, way in (results.tasks or {}).get("ways", {}).items():
        run.log(event="decisions", way=name, **{figure: at["value"] for figure, at in way.items()})
    for setting in (BLIND, LISTED) if results.played else ():
        for sender, found in (results.played or {})[setting].items():
            for name, way in found["ways"].items():
                figures = {figure: way[figure]["value"] for figure in experiments.FIGURES}
                run.log(event="rehearsed", norms=setting, sender=sender, defence=name, **figures)


def _tables(results: Results, lab: Lab, seed: int) -> tuple[Table, ...]:
    tables: list[Table] = []
    if results.tasks is not None:
        tables.append(exhibits.task_table(results.tasks))
    if results.played is not None:
        tables.append(exhibits.played_table(results.played[BLIND], "Nobody is told what is sensitive", _BLIND))
        tables.append(exhibits.played_table(results.played[LISTED], "All are told what is sensitive", _LISTED))
    if results.attacked is not None:
        tables.append(exhibits.attack_table(results.attacked))
    if results.schedules is not None:
        tables.append(exhibits.schedule_table(results.schedules))
    if results.judge:
        tables.append(exhibits.judge_table(results.judge))
    tables += [
        exhibits.identity_table(),
        exhibits.latency_table(lab.once("latency", lambda: experiments.latency(seed))),
    ]
    return tuple(tables)


def _charts(results: Results) -> tuple[Chart, ...]:
    charts: list[Chart] = []
    if results.played is not None:
        first = next(iter(results.played[BLIND].values()))
        charts.append(exhibits.played_chart(first, "Defences beside one another, nobody told what is sensitive"))
    if results.schedules is not None:
        charts.append(exhibits.course_chart(results.schedules))
    return tuple(charts)


def _remarks(results: Results) -> tuple[str, ...]:
    told = list(_REMARKS)
    if results.tasks is None:
        told.insert(0, ABSENT)
    elif results.preset == "tiny":
        told.insert(0, "Preset tiny trains on half of the tasks with fewer columns; the shipped instructor saw all.")
    if secrets := results.secrets:
        told.append(
            f"Of {secrets['n_items']} sensitive facts of PrivacyLens that it is not told are sensitive, the shipped "
            f"instructor withholds {secrets['withheld']:.0%} and asks about {secrets['asked']:.0%}."
        )
    return tuple(told)


_BLIND = "Guidance and guard decide by an instructor that was trained on the other tasks and sees no lists."
_LISTED = "Guidance and guard read the lists of the norm; nothing is learned."
_REMARKS = (
    "It lowers leaks; it does not prove their absence.",
    "The senders here are scripted: what they do with guidance, a prompt or a block is a setting, not a finding.",
    "The figures of the paper belong to its models, which were not run.",
    "Labels of CI-RL and of the model actions come from language models.",
)
