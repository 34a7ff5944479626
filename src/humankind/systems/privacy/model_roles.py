"""Roles that a language model plays, under any name that Inspect knows; calls go through its tool calling."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from humankind.systems.privacy.apps import ARGUMENTS
from humankind.systems.privacy.defense import Message
from humankind.systems.privacy.roles import Proposed, View

if TYPE_CHECKING:
    from inspect_ai.model import ChatMessage, Model

DESCRIPTIONS = {
    "get_messages": "Read the messages that you got.",
    "send_message": "Send a message to one person.",
    "search_emails": "Read the mails that you got.",
    "send_email": "Send a mail; several addresses are separated by commas.",
    "get_posts": "Read the public posts.",
    "create_post": "Post something that everybody can read.",
    "get_page": "Read a page of your own notes.",
    "write_page": "Write a page of your own notes.",
}


class ModelRole:
    """A part that a language model plays.

    Args:
        model: as Inspect names it, or a model of Inspect.
        seed: of its words, where the provider takes one.
        max_tokens: of one reply.
    """

    def __init__(self, model: str | Model, seed: int = 0, max_tokens: int = 512) -> None:
        from inspect_ai.model import GenerateConfig, get_model

        self.model = get_model(model) if isinstance(model, str) else model
        self.config = GenerateConfig(seed=seed, max_tokens=max_tokens)

    def step(self, view: View) -> Proposed | None:
        """Return the first call of the model's reply, None where it makes none.

        Raises:
            whatever the provider raises: a dead model must not pass for a silent sender.
        """
        reply = asyncio.run(self.model.generate(_messages(view.messages), tools=_tools(), config=self.config))
        calls = reply.message.tool_calls or []
        if not calls:
            return None
        first = calls[0]
        return first.function, dict(first.arguments) if not first.parse_error else {}


def _messages(messages: Sequence[Message]) -> list[ChatMessage]:
    from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageTool, ChatMessageUser
    from inspect_ai.tool import ToolCall

    found: list[ChatMessage] = []
    for number, message in enumerate(messages):
        match message.role:
            case "system":
                found.append(ChatMessageSystem(content=message.text))
            case "user":
                found.append(ChatMessageUser(content=message.text))
            case "assistant":
                calls = [
                    ToolCall(id=f"call-{number}", function=call.name, arguments=dict(call.arguments or {}))
                    for call in message.calls
                ]
                found.append(ChatMessageAssistant(content=message.text, tool_calls=calls or None))
            case "tool":
                name = message.call.name if message.call else ""
                found.append(ChatMessageTool(content=message.text, tool_call_id=f"call-{number - 1}", function=name))
    return found


def _tools() -> list[Any]:
    from inspect_ai.tool import ToolInfo, ToolParam, ToolParams

    return [
        ToolInfo(
            name=name,
            description=DESCRIPTIONS[name],
            parameters=ToolParams(
                properties={
                    one: ToolParam(type="integer" if one == "max_count" else "string", description=one)
                    for one in (*needed, *others)
                },
                required=list(needed),
            ),
        )
        for name, (needed, others) in ARGUMENTS.items()
    ]
