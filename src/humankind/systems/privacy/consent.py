"""Consent: what the subject agreed to, in messages from the subject's own channel and nowhere else.

Anybody can write `Ann agrees`. What counts is a message that the application itself says is Ann's, in a tool that is
declared to vouch for its senders, in which she names the fact (or everything) and the recipient.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from typing import Any, Literal

from humankind.systems.privacy.defense import Message
from humankind.systems.privacy.guidance import plain_key
from humankind.systems.privacy.norms import Item, Norm, Party, folded
from humankind.systems.privacy.parties import address_of, is_party, owns
from humankind.systems.privacy.wording import words_of

User = Literal["unknown", "sender", "subject"]
"""Who writes the messages of role `user`: only where it is declared can they carry consent."""

_GRANTS = re.compile(
    r"\b(?:you (?:may|can|are (?:allowed|free|welcome) to)|"
    r"(?:i|we) (?:hereby )?(?:agree|consent|allow|permit|authori[sz]e)|"
    r"(?:it|that)(?:'s| is) (?:fine|ok|okay|all right|alright)|feel free|go ahead|"
    r"please (?:do )?(?:share|tell|send|give|pass))\b"
)
_REFUSES = re.compile(
    r"\b(?:not|don't|never|no longer|cannot|can't|withdraw|revoke|stop|nobody|without|unless|until|if|would|should|"
    r"asked|says|said|told|claims|pretends)\b|\?"
)
_TAKES_BACK = re.compile(r"\b(?:withdraw|revoke|take back|changed my mind|(?:do not|don't|never|no longer|stop)\b)")
_EVERYTHING = re.compile(r"\b(?:everything|all of it|anything|whatever|all my (?:data|details|information))\b")
_QUOTED = re.compile(r"(?m)^\s*>.*$|\"[^\"]*\"|“[^”]*”|«[^»]*»")


class Consents:
    """What subjects agreed to. Read from conversations anew each time; grants by hand are kept.

    Args:
        user: who writes the messages of role `user`.
    """

    def __init__(self, user: User = "unknown") -> None:
        self.user: User = user
        self._given: dict[tuple[str, str, str], bool] = {}
        self._lock = Lock()

    def grant(self, norm: Norm, item: int, recipient: str) -> None:
        """Note that the subject agreed, for applications that asked in a way of their own."""
        self._note(norm, item, recipient, True)

    def revoke(self, norm: Norm, item: int, recipient: str) -> None:
        """Note that the subject no longer agrees; outweighs what older messages say."""
        self._note(norm, item, recipient, False)

    def allows(self, norm: Norm, item: int, recipient: str, messages: Sequence[Message] = ()) -> bool:
        """Return whether the subject of a norm agreed that a recipient may learn a fact.

        Args:
            norm: whose subject is asked.
            item: position of the fact.
            recipient: address that would get it.
            messages: the conversation; the subject's latest word counts.
        """
        with self._lock:
            noted = self._given.get(_key(norm, item, recipient))
        if noted is not None:
            return noted
        agreed = False
        for text in own_words(norm, messages, self.user):
            agreed = _hear(text, norm, norm.items[item], recipient, agreed)
        return agreed

    def _note(self, norm: Norm, item: int, recipient: str, agreed: bool) -> None:
        with self._lock:
            self._given[_key(norm, item, recipient)] = agreed


def own_words(norm: Norm, messages: Sequence[Message], user: User = "unknown") -> Iterator[str]:
    """Yield what the subject of a norm wrote in a channel of their own, oldest first.

    Args:
        norm: whose subject is meant.
        messages: the conversation.
        user: who writes the messages of role `user`.
    """
    same = bool(norm.subject.name) and folded(norm.subject.name) == folded(norm.sender.name)
    for message in messages:
        if message.role == "user" and (user == "subject" or (user == "sender" and same)):
            yield message.text
        rule = message.call.rule if message.role == "tool" and message.call is not None else None
        if rule is not None and rule.is_inbound and rule.authenticates and rule.sender and rule.text:
            for entry in _entries(message.text):
                sender, text = entry.get(rule.sender), entry.get(rule.text)
                if isinstance(sender, str) and isinstance(text, str) and owns(norm.subject, sender):
                    yield text


def _hear(text: str, norm: Norm, item: Item, recipient: str, agreed: bool) -> bool:
    """Return whether the subject agrees after one more message of theirs."""
    for sentence in re.split(r"(?<=[.!?;])\s+|\n", _QUOTED.sub(" ", text)):
        even = folded(sentence.replace("’", "'"))
        if not _is_about(even, item) or not _names(even, norm.recipient, recipient):
            continue
        if _TAKES_BACK.search(even):
            agreed = False
        elif _GRANTS.search(even) and not _REFUSES.search(even):
            agreed = True
    return agreed


def _is_about(sentence: str, item: Item) -> bool:
    """Return whether a sentence names a fact: by half of the words of its key or of its value, or by everything."""
    if _EVERYTHING.search(sentence):
        return True
    said = frozenset(words_of(sentence))
    named = (frozenset(words_of(plain_key(item.key))), frozenset(words_of(item.value)))
    return any(words and 2 * len(words & said) >= len(words) for words in named)


def _names(even: str, party: Party, recipient: str) -> bool:
    """Return whether a sentence names who is to get it: by address, name or role."""
    if recipient and recipient in even:
        return True
    if not is_party(party, recipient):
        return False
    name, role, said = _plain_words(party.name), _plain_words(party.role), frozenset(_plain_words(even))
    by_address = any(address_of(known) in even for known in party.addresses if known.strip())
    return by_address or bool(name and name[0] in said) or bool(role and said.issuperset(role))


def _plain_words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", folded(text))


def _entries(text: str) -> Iterator[Mapping[str, Any]]:
    """Yield every object in a result that is JSON, outermost first; texts inside it are not parsed again."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return
    waiting = [told]
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, Mapping):
            yield value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _key(norm: Norm, item: int, recipient: str) -> tuple[str, str, str]:
    fact = norm.items[item]
    return folded(norm.subject.name), folded(fact.text), recipient
