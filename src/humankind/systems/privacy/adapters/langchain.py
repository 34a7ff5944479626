"""The defence as LangChain middleware (LangChain 1.x), for `create_agent` and everything built on it.

    from langchain.agents import create_agent
    from humankind.systems.privacy.adapters.langchain import PrivacyMiddleware

    agent = create_agent(model, tools=[read_mail, send_mail], middleware=[PrivacyMiddleware(protection)])
    agent.invoke({"messages": [{"role": "user", "content": "Answer my mail."}]})

Instructions are part of what the model sees, not of the agent's state. A blocked call is answered with a tool message
that says why; its tool does not run. Put the middleware last in the list, nearest to model and tools.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain.agents.middleware.types import ToolCallRequest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage
from langgraph.types import Command

from humankind.spine.errors import ConfigError
from humankind.systems.privacy.adapters.conversation import Transcript
from humankind.systems.privacy.chat_format import text_of
from humankind.systems.privacy.defense import Message, Role, ToolCall, Verdict
from humankind.systems.privacy.protection import Protection, refusal

_ROLES: dict[str, Role] = {"human": "user", "ai": "assistant", "system": "system"}
_SCREENED = (None, "function", "custom")


class PrivacyMiddleware(AgentMiddleware):
    """Instructs before model calls and screens before tool calls.

    Args:
        protection: whose defence instructs and screens.
        conversation: its name, for the audit log.
    """

    def __init__(self, protection: Protection, conversation: str = "") -> None:
        super().__init__()
        self.protection, self.conversation = protection, conversation

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Return the answer to a request with the system prompt and instructions of the defence."""
        _check(request.tools)
        seen = transcript(request.messages, self.protection).messages
        told = dict(self.protection.instructions(seen, self.conversation))
        return handler(self._instructed(request, told))

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        """Return what `wrap_model_call` returns, without holding up the event loop."""
        _check(request.tools)
        seen = transcript(request.messages, self.protection).messages
        told = dict(await self.protection.ainstructions(seen, self.conversation))
        return await handler(self._instructed(request, told))

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]]
    ) -> ToolMessage | Command[Any]:
        """Return the result of a call, or the refusal of one that may not be made."""
        messages, call = self._proposed(request)
        verdict = self.protection.screen(messages, call, self.conversation)
        return handler(request) if verdict.action == "allow" else _refused(request, verdict)

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]]
    ) -> ToolMessage | Command[Any]:
        """Return what `wrap_tool_call` returns, without holding up the event loop."""
        messages, call = self._proposed(request)
        verdict = await self.protection.ascreen(messages, call, self.conversation)
        return await handler(request) if verdict.action == "allow" else _refused(request, verdict)

    def _instructed(self, request: ModelRequest[Any], told: dict[int, str]) -> ModelRequest[Any]:
        messages: list[AnyMessage] = []
        for number, message in enumerate(request.messages, 1):
            messages.append(message)
            if number in told:
                messages.append(HumanMessage(told[number]))
        before = text_of(request.system_message.content) if request.system_message else ""
        after = self.protection.start(before, self.conversation)
        if after == before:
            return request.override(messages=messages)
        return request.override(messages=messages, system_message=SystemMessage(after))

    def _proposed(self, request: ToolCallRequest) -> tuple[list[Message], ToolCall]:
        state = request.state
        messages = state if isinstance(state, list) else state["messages"]
        written = transcript(messages, self.protection)
        name, given, id = request.tool_call["name"], request.tool_call["args"], request.tool_call["id"] or ""
        before = written.before(id)
        proposal = Transcript(self.protection)
        proposal.said("assistant", "", [(name, given, id)])
        return before, proposal.messages[0].calls[0]


def transcript(messages: Sequence[Any], protection: Protection) -> Transcript:
    """Return a conversation of LangChain's messages as defences see it, one entry for each.

    Args:
        messages: of the agent's state.
        protection: knows the tools.
    """
    written = Transcript(protection)
    for message in messages:
        text = text_of(message.content)
        if isinstance(message, ToolMessage):
            written.returned(message.tool_call_id, text, message.name or "")
        elif isinstance(message, AIMessage):
            written.said(
                "assistant", text, [(call["name"], call["args"], call["id"] or "") for call in message.tool_calls]
            )
        else:
            written.said(_ROLES.get(message.type, "user"), text)
    return written


def _refused(request: ToolCallRequest, verdict: Verdict) -> ToolMessage:
    call = request.tool_call
    return ToolMessage(refusal(verdict), tool_call_id=call["id"] or "", name=call["name"], status="error")


def _check(tools: Sequence[Any]) -> None:
    """Raise an error about tools that the model's server would run by itself, unscreened."""
    kinds = [tool.get("type") for tool in tools if isinstance(tool, dict)]
    unscreened = [kind for kind in kinds if kind not in _SCREENED]
    if unscreened:
        raise ConfigError(
            "a tool that the model's server runs by itself cannot be screened",
            found=", ".join(map(str, unscreened)),
            expected="tools that run here",
        )
