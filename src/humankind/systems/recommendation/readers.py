"""Reads a log of interactions from any of the usual files.

    csv      user_id,item_id[,rating][,timestamp] with a header; also .csv.gz
    tsv      the same with tabs
    parquet, jsonl   the same columns
    inter    RecBole's atomic file
    lists    `user item item item ...`, one line a user (BARS, LightGCN)
    npz      a SciPy sparse matrix, users x items; positions become ids
    dat      MovieLens `user::item::rating::time`
    triples  `user item [rating [time]]` between blanks or tabs, no header (u.data, Last.fm)
    amazon   user,item,rating,time without a header

Ids stay the text they are in the file: 007 and 7 are two items. Only the fact of an interaction is learned
from, so ratings need a threshold that says which of them count.
"""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from humankind.spine.errors import ConfigError, DataError
from humankind.systems.recommendation.columns import Columns, parse_columns
from humankind.systems.recommendation.data import Interactions, Log, assemble, encode, id_array
from humankind.systems.recommendation.diagnosis import unreadable
from humankind.systems.recommendation.formats import FORMATS, SCANS, first_line, guess, lines
from humankind.systems.recommendation.tables import POSITIVE, THRESHOLD, read_table

if TYPE_CHECKING:
    import polars as pl
    from scipy.sparse import coo_matrix


def read_log(
    path: Path | str,
    *,
    format: str | None = None,
    columns: Columns | str | None = None,
    threshold: float | None = None,
) -> Log:
    """Return the log in a file that a recommender is to learn from.

    Args:
        path: the file; its ending tells the format.
        format: one of FORMATS, where the ending does not tell.
        columns: role -> name in the header for the roles user, item, rating, time and name (the item's
            title), or, for a file without a header, the roles in the order of its fields with `_` for a field
            to skip; as text `user=visitor,item=page` or `user,item,rating,_`. Usual names are found by
            themselves.
        threshold: ratings at or above it count as an interaction, the others are left out.

    Returns:
        The log; duplicates are merged (the earliest time stays) and counted in its notes.

    Raises:
        DataError: naming the file, the row and what to do.
        ConfigError: the columns or the threshold do not fit the file.
    """
    log = read_held_out(path, format=format, columns=columns, threshold=threshold)
    require_learnable(log.interactions, Path(path))
    return log


def read_held_out(
    path: Path | str,
    *,
    format: str | None = None,
    columns: Columns | str | None = None,
    threshold: float | None = None,
) -> Log:
    """Return the log in a file of test interactions: as `read_log`, but one user or one item will do."""
    path, chosen = _checked_file(Path(path)), format or guess(Path(path))
    if chosen not in FORMATS:
        raise ConfigError("unknown file format", found=chosen, expected=", ".join(FORMATS))
    if threshold is not None and not math.isfinite(threshold):
        raise ConfigError("the threshold is not a finite number", found=threshold)
    if chosen in ("lists", "npz") and columns is not None:
        raise ConfigError("this format has no columns to name", found=columns, where=path)
    if chosen == "npz":
        return _read_npz(path, threshold)
    try:
        if chosen == "lists":
            return _read_lists(path, threshold)
        return _read_columns(path, chosen, columns, threshold)
    except _polars_error() as error:
        raise unreadable(path, chosen, error) from None


def read_names(path: Path | str, *, columns: Columns | str | None = None) -> dict[str, str]:
    """Return item id -> title from a csv, tsv, parquet or jsonl file with columns for both."""
    path = _checked_file(Path(path))
    chosen = guess(path)
    columns = parse_columns(columns, ("item", "name")) if isinstance(columns, str) else columns
    try:
        scan = SCANS[chosen](path, columns, ("item", "name"))
        frame = scan.table.select("item", "name").drop_nulls().collect()
    except _polars_error() as error:
        raise unreadable(path, chosen, error) from None
    return dict(frame.unique("item", keep="first", maintain_order=True).iter_rows())


def require_learnable(interactions: Interactions, where: object = None) -> None:
    """Raise DataError if there is nothing to learn: one user, one item, or everyone with everything."""
    found = f"{interactions.n_users} users, {interactions.n_items} items, {interactions.n_interactions} pairs"
    for number, noun in ((interactions.n_users, "user"), (interactions.n_items, "item")):
        if number < 2:
            raise DataError(
                f"there is nothing to learn from one {noun}",
                found=found,
                where=where,
                expected="two users and two items at least",
                remedy="give more data; check that the columns are the right ones",
            )
    if interactions.n_interactions == interactions.n_users * interactions.n_items:
        raise DataError(
            "every user has every item, so there is nothing to tell items apart and nothing to recommend",
            found=found,
            where=where,
            remedy="if these are ratings of everything, give a threshold that says which of them count",
        )


# -- the two families of formats ---------------------------------------------------------------------------


def _read_columns(path: Path, format: str, columns: Columns | str | None, threshold: float | None) -> Log:
    columns = parse_columns(columns) if isinstance(columns, str) else columns
    lowest = 0.0 if threshold is None else -math.inf  # without a threshold they are weights
    frame, n_blank = read_table(path, format, SCANS[format](path, columns, ("user", "item")), lowest)
    frame, kept_note = _positives(frame, threshold, path)
    names = _names_in(frame) if "name" in frame.columns else {}
    times = frame["time"].to_numpy() if "time" in frame.columns else None
    notes = _note(n_blank, "blank row skipped", "blank rows skipped") + kept_note
    return _merged(frame["user"], frame["item"], times, names, notes)


def _positives(frame: pl.DataFrame, threshold: float | None, path: Path) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the rows that count as an interaction."""
    if "rating" not in frame.columns:
        _refuse_threshold(threshold, path)
        return frame, ()
    counted = _counted(frame["rating"].to_numpy(), threshold, path)
    if threshold is None:
        return frame, ()
    return frame.filter(counted), _kept_note(counted, threshold)


def _names_in(frame: pl.DataFrame) -> dict[str, str]:
    named = frame.select("item", "name").drop_nulls().unique("item", keep="first", maintain_order=True)
    return dict(named.iter_rows())


def _read_lists(path: Path, threshold: float | None) -> Log:
    import polars as pl

    _refuse_threshold(threshold, path)
    first_line(path)  # says so where the file is empty
    words = lines(path).select(words=pl.col("line").str.extract_all(r"\S+")).with_row_index("row", offset=1)
    rows = words.select("row", user=pl.col("words").list.first(), items=pl.col("words").list.slice(1))
    frame = rows.filter(pl.col("user").is_not_null()).collect(engine="streaming")
    again = ~frame["user"].is_first_distinct()
    if again.any():
        place = int(again.arg_max() or 0)
        raise DataError(
            "a user has more than one line",
            found=repr(frame["user"][place]),
            where=f"{path} row {frame['row'][place]}",
            expected="one line for each user: the user, then all of its items",
            remedy="if each line is one interaction, name the format: triples",
        )
    alone = int((frame["items"].list.len() == 0).sum())
    pairs = frame.select("user", item="items").explode("item").drop_nulls("item")
    if pairs.is_empty():
        raise DataError("no line names an item", where=path, expected="lines such as `ann 17 4 230`")
    notes = _note(alone, "user without items left out", "users without items left out")
    return _merged(pairs["user"], pairs["item"], notes=notes)


def _read_npz(path: Path, threshold: float | None) -> Log:
    from scipy.sparse import load_npz

    try:
        cells = load_npz(path).tocoo()
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise unreadable(path, "npz", error) from None
    cells.sum_duplicates()
    cells.eliminate_zeros()
    if not cells.nnz:
        raise DataError("the matrix holds no interactions", found=f"shape {cells.shape}", where=path)
    values = np.asarray(cells.data, dtype=np.float64)
    _refuse_cell(~np.isfinite(values), cells, path, "a cell of the matrix is not a finite number", "finite numbers")
    if threshold is None:
        _refuse_cell(values < 0, cells, path, "a weight is negative", POSITIVE, THRESHOLD)
    counted = _counted(values, threshold, path)
    shape = (int(cells.shape[0]), int(cells.shape[1]))
    whole = assemble(cells.row[counted], cells.col[counted], np.ones(int(counted.sum())), shape)
    users, items = (np.flatnonzero(whole.getnnz(axis=axis)) for axis in (1, 0))
    user_ids, item_ids = (id_array([str(place) for place in places]) for places in (users, items))
    notes = () if threshold is None else _kept_note(counted, threshold)
    return Log(Interactions(whole[users][:, items], user_ids, item_ids), None, notes)


# -- parts -------------------------------------------------------------------------------------------------


def _refuse_cell(
    wrong: np.ndarray, cells: coo_matrix, path: Path, problem: str, expected: str, remedy: str | None = None
) -> None:
    """Raise DataError for the first cell of a matrix where `wrong` holds."""
    places = np.flatnonzero(wrong)
    if len(places):
        first = places[0]
        raise DataError(
            problem,
            found=f"{cells.data[first]:g} ({len(places)} of {len(wrong)} cells)",
            where=f"{path} row {cells.row[first]}, column {cells.col[first]} (counted from 0)",
            expected=expected,
            remedy=remedy or "mend the matrix",
        )


def _counted(ratings: np.ndarray, threshold: float | None, path: Path) -> np.ndarray:
    """Return which ratings count as an interaction; all must be finite."""
    if threshold is not None:
        counted = ratings >= threshold
        if not counted.any():
            raise DataError(
                "no rating reaches the threshold",
                found=f"ratings from {ratings.min():g} to {ratings.max():g}, threshold {threshold:g}",
                where=path,
                remedy="lower the threshold",
            )
        return counted
    if ratings.min() != ratings.max() or not ratings.max():
        raise DataError(
            "these are ratings or counts, and it is not said which of them mean that a user likes an item",
            found=f"values from {ratings.min():g} to {ratings.max():g}",
            where=path,
            expected="a threshold, since what is learned is who chose what, not how much",
            remedy="give a threshold, which counts too (of five stars 4 is usual, of counts 1 keeps all)",
        )
    return np.ones(len(ratings), dtype=bool)


def _merged(
    users: pl.Series,
    items: pl.Series,
    times: np.ndarray | None = None,
    names: dict[str, str] | None = None,
    notes: tuple[str, ...] = (),
) -> Log:
    """Return the log of these rows, each pair once; its earliest time stays."""
    rows, user_ids = encode(users)
    columns, item_ids = encode(items)
    cells = rows.astype(np.int64) * len(item_ids) + columns
    order = np.argsort(cells, kind="stable")
    first = np.flatnonzero(np.diff(cells[order], prepend=-1))
    kept = cells[order[first]]
    shape = (len(user_ids), len(item_ids))
    matrix = assemble(kept // shape[1], kept % shape[1], np.ones(len(kept)), shape)
    seconds = None if times is None else np.minimum.reduceat(times[order], first)
    notes += _note(len(cells) - len(kept), "duplicate row merged", "duplicate rows merged")
    return Log(Interactions(matrix, user_ids, item_ids, names or {}), seconds, notes)


def _note(number: int, one: str, many: str) -> tuple[str, ...]:
    return (f"{number} {one if number == 1 else many}",) if number else ()


def _kept_note(counted: np.ndarray, threshold: float) -> tuple[str, ...]:
    return (f"{int(counted.sum())} of {len(counted)} ratings at or above {threshold:g} kept",)


def _refuse_threshold(threshold: float | None, path: Path) -> None:
    if threshold is not None:
        raise ConfigError(
            "a threshold was given, but the file has no ratings",
            found=threshold,
            where=path,
            remedy="leave the threshold out, or name the column of the ratings",
        )


def _checked_file(path: Path) -> Path:
    if not path.is_file():
        raise DataError("there is no such file", found=path, expected="a file", remedy="check the path")
    if not path.stat().st_size:
        raise DataError("the file is empty", where=path)
    return path


def _polars_error() -> type[Exception]:
    import polars as pl

    return pl.exceptions.PolarsError
