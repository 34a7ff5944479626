"""Reads the rows of a file with columns, and names the first bad one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from humankind.spine.errors import DataError
from humankind.systems.recommendation.diagnosis import json_row
from humankind.systems.recommendation.formats import Scan

if TYPE_CHECKING:
    import polars as pl

POSITIVE = "weights of interactions are positive; ratings need a threshold"
THRESHOLD = "if these are ratings, give a threshold: ratings at or above it count; otherwise drop the row"
# The first that fits the first time of a file is used for the whole file.
_TIME_FORMATS = (
    "%Y-%m-%dT%H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M:%S%.f%z",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
)


def read_table(path: Path, format: str, scan: Scan, lowest: float = -math.inf) -> tuple[pl.DataFrame, int]:
    """Return the filled rows (rating and time as numbers, all else as text) and how many rows are blank.

    Args:
        path: the file.
        format: its format.
        scan: the file, ready to be read.
        lowest: the smallest rating that is let through; 0 where ratings are weights.

    Raises:
        DataError: there are no rows, an id is missing, a number cannot be read or is too low, a row is ragged.
    """
    import polars as pl

    roles = scan.roles
    time_format = _time_format(scan) if "time" in roles else None
    numbers = {"rating": _number("rating"), "time": _seconds(time_format)}
    values = [numbers.get(role, pl.col(role)) for role in roles]
    extra = [name for name in scan.table.collect_schema().names() if name not in roles]
    filled = pl.any_horizontal(pl.col(role).is_not_null() for role in roles).alias("filled")
    frame = scan.table.select(*values, *extra, filled).with_row_index("place").collect(engine="streaming")
    n_rows = len(frame)
    if not frame["filled"].all():
        frame = frame.filter("filled")
    if frame.is_empty():
        raise DataError("the file has no rows", where=path, expected="at least one interaction")
    _Rows(path, format, scan, frame).check(time_format, lowest)
    return frame.select(roles), n_rows - len(frame)


def _number(role: str) -> pl.Expr:
    import polars as pl

    return pl.col(role).str.strip_chars().cast(pl.Float64, strict=False)


def _time_format(scan: Scan) -> str | None:
    """Return how the first time in the file is written, None where it is a number."""
    import polars as pl

    first = scan.table.select("time").drop_nulls().head(1).collect()["time"]
    if first.is_empty() or first.str.strip_chars().cast(pl.Float64, strict=False)[0] is not None:
        return None
    tried = first.to_frame().select(_seconds(text).alias(text) for text in _TIME_FORMATS).row(0, named=True)
    return next((text for text, seconds in tried.items() if seconds is not None), _TIME_FORMATS[-1])


def _seconds(time_format: str | None) -> pl.Expr:
    import polars as pl

    if time_format is None:
        return _number("time")
    text = pl.col("time").str.strip_chars().str.replace("Z$", "+00:00")
    moment = text.str.to_datetime(time_format, strict=False, exact=True)
    return moment.dt.epoch("us").truediv(1_000_000).alias("time")


@dataclass
class _Rows:
    """The rows of one file, able to name the first bad one."""

    path: Path
    format: str
    scan: Scan
    frame: pl.DataFrame

    def check(self, time_format: str | None, lowest: float) -> None:
        """Raise DataError for the first row with a missing id, a number that will not do or too many fields."""
        if "ragged" in self.frame.columns:
            self._refuse(self.frame["ragged"], None, "a row has another number of fields than the first")
        for role in ("user", "item"):
            missing = self.frame[role].is_null() | (self.frame[role] == "")
            self._refuse(missing, role, f"the {role} id is missing", expected="an id in each row")
        if "rating" in self.frame.columns:
            wrong = self.frame["rating"].is_null() | ~self.frame["rating"].is_finite()
            self._refuse(wrong, "rating", "a rating is not a finite number", expected="a finite number")
            self._refuse(
                self.frame["rating"] < lowest, "rating", "a weight is negative", expected=POSITIVE, remedy=THRESHOLD
            )
        if "time" in self.frame.columns:
            wrong = self.frame["time"].is_null() | ~self.frame["time"].is_finite()
            expected = f"a time written as {time_format}" if time_format else "seconds, a number"
            self._refuse(wrong, "time", "a time cannot be read", expected=expected)

    def _refuse(
        self,
        wrong: pl.Series,
        role: str | None,
        problem: str,
        expected: str | None = None,
        remedy: str | None = None,
    ) -> None:
        if not wrong.any():
            return
        place = int(self.frame["place"][int(wrong.arg_max() or 0)])
        shown = self.scan.table.slice(place, 1).collect().select(self.scan.roles).row(0, named=True)
        others = f" (and {n - 1} more such rows)" if (n := int(wrong.sum())) > 1 else ""
        optional = f", or leave out the {role}" if role in ("rating", "time") else ""
        raise DataError(
            problem,
            found=(repr(shown[role]) if role else str(shown)) + others,
            where=f"{self.path} row {self._row(place)}",
            expected=expected,
            remedy=remedy or f"mend or drop the row{optional}",
        )

    def _row(self, place: int) -> int:
        return json_row(self.path, place + 1) if self.format == "jsonl" else self.scan.first_row + place
