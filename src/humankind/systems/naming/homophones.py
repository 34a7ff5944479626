"""What a name sounds like: the whole name, its parts and its initials against words that nobody wants to hear."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from humankind.systems.naming.negatives import INITIALS, Negative, negatives
from humankind.systems.naming.sounds import Syllable

Nearness = Literal["tones", "toneless", "near"]
Place = Literal["full", "given", "opening", "reversed", "given reversed", "initials"]
PLACES: dict[Place, str] = {
    "full": "全名", "given": "名", "opening": "姓与首字", "reversed": "全名倒读", "given reversed": "名倒读",
    "initials": "拼音首字母",
}  # fmt: skip
_SAYINGS = {"tones": "与“{}”同音", "toneless": "与“{}”音近（声调不同）", "near": "与“{}”音近（易混声韵）"}

_INITIALS = {"n": "l", "zh": "z", "ch": "c", "sh": "s", "h": "f", "r": "l"}
_FINALS = {"ing": "in", "eng": "en", "ang": "an", "iang": "ian", "uang": "uan", "ueng": "uen", "-i": "i"}
_APART = frozenset({"ang", "iang", "uang"})
"""Few speakers take these for their front nasals, and names are full of them."""


@dataclass(frozen=True, slots=True)
class Homophone:
    """A word that a name or a part of it sounds like."""

    word: str
    kind: str
    place: Place
    nearness: Nearness
    """`tones`: the same syllables with the same tones; `toneless`: the tones differ; `near`: n for l, zh for z, ..."""
    is_grave: bool

    @property
    def level(self) -> Literal["info", "caution", "serious"]:
        """How much it matters: a grave word in the whole name is serious, a far likeness is an information."""
        weight = _WEIGHTS[self.nearness][self.place] + len(self.word) // 3 - (0 if self.is_grave else 1)
        return "serious" if weight >= 3 else "caution" if weight >= 2 else "info"

    @property
    def text(self) -> str:
        """The finding in one Chinese sentence."""
        said = "可读作“{}”的缩写" if self.place == "initials" else _SAYINGS[self.nearness]
        return f"{PLACES[self.place]}{said.format(self.word)}（{self.kind}）"


_WEIGHTS: dict[Nearness, dict[Place, int]] = {
    "tones": {"full": 3, "given": 3, "opening": 2, "reversed": 2, "given reversed": 1, "initials": 1},
    "toneless": {"full": 2, "given": 2, "opening": 1, "reversed": 1, "given reversed": 0, "initials": 0},
    "near": {"full": 2, "given": 1, "opening": 0, "reversed": 0, "given reversed": 0, "initials": 0},
}
_NEARNESS: tuple[Nearness, ...] = ("tones", "toneless", "near")


def homophones(syllables: Sequence[Syllable], given_length: int) -> list[Homophone]:
    """Return what a name sounds like, the gravest first; each word once, at its nearest.

    Args:
        syllables: of the full name.
        given_length: how many of them belong to the given name.

    >>> from humankind.systems.naming.sounds import read_name
    >>> [(one.word, one.level) for one in homophones(read_name("史", "珍香"), 2)]
    [('屎真香', 'serious')]
    """
    found: dict[str, Homophone] = {}
    for place, part in _parts(tuple(syllables), given_length):
        for negative, nearness in _matches(part):
            if _counts(negative, place, nearness):
                one = Homophone(negative.word, negative.kind, place, nearness, negative.is_grave)
                held = found.get(one.word)
                if held is None or _rank(one) < _rank(held):
                    found[one.word] = one
    return sorted([*found.values(), *_initials(syllables)], key=_rank)


def near_form(one: Syllable) -> tuple[str, str]:
    """Return initial and final with the pairs merged that many speakers do not tell apart.

    >>> from humankind.systems.naming.sounds import syllable
    >>> near_form(syllable("ling2")) == near_form(syllable("nin2")), near_form(syllable("shi4"))
    (True, ('s', 'i'))
    """
    final = one.final if one.final in _APART else _FINALS.get(one.final, one.final)
    initial = _INITIALS.get(one.initial, one.initial)
    if initial == "f" and final.startswith("u") and final != "u":
        final = final[1:]
    return initial, final


def _parts(whole: tuple[Syllable, ...], given_length: int) -> Iterator[tuple[Place, tuple[Syllable, ...]]]:
    cut = len(whole) - given_length
    yield "full", whole
    if cut and given_length > 1:
        yield "given", whole[cut:]
        yield "opening", whole[: cut + 1]
        if cut > 1:
            yield "opening", whole[cut - 1 : cut + 1]
            yield "opening", whole[cut - 1 :]
    if cut == 2 and given_length == 1:
        yield "opening", whole[1:]
    yield "reversed", whole[::-1]
    if given_length > 1:
        yield "given reversed", whole[cut:][::-1]


def _matches(part: tuple[Syllable, ...]) -> Iterator[tuple[Negative, Nearness]]:
    seen: set[str] = set()
    for nearness in _NEARNESS:
        for negative in _index()[nearness].get(_key(part, nearness), ()):
            if negative.word not in seen:
                seen.add(negative.word)
                yield negative, nearness


def _counts(negative: Negative, place: Place, nearness: Nearness) -> bool:
    if place not in ("full", "given") and negative.whole:
        return False
    if nearness == "tones":
        return True
    if negative.by_tone:
        return False
    if place == "full":
        return True
    if place == "given":
        return nearness == "toneless" or len(negative.word) > 2
    return nearness == "toneless" and (place == "opening" or len(negative.word) > 2)


def _key(part: Sequence[Syllable], nearness: Nearness) -> tuple[object, ...]:
    if nearness == "tones":
        return tuple((one.text, one.tone) for one in part)
    if nearness == "toneless":
        return tuple(one.text for one in part)
    return tuple(near_form(one) for one in part)


@cache
def _index() -> dict[Nearness, dict[tuple[object, ...], list[Negative]]]:
    index: dict[Nearness, dict[tuple[object, ...], list[Negative]]] = {one: defaultdict(list) for one in _NEARNESS}
    for negative in negatives():
        for nearness in _NEARNESS:
            index[nearness][_key(negative.syllables, nearness)].append(negative)
    return index


def _initials(syllables: Sequence[Syllable]) -> list[Homophone]:
    letters = "".join(one.text[0] for one in syllables).upper()
    word = INITIALS.get(letters)
    return [Homophone(word, "缩写", "initials", "tones", False)] if word else []


def _rank(one: Homophone) -> tuple[int, int, int]:
    order = ("serious", "caution", "info")
    return order.index(one.level), _NEARNESS.index(one.nearness), list(PLACES).index(one.place)
