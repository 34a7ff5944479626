"""Telling a model's thinking from its answer."""

from __future__ import annotations

import re

_NAMES = "think|thinking|thought|reasoning"
_OPEN = re.compile(rf"<\s*(?:{_NAMES})\s*>", re.IGNORECASE)
_CLOSE = re.compile(rf"<\s*/\s*(?:{_NAMES})\s*>", re.IGNORECASE)


def split_thinking(text: str) -> tuple[str, str | None]:
    """Return the thinking and the answer; the answer is None where a thinking block was opened and not closed.

    A closing tag without an opening one counts too: with some chat templates the prompt ends inside the block.

    >>> split_thinking("<think>A or B?</think>B")
    ('A or B?', 'B')
    >>> split_thinking("A or B?</think> B")
    ('A or B?', ' B')
    >>> split_thinking("<think>A or")
    ('A or', None)
    """
    closings = list(_CLOSE.finditer(text))
    answer = text[closings[-1].end() :] if closings else text
    thinking = text[: closings[-1].start()] if closings else ""
    opening = _OPEN.search(answer)
    if opening is not None:
        rest = answer[opening.end() :]
        return "\n".join(part for part in (_untagged(thinking), rest) if part), None
    return _untagged(thinking), answer


def _untagged(text: str) -> str:
    return _CLOSE.sub("", _OPEN.sub("", text))
