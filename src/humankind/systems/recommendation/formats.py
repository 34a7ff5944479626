"""How each file format is laid out, and how its columns are found.

A scan yields a lazy table with one line for each row of the file, in the order of the file, and text columns
named for their roles: user, item and, where the file has them, rating, time and name. Nothing is read here.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from humankind.spine.errors import DataError
from humankind.systems.recommendation.columns import ROLES, Columns, by_name, by_place

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Scan:
    """A file, ready to be read."""

    table: pl.LazyFrame
    first_row: int = 1
    """Row of the file, counted from 1, that the first line of the table came from."""

    @property
    def roles(self) -> list[str]:
        """The roles that have a column, in the order of ROLES."""
        present = self.table.collect_schema().names()
        return [role for role in ROLES if role in present]


def guess(path: Path) -> str:
    """Return the format that a file's name stands for; DataError lists the formats where none fits.

    >>> guess(Path("ratings.csv.gz")), guess(Path("ml-1m/ratings.dat")), guess(Path("ml-100k/u.data"))
    ('csv', 'dat', 'triples')
    """
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    suffix = suffixes[-1] if suffixes else ""
    if path.name == "u.data":
        return "triples"
    if suffix in BY_SUFFIX:
        return BY_SUFFIX[suffix]
    raise DataError(
        "the file's name does not tell its format",
        found=path.name,
        expected=f"one of the endings {' '.join(sorted(BY_SUFFIX))}",
        remedy=f"name the format: {', '.join(FORMATS)}",
    )


# -- one scan for each family of formats -------------------------------------------------------------------


def scan_csv(path: Path, columns: Columns | None, needed: tuple[str, ...]) -> Scan:
    """Comma-separated; a header line alone may show another separator (; | or a tab)."""
    header = first_line(path)
    separator = max(",;\t|", key=header.count)  # the first of equals, so a comma where there is none at all
    return _scan_separated(path, separator, columns, needed)


def scan_tsv(path: Path, columns: Columns | None, needed: tuple[str, ...]) -> Scan:
    return _scan_separated(path, "\t", columns, needed)


def scan_inter(path: Path, columns: Columns | None, needed: tuple[str, ...]) -> Scan:
    """RecBole's atomic file: tabs, a header of `name:type`, and quotation marks that mean themselves."""
    return _scan_separated(path, "\t", columns, needed, quote=None)


def scan_parquet(path: Path, columns: Columns | None, needed: tuple[str, ...]) -> Scan:
    import polars as pl

    table = pl.scan_parquet(path, glob=False)
    schema = table.collect_schema()
    named = by_name(schema.names(), columns, needed, path)
    exprs = [_parquet_column(role, name, schema[name], path) for role, name in named.items()]
    return Scan(table.select(exprs))


def scan_jsonl(path: Path, columns: Columns | None, needed: tuple[str, ...]) -> Scan:
    """One JSON object on each line; the keys of the first say which columns there are."""
    import polars as pl

    line = first_line(path)
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise DataError("the first line is not a JSON object", found=line[:80], where=f"{path} row 1")
    named = by_name(list(record), columns, needed, path)
    table = pl.scan_ndjson(path, schema={name: pl.String() for name in named.values()})
    return Scan(table.select(pl.col(name).alias(role) for role, name in named.items()))


def scan_triples(path: Path, columns: Columns | None, needed: tuple[str, ...]) -> Scan:
    """`user item [rating [time]]` separated by blanks or tabs, without a header: u.data, Last.fm triples."""
    import polars as pl

    return _scan_words(path, pl.col("line").str.extract_all(r"\S+"), first_line(path).split(), columns)


def scan_dat(path: Path, columns: Columns | None, needed: tuple[str, ...]) -> Scan:
    """`user::item::rating::time`, as in MovieLens 1M; without `::` the file is taken for tab-separated."""
    import polars as pl

    line = first_line(path)
    if "::" not in line:
        return scan_tsv(path, columns, needed)
    return _scan_words(path, pl.col("line").str.split("::"), line.split("::"), columns)


def scan_amazon(path: Path, columns: Columns | None, needed: tuple[str, ...]) -> Scan:
    """Amazon ratings-only CSV of 2014: user,item,rating,time without a header (2018 starts with the item)."""
    return _scan_separated(path, ",", columns or ("user", "item", "rating", "time"), needed)


ScanFunction = Callable[[Path, Columns | None, tuple[str, ...]], Scan]
SCANS: dict[str, ScanFunction] = {
    "csv": scan_csv,
    "tsv": scan_tsv,
    "parquet": scan_parquet,
    "jsonl": scan_jsonl,
    "inter": scan_inter,
    "triples": scan_triples,
    "dat": scan_dat,
    "amazon": scan_amazon,
}
FORMATS = (*SCANS, "lists", "npz")
BY_SUFFIX = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".inter": "inter",
    ".dat": "dat",
    ".npz": "npz",
    ".txt": "lists",
}


# -- parts -------------------------------------------------------------------------------------------------


def lines(path: Path) -> pl.LazyFrame:
    """Return the lines of a text file as one text column called line; empty lines are null."""
    import polars as pl

    # A separator that no text file holds makes each line one field.
    return pl.scan_csv(
        path, separator="\x1f", has_header=False, quote_char=None, schema={"line": pl.String}, glob=False
    )


def first_line(path: Path) -> str:
    """Return the first line of a text file, plain or gzipped; DataError where it is empty or not UTF-8."""
    try:
        with open_bytes(path) as file:
            raw = file.readline(1 << 20)
    except (OSError, EOFError) as error:
        raise DataError("the file cannot be read", found=error, where=path) from None
    try:
        line = raw.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise not_utf8(path, 1, error) from None
    if not raw.strip():
        raise DataError("the first line is empty", where=path, expected="a header or a first row")
    return line


def open_bytes(path: Path) -> io.BufferedIOBase:
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")


def not_utf8(path: Path, row: int, error: UnicodeDecodeError) -> DataError:
    return DataError(
        "the file is not UTF-8 text",
        found=f"byte 0x{error.object[error.start]:02x}",
        where=f"{path} row {row}",
        remedy="save it as UTF-8, for example: iconv -f latin1 -t utf-8 OLD > NEW",
    )


def _scan_separated(
    path: Path, separator: str, columns: Columns | None, needed: tuple[str, ...], quote: str | None = '"'
) -> Scan:
    import polars as pl

    quoting = csv.QUOTE_NONE if quote is None else csv.QUOTE_MINIMAL
    fields = next(csv.reader([first_line(path)], delimiter=separator, quoting=quoting))
    has_header = columns is None or isinstance(columns, Mapping)
    names = by_name(fields, columns, needed, path) if has_header else {}
    positions = {role: fields.index(name) for role, name in names.items()} or by_place(columns, fields, path)
    width = [f"field_{index}" for index in range(len(fields))]
    table = pl.scan_csv(
        path,
        separator=separator,
        has_header=has_header,
        infer_schema=False,
        with_column_names=lambda found: width[: len(found)],
        quote_char=quote,
        glob=False,
    )
    chosen = [pl.col(width[place]).alias(role) for role, place in positions.items()]
    rest = [pl.col(name).is_null() for name in width if width.index(name) not in positions.values()]
    # Columns that nobody reads are not parsed, and then a row with too many fields goes unnoticed.
    checked = [*chosen, pl.any_horizontal(rest).alias("unread")] if rest else chosen
    return Scan(table.select(checked), 2 if has_header else 1)


def _scan_words(path: Path, split: pl.Expr, first: list[str], columns: Columns | None) -> Scan:
    import polars as pl

    roles = columns if columns is not None else ROLES[: len(first)]
    if isinstance(roles, Mapping) or not 2 <= len(first) <= max(len(roles), 4):
        raise DataError(
            "the fields of this file cannot be told apart",
            found=f"{len(first)} fields in the first row and columns {columns}",
            where=f"{path} row 1",
            expected="user, item and perhaps rating and time in each row, without a header",
            remedy="name the fields in their order, such as user,item,rating,time",
        )
    positions = by_place(roles, first, path)
    words = lines(path).select(words=split)
    fields = {role: pl.col("words").list.get(place, null_on_oob=True) for role, place in positions.items()}
    return Scan(words.select(**fields, ragged=pl.col("words").list.len() != len(first)))


def _parquet_column(role: str, name: str, dtype: pl.DataType, path: Path) -> pl.Expr:
    import polars as pl

    column = pl.col(name)
    if role == "time" and dtype.is_temporal():
        return column.cast(pl.Datetime("ms")).dt.epoch("ms").truediv(1000).cast(pl.String).alias(role)
    if role in ("rating", "time") and dtype.is_numeric():
        return column.cast(pl.String).alias(role)
    if dtype == pl.String or dtype.is_integer() or dtype in (pl.Categorical, pl.Enum):
        return column.cast(pl.String).alias(role)
    raise DataError(
        f"a column of this type cannot be the {role}",
        found=f"{name!r} of type {dtype}",
        where=path,
        expected="text or whole numbers" if role in ("user", "item") else "text or numbers",
        remedy="write ids as text, so that 7 and 7.0 stay one id",
    )
