"""Results as a table on the screen, as JSON and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.measure import OURS, Row
from humankind.spine.runs import write_text

COLUMNS = ("", "seconds", "beside ours", "peak", "target", "remarks")


def show(rows: Sequence[Row], remarks: Sequence[str], console: Console) -> None:
    """Print one table a task, then the remarks."""
    for task, group in groupby(rows, key=lambda row: row.task):
        table = Table(title=task, title_justify="left", title_style="bold")
        for column in COLUMNS:
            table.add_column(column, justify="right" if column in COLUMNS[1:4] else "left", overflow="fold")
        for cells in _cells(list(group)):
            table.add_row(*cells)
        console.print(table)
    for remark in remarks:
        console.print(f"- {remark}", markup=False, highlight=False)


def keep(folder: Path, date: str, entry: dict[str, Any]) -> Path:
    """Write one benchmark's entry into the results of a day; an earlier entry of that benchmark is replaced."""
    path = folder / f"{date}.json"
    entries = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    entries = [kept for kept in entries if kept["benchmark"] != entry["benchmark"]] + [entry]
    folder.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(entries, indent=1) + "\n")
    write_text(path.with_suffix(".md"), markdown(date, entries))
    return path


def entry_of(
    name: str, machine: dict[str, Any], when: str, rows: Iterable[Row], remarks: Sequence[str]
) -> dict[str, Any]:
    """Return what is kept of one benchmark."""
    return {
        "benchmark": name,
        "when": when,
        "machine": machine,
        "rows": [asdict(row) for row in rows],
        "remarks": list(remarks),
    }


def markdown(date: str, entries: Sequence[dict[str, Any]]) -> str:
    """Return the results of a day as Markdown."""
    lines = [f"# Benchmarks, {date}", "", "Seconds are medians; each task's rows were measured in turns in one run."]
    for entry in entries:
        lines += ["", f"## {entry['benchmark']}", "", _told(entry["machine"]), ""]
        rows = [Row(**{**row, "runs": tuple(row["runs"])}) for row in entry["rows"]]
        for task, group in groupby(rows, key=lambda row: row.task):
            lines += [f"**{task}**", "", _line(COLUMNS), _line(["---"] * len(COLUMNS))]
            lines += [*(_line(cells) for cells in _cells(list(group))), ""]
        lines += [f"- {remark}" for remark in entry["remarks"]]
    return "\n".join(lines).rstrip() + "\n"


def _told(machine: dict[str, Any]) -> str:
    return "; ".join(f"{name.replace('_', ' ')} {value}" for name, value in machine.items()) + "."


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def _cells(rows: list[Row]) -> list[tuple[str, ...]]:
    """Return the cells of one task's rows; ratios are to our own row where there is just one."""
    ours = [row.seconds for row in rows if row.who.startswith(OURS)]
    base = ours[0] if len(ours) == 1 and len(rows) > 1 else None
    return [
        (
            row.who,
            "" if row.seconds is None else f"{row.seconds:,.2f}{_spread(row.runs)}",
            "" if not base or row.seconds is None or row.who.startswith(OURS) else f"{row.seconds / base:,.1f} x",
            "" if row.peak_bytes is None else f"{row.peak_bytes / 1e9:.2f} GB",
            row.target,
            row.note,
        )
        for row in rows
    ]


def _spread(runs: tuple[float, ...]) -> str:
    return f" ({min(runs):,.2f} to {max(runs):,.2f})" if len(runs) > 1 else ""
