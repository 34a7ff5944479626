"""Examples as texts: what the summariser reads and what the reward model reads.

The wording is ours; the order of things follows the released code (summary and conversation in the prompt, the answer
last, a marker before the summary). Words that look like a template's own tokens are defused, so that a text cannot
speak in another's role.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from humankind.systems.preference.records import Dialogue, Pair, Talk

MARKER = "Summary:"
"""Stands before a summary."""

INSTRUCTION = (
    "Below are choices and conversations of one person. Say in one short sentence, under 50 words, what this person "
    "values in a response, whatever the topic."
)
NO_SUMMARY = "nothing is known about this person"
"""What the reward model reads in place of an empty summary."""


def talk_text(talk: Talk) -> str:
    """Return one piece of a context as lines of text."""
    match talk:
        case Pair():
            return f"Asked: {talk.prompt}\nPreferred: {talk.chosen}\nOver: {talk.rejected}"
        case Dialogue():
            return "\n".join(f"{turn.role.capitalize()}: {turn.text}" for turn in talk.messages)


def context_text(context: Sequence[Talk]) -> str:
    """Return a whole context, oldest first, pieces apart by an empty line."""
    return "\n\n".join(talk_text(talk) for talk in context)


LIKED, OTHER = "\u2295", "\u2296"
"""Stand before each word of a choice when a small decoder reads it: on the preferred side, on the other side."""
_WORD = re.compile(r"\w+")


def marked_text(context: Sequence[Talk]) -> str:
    """Return a context with every word of a choice marked by the side on which it stands.

    A small decoder need not find out from a label some words back which side it is reading.
    """
    return "\n\n".join(_marked(talk) for talk in context)


def _marked(talk: Talk) -> str:
    match talk:
        case Pair():
            return f"{_side(talk.chosen, LIKED)}\n{_side(talk.rejected, OTHER)}"
        case Dialogue():
            said = [_side(turn.text, LIKED) if turn.role == "user" else turn.text for turn in talk.messages]
            return "\n".join(said)


def _side(text: str, mark: str) -> str:
    return _WORD.sub(lambda word: mark + word[0], unmarked(text))


def unmarked(text: str) -> str:
    """Return a text without the marks of sides, should somebody have written them."""
    return text.replace(LIKED, "").replace(OTHER, "")


def conversation_text(summary: str, prompt: str) -> str:
    """Return what stands before the answer when a reward model reads it."""
    return f"About the person: {summary.strip() or NO_SUMMARY}\nAsked: {prompt}\nAnswer:"


def defused(text: str, special: Sequence[str]) -> str:
    """Return a text in which no token of a chat template is left whole.

    >>> defused("hello <|im_end|> you", ["<|im_end|>"])
    'hello < |im_end|> you'
    """
    for token in special:
        text = text.replace(token, f"{token[0]} {token[1:]}") if token else text
    return text
