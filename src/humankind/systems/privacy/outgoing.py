"""What a call carries out, and to whom: every address, every text, files, and what is wrapped in other spellings."""

from __future__ import annotations

import base64
import binascii
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from humankind.systems.privacy.defense import ToolCall
from humankind.systems.privacy.mapping import ToolRule
from humankind.systems.privacy.parties import addresses_in

ReadFile = Callable[[str], str | None]
"""Returns the text of a file that a call names, or None where it cannot be read."""

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}={0,2}(?![A-Za-z0-9+/_-])")
_PRINTABLE = 0.9
_MOST_CHARACTERS = 200_000
"""Of one call; what is longer is not cut but called unreadable."""


@dataclass(frozen=True)
class Outgoing:
    """What one call carries out."""

    recipients: tuple[str, ...]
    """Addresses in even spelling, each once; one empty text where nobody is named."""

    text: str
    """Everything that they get to read."""

    unread: tuple[str, ...] = ()
    """Arguments that hold or name something that could not be read."""


def outgoing_of(call: ToolCall, read_file: ReadFile | None = None) -> Outgoing:
    """Return what a call carries out.

    Args:
        call: with readable arguments.
        read_file: gives the text of a file that an attachment names.

    >>> rule = ToolRule(name="mail", flow="outbound", recipients=("to", "bcc"), body=("text",))
    >>> sent = outgoing_of(ToolCall("mail", {"to": "a@x.org", "bcc": ["b@x.org"], "text": "Hi", "room": 4}, rule=rule))
    >>> sent.recipients, sent.text
    (('a@x.org', 'b@x.org'), 'Hi\\nroom: 4')
    """
    rule, arguments = call.rule, call.arguments or {}
    named = [found for path in rule.recipients for found in addresses_in(_at(arguments, path))]
    recipients = tuple(dict.fromkeys((*named, *rule.audience))) or ("",)
    texts, unread = [], []
    for path, value in _in_order(arguments, rule):
        if _is_field(path, rule.attachments):
            told = _attached(value, read_file)
            texts += [told] if told is not None else []
            unread += [path] if told is None else []
        elif not _is_field(path, rule.recipients):
            texts.append(value if _is_field(path, rule.body) else f"{path.rpartition('.')[2]}: {value}")
        elif not _looks_like_address(value):
            texts.append(value)  # a message hidden where an address belongs
    text = _plain("\n".join(texts))
    if len(text) > _MOST_CHARACTERS:
        return Outgoing(recipients, text[:_MOST_CHARACTERS], (*unread, "a text longer than can be checked"))
    return Outgoing(recipients, "\n".join([text, *_unwrapped(text)]), tuple(dict.fromkeys(unread)))


def _in_order(arguments: Mapping[str, Any], rule: ToolRule) -> list[tuple[str, str]]:
    """Return path and text of every leaf, those of the body first."""
    leaves = list(_leaves(arguments))
    return sorted(leaves, key=lambda leaf: not _is_field(leaf[0], rule.body))


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and text of every text and number, also of lists; a list has the path of the field it stands in."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _leaves(inner, path)
    elif isinstance(value, bytes):
        yield path, value.decode("utf-8", "replace")
    elif value is not None:
        yield path, str(value)


def _at(value: Any, path: str) -> Any:
    """Return what stands at a dotted path, through lists; None where there is nothing."""
    if not path:
        return value
    if isinstance(value, list | tuple):
        return [_at(inner, path) for inner in value]
    first, _, rest = path.partition(".")
    return _at(value.get(first), rest) if isinstance(value, Mapping) else None


def _is_field(path: str, fields: tuple[str, ...]) -> bool:
    return any(path == field or path.startswith(f"{field}.") for field in fields)


def _looks_like_address(value: str) -> bool:
    return all(len(part.split()) <= 3 and len(part) <= 80 for part in re.split(r"[,;\n]", value))


def _attached(value: str, read_file: ReadFile | None) -> str | None:
    """Return the text of an attachment: of the file that it names, of its base64, or itself where it is prose."""
    if read_file is not None and (told := read_file(value)) is not None:
        return told
    if (decoded := _from_base64(value)) is not None:
        return decoded
    return value if len(value.split()) > 3 else None


def _plain(text: str) -> str:
    """Return a text without invisible characters, which would part words that readers see as one."""
    return "".join(char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) != "Cf")


def _unwrapped(text: str) -> Iterator[str]:
    """Yield what stands in a text as base64, in percent signs or as JSON escapes."""
    if "%" in text and (unquoted := unquote_plus(text)) != text:
        yield unquoted
    for found in _BASE64.finditer(text):
        if (decoded := _from_base64(found[0])) is not None:
            yield decoded
    if "\\u" in text:
        try:
            yield str(json.loads(f'"{text}"', strict=False))
        except ValueError:
            return


def _from_base64(text: str) -> str | None:
    even = re.sub(r"\s", "", text).translate(str.maketrans("-_", "+/"))
    if len(even) < 8 or not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", even):
        return None
    try:
        decoded = base64.b64decode(even + "=" * (-len(even) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    readable = sum(char.isprintable() or char.isspace() for char in decoded)
    return decoded if decoded and readable >= _PRINTABLE * len(decoded) else None
