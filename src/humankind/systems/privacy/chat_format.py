"""Conversations as OpenAI's chat completions write them, read into the defence's own view."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from humankind.systems.privacy.defense import Message, Role, ToolCall
from humankind.systems.privacy.mapping import definition_parts
from humankind.systems.privacy.protection import Protection

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}


def view(
    messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]], protection: Protection
) -> list[Message]:
    """Return a conversation as defences see it, one entry for each message.

    Args:
        messages: in OpenAI's form.
        tools: definitions that came with the request, for tools that nobody declared.
        protection: knows the declared tools.
    """
    schemas = dict(map(definition_parts, tools))
    known: dict[str, ToolCall] = {}
    seen: list[Message] = []
    for message in messages:
        role = _ROLES.get(str(message.get("role")), "user")
        text = text_of(message.get("content"))
        if role == "tool":
            call = known.get(str(message.get("tool_call_id") or ""))
            if call is None and message.get("name"):
                call = protection.call(str(message["name"]), None, schema=schemas.get(str(message["name"])))
            seen.append(Message("tool", text, call=call))
            continue
        calls = tuple(call_of(one, schemas, protection) for one in message.get("tool_calls") or ())
        known.update({call.id: call for call in calls})
        seen.append(Message(role, text, calls))
    return seen


def call_of(call: Mapping[str, Any], schemas: Mapping[str, Any], protection: Protection) -> ToolCall:
    """Return a tool call as defences see it; a custom tool's free text becomes its one argument `input`."""
    if call.get("type") == "custom" or "custom" in call:
        inner = call.get("custom") or {}
        arguments: Mapping[str, Any] | None = {"input": inner.get("input", "")}
    else:
        inner = call.get("function") or {}
        arguments = read_arguments(inner.get("arguments"))
    name = str(inner.get("name") or "")
    return protection.call(name, arguments, str(call.get("id") or ""), schemas.get(name))


def read_arguments(text: Any) -> dict[str, Any] | None:
    """Return the arguments of a call, None where they are no plain JSON object.

    A key that is there twice would be read in one way here and in another elsewhere, so it is not accepted.

    >>> read_arguments('{"to": "a", "to": "b"}'), read_arguments(''), read_arguments('{"to": "a"}')
    (None, {}, {'to': 'a'})
    """
    if isinstance(text, Mapping):
        return dict(text)
    if not isinstance(text, str):
        return None
    if not text.strip():
        return {}
    try:
        told = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def text_of(content: Any) -> str:
    """Return the text of a message's content, parts that are no text by their kind.

    >>> text_of([{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": {}}])
    'Look:\\n[image_url]'
    """
    if isinstance(content, str):
        return content
    if not isinstance(content, Sequence):
        return ""
    return "\n".join(_part(part) for part in content)


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping):
        return ""
    text = part.get("text", part.get("content", part.get("refusal")))
    return text if isinstance(text, str) else f"[{part.get('type', 'part')}]"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) < len(pairs):
        raise ValueError("a key is there twice")
    return told


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
