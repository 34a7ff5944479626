"""What every reader of tables hands over: visits with their times, and parts whose rows are kept or have a reason.

A part is lazy; `prepare` collects it, counts what was dropped and puts the cohort together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from humankind.spine.errors import DataError
from humankind.systems.medication.data import Kind
from humankind.systems.medication.funnel import Dropped, TableFunnel
from humankind.systems.medication.tables import ROW, collected, seconds

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Part:
    """The rows of one table. Columns: row, patient, visit, shown (what the table says), kind, code, reason."""

    file: Path
    kind: str
    """What the funnel calls the rows: a kind, or `code` where a table holds several."""
    rows: pl.LazyFrame
    """`reason` is null where the row is kept, then `visit` and `code` are there."""


@dataclass(frozen=True)
class Reading:
    """A whole export."""

    visits: pl.DataFrame
    """Columns patient, visit, time (seconds since 1970, null where unknown); each visit once."""
    parts: tuple[Part, ...]
    tables: tuple[TableFunnel, ...] = ()
    """Funnels of tables that were counted while reading, such as that of the visits."""
    notes: tuple[str, ...] = field(default=())


def mapped(rows: pl.LazyFrame, keys: Sequence[str], file: Path, code_of: Callable[..., str | None]) -> pl.LazyFrame:
    """Return the rows with `code`: what `code_of` says of their keys, asked once for each different combination."""
    import polars as pl

    asked = collected(rows.select(keys).unique(), file)
    codes = pl.Series("code", [code_of(*values) for values in asked.iter_rows()], dtype=pl.String)
    return rows.join(asked.with_columns(codes).lazy(), on=list(keys), how="left", nulls_equal=True)


def part(file: Path, kind: Kind, rows: pl.LazyFrame, visits: pl.DataFrame, reasons: Sequence[pl.Expr]) -> Part:
    """Return the part of rows that have row, patient, visit, shown and code.

    Args:
        file: the table.
        kind: of its codes.
        rows: the rows.
        visits: the known visits; a row of none of them, or of another patient's, is dropped.
        reasons: expressions that say why a row is dropped, null where it is not; asked in this order, after the
            questions about the visit.
    """
    import polars as pl

    known = visits.lazy().select("visit", pl.col("patient").alias("owner"))
    joined = rows.join(known, on="visit", how="left")
    about_visit = (
        pl.when(pl.col("visit").is_null())
        .then(pl.lit("belongs to no visit"))
        .when(pl.col("owner").is_null())
        .then(pl.lit("its visit is not in the table of visits"))
        .when(pl.col("patient").is_not_null() & (pl.col("patient") != pl.col("owner")))
        .then(pl.lit("the table of visits gives its visit to another patient"))
    )
    reason = pl.coalesce(about_visit, *reasons).alias("reason")
    return Part(
        file,
        kind,
        joined.select(
            ROW, pl.col("owner").alias("patient"), "visit", "shown", pl.lit(kind).alias("kind"), "code", reason
        ),
    )


def lacks(column: str, reason: str) -> pl.Expr:
    """Return an expression: the reason where a column is null."""
    import polars as pl

    return pl.when(pl.col(column).is_null()).then(pl.lit(reason))


def read_visits(table: pl.LazyFrame, file: Path, names: dict[str, str]) -> tuple[pl.DataFrame, TableFunnel]:
    """Return the visits of a table and what became of its rows.

    Args:
        table: a scan with the named columns.
        file: where it comes from.
        names: patient, visit, time -> the columns.

    Raises:
        DataError: a time cannot be read or a visit is given to two patients: order would be a guess.
    """
    import polars as pl

    frame = collected(
        table.select(
            ROW,
            pl.col(names["patient"]).alias("patient"),
            pl.col(names["visit"]).alias("visit"),
            pl.col(names["time"]).alias("written"),
            seconds(names["time"]).alias("time"),
        ),
        file,
    )
    whole = frame.drop_nulls(["patient", "visit"])
    _refuse_unreadable_times(whole, file)
    visits = whole.unique("visit", keep="first", maintain_order=True)
    _refuse_two_owners(whole, visits, file)
    n_bad = len(frame) - len(whole)
    funnel = TableFunnel(
        table=file.name,
        kind="visit",
        rows_in=len(frame),
        kept=len(visits),
        repeated=len(whole) - len(visits),
        dropped=(Dropped(reason="has no patient or no visit", rows=n_bad),) if n_bad else (),
    )
    return visits.select("patient", "visit", "time"), funnel


def _refuse_unreadable_times(visits: pl.DataFrame, file: Path) -> None:
    import polars as pl

    wrong = visits.filter(pl.col("time").is_null())
    if len(wrong):
        row = wrong.row(0, named=True)
        raise DataError(
            "the time of a visit is missing or cannot be read",
            found=f"{row['written']!r}" + (f" (and {len(wrong) - 1} more such rows)" if len(wrong) > 1 else ""),
            where=f"{file} row {row[ROW]}",
            expected="a date, or a date and time such as 2014-02-24 14:38:00",
            remedy="mend or drop the row: visits are put in order by time",
        )


def _refuse_two_owners(whole: pl.DataFrame, visits: pl.DataFrame, file: Path) -> None:
    import polars as pl

    owners = visits.select("visit", pl.col("patient").alias("owner"))
    wrong = whole.join(owners, on="visit").filter(pl.col("owner") != pl.col("patient"))
    if len(wrong):
        row = wrong.row(0, named=True)
        raise DataError(
            "a visit belongs to two patients",
            found=f"visit {row['visit']} of patients {row['owner']} and {row['patient']}",
            where=f"{file} row {row[ROW]}",
            expected="one patient for each visit",
        )
