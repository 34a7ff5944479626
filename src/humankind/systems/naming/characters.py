"""The 8,105 characters that the national standard of 2013 allows in names: strokes, radical, readings, use in names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from humankind.spine.errors import DataError
from humankind.systems.naming.shapes import fits_structure, has_radical

_BEARERS = 30
"""Below so many bearers the share of men says too little."""


@dataclass(frozen=True, slots=True)
class Character:
    """One legal character; simplified unless a field says otherwise."""

    char: str
    level: int
    """1 the 3,500 common ones, 2 the next 3,000, 3 the last 1,605 (names, places, science)."""
    index: int
    """1 to 8,105, the place in the standard."""
    strokes: int
    kangxi_strokes: int | None
    """Strokes of the traditional form as the dictionary of Kangxi counts them."""
    radical: str
    """Kangxi radical, in the form in which the character shows it."""
    structure: str | None
    """One of `shapes.STRUCTURES`; None where it is not known."""
    components: tuple[str, ...]
    readings: tuple[str, ...]
    """Pinyin with tone numbers, the most common reading first."""
    traditional: str
    """The traditional form that names mean; the character itself where there is none."""
    gloss: str
    """English meaning, after Unihan."""
    per_million: float
    """Occurrences in a million characters of given names."""
    male_share: float | None
    """0 to 1: share of men among the bearers, were there as many men as women; None below 30 bearers."""

    def has_radical(self, radical: str) -> bool:
        """Return whether the character has a radical, however it is called: 氵, 水, 三点水."""
        return has_radical(self.radical, self.components, radical)

    def fits_structure(self, structure: str) -> bool:
        """Return whether the character has a structure: 左右, 上下, 包围, 半包围 ..."""
        return fits_structure(self.structure, structure)


def characters() -> Mapping[str, Character]:
    """Return the legal characters by themselves, in the order of the standard; read once.

    >>> pine = characters()["松"]
    >>> pine.strokes, pine.kangxi_strokes, pine.structure, pine.readings, pine.level
    (8, 8, '左右', ('song1',), 1)
    """
    return _shipped()


def character(char: str) -> Character:
    """Return one legal character; DataError says what is wrong with any other text."""
    found = characters().get(char)
    if found is None:
        raise DataError(
            "not a character that names may have",
            found=repr(char),
            where="given name",
            expected="one simplified character of the 8,105 of the national standard of 2013",
            remedy=_remedy(char),
        )
    return found


def _remedy(char: str) -> str | None:
    simple = simplified().get(char)
    if simple:
        return f"write its simplified form {simple}"
    if len(char) == 1 and ord(char) > 0xFFFF:
        return "the character is rare (outside the basic plane); registers and passports often cannot write it"
    return None


@cache
def simplified() -> Mapping[str, str]:
    """Return traditional form -> legal character, for forms that are not legal themselves.

    >>> simplified()["軒"], simplified()["雲"]
    ('轩', '云')
    """
    table = characters()
    return MappingProxyType({one.traditional: one.char for one in table.values() if one.traditional not in table})


@cache
def _shipped() -> Mapping[str, Character]:
    text = (files(__package__ or "") / "tables" / "characters.tsv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    names = lines[0].split("\t")
    rows = [dict(zip(names, line.split("\t"), strict=True)) for line in lines[1:]]
    men, women = (sum(int(row[sex]) for row in rows) for sex in ("male", "female"))
    return MappingProxyType({one.char: one for one in _characters(rows, men, women)})


def _characters(rows: list[dict[str, str]], men: int, women: int) -> Iterator[Character]:
    for row in rows:
        male, female = int(row["male"]), int(row["female"])
        of_men, of_women = male / men, female / women
        yield Character(
            char=row["char"],
            level=int(row["level"]),
            index=int(row["index"]),
            strokes=int(row["strokes"]),
            kangxi_strokes=int(row["kangxi"]) if row["kangxi"] else None,
            radical=row["radical"],
            structure=row["structure"] or None,
            components=tuple(row["components"]),
            readings=tuple(row["readings"].split()),
            traditional=row["traditional"],
            gloss=row["gloss"],
            per_million=(male + female) / (men + women) * 1e6,
            male_share=of_men / (of_men + of_women) if male + female >= _BEARERS else None,
        )
