"""The server behind the proxy: one call, one stream, and everything that can go wrong with them."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from pydantic import Field

from humankind.spine.config import Section
from humankind.spine.extras import require

if TYPE_CHECKING:
    import httpx

FORWARDED = (
    "authorization",
    "api-key",
    "x-api-key",
    "openai-organization",
    "openai-project",
    "http-referer",
    "x-title",
)
RETURNED = ("retry-after", "retry-after-ms", "x-request-id", "x-should-retry")
WORTH_REPEATING = frozenset((408, 429, 500, 502, 503, 504))


class UpstreamSettings(Section):
    """How the server behind the proxy is called."""

    connect_timeout_s: float = Field(10.0, gt=0)
    """Seconds to a connection."""

    read_timeout_s: float = Field(300.0, gt=0)
    """Seconds without a byte."""

    most_bytes: int = Field(64 << 20, ge=1024)
    """Of one answer, or of one line of a stream."""

    retries: int = Field(3, ge=0)
    """Repetitions of a call that an open stream waits for; all others the client repeats itself."""

    longest_wait_s: float = Field(20.0, ge=0)
    """Seconds between two of them, whatever the server asks for."""


class UpstreamError(Exception):
    """The server did not give an answer that can be used.

    Args:
        status: HTTP status for the client.
        body: for the client, in OpenAI's form.
        headers: for the client.
    """

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"status {status}")
        self.status, self.body, self.headers = status, body, dict(headers or {})


def error_body(message: str, kind: str, param: str | None = None) -> dict[str, Any]:
    """Return an error as OpenAI's clients read it."""
    return {"error": {"message": message, "type": kind, "param": param, "code": kind}}


def malformed(what: str) -> UpstreamError:
    """Return the error for an answer that is none."""
    return UpstreamError(502, error_body(f"the model's server answered with {what}", "upstream_malformed"))


class Upstream:
    """The server behind the proxy.

    Args:
        url: up to the version: `http://127.0.0.1:8000/v1`.
        settings: limits.
        client: an httpx client; one of its own by default.
    """

    def __init__(
        self, url: str, settings: UpstreamSettings | None = None, client: httpx.AsyncClient | None = None
    ) -> None:
        (httpx,) = require("privacy", "httpx")
        self.url, self.settings = url.rstrip("/"), settings or UpstreamSettings()
        timeout = httpx.Timeout(
            self.settings.read_timeout_s, connect=self.settings.connect_timeout_s, pool=self.settings.read_timeout_s
        )
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
        self.client: httpx.AsyncClient = client or httpx.AsyncClient(timeout=timeout, limits=limits)

    async def close(self) -> None:
        """Close all connections."""
        await self.client.aclose()

    async def get(self, path: str, headers: Mapping[str, str]) -> Any:
        """Return the JSON of a simple question, such as the list of models.

        Raises:
            UpstreamError: there is none.
        """
        async with self._open("GET", path, None, headers) as response:
            return _decoded(await self._body(response))

    async def complete(self, payload: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
        """Return the whole answer to a request.

        Raises:
            UpstreamError: there is none that can be used.
        """
        async with self._open("POST", "/chat/completions", payload, headers) as response:
            told = _decoded(await self._body(response))
        if not isinstance(told, dict):
            raise malformed("JSON that is no object")
        return told

    @asynccontextmanager
    async def stream(
        self, payload: Mapping[str, Any], headers: Mapping[str, str]
    ) -> AsyncGenerator[AsyncIterator[dict[str, Any]]]:
        """Give the pieces of an answer as they come; the connection is open once this is entered.

        Raises:
            UpstreamError: there is no answer, or it ends before its end.
        """
        async with self._open("POST", "/chat/completions", payload, headers) as response:
            if "text/event-stream" not in response.headers.get("content-type", ""):
                raise malformed("something else than the stream it was asked for")
            yield self._pieces(response)

    @asynccontextmanager
    async def _open(
        self, method: str, path: str, payload: Any, headers: Mapping[str, str]
    ) -> AsyncGenerator[httpx.Response]:
        import httpx

        passed = {name: headers[name] for name in FORWARDED if name in headers}
        try:
            async with self.client.stream(method, f"{self.url}{path}", json=payload, headers=passed) as response:
                if response.status_code != 200:
                    raise await self._told_off(response)
                yield response
        except httpx.TimeoutException:
            raise UpstreamError(504, error_body("the model's server took too long", "upstream_timeout")) from None
        except httpx.ConnectError:
            raise UpstreamError(
                502, error_body("the model's server cannot be reached", "upstream_unreachable")
            ) from None
        except (httpx.HTTPError, httpx.StreamError):
            raise UpstreamError(502, error_body("the model's server broke off its answer", "upstream_cut")) from None

    async def _told_off(self, response: httpx.Response) -> UpstreamError:
        """Return the server's own error, as it stands where it is JSON."""
        kept = {name: response.headers[name] for name in RETURNED if name in response.headers}
        status = response.status_code if response.status_code >= 400 else 502
        try:
            body = _decoded(await self._body(response))
        except UpstreamError:
            body = None
        if not isinstance(body, dict) or "error" not in body:
            body = error_body(f"the model's server answered with status {response.status_code}", "upstream_error")
        return UpstreamError(status, body, kept)

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > self.settings.most_bytes:
                raise malformed("more than can be checked")
        return bytes(body)

    async def _pieces(self, response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
        """Yield the JSON of every event up to the end mark; lines end at line feeds alone, as JSON may hold others."""
        waiting = bytearray()
        data: list[bytes] = []
        async for part in response.aiter_bytes():
            waiting += part
            *lines, rest = waiting.split(b"\n")
            waiting = bytearray(rest)
            if len(waiting) > self.settings.most_bytes:
                raise malformed("a line longer than can be checked")
            for line in lines:
                line = line.rstrip(b"\r")
                if line.startswith(b"data:"):
                    data.append(bytes(line[5:].removeprefix(b" ")))
                elif not line and data:
                    event, data = b"\n".join(data), []
                    if event.strip() == b"[DONE]":
                        return
                    yield _piece(event)
        raise UpstreamError(502, error_body("the model's server broke off its answer", "upstream_cut"))


def _piece(event: bytes) -> dict[str, Any]:
    told = _decoded(event)
    if not isinstance(told, dict):
        raise malformed("a piece that is no object")
    if told.get("error"):
        body = (
            {"error": told["error"]}
            if isinstance(told["error"], dict)
            else error_body(str(told["error"]), "upstream_error")
        )
        raise UpstreamError(502, body)
    return told


def _decoded(body: bytes) -> Any:
    try:
        told = json.loads(body)
        json.dumps(told, allow_nan=False, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise malformed("no JSON") from None
    return told
