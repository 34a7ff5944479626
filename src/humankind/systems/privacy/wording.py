"""Words made comparable: even spelling, numbers as figures, word beginnings, and a few ways to say the same thing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from humankind.systems.privacy.norms import folded

_EMPTY = (
    "a about after all also am an and any are as at be because been before being but by can could did do does doing "
    "down during each few for from further had has have having he her here hers him his how i if in into is it its "
    "itself just let me more most my no nor not now of off on once only or other our out over own same she should so "
    "some such than that the their them then there these they this those through to too under until up us very was we "
    "were what when where which while who whom why will with would you your mr mrs ms dr s t ll re ve d m please hi "
    "hello dear regards best thanks thank recently currently including several take takes taking took "
    "taken get gets got getting"
)
EMPTY = frozenset(_EMPTY.split())
"""Words that carry no content of their own."""

_SAYINGS: tuple[tuple[str, str], ...] = (
    (r"passed away|lost (?:his|her|their|my) life", "died"),
    (r"laid off|let go|lost (?:his|her|their|my|the) (?:job|position)|got the sack|made redundant|dismissed", "fired"),
    (r"expecting (?:a|her|their|our) (?:\w+ )?(?:baby|child)|expecting twins|with child", "pregnant"),
    (r"(?:split|broke|breaking|splitting) up|separat(?:ed|ing) from|parted ways", "divorced"),
    (r"out of work|between jobs|jobless", "unemployed"),
    (r"in the red|owes? money|behind on (?:payments|bills|rent)", "debt"),
    (r"took (?:his|her|their) own life", "suicide"),
    (r"tied the knot|got married", "married"),
    (r"sees? a (?:therapist|psychologist|counsell?or)|in counsell?ing", "therapy"),
    (r"high blood pressure", "hypertension"),
    (r"heart attack", "infarction"),
    (r"phone number|mobile number|cell number", "phone"),
    (r"e-mail|mail address|email address", "email"),
    (r"credit card|debit card", "card"),
    (r"social security number|\bssn\b", "ssn"),
)
"""Phrases and the one word that stands for them."""

_ALIKE = (
    "salary wage income earnings earn earns earned pay paid makes paycheck",
    "doctor physician gp practitioner",
    "therapy therapist counseling counselling counselor psychologist psychotherapy",
    "depression depressed depressive",
    "anxiety anxious",
    "illness disease sickness sick ill ailment",
    "medication medicine drug pills prescription prescribed",
    "pregnant pregnancy",
    "divorce divorced divorcing separation separating",
    "fired dismissal terminated sacked redundant",
    "unemployed unemployment",
    "debt debts indebted owes owe owing",
    "house home residence apartment flat",
    "child children kid kids son daughter",
    "begin began start started starts beginning",
    "buy bought purchase purchased purchasing",
    "car vehicle automobile",
    "quit quits resign resigned resigning resignation leaving",
    "move moved moving relocate relocated relocating relocation",
    "argument argue argued quarrel dispute conflict fight",
    "problem problems issue issues trouble difficulty difficulties struggle struggling struggles",
    "boss manager supervisor",
    "colleague coworker teammate",
    "surgery operation operated",
    "meet meeting met meets appointment",
    "plan plans planning planned intends intending intention",
    "big large huge significant substantial",
    "company firm business employer",
    "alcohol alcoholic drinking alcoholism",
    "attorney lawyer solicitor",
    "died death dead deceased",
    "cancer tumour tumor oncology",
    "january jan",
    "february feb",
    "march mar",
    "april apr",
    "june jun",
    "july jul",
    "august aug",
    "september sept sep",
    "october oct",
    "november nov",
    "december dec",
)

_FIGURES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Return the beginning of a word that its forms share.

    >>> stem("diagnosed") == stem("diagnosis")
    True
    """
    if word[:1].isdigit() or len(word) <= 3:
        return word
    bare = re.sub(r"(?:ies)$", "y", word)
    bare = re.sub(r"(?<=[^s])s$", "", bare)
    for ending in ("ing", "edly", "ed", "ly", "ment"):
        if bare.endswith(ending) and len(bare) - len(ending) >= 4:
            bare = bare[: -len(ending)]
            break
    return bare.rstrip("e")[:6]


_CONCEPTS = {stem(word): stem(line.split()[0]) for line in _ALIKE for word in line.split()}


def words_of(text: str) -> Iterator[str]:
    """Yield the content words of a text in order, comparable: figures, word beginnings, one word for each concept.

    >>> list(words_of("She was laid off and earned 84k")) == list(words_of("fired; wage: $84,000"))
    True
    """
    even = folded(text).replace("’", "'")
    for pattern, word in _SAYINGS:
        even = re.sub(rf"\b(?:{pattern})\b", word, even)
    even = re.sub(r"(?<=\d),(?=\d{3}\b)", "", even)
    even = re.sub(r"\b(\d+(?:\.\d+)?)\s?(?:k|thousand)\b", lambda found: f"{float(found[1]) * 1000:.0f}", even)
    even = re.sub(r"\b(\d+)(?:st|nd|rd|th)\b", r"\1", even)
    for word in re.findall(r"\d+(?:[.:]\d+)*|[^\W\d_]+(?:'[a-z]+)?", even):
        bare = word.split("'")[0]
        if bare in _FIGURES:
            yield str(_FIGURES.index(bare))
        elif bare and bare not in EMPTY:
            found = stem(bare)
            yield _CONCEPTS.get(found, found)


def sentences_of(text: str) -> list[str]:
    """Return the sentences and lines of a text.

    >>> sentences_of("Hi Ann. It costs $3.50!  Bye")
    ['Hi Ann.', 'It costs $3.50!', 'Bye']
    """
    guarded = re.sub(r"\b(Mr|Mrs|Ms|Dr|St|No|vs|e\.g|i\.e)\.", "\\1\x00", text)
    parts = re.split(r"(?<=[.!?])\s+|\n+|\\n", guarded)
    return [part.replace("\x00", ".").strip() for part in parts if part.strip()]
