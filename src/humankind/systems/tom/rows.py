"""Rows of a question file, able to say which file and row is wrong and what to do about it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from humankind.spine.errors import DataError

MEND = "mend the row, or get the file again from where it is published"


@dataclass(frozen=True)
class Row:
    """One record of a file."""

    values: dict[str, Any]
    path: Path
    number: int
    """Counted from 1: line of a JSONL or CSV file, position in a JSON list."""

    @property
    def where(self) -> str:
        return f"{self.path} row {self.number}"

    def text(self, key: str) -> str:
        """Return the text at a key without white space around it; DataError where there is none."""
        value = self.values.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong("a text is missing", found=f"{key!r}: {value!r}", expected="a text that is not empty")
        return value.strip()

    def optional(self, key: str) -> str:
        """Return the text at a key; empty where it is missing, null, NaN or blank. DataError for anything else."""
        value = self.values.get(key)
        return "" if is_missing(value) else self.text(key)

    def whole(self, key: str) -> int:
        """Return the whole number at a key; DataError where there is none."""
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong("a number is missing", found=f"{key!r}: {value!r}", expected="a whole number")
        return value

    def flag(self, key: str) -> bool:
        """Return the truth value at a key; DataError where there is none."""
        value = self.values.get(key)
        if not isinstance(value, bool):
            raise self.wrong("a truth value is missing", found=f"{key!r}: {value!r}", expected="true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the list of texts at a key; DataError where one is missing or the list is empty."""
        value = self.values.get(key)
        if not isinstance(value, list) or not value or any(not isinstance(v, str) or not v.strip() for v in value):
            raise self.wrong("a list of texts is wrong", found=f"{key!r}: {value!r}", expected="texts, none empty")
        return tuple(v.strip() for v in value)

    def wrong(self, problem: str, found: object, expected: object, remedy: str = MEND) -> DataError:
        """Return the error that names this row."""
        return DataError(problem, found=found, where=self.where, expected=expected, remedy=remedy)

    def gold(self, options: tuple[str, ...], answer: str) -> int:
        """Return the position of the right answer; DataError where the options repeat or lack it."""
        if options.count(answer) != 1:
            problem = (
                "the right answer is not among the options" if answer not in options else "the right answer repeats"
            )
            raise self.wrong(problem, found=f"{answer!r} in {list(options)}", expected="exactly one option equal to it")
        return self.unlike(options).index(answer)

    def unlike(self, options: tuple[str, ...]) -> tuple[str, ...]:
        """Return the options; DataError where two are the same."""
        if len(set(options)) < len(options):
            raise self.wrong("two options are the same", found=list(options), expected="options that all differ")
        return options


def is_missing(value: Any) -> bool:
    """Return whether a cell holds nothing: null, NaN or blank text.

    >>> [is_missing(value) for value in (None, float("nan"), " ", "A", 0)]
    [True, True, True, False, False]
    """
    return (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or (isinstance(value, str) and not value.strip())
    )


def jsonl_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a JSON-lines file; DataError names the first line that is no JSON object."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except ValueError as error:
            raise DataError("a line is no JSON", found=str(error), where=f"{path} row {number}", remedy=MEND) from None
        yield _row(values, path, number)


def json_rows(path: Path, key: str = "") -> list[Row]:
    """Return the rows of a JSON file that holds a list, or an object with a list under `key`."""
    values = read_json(path)
    if key and isinstance(values, dict):
        values = values.get(key)
    if not isinstance(values, list) or not values:
        raise DataError("the file holds no list of records", where=path, expected="a JSON list of objects", remedy=MEND)
    return [_row(value, path, number) for number, value in enumerate(values, start=1)]


def read_json(path: Path) -> Any:
    """Return what a JSON file holds; DataError where it is none."""
    try:
        return json.loads(read_text(path))
    except ValueError as error:
        raise DataError("the file is no JSON", found=str(error), where=path, remedy=MEND) from None


def read_text(path: Path) -> str:
    """Return the text of a file; DataError where it is not there or not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DataError("there is no such file", found=path, remedy="check the path") from None
    except UnicodeDecodeError as error:
        raise DataError("the file is not UTF-8 text", found=str(error), where=path, remedy=MEND) from None


def _row(values: Any, path: Path, number: int) -> Row:
    if not isinstance(values, dict):
        raise DataError(
            "a row is no JSON object",
            found=repr(values)[:80],
            where=f"{path} row {number}",
            expected="{...}",
            remedy=MEND,
        )
    return Row(values, path, number)
