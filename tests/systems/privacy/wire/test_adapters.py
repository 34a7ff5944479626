"""Real agent libraries behind the defence: one instruction after what comes in, what leaks is never sent."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from humankind.systems.privacy.cdi import guided_and_guarded
from humankind.systems.privacy.defense import BLOCKED
from humankind.systems.privacy.protection import HEADING, Protection
from humankind.testing.chat_server import mispaired

ASK = "See what is new and answer."


def kept_private(hotel: Any) -> None:
    """Check that the fine message was sent once and the leaking one never."""
    assert [sent["text"] for sent in hotel.outbox] == [hotel.fine]


# -- LangChain ----------------------------------------------------------------------------------------------


def scripted_chat_model(script: Any, seen: list[list[dict[str, Any]]]) -> Any:
    """Return a chat model of LangChain that says what a script says; every conversation it is shown is kept."""
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage
    from langchain_core.messages.utils import convert_to_openai_messages
    from langchain_core.outputs import ChatGeneration, ChatResult

    class Scripted(BaseChatModel):
        @property
        def _llm_type(self) -> str:
            return "scripted"

        def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
            return self

        def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
            shown = convert_to_openai_messages(messages)
            seen.append(shown)
            said = script({"messages": shown})
            text, calls = said if isinstance(said, tuple) else (said, []) if isinstance(said, str) else ("", said)
            made = [
                {"name": c["function"]["name"], "args": json.loads(c["function"]["arguments"]), "id": c["id"]}
                for c in calls
            ]
            return ChatResult(generations=[ChatGeneration(message=AIMessage(content=text, tool_calls=made))])

    return Scripted()


@pytest.mark.parametrize("way", ["whole", "async"])
def test_langchain(hotel: Any, script: Any, check_instructions: Any, way: str) -> None:
    pytest.importorskip("langchain")
    from langchain.agents import create_agent
    from langchain_core.tools import tool

    from humankind.systems.privacy.adapters.langchain import PrivacyMiddleware

    @tool
    def get_messages() -> str:
        """Read messages."""
        return hotel.run("get_messages", {})

    @tool
    def send_message(to: str, text: str) -> str:
        """Send a message."""
        return hotel.run("send_message", {"to": to, "text": text})

    @tool
    def think(thought: str) -> str:
        """Think."""
        return "ok"

    seen: list[list[dict[str, Any]]] = []
    middleware = PrivacyMiddleware(hotel.protection())
    agent = create_agent(
        scripted_chat_model(script, seen), tools=[get_messages, send_message, think], middleware=[middleware]
    )
    asked = {"messages": [{"role": "user", "content": ASK}]}
    ended = agent.invoke(asked) if way == "whole" else asyncio.run(agent.ainvoke(asked))
    kept_private(hotel)
    assert all(check_instructions(shown) for shown in seen)
    assert all(mispaired(shown) is None for shown in seen)
    assert sum(str(m["content"]).startswith(HEADING) for m in seen[-1]) == 1
    assert any(str(message.content).startswith(BLOCKED) for message in ended["messages"])
    assert not any(str(message.content).startswith(HEADING) for message in ended["messages"])  # not of the state


# -- OpenAI Agents SDK --------------------------------------------------------------------------------------


@pytest.mark.enable_socket
@pytest.mark.parametrize("way", ["whole", "streamed"])
def test_openai_agents(hotel: Any, script: Any, model_server: Any, check_instructions: Any, way: str) -> None:
    pytest.importorskip("agents")
    from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool, set_tracing_disabled
    from openai import AsyncOpenAI

    from humankind.systems.privacy.adapters.openai_agents import protected_agent, protected_run

    set_tracing_disabled(True)

    @function_tool
    def get_messages() -> str:
        """Read messages."""
        return hotel.run("get_messages", {})

    @function_tool
    def send_message(to: str, text: str) -> str:
        """Send a message."""
        return hotel.run("send_message", {"to": to, "text": text})

    @function_tool
    def think(thought: str) -> str:
        """Think."""
        return "ok"

    protection = hotel.protection()

    async def converse(url: str) -> Any:
        client = AsyncOpenAI(base_url=url, api_key="k", max_retries=0)
        model = OpenAIChatCompletionsModel(model="m", openai_client=client)
        agent = Agent(name="secretary", model=model, tools=[get_messages, send_message, think])
        safe, config = protected_agent(agent, protection), protected_run(protection)
        if way == "whole":
            return (await Runner.run(safe, ASK, run_config=config)).final_output
        result = Runner.run_streamed(safe, ASK, run_config=config)
        async for _ in result.stream_events():
            pass
        return result.final_output

    with model_server(script) as server:
        assert asyncio.run(converse(server.url)) == "Done."
        requests = server.requests
    kept_private(hotel)
    assert all(check_instructions(request["messages"]) for request in requests)
    assert all(mispaired(request["messages"]) is None for request in requests)
    assert sum(str(m.get("content")).startswith(HEADING) for m in requests[-1]["messages"]) == 1


def test_openai_agents_refuse_what_nothing_screens(hotel: Any) -> None:
    pytest.importorskip("agents")
    from agents import Agent, WebSearchTool

    from humankind.spine.errors import ConfigError
    from humankind.systems.privacy.adapters.openai_agents import protected_agent

    with pytest.raises(ConfigError, match="cannot be screened"):
        protected_agent(Agent(name="a", tools=[WebSearchTool()]), hotel.protection())


# -- plain Python -------------------------------------------------------------------------------------------


def test_python_tools(hotel: Any) -> None:
    from humankind.systems.privacy.adapters.conversation import Watch
    from humankind.systems.privacy.adapters.python_tools import protected

    watch = Watch(hotel.protection())

    @protected(watch)
    def get_messages() -> str:
        return hotel.run("get_messages", {})

    @protected(watch)
    async def send_message(to: str, text: str) -> str:
        return hotel.run("send_message", {"to": to, "text": text})

    @protected(watch)
    def think(thought: str) -> str:
        return thought

    assert think("hm") == "hm"
    read = get_messages()
    assert read.count(f"\n\n{HEADING}\n") == 1
    assert asyncio.run(send_message("bob_stone", hotel.secret)).startswith(BLOCKED)
    assert not hotel.outbox
    assert asyncio.run(send_message("bob_stone", text=hotel.fine)) == "sent"
    kept_private(hotel)


# -- Model Context Protocol ---------------------------------------------------------------------------------


def test_mcp(hotel: Any) -> None:
    mcp = pytest.importorskip("mcp")
    from mcp.server import MCPServer

    from humankind.systems.privacy.adapters.mcp_proxy import mcp_proxy

    upstream = MCPServer("hotel")

    @upstream.tool()
    def get_messages() -> str:
        """Read messages."""
        return hotel.run("get_messages", {})

    @upstream.tool()
    def send_message(to: str, text: str) -> str:
        """Send a message."""
        return hotel.run("send_message", {"to": to, "text": text})

    async def converse() -> tuple[list[str], Any, Any, Any]:
        async with mcp.Client(mcp_proxy(upstream, hotel.protection())) as client:
            names = [one.name for one in (await client.list_tools()).tools]
            read = await client.call_tool("get_messages", {})
            leak = await client.call_tool("send_message", {"to": "bob_stone", "text": hotel.secret})
            fine = await client.call_tool("send_message", {"to": "bob_stone", "text": hotel.fine})
            return names, read, leak, fine

    names, read, leak, fine = asyncio.run(converse())
    assert names == ["get_messages", "send_message"]
    texts = [block.text for block in read.content]
    assert [text.startswith(HEADING) for text in texts] == [False, True]
    assert leak.is_error
    assert leak.content[0].text.startswith(BLOCKED)
    assert not fine.is_error
    assert not any(block.text.startswith(HEADING) for block in fine.content)
    kept_private(hotel)


@pytest.mark.enable_socket
def test_mcp_over_http(hotel: Any) -> None:
    mcp = pytest.importorskip("mcp")
    from mcp.server import MCPServer

    from humankind.systems.privacy.adapters.mcp_proxy import http_app
    from humankind.testing.chat_server import running

    upstream = MCPServer("hotel")

    @upstream.tool()
    def get_messages() -> str:
        """Read messages."""
        return hotel.run("get_messages", {})

    @upstream.tool()
    def send_message(to: str, text: str) -> str:
        """Send a message."""
        return hotel.run("send_message", {"to": to, "text": text})

    async def converse(url: str) -> tuple[Any, Any]:
        async with mcp.Client(f"{url}/mcp") as client:
            read = await client.call_tool("get_messages", {})
            leak = await client.call_tool("send_message", {"to": "bob_stone", "text": hotel.secret})
            await client.call_tool("send_message", {"to": "bob_stone", "text": hotel.fine})
            return read, leak

    with (
        running(upstream.streamable_http_app()) as behind,
        running(http_app(f"{behind}/mcp", hotel.protection())) as url,
    ):
        read, leak = asyncio.run(converse(url))
    assert [block.text.startswith(HEADING) for block in read.content] == [False, True]
    assert leak.is_error
    kept_private(hotel)


# -- Inspect ------------------------------------------------------------------------------------------------


def test_inspect(hotel: Any, tmp_path: Any) -> None:
    from inspect_ai import Task, eval
    from inspect_ai.dataset import Sample
    from inspect_ai.model import ModelOutput, ModelUsage, get_model
    from inspect_ai.tool import Tool, tool

    from humankind.systems.privacy.adapters.inspect_solver import protected_agent

    @tool
    def get_messages() -> Tool:
        async def execute() -> str:
            """Read messages."""
            return hotel.run("get_messages", {})

        return execute

    @tool
    def send_message() -> Tool:
        async def execute(to: str, text: str) -> str:
            """Send a message.

            Args:
                to: to whom.
                text: what.
            """
            return hotel.run("send_message", {"to": to, "text": text})

        return execute

    seen: list[list[Any]] = []
    said = iter(
        [
            ModelOutput.for_tool_call("m", "get_messages", {}),
            ModelOutput.for_tool_call("m", "send_message", {"to": "bob_stone", "text": hotel.secret}),
            ModelOutput.for_tool_call("m", "send_message", {"to": "bob_stone", "text": hotel.fine}),
            ModelOutput.from_content("m", "Done."),
        ]
    )

    def script(messages: Any, *_: Any) -> ModelOutput:
        seen.append(list(messages))
        output = next(said)
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return output

    task = Task(
        dataset=[Sample(input=ASK)],
        solver=protected_agent(hotel.protection(), tools=[get_messages(), send_message()]),
    )
    model = get_model("mockllm/model", custom_outputs=script)
    (log,) = eval(task, model=model, log_dir=str(tmp_path), display="none", score=False)
    assert log.status == "success", log.error
    kept_private(hotel)
    told = [[message.role == "user" and message.text.startswith(HEADING) for message in shown] for shown in seen]
    assert [sum(one) for one in told] == [0, 1, 1, 1]
    for shown, marks in zip(seen[1:], told[1:], strict=True):
        assert shown[marks.index(True) - 1].role == "tool"
    refusals = [message.error.message for message in seen[2] if message.role == "tool" and message.error]
    assert len(refusals) == 1
    assert BLOCKED in refusals[0]


# -- AgentDojo ----------------------------------------------------------------------------------------------


def ground_truth(suite_name: str, limit: int | None) -> tuple[list[str], list[str]]:
    """Return which tasks a suite's own solutions solve without a defence and behind one with nothing sensitive."""
    from agentdojo.agent_pipeline.ground_truth_pipeline import GroundTruthPipeline
    from agentdojo.task_suite.load_suites import get_suite

    from humankind.systems.privacy.adapters.agentdojo import Protected

    suite = get_suite("v1", suite_name)
    solved: tuple[list[str], list[str]] = ([], [])
    for name, task in list(suite.user_tasks.items())[:limit]:
        for kept, wrap in zip(solved, (lambda one: one, lambda one: Protected(one, protection())), strict=True):
            pipeline = wrap(GroundTruthPipeline(task))
            useful, _ = suite.run_task_with_pipeline(pipeline, task, injection_task=None, injections={})
            kept.extend([name] if useful else [])
    return solved


def protection() -> Protection:
    return Protection(guided_and_guarded([]))


@pytest.mark.parametrize("suite", ["banking", "slack"])
def test_agentdojo_keeps_its_utility_where_nothing_is_sensitive(suite: str) -> None:
    pytest.importorskip("agentdojo")
    plain, defended = ground_truth(suite, 5)
    assert defended == plain
    assert len(plain) == 5


@pytest.mark.slow
@pytest.mark.parametrize("suite", ["banking", "slack", "travel", "workspace"])
def test_agentdojo_whole(suite: str) -> None:
    pytest.importorskip("agentdojo")
    plain, defended = ground_truth(suite, None)
    assert len(plain) >= 16
    assert defended == plain
