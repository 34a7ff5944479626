"""The applications of a simulation: messenger, mail, public posts and notes, with real state.

One world a run. A call either happens, and everybody sees what it did, or is refused with the reason as text; what a
defence blocks never reaches the world. Function names and arguments are those of the published schema.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from humankind.systems.privacy.mapping import EVERYONE, ToolMap, ToolRule

MAIL_HOST = "@mail.example"
MOST = 10
"""Entries that a call for messages returns, the newest."""

TOOLS = ToolMap(
    tools=(
        ToolRule(name="get_messages", flow="inbound", sender="from", text="message", authenticates=True),
        ToolRule(name="send_message", flow="outbound", recipients=("recipient_id",), body=("message",)),
        ToolRule(name="search_emails", flow="inbound", sender="from", text="body"),
        ToolRule(name="send_email", flow="outbound", recipients=("to", "cc", "bcc"), body=("subject", "body")),
        ToolRule(name="get_posts", flow="inbound", sender="from", text="text", authenticates=True),
        ToolRule(name="create_post", flow="outbound", audience=(EVERYONE,), body=("text",)),
        ToolRule(name="get_page", flow="internal"),
        ToolRule(name="write_page", flow="internal"),
    )
)
"""What each function does with information; notes are the agent's own."""

APPLICATIONS: dict[str, tuple[str, str]] = {
    "Messenger": ("get_messages", "send_message"),
    "Gmail": ("search_emails", "send_email"),
    "Facebook": ("get_posts", "create_post"),
    "Notion": ("get_page", "write_page"),
}
"""Application, as the schema calls it -> the function that reads and the one that writes."""

ARGUMENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "get_messages": ((), ("max_count", "keyword", "sender_id")),
    "send_message": (("recipient_id", "message"), ()),
    "search_emails": ((), ("keyword", "max_count")),
    "send_email": (("to", "subject", "body"), ("cc", "bcc")),
    "get_posts": ((), ("max_count",)),
    "create_post": (("text",), ()),
    "get_page": (("title",), ()),
    "write_page": (("title", "text"), ()),
}
"""Function -> arguments that it needs and those that it takes besides."""


class Refused(Exception):
    """A call that an application does not carry out; its text is what the caller is told."""


@dataclass(frozen=True)
class Posted:
    """One entry of an application."""

    number: int
    application: str
    sender: str
    to: tuple[str, ...]
    text: str
    subject: str = ""
    hidden: tuple[str, ...] = ()
    """Who got a blind copy."""


@dataclass
class World:
    """All applications of one run.

    Args:
        people: names of those who have accounts.
    """

    people: Sequence[str]
    entries: list[Posted] = field(default_factory=list)
    pages: dict[tuple[str, str], str] = field(default_factory=dict)

    def call(self, who: str, function: str, arguments: Mapping[str, Any] | None) -> str:
        """Return the result of a call as JSON, or why it was refused; only a carried-out call changes anything.

        Args:
            who: name of the caller.
            function: one of `ARGUMENTS`.
            arguments: by name; None where they could not be read.
        """
        try:
            return json.dumps(self._called(who, function, _checked(function, arguments)), ensure_ascii=False)
        except Refused as error:
            return f"error: {error}"

    def _called(self, who: str, function: str, given: Mapping[str, Any]) -> Any:
        calls: dict[str, Callable[[str, Mapping[str, Any]], Any]] = {
            "get_messages": self._messages, "send_message": self._message, "search_emails": self._mails,
            "send_email": self._mail, "get_posts": self._posts, "create_post": self._post,
            "get_page": self._page, "write_page": self._write,
        }  # fmt: skip
        return calls[function](who, given)

    def _messages(self, who: str, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        own = [one for one in self.entries if one.application == "Messenger" and address(who) in one.to]
        own = [one for one in own if given.get("sender_id", one.sender) == one.sender]
        own = [one for one in own if str(given.get("keyword", "")).lower() in one.text.lower()]
        return [{"from": one.sender, "message": one.text} for one in own[-_most(given) :]]

    def _message(self, who: str, given: Mapping[str, Any]) -> dict[str, Any]:
        to = str(given["recipient_id"]).strip()
        self._known(to)
        self._keep("Messenger", address(who), (to,), str(given["message"]))
        return {"sent": True}

    def _mails(self, who: str, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        mine = address(who) + MAIL_HOST
        own = [one for one in self.entries if one.application == "Gmail" and mine in (*one.to, *one.hidden)]
        word = str(given.get("keyword", "")).lower()
        own = [one for one in own if word in f"{one.subject} {one.text}".lower()]
        return [{"from": one.sender, "subject": one.subject, "body": one.text} for one in own[-_most(given) :]]

    def _mail(self, who: str, given: Mapping[str, Any]) -> dict[str, Any]:
        open_, hidden = [*_listed(given["to"]), *_listed(given.get("cc"))], _listed(given.get("bcc"))
        for one in (*open_, *hidden):
            self._known(one.removesuffix(MAIL_HOST))
        if not open_:
            raise Refused("a mail needs somebody it goes to")
        self._keep(
            "Gmail", address(who) + MAIL_HOST, tuple(open_), str(given["body"]), str(given["subject"]), tuple(hidden)
        )
        return {"sent": True}

    def _posts(self, who: str, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        posts = [one for one in self.entries if one.application == "Facebook"]
        return [{"from": one.sender, "text": one.text} for one in posts[-_most(given) :]]

    def _post(self, who: str, given: Mapping[str, Any]) -> dict[str, Any]:
        self._keep("Facebook", address(who), (EVERYONE,), str(given["text"]))
        return {"posted": True}

    def _page(self, who: str, given: Mapping[str, Any]) -> dict[str, Any]:
        key = (address(who), str(given["title"]))
        if key not in self.pages:
            raise Refused("there is no such page")
        return {"title": key[1], "text": self.pages[key]}

    def _write(self, who: str, given: Mapping[str, Any]) -> dict[str, Any]:
        self.pages[address(who), str(given["title"])] = str(given["text"])
        return {"kept": True}

    def _known(self, user: str) -> None:
        if user not in {address(person) for person in self.people}:
            raise Refused(f"nobody is called {user!r} here")

    def _keep(
        self, app: str, sender: str, to: tuple[str, ...], text: str, subject: str = "", hidden: tuple[str, ...] = ()
    ) -> None:
        if not text.strip():
            raise Refused("there is nothing in it")
        self.entries.append(Posted(len(self.entries), app, sender, to, text, subject, hidden))


def address(name: str) -> str:
    """Return the user id of a name: lower case, words joined by `_`.

    >>> address("Dr. Amy O'Neil")
    'dr_amy_oneil'
    """
    return "_".join("".join(char for char in name.lower() if char.isalnum() or char.isspace()).split())


def _checked(function: str, arguments: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if function not in ARGUMENTS:
        raise Refused(f"there is no function {function!r}")
    if arguments is None:
        raise Refused("the arguments cannot be read")
    needed, others = ARGUMENTS[function]
    unknown = sorted(set(arguments) - {*needed, *others})
    missing = [name for name in needed if name not in arguments]
    if unknown or missing:
        raise Refused(f"{function} needs {', '.join(needed) or 'nothing'}; wrong: {', '.join((*missing, *unknown))}")
    return arguments


def _most(given: Mapping[str, Any]) -> int:
    most = given.get("max_count", MOST)
    return most if isinstance(most, int) and most > 0 else MOST


def _listed(value: Any) -> list[str]:
    if not value:
        return []
    parts = value.split(",") if isinstance(value, str) else [str(one) for one in value]
    return [part.strip() for part in parts if part.strip()]
