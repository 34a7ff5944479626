"""`humankind medication`: prepare, train, evaluate, recommend, explain, ablate. Research, not medical advice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    from humankind.systems.medication.config import HypeMedConfig

app = new_app(
    help="HypeMed: drug sets from visit histories, with similar visits and interactions shown. "
    "Research software, not medical advice.",
    no_args_is_help=True,
)

_CONFIG = with_settings("humankind.systems.medication.config:HypeMedConfig")
_LAYOUTS = "mimic3, mimic4, eicu, omop or csv"

CohortPath = Annotated[Path, typer.Argument(metavar="COHORT", help="Folder that `prepare` wrote, or tables (--from).")]
Model = Annotated[Path, typer.Argument(metavar="MODEL", help="Folder that `train --out` wrote.")]
PatientPath = Annotated[
    Path, typer.Argument(metavar="VISITS", help="JSON list of one patient's visits, or what `train` takes.")
]
Source = Annotated[str | None, typer.Option("--from", help=f"Layout of raw tables: {_LAYOUTS}.")]
Ddi = Annotated[
    str | None,
    typer.Option(
        "--ddi", metavar="CSV", help="Interacting pairs: atc_a, atc_b[, severity, source]; `none` for no list."
    ),
]
Target = Annotated[
    float | None,
    typer.Option("--target-ddi", min=0, max=1, help="Share of interacting pairs to stay at or under, such as .06."),
]


def _config(preset: str, settings: list[str] | None, seed: int | None) -> HypeMedConfig:
    from humankind.systems.medication.config import HypeMedConfig

    return HypeMedConfig.from_preset(preset, settings or (), seed)


@app.command("prepare", cls=with_settings("humankind.systems.medication.prepare_config:PrepareConfig"))
def prepare(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Folder of tables as downloaded; for csv a file.")],
    source: Annotated[str, typer.Option("--from", help=f"{_LAYOUTS[0].upper()}{_LAYOUTS[1:]}.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write: the cohort as Parquet and JSON.")],
    settings: Settings = None,
    json: Json = False,
) -> None:
    """Turn hospital tables, or a long CSV patient,visit,time,kind,code, into a cohort; show the funnel."""
    from humankind.systems.medication.prepare import prepare as prepare_cohort
    from humankind.systems.medication.prepare_config import PrepareConfig
    from humankind.systems.medication.store import check_free

    check_free(out)
    config = PrepareConfig.from_preset("small", settings or ())
    with about(path):
        made = prepare_cohort(path, source, config)
    made.save(out)
    facts = {"out": str(out), **made.cohort.facts(), "funnel": made.funnel.model_dump()}
    emit(facts, json, lambda: f"{made.funnel.told()}\ncohort: {out}")


@app.command("train", cls=_CONFIG)
def train(
    cohort: CohortPath,
    preset: Preset = "small",
    settings: Settings = None,
    seed: Seed = None,
    out: Out = None,
    resume: Resume = False,
    source: Source = None,
    ddi: Ddi = None,
    json: Json = False,
) -> None:
    """Pre-train MedRep and train SimMR on 70 % of the patients, chosen on 10 %; 20 % stay aside for `evaluate`."""
    from humankind.systems.medication import telling, workflow

    config = _config(preset, settings, seed)
    whole = workflow.read(cohort, source)
    pairs = workflow.interactions(whole, ddi)
    with verb_run("medication", config, out, resume) as (run, progress):
        model = workflow.train_in(run, config, whole, pairs, progress)
        result = {"model": str(run.path), **workflow.choices_of(model)}
    emit(result, json, lambda: telling.told_training(result))


@app.command("evaluate")
def evaluate(
    model: Model,
    cohort: CohortPath,
    baselines: Annotated[
        str, typer.Option("--baselines", help="Trained beside it: `all`, or names with commas between them.")
    ] = "",
    target_ddi: Target = None,
    source: Source = None,
    json: Json = False,
) -> None:
    """Measure a model on patients it never saw: ten rounds over patients, both interaction rates, intervals."""
    from humankind.spine.progress import for_person
    from humankind.systems.medication import measuring, telling, workflow
    from humankind.systems.medication.tuned import NAMES

    loaded = workflow.load_model(model)
    unseen = workflow.unseen(model, loaded, workflow.read(cohort, source))
    held = measuring.held_out(loaded.training, loaded.ddi, unseen)
    names = NAMES if baselines == "all" else [name.strip() for name in baselines.split(",") if name.strip()]
    with for_person() as progress:
        result = measuring.measure(loaded, held, names, target_ddi, progress)
    emit(result, json, lambda: telling.told_figures(result))


@app.command("recommend")
def recommend(
    model: Model,
    visits: PatientPath,
    patient: Annotated[
        list[str] | None, typer.Option("--patient", help="Id of a patient of a cohort; may be repeated. Default: all.")
    ] = None,
    every: Annotated[bool, typer.Option("--every-visit", help="For each visit, not for the last one only.")] = False,
    target_ddi: Target = None,
    source: Source = None,
    json: Json = False,
) -> None:
    """Suggest drugs for a patient's last visit; what was given at it is not looked at."""
    from humankind.systems.medication import telling, workflow

    loaded = workflow.load_model(model)
    result = workflow.recommend(loaded, workflow.read_visits(visits, source, patient or ()), target_ddi, every)
    emit(result, json, lambda: telling.told_recommendation(result))


@app.command("explain")
def explain(
    model: Model,
    visits: PatientPath,
    patient: Annotated[str | None, typer.Option("--patient", help="Id, where a cohort has several patients.")] = None,
    top: Annotated[int, typer.Option("-k", "--top", min=1, help="Drugs told of for each thing left out.")] = 3,
    source: Source = None,
    json: Json = False,
) -> None:
    """Show what a suggestion rests on: similar visits, the gate, interactions, and what each known code moves."""
    from humankind.systems.medication import telling, workflow

    loaded = workflow.load_model(model)
    result = workflow.explain(loaded, workflow.read_visits(visits, source, [patient] if patient else ()), top)
    emit(result, json, lambda: telling.told_explanation(result))


@app.command("ablate", cls=_CONFIG)
def ablate(
    cohort: CohortPath,
    only: Annotated[
        str, typer.Option("--only", help="Variants with commas between them.", show_default="all")
    ] = "no-pretraining,pairs,no-knowledge,history,retrieval",
    preset: Preset = "small",
    settings: Settings = None,
    seed: Seed = None,
    out: Out = None,
    resume: Resume = False,
    source: Source = None,
    ddi: Ddi = None,
    json: Json = False,
) -> None:
    """Train the full model and variants with one part switched off; compare them patient by patient."""
    from humankind.spine.errors import ConfigError
    from humankind.systems.medication import ablating, telling, variants, workflow

    config = _config(preset, settings, seed)
    names = [name.strip() for name in only.split(",") if name.strip()]
    if not names:
        raise ConfigError(
            "no variant is named", found=repr(only), where="--only", expected=", ".join(variants.ABLATIONS)
        )
    for name in names:
        variants.changed(config, name)  # a misspelt one is refused before any work
    whole = workflow.read(cohort, source)
    pairs = workflow.interactions(whole, ddi)
    with verb_run("medication", config, out, resume) as (run, progress):
        result = ablating.ablate_in(run, config, whole, pairs, names, progress)
    emit(result, json, lambda: telling.told_ablation(result))
