"""Ways to answer without understanding: how often each is right on a suite, beside chance.

A shortcut points at one option or, where it cannot decide, at several; it then has its share of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from humankind.kits.bench.questions import Question
from humankind.spine.evidence import Table

Scorer = Callable[[Question, str], float | None]
"""Score of an option text; None where the shortcut has nothing to go by."""

_WORD = re.compile(r"[a-z0-9_]+|[\u4e00-\u9fff]")
_COMMON = {"a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "has", "he", "her", "his", "in", "is", "it"}
_COMMON |= {"its", "of", "on", "or", "she", "that", "the", "to", "was", "with"}


def _longest(question: Question, option: str) -> float:
    return len(option)


def _shortest(question: Question, option: str) -> float:
    return -len(option)


def _like_question(question: Question, option: str) -> float:
    return _shared(option, question.text)


def _like_story(question: Question, option: str) -> float:
    return _shared(option, question.story)


def _first_in_story(question: Question, option: str) -> float | None:
    place = question.story.lower().find(option.lower())
    return None if place < 0 else -place


def _last_in_story(question: Question, option: str) -> float | None:
    place = question.story.lower().rfind(option.lower())
    return None if place < 0 else place


def _most_in_story(question: Question, option: str) -> float | None:
    return question.story.lower().count(option.lower()) or None


SHORTCUTS: dict[str, Scorer] = {
    "longest option": _longest,
    "shortest option": _shortest,
    "most words shared with the question": _like_question,
    "most words shared with the story": _like_story,
    "option that the story names first": _first_in_story,
    "option that the story names last": _last_in_story,
    "option that the story names most": _most_in_story,
}


def _shared(option: str, text: str) -> float:
    """Return the part of an option's words that a text has.

    >>> _shared("the red box", "Where is the box?")
    0.5
    """
    words = set(_WORD.findall(option.lower())) - _COMMON
    return len(words & set(_WORD.findall(text.lower()))) / len(words) if words else 0.0


def right_share(question: Question, scorer: Scorer) -> float:
    """Return how far a shortcut is right on a question: 1 or 0 where it decides, its share of a tie otherwise."""
    scores = [scorer(question, option) for option in question.options]
    known = [score for score in scores if score is not None]
    best = max(known) if known else None
    picked = [place for place, score in enumerate(scores) if score == best]
    return (question.gold in picked) / len(picked)


def shortcuts_table(questions: Sequence[Question]) -> Table:
    """Return the accuracy of every shortcut on the questions that have options."""
    asked = [question for question in questions if question.options]
    chance = sum(question.chance for question in asked) / len(asked) if asked else None
    rows = tuple(
        (name, sum(right_share(question, scorer) for question in asked) / len(asked), chance)
        for name, scorer in SHORTCUTS.items()
        if asked
    )
    return Table(
        title="Shortcuts",
        columns=("shortcut", "accuracy", "chance"),
        rows=rows,
        note="a tie counts as the share of it that is right; a model at a shortcut's accuracy may have used no more",
    )
