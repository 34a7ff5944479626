"""Requests to chat completions, read strictly: what is not understood is refused, never passed on unscreened."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, ValidationError


class Refused(Exception):
    """A request that is not passed on.

    Args:
        problem: what is wrong with it.
        status: HTTP status from 400 to 499.
        param: which field is meant.
    """

    def __init__(self, problem: str, status: int = 400, param: str | None = None) -> None:
        super().__init__(problem)
        self.problem, self.status, self.param = problem, status, param


class _Open(BaseModel):
    """Fields that matter here are checked; the others belong to the model's server."""

    model_config = ConfigDict(extra="allow")


class _Function(_Open):
    name: StrictStr = Field(min_length=1)
    arguments: StrictStr


class _Custom(_Open):
    name: StrictStr = Field(min_length=1)
    input: StrictStr


class _Call(_Open):
    id: StrictStr = Field(min_length=1)
    type: Literal["function", "custom"] = "function"
    function: _Function | None = None
    custom: _Custom | None = None


class _Part(_Open):
    type: StrictStr


class _Message(_Open):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: StrictStr | list[_Part] | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: StrictStr | None = None
    function_call: None = None


class _Definition(_Open):
    name: StrictStr = Field(min_length=1)
    parameters: dict[str, Any] | None = None


class _Tool(_Open):
    type: Literal["function", "custom"]
    function: _Definition | None = None
    custom: _Definition | None = None


class _Request(_Open):
    model: StrictStr = Field(min_length=1)
    messages: list[_Message] = Field(min_length=1)
    tools: list[_Tool] | None = None
    stream: StrictBool | None = None
    n: Literal[1] | None = None
    functions: None = None
    function_call: None = None
    web_search_options: None = None


WHY_NOT = {
    "functions": "the old `functions` are not supported; use `tools`",
    "function_call": "the old `function_call` is not supported; use `tools`",
    "web_search_options": "a search that the model's server makes by itself cannot be screened",
    "n": "more than one answer to a request is not supported",
}


def read_chat(body: bytes) -> dict[str, Any]:
    """Return a request that can be screened and passed on.

    Args:
        body: as it came.

    Raises:
        Refused: it is no JSON, misses something, or asks for what cannot be screened.

    >>> read_chat(b'{"model": "m", "messages": [{"role": "user", "content": "hi"}]}')["model"]
    'm'
    """
    try:
        told = json.loads(body.decode("utf-8"), parse_constant=_no_number)
        json.dumps(told, allow_nan=False, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Refused(f"the request is no JSON that can be passed on ({type(error).__name__})") from None
    if not isinstance(told, dict):
        raise Refused("the request is no JSON object")
    try:
        _Request.model_validate(told)
    except (ValidationError, RecursionError) as error:
        raise _refusal(error) from None
    _check_pairs(told["messages"])
    _check_tools(told.get("tools") or [])
    return told


def _refusal(error: ValidationError | RecursionError) -> Refused:
    if isinstance(error, RecursionError):
        return Refused("the request is nested too deeply")
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    path = ".".join(str(part) for part in first["loc"])
    return Refused(WHY_NOT.get(path, f"{path}: {first['msg']}"), param=path)


def _check_pairs(messages: list[dict[str, Any]]) -> None:
    for number, message in enumerate(messages):
        if message["role"] == "tool" and not message.get("tool_call_id"):
            raise Refused("a tool's result names no call", param=f"messages.{number}.tool_call_id")
        for call in message.get("tool_calls") or ():
            if not isinstance(call.get(call.get("type", "function")), dict):
                raise Refused("a call has no content of its type", param=f"messages.{number}.tool_calls")


def _check_tools(tools: list[dict[str, Any]]) -> None:
    for number, tool in enumerate(tools):
        if not isinstance(tool.get(tool["type"]), dict):
            raise Refused("a tool has no definition of its type", param=f"tools.{number}")


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
