"""`humankind recommendation`: prepare, train, evaluate, recommend, similar, explain, snr, run."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from humankind.spine.verbs import (
    Json,
    Out,
    Preset,
    Resume,
    Seed,
    Settings,
    about,
    emit,
    new_app,
    verb_run,
    with_settings,
)

if TYPE_CHECKING:
    from humankind.systems.recommendation.answers import Recommended
    from humankind.systems.recommendation.config import SaDConfig

app = new_app(
    help="SaD: top-N recommendation from a sparse item-item view and a dense factor view that teach each other.",
    no_args_is_help=True,
)

_CONFIG = with_settings("humankind.systems.recommendation.config:SaDConfig")

_HOW = "random, leave-last or temporal."
_FRACTION = "Part held out as test data, between 0 and 1; leave-last always holds out one."

Log = Annotated[Path, typer.Argument(metavar="LOG", help="csv, tsv, parquet, jsonl, inter, txt, npz, dat ...")]
Model = Annotated[Path, typer.Argument(metavar="MODEL", help="Folder that `train --out` wrote.")]
Columns = Annotated[str | None, typer.Option("--columns", help="Roles to names: user=visitor,item=page.")]
Format = Annotated[str | None, typer.Option("--format", help="File format, where the ending does not tell.")]
Threshold = Annotated[float | None, typer.Option("--threshold", help="Ratings at or above it count.")]
How = Annotated[str, typer.Option("--split", help=_HOW)]
Fraction = Annotated[float, typer.Option("--fraction", help=_FRACTION)]
K = Annotated[int, typer.Option("-k", "--top", min=1, help="List length.")]


def _config(preset: str, settings: list[str] | None, seed: int | None) -> SaDConfig:
    from humankind.systems.recommendation.config import SaDConfig

    return SaDConfig.from_preset(preset, settings or (), seed)


@app.command("prepare")
def prepare(
    log: Log,
    out: Annotated[Path, typer.Option("--out", help="Folder to write: train/, test.npz, notes.json.")],
    split: How = "random",
    fraction: Fraction = 0.2,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the split.")] = 0,
    columns: Columns = None,
    format: Format = None,
    threshold: Threshold = None,
    json: Json = False,
) -> None:
    """Read a log, check it, split it into training and test data."""
    from humankind.systems.recommendation import telling, workflow

    workflow.check_free(out)
    whole = workflow.read(log, format, columns, threshold)
    with about(log):
        made = workflow.split_log(whole, split, fraction, seed)
    workflow.save_split(made, out)
    facts = workflow.facts_of(made)
    emit({"out": str(out), **facts}, json, lambda: telling.told(facts, out))


@app.command("train", cls=_CONFIG)
def train(
    log: Log,
    preset: Preset = "small",
    settings: Settings = None,
    seed: Seed = None,
    out: Out = None,
    resume: Resume = False,
    columns: Columns = None,
    format: Format = None,
    threshold: Threshold = None,
    json: Json = False,
) -> None:
    """Train SaD on a log (or on the train/ of a prepared folder); --out becomes the model."""
    from humankind.systems.recommendation import telling, workflow

    config = _config(preset, settings, seed)
    data = workflow.training_log(log, format, columns, threshold)
    with verb_run("recommendation", config, out, resume) as (run, progress):
        telling.tell_notes(data.notes, progress)
        model = workflow.train_in(run, config, data.interactions, progress)
        result = {"model": str(run.path), **workflow.choices_of(model)}
    emit(result, json, lambda: telling.told_choices(result))


@app.command("evaluate")
def evaluate(
    model: Model,
    test: Annotated[Path, typer.Argument(metavar="TEST", help="Held-out log, or the folder `prepare` wrote.")],
    columns: Columns = None,
    format: Format = None,
    threshold: Threshold = None,
    json: Json = False,
) -> None:
    """Measure a trained model on held-out data, overall and by item popularity."""
    from humankind.spine.progress import for_person
    from humankind.systems.recommendation import telling, workflow

    loaded = workflow.load_model(model)
    held_out = workflow.held_out_for(loaded, test, format, columns, threshold)
    with for_person() as progress:
        telling.tell_notes(held_out.notes, progress)
        result = workflow.measure(loaded, held_out, progress)
    emit(result, json, lambda: telling.told_figures(result))


@app.command("recommend")
def recommend(
    model: Model,
    user: Annotated[list[str] | None, typer.Option("--user", help="User id; may be repeated. Default: all.")] = None,
    history: Annotated[str | None, typer.Option("--history", help="Item ids of a new person: a,b,c.")] = None,
    k: K = 10,
    candidates: Annotated[str | None, typer.Option("--candidates", help="Only these items: a,b,c.")] = None,
    include_seen: Annotated[bool, typer.Option("--include-seen", help="List items the user already has, too.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Write JSON lines here instead of the screen.")] = None,
    json: Json = False,
) -> None:
    """List the best items of users, or of a new person given their history."""
    from humankind.systems.recommendation import telling, workflow

    loaded = workflow.load_model(model)
    lists = workflow.lists_for(loaded, user, history, k, candidates, include_seen)
    if out is not None:
        workflow.write_lists(out, lists)
        emit({"out": str(out), "users": len(lists)}, json, f"{len(lists)} lists written to {out}")
        return
    emit(
        {"lists": {name: _rows(items) for name, items in lists.items()}},
        json,
        lambda: telling.told_lists(lists),
    )


@app.command("similar")
def similar(
    model: Model,
    item: Annotated[str, typer.Option("--item", help="Item id.")],
    k: K = 10,
    json: Json = False,
) -> None:
    """List the items nearest to one."""
    from humankind.systems.recommendation import telling, workflow

    loaded = workflow.load_model(model)
    with about("--item", "ids are written as in the log"):
        found = loaded.similar_items(item, k)
    emit({"item": item, "similar": _rows(found)}, json, lambda: telling.told_lists({item: found}))


@app.command("explain")
def explain(
    model: Model,
    user: Annotated[str, typer.Option("--user", help="User id.")],
    item: Annotated[str | None, typer.Option("--item", help="Item id; the user's best item by default.")] = None,
    json: Json = False,
) -> None:
    """Say where a score comes from: weights of history items, and the dense view's share."""
    from humankind.systems.recommendation import telling, workflow

    loaded = workflow.load_model(model)
    with about("--user" if item is None else "--user or --item", "ids are written as in the log"):
        told = loaded.explain(user, item if item is not None else workflow.best_item(loaded, user))
    emit(asdict(told), json, lambda: telling.told_explanation(told))


@app.command("snr")
def snr(
    model: Model,
    test: Annotated[Path, typer.Argument(metavar="TEST", help="Held-out log, or the folder `prepare` wrote.")],
    columns: Columns = None,
    format: Format = None,
    threshold: Threshold = None,
    json: Json = False,
) -> None:
    """Report each view's signal-to-noise ratio, and what fusing them can reach, by item popularity."""
    from humankind.spine.progress import for_person
    from humankind.systems.recommendation import telling, workflow

    loaded = workflow.load_model(model)
    held_out = workflow.held_out_for(loaded, test, format, columns, threshold)
    with for_person() as progress:
        telling.tell_notes(held_out.notes, progress)
        report = loaded.snr_report(held_out.test)
    emit({**asdict(report), "notes": list(held_out.notes)}, json, lambda: telling.told_snr(report))


@app.command("run", cls=_CONFIG)
def run(
    log: Annotated[Path | None, typer.Argument(metavar="[LOG]", help="A log; Microsoft Web if none is given.")] = None,
    preset: Preset = "tiny",
    settings: Settings = None,
    seed: Seed = None,
    out: Out = None,
    resume: Resume = False,
    split: Annotated[str | None, typer.Option("--split", help=_HOW, show_default="random")] = None,
    fraction: Annotated[float | None, typer.Option("--fraction", help=_FRACTION, show_default="0.2")] = None,
    columns: Columns = None,
    format: Format = None,
    threshold: Threshold = None,
    json: Json = False,
) -> None:
    """Split a log, train SaD, measure it beside popularity and both own views, report SNR."""
    from humankind.systems.recommendation import telling, workflow

    config = _config(preset, settings, seed)
    made = workflow.split_for_run(log, split, fraction, config.seed, (format, columns, threshold))
    with verb_run("recommendation", config, out, resume) as (opened, progress):
        telling.tell_notes(made.notes, progress)
        result = workflow.run_in(opened, config, made, progress)
    emit(result, json, lambda: telling.told_run(result))


def _rows(items: list[Recommended]) -> list[dict[str, Any]]:
    return [asdict(item) for item in items]
