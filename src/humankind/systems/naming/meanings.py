"""What must not be in a name: characters with a bad or empty meaning; and how gloomy a verse is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from humankind.systems.naming.wordlists import sections

_HEAVY = sections("sorrows")["heavy"]
_LIGHT = sections("sorrows")["light"]
_HEAVY_WEIGHT, _LIGHT_WEIGHT = 0.5, 0.15


@cache
def _banned() -> dict[str, str]:
    kinds = reversed([kind for kind in sections("banned") if kind != "doubtful"])
    return {char: kind for kind in kinds for char in "".join(sections("banned")[kind])}


@cache
def _borne() -> frozenset[str]:
    return frozenset("".join(sections("banned")["doubtful"]))


def banned(char: str) -> str | None:
    """Return the kind for which a character must not stand in a given name, None where it may.

    >>> banned("尸"), banned("的"), banned("雅"), banned("若")
    ('身体', '虚词', None, None)
    """
    return None if char in _borne() else _banned().get(char)


def doubtful(char: str) -> str | None:
    """Return the kind of a character that people do bear, but that needs a second thought; None for others.

    >>> doubtful("孤"), doubtful("雅")
    ('死亡', None)
    """
    return _banned().get(char) if char in _borne() else None


def is_numeral_only(given: str) -> bool:
    """Return whether a given name is nothing but numbers."""
    return bool(given) and all(one in "〇零一二三四五六七八九十百千万亿两双半" for one in given)


def sorrows(text: str) -> tuple[str, ...]:
    """Return the words of death, mourning and sorrow in a verse or a title, the heavy ones first.

    >>> sorrows("十年生死两茫茫"), sorrows("疏影横斜水清浅")
    (('死', '生死两茫茫', '十年生死'), ())
    """
    heavy = tuple(word for word in _HEAVY if word in text)
    return heavy + tuple(word for word in _LIGHT if word in text and not any(word in one for one in heavy))


def gloom(texts: Iterable[str]) -> float:
    """Return how gloomy verses are, 0 to 1: half for each line with a heavy word, less for sorrow; 1 is the most.

    Args:
        texts: the clause, and what else of the poem should count, such as its title and the clauses beside it.

    >>> gloom(["明月松间照", "清泉石上流"]), gloom(["江城子·乙卯正月二十日夜记梦", "十年生死两茫茫"])
    (0.0, 0.5)
    """
    return min(1.0, round(sum(map(_weight, texts)), 4))


def _weight(text: str) -> float:
    found = sorrows(text)
    if any(word in _HEAVY for word in found):
        return _HEAVY_WEIGHT
    return _LIGHT_WEIGHT * min(2, len(found))


def is_mourning(title: str) -> bool:
    """Return whether the title of a poem says that it mourns.

    >>> is_mourning("悼亡诗三首"), is_mourning("哭晁卿衡"), is_mourning("春晓")
    (True, True, False)
    """
    return bool(re.search("悼|哭|挽|祭|吊|葬|殇|亡|墓|坟|哀|伤逝|遣悲怀", title))
