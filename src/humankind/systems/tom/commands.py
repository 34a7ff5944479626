"""`humankind tom`: evaluate, audit, stories."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from humankind.spine.verbs import Json, Out, Preset, Resume, Seed, Settings, emit, new_app, verb_run, with_settings

if TYPE_CHECKING:
    from humankind.systems.tom.config import TomConfig

app = new_app(
    help="Theory of mind: ask models who believes what, under decoding policies that mend long thinking (S2F, T2M).",
    no_args_is_help=True,
)

_CONFIG = with_settings("humankind.systems.tom.config:TomConfig")
_SUITES = "tombench, hitom, emobench, tomato, bigtom, opentom, generated, or a path."

Suite = Annotated[str | None, typer.Option("--suite", help=_SUITES, show_default="hitom")]
Model = Annotated[str | None, typer.Option("--model", help="As Inspect names it.", show_default="humankind/smollm2")]
Policy = Annotated[
    str | None,
    typer.Option("--policy", help="plain, cot, nothink, cap:N, s2f:N, t2m:N, joined by +.", show_default="plain"),
]
Limit = Annotated[
    int | None, typer.Option("--limit", min=0, help="Most questions asked; 0: all.", show_default="100, the preset's")
]
Language = Annotated[str | None, typer.Option("--language", help="en, zh or all.", show_default="en")]
Way = Annotated[str | None, typer.Option("--way", help="auto, text, likelihood or constrained.", show_default="auto")]
MaxTokens = Annotated[
    int | None, typer.Option("--max-new-tokens", min=1, help="Most tokens a reply.", show_default="256, the preset's")
]
Temperature = Annotated[
    float | None, typer.Option("--temperature", min=0, help="0 takes the likeliest token.", show_default="0")
]


def _config(preset: str, settings: list[str] | None, seed: int | None, **given: Any) -> TomConfig:
    from humankind.systems.tom.config import TomConfig

    config = TomConfig.from_preset(preset, settings or (), seed)
    for key, value in given.items():
        if value is not None:
            config = config.replaced(key, value)
    return config


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

    config = _config(
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
