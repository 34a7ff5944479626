"""Fitting visits to the vocabulary a model was trained with: unseen codes get a stand-in from their tree, or go.

A vocabulary taken from all data would tell training which codes the test patients have; `seen_only` gives training its
own, `align` brings any other cohort to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from humankind.spine.config import Section
from humankind.systems.medication.data import KINDS, CodeSets, Cohort, Kind
from humankind.systems.medication.ontology import path

_CATEGORY = {"ICD9CM": 4, "ICD10CM": 4, "ICD9PROC": 3, "ICD10PCS": 4, "EICU": 3, "SIM": 3}
"""Tokens of a path down to the category (for ICD-10-PCS: to the operation), above which codes mean other things."""


class Alignment(Section):
    """What became of codes that the vocabulary does not have; each count is of (visit, code) entries."""

    ancestors: dict[str, str]
    """Code -> the code above it that stands in for it."""
    relatives: dict[str, str]
    """Code -> the code of the same category, most frequent in training under their nearest common ancestor."""
    skipped: tuple[str, ...]
    """Codes left out."""
    n_replaced: int
    """Entries with a stand-in."""
    n_skipped: int
    """Entries left out."""

    def told(self) -> str:
        """Return one sentence for a person; empty where nothing had to be done."""
        if not self.n_replaced and not self.n_skipped:
            return ""
        shown = ", ".join(self.skipped[:5]) + (" ..." if len(self.skipped) > 5 else "")
        parts = [f"{self.n_replaced} replaced by the nearest code of their tree"] if self.n_replaced else []
        parts += [f"{self.n_skipped} left out ({shown})"] if self.n_skipped else []
        return f"codes not seen in training: {', '.join(parts)}"


class StandIns:
    """The codes of a vocabulary by their places in the trees."""

    def __init__(self, codes: Sequence[str], counts: np.ndarray | None = None) -> None:
        """Index a vocabulary.

        Args:
            codes: the vocabulary.
            counts: how often training has each code; shape (n_codes,). Equal where not given.
        """
        weights = np.ones(len(codes)) if counts is None else np.asarray(counts)
        self._codes = set(codes)
        self._at: dict[tuple[str, ...], str] = {}
        self._below: dict[tuple[str, ...], str] = {}
        for index in sorted(range(len(codes)), key=lambda i: (-weights[i], codes[i])):
            way = path(codes[index])
            if way is not None:
                self._at.setdefault(way, codes[index])
                for end in range(_CATEGORY.get(way[0], len(way)), len(way)):
                    self._below.setdefault(way[:end], codes[index])

    def find(self, code: str) -> tuple[str, bool] | None:
        """Return the stand-in of a code and whether it lies above it; None where there is none.

        >>> StandIns(["ICD9CM:428", "ICD9CM:401.9"]).find("ICD9CM:428.22")
        ('ICD9CM:428', True)
        >>> StandIns(["ICD9CM:401.9"]).find("ICD9CM:401.1"), StandIns(["ICD9CM:401.9"]).find("ICD9CM:402.0")
        (('ICD9CM:401.9', False), None)
        """
        way = path(code)
        if way is None:
            return None
        for end in range(len(way) - 1, _CATEGORY.get(way[0], len(way)) - 1, -1):
            if way[:end] in self._at:
                return self._at[way[:end]], True
            if way[:end] in self._below:
                return self._below[way[:end]], False
        return None


def align(cohort: Cohort, like: Cohort, kinds: Sequence[Kind] = KINDS) -> tuple[Cohort, Alignment]:
    """Return the cohort in the vocabularies of another one, and what became of codes which that one lacks.

    A diagnosis or procedure without a place takes the deepest code above it, else the most frequent code of its own
    category below the nearest common ancestor; else it is left out. A drug is never replaced by another one.

    Args:
        cohort: what to bring over.
        like: the training data; its vocabularies and the frequencies of its codes are used.
        kinds: the kinds to bring over; others stay as they are.
    """
    made: dict[str, CodeSets] = {}
    ancestors: dict[str, str] = {}
    relatives: dict[str, str] = {}
    skipped: Counter[str] = Counter()
    n_replaced = 0
    for kind in kinds:
        own, wanted = cohort.sets(kind), like.sets(kind)
        counts = np.bincount(wanted.indices, minlength=wanted.n_codes)
        stand_ins = StandIns(wanted.codes, counts) if kind != "drug" else StandIns(())
        target = np.full(own.n_codes, -1)
        uses = np.bincount(own.indices, minlength=own.n_codes)
        for index, code in enumerate(own.codes):
            found = (code, True) if code in wanted.lookup else stand_ins.find(code) if uses[index] else None
            if found is not None:
                target[index] = wanted.lookup[found[0]]
            if found is None and uses[index]:
                skipped[code] += int(uses[index])
            elif found is not None and found[0] != code:
                (ancestors if found[1] else relatives)[code] = found[0]
                n_replaced += int(uses[index])
        made[_FIELD[kind]] = own.recoded(wanted.codes, target)
    alignment = Alignment(
        ancestors=ancestors,
        relatives=relatives,
        skipped=tuple(code for code, _ in skipped.most_common()),
        n_replaced=n_replaced,
        n_skipped=skipped.total(),
    )
    return cohort.with_sets(**made), alignment


def seen_only(cohort: Cohort, kinds: Sequence[Kind] = ("diagnosis", "procedure")) -> Cohort:
    """Return the cohort with vocabularies cut to the codes that it has.

    The drugs' vocabulary stays by default: which drugs can be prescribed is known before any patient is.
    """
    made = {}
    for kind in kinds:
        own = cohort.sets(kind)
        used = np.bincount(own.indices, minlength=own.n_codes) > 0
        target = np.where(used, np.cumsum(used) - 1, -1)
        made[_FIELD[kind]] = own.recoded([code for code, kept in zip(own.codes, used) if kept], target)
    return cohort.with_sets(**made)


_FIELD: dict[str, str] = {"diagnosis": "diagnoses", "procedure": "procedures", "drug": "drugs"}
