"""`humankind tom`: evaluate, audit, stories, lengths, effort, caps, options, overlap."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from humankind.kits.bench.options import Model, RunFolder, Temperature, Way
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

if TYPE_CHECKING:
    from humankind.systems.tom.config import TomConfig

app = new_app(
    help="Theory of mind: ask models who believes what, under decoding policies that mend long thinking (S2F, T2M).",
    no_args_is_help=True,
)

_CONFIG = with_settings("humankind.systems.tom.config:TomConfig")
_SUITES = "tombench, hitom, emobench, tomato, bigtom, opentom, generated, or a path."

Suite = Annotated[str | None, typer.Option("--suite", help=_SUITES, show_default="hitom")]
Policy = Annotated[
    str | None,
    typer.Option("--policy", help="plain, cot, nothink, cap:N, s2f:N, t2m:N, joined by +.", show_default="plain"),
]
Limit = Annotated[
    int | None, typer.Option("--limit", min=0, help="Most questions asked; 0: all.", show_default="100, the preset's")
]
Language = Annotated[str | None, typer.Option("--language", help="en, zh or all.", show_default="en")]
MaxTokens = Annotated[
    int | None, typer.Option("--max-new-tokens", min=1, help="Most tokens a reply.", show_default="256, the preset's")
]
KeepIn = Annotated[
    Path | None, typer.Option("--out", help="Run folder to keep study and plot in.", show_default="none")
]


@app.command("evaluate", cls=_CONFIG)
def evaluate(
    suite: Suite = None,
    model: Model = None,
    policy: Policy = None,
    limit: Limit = None,
    language: Language = None,
    way: Way = None,
    max_new_tokens: MaxTokens = None,
    temperature: Temperature = None,
    preset: Preset = "small",
    settings: Settings = None,
    seed: Seed = None,
    out: Out = None,
    resume: Resume = False,
    json: Json = False,
) -> None:
    """Ask a model a suite under a decoding policy and score it."""
    from humankind.systems.tom import telling, workflow
    from humankind.systems.tom.config import TomConfig

    config = config_of(
        TomConfig,
        preset,
        settings,
        seed,
        suite=suite,
        model=model,
        policy=policy,
        limit=limit,
        language=language,
        way=way,
        max_new_tokens=max_new_tokens,
        temperature=temperature,
    )
    questions = workflow.questions_for(config)
    with verb_run("tom", config, out, resume) as (run, progress):
        found = workflow.evaluate_in(run, config, questions, progress)
    emit({"run": str(run.path), **found.model_dump(mode="json")}, json, lambda: telling.told_evaluation(found))


@app.command("audit")
def audit(
    suite: Annotated[str, typer.Argument(metavar="SUITE|PATH", help=_SUITES)],
    language: Annotated[str, typer.Option("--language", help="en, zh or all.")] = "all",
    against: Annotated[
        list[str] | None,
        typer.Option("--against", metavar="SUITE", help="Look for shared stories in this suite; may be repeated."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write all that was found as JSON here.")] = None,
    json: Json = False,
) -> None:
    """List defects and conflicting labels of a suite; nothing is changed."""
    from humankind.systems.tom import telling, workflow

    found = workflow.audit(suite, language, against)
    if out is not None:
        workflow.write_json(out, found)
    emit(found.model_dump(mode="json"), json, lambda: telling.told_audit(found))


@app.command("stories")
def stories(
    out: Annotated[Path, typer.Option("--out", help="JSON-lines file to write; `--suite FILE` reads it.")],
    n: Annotated[int, typer.Option("--n", min=1, help="Questions.")] = 100,
    orders: Annotated[str, typer.Option("--orders", help="Depths of belief: 0-4 or 0,2,3.")] = "0-4",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the stories.")] = 0,
    json: Json = False,
) -> None:
    """Generate stories with a belief oracle, any number, seeded."""
    from humankind.systems.tom import telling, workflow

    made = workflow.write_stories(out, n, orders, seed)
    emit(made, json, lambda: telling.told_stories(made))


# -- the study --------------------------------------------------------------------------------------------


@app.command("lengths")
def lengths(
    run: RunFolder,
    bins: Annotated[int, typer.Option("--bins", min=2, help="Bins by length, about equally many in each.")] = 5,
    seed: Seed = None,
    out: KeepIn = None,
    json: Json = False,
) -> None:
    """Plot length against accuracy for right and wrong answers."""
    from humankind.systems.tom import studies, telling

    found = studies.lengths(run, studies.reading((run,), bins, seed), out)
    emit(found.model_dump(mode="json"), json, lambda: telling.told_study(found, out))


@app.command("overlap")
def overlap(
    first: RunFolder,
    second: Annotated[Path, typer.Argument(metavar="RUN", help="Another run on the same questions.")],
    again: Annotated[
        Path | None,
        typer.Option("--again", metavar="RUN", help="The first with another seed of decoding: a yardstick for luck."),
    ] = None,
    seed: Seed = None,
    out: KeepIn = None,
    json: Json = False,
) -> None:
    """Show by order which items two models solve alone or together."""
    from humankind.systems.tom import studies, telling

    runs = (first, second) if again is None else (first, second, again)
    found = studies.overlap(first, second, again, studies.reading(runs, seed=seed), out)
    emit(found.model_dump(mode="json"), json, lambda: telling.told_study(found, out))


@app.command("caps", cls=with_settings("humankind.systems.tom.config:CapsConfig"))
def caps(
    grid: Annotated[
        str | None, typer.Option("--caps", help="Most thinking tokens: 64,256,1024.", show_default="64,256,1024")
    ] = None,
    suite: Suite = None,
    model: Model = None,
    policy: Policy = None,
    limit: Limit = None,
    max_new_tokens: MaxTokens = None,
    temperature: Temperature = None,
    preset: Preset = "small",
    settings: Settings = None,
    seed: Seed = None,
    out: Out = None,
    resume: Resume = False,
    json: Json = False,
) -> None:
    """Sweep a cap on thinking tokens and draw the curve."""
    from humankind.systems.tom import studies
    from humankind.systems.tom.config import CapsConfig

    given = _asked(suite, model, policy, limit, max_new_tokens, temperature)
    chosen = None if grid is None else studies.numbers_of(grid, "--caps")
    config = config_of(CapsConfig, preset, settings, seed, caps=chosen, **given)
    _tell(studies.caps, config, out, resume, json)


@app.command("effort", cls=with_settings("humankind.systems.tom.config:EffortConfig"))
def effort(
    efforts: Annotated[
        str | None, typer.Option("--efforts", help="As Inspect names them.", show_default="low,medium,high")
    ] = None,
    suite: Suite = None,
    model: Model = None,
    policy: Policy = None,
    limit: Limit = None,
    max_new_tokens: MaxTokens = None,
    temperature: Temperature = None,
    preset: Preset = "small",
    settings: Settings = None,
    seed: Seed = None,
    out: Out = None,
    resume: Resume = False,
    json: Json = False,
) -> None:
    """Sweep the effort of a reasoning model."""
    from humankind.systems.tom import studies
    from humankind.systems.tom.config import EffortConfig

    given = _asked(suite, model, policy, limit, max_new_tokens, temperature)
    chosen = None if efforts is None else tuple(part.strip() for part in efforts.split(","))
    config = config_of(EffortConfig, preset, settings, seed, efforts=chosen, **given)
    _tell(studies.effort, config, out, resume, json)


@app.command("options", cls=_CONFIG)
def options(
    suite: Suite = None,
    model: Model = None,
    policy: Policy = None,
    limit: Limit = None,
    max_new_tokens: MaxTokens = None,
    temperature: Temperature = None,
    preset: Preset = "small",
    settings: Settings = None,
    seed: Seed = None,
    out: Out = None,
    resume: Resume = False,
    json: Json = False,
) -> None:
    """Compare answers with and without options."""
    from humankind.systems.tom import studies
    from humankind.systems.tom.config import TomConfig

    given = _asked(suite, model, policy, limit, max_new_tokens, temperature)
    _tell(studies.options, config_of(TomConfig, preset, settings, seed, **given), out, resume, json)


def _asked(
    suite: str | None,
    model: str | None,
    policy: str | None,
    limit: int | None,
    max_new_tokens: int | None,
    temperature: float | None,
) -> dict[str, Any]:
    """Return what all verbs that ask have in common, by setting."""
    return {
        "suite": suite,
        "model": model,
        "policy": policy,
        "limit": limit,
        "max_new_tokens": max_new_tokens,
        "temperature": temperature,
    }


def _tell(study: Any, config: TomConfig, out: Path | None, resume: bool, json: bool) -> None:
    from humankind.systems.tom import studies, telling

    found, folder = studies.ask(study, config, out, resume)
    emit({"run": str(folder), **found.model_dump(mode="json")}, json, lambda: telling.told_study(found, folder))
