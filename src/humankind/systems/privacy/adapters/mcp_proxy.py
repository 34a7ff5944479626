"""An MCP server between an agent and another MCP server: it forwards tools, screens calls, adds instructions.

    import anyio
    from mcp import StdioServerParameters
    from humankind.systems.privacy.adapters.mcp_proxy import http_app, serve_stdio

    upstream = StdioServerParameters(command="mail-mcp-server")  # or a URL: "http://127.0.0.1:9000/mcp"
    anyio.run(serve_stdio, upstream, protection)  # the agent starts this program in place of the server
    app = http_app(upstream, protection)          # or: an ASGI application with the path /mcp

Only tools are forwarded: what comes in as a resource or prompt would come in without an instruction. An instruction
is the last text of the result that it follows. Clients that name no session count as one conversation, so let every
agent have a proxy of its own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

from mcp import Client, types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from humankind.systems.privacy.adapters.conversation import Watch
from humankind.systems.privacy.protection import Protection

if TYPE_CHECKING:
    from starlette.applications import Starlette

NAME = "humankind-privacy"
MOST_SESSIONS = 1000
"""Conversations remembered at once; the one longest unused is forgotten first."""
MOST_PAGES = 100
"""Of a list of tools."""

Context = ServerRequestContext[Client, Any]


class Forwarding:
    """The handlers of the proxy.

    Args:
        protection: whose defence instructs and screens.
    """

    def __init__(self, protection: Protection) -> None:
        self.protection = protection
        self._watches: OrderedDict[str, Watch] = OrderedDict()
        self._schemas: dict[str, Any] = {}

    async def list_tools(self, context: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        """Return the tools of the other server."""
        listed = await context.lifespan_context.list_tools(cursor=params.cursor if params else None)
        self._schemas.update({tool.name: tool.input_schema for tool in listed.tools})
        return listed

    async def call_tool(self, context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        """Return the result of a call with its instruction, or the refusal of one that may not be made."""
        client, watch = context.lifespan_context, self._watch(context)
        arguments = dict(params.arguments or {})
        call = watch.call(params.name, arguments, await self._schema(client, params.name))
        if (told := await watch.arefused(call)) is not None:
            return types.CallToolResult(content=[types.TextContent(type="text", text=told)], is_error=True)
        try:
            result = await client.call_tool(params.name, arguments)
        except BaseException as error:
            watch.noted(call, f"error: {type(error).__name__}")
            raise
        instruction = await watch.ainstruction(call, _text(result))
        if instruction is None:
            return result
        content = [*result.content, types.TextContent(type="text", text=instruction)]
        return result.model_copy(update={"content": content})

    async def _schema(self, client: Client, name: str) -> Any:
        """Return the schema of a tool's arguments, asked for once where the agent did not list the tools itself."""
        if name not in self._schemas:
            cursor: str | None = None
            for _ in range(MOST_PAGES):
                listed = await client.list_tools(cursor=cursor)
                self._schemas.update({tool.name: tool.input_schema for tool in listed.tools})
                if (cursor := listed.next_cursor) is None:
                    break
        return self._schemas.get(name)

    def _watch(self, context: Context) -> Watch:
        headers = getattr(context.request, "headers", None) or {}
        session = str(headers.get("mcp-session-id", ""))
        watch = self._watches.setdefault(session, Watch(self.protection, session[:16]))
        self._watches.move_to_end(session)
        if len(self._watches) > MOST_SESSIONS:
            self._watches.popitem(last=False)
        return watch


def mcp_proxy(upstream: Any, protection: Protection) -> Server[Client]:
    """Return the proxy as an MCP server, for any transport.

    Args:
        upstream: the other server: its URL, how it is started (`StdioServerParameters`), or whatever else
            `mcp.Client` takes.
        protection: whose defence instructs and screens.
    """
    forwarding = Forwarding(protection)
    return Server(
        NAME,
        lifespan=_connected(upstream),
        on_list_tools=forwarding.list_tools,
        on_call_tool=forwarding.call_tool,
    )


async def serve_stdio(upstream: Any, protection: Protection) -> None:
    """Serve one agent over standard input and output until it closes them.

    Args:
        upstream: as for `mcp_proxy`.
        protection: whose defence instructs and screens.
    """
    server = mcp_proxy(upstream, protection)
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


def http_app(upstream: Any, protection: Protection, **options: Any) -> Starlette:
    """Return the proxy as an ASGI application for streamable HTTP at `/mcp`; listens to loopback by default.

    Args:
        upstream: as for `mcp_proxy`.
        protection: whose defence instructs and screens.
        options: of `Server.streamable_http_app`, such as `host` and `auth`.
    """
    return mcp_proxy(upstream, protection).streamable_http_app(**options)


def _connected(upstream: Any) -> Callable[[Server[Client]], AbstractAsyncContextManager[Client]]:
    @asynccontextmanager
    async def lifespan(_: Server[Client]) -> AsyncGenerator[Client]:
        async with Client(upstream) as client:
            yield client

    return lifespan


def _text(result: types.CallToolResult) -> str:
    """Return what an agent reads of a result."""
    texts = []
    for block in result.content:
        resource = getattr(block, "resource", None)
        text = getattr(block, "text", None) or getattr(resource, "text", None)
        texts.append(text if isinstance(text, str) else f"[{block.type}]")
    return "\n".join(texts)
