"""Ways to answer without understanding anybody: how often each is right, beside chance.

A way scores the options of a question and takes the best; among equals it draws by lot, which is worth its share.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from math import sqrt

from humankind.kits.bench.questions import Question

Way = Callable[[Question], Sequence[float]]
"""Returns a score for each option, in the question's own order."""

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_COMMON_WORDS = """
a an the and or but of to in on at by for with from as is was be been are were has have had he she it they his her their
him them its that this which who not no so than then would will may can could must all any one what when where while if
into out up down off over after before because since do does did there how only more most very own
"""
_COMMON = frozenset(_COMMON_WORDS.split())


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if word not in _COMMON]


def _longest(question: Question) -> list[float]:
    return [len(option) for option in question.options]


def _shortest(question: Question) -> list[float]:
    return [-len(option) for option in question.options]


def _shared(question: Question) -> list[float]:
    told = set(_words(f"{question.story} {question.text}"))
    return [len(told & set(_words(option))) for option in question.options]


def _shared_part(question: Question) -> list[float]:
    counts = [len(set(_words(option))) or 1 for option in question.options]
    return [shared / count for shared, count in zip(_shared(question), counts)]


def _central(question: Question) -> list[float]:
    """How near an option's words are to those of all others: the odd ones out are taken to be the wrong ones."""
    bags = [Counter(_words(option)) for option in question.options]
    whole = sum(bags, Counter())
    return [_cosine(bag, whole - bag) for bag in bags]


def _cosine(one: Counter[str], other: Counter[str]) -> float:
    norms = sqrt(sum(n * n for n in one.values()) * sum(n * n for n in other.values()))
    return sum(n * other[word] for word, n in one.items()) / norms if norms else 0.0


WAYS: dict[str, Way] = {
    "longest option": _longest,
    "shortest option": _shortest,
    "most words shared with the stem": _shared,
    "largest part shared with the stem": _shared_part,
    "option most like the others": _central,
    "option least like the others": lambda question: [-score for score in _central(question)],
}


def battery(questions: Sequence[Question]) -> dict[str, float]:
    """Return the accuracy of each way on questions with options.

    >>> one = Question(id="q", suite="s", text="Why did Ann run?", options=("joy", "Ann was late"), gold=1)
    >>> found = battery([one])
    >>> found["longest option"], found["shortest option"], found["option most like the others"]
    (1.0, 0.0, 0.5)
    """
    return {name: sum(_worth(way, question) for question in questions) / len(questions) for name, way in WAYS.items()}


def _worth(way: Way, question: Question) -> float:
    scores = way(question)
    best = [place for place, score in enumerate(scores) if score == max(scores)]
    return (question.gold in best) / len(best)
