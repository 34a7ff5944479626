"""Which of the five elements a character has: schools differ, so each is a scheme that says what it does."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from humankind.spine.errors import DataError
from humankind.systems.naming.calendars import ELEMENTS
from humankind.systems.naming.characters import characters
from humankind.systems.naming.shapes import base_radical
from humankind.systems.naming.sounds import syllable
from humankind.systems.naming.wordlists import sections

_LISTS = sections("elements")
BY_RADICAL = {form: element for element in ELEMENTS for form in "".join(_LISTS[f"radicals {element}"])}
BY_MEANING = {char: element for element in ELEMENTS for char in "".join(_LISTS[f"characters {element}"])}
_NUMERALS = {one: value for value, one in enumerate("一二三四五六七八九十", start=1)}
"""Numerals count by their value, not by their strokes."""
_BY_DIGIT = {1: "木", 2: "木", 3: "火", 4: "火", 5: "土", 6: "土", 7: "金", 8: "金", 9: "水", 0: "水"}
_BY_INITIAL = {
    "木": ("g", "k"),
    "火": ("d", "t", "n", "l"),
    "土": ("h", ""),
    "金": ("j", "q", "x", "zh", "ch", "sh", "r", "z", "c", "s"),
    "水": ("b", "p", "m", "f"),
}  # fmt: skip
"""The five places of sound: back teeth, tongue, throat, front teeth, lips."""


@dataclass(frozen=True)
class Scheme:
    """One way to give elements to characters."""

    name: str
    says: str
    """One Chinese sentence that names the scheme, for explanations."""
    find: Callable[[str], str | None]

    def element(self, char: str) -> str | None:
        """Return 木, 火, 土, 金 or 水; None where the scheme says nothing of the character."""
        return self.find(char)

    def characters_of(self, element: str) -> tuple[str, ...]:
        """Return the legal characters of an element, in the order of the standard; DataError for another element."""
        if element not in ELEMENTS:
            raise DataError("there is no such element", found=repr(element), where="element", expected="木 火 土 金 水")
        return _grouped(self).get(element, ())


@cache
def _grouped(scheme: Scheme) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {one: [] for one in ELEMENTS}
    for char in characters():
        element = scheme.element(char)
        if element is not None:
            found[element].append(char)
    return {element: tuple(chars) for element, chars in found.items()}


def _by_meaning(char: str) -> str | None:
    if char in BY_MEANING:
        return BY_MEANING[char]
    found = characters().get(char)
    if found is None:
        return None
    return BY_RADICAL.get(found.radical) or BY_RADICAL.get(base_radical(found.radical))


def _by_strokes(char: str) -> str | None:
    if char in _NUMERALS:
        return _BY_DIGIT[_NUMERALS[char] % 10]
    found = characters().get(char)
    if found is None or found.kangxi_strokes is None:
        return None
    return _BY_DIGIT[found.kangxi_strokes % 10]


def _by_sound(char: str) -> str | None:
    found = characters().get(char)
    if found is None or found.readings[0] in ("m2", "m4", "n2", "ng2"):
        return None
    initial = syllable(found.readings[0]).initial
    return next((element for element, initials in _BY_INITIAL.items() if initial in initials), None)


SCHEMES: dict[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Scheme("meaning", "五行按部首与字义：先看字义，再看部首，二者皆无则不论", _by_meaning),
        Scheme("strokes", "五行按康熙笔画尾数：一二为木，三四为火，五六为土，七八为金，九十为水", _by_strokes),
        Scheme(
            "sound",
            "五行按声母五音：牙音木，舌音火，喉音土，齿音金，唇音水",
            _by_sound,
        ),
    )
}
"""Name -> scheme; `meaning` is the one used when nothing is said."""


def scheme(name: str) -> Scheme:
    """Return a scheme by its name, or the one in a CSV file whose path is given; DataError for an unknown name."""
    if name in SCHEMES:
        return SCHEMES[name]
    if name.endswith(".csv"):
        return from_csv(Path(name))
    raise DataError(
        "there is no such scheme of the five elements",
        found=repr(name),
        where="elements",
        expected=f"{', '.join(SCHEMES)}, or the path of a CSV file",
    )


def from_csv(path: Path) -> Scheme:
    """Return the scheme that a CSV file holds, with the columns `character` and `element`.

    Raises:
        DataError: the file is missing, has other columns, or a row is wrong.
    """
    if not path.is_file():
        raise DataError("the table of elements is missing", where=path, expected="a CSV file")
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if not {"character", "element"} <= set(reader.fieldnames or ()):
            raise DataError(
                "the table of elements has other columns",
                found=", ".join(reader.fieldnames or ()),
                where=path,
                expected="character, element",
            )
        table = dict(_checked(row, path, number) for number, row in enumerate(reader, start=2))
    return Scheme(path.stem, f"五行按用户字表“{path.stem}”，表外之字不论", table.get)


def _checked(row: Mapping[str, str | None], path: Path, number: int) -> tuple[str, str]:
    char, element = (row["character"] or "").strip(), (row["element"] or "").strip()
    if len(char) != 1 or element not in ELEMENTS:
        raise DataError(
            "a row of the table of elements is wrong",
            found=f"{char!r}, {element!r}",
            where=f"{path} row {number}",
            expected="one character and one of 木 火 土 金 水",
        )
    return char, element
