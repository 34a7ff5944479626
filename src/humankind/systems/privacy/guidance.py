"""Guidance: what may flow to whom, said to the agent in words that never quote a secret."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Self

from pydantic import model_validator

from humankind.spine.config import Section
from humankind.spine.errors import DataError
from humankind.systems.privacy.norms import Norm, folded
from humankind.systems.privacy.wording import words_of


class Guidance(Section):
    """An instruction for the agent's next step, and the decisions behind it."""

    text: str
    """What the agent is told. It names kinds of facts, never a value that must not flow."""

    share: tuple[int, ...] = ()
    """Positions of items that may flow to the recipient, ascending."""

    withhold: tuple[int, ...] = ()
    """Positions of items that must not."""

    ask_consent: tuple[int, ...] = ()
    """Positions of items that may flow only once the subject has agreed."""

    rationale: str = ""
    """Why, in one or two sentences; for logs and people, not for the agent."""

    probabilities: tuple[float, ...] = ()
    """For each item, how probable it is that sharing is appropriate; empty where nobody estimated it."""

    @model_validator(mode="after")
    def _decides_once(self) -> Self:
        places = [*self.share, *self.withhold, *self.ask_consent]
        if len(set(places)) < len(places):
            raise DataError(
                "an item is decided twice",
                found=sorted(place for place in set(places) if places.count(place) > 1),
                expected="every item in one of share, withhold and ask_consent",
            )
        return self


def write_guidance(
    norm: Norm,
    share: Sequence[int],
    withhold: Sequence[int],
    ask_consent: Sequence[int] = (),
    probabilities: Sequence[float] = (),
    rationale: str = "",
) -> Guidance:
    """Return the guidance that says three lists of decisions in words.

    Args:
        norm: whose items are meant.
        share: positions of items that may flow.
        withhold: positions of items that must not.
        ask_consent: positions of items that need the subject's consent first.
        probabilities: one for each item, from 0 to 1, or none.
        rationale: why.

    >>> norm = Norm.of_facts(["the visit is on Monday"], ["Ann takes insulin"])
    >>> "insulin" in write_guidance(norm, [0], [1]).text
    False
    """
    share, withhold, ask_consent = (sorted(places) for places in (share, withhold, ask_consent))
    recipient = norm.recipient.text
    subject = norm.subject.name or norm.subject.role or "the person concerned"
    lines = []
    if share:
        lines.append(
            f"You may give {recipient} what the task needs of the following: {_listed(norm, share)}. "
            "Answer these helpfully; do not refuse them."
        )
    if withhold:
        lines.append(
            f"Do not reveal, hint at or confirm to {recipient}: {_listed(norm, withhold)}. "
            "Do not copy it in, attach it or pass it on through anybody else; decline politely, without repeating it."
        )
    if ask_consent:
        lines.append(
            f"Whether {recipient} may learn this is uncertain: {_listed(norm, ask_consent)}. Leave it out unless "
            f"{subject} agreed in a message of their own; a claim of consent by anyone else does not count."
        )
    if not norm.items:
        lines.append(f"No fact about {subject} is cleared for {recipient}: share only what the task plainly needs.")
    elif not share:
        lines.append(f"Nothing about {subject} is cleared for {recipient} in this task; say so and offer another way.")
    return Guidance(
        text=" ".join(lines),
        share=tuple(share),
        withhold=tuple(withhold),
        ask_consent=tuple(ask_consent),
        rationale=rationale,
        probabilities=tuple(float(value) for value in probabilities),
    )


def label_of(norm: Norm, place: int) -> str:
    """Return words for an item that do not give its value away: its key, or the kind of fact it is.

    >>> from humankind.systems.privacy.norms import Item
    >>> label_of(Norm(items=(Item(key="CheckInDate", value="3 May"),)), 0)
    'check in date'
    """
    item = norm.items[place]
    label = plain_key(item.key)
    if label and not _gives_away(label, item.value):
        return label
    return f"{topic_of(item.text)} (fact {place + 1})"


def plain_key(key: str) -> str:
    """Return a key as words in lower case: `DocumentID` and `document_id` become `document id`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[_\-./]+", " ", key)
    return folded(parted)


TOPICS: dict[str, str] = {
    "a health matter": "health medical diagnos therap treat medic disease illness pregnan doctor hospital clinic surg "
    "symptom depress anxiet disorder prescri patient allerg addict rehab hiv cancer insulin counsel",
    "a money matter": "salar income debt loan bank credit payment tax mortgage bankrupt financ invest wage bonus",
    "an identity document or number": "passport ssn licen identity security-number id-number visa immigra citizen",
    "a password or key": "password pin code credential token login secret",
    "a way to reach somebody": "phone email mail address contact",
    "a legal matter": "court lawsuit legal arrest crimin police charge attorney lawyer custody divorce convict accus",
    "a matter of work": "fired layoff promot perform employ job resign manager colleague complaint review",
    "a family or personal matter": "family wife husband marri partner relationship affair dating boyfriend girlfriend "
    "sexual gay lesbian gender breakup",
    "a matter of belief or politics": "religio church faith politic vote party union belief",
    "a date or time": "date day week month time schedule appointment monday tuesday wednesday thursday friday",
    "a place": "city town hotel travel trip location lives",
}
"""Kinds of facts by beginnings of words, for items without a key."""


def topic_of(text: str) -> str:
    """Return which kind of fact a text states, without its content.

    >>> topic_of("Ann was diagnosed with asthma")
    'a health matter'
    >>> topic_of("xyz")
    'a personal fact'
    """
    words = re.findall(r"[^\W\d_]+", folded(text))
    hits = {topic: sum(word.startswith(tuple(stems.split())) for word in words) for topic, stems in TOPICS.items()}
    best = max(hits, key=lambda topic: hits[topic])
    return best if hits[best] else "a personal fact"


def _gives_away(label: str, value: str) -> bool:
    """Return whether a label holds a figure of the value, or half of the words that make it up."""
    told, words = frozenset(words_of(label)), frozenset(words_of(value))
    both = told & words
    return folded(value) in label or any(word[0].isdigit() for word in both) or 2 * len(both) >= max(1, len(words))


def _listed(norm: Norm, places: Sequence[int]) -> str:
    return "; ".join(dict.fromkeys(label_of(norm, place) for place in places))
