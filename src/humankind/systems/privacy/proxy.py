"""An OpenAI-compatible proxy that instructs and guards whatever agent stands behind it.

It adds one instruction after each tool result that brought outside content in, screens every tool call of an answer
before the client sees it, and passes everything else on as it came. What it cannot screen it refuses.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pydantic import Field

from humankind.spine.config import Section
from humankind.spine.extras import require
from humankind.systems.privacy.chat_requests import Refused, read_chat
from humankind.systems.privacy.defense import Verdict
from humankind.systems.privacy.protection import Protection
from humankind.systems.privacy.streaming import DONE, Gathered, added, event
from humankind.systems.privacy.turns import Turn, calls_of, farewell
from humankind.systems.privacy.upstream import (
    WORTH_REPEATING,
    Upstream,
    UpstreamError,
    error_body,
    malformed,
)

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response


class ProxySettings(Section):
    """Limits of the proxy."""

    most_bytes: int = Field(32 << 20, ge=1024)
    """Of one request."""

    most_rounds: int = Field(4, ge=1)
    """Questions to the model's server for one answer; more than the guard's budget never happen."""


class Proxy:
    """The proxy's handlers.

    Args:
        protection: whose defence instructs and screens.
        upstream: the model's server.
        settings: limits.
    """

    def __init__(self, protection: Protection, upstream: Upstream, settings: ProxySettings | None = None) -> None:
        self.protection, self.upstream = protection, upstream
        self.settings = settings or ProxySettings()
        self._key = secrets.token_bytes(32)

    async def chat(self, request: Request) -> Response | _Closing:
        """Return the answer to a chat completion."""
        from starlette.responses import JSONResponse

        try:
            told = read_chat(await self._body(request))
            turn = Turn(told, self.protection, self._conversation(told), self.settings.most_rounds)
            await turn.begin()
            if told.get("stream"):
                return await self._streamed(turn, request.headers)
            return JSONResponse(await self._whole(turn, request.headers))
        except Refused as refused:
            body = error_body(refused.problem, "invalid_request_error", refused.param)
            return JSONResponse(body, refused.status)
        except UpstreamError as error:
            return JSONResponse(error.body, error.status, error.headers)

    async def models(self, request: Request) -> Response:
        """Return the upstream's list of models."""
        from starlette.responses import JSONResponse

        try:
            return JSONResponse(await self.upstream.get("/models", request.headers))
        except UpstreamError as error:
            return JSONResponse(error.body, error.status, error.headers)

    async def _whole(self, turn: Turn, headers: Mapping[str, str]) -> dict[str, Any]:
        usage: Any = None
        while True:
            answer = await self.upstream.complete(turn.payload, headers)
            choice, message = _only_choice(answer)
            usage = added(usage, answer.get("usage"))
            calls = calls_of(message)
            verdicts = await turn.screen(calls)
            if usage is not None:
                answer = {**answer, "usage": usage}
            if all(verdict.action == "allow" for verdict in verdicts):
                passed = {**message, "tool_calls": calls} if calls else message
                return {**answer, "choices": [{**choice, "message": passed}]}
            if not turn.again({**_plain(message), "tool_calls": calls}, verdicts):
                end = {"role": "assistant", "content": farewell(verdicts)}
                return {**answer, "choices": [{**choice, "message": end, "finish_reason": "stop"}]}

    async def _streamed(self, turn: Turn, headers: Mapping[str, str]) -> _Closing:
        """Return a stream, opened far enough to know that the model's server answers at all."""
        from starlette.responses import StreamingResponse

        stack = AsyncExitStack()
        try:
            pieces = await stack.enter_async_context(self.upstream.stream(turn.payload, headers))
        except BaseException:
            await stack.aclose()
            raise
        relay = self._relay(turn, pieces, headers, stack)
        response = StreamingResponse(relay, media_type="text/event-stream", headers={"cache-control": "no-cache"})
        return _Closing(response, stack.aclose)

    async def _relay(
        self, turn: Turn, pieces: AsyncIterator[dict[str, Any]], headers: Mapping[str, str], stack: AsyncExitStack
    ) -> AsyncIterator[bytes]:
        """Yield the events of an answer; on errors one that says so, and never a call that was not screened."""
        usage, known, begun = None, {}, False
        try:
            async with stack:
                while True:
                    gathered = Gathered()
                    async for piece in pieces:
                        passed = gathered.take(piece)
                        known = known or {key: piece[key] for key in ("id", "created", "model") if key in piece}
                        if passed is not None:
                            yield event(_continued(passed, known, begun))
                    begun = True
                    if gathered.finish is None:
                        raise malformed("a stream without an end")
                    message, usage = gathered.message, added(usage, gathered.usage)
                    calls = message.get("tool_calls", [])
                    verdicts = await turn.screen(calls)
                    await stack.aclose()
                    ending = self._ending(gathered, verdicts, turn, message)
                    if ending is not None:
                        for piece in gathered.counted(ending, usage):
                            yield event({**piece, **known})
                        yield DONE
                        return
                    pieces = await self._reopened(turn, headers, stack)
        except UpstreamError as error:
            yield event(error.body)

    @staticmethod
    def _ending(
        gathered: Gathered, verdicts: list[Verdict], turn: Turn, message: dict[str, Any]
    ) -> list[dict[str, Any]] | None:
        """Return the last pieces of an answer, or None where the model's server is asked again."""
        if all(verdict.action == "allow" for verdict in verdicts):
            return gathered.ending(message.get("tool_calls", []), gathered.finish or "stop")
        if turn.again(message, verdicts):
            return None
        return [gathered.text(farewell(verdicts)), *gathered.ending([], "stop")]

    async def _reopened(
        self, turn: Turn, headers: Mapping[str, str], stack: AsyncExitStack
    ) -> AsyncIterator[dict[str, Any]]:
        """Return another answer; as the client waits in an open stream, failures that may pass are waited out."""
        settings = self.upstream.settings
        for attempt in range(settings.retries + 1):
            try:
                return await stack.enter_async_context(self.upstream.stream(turn.payload, headers))
            except UpstreamError as error:
                if attempt == settings.retries or error.status not in WORTH_REPEATING:
                    raise
                await asyncio.sleep(min(settings.longest_wait_s, _wait_s(error, attempt)))
        raise AssertionError("the loop returns or raises")

    async def _body(self, request: Request) -> bytes:
        from starlette.requests import ClientDisconnect

        body = bytearray()
        try:
            async for part in request.stream():
                body += part
                if len(body) > self.settings.most_bytes:
                    raise Refused("the request is too long", 413)
        except ClientDisconnect:
            raise Refused("the request was broken off") from None
        return bytes(body)

    def _conversation(self, request: Mapping[str, Any]) -> str:
        """Return a name for the conversation that says nothing of it: the same as long as its first messages are."""
        first = json.dumps(request["messages"][:2], sort_keys=True)
        return hmac.new(self._key, first.encode("utf-8"), sha256).hexdigest()[:16]


def create_app(protection: Protection, upstream: Upstream, settings: ProxySettings | None = None) -> Starlette:
    """Return the proxy as an ASGI application: `/v1/chat/completions`, `/v1/models`, `/healthz`.

    Args:
        protection: whose defence instructs and screens.
        upstream: the model's server; closed with the application.
        settings: limits.
    """
    require("privacy", "starlette", "httpx")
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    proxy = Proxy(protection, upstream, settings)

    async def healthy(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def not_found(request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 404)
        return JSONResponse(error_body("only chat completions are served here", "invalid_request_error"), status)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        yield
        await upstream.close()

    routes = [
        Route("/v1/chat/completions", proxy.chat, methods=["POST"]),
        Route("/v1/models", proxy.models, methods=["GET"]),
        Route("/healthz", healthy, methods=["GET"]),
    ]
    handlers: Any = {404: not_found, 405: not_found}
    return Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan)


def serve(app: Starlette, host: str = "127.0.0.1", port: int = 8787) -> None:
    """Run the proxy until it is interrupted.

    Args:
        app: of `create_app`.
        host: address to listen on; other than loopback only behind something that checks who comes.
        port: from 0 to 65535; 0 for any free one.
    """
    (uvicorn,) = require("privacy", "uvicorn")
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False)


class _Closing:
    """A response that closes what it was made from, also where the client is gone before it begins."""

    def __init__(self, response: Response, close: Callable[[], Awaitable[None]]) -> None:
        self.response, self.close = response, close

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self.response(scope, receive, send)
        finally:
            await self.close()


def _only_choice(answer: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    choices = answer.get("choices")
    choice = choices[0] if isinstance(choices, list) and len(choices) == 1 else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise malformed("an answer in another form")
    return choice, message


def _plain(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of an answer may be sent back to the server that gave it."""
    return {"role": "assistant", "content": message.get("content") or None}


def _continued(piece: dict[str, Any], known: Mapping[str, Any], begun: bool) -> dict[str, Any]:
    """Return a piece of a later attempt as if it belonged to the first: same id, no second beginning."""
    if not begun:
        return piece
    choices = piece.get("choices") or []
    kept = [
        {**choice, "delta": {key: value for key, value in choice["delta"].items() if key != "role"}}
        for choice in choices
    ]
    return {**piece, **known, "choices": kept}


def _wait_s(error: UpstreamError, attempt: int) -> float:
    try:
        return max(0.0, float(error.headers.get("retry-after", "")))
    except ValueError:
        return 0.25 * 2**attempt
