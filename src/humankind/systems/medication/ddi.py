"""Which drugs are known to interact, and how often sets of drugs hold such a pair."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from humankind.spine.errors import DataError
from humankind.systems.medication.codesets import CodeSets

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_REQUIRED = ("atc_a", "atc_b")


class Interaction(NamedTuple):
    """Two drugs that interact."""

    a: str
    b: str
    severity: str | None
    """As the source says it; None where it says nothing."""
    source: str | None


@dataclass(frozen=True, eq=False)
class DDIGraph:
    """The interacting pairs among the drugs of a vocabulary."""

    drugs: tuple[str, ...]
    """The vocabulary: name of each drug index."""
    pairs: np.ndarray
    """int32 of shape (n_pairs, 2): drug indices, first < second, each pair once, ascending."""
    severities: tuple[str | None, ...]
    """One for each pair; None where the source says nothing."""
    sources: tuple[str | None, ...]
    """One for each pair."""
    n_outside: int = 0
    """Pairs of the source of which a drug is not in the vocabulary: they can never be met here."""

    @classmethod
    def from_pairs(cls, drugs: Sequence[str], interactions: Iterable[Interaction]) -> DDIGraph:
        """Return the graph over a vocabulary.

        Order within a pair does not matter; the first mention of a pair is kept. Pairs of a drug with itself and
        pairs with a drug outside the vocabulary are left out, the latter counted.

        >>> graph = DDIGraph.from_pairs(["A01A", "B03B"], [Interaction("B03B", "A01A", None, "TWOSIDES")])
        >>> graph.pairs.tolist(), graph.rate([[0, 1]])
        ([[0, 1]], 1.0)
        """
        place = {drug: index for index, drug in enumerate(drugs)}
        kept: dict[tuple[int, int], Interaction] = {}
        outside: set[frozenset[str]] = set()
        for found in interactions:
            if found.a not in place or found.b not in place:
                outside.add(frozenset((found.a, found.b)))
            elif found.a != found.b:
                first, second = sorted((place[found.a], place[found.b]))
                kept.setdefault((first, second), found)
        order = sorted(kept)
        return cls(
            drugs=tuple(drugs),
            pairs=np.array(order, np.int32).reshape(-1, 2),
            severities=tuple(kept[pair].severity for pair in order),
            sources=tuple(kept[pair].source for pair in order),
            n_outside=len(outside),
        )

    @classmethod
    def from_csv(cls, path: Path | str, drugs: Sequence[str], source: str | None = None) -> DDIGraph:
        """Return the graph of a file with columns atc_a, atc_b and perhaps severity, source.

        Args:
            path: CSV with a header.
            drugs: the vocabulary.
            source: name of the source, where the file has no such column.

        Raises:
            DataError: the file cannot be read, a column is missing or a code is empty.
        """
        return cls.from_pairs(drugs, read_interactions(Path(path), source))

    @classmethod
    def default(cls, drugs: Sequence[str]) -> DDIGraph:
        """Return the graph of the 448 TWOSIDES pairs of the field; DataError where they are not on this machine."""
        from humankind.spine.sources import locate

        return cls.from_csv(locate("medcodes") / "ddi_atc4_pairs.csv", drugs, source="TWOSIDES")

    def over(self, drugs: Sequence[str]) -> DDIGraph:
        """Return the same interactions over another vocabulary."""
        if tuple(drugs) == self.drugs:
            return self
        return DDIGraph.from_pairs(drugs, [self.interaction(number) for number in range(self.n_pairs)])

    @property
    def n_drugs(self) -> int:
        return len(self.drugs)

    @property
    def n_pairs(self) -> int:
        return len(self.pairs)

    @cached_property
    def matrix(self) -> csr_matrix:
        """The symmetric 0/1 matrix, n_drugs x n_drugs, float32, empty diagonal."""
        from scipy.sparse import csr_matrix

        rows, columns = np.concatenate([self.pairs, self.pairs[:, ::-1]]).T
        ones = np.ones(2 * self.n_pairs, np.float32)
        return csr_matrix((ones, (rows, columns)), shape=(self.n_drugs, self.n_drugs))

    def pairs_in(self, drugs: Iterable[int | str]) -> tuple[Interaction, ...]:
        """Return the interactions within one set of drugs, given by index or by name, ascending by index."""
        inside = np.zeros(self.n_drugs, bool)
        inside[[self._place(drug) for drug in drugs]] = True
        found = np.flatnonzero(inside[self.pairs].all(axis=1))
        return tuple(self.interaction(int(number)) for number in found)

    def interaction(self, number: int) -> Interaction:
        """Return one pair by its number."""
        a, b = self.pairs[number]
        return Interaction(self.drugs[a], self.drugs[b], self.severities[number], self.sources[number])

    def counts(self, sets: csr_matrix | CodeSets | Sequence[Iterable[int]]) -> tuple[np.ndarray, np.ndarray]:
        """Return how many pairs of each set interact, and how many pairs it has, both int64.

        Args:
            sets: one set of drug indices a visit; a matrix counts every stored value that is not 0.
        """
        held = self._as_matrix(sets)
        sizes = np.diff(held.indptr).astype(np.int64)
        interacting = np.asarray((held @ self.matrix).multiply(held).sum(axis=1)).ravel() / 2
        return np.rint(interacting).astype(np.int64), sizes * (sizes - 1) // 2

    def rates(self, sets: csr_matrix | CodeSets | Sequence[Iterable[int]]) -> np.ndarray:
        """Return the share of interacting pairs of each set; 0 where a set has fewer than two drugs."""
        interacting, pairs = self.counts(sets)
        return interacting / np.maximum(pairs, 1)

    def rate(self, sets: csr_matrix | CodeSets | Sequence[Iterable[int]]) -> float:
        """Return the mean over visits of the share of interacting pairs; 0 for no visits."""
        rates = self.rates(sets)
        return float(rates.mean()) if len(rates) else 0.0

    def pooled_rate(self, sets: csr_matrix | CodeSets | Sequence[Iterable[int]]) -> float:
        """Return interacting pairs of all visits / pairs of all visits; 0 where there is no pair."""
        interacting, pairs = self.counts(sets)
        return float(interacting.sum() / max(int(pairs.sum()), 1))

    def target(self, wanted: float | str, given: CodeSets) -> float:
        """Return a target rate; for `data` the pooled rate of the sets that were given."""
        return self.pooled_rate(given) if wanted == "data" else float(wanted)

    def _place(self, drug: int | str) -> int:
        if isinstance(drug, str):
            if drug not in self._lookup:
                raise DataError("a drug is not in the vocabulary", found=repr(drug), expected="an ATC code of it")
            return self._lookup[drug]
        return int(drug)

    @cached_property
    def _lookup(self) -> dict[str, int]:
        return {drug: index for index, drug in enumerate(self.drugs)}

    def _as_matrix(self, sets: csr_matrix | CodeSets | Sequence[Iterable[int]]) -> csr_matrix:
        from scipy.sparse import csr_matrix, issparse

        if isinstance(sets, CodeSets):
            return sets.matrix()
        if not issparse(sets):
            return CodeSets.from_sets(self.drugs, cast(Sequence[Iterable[int]], sets)).matrix()
        held = csr_matrix(sets, dtype=np.float32, copy=True)
        held.eliminate_zeros()
        held.data[:] = 1
        return held


def read_interactions(path: Path, source: str | None = None) -> list[Interaction]:
    """Return the interactions of a CSV with columns atc_a, atc_b and perhaps severity, source.

    Raises:
        DataError: the file cannot be read, a column is missing or a code is empty.
    """
    import polars as pl

    try:
        table = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(
            "the list of interactions cannot be read",
            found=type(error).__name__,
            where=path,
            expected="a CSV with columns atc_a, atc_b and perhaps severity, source",
            remedy="name another file, or do without a list",
        ) from None
    table = table.rename({name: name.strip().lower() for name in table.columns})
    missing = [name for name in _REQUIRED if name not in table.columns]
    if missing:
        raise DataError(
            "a column of the list of interactions is missing",
            found=", ".join(table.columns),
            where=path,
            expected=", ".join(missing),
        )
    for name in ("severity", "source"):
        if name not in table.columns:
            table = table.with_columns(pl.lit(source if name == "source" else None, pl.String).alias(name))
    table = table.select(
        pl.col("atc_a", "atc_b").str.strip_chars().str.to_uppercase().str.slice(0, 4), "severity", "source"
    )
    empty = table.select((pl.col("atc_a", "atc_b").str.len_chars().fill_null(0) < 4).any()).row(0)
    if any(empty):
        bad = table.with_row_index("row", offset=2).filter(
            pl.any_horizontal(pl.col("atc_a", "atc_b").str.len_chars().fill_null(0) < 4)
        )
        raise DataError(
            "a drug of an interaction is not an ATC code",
            found=str(bad.row(0)[1:3]),
            where=f"{path} row {bad['row'][0]}",
            expected="ATC codes of at least 4 characters",
        )
    return [Interaction(*row) for row in table.iter_rows()]
