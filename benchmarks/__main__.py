"""`python -m benchmarks [NAME ...] [--quick] [--runs N] [--out FOLDER]`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import als, end_to_end, fsslim, lists, llm, medication, neighbours, privacy_steps, scale, tom_rules
from benchmarks.measure import Plan, Row, machine
from benchmarks.results import entry_of, keep, show

BENCHMARKS: dict[str, Callable[[Plan], Iterator[Row | str]]] = {
    module.NAME: module.run
    for module in (neighbours, fsslim, als, lists, end_to_end, scale, llm, medication, tom_rules, privacy_steps)
}
RESULTS = Path(__file__).parent / "results"


def main(
    names: Annotated[
        list[str] | None, typer.Argument(help=f"Any of {', '.join(BENCHMARKS)}; all if none is named.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Tiny data; nothing is written unless --out is given.")
    ] = False,
    runs: Annotated[int, typer.Option(min=1, help="Runs of each short task; the median counts.")] = 3,
    out: Annotated[Path | None, typer.Option(help="Folder of the results.", show_default=str(RESULTS.name))] = None,
) -> None:
    """Measure speed and memory beside other libraries."""
    unknown = sorted(set(names or ()) - set(BENCHMARKS))
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: there are {', '.join(BENCHMARKS)}")
    folder = out or (None if quick else RESULTS)
    warnings.filterwarnings("ignore", message="Method expects CSR input")  # implicit about a matrix of its own
    console = Console(width=None if Console().is_terminal else 160)
    plan = Plan(quick, runs)
    for name in names or BENCHMARKS:
        _one(name, plan, folder, console)


def _one(name: str, plan: Plan, folder: Path | None, console: Console) -> None:
    now, facts = datetime.now().astimezone(), machine()
    if facts.get("load_at_start") and facts["load_at_start"] > 1:
        console.print(f"the machine is busy (load {facts['load_at_start']}); figures will be slow", style="yellow")
    console.rule(name)
    rows: list[Row] = []
    remarks: list[str] = []
    for found in BENCHMARKS[name](plan):
        if isinstance(found, str):
            remarks.append(found)
            continue
        rows.append(found)
        if found.seconds is not None:
            console.print(f"{found.task}: {found.who} {found.seconds:.2f} s", style="dim", highlight=False)
    show(rows, remarks, console)
    if folder is not None:
        entry = entry_of(name, facts, now.isoformat(timespec="seconds"), rows, remarks)
        console.print(f"kept in {keep(folder, now.date().isoformat(), entry)}", highlight=False)


if __name__ == "__main__":
    typer.run(main)
