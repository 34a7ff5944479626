"""Which characters parents like to give, and where in a name they stand well."""

from __future__ import annotations

from functools import cache

from humankind.systems.naming.wordlists import sections


@cache
def _set(heading: str) -> frozenset[str]:
    return frozenset("".join(sections("pleasing")[heading]))


def pleasing(char: str) -> bool:
    """Return whether a character is one that parents like to give.

    >>> pleasing("瑾"), pleasing("战")
    (True, False)
    """
    return char in _set("any") or char in _set("first") or char in _set("last")


def taste(char: str) -> float:
    """Return how a character sounds to parents of today, 0 to 1: 1 heard more and more, .2 chosen by grandparents.

    >>> taste("澄") > taste("珏") > taste("丽") > taste("战")
    True
    """
    if not pleasing(char):
        return 0.0
    return 1.0 if char in _set("favoured") else 0.2 if char in _set("dated") else 0.6


def place_cost(given: str) -> float:
    """Return how badly the characters of a given name stand in their places, 0 well to 1.

    Words that lead, such as 如 or 念, belong in front; words that close, such as 然, behind. A single character should
    be neither.

    >>> place_cost("若兰"), place_cost("兰若") > 0, place_cost("然") > 0
    (0.0, True, True)
    """
    first, last = _set("first"), _set("last")
    if len(given) == 1:
        return 1.0 if given in first | last else 0.0
    landscape = 0.4 * (given[0] in _set("nature") and given[1] in _set("nature"))
    faults = (given[0] in last) + (given[1] in first) + (given[0] in first and given[1] in last)
    return min(1.0, landscape + 0.5 * faults)


@cache
def _things() -> frozenset[str]:
    return frozenset(sections("pleasing")["things"])


_MASTERS = frozenset("孔孟老庄荀墨韩曾朱管晏")


def is_master(surname: str, given: str) -> bool:
    """Return whether surname and 子 make the name of a sage, as in 孔子善.

    >>> is_master("孔", "子善"), is_master("李", "子善")
    (True, False)
    """
    return surname in _MASTERS and given.startswith("子")


def is_thing(given: str) -> bool:
    """Return whether a given name is a word for something else: a thing, a place, a festival, somebody known.

    >>> is_thing("江山"), is_thing("思齐")
    (True, False)
    """
    return given in _things()


@cache
def _glosses() -> dict[str, str]:
    return {entry[0]: entry[1:] for entry in reversed(sections("glosses")["glosses"])}


def gloss(char: str) -> str | None:
    """Return in a few Chinese words what a character brings to a name, None where nothing is written down.

    >>> gloss("瑾")
    '美玉'
    """
    return _glosses().get(char)
