"""The records of a cohort: patients, their visits in order of time, and each visit's sets of codes.

Codes are numbered from 0 within their kind; visits from 0 through the whole cohort, patient after patient.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from humankind.spine.config import Section
from humankind.spine.errors import DataError
from humankind.systems.medication.codesets import CodeSets, frozen

if TYPE_CHECKING:
    import polars as pl

Kind = Literal["diagnosis", "procedure", "drug"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Visit(Section):
    """One visit as a person writes it down; codes as in `Cohort` (`ICD10CM:I50.9`, `ICD9PROC:38.97`, `C03C`)."""

    diagnoses: tuple[str, ...] = ()
    """Codes of diagnoses."""
    procedures: tuple[str, ...] = ()
    """Codes of procedures; may be empty."""
    drugs: tuple[str, ...] = ()
    """ATC codes of 4 characters; of the visit to predict they are not looked at."""
    time: float | None = None
    """Seconds since 1970, None where unknown."""

    def codes(self, kind: Kind) -> tuple[str, ...]:
        """Return the codes of one kind."""
        return {"diagnosis": self.diagnoses, "procedure": self.procedures, "drug": self.drugs}[kind]


@dataclass(frozen=True, eq=False)
class Cohort:
    """Patients with their visits in order of time, and three sets of codes for each visit."""

    diagnoses: CodeSets
    procedures: CodeSets
    drugs: CodeSets
    """ATC codes of 4 characters: what is to be predicted."""
    patient_ids: tuple[str, ...]
    """Outside name of each patient."""
    visit_ids: tuple[str, ...]
    """Outside name of each visit; visits of a patient stand together, in order of time."""
    patient_ptr: np.ndarray
    """int64 of length n_patients + 1: patient p has visits `patient_ptr[p]` to `patient_ptr[p + 1]` - 1."""
    times: np.ndarray
    """Start of each visit in seconds since 1970, float64; NaN where unknown."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "patient_ids", tuple(self.patient_ids))
        object.__setattr__(self, "visit_ids", tuple(self.visit_ids))
        object.__setattr__(self, "patient_ptr", frozen(self.patient_ptr, np.int64))
        object.__setattr__(self, "times", frozen(self.times, np.float64))
        n_visits = len(self.visit_ids)
        lengths = [len(self.sets(kind)) for kind in KINDS] + [len(self.times), int(self.patient_ptr[-1])]
        if any(length != n_visits for length in lengths) or len(self.patient_ptr) != len(self.patient_ids) + 1:
            raise DataError(
                "the parts of a cohort have different lengths",
                found=f"{n_visits} visit ids; diagnoses, procedures, drugs, times, pointers: {lengths}",
                expected="one of each for every visit, one pointer more than patients",
            )
        if (np.diff(self.patient_ptr) < 1).any():
            raise DataError("a patient of the cohort has no visit", expected="at least one visit each")

    @classmethod
    def from_rows(cls, rows: pl.DataFrame, vocabularies: Mapping[Kind, Sequence[str]] | None = None) -> Cohort:
        """Return the cohort of long rows, one code each; see `humankind.systems.medication.rows`.

        Args:
            rows: columns patient, visit (text), time (seconds since 1970; null where unknown), kind, code. A visit
                belongs to one patient; its time is the earliest of its rows. Repeated rows count once.
            vocabularies: codes of each kind in their order; codes outside them are refused. Sorted codes of the rows
                where not given.

        Raises:
            DataError: no rows, an empty id or code, an unknown kind, or some visits of a patient without a time.
        """
        from humankind.systems.medication.rows import cohort_from_rows

        return cohort_from_rows(rows, vocabularies or {})

    @classmethod
    def from_visits(cls, patients: Mapping[str, Sequence[Visit]], like: Cohort | None = None) -> Cohort:
        """Return the cohort of visits written down by hand, in the order given.

        Args:
            patients: the visits of each patient, first visit first.
            like: take its vocabularies; codes outside them are refused. Without it: the codes of the visits.

        Raises:
            DataError: a patient without visits, or a code outside the vocabulary.
        """
        visits = [visit for own in patients.values() for visit in own]
        sets = {}
        for kind in KINDS:
            found = sorted({code for visit in visits for code in visit.codes(kind)})
            codes = like.sets(kind).codes if like is not None else tuple(found)
            place = {code: index for index, code in enumerate(codes)}
            unknown = [code for code in found if code not in place]
            if unknown:
                raise DataError(
                    f"a {kind} code is not in the vocabulary",
                    found=", ".join(unknown[:5]),
                    remedy="align the visits with the vocabulary first, or leave the codes out",
                )
            sets[kind] = CodeSets.from_sets(codes, [[place[code] for code in visit.codes(kind)] for visit in visits])
        sizes = [len(own) for own in patients.values()]
        return cls(
            diagnoses=sets["diagnosis"],
            procedures=sets["procedure"],
            drugs=sets["drug"],
            patient_ids=tuple(patients),
            visit_ids=tuple(str(number + 1) for size in sizes for number in range(size)),
            patient_ptr=np.concatenate([[0], np.cumsum(sizes)]),
            times=np.array([np.nan if visit.time is None else visit.time for visit in visits], np.float64),
        )

    # -- sizes ---------------------------------------------------------------------------------------------

    @property
    def n_patients(self) -> int:
        return len(self.patient_ids)

    @property
    def n_visits(self) -> int:
        return len(self.visit_ids)

    @property
    def n_drugs(self) -> int:
        return self.drugs.n_codes

    def facts(self) -> dict[str, Any]:
        """Return what tells this cohort from another: its sizes and a digest."""
        kinds = {f"n_{name}": self.sets(kind).n_codes for kind, name in zip(KINDS, _PLURALS)}
        return {"n_patients": self.n_patients, "n_visits": self.n_visits, **kinds, "digest": self.digest}

    @cached_property
    def digest(self) -> str:
        """The first 16 hex digits of a SHA-256 over all that is in it."""
        total = hashlib.sha256(json.dumps([self.patient_ids, self.visit_ids]).encode())
        for array in (self.patient_ptr, self.times):
            total.update(array.tobytes())
        for kind in KINDS:
            sets = self.sets(kind)
            total.update(json.dumps(sets.codes).encode())
            total.update(sets.indptr.tobytes())
            total.update(sets.indices.tobytes())
        return total.hexdigest()[:16]

    # -- looking -------------------------------------------------------------------------------------------

    def sets(self, kind: Kind) -> CodeSets:
        """Return the sets of one kind."""
        return {"diagnosis": self.diagnoses, "procedure": self.procedures, "drug": self.drugs}[kind]

    def visits_of(self, patient: int) -> range:
        """Return the visit indices of a patient, first visit first."""
        return range(int(self.patient_ptr[patient]), int(self.patient_ptr[patient + 1]))

    @cached_property
    def patient_of(self) -> np.ndarray:
        """The patient index of each visit, int64."""
        return np.repeat(np.arange(self.n_patients), np.diff(self.patient_ptr))

    @cached_property
    def position(self) -> np.ndarray:
        """How many visits of the same patient came before each visit, int64."""
        return np.arange(self.n_visits) - self.patient_ptr[self.patient_of]

    @cached_property
    def previous(self) -> np.ndarray:
        """The visit before each visit, of the same patient; -1 for first visits."""
        return np.where(self.position > 0, np.arange(self.n_visits) - 1, -1)

    def patient_index(self, patient_id: str) -> int:
        """Return the index of a patient; DataError where there is none of that name."""
        if patient_id not in self._patients:
            raise DataError(
                "there is no such patient in the cohort",
                found=repr(patient_id),
                expected=f"one of {self.n_patients}, for example {', '.join(self.patient_ids[:3])}",
            )
        return self._patients[patient_id]

    @cached_property
    def _patients(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.patient_ids)}

    def visit(self, index: int) -> Visit:
        """Return one visit with its codes by name."""
        time = float(self.times[index])
        return Visit(
            diagnoses=self.diagnoses.names(index),
            procedures=self.procedures.names(index),
            drugs=self.drugs.names(index),
            time=None if np.isnan(time) else time,
        )

    # -- parts ---------------------------------------------------------------------------------------------

    def subset(self, patients: Iterable[int]) -> Cohort:
        """Return the cohort of some patients, in the order given; vocabularies stay whole."""
        chosen = np.asarray(list(patients), np.int64)
        if len(np.unique(chosen)) != len(chosen):
            raise DataError("a patient is asked for twice", expected="each patient at most once")
        sizes = np.diff(self.patient_ptr)[chosen]
        ends = np.cumsum(sizes)
        visits = np.arange(sizes.sum()) + np.repeat(self.patient_ptr[:-1][chosen] - (ends - sizes), sizes)
        return Cohort(
            diagnoses=self.diagnoses.select(visits),
            procedures=self.procedures.select(visits),
            drugs=self.drugs.select(visits),
            patient_ids=tuple(self.patient_ids[p] for p in chosen),
            visit_ids=tuple(self.visit_ids[v] for v in visits),
            patient_ptr=np.concatenate([[0], ends]),
            times=self.times[visits],
        )

    def with_sets(self, **sets: CodeSets) -> Cohort:
        """Return the same visits with other sets: `diagnoses=`, `procedures=`, `drugs=`."""
        from dataclasses import replace

        return replace(self, **sets)

    # -- keeping -------------------------------------------------------------------------------------------

    def save(self, folder: Path | str) -> Path:
        """Write the cohort into a new folder as Parquet and JSON, whole or not at all."""
        from humankind.systems.medication.store import save_cohort

        return save_cohort(self, Path(folder))

    @classmethod
    def load(cls, folder: Path | str) -> Cohort:
        """Return what `save` wrote; DataError where the folder holds something else."""
        from humankind.systems.medication.store import load_cohort

        return load_cohort(Path(folder))

    # -- reading -------------------------------------------------------------------------------------------

    @classmethod
    def from_mimic3(cls, path: Path | str) -> Cohort:
        """Return the cohort of a folder of MIMIC-III tables; see `prepare` for what was left out."""
        return _prepared(path, "mimic3")

    @classmethod
    def from_mimic4(cls, path: Path | str) -> Cohort:
        """Return the cohort of a folder of MIMIC-IV tables (the folder, or the one above `hosp`)."""
        return _prepared(path, "mimic4")

    @classmethod
    def from_eicu(cls, path: Path | str) -> Cohort:
        """Return the cohort of a folder of eICU tables."""
        return _prepared(path, "eicu")

    @classmethod
    def from_omop(cls, path: Path | str) -> Cohort:
        """Return the cohort of a folder of OMOP CDM tables."""
        return _prepared(path, "omop")

    @classmethod
    def from_csv(cls, path: Path | str) -> Cohort:
        """Return the cohort of a long CSV `patient, visit, time, kind, code`."""
        return _prepared(path, "csv")


_PLURALS = ("diagnoses", "procedures", "drugs")


def _prepared(path: Path | str, source: str) -> Cohort:
    from humankind.systems.medication.prepare import prepare

    return prepare(Path(path), source).cohort
