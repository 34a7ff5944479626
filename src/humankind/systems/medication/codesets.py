"""Sets of codes, one for each visit, one after another in flat arrays: nothing of the size codes x visits is held."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from humankind.spine.errors import DataError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, eq=False)
class CodeSets:
    """One set of codes of one kind for each visit."""

    codes: tuple[str, ...]
    """The vocabulary: name of each code index."""
    indptr: np.ndarray
    """int64 of length n_visits + 1: visit v has `indices[indptr[v]:indptr[v + 1]]`."""
    indices: np.ndarray
    """int32 code indices, ascending and unique within a visit."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", tuple(self.codes))
        object.__setattr__(self, "indptr", frozen(self.indptr, np.int64))
        object.__setattr__(self, "indices", frozen(self.indices, np.int32))
        whole = self.indptr.ndim == 1 and len(self.indptr) > 0 and self.indptr[0] == 0
        if not whole or self.indptr[-1] != len(self.indices) or (np.diff(self.indptr) < 0).any():
            raise DataError(
                "the pointers of the visits do not fit their codes",
                found=f"{len(self.indptr)} pointers, {len(self.indices)} codes",
                expected="ascending from 0 to the number of codes, one more than visits",
            )
        if len(self.indices) and not 0 <= self.indices.min() <= self.indices.max() < len(self.codes):
            raise DataError(
                "a code index is outside the vocabulary",
                found=int(self.indices.max()),
                expected=f"0 to {len(self.codes) - 1}",
            )

    @classmethod
    def from_pairs(cls, codes: Sequence[str], visits: np.ndarray, indices: np.ndarray, n_visits: int) -> CodeSets:
        """Return the sets of parallel (visit, code index) pairs in any order; repeated pairs count once."""
        cells = np.unique(np.asarray(visits, np.int64) * max(len(codes), 1) + np.asarray(indices, np.int64))
        rows, columns = np.divmod(cells, max(len(codes), 1))
        indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n_visits))])
        return cls(tuple(codes), indptr, columns)

    @classmethod
    def from_sets(cls, codes: Sequence[str], sets: Sequence[Iterable[int]]) -> CodeSets:
        """Return the sets given as one iterable of code indices for each visit.

        >>> CodeSets.from_sets(["A", "B"], [[1, 0], []]).indices.tolist()
        [0, 1]
        """
        members = [np.fromiter(members, np.int64) for members in sets]
        visits = np.repeat(np.arange(len(members)), [len(part) for part in members])
        flat = np.concatenate([*members, np.empty(0, np.int64)])
        return cls.from_pairs(codes, visits, flat, len(members))

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def n_codes(self) -> int:
        return len(self.codes)

    @property
    def sizes(self) -> np.ndarray:
        """The number of codes of each visit."""
        return np.diff(self.indptr)

    @property
    def visit_of(self) -> np.ndarray:
        """The visit of each entry of `indices`, int64."""
        return np.repeat(np.arange(len(self)), self.sizes)

    @cached_property
    def lookup(self) -> dict[str, int]:
        """Code -> its index."""
        return {code: index for index, code in enumerate(self.codes)}

    def of(self, visit: int) -> np.ndarray:
        """Return the code indices of a visit, ascending."""
        return self.indices[self.indptr[visit] : self.indptr[visit + 1]]

    def names(self, visit: int) -> tuple[str, ...]:
        """Return the codes of a visit by name."""
        return tuple(self.codes[index] for index in self.of(visit))

    def matrix(self) -> csr_matrix:
        """Return visits x codes with 1.0 where a visit has a code, float32."""
        from scipy.sparse import csr_matrix

        ones = np.ones(len(self.indices), np.float32)
        return csr_matrix((ones, self.indices, self.indptr), shape=(len(self), self.n_codes))

    def select(self, visits: np.ndarray) -> CodeSets:
        """Return the sets of some visits, in the order given; the vocabulary stays."""
        visits = np.asarray(visits, np.int64)
        sizes = self.sizes[visits]
        indptr = np.concatenate([[0], np.cumsum(sizes)])
        places = np.arange(indptr[-1]) + np.repeat(self.indptr[visits] - indptr[:-1], sizes)
        return CodeSets(self.codes, indptr, self.indices[places])

    def recoded(self, codes: Sequence[str], target: np.ndarray) -> CodeSets:
        """Return the sets in another vocabulary.

        Args:
            codes: the new vocabulary.
            target: index in `codes` of each code of this one, -1 where it is to be left out; shape (n_codes,).
        """
        moved = np.asarray(target, np.int64)[self.indices]
        kept = moved >= 0
        return CodeSets.from_pairs(codes, self.visit_of[kept], moved[kept], len(self))


def frozen(array: Any, dtype: type) -> np.ndarray:
    """Return a copy that cannot be written."""
    result = np.array(array, dtype=dtype)
    result.setflags(write=False)
    return result
