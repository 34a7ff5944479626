"""What adapters share: conversations put into the defence's own view, whole or seen through tool calls alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any

from humankind.systems.privacy.defense import Message, Role, ToolCall
from humankind.systems.privacy.protection import Protection, refusal

MOST_MESSAGES = 2000
"""Of a watched conversation; older ones are forgotten. What was sent stays in the guard's ledger."""


class Transcript:
    """A conversation that is written down entry by entry.

    Args:
        protection: knows the tools.
        schemas: JSON schemas of the arguments of tools, by name, for tools that nobody declared.
    """

    def __init__(self, protection: Protection, schemas: Mapping[str, Any] | None = None) -> None:
        self.messages: list[Message] = []
        """One for each entry."""
        self._protection, self._schemas = protection, schemas or {}
        self._calls: dict[str, ToolCall] = {}

    def said(self, role: Role, text: str, calls: Iterable[tuple[str, Mapping[str, Any] | None, str]] = ()) -> None:
        """Write down a message and its calls.

        Args:
            role: whose it is.
            text: what it says.
            calls: name, arguments (None where they cannot be read) and id of each.
        """
        made = tuple(self._protection.call(name, given, id, self._schema(name, given)) for name, given, id in calls)
        self._calls.update({call.id: call for call in made})
        self.messages.append(Message(role, text, made))

    def returned(self, id: str, text: str, name: str = "") -> None:
        """Write down what a call returned.

        Args:
            id: of the call.
            text: of the result.
            name: of the tool, used where the call itself is not known.
        """
        call = self._calls.get(id)
        if call is None and name:
            call = self._protection.call(name, None, id, self._schemas.get(name))
        self.messages.append(Message("tool", text, call=call))

    def _schema(self, name: str, arguments: Mapping[str, Any] | None) -> Any:
        return self._schemas.get(name) or schema_of(arguments)

    def before(self, id: str) -> list[Message]:
        """Return the messages before the one that proposes a call; all of them where none does."""
        for place in range(len(self.messages) - 1, -1, -1):
            if any(call.id == id for call in self.messages[place].calls):
                return self.messages[:place]
        return self.messages


class Watch:
    """A conversation of which only tool calls and results are seen, as behind a decorator or an MCP server.

    One for each agent and conversation: what its subject agrees to holds in it alone. Safe to share between threads.

    Args:
        protection: whose defence instructs and screens.
        name: of the conversation, for the audit log.
    """

    def __init__(self, protection: Protection, name: str = "") -> None:
        self.protection, self.name = protection, name
        self._messages: list[Message] = []
        self._lock = Lock()

    @property
    def messages(self) -> list[Message]:
        """What was seen so far."""
        with self._lock:
            return list(self._messages)

    def call(self, name: str, arguments: Mapping[str, Any] | None, schema: Any = None) -> ToolCall:
        """Return a call with its tool's rule; not made yet."""
        return self.protection.call(name, arguments, schema=schema or schema_of(arguments))

    def refused(self, call: ToolCall) -> str | None:
        """Return what a call is answered with in place of being made; None where it may be made."""
        verdict = self.protection.screen(self.messages, call, self.name)
        return self._proposed(call, refusal(verdict) if verdict.action != "allow" else None)

    async def arefused(self, call: ToolCall) -> str | None:
        """Return what `refused` returns, without holding up the event loop."""
        verdict = await self.protection.ascreen(self.messages, call, self.name)
        return self._proposed(call, refusal(verdict) if verdict.action != "allow" else None)

    def noted(self, call: ToolCall, text: str) -> bool:
        """Write down what a call returned; return whether it brought outside content in."""
        result = Message("tool", text, call=call)
        self._add(result)
        return result.is_inbound

    def instruction(self, call: ToolCall, text: str) -> str | None:
        """Write down what a call returned and return the instruction that follows it, or None."""
        return self.protection.instruction(self.messages, self.name) if self.noted(call, text) else None

    async def ainstruction(self, call: ToolCall, text: str) -> str | None:
        """Return what `instruction` returns, without holding up the event loop."""
        return await self.protection.ainstruction(self.messages, self.name) if self.noted(call, text) else None

    def _proposed(self, call: ToolCall, told: str | None) -> str | None:
        self._add(Message("assistant", calls=(call,)))
        if told is not None:
            self._add(Message("tool", told, call=call))
        return told

    def _add(self, message: Message) -> None:
        with self._lock:
            self._messages.append(message)
            del self._messages[:-MOST_MESSAGES]


def schema_of(arguments: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return as much of a tool's schema as the arguments of one call show: their names.

    >>> schema_of({"to": "bob", "text": "Hi"})
    {'type': 'object', 'properties': {'to': {}, 'text': {}}}
    """
    if arguments is None:
        return None
    return {"type": "object", "properties": {str(name): _shape(value) for name, value in arguments.items()}}


def _shape(value: Any) -> dict[str, Any]:
    return {"properties": {str(name): {} for name in value}} if isinstance(value, Mapping) and value else {}
