"""`humankind medication`: prepare. Research software, not medical advice."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from humankind.spine.verbs import Json, Settings, emit, new_app, with_settings

app = new_app(
    help="HypeMed: drug sets from visit histories, with similar visits and interactions shown. "
    "Research software, not medical advice.",
    no_args_is_help=True,
)


@app.callback()
def medication() -> None:
    """Keep the verbs below one group, also while there is one verb only."""


@app.command("prepare", cls=with_settings("humankind.systems.medication.prepare_config:PrepareConfig"))
def prepare(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Folder of tables as downloaded; for csv a file.")],
    source: Annotated[str, typer.Option("--from", help="mimic3, mimic4, eicu, omop or csv.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write: the cohort as Parquet and JSON.")],
    settings: Settings = None,
    json: Json = False,
) -> None:
    """Turn hospital tables, or a long CSV patient,visit,time,kind,code, into a cohort; show the funnel."""
    from humankind.systems.medication.prepare import prepare as prepare_cohort
    from humankind.systems.medication.prepare_config import PrepareConfig
    from humankind.systems.medication.store import check_free

    check_free(out)
    made = prepare_cohort(path, source, PrepareConfig.from_preset("small", settings or ()))
    made.save(out)
    facts = {"out": str(out), **made.cohort.facts(), "funnel": made.funnel.model_dump()}
    emit(facts, json, lambda: f"{made.funnel.told()}\ncohort: {out}")
