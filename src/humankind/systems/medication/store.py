"""A cohort on disk.

cohort.json      format, sizes, digest and whatever the maker notes (source, funnel)
visits.parquet   patient_id, visit_id, time: one row a visit, in order
codes.parquet    kind, code: the vocabularies, in order
sets.parquet     kind, visit, code: indices
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from humankind.spine.errors import DataError
from humankind.spine.runs import folder_once
from humankind.systems.medication.data import KINDS, CodeSets, Cohort

FORMAT = "humankind-cohort-1"


def save_cohort(cohort: Cohort, folder: Path, notes: dict[str, Any] | None = None) -> Path:
    """Write the cohort into a new folder, whole or not at all.

    Args:
        cohort: what to keep.
        folder: must not exist, or be empty.
        notes: kept in cohort.json beside the sizes, for example the funnel.

    Raises:
        DataError: the folder holds something.
    """
    check_free(folder)
    if folder.exists():
        folder.rmdir()
    return folder_once(folder, lambda path: _write(cohort, path, notes or {}))


def check_free(folder: Path) -> None:
    """Raise DataError where a folder cannot be written: it holds something, is a file, or would lie in one."""
    above = next((part for part in folder.parents if part.exists()), folder)
    if not folder.exists() and not above.is_dir():
        raise DataError("a folder cannot be made inside a file", found=folder, where=above, remedy="name a new folder")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError("the folder to save into is not empty", found=folder, remedy="name a new folder")


def _write(cohort: Cohort, folder: Path, notes: dict[str, Any]) -> None:
    import polars as pl

    pl.DataFrame(
        {
            "patient_id": [cohort.patient_ids[patient] for patient in cohort.patient_of],
            "visit_id": cohort.visit_ids,
            "time": cohort.times,
        },
        schema={"patient_id": pl.String, "visit_id": pl.String, "time": pl.Float64},
    ).write_parquet(folder / "visits.parquet")
    names = [(kind, code) for kind in KINDS for code in cohort.sets(kind).codes]
    pl.DataFrame(names, schema={"kind": pl.String, "code": pl.String}, orient="row").write_parquet(
        folder / "codes.parquet"
    )
    entries = [
        pl.DataFrame(
            {"visit": cohort.sets(kind).visit_of, "code": cohort.sets(kind).indices},
            schema={"visit": pl.Int64, "code": pl.Int32},
        ).select(pl.lit(kind).alias("kind"), "visit", "code")
        for kind in KINDS
    ]
    pl.concat(entries).write_parquet(folder / "sets.parquet")
    facts = {"format": FORMAT, **cohort.facts(), **notes}
    (folder / "cohort.json").write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load_cohort(folder: Path) -> Cohort:
    """Return the saved cohort.

    Raises:
        DataError: the folder holds something else, or its parts do not belong together.
    """
    import polars as pl

    try:
        facts = notes_of(folder)
        visits, codes, entries = (pl.read_parquet(folder / f"{part}.parquet") for part in ("visits", "codes", "sets"))
        cohort, expected = _assembled(visits, codes, entries), facts["digest"]
    except (OSError, LookupError, TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise _not_a_cohort(folder, error) from None
    if cohort.digest != expected:
        raise DataError(
            "the files of a cohort do not belong together",
            found=f"digest {cohort.digest}",
            where=folder,
            expected=f"digest {expected}, as cohort.json says",
            remedy="prepare the cohort again",
        )
    return cohort


def notes_of(folder: Path) -> dict[str, Any]:
    """Return what cohort.json says; DataError where the folder holds no cohort."""
    try:
        facts = json.loads((folder / "cohort.json").read_text(encoding="utf-8"))
        if facts["format"] != FORMAT:
            raise ValueError(f"format {facts['format']!r}")
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise _not_a_cohort(folder, error) from None
    return facts


def _assembled(visits: Any, codes: Any, entries: Any) -> Cohort:
    sets = {}
    for kind in KINDS:
        own = entries.filter(kind=kind)
        names = tuple(codes.filter(kind=kind)["code"])
        sets[kind] = CodeSets.from_pairs(names, own["visit"].to_numpy(), own["code"].to_numpy(), len(visits))
    patients = visits["patient_id"].to_numpy()
    starts = np.flatnonzero(np.concatenate([[True], patients[1:] != patients[:-1]]))
    return Cohort(
        diagnoses=sets["diagnosis"],
        procedures=sets["procedure"],
        drugs=sets["drug"],
        patient_ids=tuple(patients[starts]),
        visit_ids=tuple(visits["visit_id"]),
        patient_ptr=np.append(starts, len(visits)),
        times=visits["time"].to_numpy(),
    )


def _not_a_cohort(folder: Path, error: Exception) -> DataError:
    text = str(error)
    return DataError(
        "this is not a prepared cohort",
        found=f"{type(error).__name__}: {text.splitlines()[0] if text else ''}",
        where=folder,
        expected="a folder with cohort.json, visits.parquet, codes.parquet and sets.parquet",
        remedy="make one: humankind medication prepare PATH --from mimic4 --out cohort/",
    )
