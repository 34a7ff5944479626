"""Visits laid out for the model: flat lists with owners, so that there is no padding to leak through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from humankind.systems.medication.data import KINDS, Cohort, Kind
from humankind.systems.medication.hypergraph import Hypergraph
from humankind.systems.medication.retrieval import Owners

STRANGER = -1
"""Number of a patient who has no visit in the memory; no row of the memory bears it."""


@dataclass(frozen=True)
class Codes:
    """The codes of one kind for a run of visits: code `codes[k]` belongs to visit `owners[k]`.

    Shapes: both int64 (n_codes_in_all,), `owners` ascending.
    """

    codes: Tensor
    owners: Tensor

    def to(self, device: str) -> Codes:
        """Return it on another device."""
        return Codes(self.codes.to(device), self.owners.to(device))


@dataclass(frozen=True)
class Visits:
    """Whole patients, visit after visit, each patient's in order of time."""

    codes: dict[str, Codes]
    """By kind."""
    patients: Tensor
    """int64 (n,): which patient of this run a visit is of."""
    asking: Owners
    """The same visits by the memory's numbers: patient (STRANGER if not there) and place in the course."""
    rows: Tensor
    """int64 (n,): the visit's own row in the memory, -1 where it has none."""

    @property
    def n_visits(self) -> int:
        """Number of visits."""
        return len(self.patients)

    def targets(self, n_drugs: int) -> Tensor:
        """Return the drugs that were given, float 0/1 of shape (n, n_drugs)."""
        given = self.codes["drug"]
        table = torch.zeros(self.n_visits, n_drugs, device=self.patients.device)
        table[given.owners, given.codes] = 1.0
        return table

    def to(self, device: str) -> Visits:
        """Return them on another device."""
        codes = {kind: part.to(device) for kind, part in self.codes.items()}
        asking = Owners(self.asking.patients.to(device), self.asking.places.to(device))
        return Visits(codes, self.patients.to(device), asking, self.rows.to(device))


def laid_out(cohort: Cohort, memory: Mapping[str, int]) -> Visits:
    """Return a cohort's visits for the model.

    Args:
        cohort: the patients.
        memory: number of each patient of the memory by patient id; a patient of that name is the same person, whose
            present and later visits must not be looked up.
    """
    known = np.array([memory.get(name, STRANGER) for name in cohort.patient_ids], np.int64)
    codes: dict[str, Codes] = {
        kind: Codes(_long(cohort.sets(kind).indices), _long(cohort.sets(kind).visit_of)) for kind in KINDS
    }
    asking = Owners(_long(known[cohort.patient_of]), _long(cohort.position))
    return Visits(codes, _long(cohort.patient_of), asking, torch.full((cohort.n_visits,), -1))


def training_visits(cohort: Cohort, patients: np.ndarray) -> Visits:
    """Return some patients of the training cohort, with their own rows in the memory that it makes.

    Args:
        cohort: the training cohort; visit v is row v of the memory.
        patients: indices of the patients, in any order.
    """
    memory = {cohort.patient_ids[p]: int(p) for p in patients}
    laid = laid_out(cohort.subset(patients), memory)
    rows = np.concatenate([np.asarray(cohort.visits_of(p)) for p in patients])
    return Visits(laid.codes, laid.patients, laid.asking, _long(rows))


def owners_of(cohort: Cohort) -> Owners:
    """Return whose visits the rows of the memory are that a training cohort makes."""
    return Owners(_long(cohort.patient_of), _long(cohort.position))


def hypergraph_of(cohort: Cohort, kind: Kind) -> Hypergraph:
    """Return the hypergraph of one kind: codes are nodes, visits are hyperedges."""
    sets = cohort.sets(kind)
    return Hypergraph(_long(sets.indices), _long(sets.visit_of), sets.n_codes, len(sets))


def log_odds(cohort: Cohort) -> Tensor:
    """Return each drug's log-odds in the training visits, (n_drugs,), with one visit more of either kind."""
    count = np.bincount(cohort.drugs.indices, minlength=cohort.n_drugs)
    share = (count + 1) / (cohort.n_visits + 2)
    return torch.from_numpy(np.log(share / (1 - share))).float()


def windows(patients: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """Return which visits each visit may look at: itself and up to `width` - 1 earlier ones of the same patient.

    Returns:
        Indices int64 (n, width), and which of them exist, bool (n, width); the visit itself comes first.

    >>> windows(torch.tensor([7, 7, 8]), 2)[1].tolist()
    [[True, False], [True, True], [True, False]]
    """
    n = len(patients)
    back = torch.arange(width, device=patients.device)
    index = torch.arange(n, device=patients.device).unsqueeze(1) - back
    safe = index.clamp(min=0)
    return safe, (index >= 0) & (patients[safe] == patients.unsqueeze(1))


def _long(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(array, np.int64))
