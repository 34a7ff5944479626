"""Which tools bring content in, which carry it out, and where recipients, body and attachments stand in a call.

Declared in YAML or JSON. What nobody declared is guessed from the tool's JSON schema; a guess says why it was made,
can be shown and edited, and a tool that nothing is known of is taken to do both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ValidationError

from humankind.spine.config import Section
from humankind.spine.errors import DataError
from humankind.spine.extras import require

Flow = Literal["inbound", "outbound", "both", "internal"]

EVERYONE = "everyone"
"""The recipient of a public post. A norm whose recipient has it among its addresses is about public posts."""


class ToolRule(Section):
    """What one tool does with information."""

    name: str
    """Of the tool; `*` and `?` stand for any characters, as in `mail_*`."""

    flow: Flow = "both"
    """`inbound`: its result holds outside content. `outbound`: its arguments reach somebody. `internal`: neither."""

    recipients: tuple[str, ...] = ()
    """Arguments that name who gets it, dots for nesting: `to`, `cc`, `bcc`, `message.to`."""

    audience: tuple[str, ...] = ()
    """Recipients that every call has, whatever its arguments: `everyone` for a public post."""

    body: tuple[str, ...] = ()
    """Arguments that hold the message. All other arguments are read too, after them."""

    attachments: tuple[str, ...] = ()
    """Arguments that hold or name files."""

    sender: str = ""
    """In the result: the field of an entry that says who wrote it."""

    text: str = ""
    """In the result: the field of an entry that holds what was written."""

    authenticates: bool = False
    """Whether the application vouches for `sender`. Only then can a message of the subject give consent; a mail
    header anybody may write is no such thing."""

    guessed: str = ""
    """Why the rule was guessed so; empty for a declared one."""

    @property
    def is_inbound(self) -> bool:
        """Whether a result brings outside content in."""
        return self.flow in ("inbound", "both")

    @property
    def is_outbound(self) -> bool:
        """Whether a call carries its arguments out."""
        return self.flow in ("outbound", "both")


UNDECLARED = ToolRule(name="*", flow="both", guessed="nothing is known of it: taken to bring in and carry out")


class ToolMap(Section):
    """The rules of an agent's tools; the first rule whose name fits a tool holds.

    >>> tools = ToolMap(tools=(ToolRule(name="send_*", flow="outbound", recipients=("to", "cc")),))
    >>> tools.rule("send_mail").recipients
    ('to', 'cc')
    >>> tools.rule("get_messages").flow
    'inbound'
    """

    tools: tuple[ToolRule, ...] = ()
    """Declared rules."""

    unknown: Literal["guess", "both"] = "guess"
    """What to do with other tools: guess from name and schema, or take them to bring in and carry out."""

    def rule(self, name: str, schema: Mapping[str, Any] | None = None) -> ToolRule:
        """Return the rule of a tool.

        Args:
            name: as the agent calls it.
            schema: JSON schema of its arguments, where known.
        """
        for rule in self.tools:
            if rule.name == name or fnmatchcase(name, rule.name):
                return rule
        if self.unknown == "both":
            return UNDECLARED.model_copy(update={"name": name})
        return _guessed(name, json.dumps(schema, sort_keys=True, default=str) if schema else "")

    def of_definitions(self, definitions: Sequence[Mapping[str, Any]]) -> Self:
        """Return a map with a rule for every tool of a list, guessed where none is declared: to be shown and edited.

        Args:
            definitions: tools as OpenAI or MCP define them.
        """
        rules = [self.rule(*parts) for parts in map(definition_parts, definitions)]
        named = [rule for rule in self.tools if rule not in rules]
        return self.model_copy(update={"tools": (*rules, *named)})

    def table(self) -> str:
        """Return the rules as lines of text, one a tool, for people."""
        return "\n".join(_line(rule) for rule in self.tools) or "no tool is declared"

    def as_yaml(self) -> str:
        """Return the map as YAML that `read_tools` reads back."""
        (yaml,) = require("privacy", "yaml")
        shown = json.loads(self.model_dump_json(exclude_defaults=True))
        return yaml.safe_dump(shown or {"tools": []}, sort_keys=False, allow_unicode=True)


def definition_parts(definition: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return name and argument schema of a tool as OpenAI, Anthropic or MCP define it.

    >>> definition_parts({"type": "function", "function": {"name": "send", "parameters": {"type": "object"}}})
    ('send', {'type': 'object'})
    """
    inner = definition.get("function") or definition.get("custom") or definition
    inner = inner if isinstance(inner, Mapping) else {}
    schema = inner.get("parameters") or inner.get("inputSchema") or inner.get("input_schema") or {}
    return str(inner.get("name") or ""), schema if isinstance(schema, Mapping) else {}


def read_tools(path: Path) -> ToolMap:
    """Return the tool map of a JSON or YAML file: `tools: [...]`, or the bare list.

    Raises:
        DataError: the file cannot be read, or a rule in it is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
        told = json.loads(text) if path.suffix == ".json" else _from_yaml(text)
    except (OSError, ValueError) as error:
        raise DataError(
            "the tools cannot be read",
            found=f"{type(error).__name__}: {error}",
            where=path,
            expected="a JSON or YAML file with a list `tools`",
        ) from None
    try:
        return ToolMap.model_validate({"tools": told} if isinstance(told, list) else told)
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(
            "a tool is declared wrongly",
            found=".".join(str(part) for part in first["loc"]) or type(told).__name__,
            where=path,
            expected=first["msg"],
        ) from None


def _from_yaml(text: str) -> Any:
    (yaml,) = require("privacy", "yaml")
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


@lru_cache(maxsize=1024)
def _guessed(name: str, schema: str) -> ToolRule:
    from humankind.systems.privacy.guessing import guess_rule

    return guess_rule(name, json.loads(schema) if schema else {})


def _line(rule: ToolRule) -> str:
    parts = [f"{rule.name}: {rule.flow}"]
    for label, fields in (
        ("to", (*rule.recipients, *rule.audience)),
        ("body", rule.body),
        ("attachments", rule.attachments),
    ):
        if fields:
            parts.append(f"{label} {', '.join(fields)}")
    if rule.sender:
        parts.append(f"from {rule.sender}{' (authenticated)' if rule.authenticates else ''}")
    if rule.guessed:
        parts.append(f"guessed: {rule.guessed}")
    return "; ".join(parts)
