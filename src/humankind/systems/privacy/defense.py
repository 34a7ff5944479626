"""The three hooks that every defence has, what they see, and chains of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from humankind.systems.privacy.guidance import Guidance
from humankind.systems.privacy.mapping import UNDECLARED, ToolRule

Role = Literal["system", "user", "assistant", "tool"]
Action = Literal["allow", "ask", "block"]
FailMode = Literal["closed", "open", "ask"]
"""What happens when a defence itself fails: the call is blocked, passes, or somebody is asked."""

BLOCKED = "[not sent: privacy]"
"""How the result of a blocked call begins."""


@dataclass(frozen=True)
class ToolCall:
    """A call that an agent proposes or made."""

    name: str

    arguments: Mapping[str, Any] | None
    """None where they cannot be read."""

    id: str = ""

    rule: ToolRule = UNDECLARED
    """What the tool does with information."""


@dataclass(frozen=True)
class Message:
    """One entry of a conversation, whatever client it came from."""

    role: Role

    text: str = ""

    calls: tuple[ToolCall, ...] = ()
    """Of an assistant's message."""

    call: ToolCall | None = None
    """Of a tool's message: the call that it answers."""

    @property
    def is_inbound(self) -> bool:
        """Whether it is a tool's result that brings outside content in."""
        return self.role == "tool" and not self.is_blocked and (self.call is None or self.call.rule.is_inbound)

    @property
    def is_blocked(self) -> bool:
        """Whether it tells the agent that its call was blocked."""
        return self.role == "tool" and self.text.startswith(BLOCKED)


@dataclass(frozen=True)
class Exposure:
    """A fact that a call would give to somebody for whom it is not cleared."""

    norm: int
    """Position of the norm."""

    item: int
    """Position of the fact in it."""

    recipient: str
    """The address that would get it."""

    label: str
    """Which kind of fact it is, without its value."""

    how: Literal["told", "pieces"] = "told"
    """By this call alone, or together with what went there before."""


@dataclass(frozen=True)
class Verdict:
    """What is to happen to a proposed call."""

    action: Action

    items: tuple[Exposure, ...] = ()
    """What the call would have exposed."""

    reason: str = ""
    """Why, for people; holds no value of a fact."""

    repair: str = ""
    """What the agent is told to do instead; holds no value of a fact."""

    final: bool = False
    """Whether the agent has used up its attempts and must stop trying."""

    evidence: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """What it was decided on, ready for JSON; holds no value of a fact."""


ALLOW = Verdict("allow")


class Defense(Protocol):
    """Whoever protects an agent. Prompting, guarding and guidance are the same three hooks."""

    def on_start(self, system: str) -> str:
        """Return the system prompt to begin with.

        Args:
            system: the agent's own; may be empty.
        """
        ...

    def on_observation(self, messages: Sequence[Message]) -> Guidance | None:
        """Return what the agent is told before its next step, or None.

        Args:
            messages: the conversation so far; it ends with a tool's result that brought outside content in.
        """
        ...

    def on_action(self, messages: Sequence[Message], call: ToolCall) -> Verdict:
        """Return whether a proposed call may be made.

        Args:
            messages: the conversation so far.
            call: not made yet.
        """
        ...


class Undefended:
    """A defence that does nothing: what others are compared with, and what they build on."""

    def on_start(self, system: str) -> str:
        return system

    def on_observation(self, messages: Sequence[Message]) -> Guidance | None:
        return None

    def on_action(self, messages: Sequence[Message], call: ToolCall) -> Verdict:
        return ALLOW


class Chain:
    """Several defences as one: prompts add up, guidance becomes one instruction, the strictest verdict holds.

    Args:
        defenses: asked in this order.
    """

    def __init__(self, *defenses: Defense) -> None:
        self.defenses = defenses

    def on_start(self, system: str) -> str:
        for defense in self.defenses:
            system = defense.on_start(system)
        return system

    def on_observation(self, messages: Sequence[Message]) -> Guidance | None:
        told = [guidance for defense in self.defenses if (guidance := defense.on_observation(messages)) is not None]
        if not told:
            return None
        first, *others = told
        return first.model_copy(update={"text": "\n".join(guidance.text for guidance in told)}) if others else first

    def on_action(self, messages: Sequence[Message], call: ToolCall) -> Verdict:
        strictest = ALLOW
        for defense in self.defenses:
            verdict = defense.on_action(messages, call)
            if verdict.action == "block":
                return verdict
            strictest = verdict if strictest.action == "allow" else strictest
        return strictest


def blocks_in_a_row(messages: Sequence[Message]) -> int:
    """Return how many calls were blocked since an outbound one last went through."""
    count = 0
    for message in reversed(messages):
        if message.is_blocked:
            count += 1
        elif message.role == "tool" and message.call is not None and message.call.rule.flow == "outbound":
            break
        elif message.role == "user" and count:
            break  # a new request of the user's is a new start
    return count
