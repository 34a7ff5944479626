"""Contextualized Defense Instructing: after each look at outside content the agent is told what may flow to whom.

It never vetoes; a chain with guarding does. The instruction is made from the norms and an instructor, never from what
a message says, so that nobody can write themselves permission.

Paper: section on CDI, intervention after a tool result that brought outside content in.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import Any

from pydantic import Field

from humankind.spine.config import Section
from humankind.systems.privacy.clearing import Clearing
from humankind.systems.privacy.consent import Consents
from humankind.systems.privacy.defense import Chain, Message, Undefended
from humankind.systems.privacy.guarding import Guarding, GuardSettings
from humankind.systems.privacy.guidance import Guidance
from humankind.systems.privacy.instructor import EmbeddedInstructor, Instructor
from humankind.systems.privacy.judging import Judge
from humankind.systems.privacy.ledger import Ledger
from humankind.systems.privacy.norms import Norm, folded
from humankind.systems.privacy.parties import address_of


class CDISettings(Section):
    """How much an instruction says."""

    most_norms: int = Field(4, ge=1)
    """Norms that one instruction speaks of: those whose recipients the latest content names, then the others."""

    most_words: int = Field(300, ge=20)
    """Words of one instruction; norms that do not fit are summed up in a sentence that releases nothing."""


class CDI(Undefended):
    """A defence that instructs.

    Args:
        norms: what may flow to whom.
        instructor: decides what the norms leave open, and words it; the embedded one by default.
        consents: what subjects agreed to.
        settings: limits of an instruction.

    >>> norm = Norm.of_facts(["the visit is on Monday"], ["Ann has asthma"])
    >>> told = CDI([norm]).on_observation([Message("tool", "Bob: how is Ann, and when does she come?")])
    >>> told.share, told.withhold, "asthma" in told.text
    ((0,), (1,), False)
    """

    def __init__(
        self,
        norms: Iterable[Norm],
        instructor: Instructor | None = None,
        consents: Consents | None = None,
        settings: CDISettings | None = None,
    ) -> None:
        self.clearing = Clearing(tuple(norms), instructor or EmbeddedInstructor.load(), consents or Consents())
        self.settings = settings or CDISettings()

    def on_observation(self, messages: Sequence[Message]) -> Guidance | None:
        """Return the guidance for the latest content; None only where there are no norms."""
        numbers = self._relevant(messages)
        if not numbers:
            return None
        told = [self.clearing.guidance(number, messages) for number in numbers[: self.settings.most_norms]]
        kept = _fitting(told, self.settings.most_words)
        left = len(self.clearing.norms) - len(kept)
        if len(kept) == 1 and not left:
            return kept[0]
        texts = [guidance.text for guidance in kept]
        if left:
            texts.append("Share nothing personal with anybody else.")
        return kept[0].model_copy(update={"text": "\n".join(texts)})

    def _relevant(self, messages: Sequence[Message]) -> list[int]:
        """Return the positions of all norms, those first whose recipients the latest content names."""
        if len(self.clearing.norms) == 1:
            return [0]
        latest = _latest(messages)
        before = folded("\n".join(message.text for message in messages))

        def distance(number: int) -> int:
            names = _names(self.clearing.norms[number])
            return 0 if any(name in latest for name in names) else 1 if any(name in before for name in names) else 2

        return sorted(range(len(self.clearing.norms)), key=distance)


class Remembering:
    """An instructor that answers the same question once: for those that ask a language model.

    Args:
        instructor: who is asked.
        most: answers kept.
    """

    def __init__(self, instructor: Instructor, most: int = 1024) -> None:
        self.instructor, self.most = instructor, most
        self._known: OrderedDict[str, Guidance] = OrderedDict()
        self._lock = Lock()

    def instruct(self, norm: Norm, messages: Sequence[Any] = ()) -> Guidance:
        """Return the guidance for a norm after these messages."""
        key = hashlib.sha256(repr((norm.digest, *messages)).encode("utf-8", "replace")).hexdigest()
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        guidance = self.instructor.instruct(norm, messages)
        with self._lock:
            self._known[key] = guidance
            if len(self._known) > self.most:
                self._known.popitem(last=False)
        return guidance


def guided_and_guarded(
    norms: Iterable[Norm],
    instructor: Instructor | None = None,
    judge: Judge | None = None,
    settings: GuardSettings | None = None,
    *,
    consents: Consents | None = None,
    ledger: Ledger | None = None,
) -> Chain:
    """Return CDI and guarding with the same norms, instructor and consents: what the adapters use by default.

    Args:
        norms: what may flow to whom.
        instructor: decides what the norms leave open; the embedded one by default.
        judge: says what a message tells; the offline one by default.
        settings: of the guard.
        consents: what subjects agreed to.
        ledger: what went to whom.
    """
    known, instructor, consents = tuple(norms), instructor or EmbeddedInstructor.load(), consents or Consents()
    guard = Guarding(known, instructor, judge, settings, consents=consents, ledger=ledger)
    return Chain(CDI(known, instructor, consents), guard)


def _fitting(told: Sequence[Guidance], most_words: int) -> list[Guidance]:
    """Return as many as fit, the first in any case."""
    kept, words = [], 0
    for guidance in told:
        words += len(guidance.text.split())
        if kept and words > most_words:
            break
        kept.append(guidance)
    return kept


def _latest(messages: Sequence[Message]) -> str:
    texts = []
    for message in reversed(messages):
        if message.role != "tool":
            break
        texts.append(message.text)
    return folded("\n".join(texts))


def _names(norm: Norm) -> list[str]:
    party = norm.recipient
    known = [folded(party.name), *(address_of(address) for address in party.addresses)]
    return [name for name in known if name]
