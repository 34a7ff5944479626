"""`humankind privacy serve` as a process of its own, in front of a scripted model, with the real `openai` client."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai
import pytest
from typer.testing import CliRunner

from humankind.spine.errors import ConfigError, DataError
from humankind.systems.privacy.commands import app
from humankind.systems.privacy.protection import HEADING
from humankind.testing.chat_server import chat_server, tool_call

pytestmark = pytest.mark.enable_socket


@contextmanager
def served(folder: Path, upstream: str, hotel: Any, *words: str) -> Generator[str]:
    """Run the command and return its address; ended as a person ends it."""
    norms, tools = folder / "norms.json", folder / "tools.yaml"
    norms.write_text(hotel.norm.model_dump_json())
    tools.write_text(hotel.tools.as_yaml())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = "import sys; from humankind.systems.privacy.commands import app; app(sys.argv[1:])"
    given = ["serve", "--upstream", upstream, "--norms", str(norms), "--tools", str(tools), "--port", str(port), *words]
    process = subprocess.Popen([sys.executable, "-c", program, *given], stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)
        if process.stderr:
            process.stderr.close()


def test_the_command_guides_and_guards(tmp_path: Path, hotel: Any) -> None:
    def script(request: dict[str, Any]) -> Any:
        last = request["messages"][-1]
        if last["role"] == "user" and last["content"].startswith(HEADING):
            return [tool_call("send_message", {"recipient_id": "bob_stone", "message": hotel.secret})]
        return "Done."

    audit = tmp_path / "audit.jsonl"
    call = {"id": "c1", "type": "function", "function": {"name": "get_messages", "arguments": "{}"}}
    messages: list[Any] = [
        {"role": "user", "content": "See what is new and answer."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": hotel.run("get_messages", {})},
    ]
    with chat_server(script) as model, served(tmp_path, model.url, hotel, "--audit", str(audit)) as url:
        client = openai.OpenAI(base_url=url, api_key="k", max_retries=0)
        answer = client.chat.completions.create(model="m", messages=messages, tools=hotel.definitions)
    assert not answer.choices[0].message.tool_calls, "the secret was on its way out"
    first = model.requests[0]["messages"]
    told = [message for message in first if str(message["content"]).startswith(HEADING)]
    assert [message["role"] for message in told] == ["user"]
    assert first.index(told[0]) == 3
    records = [json.loads(line) for line in audit.read_text().splitlines()]
    assert {record["event"] for record in records} == {"guidance", "verdict"}
    assert hotel.secret not in audit.read_text()


def test_without_a_defence_nothing_is_held_back(tmp_path: Path, hotel: Any) -> None:
    def script(request: dict[str, Any]) -> Any:
        return [tool_call("send_message", {"recipient_id": "bob_stone", "message": hotel.secret})]

    with chat_server(script) as model, served(tmp_path, model.url, hotel, "--defense", "none") as url:
        client = openai.OpenAI(base_url=url, api_key="k", max_retries=0)
        asked: list[Any] = [{"role": "user", "content": "See what is new."}]
        answer = client.chat.completions.create(model="m", messages=asked, tools=hotel.definitions)
    calls = answer.choices[0].message.tool_calls
    assert calls
    assert hotel.secret in calls[0].model_dump_json()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--upstream", "localhost:8000"), ConfigError),
        (("--upstream", "http://localhost/v1", "--defense", "prayer"), ConfigError),
        (("--upstream", "http://localhost/v1", "--fail-mode", "maybe"), ConfigError),
        (("--upstream", "http://localhost/v1", "--tools", "absent.yaml"), DataError),
    ],
)
def test_wrong_options_are_refused_before_anything_listens(
    tmp_path: Path, hotel: Any, words: tuple[str, ...], error: type[Exception]
) -> None:
    norms = tmp_path / "norms.json"
    norms.write_text(hotel.norm.model_dump_json())
    result = CliRunner().invoke(app, ["serve", "--norms", str(norms), *words])
    assert isinstance(result.exception, error), (result.output, result.exception)
