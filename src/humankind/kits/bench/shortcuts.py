"""Ways to answer without understanding: how often each is right on questions with options, beside chance.

A shortcut gives each option a score and takes the best; among equals it draws by lot, which is worth its share. A model
at a shortcut's accuracy may have used no more.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import sqrt

from humankind.kits.bench.questions import Question

Shortcut = Callable[[Question], Sequence[float | None]]
"""Returns a score for each option, in the question's own order; None for one that it has nothing to go by."""

_WORD = re.compile(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+(?:['’-][^\W\u4e00-\u9fff]+)*")
_COMMON_WORDS = """
a an the and or but of to in on at by for with from as is was be been are were has have had he she it they his her their
him them its that this which who not no so than then would will may can could must all any one what when where while if
into out up down off over after before because since do does did there how only more most very own
"""
_COMMON = frozenset(_COMMON_WORDS.split())


def words_of(text: str) -> list[str]:
    """Return the words of a text that carry some meaning, lower case; each Chinese character is a word.

    >>> words_of("She is in the green_box."), words_of("盒子")
    (['green_box'], ['盒', '子'])
    """
    return [word for word in _WORD.findall(text.lower()) if word not in _COMMON]


# -- by place and length ----------------------------------------------------------------------------------


def first_option(question: Question) -> list[float]:
    """Score the first option best, in the source's order."""
    return [-float(place) for place in range(len(question.options))]


def last_option(question: Question) -> list[float]:
    """Score the last option best, in the source's order."""
    return [float(place) for place in range(len(question.options))]


def longest(question: Question) -> list[float]:
    """Score options by their characters."""
    return [float(len(option)) for option in question.options]


def shortest(question: Question) -> list[float]:
    """Score options by how few characters they have."""
    return [-float(len(option)) for option in question.options]


# -- by words ---------------------------------------------------------------------------------------------


def shared_words(text: Callable[[Question], str]) -> Shortcut:
    """Return the shortcut that counts how many words of an option a text of the question holds."""

    def scores(question: Question) -> list[float]:
        told = set(words_of(text(question)))
        return [float(len(told & set(words_of(option)))) for option in question.options]

    return scores


def shared_part(text: Callable[[Question], str]) -> Shortcut:
    """Return the shortcut that takes which part of an option's words a text of the question holds."""

    def scores(question: Question) -> list[float]:
        told = set(words_of(text(question)))
        own = [set(words_of(option)) for option in question.options]
        return [len(told & words) / len(words) if words else 0.0 for words in own]

    return scores


def most_alike(question: Question) -> list[float]:
    """Score how near an option's words are to those of all others; neither story nor question is looked at."""
    bags = [Counter(words_of(option)) for option in question.options]
    whole = sum(bags, Counter())
    return [_cosine(bag, whole - bag) for bag in bags]


def least_alike(question: Question) -> list[float]:
    """Score how far an option's words are from those of all others."""
    return [-score for score in most_alike(question)]


def _cosine(one: Counter[str], other: Counter[str]) -> float:
    norms = sqrt(sum(n * n for n in one.values()) * sum(n * n for n in other.values()))
    return sum(n * other[word] for word, n in one.items()) / norms if norms else 0.0


def whole_stem(question: Question) -> str:
    """Return story and question."""
    return f"{question.story} {question.text}"


STANDARD: Mapping[str, Shortcut] = {
    "first option": first_option,
    "last option": last_option,
    "longest option": longest,
    "shortest option": shortest,
    "most words shared with the stem": shared_words(whole_stem),
    "largest part shared with the stem": shared_part(whole_stem),
    "option most like the others": most_alike,
    "option least like the others": least_alike,
}
"""What every set of questions with options is held against."""


# -- how far they get -------------------------------------------------------------------------------------


def worth(shortcut: Shortcut, question: Question) -> float:
    """Return how far a shortcut is right: 1 or 0 where it decides, its share of a tie otherwise.

    Where it has nothing to go by for any option, all are tied.
    """
    scores = shortcut(question)
    known = [score for score in scores if score is not None]
    best = max(known) if known else None
    picked = [place for place, score in enumerate(scores) if score == best]
    return (question.gold in picked) / len(picked)


def battery(questions: Sequence[Question], shortcuts: Mapping[str, Shortcut] = STANDARD) -> dict[str, float]:
    """Return the accuracy of each shortcut on the questions that have options; empty where none has.

    >>> one = Question(id="q", suite="s", text="Why did Ann run?", options=("joy", "Ann was late"), gold=1)
    >>> found = battery([one])
    >>> found["longest option"], found["shortest option"], found["option most like the others"]
    (1.0, 0.0, 0.5)
    """
    asked = [question for question in questions if question.options]
    if not asked:
        return {}
    return {name: sum(worth(one, question) for question in asked) / len(asked) for name, one in shortcuts.items()}
