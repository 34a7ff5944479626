"""Finding and scanning tables of a hospital export: any case, plain or gzipped, every value as text, rows numbered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from humankind.spine.errors import DataError

if TYPE_CHECKING:
    import polars as pl

_ENDINGS = (".csv", ".csv.gz", ".parquet")
_TIME_FORMATS = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.fZ",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
)
_MISSING = ("", "NULL", "NA", "NaN", "nan", "null", "None", "\\N")

ROW = "row"
"""Column with the row of the file, counted from 1 with the header as row 1."""


class Tables:
    """The tables of one folder, found by name whatever their case and ending."""

    def __init__(self, folder: Path, below: Sequence[str] = ()) -> None:
        """Look into a folder, and into those of its subfolders that are named.

        Args:
            folder: where the tables are.
            below: names of subfolders that may hold them, such as `hosp`.

        Raises:
            DataError: there is no such folder.
        """
        if not folder.is_dir():
            raise DataError("there is no such folder", found=folder, expected="a folder of tables")
        self.folder = folder
        self._files: dict[str, Path] = {}
        inner = [part for part in sorted(folder.iterdir()) if part.is_dir() and part.name.lower() in below]
        for place in (folder, *inner):
            for file in sorted(place.iterdir()):
                ending = next((end for end in sorted(_ENDINGS, key=len)[::-1] if file.name.lower().endswith(end)), None)
                if ending is not None:
                    self._files.setdefault(file.name.lower().removesuffix(ending), file)

    def has(self, name: str) -> bool:
        """Return whether there is a table of this name."""
        return name.lower() in self._files

    def path(self, name: str) -> Path:
        """Return the file of a table; DataError lists what is there."""
        if not self.has(name):
            raise DataError(
                f"the table {name} is missing",
                found=", ".join(sorted(self._files)) or "no tables",
                where=self.folder,
                expected=" or ".join(f"{name}{ending}" for ending in _ENDINGS),
                remedy="name the folder that holds the tables as they were downloaded",
            )
        return self._files[name.lower()]

    def scan(self, name: str, columns: Iterable[str], optional: Iterable[str] = ()) -> pl.LazyFrame:
        """Return a table lazily: `row` and the columns asked for, lower-case, as text; missing values are null.

        Args:
            name: of the table, in any case.
            columns: names that must be there, lower-case.
            optional: names that become null columns where they are not there.

        Raises:
            DataError: the table or a column is missing, or the file cannot be read.
        """
        return scan_table(self.path(name), columns, optional)


def scan_table(file: Path, columns: Iterable[str], optional: Iterable[str] = ()) -> pl.LazyFrame:
    """Return a file lazily; see `Tables.scan`."""
    import polars as pl

    required, extra = list(columns), list(optional)
    try:
        table = _opened(file)
        names = table.collect_schema().names()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise unreadable(file, error) from None
    missing = [name for name in required if name not in names]
    if missing:
        raise DataError(
            "a column is missing", found=", ".join(names[1:]), where=f"{file} row 1", expected=", ".join(missing)
        )
    present = [name for name in (*required, *extra) if name in names]
    absent = [name for name in extra if name not in names]
    values = [_text(name).alias(name) for name in present]
    return table.select(ROW, *values, *(pl.lit(None, pl.String).alias(name) for name in absent))


def _opened(file: Path) -> pl.LazyFrame:
    import polars as pl

    if file.name.lower().endswith(".parquet"):
        table = pl.scan_parquet(file, glob=False)
        table = table.rename({name: _named(name) for name in table.collect_schema().names()})
        return table.with_row_index(ROW).with_columns(pl.col(ROW).cast(pl.Int64) + 1)
    with file.open("rb") as opened:
        if not opened.read(1):
            raise DataError("the file is empty", where=file, expected="a header and rows")
    return pl.scan_csv(
        file,
        glob=False,
        separator="\t" if ".tsv" in file.name.lower() else ",",
        infer_schema=False,
        row_index_name=ROW,
        with_column_names=lambda names: [_named(name) for name in names],
    ).with_columns(pl.col(ROW).cast(pl.Int64) + 2)


def _named(name: str) -> str:
    """Return a column's name, lower-case; a column of the file that is called `row` makes way for our own."""
    plain = name.strip().strip('"').lower()
    return f"{plain} of the file" if plain == ROW else plain


def _text(name: str) -> pl.Expr:
    import polars as pl

    value = pl.col(name).cast(pl.String).str.strip_chars()
    return pl.when(~value.is_in(_MISSING)).then(value)


def seconds(column: str) -> pl.Expr:
    """Return a text column of times as seconds since 1970; null where it cannot be read. Zones other than Z are not."""
    import polars as pl

    text = pl.col(column)
    moments = [text.str.to_datetime(shape, strict=False, exact=True, time_unit="us") for shape in _TIME_FORMATS]
    return pl.coalesce(moments).dt.epoch("us") / 1_000_000


def collected(table: pl.LazyFrame, file: Path) -> pl.DataFrame:
    """Return the rows of a scan; DataError where the file turns out to be broken."""
    return collected_together((table,), file)[0]


def collected_together(tables: Sequence[pl.LazyFrame], file: Path) -> list[pl.DataFrame]:
    """Return the rows of several questions to one scan, which is read once."""
    import polars as pl

    try:
        return pl.collect_all(tables, engine="streaming")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise unreadable(file, error) from None


def unreadable(file: Path, error: Exception) -> DataError:
    """Return the error that says which file is broken and how."""
    text = str(error).strip()
    return DataError(
        "a table cannot be read",
        found=f"{type(error).__name__}: {text.splitlines()[0] if text else ''}",
        where=file,
        expected="comma-separated values with a header, plain or gzipped, or Parquet",
        remedy="get the file again, or mend the row that the message names",
    )
