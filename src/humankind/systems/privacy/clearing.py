"""Which facts are not cleared for an address: norms, the instructor's decisions and consent taken together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from humankind.systems.privacy.consent import Consents
from humankind.systems.privacy.defense import Message
from humankind.systems.privacy.guidance import Guidance, label_of, write_guidance
from humankind.systems.privacy.instructor import Instructor
from humankind.systems.privacy.norms import Norm, folded
from humankind.systems.privacy.parties import is_anyone, is_party, owns

Strangers = Literal["all", "sensitive"]
"""What is kept from an address that no norm is about: every fact, or only those that some norm does not share."""


@dataclass(frozen=True)
class Clearing:
    """What may flow where, for one agent.

    Args:
        norms: what is known.
        instructor: decides what the norms leave open.
        consents: what subjects agreed to.
        strangers: what is kept from addresses that no norm is about.
    """

    norms: tuple[Norm, ...]
    instructor: Instructor
    consents: Consents
    strangers: Strangers = "all"

    def guidance(self, number: int, messages: Sequence[Message]) -> Guidance:
        """Return the instructor's guidance for one norm, with what the subject agreed to moved to what may flow."""
        norm = self.norms[number]
        guidance = self.instructor.instruct(norm, messages)
        closed = (*guidance.withhold, *guidance.ask_consent)
        address = _an_address(norm)
        agreed = [place for place in closed if self.consents.allows(norm, place, address, messages)]
        if not agreed:
            return guidance
        return write_guidance(
            norm,
            [*guidance.share, *agreed],
            [place for place in guidance.withhold if place not in agreed],
            [place for place in guidance.ask_consent if place not in agreed],
            guidance.probabilities,
            f"{guidance.rationale}; agreed by the subject: {', '.join(label_of(norm, place) for place in agreed)}",
        )

    def held(self, address: str, messages: Sequence[Message]) -> dict[int, frozenset[int]]:
        """Return for each norm the positions of the facts that an address must not get; norms without any left out.

        What several norms say about an address adds up, and what one of them withholds stays withheld.

        Args:
            address: where something would go; empty where nobody knows.
            messages: the conversation, for consent.
        """
        told = [self.instructor.instruct(norm, messages) for norm in self.norms]
        applying = [number for number, norm in enumerate(self.norms) if _applies(norm, address)]
        cleared = {self._fact(n, place) for n in applying for place in told[n].share}
        closed = {self._fact(n, place) for n in applying for place in (*told[n].withhold, *told[n].ask_consent)}
        if not applying and self.strangers == "sensitive":
            cleared = {self._fact(n, place) for n in range(len(self.norms)) for place in told[n].share}
            closed = set()
        kept: dict[int, frozenset[int]] = {}
        for number, norm in enumerate(self.norms):
            if owns(norm.subject, address) or owns(norm.sender, address):
                continue  # they know the facts
            places = [
                place
                for place in range(len(norm.items))
                if self._fact(number, place) not in cleared - closed
                and not self.consents.allows(norm, place, address, messages)
            ]
            if places:
                kept[number] = frozenset(places)
        return kept

    def shareable(self, address: str, messages: Sequence[Message]) -> list[str]:
        """Return labels of what an address may get, to be told to an agent whose call was blocked."""
        return list(
            dict.fromkeys(
                label_of(norm, place)
                for number, norm in enumerate(self.norms)
                if _applies(norm, address)
                for place in self.guidance(number, messages).share
            )
        )

    def _fact(self, number: int, place: int) -> tuple[str, str]:
        norm = self.norms[number]
        return folded(norm.subject.name), folded(norm.items[place].text)


def _applies(norm: Norm, address: str) -> bool:
    return is_anyone(norm.recipient) or is_party(norm.recipient, address)


def _an_address(norm: Norm) -> str:
    return norm.recipient.addresses[0] if norm.recipient.addresses else norm.recipient.name
