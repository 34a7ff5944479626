"""Requests as they come from options, CSV and JSON lines: text in, checked requests out."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from humankind.spine.errors import DataError, InputError
from humankind.systems.naming.births import Birth, lunar_birth
from humankind.systems.naming.parsing import parse
from humankind.systems.naming.request import NameRequest, form

TEXTS = ("text", "query", "request", "请求")
"""Names of the column that holds a free request."""
_FIELDS = {
    "wish": "wishes", "require": "required", "forbid": "forbidden", "length": "given_length",
    "without_radical": "without_radicals", "element": "elements_wished", "poet": "author", "elder": "ancestors",
    "姓": "surname", "性别": "sex", "出生": "birth", "期望": "wishes", "字辈": "generation",
}  # fmt: skip
"""Names of options and columns -> fields of a request."""
_SEXES = {"男": "boy", "男孩": "boy", "女": "girl", "女孩": "girl", "boy": "boy", "girl": "girl"}
_BIRTH = re.compile(
    r"(?P<lunar>lunar:|农历)?(?P<year>\d{4})(?:[-/.](?P<leap>leap|闰)?(?P<month>\d{1,2})(?:[-/.](?P<day>\d{1,2})"
    r"(?:[T ](?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?(?::\d{2})?)?)?)?"
)


@dataclass(frozen=True, slots=True)
class Item:
    """One request of a file."""

    id: str
    request: NameRequest

    @property
    def digest(self) -> str:
        """Fingerprint of the request."""
        record = json.dumps(self.request.record(), ensure_ascii=False, sort_keys=True, default=str)
        return sha256(record.encode()).hexdigest()[:16]


def birth_in(text: str) -> Birth:
    """Return the birth that a text such as 2024-03-05T08:20 or lunar:2024-8-15 writes.

    >>> birth_in("2024-03-05T08:20"), birth_in("lunar:2024-8-15").date.isoformat()
    (Birth(year=2024, month=3, day=5, hour=8, minute=20), '2024-09-17')
    """
    found = _BIRTH.fullmatch(text.strip())
    if found is None:
        raise DataError(
            "the birth cannot be read", found=text, where="birth",
            expected="2024-03-05, 2024-03-05T08:20, 2024-03, 2024, lunar:2024-8-15 or lunar:2023-leap2-1",
        )  # fmt: skip
    part = {name: int(found[name]) if found[name] else None for name in ("year", "month", "day", "hour", "minute")}
    if not found["lunar"]:
        if found["leap"]:
            raise DataError("only the lunar calendar has leap months", found=text, where="birth")
        return Birth(**part)
    if part["year"] is None or part["month"] is None or part["day"] is None:
        raise DataError("a lunar date needs year, month and day", found=text, where="birth")
    return lunar_birth(
        part["year"], part["month"], part["day"], leap=bool(found["leap"]), hour=part["hour"], minute=part["minute"]
    )


def generation_in(text: str) -> tuple[str, int]:
    """Return the generation character and its slot.

    >>> generation_in("文"), generation_in("文2")
    (('文', 1), ('文', 2))
    """
    found = re.fullmatch(r"\s*(\S)\s*([12])?\s*", text)
    if found is None:
        raise DataError("the generation character cannot be read", found=text, expected="文 or 文2")
    return found[1], int(found[2] or 1)


def request_of(fields: Mapping[str, Any]) -> NameRequest:
    """Return a checked request made of fields, or of a free text in one of them.

    Args:
        fields: `text`, or fields of `NameRequest` under their own names or those of the options; empty ones are passed
            over. Lists may be written with 、 or commas.

    Raises:
        DataError: an unknown field, a value that cannot be, both a text and other fields, or no surname.
    """
    given = {_FIELDS.get(key, key): value for key, value in fields.items() if value not in (None, "", [], ())}
    given.pop("id", None)
    text = next((given.pop(name) for name in TEXTS if name in given), None)
    if text is not None:
        if given:
            raise DataError("a free request and fields are given together", found=", ".join(given), expected="one")
        return parse(str(text))
    if "surname" not in given:
        raise DataError(
            "there is neither a request nor a surname", found=", ".join(given) or "nothing",
            expected="a free Chinese request, or a form with --surname",
        )  # fmt: skip
    if "birth" in given:
        given["birth"] = birth_in(str(given["birth"]))
    if "generation" in given and isinstance(given["generation"], str):
        given["generation"] = generation_in(given["generation"])
    if "sex" in given:
        given["sex"] = _SEXES.get(str(given["sex"]).strip().lower(), given["sex"])
    for key in ("wishes", "ancestors", "without_radicals", "sounds"):
        if key in given:
            given[key] = _listed(given[key])
    for key in ("given_length", "total_length"):
        if key in given:
            given[key] = _whole(key, given[key])
    return form(str(given.pop("surname")), **given)


def _whole(key: str, value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise DataError("a length is no whole number", found=repr(value), where=key) from None


def _listed(value: str | Sequence[str]) -> tuple[str, ...]:
    parts = [value] if isinstance(value, str) else list(value)
    return tuple(word for part in parts for word in re.split("[、，,;；|\\s]+", part) if word)


def items_in(path: Path) -> list[Item]:
    """Return the requests of a CSV or JSON-lines file, each with its `id` or its row number.

    Raises:
        DataError: no such file, another format, a row that is no request; names file and row.
    """
    if not path.is_file():
        raise DataError("there is no such file", found=path, where="--file")
    if path.suffix not in (".csv", ".jsonl"):
        raise DataError("not a file of requests", found=path.name, where="--file", expected="a .csv or .jsonl file")
    items: list[Item] = []
    seen: dict[str, int] = {}
    for number, row in _rows(path):
        try:
            request = request_of(row)
        except InputError as error:
            error.where = f"{path.name} row {number}" + (f", {error.where}" if error.where else "")
            raise
        name = str(row.get("id") or number)
        if name in seen:
            raise DataError("an id stands twice", found=name, where=f"{path.name} rows {seen[name]} and {number}")
        seen[name] = number
        items.append(Item(name, request))
    if not items:
        raise DataError("the file has no requests", found=path.name, where="--file")
    return items


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DataError("the file is not UTF-8", found=path.name, where="--file", expected="UTF-8 text") from None
    if path.suffix == ".csv":
        for number, row in enumerate(csv.DictReader(text.splitlines(keepends=True)), start=1):
            if None in row or None in row.values():
                raise DataError("a row has another number of cells than the header", where=f"{path.name} row {number}")
            yield number, dict(row)
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError("a line is not JSON", found=str(error), where=f"{path.name} row {number}") from None
        if not isinstance(row, dict):
            raise DataError("a line is no object", found=line[:60], where=f"{path.name} row {number}")
        yield number, row
