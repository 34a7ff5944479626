"""Streams through the proxy: text at once, tool calls held back until they are whole and screened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from humankind.systems.privacy.turns import calls_of
from humankind.systems.privacy.upstream import malformed


class Gathered:
    """The pieces of one streamed answer.

    `take` returns what may go on to the client at once: everything but calls, the end and the count of tokens.
    """

    def __init__(self) -> None:
        self.finish: str | None = None
        """Why the answer ended; None as long as it did not."""
        self.usage: Any = None
        self._counts_apart = True
        self._text: list[str] = []
        self._calls: dict[int, dict[str, Any]] = {}
        self._last: dict[str, Any] = {}

    def take(self, piece: dict[str, Any]) -> dict[str, Any] | None:
        """Return what of a piece may go on now, or None.

        Raises:
            UpstreamError: the piece is malformed.
        """
        choices = piece.get("choices")
        if piece.get("usage"):
            self.usage, self._counts_apart = piece["usage"], not choices
        if not choices:
            return None if piece.get("usage") or choices is None else {**piece}
        choice = choices[0] if isinstance(choices, list) and len(choices) == 1 else None
        if (
            not isinstance(choice, dict)
            or choice.get("index", 0) != 0
            or not isinstance(choice.get("delta") or {}, dict)
        ):
            raise malformed("a piece in another form")
        delta = dict(choice.get("delta") or {})
        if delta.get("function_call"):
            raise malformed("a call in the old form")
        self._gather(delta.pop("tool_calls", None))
        if choice.get("finish_reason") is not None:
            self.finish = str(choice["finish_reason"])
        if isinstance(delta.get("content"), str):
            self._text.append(delta["content"])
        self._last = {key: value for key, value in piece.items() if key not in ("choices", "usage")}
        if not any(value not in (None, "", []) for value in delta.values()):
            return None
        return {**self._last, "choices": [{**choice, "delta": delta, "finish_reason": None}]}

    @property
    def message(self) -> dict[str, Any]:
        """The whole answer as the assistant's message.

        Raises:
            UpstreamError: its calls are malformed.
        """
        calls = calls_of({"tool_calls": [self._calls[index] for index in sorted(self._calls)]})
        return {"role": "assistant", "content": "".join(self._text) or None} | ({"tool_calls": calls} if calls else {})

    def ending(self, calls: list[dict[str, Any]], finish: str) -> list[dict[str, Any]]:
        """Return the pieces that end an answer: its screened calls, each whole, and why it ended."""
        deltas = [{"tool_calls": [{"index": number, **call}]} for number, call in enumerate(calls)]
        pieces = [self._piece(delta, None) for delta in deltas]
        return [*pieces, self._piece({}, finish)]

    def text(self, text: str) -> dict[str, Any]:
        """Return a piece of text in the form of this answer."""
        return self._piece({"content": text}, None)

    def counted(self, ending: list[dict[str, Any]], usage: Any) -> list[dict[str, Any]]:
        """Return the last pieces with the count of tokens where the server put it: in the last one or after it."""
        if usage is None:
            return ending
        if self._counts_apart:
            return [*ending, {**self._last, "choices": [], "usage": usage}]
        return [*ending[:-1], {**ending[-1], "usage": usage}]

    def _piece(self, delta: dict[str, Any], finish: str | None) -> dict[str, Any]:
        return {**self._last, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    def _gather(self, pieces: Any) -> None:
        if pieces is None:
            return
        if not isinstance(pieces, list):
            raise malformed("calls that are no list")
        for piece in pieces:
            if not isinstance(piece, dict):
                raise malformed("a call that is no object")
            index = piece.get("index", len(self._calls) if piece.get("id") else max(0, len(self._calls) - 1))
            if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < 1000:
                raise malformed("a call whose place is no number")
            _add(self._calls.setdefault(index, {}), piece)


def event(piece: Mapping[str, Any]) -> bytes:
    """Return a piece as one event of a stream."""
    return b"data: " + json.dumps(piece, ensure_ascii=False).encode("utf-8") + b"\n\n"


DONE = b"data: [DONE]\n\n"


def added(first: Any, second: Any) -> Any:
    """Return two counts of tokens together: what an answer cost with its blocked attempts.

    >>> added({"total_tokens": 3, "details": {"cached": 1}}, {"total_tokens": 4})
    {'total_tokens': 7, 'details': {'cached': 1}}
    """
    if not isinstance(first, Mapping) or not isinstance(second, Mapping):
        return second if first is None else first
    total = dict(first)
    for key, value in second.items():
        known = total.get(key)
        if isinstance(value, Mapping):
            total[key] = added(known, value)
        elif isinstance(value, int | float) and isinstance(known, int | float):
            total[key] = known + value
        else:
            total.setdefault(key, value)
    return total


def _add(call: dict[str, Any], piece: Mapping[str, Any]) -> None:
    """Add a piece to a call: names and ids come once, arguments piece by piece."""
    for key in ("id", "type"):
        if piece.get(key):
            if call.get(key) not in (None, piece[key]):
                raise malformed("two calls in one place")
            call[key] = piece[key]
    for kind, field in (("function", "arguments"), ("custom", "input")):
        inner = piece.get(kind)
        if inner is None:
            continue
        if not isinstance(inner, dict):
            raise malformed("a call without a name")
        known = call.setdefault(kind, {"name": "", field: ""})
        for name in ("name", field):
            value = inner.get(name)
            if value is not None and not isinstance(value, str):
                raise malformed("a call whose parts are no text")
            if name == "name" and value and known["name"] == value:
                continue  # some servers send the name with every piece
            known[name] += value or ""
