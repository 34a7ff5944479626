"""Whether the summaries still tell persons apart.

From a start that does not read the context, both players settle on one summary for everybody; the reward model then
ranks for the average person. The text shows it before the accuracy does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from humankind.systems.preference.reading import words


@dataclass(frozen=True)
class Variety:
    """How summaries of many persons differ."""

    distinct: float
    """Share of different texts among the summaries."""
    commonest: float
    """Share of the commonest text."""
    information: float
    """Mutual information of person and words, in nats: how far the words of one summary differ from those of all."""
    length: float
    """Mean number of words."""
    capped: float
    """Share of summaries cut off for want of room."""

    @property
    def collapsed(self) -> bool:
        """Return whether nearly everybody gets one summary."""
        return self.commonest >= COLLAPSED or self.information < LITTLE


COLLAPSED = 0.9
"""Share of one text from which summaries count as collapsed."""
LITTLE = 0.02
"""Nats of information below which summaries count as collapsed."""


def variety(summaries: Sequence[str], capped: Sequence[bool] = ()) -> Variety:
    """Return how a batch of summaries, one a person, differ.

    >>> variety(["likes cats", "likes cats"]).collapsed
    True
    >>> round(variety(["likes cats", "likes dogs"]).information, 3)
    0.347
    """
    counts = Counter(" ".join(text.lower().split()) for text in summaries)
    total = max(len(summaries), 1)
    return Variety(
        distinct=len(counts) / total,
        commonest=max(counts.values(), default=0) / total,
        information=_information(summaries),
        length=sum(len(text.split()) for text in summaries) / total,
        capped=sum(map(bool, capped)) / total,
    )


def _information(summaries: Sequence[str]) -> float:
    """Return the mean divergence of a summary's words from the words of all summaries."""
    bags = [Counter(words(text)) for text in summaries]
    everywhere: Counter[str] = Counter()
    for bag in bags:
        everywhere.update({word: count / bag.total() for word, count in bag.items()})
    whole = sum(everywhere.values())
    gains = [
        sum(
            count / bag.total() * log((count / bag.total()) / (everywhere[word] / whole)) for word, count in bag.items()
        )
        for bag in bags
    ]
    return sum(gains) / max(len(gains), 1)
