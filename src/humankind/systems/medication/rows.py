"""From long rows, one code each, to a cohort: numbering, ordering, refusing what cannot be ordered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from humankind.spine.errors import DataError
from humankind.systems.medication.data import KINDS, CodeSets, Cohort, Kind

if TYPE_CHECKING:
    import polars as pl

COLUMNS = ("patient", "visit", "time", "kind", "code")


def cohort_from_rows(rows: pl.DataFrame, vocabularies: Mapping[Kind, Sequence[str]]) -> Cohort:
    """Return the cohort of long rows; see `Cohort.from_rows`."""
    _check_rows(rows)
    visits = _visits_in_order(rows)
    placed = rows.join(visits.select("patient", "visit", "index"), on=["patient", "visit"])
    sets = {}
    for kind in KINDS:
        own = placed.filter(kind=kind)
        codes = tuple(vocabularies.get(kind, own["code"].unique().sort().to_list()))
        sets[kind] = CodeSets.from_pairs(
            codes, own["index"].to_numpy(), _indices(own["code"], codes, kind), len(visits)
        )
    patients = visits.group_by("patient", maintain_order=True).len()
    return Cohort(
        diagnoses=sets["diagnosis"],
        procedures=sets["procedure"],
        drugs=sets["drug"],
        patient_ids=tuple(patients["patient"]),
        visit_ids=tuple(visits["visit"]),
        patient_ptr=np.concatenate([[0], np.cumsum(patients["len"].to_numpy())]),
        times=visits["time"].fill_null(np.nan).to_numpy(),
    )


def rows_of(cohort: Cohort) -> pl.DataFrame:
    """Return the long rows of a cohort, in order of visits, kinds and code indices."""
    import polars as pl

    parts = []
    for kind in KINDS:
        sets = cohort.sets(kind)
        names = pl.Series("code", sets.codes, dtype=pl.String)
        index = pl.Series("index", sets.visit_of, dtype=pl.Int64)
        parts.append(pl.DataFrame([index, names.gather(sets.indices)]).with_columns(pl.lit(kind).alias("kind")))
    visits = pl.DataFrame(
        {
            "patient": [cohort.patient_ids[patient] for patient in cohort.patient_of],
            "visit": cohort.visit_ids,
            "time": cohort.times,
        },
        schema={"patient": pl.String, "visit": pl.String, "time": pl.Float64},
    ).with_row_index("index")
    together = pl.concat(parts).join(visits.with_columns(pl.col("index").cast(pl.Int64)), on="index")
    return together.sort("index", maintain_order=True).with_columns(pl.col("time").fill_nan(None)).select(COLUMNS)


def _check_rows(rows: pl.DataFrame) -> None:
    import polars as pl

    missing = [name for name in COLUMNS if name not in rows.columns]
    if missing or rows.is_empty():
        raise DataError(
            "there are no rows to make a cohort of" if not missing else "a column of the rows is missing",
            found=f"{len(rows)} rows with columns {', '.join(rows.columns)}",
            expected=f"rows with columns {', '.join(COLUMNS)}",
        )
    for name in ("patient", "visit", "code"):
        empty = rows[name].is_null() | (rows[name] == "")
        if empty.any():
            raise DataError(f"a row has no {name}", where=f"row {empty.arg_max()}", expected=f"a {name} in each row")
    wrong = rows.filter(~pl.col("kind").is_in(KINDS))
    if len(wrong):
        raise DataError("a row is of an unknown kind", found=repr(wrong["kind"][0]), expected=", ".join(KINDS))


def _visits_in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Return patient, visit, time, index: patients by id, visits by time, ties and unknown times as they came."""
    import polars as pl

    visits = rows.group_by("patient", "visit", maintain_order=True).agg(pl.col("time").min())
    mixed = visits.filter(
        pl.col("time").is_null().any().over("patient") & pl.col("time").is_not_null().any().over("patient")
    )
    if len(mixed):
        first = mixed.filter(pl.col("time").is_null()).row(0, named=True)
        raise DataError(
            "some visits of a patient have a time and some have none, so they cannot be put in order",
            found=f"patient {first['patient']}, visit {first['visit']} has no time",
            expected="a time for each visit of a patient, or for none",
            remedy="give the time, or leave the visit out",
        )
    patient = pl.col("patient")
    # Ids that are numbers by value, all else as text; a row number keeps the order of what is equal.
    return visits.sort(
        pl.when(patient.str.contains(r"^\d+$")).then(patient.str.len_chars()).otherwise(0),
        patient,
        "time",
        maintain_order=True,
    ).with_row_index("index")


def _indices(codes: pl.Series, vocabulary: Sequence[str], kind: Kind) -> np.ndarray:
    import polars as pl

    places = codes.replace_strict(list(vocabulary), range(len(vocabulary)), default=None, return_dtype=pl.Int64)
    unknown = codes.filter(places.is_null())
    if len(unknown):
        raise DataError(
            f"a {kind} code is not in the vocabulary",
            found=repr(unknown[0]),
            expected=f"one of {len(vocabulary)} codes",
        )
    return places.to_numpy()
