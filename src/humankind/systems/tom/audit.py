"""What is wrong with a suite: defects, repeats, conflicting labels, skewed positions, shortcuts. It changes nothing."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence

from humankind.kits.bench.questions import LETTERS, Question
from humankind.spine.config import Section
from humankind.spine.evidence import Table
from humankind.systems.tom.data import Suite
from humankind.systems.tom.shortcuts import shortcuts_table

_HAN = re.compile(r"[\u4e00-\u9fff]")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+\b")
_NO_LETTER = re.compile(r"[\W_]+")


class Check(Section):
    """One thing that was looked for."""

    name: str
    """What was looked for, as a noun."""

    found: int
    """How many questions have it."""

    of: int
    """How many were looked at."""

    meaning: str
    """What it means for a result on this suite, one sentence."""

    examples: tuple[str, ...] = ()
    """Ids of all that have it, groups joined by `=`."""


class Audit(Section):
    """What was found in one suite."""

    suite: str
    title: str
    n_questions: int
    chance: float
    """Accuracy of a blind guess."""

    mended: tuple[str, ...]
    """Defects that reading handled, with counts."""

    checks: tuple[Check, ...]
    tables: tuple[Table, ...]
    conflicts: tuple[dict[str, str], ...] = ()
    """Questions whose label other evidence contradicts, one record each: `id`, `gold`, what says otherwise."""


def audit(suite: Suite, others: Sequence[Suite] = ()) -> Audit:
    """Return what is wrong with a suite.

    Args:
        suite: what is looked at.
        others: suites that it might share stories with.
    """
    questions = suite.questions
    return Audit(
        suite=suite.name,
        title=suite.title,
        n_questions=len(questions),
        chance=suite.chance,
        mended=suite.notes,
        checks=(*_within(questions), *(_between(suite, other) for other in others)),
        tables=(_sizes(questions), _positions(questions), shortcuts_table(questions)),
    )


def _within(questions: Sequence[Question]) -> list[Check]:
    n = len(questions)
    same = _together(questions, lambda q: (q.language, plain(q.story), plain(q.text), _set(q)))
    asked = _together(questions, lambda q: (q.language, plain(q.story), plain(q.text)))
    conflicting = [group for group in same if len({plain(one.answer) for one in group}) > 1]
    other = [group for group in asked if len({_set(one) for one in group}) > 1]
    english = [one for one in questions if one.language == "en"]
    chinese = [one for one in questions if one.language == "zh"]
    return [
        _check("repeated item", sum(len(group) - 1 for group in same), n, "counts more than once", _joined(same)),
        _check(
            "repeated item with another gold",
            sum(map(len, conflicting)),
            n,
            "nobody can have all of them right",
            _joined(conflicting),
        ),
        _check("repeated question with other options", sum(map(len, other)), n, "not independent", _joined(other)),
        _check(
            "question that names somebody the story lacks",
            len(strangers := [one.id for one in english if _stranger(one)]),
            len(english),
            "a name spelled in two ways, or a question that belongs to another story",
            strangers,
        ),
        _check(
            "English text with Chinese characters",
            len(mixed := [one.id for one in english if _HAN.search(one.story + one.text + "".join(one.options))]),
            len(english),
            "not translated",
            mixed,
        ),
        _check(
            "Chinese question without Chinese characters",
            len(foreign := [one.id for one in chinese if not _HAN.search(one.text)]),
            len(chinese),
            "not translated",
            foreign,
        ),
    ]


def _check(name: str, found: int, of: int, meaning: str, examples: Iterable[str]) -> Check:
    return Check(name=name, found=found, of=of, meaning=meaning, examples=tuple(examples))


def _between(suite: Suite, other: Suite) -> Check:
    """Return how many questions of a suite have a story that another suite has too."""
    stories = {plain(one.story) for one in other.questions if one.story}
    shared = [one.id for one in suite.questions if one.story and plain(one.story) in stories]
    return _check(
        f"question whose story is in {other.name}", len(shared), len(suite.questions), "not independent", shared
    )


def _stranger(question: Question) -> bool:
    """Return whether a name in the middle of the question is nowhere in the story; spaces within names do not count."""
    story = plain(question.story).replace(" ", "")
    return bool(story) and any(name.lower() not in story for name in _NAME.findall(question.text))


def plain(text: str) -> str:
    """Return a text in lower case without marks, for comparing.

    >>> plain("Where's the  Fig?")
    'where s the fig'
    """
    return _NO_LETTER.sub(" ", text.lower()).strip()


def _set(question: Question) -> tuple[str, ...]:
    return tuple(sorted(map(plain, question.options)))


def _together(questions: Iterable[Question], key: Callable[[Question], Hashable]) -> list[list[Question]]:
    """Return the groups of two or more questions with the same key."""
    groups: dict[Hashable, list[Question]] = defaultdict(list)
    for question in questions:
        groups[key(question)].append(question)
    return [group for group in groups.values() if len(group) > 1]


def _joined(groups: Iterable[Sequence[Question]]) -> list[str]:
    return ["=".join(one.id for one in group) for group in groups]


# -- tables -----------------------------------------------------------------------------------------------


def _sizes(questions: Sequence[Question]) -> Table:
    counts = Counter((one.language, one.category, "" if one.order is None else str(one.order)) for one in questions)
    return Table(
        title="Questions",
        columns=("language", "category", "order", "questions"),
        rows=tuple((*key, number) for key, number in sorted(counts.items())),
        note="order: depth of nested belief, where the source tells it",
    )


def _positions(questions: Sequence[Question]) -> Table:
    """Return where the right option stands, and how far that is from even."""
    from scipy.stats import chisquare

    rows = []
    for n in sorted({len(one.options) for one in questions if one.options}):
        golds = Counter(one.gold for one in questions if len(one.options) == n)
        counts = [golds[place] for place in range(n)]
        most = max(range(n), key=counts.__getitem__)
        shares = " ".join(f"{LETTERS[place]} {count}" for place, count in enumerate(counts))
        p_value = float(chisquare(counts).pvalue)
        rows.append((n, sum(counts), shares, LETTERS[most], counts[most] / sum(counts), 1 / n, p_value))
    return Table(
        title="Where the right option stands",
        columns=("options", "questions", "right letters", "most often", "always that letter", "chance", "p if even"),
        rows=tuple(rows),
        note="p: chi-squared test of even positions; a small one means that a constant letter is better than chance",
    )
