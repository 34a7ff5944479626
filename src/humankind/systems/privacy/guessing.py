"""What a tool does with information, guessed from its name and the JSON schema of its arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from humankind.systems.privacy.mapping import EVERYONE, Flow, ToolRule

_INTERNAL = "think plan reflect end complete finish done wait sleep calculate calculator handoff stop"
_INBOUND = (
    "get read search list fetch find check open download browse query view load receive retrieve lookup show scrape "
    "inspect crawl see"
)
_OUTBOUND = (
    "send post publish share reply respond forward invite tweet submit upload email mail message notify comment "
    "transfer create add write schedule book update append insert reserve pay order call text announce dm tell"
)
_RECIPIENTS = (
    "to cc bcc recipient recipients receiver receivers addressee addressees participant participants "
    "attendee attendees invitee invitees member members channel channels room chat group contact contacts audience "
    "user users username "
    "phone destination"
)
_ATTACHMENTS = "attachment attachments file files document documents media image images photo photos"
_BODIES = "body message text content subject title description comment note caption post summary"

INTERNAL = frozenset(_INTERNAL.split())
INBOUND = frozenset(_INBOUND.split())
OUTBOUND = frozenset(_OUTBOUND.split())
PUBLIC = frozenset(("post", "publish", "tweet", "announce"))
WEB = frozenset(("web", "webpage", "website", "url", "http", "internet", "browser"))
RECIPIENTS = frozenset(_RECIPIENTS.split())
ADDRESSES = frozenset(("email", "emails", "address", "addresses", "mail"))
"""Address an outbound call; in an inbound one they say what is looked for."""
ATTACHMENTS = frozenset(_ATTACHMENTS.split())
BODIES = frozenset(_BODIES.split())
OF_SOMEBODY = frozenset(("id", "ids", "name", "names", "number", "list"))
"""Last words of an argument's name that say how somebody is named: `recipient_id`."""


def guess_rule(name: str, schema: Mapping[str, Any]) -> ToolRule:
    """Return the rule of a tool as its name and arguments suggest it; `guessed` says why.

    Args:
        name: of the tool.
        schema: JSON schema of its arguments; empty where it is not known.

    >>> rule = guess_rule("sendEmail", {"properties": {"to": {}, "bcc": {}, "body": {}, "attachments": {}}})
    >>> rule.flow, rule.recipients, rule.body, rule.attachments
    ('outbound', ('to', 'bcc'), ('body',), ('attachments',))
    >>> guess_rule("think", {"properties": {"thought": {}}}).flow
    'internal'
    """
    words = _words(name)
    fields = list(_fields(schema))
    flow, why = _flow(words, fields)
    recipients = tuple(field for field in fields if _names_somebody(field, flow)) if flow != "internal" else ()
    attachments = tuple(field for field in fields if _last(field) & ATTACHMENTS and field not in recipients)
    body = tuple(field for field in fields if _last(field) & BODIES and field not in (*recipients, *attachments))
    public = flow == "outbound" and not recipients and bool(set(words) & PUBLIC)
    return ToolRule(
        name=name,
        flow=flow,
        recipients=recipients if flow in ("outbound", "both") else (),
        audience=(EVERYONE,) if public else (),
        body=body,
        attachments=attachments if flow in ("outbound", "both") else (),
        guessed=why,
    )


def _flow(words: list[str], fields: list[str]) -> tuple[Flow, str]:
    """Return the flow and the reason; the first word that says something decides, as names begin with their verb."""
    if WEB & {*words, *(word for field in fields for word in _last(field))}:
        return "both", "it reads from an address, and the address itself goes out"
    for word in words:
        if word in INTERNAL:
            return "internal", f"`{word}` in its name"
        if word in INBOUND:
            return "inbound", f"`{word}` in its name"
        if word in OUTBOUND:
            return "outbound", f"`{word}` in its name"
    if any(_last(field) & RECIPIENTS for field in fields):
        return "both", "an argument names a recipient"
    return "both", "nothing in its name or arguments is known: taken to bring in and carry out"


def _fields(schema: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[str]:
    """Yield the dotted paths of all arguments, those of nested objects in place of the object."""
    properties = schema.get("properties")
    for name, inner in properties.items() if isinstance(properties, Mapping) else ():
        path = f"{prefix}{name}"
        if isinstance(inner, Mapping) and isinstance(inner.get("properties"), Mapping) and depth < 4:
            yield from _fields(inner, f"{path}.", depth + 1)
        else:
            yield path


def _names_somebody(field: str, flow: Flow) -> bool:
    words = _last(field)
    return bool(words & RECIPIENTS) or (flow in ("outbound", "both") and bool(words & ADDRESSES))


def _last(field: str) -> frozenset[str]:
    """Return the words that say what an argument is: its last one, and the one before it in `recipient_id`."""
    words = _words(field.rpartition(".")[2])
    head = words[-2:] if len(words) > 1 and words[-1] in OF_SOMEBODY else words[-1:]
    return frozenset(head)


def _words(name: str) -> list[str]:
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+", " ", name)
    return parted.casefold().split()
