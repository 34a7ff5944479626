"""A suite of questions, and how it is found: by the name of a data set, or by path."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Literal

from humankind.kits.bench.questions import Question
from humankind.spine.config import Section
from humankind.spine.errors import DataError

Language = Literal["en", "zh", "all"]


class Suite(Section):
    """Questions that were read together, and what was mended while reading."""

    name: str
    """Name of the data set, `generated`, or the name of a file of one's own."""

    title: str
    """What it is, for people."""

    questions: tuple[Question, ...]
    """In the order of the source."""

    notes: tuple[str, ...] = ()
    """Defects of the source that were handled, with counts, one sentence each."""

    @property
    def chance(self) -> float:
        """Accuracy of a blind guess over all questions that have options; 0 where none has."""
        known = [question.chance for question in self.questions if question.options]
        return sum(known) / len(known) if known else 0.0

    @property
    def digest(self) -> str:
        """SHA-256 over all questions: equal for equal content, whatever file it came from."""
        total = sha256()
        for question in self.questions:
            total.update(question.model_dump_json().encode())
        return total.hexdigest()

    def in_language(self, language: Language) -> Suite:
        """Return the questions of one language; DataError where there are none."""
        if language == "all":
            return self
        kept = tuple(question for question in self.questions if question.language == language)
        if not kept:
            found = ", ".join(sorted({question.language for question in self.questions}))
            raise DataError(
                "the suite has no question in this language",
                found=f"{self.name}: {found}",
                where="--language",
                expected=f"--language {found.split(', ')[0]} or all",
            )
        return self.model_copy(update={"questions": kept})


def check_ids(name: str, questions: Iterable[Question]) -> tuple[Question, ...]:
    """Return the questions; DataError where there are none or two have the same id."""
    kept, seen = tuple(questions), set()
    for question in kept:
        if question.id in seen:
            raise DataError(
                "two questions have the same id", found=repr(question.id), where=name, expected="ids that all differ"
            )
        seen.add(question.id)
    if not kept:
        raise DataError("there are no questions", where=name, expected="at least one")
    return kept


def digest_of(text: str) -> str:
    """Return eight characters that stand for a text: a name for its group.

    >>> digest_of("a story") == digest_of("a story"), len(digest_of("another"))
    (True, 8)
    """
    return sha256(text.encode()).hexdigest()[:8]


def counted(number: int, one: str, many: str = "") -> str:
    """Return a count with its noun.

    >>> counted(1, "row"), counted(1200, "row"), counted(2, "story", "stories")
    ('1 row', '1,200 rows', '2 stories')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def resolve(name: str, path: Path | None = None) -> Path:
    """Return `path`, or the folder of a data set that may be used to evaluate."""
    if path is not None:
        return path
    from humankind.spine.sources import use

    return use(name, "evaluate")
