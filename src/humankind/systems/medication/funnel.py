"""What became of every row of the tables: read, kept, or dropped and why."""

from __future__ import annotations

from humankind.spine.config import Section


class Dropped(Section):
    """Rows left out for one reason."""

    reason: str
    """In words."""
    rows: int
    """How many."""
    first_row: int | None = None
    """Row of the file, header counted as row 1, where it first happened."""
    examples: tuple[str, ...] = ()
    """The most frequent values that met this end."""


class TableFunnel(Section):
    """One table. `rows_in` = `kept` + `repeated` + the rows of every reason."""

    table: str
    """Name of the file."""
    kind: str
    """What its rows are: diagnosis, procedure, drug or visit."""
    rows_in: int
    """Rows of the file."""
    kept: int
    """Rows that gave a visit a code which it had not yet."""
    repeated: int
    """Rows that say once more what an earlier row says (after mapping)."""
    dropped: tuple[Dropped, ...]
    """Reasons, most rows first."""


class Funnel(Section):
    """From tables to a cohort."""

    source: str
    """Layout of the tables."""
    tables: tuple[TableFunnel, ...]
    """In the order they were read."""
    visits_seen: int
    """Visits with at least one kept row."""
    visits_dropped: tuple[Dropped, ...]
    """Visits left out, by reason."""
    visits: int
    """Visits of the cohort."""
    patients: int
    """Patients of the cohort."""
    notes: tuple[str, ...] = ()
    """What a reader of the figures must know."""

    def told(self) -> str:
        """Return the funnel as lines for a person."""
        lines = []
        for table in self.tables:
            share = f" ({table.kept + table.repeated:,} mapped, {table.repeated:,} of them repeats)"
            lines.append(f"{table.table}: {table.rows_in:,} rows -> {table.kept:,} {_PLURAL[table.kind]}{share}")
            lines += [f"  dropped {_shown(part, 'rows')}" for part in table.dropped]
        lines.append(f"visits with any code: {self.visits_seen:,} -> {self.visits:,} of {self.patients:,} patients")
        lines += [f"  dropped {_shown(part, 'visits')}" for part in self.visits_dropped]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])


_PLURAL = {"diagnosis": "diagnoses", "procedure": "procedures", "drug": "drugs", "visit": "visits", "code": "codes"}


def _shown(part: Dropped, what: str) -> str:
    first = f", first in row {part.first_row}" if part.first_row is not None else ""
    examples = f": {', '.join(part.examples)}" if part.examples else ""
    return f"{part.rows:>8,} {what}  {part.reason}{first}{examples}"
