"""Any OpenAI-compatible server, through Inspect: a real one on loopback, streaming, busy, slow and broken."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from inspect_ai.model import GenerateConfig, Model, get_model

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


class Handler(BaseHTTPRequestHandler):
    """Answers chat completions; the last message says how to behave."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        server: Any = self.server
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.requests.append(request)
        said = request["messages"][-1]["content"]
        tries = sum(r["messages"][-1]["content"] == said for r in server.requests)
        if "busy" in said and tries == 1:
            return self._send(429, {"error": {"message": "too many", "type": "rate_limit"}}, {"Retry-After": "0"})
        if "slow" in said and tries == 1:
            time.sleep(3)
        if "wrong" in said:
            return self._send(400, {"error": {"message": "no such parameter", "type": "invalid_request_error"}}, {})
        if request.get("stream"):
            return self._stream(said)
        message = {"role": "assistant", "content": f"heard: {said}"}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        self._send(200, _body("chat.completion", choice) | {"usage": _USED}, {})

    def _send(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, said: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for piece in ("heard", ": ", said):
            delta = {"index": 0, "delta": {"role": "assistant", "content": piece}, "finish_reason": None}
            self.wfile.write(f"data: {json.dumps(_body('chat.completion.chunk', delta))}\n\n".encode())
        end = _body("chat.completion.chunk", {"index": 0, "delta": {}, "finish_reason": "stop"})
        self.wfile.write(f"data: {json.dumps(end)}\n\ndata: [DONE]\n\n".encode())
        self.close_connection = True


_USED = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def _body(kind: str, choice: dict[str, Any]) -> dict[str, Any]:
    return {"id": "1", "object": kind, "created": 0, "model": "parrot", "choices": [choice]}


@pytest.fixture
def server() -> Iterator[Any]:
    made: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.requests = []
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


def remote(server: Any, **arguments: Any) -> Model:
    url = f"http://127.0.0.1:{server.server_port}/v1"
    return get_model("openai-api/parrot/parrot", base_url=url, api_key="none", memoize=False, **arguments)


def ask(model: Model, text: str, **settings: Any) -> Any:
    async def once() -> Any:
        async with model:
            return await model.generate(text, config=GenerateConfig(**settings))

    return asyncio.run(once())


def test_an_answer_with_its_usage(server: Any) -> None:
    found = ask(remote(server), "hello", max_tokens=7, seed=3, temperature=0.5)
    assert found.completion == "heard: hello"
    assert found.usage.total_tokens == 5
    sent = server.requests[-1]
    assert (sent["seed"], sent["temperature"]) == (3, 0.5)
    assert 7 in (sent.get("max_tokens"), sent.get("max_completion_tokens"))


def test_streaming(server: Any) -> None:
    found = ask(remote(server, stream=True), "hello")
    assert server.requests[-1]["stream"] is True
    assert found.completion == "heard: hello"


def test_a_busy_server_is_asked_again(server: Any) -> None:
    assert ask(remote(server), "busy").completion == "heard: busy"
    assert len(server.requests) == 2


def test_a_slow_server_is_asked_again(server: Any) -> None:
    found = ask(remote(server), "slow", timeout=30, attempt_timeout=1)
    assert found.completion == "heard: slow"
    assert len(server.requests) >= 2


def test_a_wrong_request_is_not_repeated(server: Any) -> None:
    with pytest.raises(Exception, match="no such parameter"):
        ask(remote(server), "wrong")
    assert len(server.requests) == 1
