"""One turn of a conversation through the proxy: instructions in, answers out, blocked calls turned into second tries.

A blocked call never reaches the client. The model's server is told that it was not sent and why, and asked again; the
client gets the first answer that passes, or, once attempts are used up, a plain sentence that ends the agent's loop.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from humankind.systems.privacy.chat_format import call_of, text_of, view
from humankind.systems.privacy.defense import Message, Verdict
from humankind.systems.privacy.mapping import definition_parts
from humankind.systems.privacy.protection import Protection, refusal
from humankind.systems.privacy.upstream import malformed

WITH_ANOTHER = "Nothing was done: another call of the same turn was held back. Make this call again by itself."
"""What a call is answered with that was fine but came together with one that was not."""


class Turn:
    """A request on its way.

    Args:
        request: checked.
        protection: whose defence instructs and screens.
        conversation: for the audit log.
        most_rounds: questions to the model's server for one answer.
    """

    def __init__(self, request: Mapping[str, Any], protection: Protection, conversation: str, most_rounds: int) -> None:
        self.protection, self.conversation = protection, conversation
        self._request = dict(request)
        self._tools: list[dict[str, Any]] = request.get("tools") or []
        self._schemas = dict(map(definition_parts, self._tools))
        self._seen: list[Message] = view(request["messages"], self._tools, protection)
        self._messages: list[Mapping[str, Any]] = []
        self._exchanges: list[Mapping[str, Any]] = []
        self._rounds_left = most_rounds
        self.blocked = 0
        """Calls blocked so far."""

    async def begin(self) -> None:
        """Put the defence's system prompt and instructions where they belong."""
        told = dict(await self.protection.ainstructions(self._seen, self.conversation))
        messages: list[Mapping[str, Any]] = []
        originals = self._request["messages"]
        for number, message in enumerate(originals, 1):
            messages.append(message)
            if number in told and not _is_instruction(originals[number : number + 1], told[number]):
                messages.append({"role": "user", "content": told[number]})
        self._messages = self._with_system(messages)

    @property
    def payload(self) -> dict[str, Any]:
        """The request for the model's server."""
        return {**self._request, "messages": self._messages}

    async def screen(self, calls: Sequence[Mapping[str, Any]]) -> list[Verdict]:
        """Return a verdict for every call of an answer."""
        return [
            await self.protection.ascreen(self._seen, call_of(call, self._schemas, self.protection), self.conversation)
            for call in calls
        ]

    def again(self, answer: Mapping[str, Any], verdicts: Sequence[Verdict]) -> bool:
        """Tell the model's server what was blocked and return whether it is to be asked again.

        Args:
            answer: the assistant's message with its calls.
            verdicts: one for each call.
        """
        refused = [verdict for verdict in verdicts if verdict.action == "block"]
        self.blocked += len(refused)
        self._rounds_left -= 1
        if self._rounds_left <= 0 or any(verdict.final for verdict in refused):
            return False
        told: list[Mapping[str, Any]] = [answer]
        for call, verdict in zip(answer["tool_calls"], verdicts, strict=True):
            text = refusal(verdict) if verdict.action == "block" else WITH_ANOTHER
            told.append({"role": "tool", "tool_call_id": call["id"], "content": text})
        self._messages += told
        self._exchanges += told
        self._seen = view([*self._request["messages"], *self._exchanges], self._tools, self.protection)
        if self._request.get("tool_choice") not in (None, "auto", "none"):
            self._request["tool_choice"] = "auto"  # a forced call would be made again and again
        return True

    def _with_system(self, messages: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        first = messages[0]
        has_system = first["role"] in ("system", "developer")
        before = text_of(first.get("content")) if has_system else ""
        after = self.protection.start(before, self.conversation)
        if after == before:
            return messages
        if has_system:
            return [{**first, "content": after}, *messages[1:]]
        return [{"role": "system", "content": after}, *messages]


def farewell(verdicts: Sequence[Verdict]) -> str:
    """Return what the client gets to read once attempts are used up."""
    reasons = dict.fromkeys(verdict.reason for verdict in verdicts if verdict.action == "block")
    return f"This was not sent, to protect privacy: {'; '.join(reasons)}."


def calls_of(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the tool calls of an answer, in one form for all readers: id, type, name, arguments.

    What a client would read in another way than this does is not passed on.

    Raises:
        UpstreamError: they are malformed.
    """
    if message.get("function_call"):
        raise malformed("a call in the old form")
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list):
        raise malformed("calls that are no list")
    return [_even(call, number) for number, call in enumerate(calls)]


def _even(call: Any, number: int) -> dict[str, Any]:
    if not isinstance(call, dict):
        raise malformed("a call that is no object")
    kind = "custom" if "custom" in call and call.get("custom") is not None else "function"
    inner = call.get(kind)
    field = "input" if kind == "custom" else "arguments"
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str) or not inner["name"]:
        raise malformed("a call without a name")
    text = inner.get(field)
    if isinstance(text, dict):
        text = json.dumps(text, ensure_ascii=False)  # some servers send the object itself
    if text is not None and not isinstance(text, str):
        raise malformed("a call whose arguments are no text")
    return {
        "id": str(call.get("id") or f"call_{number}"),
        "type": kind,
        kind: {"name": inner["name"], field: text or ""},
    }


def _is_instruction(following: Sequence[Mapping[str, Any]], told: str) -> bool:
    """Return whether the client already holds this very instruction, as behind a second proxy."""
    return bool(following) and following[0].get("role") == "user" and text_of(following[0].get("content")) == told
