"""`humankind runs`: what is in the run folders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from humankind.spine.runs import Run, find_runs
from humankind.spine.verbs import Json, emit, new_app

app = new_app(invoke_without_command=True, help="List, show and compare runs.")


@app.callback()
def list_runs(
    ctx: typer.Context,
    root: Annotated[Path, typer.Option("--root", help="Folder that holds the run folders.")] = Path("runs"),
    json: Json = False,
) -> None:
    """List the runs under a folder, newest first."""
    if ctx.invoked_subcommand is not None:
        return
    found = [_row(run) for run in find_runs(root)]
    lines = [f"{row['started']:<26} {row['status']:<12} {row['path']}  {row['command']}" for row in found]
    emit({"runs": found}, json, "\n".join(lines) or f"no runs under {root}/")


@app.command("show")
def show(path: Path, json: Json = False) -> None:
    """Show one run: facts, settings and its last measurements."""
    run = Run.read(path)
    result = {"facts": run.facts, "settings": run.config_values(), "metrics": run.metrics()[-20:]}
    lines = [f"{key:<12} {value}" for key, value in run.facts.items()]
    lines += ["", "settings", *(f"  {key} = {value}" for key, value in _flat(run.config_values()).items())]
    lines += ["", "last measurements", *(f"  {line}" for line in result["metrics"])]
    emit(result, json, "\n".join(lines))


@app.command("compare")
def compare(first: Path, second: Path, json: Json = False) -> None:
    """Show what differs between two runs: settings and last value of every measurement."""
    runs = (Run.read(first), Run.read(second))
    sides = [{**_flat(run.config_values()), **_last(run)} for run in runs]
    keys = list(dict.fromkeys([*sides[0], *sides[1]]))
    differing = {key: [side.get(key) for side in sides] for key in keys if sides[0].get(key) != sides[1].get(key)}
    lines = [f"{key:<36} {_text(a):>24} {_text(b):>24}" for key, (a, b) in differing.items()]
    emit({"differing": differing}, json, "\n".join(lines) or "the runs do not differ")


def _row(run: Run) -> dict[str, Any]:
    return {
        "path": str(run.path),
        **{key: run.facts.get(key, "") for key in ("started", "status", "command")},
    }


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat


def _last(run: Run) -> dict[str, Any]:
    """Return the last value of every number that was measured."""
    last: dict[str, Any] = {}
    for line in run.metrics():
        name = str(line.get("event", line.get("model", "")))
        last |= {
            f"{name}:{key}": value
            for key, value in line.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
    return last


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
