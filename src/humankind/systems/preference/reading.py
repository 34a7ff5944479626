"""A plain reader of contexts: names words that the preferred responses have and the others do not.

It gives a small decoder its first, weak grasp of what a summary is: half of what it says is drawn from the right words,
half from any. It knows nothing but the context. A pretrained model does not need it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from humankind.systems.preference.records import Dialogue, Pair, Talk

_WORD = re.compile(r"[^\W\d_]{3,}")
_COMMON = frozenset(
    """the and are that with for they you your not but can will have has had was were his her its our their them this
    those these from into over out about when what which who how why all any each more most very just than then there
    too also one two never always keep make makes like""".split()  # noqa: SIM905
)


def words(text: str) -> list[str]:
    """Return the content words of a text, lower case, in order."""
    return [word for word in _WORD.findall(text.lower()) if word not in _COMMON]


def evidence(context: Sequence[Talk]) -> Counter[str]:
    """Return for each word in how many more choices it stands on the preferred side than on the other.

    In conversations without labels what the person says counts as preferred.
    """
    counts: Counter[str] = Counter()
    for talk in context:
        liked, other = _sides(talk)
        counts.update(liked - other)
        counts.subtract(other - liked)
    return counts


def _sides(talk: Talk) -> tuple[set[str], set[str]]:
    match talk:
        case Pair():
            return set(words(talk.chosen)), set(words(talk.rejected))
        case Dialogue():
            return {word for turn in talk.messages if turn.role == "user" for word in words(turn.text)}, set()


def read(context: Sequence[Talk], rng: np.random.Generator, grasp: float = 0.5, n_words: int = 2) -> str:
    """Return a summary that names `n_words` words of the context.

    Args:
        context: of one person.
        rng: draws the words.
        grasp: chance that a word is drawn by its evidence; otherwise any word of the context may come.
        n_words: different words named.
    """
    counts = evidence(context)
    if not counts:
        return "says nothing"
    names = sorted(counts)
    weights = np.exp([float(counts[name]) for name in names])
    chosen: list[str] = []
    while len(chosen) < min(n_words, len(names)):
        even = rng.random() >= grasp
        chances = np.ones(len(names)) if even else weights
        chances = np.where(np.isin(names, chosen), 0.0, chances)
        chosen.append(names[int(rng.choice(len(names), p=chances / chances.sum()))])
    return f"values {' '.join(chosen)}"
