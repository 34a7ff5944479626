"""Which letters one line of a reply states as an answer.

A letter counts only where it is stated: alone, before the text of an option ("B. red"), or after words that announce
an answer ("Answer: (b)", "the best option is B"). A and I are read by the same rules as the others, though they are
also words: "A man came in" states nothing.
"""

from __future__ import annotations

import re

WRAP = r"[\s*_`\"'“”‘’«»「」『』()\[\]{}<>$#~|]*"
"""Quotes, brackets, stars and the like around a letter."""
END = rf"{WRAP}[.,:;!。]*{WRAP}"
LONE = r"([A-Za-z])(?![A-Za-z0-9])"
_BOXED = re.compile(r"\\(?:boxed|text|mathrm|mathbf)\s*\{")
BARE = re.compile(rf"^{WRAP}{LONE}{END}$")
_DELIMITED = re.compile(rf"^{WRAP}{LONE}{WRAP}[.):\]、]{WRAP}(?=[\s\u3400-\u9fff]|\*)\s*\S")
_JOIN = r"(?:\s*[/&|,、+]\s*|\s+(?:or|and|nor|and/or)\s+|\s*(?:或者?|和|及|与)\s*)"
_JOINED = re.compile(rf"(?<![A-Za-z0-9]){LONE}{WRAP}\.?{_JOIN}(?:(?:option|choice|answer)\s+)?{WRAP}{LONE}", re.I)
_AFTER = (
    rf"(?={END}$|[.,:;!)\]*\"'”’>}}$(]|\s*[-–—(]|[\u3400-\u9fff]"
    r"|\s+(?:because|since|as|for|due|given)\b|\s+(?:is|seems|looks)\s+(?:the\s+)?(?:correct|right|best|most|answer))"
)
"""What may follow a letter that a sentence announces; "the answer is a man" goes on otherwise."""
_ANNOUNCED = re.compile(
    r"(?:\b(?:answers?|ans|solution)\b|答案|答)(?:\s+(?:is|would be|should be|must be|will be|-))?"
    rf"{WRAP}[:=是为]*{WRAP}"
    rf"(?:(?:option|choice|letter)\s+|选项?)?{WRAP}{LONE}{_AFTER}",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"(?:\b(?:option|choice|letter|choose|pick|select|go with|choosing|chose|picked|selected|it's|it is)\b|选项?|选择)"
    rf"(?:\s+is)?{WRAP}[:=是为]*{WRAP}{LONE}{_AFTER}",
    re.IGNORECASE,
)
_AROUND = re.compile(r"\b(?:either|or|and|both|maybe|options?|nor|the|final|correct|answers?|is|are)\b", re.IGNORECASE)
"""Words that may stand around joined letters which are all that a line says."""
_SUBJECT = re.compile(rf"^{WRAP}{LONE}{WRAP}\s+(?:is|seems)\s+(?:the\s+)?(?:correct|right|best|most|answer)", re.I)
_CORRECTED = re.compile(
    r"\b(?:wait|actually|rather|instead|but|no)\b\W+(?:\w+\W+){0,4}?([B-HJ-Z]|[AI](?=\W*$))(?=\W*$|[.,;!)])"
)
"""A letter that takes back the one before: "The answer is A. No wait, B." """
MARKED = re.compile(rf"^{WRAP}(?:answer|答案){WRAP}[:=]", re.IGNORECASE)


def stated_on(line: str) -> set[str]:
    """Return the letters that a line states as an answer, upper case."""
    line = _BOXED.sub("{", line).replace("\\", " ").replace("’", "'")
    bare = BARE.match(line)
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
    if stated:
        stated = stated | set(_CORRECTED.findall(line))
    opening = option_letter(line)
    if not stated and opening:
        return joined if opening in joined and _joined_at_start(line) else {opening}
    if joined & stated or (joined and not stated and _only_letters(line)):
        return joined | stated
    return stated


def option_letter(line: str) -> str:
    """Return the letter of a line that reads like an option, "B. red"; empty for others."""
    match = _DELIMITED.match(line)
    return match[1].upper() if match is not None else ""


def _joined_at_start(line: str) -> bool:
    match = _JOINED.search(line)
    return match is not None and not re.search(r"[A-Za-z]", line[: match.start()])


def _only_letters(line: str) -> bool:
    """Return whether a line holds little more than letters that are joined: "either A or B"."""
    return not re.findall(r"[A-Za-z]{2,}", _AROUND.sub("", line))
