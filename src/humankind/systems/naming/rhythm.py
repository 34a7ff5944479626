"""Whether a name is good to say: tones that change, sounds that do not run together, an open end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from humankind.systems.naming.sounds import Syllable

_BACK = ("zh", "ch", "sh", "r")
_FLAT = ("z", "c", "s")
_OPEN = ("a", "o", "e")


class Rhythm(NamedTuple):
    """How well a name is said."""

    score: float
    """0 to 1; 1 where nothing disturbs."""
    notes: tuple[str, ...]
    """What disturbs, in Chinese."""


def rhythm(syllables: Sequence[Syllable]) -> Rhythm:
    """Return how well the syllables of a full name are said together, and what disturbs.

    >>> from humankind.systems.naming.sounds import read_name
    >>> rhythm(read_name("林", "凌")).score < rhythm(read_name("林", "清越")).score
    True
    """
    found = [*_tones(syllables), *_neighbours(syllables), *_ends(syllables)]
    score = 1.0
    for cost, _ in found:
        score *= 1 - cost
    return Rhythm(round(score, 4), tuple(dict.fromkeys(note for _, note in found)))


def _tones(syllables: Sequence[Syllable]) -> list[tuple[float, str]]:
    tones = [one.tone for one in syllables]
    found: list[tuple[float, str]] = []
    if len(tones) > 1 and len(set(tones)) == 1:
        cost = {1: 0.15, 2: 0.15, 3: 0.35, 4: 0.25}.get(tones[0], 0.2)
        found.append((cost if len(tones) > 2 else cost / 2, f"声调全为第{'一二三四轻'[tones[0] - 1]}声，缺少起伏"))
    elif len(tones) > 2 and len({one.is_level for one in syllables}) == 1:
        found.append((0.08, "平仄没有变化"))
    if any(one == other == 3 for one, other in pairwise(tones)) and len(set(tones)) > 1:
        found.append((0.1, "两个上声相连，读时要变调"))
    return found


def _neighbours(syllables: Sequence[Syllable]) -> list[tuple[float, str]]:
    found: list[tuple[float, str]] = []
    for one, other in pairwise(syllables):
        both = f"{one.marked}和{other.marked}"
        if one.text == other.text:
            found.append((0.25, f"{both}读音相同") if one.tone != other.tone else (0.12, f"{both}叠音"))
            continue
        if one.initial and one.initial == other.initial:
            found.append((0.1, f"{both}声母相同"))
        elif {one.initial, other.initial} & set(_BACK) and {one.initial, other.initial} & set(_FLAT):
            found.append((0.08, f"{both}平翘舌相连"))
        if one.rhyme == other.rhyme:
            found.append((0.12 if one.final == other.final else 0.06, f"{both}韵母相近"))
        if one.initial == other.initial and _merged(one.final) == _merged(other.final):
            found.append((0.1, f"{both}只差前后鼻音"))
        if other.text[0] in _OPEN and one.text[-1] not in _OPEN:
            found.append((0.06, f"{both}容易连读成一个音"))
    return found


def _ends(syllables: Sequence[Syllable]) -> list[tuple[float, str]]:
    last = syllables[-1]
    found: list[tuple[float, str]] = []
    if last.final == "er":
        found.append((0.1, "末字为“er”音，容易读成儿化"))
    if last.tone == 5:
        found.append((0.15, "末字为轻声"))
    if len(syllables) > 2 and syllables[0].text == last.text:
        found.append((0.1, "姓与末字读音相同"))
    return found


def _merged(final: str) -> str:
    return final.removesuffix("g")
