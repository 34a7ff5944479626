"""OMOP CDM 5: visit_occurrence, condition_occurrence, procedure_occurrence, drug_exposure; concept tables if there.

Diagnoses and procedures are the ICD codes that the source gave: by the source concept where a `concept` table is
there, else by the source value. Drugs: the ATC ancestor of the drug concept where `concept_ancestor` is there, else
the product number or name of the source.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from humankind.spine.errors import DataError
from humankind.systems.medication.codes import icd, system_named, written_code
from humankind.systems.medication.data import Kind
from humankind.systems.medication.drugmap import default_map
from humankind.systems.medication.drugnames import DrugNames, default_names
from humankind.systems.medication.readers import Part, Reading, lacks, mapped, part, read_visits
from humankind.systems.medication.tables import ROW, Tables, collected

if TYPE_CHECKING:
    import polars as pl

_ICD = ("ICD9CM", "ICD10CM", "ICD9Proc", "ICD10PCS")


def read_omop(folder: Path) -> Reading:
    """Return the visits with their codes.

    Args:
        folder: the tables.

    Raises:
        DataError: a table or column is missing, or a file is broken.
    """
    tables = Tables(folder)
    file = tables.path("visit_occurrence")
    time = "visit_start_datetime" if _has_column(tables, "visit_start_datetime") else "visit_start_date"
    names = {"patient": "person_id", "visit": "visit_occurrence_id", "time": time}
    visits, funnel = read_visits(tables.scan("visit_occurrence", names.values()), file, names)
    concepts = _concepts(tables)
    naming, notes = _names()
    parts = (
        _icd_part(tables, "condition", "diagnosis", visits, concepts),
        _icd_part(tables, "procedure", "procedure", visits, concepts),
        _drug_part(tables, visits, concepts, naming),
    )
    return Reading(visits, parts, (funnel,), notes)


def _has_column(tables: Tables, column: str) -> bool:
    scan = tables.scan("visit_occurrence", (), optional=(column,)).select(column)
    return not collected(scan.drop_nulls().head(1), tables.path("visit_occurrence")).is_empty()


def _names() -> tuple[DrugNames | None, tuple[str, ...]]:
    try:
        return default_names(), ()
    except DataError:
        return None, ("drug names were not looked up: the data set medcodes is not on this machine",)


def _concepts(tables: Tables) -> pl.DataFrame:
    """Return id, vocabulary, code, name of the concepts; empty where there is no such table."""
    import polars as pl

    columns = {"concept_id": "id", "vocabulary_id": "vocabulary", "concept_code": "code", "concept_name": "name"}
    if not tables.has("concept"):
        return pl.DataFrame(schema=dict.fromkeys(columns.values(), pl.String))
    return collected(tables.scan("concept", columns).rename(columns).drop(ROW), tables.path("concept")).unique("id")


def _icd_part(tables: Tables, stem: str, kind: Kind, visits: pl.DataFrame, concepts: pl.DataFrame) -> Part:
    import polars as pl

    name = f"{stem}_occurrence"
    file = tables.path(name)
    value, source = f"{stem}_source_value", f"{stem}_source_concept_id"
    rows = tables.scan(name, ["person_id", "visit_occurrence_id", value], optional=[source]).select(
        ROW,
        pl.col("person_id").alias("patient"),
        pl.col("visit_occurrence_id").alias("visit"),
        pl.col(value).alias("shown"),
        pl.col(source).alias("id"),
    )
    known = (
        concepts.lazy()
        .filter(pl.col("vocabulary").is_in(_ICD))
        .select("id", "vocabulary", pl.col("code").alias("text"))
    )
    rows = rows.join(known, on="id", how="left")

    def code_of(shown: str | None, vocabulary: str | None, text: str | None) -> str | None:
        system = system_named(vocabulary, kind) if vocabulary else None
        if system is not None:
            return icd(text, system)
        code = written_code(shown, kind) if shown else None
        return code if code is not None and ":" in code else None

    reasons = (
        pl.when(pl.col("shown").is_null() & pl.col("vocabulary").is_null()).then(pl.lit("has no source code")),
        lacks("code", "its source code is not ICD, or may be ICD-9 or ICD-10 and no concept table says which"),
    )
    return part(file, kind, mapped(rows, ["shown", "vocabulary", "text"], file, code_of), visits, reasons)


def _drug_part(tables: Tables, visits: pl.DataFrame, concepts: pl.DataFrame, naming: DrugNames | None) -> Part:
    import polars as pl

    file = tables.path("drug_exposure")
    columns = ["person_id", "visit_occurrence_id", "drug_concept_id"]
    optional = ["drug_source_value", "drug_source_concept_id"]
    rows = tables.scan("drug_exposure", columns, optional).rename(
        {"person_id": "patient", "visit_occurrence_id": "visit", "drug_concept_id": "id"}
    )
    named = concepts.lazy().select("id", "name")
    products = (
        concepts.lazy()
        .filter(pl.col("vocabulary") == "NDC")
        .select(pl.col("id").alias("drug_source_concept_id"), pl.col("code").alias("product"))
    )
    rows = (
        rows.join(named, on="id", how="left")
        .join(products, on="drug_source_concept_id", how="left")
        .with_columns(pl.coalesce("drug_source_value", "name").alias("shown"))
    )
    by_concept = _atc_of_concepts(tables, concepts)
    drugs = default_map()

    def code_of(concept: str | None, value: str | None, product: str | None, name: str | None) -> str | None:
        found = by_concept.get(concept or "") or drugs.of_ndc(product) or drugs.of_ndc(value)
        if found is None and naming is not None:
            found = naming.find(name) or naming.find(value)
        return found

    rows = mapped(rows, ["id", "drug_source_value", "product", "name"], file, code_of)
    return part(file, "drug", rows, visits, (lacks("code", "neither concept, product number nor name leads to ATC"),))


def _atc_of_concepts(tables: Tables, concepts: pl.DataFrame) -> dict[str, str]:
    """Return drug concept id -> ATC at 4 characters; of several the one that the drug map uses most."""
    import polars as pl

    if not tables.has("concept_ancestor") or concepts.is_empty():
        return {}
    atc = concepts.filter((pl.col("vocabulary") == "ATC") & (pl.col("code").str.len_chars() >= 4))
    file = tables.path("concept_ancestor")
    links = tables.scan("concept_ancestor", ["ancestor_concept_id", "descendant_concept_id"]).join(
        atc.lazy().select(pl.col("id").alias("ancestor_concept_id"), pl.col("code").str.slice(0, 4).alias("atc")),
        on="ancestor_concept_id",
    )
    uses: dict[str, int] = {}
    for code, n in default_map().uses.items():
        uses[code[:4]] = uses.get(code[:4], 0) + n
    best: dict[str, str] = {}
    for concept, code in collected(links.select("descendant_concept_id", "atc").unique(), file).sort("atc").iter_rows():
        if concept not in best or uses.get(code, 0) > uses.get(best[concept], 0):
            best[concept] = code
    return best
