"""`humankind motivation`: evaluate, compare, explain, build."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from humankind.kits.bench.options import Model, RunFolder, Way
from humankind.spine.verbs import (
    Json,
    Out,
    Preset,
    Resume,
    Seed,
    Settings,
    config_of,
    emit,
    new_app,
    verb_run,
    with_settings,
)

app = new_app(
    help="MotiveBench: ask models why people act and what they do, compare them, and build such questions from text.",
    no_args_is_help=True,
)

_CONFIG = with_settings("humankind.systems.motivation.config:MotivationConfig")
_BUILD = with_settings("humankind.systems.motivation.config:BuildConfig")
_PRESETS = "the preset's"

Limit = Annotated[
    int | None,
    typer.Option("--limit", min=0, help="Most scenarios, three questions each; 0: all.", show_default=_PRESETS),
]


@app.command("evaluate", cls=_CONFIG)
def evaluate(
    suite: Annotated[
        str | None,
        typer.Option("--suite", help="own, motivebench, or the path of a file or folder.", show_default=_PRESETS),
    ] = None,
    model: Model = None,
    protocol: Annotated[
        str | None,
        typer.Option("--protocol", help="paper: six option orders; quick: one.", show_default=_PRESETS),
    ] = None,
    mode: Annotated[
        str | None, typer.Option("--mode", help="base: a letter; cot: reasons first.", show_default="base")
    ] = None,
    way: Way = None,
    limit: Limit = None,
    preset: Preset = "small",
    settings: Settings = None,
    seed: Seed = None,
    out: Out = None,
    resume: Resume = False,
    json: Json = False,
) -> None:
    """Ask a model the questions under a protocol and score it."""
    from humankind.systems.motivation import telling, workflow
    from humankind.systems.motivation.config import MotivationConfig

    given = {"suite": suite, "model": model, "protocol": protocol, "mode": mode, "way": way, "limit": limit}
    config = config_of(MotivationConfig, preset, settings, seed, **given)
    questions = workflow.questions_for(config)
    with verb_run("motivation", config, out, resume) as (run, progress):
        found = workflow.evaluate_in(run, config, questions, progress)
    emit({"run": str(run.path), **found.model_dump(mode="json")}, json, lambda: telling.told_evaluation(found))


@app.command("compare")
def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN RUN ...", help="Folders that `evaluate --out` wrote.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of bootstrap and sign flips.")] = 0,
    json: Json = False,
) -> None:
    """Compare two or more runs with paired tests and rank them."""
    from humankind.systems.motivation import telling, workflow

    found = workflow.compare_runs(runs, seed)
    emit(found.model_dump(mode="json"), json, lambda: telling.told_comparison(found))


@app.command("explain")
def explain(
    run: RunFolder,
    only: Annotated[
        str, typer.Option("--only", help="all, wrong, right, unscored, or a kind: too_rational, too_idealistic ...")
    ] = "wrong",
    limit: Annotated[int, typer.Option("--limit", min=0, help="Most answers; 0: all.")] = 20,
    json: Json = False,
) -> None:
    """Show what a run's model chose, question by question, beside the right answer."""
    from humankind.systems.motivation import telling, workflow

    found = workflow.explained(run, only, limit)
    emit({"answers": [one.model_dump(mode="json") for one in found]}, json, lambda: telling.told_answers(found))


@app.command("build", cls=_BUILD)
def build(
    texts: Annotated[Path, typer.Argument(metavar="TEXTS", help="A .txt, .json or .jsonl file, or a folder of .txt.")],
    model: Model = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help="text: something real; persona: invent from it.", show_default="text")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=0, help="Most texts; 0: all.", show_default=_PRESETS)
    ] = None,
    preset: Preset = "paper",
    settings: Settings = None,
    seed: Seed = None,
    out: Out = None,
    resume: Resume = False,
    json: Json = False,
) -> None:
    """Write new scenarios and questions with writer, critics and adjuster."""
    from humankind.systems.motivation import telling, workflow
    from humankind.systems.motivation.config import BuildConfig

    config = config_of(BuildConfig, preset, settings, seed, model=model, kind=kind, limit=limit)
    given = workflow.texts_for(texts, config)
    with verb_run("motivation", config, out, resume) as (run, progress):
        found = workflow.build_in(run, config, given, progress)
    emit({"run": str(run.path), **found}, json, lambda: telling.told_build(found, run.path))
    if not found["accepted"]:
        raise typer.Exit(1)
