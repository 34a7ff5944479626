"""The benchmark CBNames: 500 Chinese requests with gold preferences, in the two files of the authors."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from humankind.spine.errors import DataError
from humankind.systems.naming.agents import weights_of

KEYS = (
    "文化内涵（古诗）",
    "父母期待",
    "五行八字",
    "个人特征（性别、生肖、出生年月等）",
    "其他需求",
)
"""Names of the five objectives in the files."""
COLUMNS = ("query", "user_preference", "up_w", "r_poem")
OFFICIAL = 500
_ROUNDING = 1.01e-4
_POEM = re.compile(
    "(?P<dynasty>[^·]+)·(?P<author>[^《]*)《(?P<title>.+?)》\\s*诗句：(?P<text>.*?)。?\\s*赏析：(?P<praise>.*)", re.S
)


@dataclass(frozen=True, slots=True)
class ReferencePoem:
    """The poem that the authors' retrieval found for a request."""

    dynasty: str
    author: str
    title: str
    clauses: tuple[str, ...]
    appreciation: str


@dataclass(frozen=True, slots=True)
class Item:
    """One request of the benchmark."""

    id: str
    """`cb001` to `cb500`, by place in the file."""
    text: str
    preferences: tuple[int, int, int, int, int]
    """Gold, 0 to 4 for each objective."""
    poem: ReferencePoem | None = None
    """None in the JSON file, and where the text of the cell is not of the usual form."""

    @property
    def weights(self) -> tuple[float, ...]:
        """Shares of the preferences."""
        return weights_of(self.preferences)


def load(path: Path) -> tuple[Item, ...]:
    """Return the requests of a file `test_data_500.csv` or `test_up_500.json`; any number of rows.

    Raises:
        DataError: no such file, another format, a missing column or key, a preference outside 0 to 4, weights that
            do not follow from the preferences, an empty or repeated request.
    """
    if not path.is_file():
        raise DataError(
            "there is no such file",
            found=path,
            where="CBNames",
            expected="the authors' test_data_500.csv or test_up_500.json",
            remedy="download data/benchmark of the repository foolfun/MAGIC_HMO",
        )
    if path.suffix not in (".csv", ".json"):
        raise DataError("not a file of CBNames", found=path.name, where="CBNames", expected="a .csv or a .json file")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DataError("the file is not UTF-8", found=path.name, where="CBNames", expected="UTF-8 text") from None
    items = tuple(_from_csv(text, path.name) if path.suffix == ".csv" else _from_json(text, path.name))
    if not items:
        raise DataError("the file has no requests", found=path.name, where="CBNames", expected="at least one row")
    _unique(items, path.name)
    return items


def _from_csv(text: str, name: str) -> Iterator[Item]:
    rows = csv.DictReader(text.splitlines(keepends=True))
    missing = [column for column in COLUMNS[:2] if column not in (rows.fieldnames or ())]
    if missing:
        raise DataError(
            "a column is missing", found=", ".join(rows.fieldnames or ()) or "nothing", where=name,
            expected=", ".join(COLUMNS),
        )  # fmt: skip
    for number, row in enumerate(rows, 1):
        where = f"{name} row {number}"
        if None in row or None in row.values():
            raise DataError("a row has another number of cells than the header", found=number, where=where)
        preferences = _preferences(_record(row["user_preference"], where), where)
        if row.get("up_w"):
            _check_weights(row["up_w"], preferences, where)
        yield Item(f"cb{number:03}", _query(row["query"], where), preferences, reference(row.get("r_poem") or ""))


def _from_json(text: str, name: str) -> Iterator[Item]:
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError("the file is not JSON", found=str(error), where=name, expected="a list of requests") from None
    if not isinstance(rows, list):
        raise DataError("the file is not a list", found=type(rows).__name__, where=name, expected="a list of requests")
    for number, row in enumerate(rows, 1):
        where = f"{name} item {number}"
        if not isinstance(row, dict) or not {"query", "user_preference"} <= row.keys():
            raise DataError("a request lacks its keys", found=row, where=where, expected="query and user_preference")
        yield Item(f"cb{number:03}", _query(row["query"], where), _preferences(row["user_preference"], where))


def _record(cell: str, where: str) -> Any:
    """Return the record that a cell writes in Python's way, read as JSON after its quotes are changed."""
    try:
        return json.loads(cell.replace("'", '"'))
    except json.JSONDecodeError:
        raise DataError(
            "the preferences cannot be read", found=cell[:80], where=where, expected="{'name': 0 to 4, ...}"
        ) from None


def _preferences(record: Any, where: str) -> tuple[int, int, int, int, int]:
    if not isinstance(record, dict) or set(record) != set(KEYS):
        found = ", ".join(record) if isinstance(record, dict) else record
        raise DataError("the preferences lack an objective", found=found, where=where, expected="、".join(KEYS))
    values = [record[key] for key in KEYS]
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 4:
            raise DataError("a preference is out of range", found=value, where=where, expected="a whole number, 0 to 4")
    first, second, third, fourth, fifth = values
    return first, second, third, fourth, fifth


def _query(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise DataError("a request is empty", found=repr(value), where=where, expected="Chinese text")
    return value.strip()


def _check_weights(cell: str, preferences: tuple[int, ...], where: str) -> None:
    given, expected = _record(cell, where), weights_of(preferences)
    near = isinstance(given, list) and len(given) == len(expected)
    if not near or any(abs(one - other) > _ROUNDING for one, other in zip(given, expected, strict=True)):
        raise DataError(
            "the weights do not follow from the preferences", found=cell, where=where, expected=list(expected)
        )


def reference(cell: str) -> ReferencePoem | None:
    """Return the poem that a cell of `r_poem` writes, None where it is not of the usual form.

    >>> reference("唐代·王之涣《登鹳雀楼》\\n诗句：白日依山尽|黄河入海流。\\n赏析：登高望远。").clauses
    ('白日依山尽', '黄河入海流')
    """
    match = _POEM.fullmatch(cell.strip())
    if match is None:
        return None
    dynasty = match["dynasty"].strip().removesuffix("代").removesuffix("朝")
    clauses = tuple(part for part in match["text"].strip("。 \n").split("|") if part)
    return ReferencePoem(dynasty, match["author"].strip(), match["title"].strip(), clauses, match["praise"].strip())


def _unique(items: tuple[Item, ...], name: str) -> None:
    seen: dict[str, str] = {}
    for item in items:
        if item.text in seen:
            raise DataError(
                "a request stands twice", found=item.text[:40], where=f"{name}, {seen[item.text]} and {item.id}",
                expected="every request once",
            )  # fmt: skip
        seen[item.text] = item.id
