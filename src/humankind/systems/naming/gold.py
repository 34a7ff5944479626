"""The requests that are shipped: written as parents write, with what they ask as gold, before the parser was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from humankind.systems.naming.births import Birth
from humankind.systems.naming.request import NameRequest

SETS = ("everyday", "poetry", "elements", "constraints", "hard")
COUNTED_NOTES = ("surname", "date", "hour", "zodiac", "contradiction")
"""Kinds of notes that the gold lists."""
_LISTS = ("without_radicals", "required", "forbidden", "ancestors", "elements_wished", "elements_unwanted", "sounds")
FIELDS = (
    "given_length", "total_length", "structure", "radical", "generation", "poem", "author", "book", "verse", "dynasty",
    "season", "festival", "zodiac_claimed", "tones", "wants_elements", "simple", "unusual", *_LISTS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shipped:
    """One shipped request and what a careful reader takes from it."""

    id: str
    text: str
    register: str
    """How it is written: plain, chat, formal, literary, form, dialect, traditional ..."""
    surname: str
    sex: str | None
    birth: Birth | None
    preferences: tuple[int, ...]
    """Gold, 0 to 4 for each objective."""
    asked: dict[str, Any] = field(default_factory=dict)
    """Fields of `NameRequest`; those that are not named must stay empty."""
    notes: tuple[str, ...] = ()
    """Kinds of notes that the reader should be given."""
    hard: bool = False


@cache
def shipped() -> tuple[Shipped, ...]:
    """Return all shipped requests, in the order of the files."""
    folder = files(__package__ or "") / "requests"
    return tuple(
        _shipped(row) for name in SETS for row in json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    )


def _shipped(row: dict[str, Any]) -> Shipped:
    birth = Birth(*row["birth"]) if row["birth"] else None
    lists = {key: tuple(value) if isinstance(value, list) else value for key, value in row["asked"].items()}
    return Shipped(
        row["id"], row["text"], row["register"], row["surname"], row["sex"], birth, tuple(row["preferences"]), lists,
        tuple(row.get("notes", ())), row.get("hard", False),
    )  # fmt: skip


def differences(gold: Shipped, request: NameRequest) -> Iterator[tuple[str, Any, Any]]:
    """Yield field, gold and found for everything in which a parsed request differs from the gold.

    Order does not count in fields that hold several values; of the wishes, those of the gold must be among the found.
    """
    pairs = [(name, getattr(gold, name), getattr(request, name)) for name in ("surname", "sex", "birth")]
    for name in FIELDS:
        wanted, found = gold.asked.get(name) or None, getattr(request, name) or None
        if name in _LISTS:
            wanted, found = (tuple(sorted(value or ())) for value in (wanted, found))
        pairs.append((name, wanted, found))
    kinds = sorted({note.kind for note in request.notes} & set(COUNTED_NOTES))
    pairs.append(("notes", sorted(set(gold.notes) & set(COUNTED_NOTES)), kinds))
    missing = tuple(word for word in gold.asked.get("wishes", ()) if word not in request.wishes)
    pairs.append(("wishes", (), missing))
    yield from ((name, wanted, found) for name, wanted, found in pairs if wanted != found)
