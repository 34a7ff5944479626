"""A long CSV, one code a row: patient, visit, time, kind, code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from humankind.spine.errors import DataError
from humankind.systems.medication.codes import written_code
from humankind.systems.medication.data import Kind
from humankind.systems.medication.drugmap import default_map
from humankind.systems.medication.readers import Part, Reading
from humankind.systems.medication.tables import ROW, collected, scan_table, seconds

if TYPE_CHECKING:
    import polars as pl

KIND_NAMES: dict[str, Kind] = {
    "diagnosis": "diagnosis",
    "diagnoses": "diagnosis",
    "dx": "diagnosis",
    "condition": "diagnosis",
    "procedure": "procedure",
    "procedures": "procedure",
    "px": "procedure",
    "drug": "drug",
    "drugs": "drug",
    "medication": "drug",
    "med": "drug",
    "rx": "drug",
}
"""What a row may call its kind, in any case."""


def read_csv(file: Path) -> Reading:
    """Return what a long table says; a drug may be an ATC code, an NDC or a GSN (`GSN:001723`).

    A visit's time is the earliest that its rows give.

    Args:
        file: CSV or TSV, plain or gzipped, or Parquet; the column `time` may be missing.

    Raises:
        DataError: a column is missing, or a time cannot be read.
    """
    import polars as pl

    if not file.is_file():
        raise DataError(
            "a folder was given where a file is needed" if file.is_dir() else "there is no such file",
            found=file,
            expected="a CSV with columns patient, visit, kind, code",
        )
    scan = scan_table(file, ("patient", "visit", "kind", "code"), optional=("time",))
    number = pl.col("time").cast(pl.Float64, strict=False)
    number = pl.when(number.is_finite()).then(number)
    table = collected(scan.with_columns(pl.coalesce(number, seconds("time")).alias("seconds")), file)
    _refuse_unreadable_times(table, file)
    kinds = pl.col("kind").str.to_lowercase().replace_strict(KIND_NAMES, default=None, return_dtype=pl.String)
    rows = table.with_columns(kinds.alias("known"), pl.col("code").alias("shown"))
    asked = rows.select("shown", "known").unique()
    codes = pl.Series("code", [_code(*pair) for pair in asked.iter_rows()], dtype=pl.String)
    rows = rows.drop("code").join(asked.with_columns(codes), on=["shown", "known"], how="left", nulls_equal=True)
    reason = pl.coalesce(
        pl.when(pl.col("patient").is_null() | pl.col("visit").is_null()).then(pl.lit("has no patient or no visit")),
        pl.when(pl.col("known").is_null()).then(pl.lit("its kind is not diagnosis, procedure or drug")),
        pl.when(pl.col("shown").is_null()).then(pl.lit("has no code")),
        pl.when(pl.col("code").is_null() & (pl.col("known") == "drug")).then(
            pl.lit("is neither an ATC code nor a number in the drug map")
        ),
        pl.when(pl.col("code").is_null()).then(
            pl.lit("may be ICD-9 or ICD-10: write the system in front, as in ICD9CM:V10.1")
        ),
    )
    rows = rows.with_columns(reason.alias("reason")).sort(ROW)
    visits = rows.drop_nulls(["patient", "visit"]).group_by("patient", "visit", maintain_order=True)
    part = Part(
        file,
        "code",
        rows.lazy().select(ROW, "patient", "visit", "shown", pl.col("known").alias("kind"), "code", "reason"),
    )
    return Reading(visits.agg(pl.col("seconds").min().alias("time")), (part,))


def _code(text: str | None, kind: Kind | None) -> str | None:
    if text is None or kind is None:
        return None
    if kind != "drug":
        return written_code(text, kind)
    atc = written_code(text, "drug")
    if atc is not None:
        return atc
    front, colon, number = text.upper().partition(":")
    if colon and front.strip() == "GSN":
        return default_map().atc(number, None)
    return default_map().of_ndc(number if colon and front.strip() == "NDC" else text)


def _refuse_unreadable_times(table: pl.DataFrame, file: Path) -> None:
    import polars as pl

    wrong = table.filter(pl.col("time").is_not_null() & pl.col("seconds").is_null())
    if len(wrong):
        row = wrong.row(0, named=True)
        raise DataError(
            "a time cannot be read",
            found=f"{row['time']!r}" + (f" (and {len(wrong) - 1} more such rows)" if len(wrong) > 1 else ""),
            where=f"{file} row {row[ROW]}",
            expected="a number, a date, or a date and time such as 2014-02-24 14:38:00",
            remedy="mend the row, or leave the column out: visits then stay in the order of the file",
        )
