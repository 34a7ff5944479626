"""Writes `report.html` from what lies in a run folder, and from nothing else.

It reads run.json, config.json, metrics.jsonl, artifacts/cards.json and, for each system, evidence.json or
error.json under artifacts/<noun>/. A figure that is not there is not on the page; the same folder gives the
same bytes. The page stands alone: no script, no request, drawings and style inside.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from humankind.spine import charts
from humankind.spine.cards import Card, Claim
from humankind.spine.errors import DataError, RunError
from humankind.spine.evidence import NEEDS, NOT_SUPPORTED, SUPPORTED, Evidence, Figure, Finding, Table
from humankind.spine.numerals import column_decimals, decimals_for, write
from humankind.spine.runs import Run, write_text

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

PROMISE = "AI that understands people, adapts to them and keeps them safe."

# What a system is in a run folder.
RAN, FAILED, NOT_RUN, NOT_BUILT = "ran", "failed", "not run in this folder", "announced, not built yet"

_CARDS: TypeAdapter[tuple[Card, ...]] = TypeAdapter(tuple[Card, ...])


@dataclass(frozen=True)
class Drawing:
    """A chart ready for the page; `problem` says why there is no drawing."""

    title: str
    svg: Markup
    note: str
    problem: str = ""


@dataclass(frozen=True)
class ClaimRow:
    """A claim of the card beside what this run found about it, if anything."""

    claim: Claim
    finding: Finding | None

    @property
    def figures(self) -> tuple[Figure, ...]:
        return self.finding.figures if self.finding else ()

    @property
    def baselines(self) -> tuple[Figure, ...]:
        return self.finding.baselines if self.finding else ()


@dataclass(frozen=True)
class SystemPart:
    """All that the page says of one system."""

    card: Card
    state: str
    rows: tuple[ClaimRow, ...]
    evidence: Evidence | None
    drawings: tuple[Drawing, ...]
    error: dict[str, str]
    seconds: float | None

    def count(self, verdict: str) -> int:
        """Return how many claims have this verdict."""
        return sum(row.finding is not None and row.finding.verdict == verdict for row in self.rows)

    @property
    def n_untested(self) -> int:
        return sum(row.finding is None for row in self.rows)


def save_cards(run: Run, cards: Iterable[Card]) -> None:
    """Write the cards into the run folder, so that its report can be made without the package's state."""
    text = _CARDS.dump_json(tuple(cards), indent=1).decode() + "\n"
    write_text(run.artifacts / "cards.json", text)


def write_report(run_folder: Path | str) -> Path:
    """Write `report.html` into a run folder and return its path.

    Raises:
        RunError: the folder is no run, or holds no cards.
    """
    run = Run.read(run_folder)
    parts = tuple(_part(run, card) for card in _load_cards(run))
    page = _environment().get_template("report.html.j2").render(
        promise=PROMISE, run=run.facts, preset=_preset(run), parts=parts, totals=_totals(parts),
        n_ran=sum(part.state == RAN for part in parts), seconds=_total_seconds(parts),
    )  # fmt: skip
    path = run.path / "report.html"
    write_text(path, page)
    return path


# -- reading the folder ------------------------------------------------------------------------------------


def _load_cards(run: Run) -> tuple[Card, ...]:
    path = run.artifacts / "cards.json"
    try:
        return _CARDS.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        raise RunError(
            "this run folder holds no cards, so there is nothing to report on",
            where=path,
            expected="a folder made by `humankind reproduce`",
        ) from None


def _part(run: Run, card: Card) -> SystemPart:
    folder = run.artifacts / card.noun
    evidence, error = _load_evidence(folder / "evidence.json")
    error = error or ({} if evidence else _load_error(folder / "error.json"))
    if evidence is not None:
        state = RAN
    elif error:
        state = FAILED
    else:
        state = NOT_RUN if card.built else NOT_BUILT
    return SystemPart(
        card=card,
        state=state,
        rows=_rows(card, evidence),
        evidence=evidence,
        drawings=_drawings(card.noun, evidence),
        error=error,
        seconds=_seconds(run, card.noun),
    )


def _load_evidence(path: Path) -> tuple[Evidence | None, dict[str, str]]:
    if not path.exists():
        return None, {}
    try:
        return Evidence.model_validate_json(path.read_bytes()), {}
    except ValidationError as problem:
        return None, {
            "problem": "the evidence in this folder cannot be read",
            "found": str(problem.errors()[0]["msg"]),
        }


def _load_error(path: Path) -> dict[str, str]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _rows(card: Card, evidence: Evidence | None) -> tuple[ClaimRow, ...]:
    """Pair the claims with their findings; a finding without a claim on the card is shown, not dropped."""
    findings = {finding.claim: finding for finding in (evidence.findings if evidence else ())}
    rows = [ClaimRow(claim, findings.pop(claim.id, None)) for claim in card.claims]
    rows += [ClaimRow(Claim(id=name, text=name, measure=""), finding) for name, finding in findings.items()]
    return tuple(rows)


def _drawings(noun: str, evidence: Evidence | None) -> tuple[Drawing, ...]:
    from markupsafe import Markup

    drawings = []
    for number, chart in enumerate(evidence.charts if evidence else (), start=1):
        try:
            # charts.svg builds the element from an XML tree, which escapes every text in it. The page shows one of
            # the two, as wide as its window is.
            both = [charts.svg(chart, f"{noun}-{number}-{s.name}", s) for s in (charts.WIDE, charts.NARROW)]
            drawing = Drawing(chart.title, Markup("".join(both)), chart.note)
        except DataError as problem:
            drawing = Drawing(chart.title, Markup(""), chart.note, str(problem))
        drawings.append(drawing)
    return tuple(drawings)


def _seconds(run: Run, noun: str) -> float | None:
    """Return the time spent on a system over all resumptions, None where none was logged."""
    spent = [line["seconds"] for line in run.metrics() if line.get("event") == "system" and line["system"] == noun]
    return sum(spent) if spent else None


def _total_seconds(parts: Iterable[SystemPart]) -> float | None:
    spent = [part.seconds for part in parts if part.seconds is not None]
    return sum(spent) if spent else None


def _preset(run: Run) -> str:
    return str(run.config_values().get("preset", ""))


def _totals(parts: Iterable[SystemPart]) -> Counter[str]:
    """Return how many claims were tested, and how many have each verdict."""
    totals: Counter[str] = Counter()
    for part in parts:
        totals["claims"] += len(part.rows)
        for row in part.rows:
            if row.finding is not None:
                totals["tested"] += 1
                totals[row.finding.verdict] += 1
    return totals


# -- words for the page ------------------------------------------------------------------------------------


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words: dict[str, Any] = {
        "SUPPORTED": SUPPORTED, "NOT_SUPPORTED": NOT_SUPPORTED, "NEEDS": NEEDS,
        "RAN": RAN, "FAILED": FAILED, "NOT_RUN": NOT_RUN, "NOT_BUILT": NOT_BUILT,
    }  # fmt: skip
    environment.globals.update(words)
    environment.filters.update(
        moment=_moment,
        duration=duration,
        digits=_digits,
        percent=_percent,
        cells=_cells,
        columns=_columns,
        missing=_missing,
        link=_link,
    )
    return environment


def _moment(stamp: str) -> str:
    """Return `2026-03-01T09:05:00+00:00` as `1 March 2026, 09:05 UTC`."""
    time = datetime.fromisoformat(stamp)
    return f"{time.day} {time:%B %Y, %H:%M} {time.tzname() or ''}".strip()


def duration(seconds: float) -> str:
    """Return a length of time as a person says it.

    >>> duration(4.24), duration(75), duration(3780)
    ('4.2 s', '1 min 15 s', '1 h 3 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _digits(value: float, figure: Figure) -> str:
    return write(value, decimals_for(figure.value, figure.low, figure.high))


def _percent(level: float) -> str:
    return f"{100 * level:g} %"


def _missing(finding: Finding) -> str:
    """Return what a claim needs: the first word of its note, which is data, GPU or model."""
    word = (finding.note.split() or [""])[0].strip(":,.;")
    return word if word.lower() in {"data", "gpu", "model"} else ""


def _link(reference: str) -> str:
    """Return the address of a paper's arXiv number or DOI, empty where it is neither."""
    if reference.startswith("arXiv:"):
        return f"https://arxiv.org/abs/{reference.removeprefix('arXiv:')}"
    if reference.startswith("10."):
        return f"https://doi.org/{reference}"
    return ""


@dataclass(frozen=True)
class _Column:
    title: str
    numeric: bool
    decimals: int


def _columns(table: Table) -> list[_Column]:
    """Return what the cells of each column share: a side to stand on and, for numbers, their decimals."""
    columns = []
    for place, title in enumerate(table.columns):
        values = [row[place] for row in table.rows if place < len(row) and row[place] is not None]
        numeric = bool(values) and not any(isinstance(value, str) for value in values)
        columns.append(_Column(title, numeric, column_decimals(v for v in values if isinstance(v, float))))
    return columns


def _cells(table: Table) -> list[list[tuple[Any, str]]]:
    """Return rows of (value, text)."""
    columns = _columns(table)
    return [[(value, _cell(value, column.decimals)) for value, column in zip(row, columns)] for row in table.rows]


def _cell(value: str | float | None, decimals: int) -> str:
    if value is None:
        return "\N{EN DASH}"
    if isinstance(value, str):
        return value
    return write(value, decimals if isinstance(value, float) else 0)
