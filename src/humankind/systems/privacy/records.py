"""Strict reading of decoded JSON records: every complaint names the file and the record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from humankind.spine.errors import DataError


class Record:
    """One JSON object of a file, read field by field.

    Args:
        value: the decoded object.
        where: file and record, for errors.

    >>> Record({"name": "Ann"}, "people.json record 0").text("name")
    'Ann'
    """

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, Mapping):
            raise DataError("a record is no object", found=type(value).__name__, where=where, expected="an object")
        self.value: Mapping[str, Any] = value
        self.where = where

    def text(self, key: str) -> str:
        """Return a field that must be a text with something in it."""
        value = self._field(key)
        if not isinstance(value, str) or not value.strip():
            raise DataError("a field is no text", found=repr(value)[:80], where=self._at(key), expected="a text")
        return value

    def within(self, key: str) -> Record:
        """Return a field that must be an object."""
        return Record(self._field(key), self._at(key))

    def sequence(self, key: str) -> list[Any]:
        """Return a field that must be a list."""
        value = self._field(key)
        if not isinstance(value, list):
            raise DataError("a field is no list", found=type(value).__name__, where=self._at(key), expected="a list")
        return value

    def _field(self, key: str) -> Any:
        if key not in self.value:
            raise DataError(
                "a field is missing", found=", ".join(map(str, self.value)) or "none", where=self.where, expected=key
            )
        return self.value[key]

    def _at(self, key: str) -> str:
        return f"{self.where}, {key}"


def read_json(path: Path) -> Any:
    """Return the decoded JSON of a file; DataError names the file that is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            "a data file cannot be read",
            found=f"{type(error).__name__}: {error}",
            where=path,
            expected="a JSON file in UTF-8",
        ) from None


def as_text(value: object, where: str) -> str:
    """Return a text, number, list or object as one line of text.

    Raises:
        DataError: nothing is in it.

    >>> as_text({"room": "suite", "nights": [2, 3]}, "x")
    'room: suite; nights: 2, 3'
    """
    text = _flat(value)
    if not text.strip():
        raise DataError("a value is empty", found=repr(value)[:80], where=where, expected="a text or a number")
    return text


def _flat(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_flat(inner)}" for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_flat(inner) for inner in value)
    return "" if value is None else str(value)
