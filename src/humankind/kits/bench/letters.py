"""Reading which option a reply chose: a verdict where the reply states one, a reason where it does not, never a guess.

A letter counts only where it is stated: alone on its line, before the text of an option ("B. red"), after a word that
announces an answer ("Answer: (b)"), or in an answer tag. All letters are read by the same rules, A and I too, though
they are also words: "A man came in" states nothing.

Left out on purpose: asking a second model for the letter, and taking the letter that stands out most.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Literal

from humankind.kits.bench.named import read_option
from humankind.kits.bench.questions import LETTERS
from humankind.kits.bench.replies import (
    BEYOND,
    LISTED,
    NO_LETTER,
    NO_TAG,
    REFUSAL,
    REFUSED,
    TWO_LETTERS,
    Letter,
    answer_in,
    lines_of,
)
from humankind.kits.bench.statements import BARE, END, LONE, MARKED, WRAP, option_letter, stated_on
from humankind.spine.errors import ConfigError

__all__ = ["Letter", "Reading", "read_letter", "read_option"]

Reading = Literal["auto", "first", "last", "mark", "tag"]
"""Where the letter is looked for, thinking left out.

`first`: the first line that is not empty, for prompts that ask for the letter alone.
`last`: the last such line, for prompts that ask for reasons first.
`mark`: the last line that begins with "Answer: X" in any case, the form that Inspect's own templates ask for.
`tag`: `<Answer>X</Answer>`.
`auto`: tag, marked lines, first and last line; they must agree.
"""


def read_letter(text: str, n_options: int, reading: Reading = "auto") -> Letter:
    """Return which lettered option a reply states, or why none can be told.

    Args:
        text: the reply as it came, thinking included.
        n_options: how many options were shown, 1 to 26.
        reading: where the letter is looked for.

    >>> read_letter("Answer: (b)", 4).index
    1
    >>> read_letter("A or B", 4).reason
    'two letters'
    >>> read_letter("A man came in.", 4).reason
    'no letter'
    """
    if not 1 <= n_options <= len(LETTERS):
        raise ConfigError("letters need options", found=n_options, expected=f"1 to {len(LETTERS)}", where="n_options")
    answer = answer_in(unicodedata.normalize("NFKC", text).replace("\ufffd", " "))
    if isinstance(answer, Letter):
        return answer
    stated = _READERS[reading](answer)
    if stated.letters:
        return _judged(stated.letters, n_options)
    return Letter.missing(stated.reason or (REFUSED if REFUSAL.search(answer) else NO_LETTER))


def _judged(letters: Set[str], n_options: int) -> Letter:
    if len(letters) > 1:
        return Letter.missing(TWO_LETTERS)
    index = LETTERS.index(next(iter(letters)))
    return Letter(index=index) if index < n_options else Letter.missing(BEYOND)


@dataclass(frozen=True)
class _Stated:
    """Letters that a reply states, or why it states none where that is not just their absence."""

    letters: Set[str] = frozenset()
    reason: str = ""


_TAG = re.compile(r"<\s*answer\s*>(.*?)(?:<\s*/\s*answer\s*>|$)", re.IGNORECASE | re.DOTALL)
_TAG_LETTER = re.compile(rf"^{WRAP}{LONE}(?!\s*(?:or|and|/)\s*[A-Za-z]\b)(?:{END}$|{WRAP}[.):,]|\s*\n)")


def _tagged(answer: str) -> _Stated:
    inner = [match[1] for match in _TAG.finditer(answer)]
    if not inner:
        return _Stated(reason=NO_TAG)
    found: set[str] = set()
    for text in inner:
        match = _TAG_LETTER.match(text)
        found |= {match[1].upper()} if match is not None else stated_on(text.strip())
    return _Stated(letters=found)


def _first(answer: str) -> _Stated:
    return _one_of(lines_of(answer), 0)


def _last(answer: str) -> _Stated:
    return _one_of(lines_of(answer), -1)


def _one_of(lines: list[str], place: int) -> _Stated:
    """Return what a line states, given that it is not one of several that list options."""
    line = lines[place]
    tags = _tagged(line)
    if tags.letters:
        return tags
    letter = option_letter(line)
    if letter and {option_letter(other) for other in lines} - {"", letter}:
        return _Stated(reason=LISTED)
    return _Stated(letters=stated_on(line))


def _marked(answer: str) -> _Stated:
    marked = [line for line in lines_of(answer) if MARKED.match(line)]
    return _Stated(letters=stated_on(marked[-1])) if marked else _Stated()


def _agreeing(answer: str) -> _Stated:
    tags = _tagged(answer)
    if tags.letters:
        return tags
    lines = lines_of(answer)
    last = _last(answer)
    if len(lines) == 1:
        return last
    marked: set[str] = _union(stated_on(line) for line in lines if MARKED.match(line))
    opening = BARE.match(lines[0])
    first = {opening[1].upper()} if opening is not None else set()
    return _Stated(letters=marked | first | last.letters, reason=last.reason)


def _union(sets: Iterable[set[str]]) -> set[str]:
    return {letter for one in sets for letter in one}


_READERS = {"auto": _agreeing, "first": _first, "last": _last, "mark": _marked, "tag": _tagged}
"""By reading, what gives the letters that a reply states."""
