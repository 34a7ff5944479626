"""Why a file could not be read: finds the first bad row, slowly, once the fast reader has given up."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

from humankind.spine.errors import DataError
from humankind.systems.recommendation.formats import not_utf8, open_bytes


def unreadable(path: Path, format: str, error: Exception) -> DataError:
    """Return the error to raise for a file that the reader of `format` refused."""
    try:
        if format in ("csv", "tsv", "inter", "amazon"):
            _refuse_bad_record(path, format)
        if format == "jsonl":
            _refuse_bad_json(path)
        if format not in ("parquet", "npz"):
            for _ in _text(path):
                pass
    except DataError as found:
        return found
    if format == "npz":
        return DataError(
            "the file cannot be read as npz",
            found=npz_trouble(path),
            where=path,
            expected="a sparse matrix of numbers, users x items, as scipy.sparse.save_npz writes it",
            remedy="write it again with scipy.sparse.save_npz; a file of another format may need its name (--format)",
        )
    message = str(error).splitlines()
    return DataError(
        f"the file cannot be read as {format}",
        found=f"{type(error).__name__}: {message[0] if message else ''}",
        where=path,
        remedy="check that the file is whole and of this format, or name its format",
    )


def npz_trouble(path: Path) -> str:
    """Return in plain words why an .npz file holds no sparse matrix that is safe to read."""
    if not path.is_file():
        return f"no file {path.name}"
    if not zipfile.is_zipfile(path):
        return f"{path.name} is no archive of arrays, or is cut off"
    try:
        with zipfile.ZipFile(path) as archive:
            damaged, names = archive.testzip(), archive.namelist()
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError):  # of a compression or a lock that is not known
        return f"{path.name} is a damaged archive"
    if damaged is not None:
        return f"{path.name} is a damaged archive: {damaged} does not fit its checksum"
    if {"format.npy", "shape.npy", "data.npy"} <= set(names):
        return f"{path.name} holds a matrix with parts that do not fit together, or are Python objects and not numbers"
    return f"{path.name} holds no sparse matrix but {', '.join(map(repr, names[:5])) or 'nothing'}"


def json_row(path: Path, record: int) -> int:
    """Return the row of the file that holds a record, both counted from 1; empty lines hold none."""
    filled = (row for row, line in enumerate(_text(path), 1) if line.strip())
    return next((row for count, row in enumerate(filled, 1) if count == record), record)


def _text(path: Path) -> Iterator[str]:
    with open_bytes(path) as file:
        for row, raw in enumerate(file, 1):
            try:
                yield raw.decode("utf-8-sig" if row == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise not_utf8(path, row, error) from None


def _refuse_bad_record(path: Path, format: str) -> None:
    lines = _text(path)
    header = next(lines)
    separator = max(",;\t|", key=header.count) if format in ("csv", "amazon") else "\t"
    quoting = csv.QUOTE_NONE if format == "inter" else csv.QUOTE_MINIMAL
    n_fields = len(next(csv.reader([header], delimiter=separator, quoting=quoting)))
    records = csv.reader(lines, delimiter=separator, quoting=quoting, strict=True)
    row = 1
    try:
        for row, fields in enumerate(records, 2):
            if len(fields) > n_fields:
                raise DataError(
                    "a row has too many fields",
                    found=f"{len(fields)} fields: {separator.join(fields)[:80]!r}",
                    where=f"{path} row {row}",
                    expected=f"{n_fields} fields, as in the first row",
                    remedy="mend the row; a field that holds the separator belongs in quotation marks",
                )
    except csv.Error as error:
        raise DataError(
            "a quotation mark is not closed",
            found=error,
            where=f"{path} row {row + 1}",
            remedy="close the quotation mark, or double the ones that belong to the text",
        ) from None


def _refuse_bad_json(path: Path) -> None:
    for row, line in enumerate(_text(path), 1):
        if not line.strip():
            continue
        try:
            whole = isinstance(json.loads(line), dict)
        except ValueError:
            whole = False
        if not whole:
            raise DataError(
                "a row is not a JSON object",
                found=repr(line.strip()[:80]),
                where=f"{path} row {row}",
                expected='one object on each line, such as {"user": "ann", "item": "007"}',
            )
