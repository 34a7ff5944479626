"""A chat-completions server on loopback that says what a script tells it to, for tests of clients and proxies.

It keeps every request, refuses conversations whose tool calls and results do not pair as strict servers do, and can
fail in all the ways servers fail.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

Said = str | list[dict[str, Any]] | tuple[str, list[dict[str, Any]]]
"""A text, tool calls, or both."""


@dataclass(frozen=True)
class Fault:
    """A way to fail."""

    status: int = 200
    """Other than 200: answered with this status."""

    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """Sent as it is, in place of an answer."""

    wait_s: float = 0.0
    """Before anything is sent."""

    said: Said = ""
    """What would have been said."""

    cut_after: int | None = None
    """Pieces of a stream after which the connection breaks."""


Script = Callable[[dict[str, Any]], Said | Fault]
"""Returns what is said to a request."""


def tool_call(name: str, arguments: Mapping[str, Any] | str, id: str = "") -> dict[str, Any]:
    """Return a call as an answer holds it."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"id": id or f"call_{next(_NUMBERS)}", "type": "function", "function": {"name": name, "arguments": text}}


class ChatServer:
    """What the server is told to say and what it was asked.

    Args:
        script: what it says to each request.
    """

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[dict[str, Any]] = []
        """Bodies of all requests, in order."""
        self.headers: list[dict[str, str]] = []
        self.url = ""

    async def chat(self, request: Any) -> Any:
        """Return the answer to a request."""
        from starlette.responses import JSONResponse, Response, StreamingResponse

        body = await request.json()
        self.requests.append(body)
        self.headers.append(dict(request.headers))
        if (wrong := mispaired(body["messages"])) is not None:
            return JSONResponse({"error": {"message": wrong, "type": "invalid_request_error"}}, 400)
        said = self.script(body)
        fault = said if isinstance(said, Fault) else Fault(said=said)
        await asyncio.sleep(fault.wait_s)
        if fault.status != 200:
            error = fault.body or json.dumps({"error": {"message": "no", "type": "scripted"}}).encode()
            return Response(error, fault.status, dict(fault.headers), "application/json")
        if fault.body is not None:
            return Response(fault.body, 200, media_type=fault.headers.get("content-type", "application/json"))
        if body.get("stream"):
            options = body.get("stream_options") or {}
            pieces = stream_of(fault.said, body, bool(options.get("include_usage")))
            return StreamingResponse(_sent(pieces, fault.cut_after), media_type="text/event-stream")
        return JSONResponse(completion_of(fault.said, body))


@contextmanager
def chat_server(script: Script) -> Generator[ChatServer]:
    """Run a scripted server on a free port of loopback; its `url` ends in `/v1`."""
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    server = ChatServer(script)
    models = JSONResponse({"object": "list", "data": [{"id": "scripted", "object": "model"}]})

    async def list_models(request: Any) -> Any:
        return models

    routes = [
        Route("/v1/chat/completions", server.chat, methods=["POST"]),
        Route("/v1/models", list_models, methods=["GET"]),
    ]
    with running(Starlette(routes=routes)) as url:
        server.url = f"{url}/v1"
        yield server


@contextmanager
def running(app: Any) -> Generator[str]:
    """Run an ASGI application on a free port of loopback in a thread; gives its address."""
    import uvicorn

    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", 0))
    listening.listen(1024)
    config = uvicorn.Config(app, log_level="critical", access_log=False, timeout_graceful_shutdown=1, backlog=1024)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        until = time.monotonic() + 20
        while not server.started:
            if not thread.is_alive() or time.monotonic() > until:
                raise RuntimeError("the server did not start")
            time.sleep(0.005)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


def mispaired(messages: Sequence[Mapping[str, Any]]) -> str | None:
    """Return what is wrong with the pairing of calls and results, or None.

    >>> mispaired([{"role": "user", "content": "hi"}, {"role": "tool", "tool_call_id": "a", "content": ""}])
    'message 1 answers no call'
    """
    open_calls: list[str] = []
    for number, message in enumerate(messages):
        if message["role"] == "tool":
            if message.get("tool_call_id") not in open_calls:
                return f"message {number} answers no call"
            open_calls.remove(message["tool_call_id"])
        elif open_calls:
            return f"message {number} comes before the results of {open_calls}"
        else:
            open_calls = [call["id"] for call in message.get("tool_calls") or ()]
    return f"calls without results: {open_calls}" if open_calls else None


def completion_of(said: Said, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole answer."""
    text, calls = _parts(said)
    message = {"role": "assistant", "content": text or None} | ({"tool_calls": calls} if calls else {})
    finish = "tool_calls" if calls else "stop"
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    return {**_head("chat.completion", request), "choices": [choice], "usage": _usage(said)}


def stream_of(said: Said, request: Mapping[str, Any], counted: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the pieces of an answer: a few letters of text each, arguments in parts."""
    head = _head("chat.completion.chunk", request)

    def piece(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    text, calls = _parts(said)
    yield piece({"role": "assistant", "content": ""})
    for start in range(0, len(text), 7):
        yield piece({"content": text[start : start + 7]})
    for number, call in enumerate(calls):
        name = {**call["function"], "arguments": ""}
        yield piece({"tool_calls": [{"index": number, **call, "function": name}]})
        arguments = call["function"]["arguments"]
        for start in range(0, len(arguments), 11):
            part = {"arguments": arguments[start : start + 11]}
            yield piece({"tool_calls": [{"index": number, "function": part}]})
    yield piece({}, "tool_calls" if calls else "stop")
    if counted:
        yield {**head, "choices": [], "usage": _usage(said)}


async def _sent(pieces: Iterator[dict[str, Any]], cut_after: int | None) -> AsyncIterator[bytes]:
    for number, piece in enumerate(pieces):
        if number == cut_after:
            raise ConnectionError("cut by the script")
        yield f"data: {json.dumps(piece, ensure_ascii=False)}\n\n".encode()
        await asyncio.sleep(0)
    yield b"data: [DONE]\n\n"


_NUMBERS = count()


def _parts(said: Said) -> tuple[str, list[dict[str, Any]]]:
    if isinstance(said, str):
        return said, []
    return said if isinstance(said, tuple) else ("", said)


def _head(kind: str, request: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": f"chat-{next(_NUMBERS)}", "object": kind, "created": 1_700_000_000, "model": request["model"]}


def _usage(said: Said) -> dict[str, int]:
    n_words = len(_parts(said)[0].split())
    return {"prompt_tokens": 10, "completion_tokens": n_words, "total_tokens": 10 + n_words}
