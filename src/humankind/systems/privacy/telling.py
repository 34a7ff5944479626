"""What a message says about somebody: its body, whom each sentence is about, what it confirms, refuses or promises."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from humankind.systems.privacy.norms import Norm, folded
from humankind.systems.privacy.wording import sentences_of, stem, words_of

_GREETING = re.compile(
    r"^\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))\b[^,!.\n]{0,40}[,!.\n]+", re.I | re.M
)
_SIGNATURE = re.compile(
    r"(?:\b(?:best|kind|warm|sincere)\s+)?\b(?:regards|wishes|sincerely|cheers|best|thanks|thank you|yours truly|"
    r"warmly|take care|love),?\s*\n.{0,60}$",
    re.I | re.S,
)
_AFFIRMED = re.compile(
    r"^\W*(?:yes|yeah|yep|yup|correct|right|exactly|indeed|true|absolutely|confirmed|precisely|"
    r"that(?:'s| is) (?:right|correct|true|so|accurate)|you(?:'re| are) (?:right|correct)|"
    r"(?:i )?can confirm(?: that| it)?|"
    r"you (?:guessed|heard) (?:it|right|correctly))\b",
    re.I,
)
_AFFIRMING_WORDS = (
    "yes yeah yep correct right exactly indeed true absolutely confirm confirmed precisely accurate guessed heard "
    "correctly sure course"
)
_AFFIRMING = frozenset(stem(word) for word in _AFFIRMING_WORDS.split())
_REFUSED = re.compile(
    r"\b(?:can(?:no|')t|can not|won't|will not|wouldn't|couldn't|unable to|"
    r"not (?:able|allowed|permitted|free|at liberty)(?: to)?|am not going to|prefer not to|rather not|must not|"
    r"not mine to|not comfortable|decline to)\b[^.!?;]{0,40}?\b"
    r"(?:share|shar|disclos|discuss|reveal|provid|tell|confirm|comment|say|give|talk|pass|go into|speak)",
    re.I,
)
_PROMISED = re.compile(
    r"\b(?:(?:i|we)(?:'ll| will| shall| can| could|'m going to| am going to| are going to)|let me|going to)\b"
    r"[^.!?;]{0,30}?\b(?:send|e-?mail|text|call|forward|tell|share|discuss|message|drop|pass|get back|follow up|talk|"
    r"explain|provide)\b",
    re.I,
)
_NAMED = re.compile(
    r"\b([A-Z][a-z]+)(?:\s[A-Z][a-z]+)?(?:'s\b|’s\b|\s(?:is|was|has|had|takes|took|earns|earned|lives|lived|works|worked|got|"
    r"makes|made|will|does|did|needs|suffers|suffered|owes|moved|lost|started|also)\b)"
)
_RELATIVE = re.compile(
    r"\b(?:my|our|a|another) (?:own )?(?:brother|sister|mother|father|cousin|friend|neighbou?r|uncle|aunt|son|daughter|"
    r"colleague|boss|wife|husband|partner|flatmate|roommate)\b",
    re.I,
)
_PRONOUN = re.compile(r"^\W*(?:and |but |also,? )?(?:he|she|they|his|her|their)\b", re.I)
_ANY_PRONOUN = re.compile(r"\b(?:he|she|they|him|his|her|hers|them|their)\b", re.I)
_FIRST_PERSON = re.compile(r"\b(?:i|my|mine|me|i'm|i've)\b", re.I)
_NO_NAME_WORDS = (
    "I The This That These Those It He She They We You There Here What When Where Who How If In On At For But And So "
    "My Our Your His Her Their Its Please As Also Monday Tuesday Wednesday Thursday Friday Saturday Sunday January "
    "February March April May June July August September October November December Everything Everyone Nothing"
)
_NO_NAMES = frozenset(_NO_NAME_WORDS.split())
_GENERIC_WORDS = (
    "detail details information info data number account address salary income diagnosis condition medical "
    "health history record records status situation plan plans result results issue issues problem matter matters "
    "document documents file files date time name phone email password code treatment medication financial personal "
    "private case name names schedule report notes note amount figure figures reason reasons about update"
)
GENERIC = frozenset(stem(word) for word in _GENERIC_WORDS.split())
"""Names of kinds of facts: to say that one will send `the address` gives no address."""


@dataclass(frozen=True)
class Told:
    """The evidence in one message."""

    words: frozenset[str]
    """Content words that it says as true."""

    aside: frozenset[str]
    """Content words of sentences that seem to be about somebody else."""

    text: str
    """Its body in even spelling, for names."""

    about_sender: bool
    """Whether it speaks in the first person."""

    by_pronoun: bool
    """Whether it speaks of somebody by a pronoun."""


def body_of(text: str) -> str:
    """Return a message without greeting and signature: names in them are of writer and reader, no facts.

    >>> body_of("Hi Bob,\\nAnn is in Rome.\\nBest,\\nCarl").strip()
    'Ann is in Rome.'
    """
    return _SIGNATURE.sub("", _GREETING.sub("", text))


def told_by(text: str, heard: Sequence[str], subject: Iterable[str] = ()) -> Told:
    """Return what a message tells.

    Args:
        text: the message.
        heard: what the recipient wrote before, oldest first; the last one is what a bare `yes` confirms.
        subject: words of the name of the person whom the facts are about, in even spelling; sentences about somebody
            else are kept aside, which needs such a name.
    """
    body = body_of(text)
    last = heard[-1] if heard else ""
    asked = frozenset(words_of(last))
    names = frozenset(subject)
    words: set[str] = set()
    aside: set[str] = set()
    of_another = False
    for sentence in sentences_of(body):
        of_another = bool(names) and _is_of_another(sentence, names, of_another)
        found = frozenset(words_of(sentence))
        if of_another:
            aside |= found
            continue
        if _REFUSED.search(sentence):
            found -= asked | GENERIC
        elif _PROMISED.search(sentence):
            found -= GENERIC
        elif _AFFIRMED.match(sentence) and not (found - _AFFIRMING) & asked:
            found |= asked
        words |= found
    return Told(
        words=frozenset(words),
        aside=frozenset(aside),
        text=folded(body),
        about_sender=bool(_FIRST_PERSON.search(body)),
        by_pronoun=bool(_ANY_PRONOUN.search(body)) or bool(asked & words),
    )


def _is_of_another(sentence: str, names: frozenset[str], before: bool) -> bool:
    """Return whether a sentence is about somebody else than the person named; pronouns go on with the one before."""
    even = folded(sentence)
    if any(re.search(rf"\b{re.escape(name)}\b", even) for name in names):
        return False
    if _RELATIVE.search(sentence):
        return True
    others = [name for name in _NAMED.findall(sentence) if name not in _NO_NAMES and name.casefold() not in names]
    if others:
        return True
    return before and bool(_PRONOUN.match(sentence))


def is_addressed(norm: Norm, recipients: Sequence[str] | None) -> bool:
    """Return whether the norm's recipient is among the addresses of a message, cc and bcc included.

    Args:
        norm: whose recipient is looked for by name, user id (`ann_lee`) and address.
        recipients: every address; None where the caller knows that it goes to the recipient.

    >>> from humankind.systems.privacy.norms import Party
    >>> norm = Norm(recipient=Party(name="Ann Lee"))
    >>> is_addressed(norm, ["bob@x.org", "Ann.Lee@y.org"]), is_addressed(norm, ["bob@x.org"])
    (True, False)
    """
    party = norm.recipient
    known = {_id(name) for name in (party.name, *party.addresses) if name.strip()}
    if recipients is None or not known:
        return True
    return any(not known.isdisjoint(_ids(address)) for address in recipients)


def _ids(address: str) -> Iterator[str]:
    """Yield what an address may be known by: `Ann Lee <ann@x.org>` as `ann_lee`, `ann@x_org` and `ann`."""
    parted = re.fullmatch(r"\s*(.*?)\s*<([^<>]+)>\s*", address)
    for part in parted.groups() if parted else (address,):
        yield from (_id(part), _id(part.split("@")[0])) if part else ()


def _id(name: str) -> str:
    return re.sub(r"[\s._\-]+", "_", folded(name).strip("\"' ")).strip("_@#")
