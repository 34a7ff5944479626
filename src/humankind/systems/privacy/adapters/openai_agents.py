"""The defence in the OpenAI Agents SDK: an input filter that instructs, and guardrails on tools that screen.

    from agents import Agent, Runner
    from humankind.systems.privacy.adapters.openai_agents import protected_agent, protected_run

    agent = protected_agent(Agent(name="secretary", tools=[read_mail, send_mail]), protection)
    await Runner.run(agent, "Answer my mail.", run_config=protected_run(protection))

Both belong together: a run with this configuration stops at an agent whose tools are not screened, also after a
handoff, and tools that run elsewhere (hosted ones, MCP servers) are refused, as nothing could screen them here; put
the MCP proxy before an MCP server.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any

from agents import Agent, FunctionTool, RunConfig, ToolGuardrailFunctionOutput, ToolInputGuardrail
from agents.run_config import CallModelData, ModelInputData
from agents.tool_guardrails import ToolInputGuardrailData

from humankind.spine.errors import ConfigError
from humankind.systems.privacy.adapters.conversation import Transcript
from humankind.systems.privacy.chat_format import read_arguments, text_of
from humankind.systems.privacy.defense import Message, Role
from humankind.systems.privacy.protection import Protection, refusal

GUARDRAIL = "privacy"
"""Name of the guardrail that every screened tool has."""

_ROLES: dict[str, Role] = {"system": "system", "developer": "system", "assistant": "assistant"}
_SEEN: ContextVar[Sequence[Message]] = ContextVar("messages of the latest model call", default=())


def protected_agent(agent: Agent[Any], protection: Protection) -> Agent[Any]:
    """Return an agent whose tools are screened.

    Args:
        agent: its tools all run here.
        protection: whose defence screens.

    Raises:
        ConfigError: a tool of it runs elsewhere.
    """
    foreign = [type(tool).__name__ for tool in agent.tools if not isinstance(tool, FunctionTool)]
    foreign += ["MCP server"] if agent.mcp_servers else []
    if foreign:
        raise ConfigError(
            "a tool that does not run here cannot be screened",
            found=", ".join(foreign),
            where=f"agent {agent.name}",
            expected="function tools",
            remedy="put the MCP proxy before an MCP server; replace hosted tools by functions",
        )
    guardrail = _guardrail(protection)
    tools: list[Any] = [_screened(tool, guardrail) for tool in agent.tools if isinstance(tool, FunctionTool)]
    return agent.clone(tools=tools)


def protected_run(protection: Protection, config: RunConfig | None = None) -> RunConfig:
    """Return the configuration of runs whose model is instructed.

    Args:
        protection: whose defence instructs.
        config: further settings; without an input filter of its own.

    Raises:
        ConfigError: there is an input filter already.
    """
    config = config or RunConfig()
    if config.call_model_input_filter is not None:
        raise ConfigError("a run has one input filter", found="another one", expected="none")

    async def instruct(data: CallModelData[Any]) -> ModelInputData:
        _check(data.agent)
        messages = transcript(data.model_data.input, protection)
        _SEEN.set(messages)
        told = dict(await protection.ainstructions(messages))
        items: list[Any] = []
        for number, item in enumerate(data.model_data.input, 1):
            items.append(item)
            if number in told:
                items.append({"role": "user", "content": told[number]})
        before = data.model_data.instructions or ""
        return ModelInputData(input=items, instructions=protection.start(before) or None)

    return dataclasses.replace(config, call_model_input_filter=instruct)


def transcript(items: Sequence[Any], protection: Protection) -> list[Message]:
    """Return a conversation of the SDK's items as defences see it, one entry for each.

    Args:
        items: what goes to the model.
        protection: knows the tools.
    """
    written = Transcript(protection)
    for item in items:
        kind = item.get("type", "message")
        if kind == "function_call":
            written.said("assistant", "", [(item["name"], read_arguments(item["arguments"]), item["call_id"])])
        elif kind.endswith("_output"):
            written.returned(str(item.get("call_id", "")), text_of(item.get("output")))
        elif kind == "message":
            written.said(_ROLES.get(str(item.get("role")), "user"), text_of(item.get("content")))
        else:
            written.said("assistant", "")
    return written.messages


def _guardrail(protection: Protection) -> ToolInputGuardrail[Any]:
    async def screen(data: ToolInputGuardrailData) -> ToolGuardrailFunctionOutput:
        context = data.context
        schemas: Mapping[str, Any] = {
            tool.name: tool.params_json_schema for tool in data.agent.tools if isinstance(tool, FunctionTool)
        }
        proposal = Transcript(protection, schemas)
        arguments = read_arguments(context.tool_arguments)
        proposal.said("assistant", "", [(context.tool_name, arguments, context.tool_call_id)])
        verdict = await protection.ascreen(_SEEN.get(), proposal.messages[0].calls[0])
        if verdict.action == "allow":
            return ToolGuardrailFunctionOutput.allow()
        return ToolGuardrailFunctionOutput.reject_content(refusal(verdict))

    return ToolInputGuardrail(guardrail_function=screen, name=GUARDRAIL)


def _screened(tool: FunctionTool, guardrail: ToolInputGuardrail[Any]) -> FunctionTool:
    """Return a tool whose last guardrail is the defence's, so that it sees what the tool would get."""
    return dataclasses.replace(tool, tool_input_guardrails=[*(tool.tool_input_guardrails or ()), guardrail])


def _check(agent: Agent[Any]) -> None:
    """Raise an error where an agent has tools that nothing screens."""
    for tool in agent.tools:
        guardrails = getattr(tool, "tool_input_guardrails", None) or ()
        if not any(guardrail.name == GUARDRAIL for guardrail in guardrails):
            raise ConfigError(
                "a tool of an agent in this run is not screened",
                found=getattr(tool, "name", type(tool).__name__),
                where=f"agent {agent.name}",
                remedy="wrap the agent in `protected_agent`",
            )
    if agent.mcp_servers:
        raise ConfigError("an MCP server's tools are not screened", found=agent.name, expected="the MCP proxy")
