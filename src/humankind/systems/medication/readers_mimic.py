"""MIMIC-III and MIMIC-IV: admissions, diagnoses_icd, procedures_icd, prescriptions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from humankind.systems.medication.codes import icd, system_named
from humankind.systems.medication.data import Kind
from humankind.systems.medication.drugmap import default_map
from humankind.systems.medication.readers import Part, Reading, lacks, mapped, part, read_visits
from humankind.systems.medication.tables import ROW, Tables, seconds

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Layout:
    """What differs between the two versions."""

    code: str
    """Column of the ICD code."""
    version: str | None
    """Column that says 9 or 10; None where all codes are ICD-9."""
    started: str
    """Column of the start of a prescription."""


MIMIC3 = Layout(code="icd9_code", version=None, started="startdate")
MIMIC4 = Layout(code="icd_code", version="icd_version", started="starttime")
_NAMES = {"patient": "subject_id", "visit": "hadm_id", "time": "admittime"}
_ID_COLUMNS = ("subject_id", "hadm_id")


def read_mimic3(folder: Path, first_hours: float) -> Reading:
    """Return what a folder of MIMIC-III tables says; see `read_mimic`."""
    return read_mimic(folder, MIMIC3, first_hours)


def read_mimic4(folder: Path, first_hours: float) -> Reading:
    """Return what a folder of MIMIC-IV tables says; see `read_mimic`."""
    return read_mimic(folder, MIMIC4, first_hours)


def read_mimic(folder: Path, layout: Layout, first_hours: float) -> Reading:
    """Return the admissions with their codes.

    Args:
        folder: the tables, or the folder above `hosp`.
        layout: of the version.
        first_hours: keep prescriptions that start within so many hours of admission; 0 keeps all.

    Raises:
        DataError: a table or column is missing, a file is broken, or an admission has no time.
    """
    tables = Tables(folder, below=("hosp",))
    admissions = tables.scan("admissions", _NAMES.values())
    visits, funnel = read_visits(admissions, tables.path("admissions"), _NAMES)
    parts = (
        _icd_part(tables, "diagnoses_icd", "diagnosis", layout, visits),
        _icd_part(tables, "procedures_icd", "procedure", layout, visits),
        _drug_part(tables, layout, visits, first_hours),
    )
    return Reading(visits, parts, (funnel,))


def _icd_part(tables: Tables, name: str, kind: Kind, layout: Layout, visits: pl.DataFrame) -> Part:
    import polars as pl

    file = tables.path(name)
    versions = [layout.version] if layout.version else []
    rows = tables.scan(name, [*_ID_COLUMNS, layout.code, *versions]).select(
        ROW,
        pl.col("subject_id").alias("patient"),
        pl.col("hadm_id").alias("visit"),
        pl.col(layout.code).alias("shown"),
        (pl.col(layout.version) if layout.version else pl.lit("9")).alias("version"),
    )

    def code_of(text: str | None, version: str | None) -> str | None:
        system = system_named(version or "", kind)
        return icd(text, system) if system else None

    return part(
        file,
        kind,
        mapped(rows, ["shown", "version"], file, code_of),
        visits,
        (lacks("shown", "has no code"), lacks("code", "is not a code of its ICD version")),
    )


def _drug_part(tables: Tables, layout: Layout, visits: pl.DataFrame, first_hours: float) -> Part:
    import polars as pl

    file = tables.path("prescriptions")
    rows = tables.scan("prescriptions", [*_ID_COLUMNS, "drug", "ndc", layout.started], optional=["gsn"]).select(
        ROW,
        pl.col("subject_id").alias("patient"),
        pl.col("hadm_id").alias("visit"),
        pl.col("drug").alias("shown"),
        "gsn",
        "ndc",
        seconds(layout.started).alias("started"),
    )
    rows = mapped(rows, ["gsn", "ndc"], file, default_map().atc)
    rows = rows.join(visits.lazy().select("visit", "time"), on="visit", how="left")
    no_number = pl.col("gsn").is_null() & (pl.col("ndc").is_null() | (pl.col("ndc").str.strip_chars("0") == ""))
    reasons = [
        pl.when(no_number).then(pl.lit("has no GSN, and its NDC is 0 or missing")),
        lacks("code", "its GSN and NDC are not in the drug map"),
    ]
    if first_hours:
        late = pl.col("started") >= pl.col("time") + first_hours * 3600
        reasons.append(pl.when(pl.col("started").is_null()).then(pl.lit("does not say when it starts")))
        reasons.append(pl.when(late).then(pl.lit(f"starts more than {first_hours:g} hours after admission")))
    return part(file, "drug", rows, visits, reasons)
