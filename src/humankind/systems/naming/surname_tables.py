"""Surnames and their own readings: the hundred families, surnames of today, compound ones."""

from __future__ import annotations

import re

from humankind.systems.naming.wordlists import sections

_LISTS = sections("surnames")
COMMON = frozenset("".join(_LISTS["hundred families"] + _LISTS["well known"]))
"""Single surnames that every reader takes for one."""
SINGLE = COMMON | frozenset("".join(_LISTS["others"]))
COMPOUND = frozenset(_LISTS["compound"])
LONG = frozenset(_LISTS["long"])
"""Surnames of other peoples written with three or four characters."""


def _readings(heading: str, between: str) -> dict[str, tuple[str, ...]]:
    rows = (re.match(r"([^a-z]+)(.+)", row) for row in _LISTS[heading])
    return {row[1]: tuple(row[2].split(between)) for row in rows if row}


READINGS: dict[str, tuple[str, ...]] = _readings("readings", "/")
"""Single surname -> its readings as a surname, the usual one first."""
COMPOUND_READINGS: dict[str, tuple[str, ...]] = _readings("compound readings", ",")
"""Surname of several characters -> one reading a character."""
