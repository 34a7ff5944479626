"""Guarding: looks at each outbound call before it is made and blocks those that give a fact to the wrong person.

A blocked agent is told what to leave out and what it may give, so that it can mend the message. After a few blocks it
is told to stop; unlike the released guard, this one never lets a message through because attempts have run out,
unless it is asked to for comparison.

Paper: section on guarding defences, with the released code's quirk as `on_exhausted="allow"`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, Literal

from pydantic import Field

from humankind.spine.config import Section
from humankind.systems.privacy.clearing import Clearing, Strangers
from humankind.systems.privacy.consent import Consents
from humankind.systems.privacy.defense import (
    ALLOW,
    Exposure,
    Message,
    ToolCall,
    Undefended,
    Verdict,
    blocks_in_a_row,
)
from humankind.systems.privacy.guidance import label_of
from humankind.systems.privacy.instructor import EmbeddedInstructor, Instructor
from humankind.systems.privacy.judging import Judge, Utterance
from humankind.systems.privacy.ledger import Ledger, person_behind
from humankind.systems.privacy.norms import Norm
from humankind.systems.privacy.outgoing import Outgoing, ReadFile, outgoing_of
from humankind.systems.privacy.weighing import Scales, Thresholds, Weight

MOST_CONTEXT = 12
"""Earlier messages that a judge gets to see."""


class GuardSettings(Section):
    """How the guard decides."""

    thresholds: Thresholds = Thresholds()
    """From which figures a fact counts as told."""

    budget: int = Field(3, ge=1)
    """Blocks in a row after which the agent is told to stop trying."""

    on_exhausted: Literal["block", "allow"] = "block"
    """What happens to a bad call after that; `allow` only to compare with the released guard."""

    on_exposure: Literal["block", "ask"] = "block"
    """What happens to a bad call before that."""

    strangers: Strangers = "all"
    """What is kept from addresses that no norm is about."""


class Guarding(Undefended):
    """A defence that screens outbound calls.

    Args:
        norms: what may flow to whom.
        instructor: decides what the norms leave open; the embedded one by default.
        judge: says what a message tells; the offline one by default.
        settings: thresholds and budget.
        consents: what subjects agreed to.
        ledger: what went to whom; its own by default.
        read_file: gives the text of files that attachments name.
    """

    def __init__(
        self,
        norms: Iterable[Norm],
        instructor: Instructor | None = None,
        judge: Judge | None = None,
        settings: GuardSettings | None = None,
        *,
        consents: Consents | None = None,
        ledger: Ledger | None = None,
        read_file: ReadFile | None = None,
    ) -> None:
        self.settings = settings or GuardSettings()
        self.clearing = Clearing(
            tuple(norms), instructor or EmbeddedInstructor.load(), consents or Consents(), self.settings.strangers
        )
        self.scales = Scales(judge)
        self.ledger = ledger or Ledger()
        self.read_file = read_file

    def on_action(self, messages: Sequence[Message], call: ToolCall) -> Verdict:
        """Return whether a call may be made; what is allowed is entered into the ledger.

        Raises:
            Undecided: the judge gave no judgement; `Protection` turns it into what its fail mode says.
        """
        if not call.rule.is_outbound or not any(norm.items for norm in self.clearing.norms):
            return ALLOW
        if call.arguments is None:
            return self._blocked(messages, (), "its arguments are no JSON object", "Repeat it with valid arguments.")
        outgoing = outgoing_of(call, self.read_file)
        exposures, weights, unread = self._exposures(messages, outgoing)
        evidence = {"weights": weights, "unread": list(unread)}
        if exposures or unread:
            return self._refused(messages, exposures, unread, evidence)
        for address in outgoing.recipients:
            self.ledger.add(person_behind(self.clearing.norms, address), outgoing.text)
        return Verdict("allow", evidence=evidence)

    def _exposures(
        self, messages: Sequence[Message], outgoing: Outgoing
    ) -> tuple[tuple[Exposure, ...], list[dict[str, Any]], tuple[str, ...]]:
        """Return what would be exposed, the figures behind it, and what could not be read though it mattered."""
        norms, context = self.clearing.norms, _context(messages)
        exposures: list[Exposure] = []
        weighed: list[dict[str, Any]] = []
        matters = False
        for place, address in enumerate(outgoing.recipients):
            held = self.clearing.held(address, messages)
            matters = matters or bool(held)
            sent = self._sent(messages, address) if held else ()
            for number, places in held.items():
                for weight in self.scales.weigh(outgoing.text, sent, norms[number], number, places, context):
                    weighed.append({"recipient": place, **weight.model_dump()})
                    exposures += self._exposure(weight, address)
        return tuple(exposures), weighed, outgoing.unread if matters else ()

    def _exposure(self, weight: Weight, address: str) -> list[Exposure]:
        how = self.settings.thresholds.read(weight)
        if how == "no":
            return []
        label = label_of(self.clearing.norms[weight.norm], weight.item)
        return [Exposure(weight.norm, weight.item, address, label, how)]

    def _sent(self, messages: Sequence[Message], address: str) -> tuple[str, ...]:
        """Return what went to the person behind an address before, in this conversation and by the ledger."""
        person = person_behind(self.clearing.norms, address)
        texts = dict.fromkeys(self.ledger.texts(person))
        for call in _made(messages):
            earlier = outgoing_of(call, self.read_file)
            if any(person_behind(self.clearing.norms, known) == person for known in earlier.recipients):
                texts[earlier.text] = None
        return tuple(texts)

    def _refused(
        self,
        messages: Sequence[Message],
        exposures: tuple[Exposure, ...],
        unread: tuple[str, ...],
        evidence: dict[str, Any],
    ) -> Verdict:
        reasons = [
            f"{exposure.label} would reach {exposure.recipient or 'an unknown recipient'}"
            f"{' together with what was sent before' if exposure.how == 'pieces' else ''}"
            for exposure in exposures
        ]
        reasons += [f"`{path}` cannot be read" for path in unread]
        return self._blocked(
            messages, exposures, "; ".join(dict.fromkeys(reasons)), self._repair(messages, exposures), evidence
        )

    def _repair(self, messages: Sequence[Message], exposures: tuple[Exposure, ...]) -> str:
        advice = []
        for address in dict.fromkeys(exposure.recipient for exposure in exposures):
            leave = dict.fromkeys(exposure.label for exposure in exposures if exposure.recipient == address)
            may = self.clearing.shareable(address, messages)
            advice.append(
                f"For {address or 'this recipient'}: leave out {', '.join(leave)}, also as a hint or a confirmation"
                + (f"; you may give {', '.join(may)}." if may else "; nothing is cleared for them.")
            )
        return " ".join(advice) or "Put the content into the message itself, so that it can be checked."

    def _blocked(
        self,
        messages: Sequence[Message],
        exposures: tuple[Exposure, ...],
        reason: str,
        repair: str,
        evidence: dict[str, Any] | None = None,
    ) -> Verdict:
        blocks = blocks_in_a_row(messages)
        final = blocks + 1 >= self.settings.budget
        if blocks >= self.settings.budget and self.settings.on_exhausted == "allow":
            return Verdict("allow", exposures, f"attempts used up: {reason}", evidence=evidence or {})
        left = self.settings.budget - blocks - 1
        told = "Do not try again; carry on without sending this." if final else f"{repair} Attempts left: {left}."
        action = "block" if final else self.settings.on_exposure
        figures = {**(evidence or {}), "blocks": blocks}
        return Verdict(action, exposures, reason, told, final, figures)


def _made(messages: Sequence[Message]) -> Iterable[ToolCall]:
    """Yield the outbound calls of a conversation that were made or may have been: all but those that were blocked."""
    blocked = {id(message.call) for message in messages if message.is_blocked}
    for message in messages:
        for call in message.calls:
            if call.rule.is_outbound and call.arguments is not None and id(call) not in blocked:
                yield call


def _context(messages: Sequence[Message]) -> list[Utterance]:
    """Return the latest things that others wrote and the agent sent, oldest first, for judging confirmations."""
    found: list[Utterance] = []
    for message in reversed(messages):
        if message.is_inbound and message.text.strip():
            found.append(Utterance(text=message.text, by_recipient=True))
        else:
            sent = [call for call in message.calls if call.rule.is_outbound and call.arguments]
            found += [Utterance(text=outgoing_of(call).text, by_recipient=False) for call in reversed(sent)]
        if len(found) >= MOST_CONTEXT:
            break
    return list(islice(reversed(found[:MOST_CONTEXT]), MOST_CONTEXT))
