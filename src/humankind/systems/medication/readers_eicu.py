"""eICU: patient, diagnosis, treatment, medication. A visit is a hospital stay; unit stays are joined into it.

Drugs come as names and HICL numbers (ingredient lists). A row takes the drug that its name says; where that says
nothing, the drug that other rows with the same HICL number say most often.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from humankind.systems.medication.codes import icd
from humankind.systems.medication.drugnames import default_names
from humankind.systems.medication.funnel import Dropped, TableFunnel
from humankind.systems.medication.readers import Part, Reading, lacks, mapped, part
from humankind.systems.medication.tables import ROW, Tables, collected

if TYPE_CHECKING:
    import polars as pl

_STAY = "patientunitstayid"


def read_eicu(folder: Path) -> Reading:
    """Return the hospital stays with their codes.

    Args:
        folder: the tables.

    Raises:
        DataError: a table or column is missing, or a file is broken.
    """
    tables = Tables(folder)
    stays, visits, funnel, notes = _stays(tables)
    parts = (
        _diagnoses(tables, stays, visits),
        _treatments(tables, stays, visits),
        _medications(tables, stays, visits),
    )
    return Reading(visits, parts, (funnel,), notes)


def _stays(tables: Tables) -> tuple[pl.DataFrame, pl.DataFrame, TableFunnel, tuple[str, ...]]:
    """Return unit stay -> visit, the visits in order, the funnel of the table and what to know of the order.

    eICU gives no dates, only the year of discharge. Within a year the age tells sometimes; else the order of the file
    stays, and the note says for how many patients that decides.
    """
    import polars as pl

    file = tables.path("patient")
    columns = {"patient": "uniquepid", "visit": "patienthealthsystemstayid", "stay": _STAY}
    named = [pl.col(column).alias(name) for name, column in columns.items()]
    table = collected(
        tables.scan("patient", [*columns.values(), "hospitaldischargeyear", "age"]).select(
            ROW,
            *named,
            pl.col("hospitaldischargeyear").cast(pl.Int64, strict=False).alias("year"),
            pl.col("age").str.extract(r"(\d+)").cast(pl.Int64, strict=False).alias("age"),
        ),
        file,
    )
    whole = table.drop_nulls(["patient", "visit", "stay"])
    once = whole.group_by("visit", maintain_order=True).first().sort("patient", "year", "age", maintain_order=True)
    tied = once.group_by("patient", "year", "age").len().filter(pl.col("len") > 1)["patient"].n_unique()
    # A later stay of the same year gets a later second, so that the order found here is the order of times.
    year = pl.datetime(pl.col("year").fill_null(1970), 1, 1).dt.epoch("s")
    visits = once.select(
        "patient", "visit", (year + pl.int_range(pl.len()).over("patient")).cast(pl.Float64).alias("time")
    )
    n_bad = len(table) - len(whole)
    funnel = TableFunnel(
        table=file.name,
        kind="visit",
        rows_in=len(table),
        kept=len(visits),
        repeated=len(whole) - len(visits),
        dropped=(Dropped(reason="has no patient, hospital stay or unit stay", rows=n_bad),) if n_bad else (),
    )
    note = f"eICU does not say in which order the stays of {tied} patients were; they stand as in the file"
    return whole.select("stay", "visit"), visits, funnel, (note,) if tied else ()


def _of_stays(tables: Tables, name: str, columns: list[str], stays: pl.DataFrame) -> pl.LazyFrame:
    """Return the rows of a table with the hospital stay that their unit stay belongs to."""
    import polars as pl

    rows = tables.scan(name, [_STAY, *columns]).rename({_STAY: "stay"})
    return rows.join(stays.lazy(), on="stay", how="left").with_columns(pl.lit(None, pl.String).alias("patient"))


def _diagnoses(tables: Tables, stays: pl.DataFrame, visits: pl.DataFrame) -> Part:
    import polars as pl

    file, kind = tables.path("diagnosis"), "diagnosis"
    rows = _of_stays(tables, "diagnosis", ["icd9code"], stays).with_columns(pl.col("icd9code").alias("shown"))
    return part(
        file,
        kind,
        mapped(rows, ["shown"], file, first_icd),
        visits,
        (lacks("shown", "has no ICD code"), lacks("code", "is not an ICD code")),
    )


def first_icd(text: str | None) -> str | None:
    """Return the ICD-9 code of a cell that names one diagnosis in both versions, else its ICD-10 code.

    >>> first_icd("253.2, E23.0"), first_icd("I50.9"), first_icd("sepsis")
    ('ICD9CM:253.2', 'ICD10CM:I50.9', None)
    """
    written = [part.strip() for part in (text or "").split(",")]
    for system in ("ICD9CM", "ICD10CM"):
        for code in written:
            found = icd(code, system)
            if found is not None:
                return found
    return None


def _treatments(tables: Tables, stays: pl.DataFrame, visits: pl.DataFrame) -> Part:
    """Return the treatments; eICU names them by a path of words, which is kept as their tree."""
    import polars as pl

    file, kind = tables.path("treatment"), "procedure"
    shown = pl.col("treatmentstring").alias("shown")
    rows = _of_stays(tables, "treatment", ["treatmentstring"], stays).with_columns(
        shown, ("EICU:" + pl.col("treatmentstring").str.to_lowercase()).alias("code")
    )
    return part(file, kind, rows, visits, (lacks("code", "names no treatment"),))


def _medications(tables: Tables, stays: pl.DataFrame, visits: pl.DataFrame) -> Part:
    import polars as pl

    file, kind = tables.path("medication"), "drug"
    columns = ["drugname", "drughiclseqno", "drugordercancelled"]
    rows = _of_stays(tables, "medication", columns, stays).with_columns(
        pl.col("drugname").alias("shown"),
        pl.col("drughiclseqno").cast(pl.Float64, strict=False).cast(pl.Int64, strict=False).alias("hicl"),
    )
    names = default_names()
    rows = mapped(rows, ["drugname"], file, names.find).rename({"code": "by_name"})
    by_hicl = (
        rows.drop_nulls(["hicl", "by_name"])
        .group_by("hicl", "by_name")
        .len()
        .sort("len", "by_name", descending=[True, False])
        .group_by("hicl", maintain_order=True)
        .agg(pl.col("by_name").first().alias("by_hicl"))
    )
    rows = rows.join(by_hicl, on="hicl", how="left").with_columns(pl.coalesce("by_name", "by_hicl").alias("code"))
    nothing = pl.col("shown").is_null() & pl.col("hicl").is_null()
    cancelled = pl.col("drugordercancelled").str.to_lowercase() == "yes"
    reasons = (
        pl.when(cancelled).then(pl.lit("its order was cancelled")),
        pl.when(nothing).then(pl.lit("has neither a name nor an HICL number")),
        lacks("code", "names no substance that ATC lists, nor do others with its HICL number"),
    )
    return part(file, kind, rows, visits, reasons)
