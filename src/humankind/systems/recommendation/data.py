"""The interactions that a recommender learns from: a sparse matrix with the ids of its rows and columns."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix, load_npz, save_npz

from humankind.spine.errors import DataError
from humankind.spine.runs import folder_once
from humankind.systems.recommendation.diagnosis import npz_trouble

if TYPE_CHECKING:
    import polars as pl

_SHOWN = 5  # how many offending ids an error quotes
LEAST_WEIGHT, MOST_WEIGHT = 1e-6, 1e6
"""What an interaction may weigh: sums of squares of such weights keep their digits in float32."""
_WEIGHTS = f"numbers from {LEAST_WEIGHT:.6f} to {MOST_WEIGHT:,.0f}"


@dataclass(frozen=True, eq=False)
class Interactions:
    """Who interacted with what. Rows and columns are numbered from 0; the outside names are kept as text."""

    matrix: csr_matrix
    """users x items, float32, values from LEAST_WEIGHT to MOST_WEIGHT (usually 1.0), indices sorted, no duplicates.

    Stored zeros are dropped; a negative, infinite, vanishing or huge value is refused (DataError)."""
    user_ids: np.ndarray
    """External id of each row, as Python strings."""
    item_ids: np.ndarray
    """External id of each column, as Python strings."""
    item_names: dict[str, str] = field(default_factory=dict)
    """item_id -> title, for the items that have one; may be empty."""

    def __post_init__(self) -> None:
        shape = (len(self.user_ids), len(self.item_ids))
        if self.matrix.shape != shape:
            raise DataError(
                "the matrix does not fit its ids",
                found=f"a matrix of shape {self.matrix.shape}",
                expected=f"shape {shape}: one row for each user id, one column for each item id",
            )
        _check_cells(self.matrix)
        matrix = canonical(self.matrix)
        _check_cells(matrix)  # again, as cells that were stored more than once are added up now
        object.__setattr__(self, "matrix", matrix)

    @classmethod
    def from_pairs(
        cls,
        users: Iterable[Any],
        items: Iterable[Any],
        weights: Iterable[float] | None = None,
        *,
        item_names: Mapping[str, str] | None = None,
    ) -> Interactions:
        """Return the interactions of parallel sequences of user and item ids.

        Ids become text and are put in order (numbers by length, then as text; all else as text). The result
        does not depend on the order of the pairs. A pair that occurs more than once keeps its largest weight.

        Args:
            users: one id for each interaction.
            items: one id for each interaction.
            weights: one number from LEAST_WEIGHT to MOST_WEIGHT for each interaction; 1.0 where not given.
            item_names: item_id -> title.

        Raises:
            DataError: the lengths differ, there are no pairs, or a weight is not from LEAST_WEIGHT to MOST_WEIGHT.

        >>> log = Interactions.from_pairs(["ann", "bob", "bob"], ["007", "7", "007"])
        >>> log.item_ids.tolist(), log.matrix.toarray().tolist()
        (['7', '007'], [[0.0, 1.0], [1.0, 1.0]])
        """
        rows, user_ids = encode(users)
        columns, item_ids = encode(items)
        if len(rows) != len(columns) or not len(rows):
            raise DataError(
                "interactions need as many items as users, and at least one of each",
                found=f"{len(rows)} users and {len(columns)} items",
            )
        values = _weights(weights, len(rows))
        matrix = assemble(rows, columns, values, (len(user_ids), len(item_ids)))
        return cls(matrix, user_ids, item_ids, dict(item_names or {}))

    @property
    def n_users(self) -> int:
        return int(self.matrix.shape[0])

    @property
    def n_items(self) -> int:
        return int(self.matrix.shape[1])

    @property
    def n_interactions(self) -> int:
        return int(self.matrix.nnz)

    @property
    def density(self) -> float:
        """The share of all user-item cells that are filled, between 0 and 1."""
        return self.n_interactions / (self.n_users * self.n_items)

    @property
    def user_degrees(self) -> np.ndarray:
        """The number of items of each user, as integers."""
        return np.diff(self.matrix.indptr)

    @property
    def item_degrees(self) -> np.ndarray:
        """The number of users of each item, as integers."""
        return np.bincount(self.matrix.indices, minlength=self.n_items)

    @cached_property
    def _user_lookup(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.user_ids)}

    @cached_property
    def _item_lookup(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.item_ids)}

    def user_indices(self, ids: str | Iterable[Any]) -> np.ndarray:
        """Return the row of each user id, in the order given; DataError names the unknown ones."""
        return _look_up(ids, self._user_lookup, "user")

    def item_indices(self, ids: str | Iterable[Any]) -> np.ndarray:
        """Return the column of each item id, in the order given; DataError names the unknown ones."""
        return _look_up(ids, self._item_lookup, "item")

    def name_of(self, item_index: int) -> str:
        """Return the title of an item, or its id where it has none."""
        item_id = self.item_ids[item_index]
        return self.item_names.get(item_id, item_id)

    def with_matrix(self, matrix: csr_matrix) -> Interactions:
        """Return another matrix over the same users and items."""
        return replace(self, matrix=matrix)

    def select(self, rows: np.ndarray, columns: np.ndarray) -> Interactions:
        """Return the given rows and columns only, in the order given."""
        item_ids = self.item_ids[columns]
        kept = set(item_ids.tolist()) if self.item_names else set()
        names = {item: name for item, name in self.item_names.items() if item in kept}
        return Interactions(self.matrix[rows][:, columns], self.user_ids[rows], item_ids, names)

    def save(self, folder: Path | str) -> Path:
        """Write matrix.npz, users.parquet and items.parquet into a new folder, whole or not at all."""
        path = Path(folder)
        if path.exists() and any(path.iterdir()):
            raise DataError("the folder to save into is not empty", found=path, remedy="name a new folder")
        if path.exists():
            path.rmdir()
        return folder_once(path, self._write)

    def _write(self, folder: Path) -> None:
        import polars as pl

        save_npz(folder / "matrix.npz", self.matrix)
        pl.DataFrame({"user_id": self.user_ids.tolist()}, schema={"user_id": pl.String}).write_parquet(
            folder / "users.parquet"
        )
        items = self.item_ids.tolist()
        pl.DataFrame(
            {"item_id": items, "name": [self.item_names.get(item) for item in items]},
            schema={"item_id": pl.String, "name": pl.String},
        ).write_parquet(folder / "items.parquet")

    @classmethod
    def load(cls, folder: Path | str) -> Interactions:
        """Return what `save` wrote; DataError where the folder holds something else."""
        import polars as pl

        path = Path(folder)
        try:
            matrix = load_npz(path / "matrix.npz")
            user_ids = pl.read_parquet(path / "users.parquet")["user_id"].to_list()
            items = pl.read_parquet(path / "items.parquet", columns=["item_id", "name"])
        except (OSError, ValueError, KeyError, zipfile.BadZipFile, pl.exceptions.PolarsError) as error:
            raise DataError(
                "these are not saved interactions",
                found=_told(error, path),
                where=path,
                expected="a folder with matrix.npz, users.parquet and items.parquet",
            ) from None
        names = {item: name for item, name in items.iter_rows() if name is not None}
        return cls(csr_matrix(matrix), id_array(user_ids), id_array(items["item_id"].to_list()), names)


@dataclass(frozen=True, eq=False)
class Log:
    """What a file says: interactions, perhaps with times, and what had to be done to the rows."""

    interactions: Interactions
    times: np.ndarray | None = None
    """Seconds, float64, one for each stored entry of the matrix, in its order; None where unknown."""
    notes: tuple[str, ...] = ()
    """Rows merged, skipped or left out, one sentence each."""


def canonical(matrix: csr_matrix) -> csr_matrix:
    """Return the matrix as float32 CSR, indices sorted and unique, no zeros; copied only where something changes."""
    result = csr_matrix(matrix, dtype=np.float32)
    if not result.has_canonical_format or not result.data.all():
        result = result.copy()  # the conversion may have left the indices shared with the caller's matrix
        result.sum_duplicates()
        result.eliminate_zeros()
    return result


def assemble(rows: np.ndarray, columns: np.ndarray, values: np.ndarray, shape: tuple[int, int]) -> csr_matrix:
    """Return the matrix of these cells; of cells given more than once the largest value stays."""
    cells = rows.astype(np.int64) * shape[1] + columns
    order = np.argsort(cells, kind="stable")
    cells, values = cells[order], values[order]
    first = np.flatnonzero(np.diff(cells, prepend=-1))
    values = np.maximum.reduceat(values, first) if len(first) < len(cells) else values
    cells = cells[first]
    counts = np.bincount(cells // shape[1], minlength=shape[0])
    indptr = np.concatenate([[0], np.cumsum(counts)])
    width = np.int32 if max(len(cells), shape[1]) < 2**31 else np.int64
    indices = (cells % shape[1]).astype(width)
    return csr_matrix((values.astype(np.float32), indices, indptr.astype(width)), shape=shape)


def encode(ids: Iterable[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return the position of each id among the ordered distinct ids, and those ids.

    >>> codes, names = encode([10, 9, 10])
    >>> codes.tolist(), names.tolist()
    ([1, 0, 1], ['9', '10'])
    """
    import polars as pl

    series = ids if isinstance(ids, pl.Series) else pl.Series(values=_as_text(ids), dtype=pl.String)
    if series.dtype != pl.String:
        series = series.cast(pl.String)
    if series.null_count():
        raise DataError("an id is missing", where=f"position {int(series.is_null().arg_max() or 0)}")
    names = ordered(series.unique())
    codes = series.cast(pl.Enum(names)).to_physical() if len(names) else pl.Series([], dtype=pl.UInt32)
    return codes.to_numpy(), id_array(names.to_list())


def ordered(names: pl.Series) -> pl.Series:
    """Return distinct ids in order: by length, then as text, where all are digits; as text otherwise."""
    if names.str.contains(r"^[0-9]+$").all():
        return names.to_frame("id").sort(names.str.len_bytes(), "id").to_series()
    return names.sort()


def id_array(names: Sequence[str]) -> np.ndarray:
    """Return ids as an array of Python strings, whatever their lengths."""
    array = np.empty(len(names), dtype=object)
    array[:] = names
    return array


def _told(error: Exception, folder: Path) -> str:
    """Return why a folder could not be read; numpy's advice for archives it refuses is none for a person."""
    message = str(error).splitlines()
    if isinstance(error, ValueError | zipfile.BadZipFile):
        return npz_trouble(folder / "matrix.npz")
    return f"{type(error).__name__}: {message[0] if message else ''}"


def _as_text(ids: Iterable[Any]) -> list[str]:
    values = ids.tolist() if isinstance(ids, np.ndarray) else list(ids)
    return [value if isinstance(value, str) else str(value) for value in values]


def _weights(weights: Iterable[float] | None, n: int) -> np.ndarray:
    if weights is None:
        return np.ones(n, dtype=np.float32)
    values = np.asarray(weights if isinstance(weights, np.ndarray) else list(weights), dtype=np.float64)
    if values.shape != (n,):
        raise DataError("weights and pairs differ in number", found=f"{values.size} weights for {n} pairs")
    wrong = np.flatnonzero(~_usable(values))
    if len(wrong):
        raise _unusable(values, wrong, f"position {wrong[0]}")
    return values.astype(np.float32)


def _usable(values: np.ndarray) -> np.ndarray:
    """Return which values can be weights; NaN and infinities cannot."""
    return (values >= LEAST_WEIGHT * (1 - 1e-6)) & (values <= MOST_WEIGHT * (1 + 1e-6))  # rounded to float32


def _check_cells(matrix: csr_matrix) -> None:
    """Raise DataError for the first stored cell that is neither a weight nor zero."""
    values = np.asarray(matrix.data, dtype=np.float64)
    wrong = np.flatnonzero(~(_usable(values) | (values == 0)))
    if len(wrong):
        rows, columns = matrix.tocoo(copy=False).coords
        raise _unusable(values, wrong, f"row {rows[wrong[0]]}, column {columns[wrong[0]]} (counted from 0)")


def _unusable(values: np.ndarray, wrong: np.ndarray, where: str) -> DataError:
    return DataError(
        "an interaction's weight is negative, not finite, or too large or small to reckon with",
        found=f"{values[wrong[0]]:g} ({len(wrong)} of {len(values)} weights)",
        where=where,
        expected=_WEIGHTS,
        remedy="leave the weights out, scale them so that a usual one is about 1, or drop the pairs that do not count "
        "as an interaction",
    )


def _look_up(ids: str | Iterable[Any], lookup: dict[str, int], kind: str) -> np.ndarray:
    wanted = [ids] if isinstance(ids, str) else _as_text(ids)
    unknown = [name for name in wanted if name not in lookup]
    if unknown:
        shown = ", ".join(repr(name) for name in unknown[:_SHOWN])
        raise DataError(
            f"unknown {kind} id",
            found=shown + (f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""),
            expected=f"one of {len(lookup)} known {kind} ids, such as {next(iter(lookup), '')!r}",
        )
    return np.fromiter((lookup[name] for name in wanted), dtype=np.int64, count=len(wanted))
