"""Reading which option a reply names in words, for questions that are asked without showing letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from humankind.kits.bench.replies import DENIED, NO_OPTION, REFUSAL, REFUSED, TWO_OPTIONS, Letter, answer_in, lines_of

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
    answer = answer_in(text)
    if isinstance(answer, Letter):
        return answer
    marks = list(re.finditer(r"(?:^|\n)\W*(?:final answer|answer|答案)\s*[:：]", answer, re.IGNORECASE))
    candidates = [answer[marks[-1].end() :]] if marks else [answer, lines_of(answer)[-1]]
    found = Letter.missing(NO_OPTION)
    for candidate in candidates:
        found = _named_in(_normal(candidate), names)
        if found.reason != TWO_OPTIONS:
            break
    if found.reason == NO_OPTION and REFUSAL.search(answer):
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
