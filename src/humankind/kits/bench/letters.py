"""Reading which option a reply chose: a verdict where the reply states one, a reason where it does not, never a guess.

A letter counts only where it is stated: alone on its line, before the text of an option ("B. red"), after a word that
announces an answer ("Answer: (b)"), or in an answer tag. All letters are read by the same rules, A and I too, though
they are also words: "A man came in" states nothing.

Left out on purpose: asking a second model for the letter, and taking the letter that stands out most.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final, Literal, Self

from humankind.kits.bench.questions import LETTERS
from humankind.kits.bench.thinking import split_thinking
from humankind.spine.config import Section
from humankind.spine.errors import ConfigError

Reading = Literal["auto", "first", "last", "mark", "tag"]
"""Where the letter is looked for, thinking left out.

`first`: the first line that is not empty, for prompts that ask for the letter alone.
`last`: the last such line, for prompts that ask for reasons first.
`mark`: the last line that begins with "Answer: X" in any case, the form that Inspect's own templates ask for.
`tag`: `<Answer>X</Answer>`.
`auto`: tag, marked lines, first and last line; they must agree.
"""

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
    _, answer = split_thinking(text)
    if answer is None:
        return Letter.missing(UNCLOSED)
    answer = _without_role(unicodedata.normalize("NFKC", answer).replace("\ufffd", " ").strip())
    if not answer:
        return Letter.missing(EMPTY)
    stated = _READERS[reading](answer)
    if stated.letters:
        return _judged(stated.letters, n_options)
    return Letter.missing(stated.reason or (REFUSED if _REFUSAL.search(answer) else NO_LETTER))


def _judged(letters: set[str], n_options: int) -> Letter:
    if len(letters) > 1:
        return Letter.missing(TWO_LETTERS)
    index = LETTERS.index(next(iter(letters)))
    return Letter(index=index) if index < n_options else Letter.missing(BEYOND)


# -- what one line states -------------------------------------------------------------------------------------

_WRAP = r"[\s*_`\"'“”‘’«»「」『』()\[\]{}<>$#~|]*"
"""Quotes, brackets, stars and the like around a letter."""
_END = rf"{_WRAP}[.,:;!。]*{_WRAP}"
_LONE = r"([A-Za-z])(?![A-Za-z0-9])"
_BOXED = re.compile(r"\\(?:boxed|text|mathrm|mathbf)\s*\{")
_BARE = re.compile(rf"^{_WRAP}{_LONE}{_END}$")
_DELIMITED = re.compile(rf"^{_WRAP}{_LONE}{_WRAP}[.):\]、]{_WRAP}(?=[\s\u3400-\u9fff]|\*)\s*\S")
_JOIN = r"(?:\s*[/&|,、+]\s*|\s+(?:or|and|nor|and/or)\s+|\s*(?:或者?|和|及|与)\s*)"
_JOINED = re.compile(rf"(?<![A-Za-z0-9]){_LONE}{_WRAP}\.?{_JOIN}(?:(?:option|choice|answer)\s+)?{_WRAP}{_LONE}", re.I)
_AFTER = (
    rf"(?={_END}$|[.,:;!)\]*\"'”’>}}$(]|\s*[-–—(]|[\u3400-\u9fff]"
    r"|\s+(?:because|since|as|for|due|given)\b|\s+(?:is|seems|looks)\s+(?:the\s+)?(?:correct|right|best|most|answer))"
)
"""What may follow a letter that a sentence announces; "the answer is a man" goes on otherwise."""
_ANNOUNCED = re.compile(
    rf"(?:\b(?:answers?|ans|solution)\b|答案|答)(?:\s+(?:is|would be|should be|must be|will be))?{_WRAP}[:=是为]*{_WRAP}"
    rf"(?:(?:option|choice|letter)\s+|选项?)?{_WRAP}{_LONE}{_AFTER}",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"(?:\b(?:option|choice|letter|choose|pick|select|go with|choosing|chose|picked|selected)\b|选项?|选择)"
    rf"(?:\s+is)?{_WRAP}[:=是为]*{_WRAP}{_LONE}{_AFTER}",
    re.IGNORECASE,
)
_SUBJECT = re.compile(rf"^{_WRAP}{_LONE}{_WRAP}\s+(?:is|seems)\s+(?:the\s+)?(?:correct|right|best|most|answer)", re.I)
_MARKED = re.compile(rf"^{_WRAP}(?:answer|答案){_WRAP}[:=]", re.IGNORECASE)
_REFUSAL = re.compile(
    r"\b(?:i'?m sorry|i am sorry|i (?:can(?:no|')t|cannot|won'?t|will not|am (?:not able|unable))|as an ai)\b|抱歉|我不能|无法回答",
    re.IGNORECASE,
)


def _on_line(line: str) -> set[str]:
    """Return the letters that a line states as an answer, upper case."""
    line = _BOXED.sub("{", line).replace("\\", " ").replace("’", "'")
    bare = _BARE.match(line)
    if bare is not None:
        return {bare[1].upper()}
    joined = {
        letter
        for match in _JOINED.finditer(line)
        if match[1].isupper() == match[2].isupper()
        for letter in (match[1].upper(), match[2].upper())
    }
    announced = {match[1].upper() for match in _ANNOUNCED.finditer(line)}
    named = {match[1].upper() for match in _NAMED.finditer(line)}
    subject = _SUBJECT.match(line)
    stated = announced or named or ({subject[1].upper()} if subject is not None else set())
    opening = _option_letter(line)
    if not stated and opening:
        return joined if opening in joined and _joined_at_start(line) else {opening}
    if joined & stated or (joined and not stated and _only_letters(line)):
        return joined | stated
    return stated


def _option_letter(line: str) -> str:
    """Return the letter of a line that reads like an option, "B. red"; empty for others."""
    match = _DELIMITED.match(line)
    return match[1].upper() if match is not None else ""


def _joined_at_start(line: str) -> bool:
    match = _JOINED.search(line)
    return match is not None and not re.search(r"[A-Za-z]", line[: match.start()])


def _only_letters(line: str) -> bool:
    """Return whether a line holds little more than letters that are joined: "either A or B"."""
    return not re.findall(
        r"[A-Za-z]{2,}", re.sub(r"\b(?:either|or|and|both|maybe|options?|nor)\b", "", line, flags=re.I)
    )


# -- where it is looked for -----------------------------------------------------------------------------------


class _Stated(Section):
    letters: set[str] = set()
    reason: str = ""


_TAG = re.compile(r"<\s*answer\s*>(.*?)(?:<\s*/\s*answer\s*>|$)", re.IGNORECASE | re.DOTALL)
_TAG_LETTER = re.compile(rf"^{_WRAP}{_LONE}(?!\s*(?:or|and|/)\s*[A-Za-z]\b)(?:{_END}$|{_WRAP}[.):,]|\s*\n)")


def _tagged(answer: str) -> _Stated:
    inner = [match[1] for match in _TAG.finditer(answer)]
    if not inner:
        return _Stated(reason=NO_TAG)
    found: set[str] = set()
    for text in inner:
        match = _TAG_LETTER.match(text)
        found |= {match[1].upper()} if match is not None else _on_line(text.strip())
    return _Stated(letters=found)


def _first(answer: str) -> _Stated:
    return _one_of(_lines(answer), 0)


def _last(answer: str) -> _Stated:
    return _one_of(_lines(answer), -1)


def _one_of(lines: list[str], place: int) -> _Stated:
    """Return what a line states, given that it is not one of several that list options."""
    line = lines[place]
    tags = _tagged(line)
    if tags.letters:
        return tags
    letter = _option_letter(line)
    if letter and {_option_letter(other) for other in lines} - {"", letter}:
        return _Stated(reason=LISTED)
    return _Stated(letters=_on_line(line))


def _marked(answer: str) -> _Stated:
    marked = [line for line in _lines(answer) if _MARKED.match(line)]
    return _Stated(letters=_on_line(marked[-1])) if marked else _Stated()


def _agreeing(answer: str) -> _Stated:
    tags = _tagged(answer)
    if tags.letters:
        return tags
    lines = _lines(answer)
    last = _last(answer)
    if len(lines) == 1:
        return last
    marked: set[str] = _union(_on_line(line) for line in lines if _MARKED.match(line))
    opening = _BARE.match(lines[0])
    first = {opening[1].upper()} if opening is not None else set()
    return _Stated(letters=marked | first | last.letters, reason=last.reason)


def _union(sets: Iterable[set[str]]) -> set[str]:
    return {letter for one in sets for letter in one}


def _lines(answer: str) -> list[str]:
    return [line.strip() for line in answer.splitlines() if re.search(r"\w", line)] or [answer]


def _without_role(answer: str) -> str:
    """Return a reply without a role that a model wrote before it; only the whole word on its own is one."""
    return re.sub(r"^(?:assistant|model)\s*(?::|\n)\s*", "", answer, count=1, flags=re.IGNORECASE)


_READERS = {"auto": _agreeing, "first": _first, "last": _last, "mark": _marked, "tag": _tagged}


# -- answers written as text ----------------------------------------------------------------------------------

_ARTICLES = {"a", "an", "the"}
_DENIAL = re.compile(r"\b(?:not|never|no longer|isn t|wasn t|won t|wouldn t|doesn t|didn t|cannot)\b|不|没")


def read_option(text: str, options: Iterable[str]) -> Letter:
    """Return which option a reply without letters names, or why none can be told.

    The reply, or what it says after its last "Answer:", must equal one option or hold exactly one; case, punctuation,
    articles and underscores do not count. Where one option is part of another, the longer one is taken. A reply of
    several lines that holds more than one is read by its last line.

    >>> read_option("She will look in the green box.", ["green_box", "box", "red_box"]).index
    0
    >>> read_option("In the green box or the red box.", ["green_box", "red_box"]).reason
    'two options named'
    """
    names = [_normal(option) for option in options]
    _, answer = split_thinking(text)
    if answer is None:
        return Letter.missing(UNCLOSED)
    answer = _without_role(answer.strip())
    if not answer:
        return Letter.missing(EMPTY)
    marks = list(re.finditer(r"(?:^|\n)\W*(?:final answer|answer|答案)\s*[:：]", answer, re.IGNORECASE))
    candidates = [answer[marks[-1].end() :]] if marks else [answer, _lines(answer)[-1]]
    found = Letter.missing(NO_OPTION)
    for candidate in candidates:
        found = _named_in(_normal(candidate), names)
        if found.reason != TWO_OPTIONS:
            break
    if found.reason == NO_OPTION and _REFUSAL.search(answer):
        return Letter.missing(REFUSED)
    return found


def _named_in(reply: str, names: list[str]) -> Letter:
    equal = [place for place, name in enumerate(names) if name == reply]
    if len(equal) == 1:
        return Letter(index=equal[0])
    taken: list[tuple[int, int]] = []
    found: dict[int, list[int]] = {}
    for place in sorted(range(len(names)), key=lambda place: -len(names[place])):
        for start, end in _places(names[place], reply):
            if not any(start < other_end and other_start < end for other_start, other_end in taken):
                taken.append((start, end))
                found.setdefault(place, []).append(start)
    if not found:
        return Letter.missing(NO_OPTION)
    if len(found) > 1 or names.count(names[next(iter(found))]) > 1:
        return Letter.missing(TWO_OPTIONS)
    place, starts = next(iter(found.items()))
    if all(_DENIAL.search(reply[max(0, start - 40) : start]) for start in starts):
        return Letter.missing(DENIED)
    return Letter(index=place)


def _places(name: str, reply: str) -> Iterator[tuple[int, int]]:
    """Yield where a name stands in a reply as whole words; Chinese has no spaces, so any place counts there."""
    if not name:
        return
    edge = r"(?<![^\W_\u3400-\u9fff])", r"(?![^\W_\u3400-\u9fff])"
    for match in re.finditer(f"{edge[0]}{re.escape(name)}{edge[1]}", reply):
        yield match.start(), match.end()


def _normal(text: str) -> str:
    """Return a text without case, punctuation, underscores and articles."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    words = re.sub(r"[\W_]+", " ", plain).split()
    return " ".join(word for word in words if word not in _ARTICLES)
