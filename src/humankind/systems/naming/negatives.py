"""Words that nobody wants to hear in a name, in kinds; the list says what its marks mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from humankind.systems.naming.characters import characters
from humankind.systems.naming.sounds import Syllable, syllable
from humankind.systems.naming.wordlists import sections

GRAVE = ("粗话", "辱骂", "身体", "疾病", "死亡")
"""Kinds that no parent would want; the others are merely unlucky or comical."""

_ENTRY = re.compile(r"([\u4e00-\u9fff]+)(?:\(([^)]*)\))?([=^]*)")
INITIALS: dict[str, str] = dict(re.findall("([A-Z]+)(.+)", "\n".join(sections("negatives")["initials"])))
"""Initials as they are typed -> the word they stand for."""


@dataclass(frozen=True, slots=True)
class Negative:
    """One word to be kept out of names."""

    word: str
    kind: str
    syllables: tuple[Syllable, ...]
    by_tone: bool
    """Only the same tones count."""
    whole: bool
    """Only the whole name or given name counts."""

    @property
    def is_grave(self) -> bool:
        """Whether no parent would want it."""
        return self.kind in GRAVE


@cache
def negatives() -> tuple[Negative, ...]:
    """Return the words, each once, in the order of the list.

    >>> len(negatives()) >= 300, next(one.word for one in negatives() if one.kind == "疾病")
    (True, '阳痿')
    """
    found: dict[str, Negative] = {}
    for kind, entries in sections("negatives").items():
        for entry in entries if kind != "initials" else ():
            match = _ENTRY.fullmatch(entry)
            if match and match[1] not in found:
                word, marks = match[1], match[3]
                found[word] = Negative(word, kind, _read(word, match[2]), "=" in marks, "^" in marks)
    return tuple(found.values())


def _read(word: str, spelled: str | None) -> tuple[Syllable, ...]:
    if spelled:
        return tuple(syllable(one) for one in spelled.split(","))
    table = characters()
    return tuple(syllable(table[one].readings[0]) for one in word)
