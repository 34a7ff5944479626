"""What any reply is: what was read from it, why nothing could be, and its answer without what stands around it."""

from __future__ import annotations

import re
from typing import Final, Self

from humankind.kits.bench.thinking import split_thinking
from humankind.spine.config import Section

EMPTY: Final = "empty reply"
UNCLOSED: Final = "thinking was not closed"
NO_LETTER: Final = "no letter"
NO_TAG: Final = "no answer tag"
TWO_LETTERS: Final = "two letters"
LISTED: Final = "options are listed, none is chosen"
BEYOND: Final = "letter beyond the options"
REFUSED: Final = "refusal"
NO_OPTION: Final = "no option named"
TWO_OPTIONS: Final = "two options named"
DENIED: Final = "option named in a denial"


class Letter(Section):
    """What was read from a reply."""

    index: int | None = None
    """Position of the letter (A is 0), or of the option; None where there is no verdict."""
    reason: str = ""
    """Why there is no verdict; empty where there is one."""

    @classmethod
    def missing(cls, reason: str) -> Self:
        """Return that there is no verdict, and why."""
        return cls(reason=reason)


REFUSAL = re.compile(
    r"\b(?:i'?m sorry|i am sorry|i (?:can(?:no|')t|cannot|won'?t|will not|am (?:not able|unable))|as an ai)\b"
    r"|抱歉|我不能|无法回答",
    re.IGNORECASE,
)


def answer_in(text: str) -> str | Letter:
    """Return a reply's answer without its thinking and without a role written before it; a reason where none is left.

    >>> answer_in("<think>A?</think>assistant: B")
    'B'
    >>> answer_in("<think>A?").reason
    'thinking was not closed'
    """
    _, answer = split_thinking(text)
    if answer is None:
        return Letter.missing(UNCLOSED)
    # Only the whole word on its own is a role: letters of it may be the answer.
    answer = re.sub(r"^(?:assistant|model)\s*(?::|\n)\s*", "", answer.strip(), count=1, flags=re.IGNORECASE)
    return answer or Letter.missing(EMPTY)


def lines_of(answer: str) -> list[str]:
    """Return the lines that hold a letter or digit, at least one line."""
    return [line.strip() for line in answer.splitlines() if re.search(r"\w", line)] or [answer]
