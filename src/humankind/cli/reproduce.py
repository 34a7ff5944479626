"""`humankind reproduce`: runs the experiment behind every claim and writes one report.

A claim that is not supported is a result, with exit code 0; `--resume` goes on with an interrupted run.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated

import typer

_INTERRUPTED = 130


def command(
    systems: Annotated[
        list[str] | None,
        typer.Argument(metavar="SYSTEM", help="Systems to run; all built ones if none is named."),
    ] = None,
    preset: Annotated[str | None, typer.Option("--preset", help="tiny, small or paper.", show_default="tiny")] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, help="Seed of every random stream.", show_default="0"),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Run folder.", show_default="runs/reproduce-<time>")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Run the experiment behind every claim and write one HTML report."""
    from humankind.cli import experiments
    from humankind.cli.outcomes import as_json, summary
    from humankind.spine.progress import for_person
    from humankind.spine.report import write_report
    from humankind.spine.runs import new_path
    from humankind.systems import cards

    known = cards()
    given = experiments.given_settings(known, systems, preset, seed)
    config = experiments.resumed_config(out, given) if resume else experiments.new_config(known, given)
    folder = out or new_path("reproduce")
    try:
        with for_person() as progress:
            outcomes = experiments.reproduce(folder, config, known, resume, progress)
    except KeyboardInterrupt:
        again = f"humankind reproduce --resume --out {shlex.quote(str(folder))}"
        typer.echo(f"\nInterrupted. What was finished is kept; to go on:\n  {again}", err=True)
        report = write_report(folder) if (folder / "artifacts" / "cards.json").exists() else ""
        if json_:
            stopped = {"run": str(folder), "report": str(report), "status": "interrupted", "resume": again}
            typer.echo(json.dumps(stopped))
        raise typer.Exit(_INTERRUPTED) from None
    report = write_report(folder)
    exit_code = max((outcome.exit_code for outcome in outcomes), default=0)
    if json_:
        typer.echo(json.dumps(as_json(folder, report, outcomes, known, exit_code), ensure_ascii=False))
    else:
        for line in summary(outcomes, known):
            typer.echo(line)
        typer.echo(f"report: {report}")
    if exit_code:
        raise typer.Exit(exit_code)
