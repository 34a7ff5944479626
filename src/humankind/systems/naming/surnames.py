"""Surnames: telling them from given names, and reading them as surnames are read."""

from __future__ import annotations

import re

from humankind.spine.errors import DataError
from humankind.systems.naming.characters import characters, simplified
from humankind.systems.naming.surname_tables import COMMON, COMPOUND, COMPOUND_READINGS, LONG, READINGS, SINGLE

HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af〇]+")
_LONGEST_GIVEN = 4


def is_surname(text: str) -> bool:
    """Return whether the text is a surname we know, single or compound.

    >>> is_surname("欧阳"), is_surname("欧"), is_surname("轩")
    (True, True, True)
    """
    return text in SINGLE or text in COMPOUND or text in LONG


def is_common_surname(text: str) -> bool:
    """Return whether every reader takes the text for a surname: the hundred families and some of today."""
    return text in COMMON or text in COMPOUND


def split_surname(full_name: str) -> tuple[str, str]:
    """Return surname and given name of a full name; the longest surname that leaves a given name is taken.

    Two surnames of the parents before a given name of two characters count as one surname (李张思远).

    Args:
        full_name: Chinese characters, the surname first; traditional forms are simplified.

    Raises:
        DataError: other characters, no surname that we know, or no given name.

    >>> split_surname("欧阳龙"), split_surname("欧龙"), split_surname("李张思远"), split_surname("尉遲恭")
    (('欧阳', '龙'), ('欧', '龙'), ('李张', '思远'), ('尉迟', '恭'))
    """
    name = checked_text(full_name, "full name")
    for length in (4, 3, 2, 1):
        surname, given = name[:length], name[length:]
        known = surname in LONG if length > 2 else surname in COMPOUND if length == 2 else surname in SINGLE
        if known and given:
            return _parents(surname, given)
    raise DataError(
        "the name does not begin with a surname that is known" if len(name) > 1 else "the name has no given name",
        found=full_name,
        where="full name",
        expected="a surname and a given name, such as 欧阳明 or 李思远",
        remedy="give the surname and the given name apart",
    )


def _parents(surname: str, given: str) -> tuple[str, str]:
    if len(surname) == 1 and len(given) == 3 and given[0] in COMMON:
        return surname + given[0], given[1:]
    if len(given) > _LONGEST_GIVEN:
        raise DataError(
            "the given name is too long",
            found=given,
            where="full name",
            expected="a given name of one or two characters, at most four",
        )
    return surname, given


def checked_text(text: str, where: str) -> str:
    """Return the text stripped and simplified; DataError where it is empty or holds anything but Chinese characters."""
    stripped = text.strip()
    if not HAN.fullmatch(stripped):
        raise DataError(
            f"the {where} is empty" if not stripped else f"the {where} is not written in Chinese characters",
            found=repr(text),
            where=where,
            expected="Chinese characters alone, without letters, digits, spaces or signs",
            remedy="write the name with its characters, not in pinyin" if stripped.isascii() and stripped else None,
        )
    return "".join(simplified().get(one, one) for one in stripped)


def checked_surname(text: str) -> str:
    """Return a surname stripped and simplified; rare ones are taken, what cannot be a surname raises DataError.

    >>> checked_surname(" 陳 ")
    '陈'
    """
    surname = checked_text(text, "surname")
    if len(surname) > 2 and surname not in LONG:
        raise DataError(
            "the surname is too long",
            found=text,
            where="surname",
            expected="one character, or a compound surname such as 欧阳",
            remedy="give the surname alone, without the given name",
        )
    return surname


def surname_readings(surname: str) -> tuple[tuple[str, ...], ...]:
    """Return for each character of a surname its readings with tone numbers, the one of the surname first.

    >>> surname_readings("单"), surname_readings("尉迟"), surname_readings("覃")
    ((('shan4',),), (('yu4',), ('chi2',)), (('qin2', 'tan2'),))
    """
    if surname in COMPOUND_READINGS:
        return tuple((reading,) for reading in COMPOUND_READINGS[surname])
    return tuple(READINGS.get(one) or _ordinary(one) for one in surname)


def _ordinary(char: str) -> tuple[str, ...]:
    found = characters().get(char)
    if found is None:
        raise DataError(
            "no reading is known for a character of the surname",
            found=char,
            where="surname",
            expected="a character of the 8,105 of the national standard",
        )
    return found.readings[:1]
