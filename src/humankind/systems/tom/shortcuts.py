"""Ways to answer without understanding: those of `kits.bench.shortcuts`, and where a story names an option."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from humankind.kits.bench.questions import Question
from humankind.kits.bench.shortcuts import STANDARD, Shortcut, battery, shared_part
from humankind.spine.evidence import Table


def _named(score: Callable[[str, str], float | None]) -> Shortcut:
    """Return the shortcut that scores each option by where a story holds it."""
    return lambda question: [score(question.story.lower(), option.lower()) for option in question.options]


def _first(story: str, option: str) -> float | None:
    place = story.find(option)
    return None if place < 0 else -place


def _last(story: str, option: str) -> float | None:
    place = story.rfind(option)
    return None if place < 0 else place


SHORTCUTS: dict[str, Shortcut] = {
    **STANDARD,
    "largest part shared with the question": shared_part(lambda question: question.text),
    "largest part shared with the story": shared_part(lambda question: question.story),
    "option that the story names first": _named(_first),
    "option that the story names last": _named(_last),
    "option that the story names most": _named(lambda story, option: story.count(option) or None),
}


def shortcuts_table(questions: Sequence[Question]) -> Table:
    """Return the accuracy of every shortcut on the questions that have options."""
    chances = [question.chance for question in questions if question.options]
    chance = sum(chances) / len(chances) if chances else None
    return Table(
        title="Shortcuts",
        columns=("shortcut", "accuracy", "chance"),
        rows=tuple((name, value, chance) for name, value in battery(questions, SHORTCUTS).items()),
        note="a tie counts as the share of it that is right; a model at a shortcut's accuracy may have used no more",
    )
