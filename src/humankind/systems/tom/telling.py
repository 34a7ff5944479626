"""What the verbs say to a person: plain text from figures, audits and stories."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from humankind.spine.evidence import Table
from humankind.systems.tom.audit import Audit
from humankind.systems.tom.data import counted
from humankind.systems.tom.evaluate import Evaluation, Lengths, Score
from humankind.systems.tom.study import Study

_SHOWN = 5


def told_evaluation(found: Evaluation) -> str:
    """Return the figures of an evaluation."""
    overall = found.overall
    ways = ", ".join(f"{way} {number}" for way, number in found.ways.items())
    lines = [
        f"{found.model} on {found.suite}, policy {found.policy}",
        f"{overall.n:,} of {counted(found.n_suite, 'question')} asked; choices read by {ways}",
        "",
        f"{'':<34}{'n':>6} {'scored':>7}  accuracy  95 % interval     chance",
        _row("all", overall),
    ]
    for facet, values in found.by.items():
        lines += [facet, *(_row(f"  {value}", one) for value, one in values.items())]
    if found.unscored:
        reasons = sorted(found.unscored.items(), key=lambda pair: -pair[1])
        lines += ["", "unscored:", *(f"  {number:>5} {reason}" for reason, number in reasons)]
    lines += ["", "tokens a reply (mean, median, 90 %):", *(_length(name, one) for name, one in found.lengths.items())]
    return "\n".join(lines)


def _row(name: str, one: Score) -> str:
    counts = f"{name[:33]:<34}{one.n:>6} {one.scored:>7}"
    if one.accuracy is None:
        return f"{counts}         -                      {one.chance:.4f}"
    known = one.low is not None and one.high is not None
    interval = f"[{one.low:.4f}, {one.high:.4f}]" if known else "(one story)"
    return f"{counts}    {one.accuracy:.4f}  {interval:<17} {one.chance:.4f}"


def _length(name: str, one: Lengths) -> str:
    if one.mean is None:
        return f"  {name:<9} not told"
    return f"  {name:<9} {one.mean:8.1f} {one.median:8.1f} {one.p90:8.1f}   of {counted(one.n, 'reply', 'replies')}"


def told_audit(found: Audit) -> str:
    """Return what an audit found."""
    lines = [f"{found.suite}: {found.title}", f"{counted(found.n_questions, 'question')}, chance {found.chance:.4f}"]
    if found.mended:
        lines += ["", "mended while reading; the files are as they were:", *(f"  {note}" for note in found.mended)]
    lines += ["", "looked for:"]
    for check in found.checks:
        lines.append(
            f"  {check.found:>5} of {check.of:<5} {check.name}" + (f": {check.meaning}" if check.found else "")
        )
        if check.found:
            lines.append(f"{'':17}{', '.join(check.examples[:_SHOWN])}{' ...' if len(check.examples) > _SHOWN else ''}")
    for table in found.tables:
        lines += ["", *_table(table)]
    if found.conflicts:
        lines += ["", f"{counted(len(found.conflicts), 'conflicting label')}; --json or --out lists them all"]
    return "\n".join(lines)


def _table(table: Table) -> list[str]:
    """Return a table as lines, columns as wide as what stands in them."""
    cells = [table.columns, *(tuple(_cell(value) for value in row) for row in table.rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(table.columns))]
    lines = ["  ".join(value.ljust(width) for value, width in zip(row, widths)).rstrip() for row in cells]
    return [f"{table.title}:", *(f"  {line}" for line in lines), *([f"  ({table.note})"] if table.note else [])]


def _cell(value: str | float | int | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) >= 1e-4 or value == 0 else f"{value:.1e}"
    return str(value)


def told_stories(made: dict[str, Any]) -> str:
    """Return what was written."""
    orders = ", ".join(f"{number} of order {order}" for order, number in made["orders"].items())
    return (
        f"{counted(made['questions'], 'question')} about {counted(made['stories'], 'story', 'stories')}: {orders}\n"
        f"written to {made['out']}"
    )


def told_study(found: Study, folder: Path | None) -> str:
    """Return the figures and tables of a study; plots lie in its run folder, where one was kept."""
    lines: list[str] = []
    for figure in found.figures:
        known = figure.low is not None and figure.high is not None
        interval = f"  [{figure.low:.4f}, {figure.high:.4f}]" if known else "  (no interval)"
        lines.append(f"{figure.value:+.4f}{interval}  {figure.label}")
    for table in found.tables:
        lines += ["", *_table(table)]
    lines += ["", *found.remarks] if found.remarks else []
    if folder is not None and found.charts:
        lines += ["", f"{counted(len(found.charts), 'plot')} in {folder}/artifacts/"]
    return "\n".join(lines).lstrip("\n")
