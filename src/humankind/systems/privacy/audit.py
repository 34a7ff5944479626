"""The audit log: every instruction and every verdict as a line of JSON without any value, and its replay.

A log is itself a way to leak, so no argument, text or address stands in it: tools by their declared names, recipients
by which norm they belong to or by a keyed digest, facts by position and kind. The figures that a verdict was based on
are there, so that it can be decided again from the log, with the same thresholds or with others.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from pydantic import ValidationError

from humankind.spine.config import Section
from humankind.spine.errors import DataError, RunError
from humankind.systems.privacy.defense import Action, ToolCall, Verdict
from humankind.systems.privacy.guidance import Guidance
from humankind.systems.privacy.mapping import EVERYONE
from humankind.systems.privacy.norms import Norm
from humankind.systems.privacy.parties import is_anyone, is_party, owns
from humankind.systems.privacy.weighing import Thresholds, Weight


class Weighed(Weight):
    """A figure of a verdict, and whom it is about."""

    recipient: int
    """Position in the record's recipients."""


class Record(Section):
    """One line of the log."""

    time: str
    """When, in UTC."""

    conversation: str
    """Which conversation, as far as the client lets it be told."""

    event: Literal["guidance", "verdict", "failure"]
    """What happened."""

    tool: str = ""
    """Declared name of the tool."""

    recipients: tuple[str, ...] = ()
    """Who they are to the norms; others by a digest that only holds in this log."""

    action: Action | Literal[""] = ""
    """Of a verdict."""

    final: bool = False
    """Whether attempts were used up."""

    blocks: int = 0
    """Blocks in a row before this verdict."""

    kinds: tuple[str, ...] = ()
    """Kinds of facts: withheld ones of guidance, exposed ones of a verdict."""

    weights: tuple[Weighed, ...] = ()
    """What a verdict was based on."""

    unread: int = 0
    """Parts of the call that could not be read."""

    error: str = ""
    """Kind of a failure; its message may hold values and is left out."""

    latency_ms: float = 0.0
    """How long the defence took."""


class AuditLog:
    """Writes records. Safe to share between threads.

    Args:
        path: of the JSONL file; lines are added. None keeps the records in memory alone.
        norms: say who recipients are.
    """

    def __init__(self, path: Path | None = None, norms: Iterable[Norm] = ()) -> None:
        self.path, self.norms = path, tuple(norms)
        self.records: list[Record] = []
        """Filled only where there is no file."""
        self._key, self._lock = secrets.token_bytes(32), Lock()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)

    def note_guidance(self, conversation: str, guidance: Guidance, kinds: Sequence[str], latency_ms: float) -> None:
        """Note that the agent was instructed."""
        self._write(event="guidance", conversation=conversation, kinds=tuple(kinds), latency_ms=latency_ms)

    def note_verdict(
        self, conversation: str, call: ToolCall, recipients: Sequence[str], verdict: Verdict, latency_ms: float
    ) -> None:
        """Note what was decided about a call."""
        self._write(
            event="verdict",
            conversation=conversation,
            tool=self._tool(call),
            recipients=tuple(self.who(address) for address in recipients),
            action=verdict.action,
            final=verdict.final,
            blocks=verdict.evidence.get("blocks", 0),
            kinds=tuple(dict.fromkeys(exposure.label for exposure in verdict.items)),
            weights=tuple(verdict.evidence.get("weights", ())),
            unread=len(verdict.evidence.get("unread", ())),
            latency_ms=latency_ms,
        )

    def note_failure(
        self, conversation: str, error: BaseException, action: Action | Literal[""], tool: str = ""
    ) -> None:
        """Note that the defence itself failed, and what was done then."""
        self._write(event="failure", conversation=conversation, error=type(error).__name__, action=action, tool=tool)

    def who(self, address: str) -> str:
        """Return who an address is, without the address."""
        if address in ("", EVERYONE):
            return address or "nobody named"
        for number, norm in enumerate(self.norms):
            if owns(norm.subject, address):
                return f"subject of norm {number}"
            if not is_anyone(norm.recipient) and is_party(norm.recipient, address):
                return f"recipient of norm {number}"
        return f"somebody else, {hmac.new(self._key, address.encode(), sha256).hexdigest()[:12]}"

    def _tool(self, call: ToolCall) -> str:
        """Return the tool's name, unless a model made it up: it could hold anything."""
        return call.rule.name if not call.rule.guessed or call.rule.name != call.name else _kept(call.name)

    def _write(self, **fields: Any) -> None:
        fields["latency_ms"] = round(fields.get("latency_ms", 0.0), 3)
        record = Record.model_validate({"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **fields})
        line = record.model_dump_json(exclude_defaults=True) + "\n"
        with self._lock:
            if self.path is None:
                self.records.append(record)
            else:
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(line)


class Replayed(Section):
    """A verdict of a log, decided again."""

    line: int
    """Of the log, from 1."""

    tool: str
    """Which tool was called."""

    logged: Action
    """What was decided then."""

    now: Action
    """What the figures and thresholds say now."""

    kinds: tuple[str, ...] = ()
    """Kinds of facts that were exposed then."""

    @property
    def same(self) -> bool:
        """Whether both agree; to ask and to block both keep a call from being made."""
        return (self.logged == "allow") == (self.now == "allow")


def read_log(path: Path) -> Iterator[tuple[int, Record]]:
    """Yield line number and record of every line of a log; a last line that was cut off is left out.

    Raises:
        RunError: there is no log.
        DataError: a line is none of a log.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise RunError("the log cannot be read", found=type(error).__name__, where=path) from None
    for number, line in enumerate(lines[:-1], 1):
        try:
            yield number, Record.model_validate(json.loads(line))
        except (ValueError, ValidationError):
            raise DataError(
                "a line is no record of an audit log",
                found=line[:60],
                where=f"{path} line {number}",
                expected="a record",
            ) from None


def replay(path: Path, thresholds: Thresholds | None = None) -> list[Replayed]:
    """Return every verdict of a log, decided again from its figures.

    Args:
        path: of the log.
        thresholds: other ones than the default, to see what they would have changed.

    Raises:
        RunError: there is no log.
        DataError: a line is none of a log.
    """
    read = (thresholds or Thresholds()).read
    found = []
    for number, record in read_log(path):
        if record.event != "verdict" or not record.action:
            continue
        stops = bool(record.unread) or any(read(weight) != "no" for weight in record.weights)
        logged_without_figures = not record.weights and not record.unread
        now: Action = record.action if logged_without_figures else "block" if stops else "allow"
        found.append(Replayed(line=number, tool=record.tool, logged=record.action, now=now, kinds=record.kinds))
    return found


def _kept(name: str) -> str:
    """Return a tool's name where it looks like one, without digits that could be somebody's number."""
    return name if name.isidentifier() and sum(char.isdigit() for char in name) < 4 and len(name) <= 64 else "(other)"
