"""What may flow to whom: facts about a subject, the parties, and which facts are known to be shareable or sensitive.

A norm says nothing about how it is kept; prompting, guarding, guidance and judging all read the same one.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError, model_validator

from humankind.spine.config import Section
from humankind.spine.errors import DataError


class Item(Section):
    """One fact about the subject."""

    key: str = ""
    """What it is, for example `passport number`; empty where only the fact itself is given."""

    value: str
    """The fact itself."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.value.strip():
            raise DataError(
                "a fact is empty",
                found=repr(self.value),
                where=f"item {self.key!r}",
                expected="a text",
                remedy="drop it",
            )
        return self

    @property
    def text(self) -> str:
        """Key and value as one line."""
        return f"{self.key}: {self.value}" if self.key else self.value


class Party(Section):
    """A person or an organisation in a flow of information."""

    name: str = ""
    """As others call it."""

    role: str = ""
    """What it is to the subject or in the task, for example `hotel staff`."""

    addresses: tuple[str, ...] = ()
    """User ids, mail addresses and other names under which its messages come and go."""

    @property
    def text(self) -> str:
        """Name and role as one phrase; `the other side` where neither is known."""
        if self.name and self.role and folded(self.name) != folded(self.role):
            return f"{self.name} ({self.role})"
        return self.name or self.role or "the other side"


class Norm(Section):
    """A contextual norm: who may learn which facts about whom, and for what.

    `shareable` and `sensitive` hold positions in `items`. None means that nothing is known, and an item in neither
    list is undecided: the instructor decides it.

    >>> norm = Norm(items=(Item(key="name", value="Ann Lee"), Item(key="diagnosis", value="asthma")), shareable={0})
    >>> norm.undecided
    frozenset({1})
    """

    principle: str = ""
    """The rule in words, for example `the clinic may learn the date, not the employer`."""

    task: str = ""
    """What the sender was asked to do."""

    subject: Party = Party()
    """Whom the facts are about."""

    sender: Party = Party()
    """Who passes facts on: the defended agent or the person it acts for."""

    recipient: Party = Party()
    """Who gets them."""

    domain: str = ""
    """Field of life, for example `Healthcare`."""

    items: tuple[Item, ...] = ()
    """The facts."""

    shareable: frozenset[int] | None = None
    """Positions of facts that may flow to the recipient; None for not known."""

    sensitive: frozenset[int] | None = None
    """Positions of facts that must not; None for not known."""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        _refuse_doubles(self.items)
        for name, places in (("shareable", self.shareable), ("sensitive", self.sensitive)):
            _refuse_strangers(name, places, len(self.items))
        both = (self.shareable or frozenset()) & (self.sensitive or frozenset())
        if both:
            raise DataError(
                "a fact is in both lists",
                found=", ".join(f"item {place} ({self.items[place].key or 'without a key'})" for place in sorted(both)),
                where="shareable and sensitive",
                expected="every fact in at most one of them",
                remedy="take it out of one list; split the fact in two where a part of it may be shared",
            )
        return self

    @classmethod
    def of_facts(cls, shareable: Sequence[str], sensitive: Sequence[str], **context: Any) -> Self:
        """Return the norm of two lists of facts in words, shareable ones first.

        Args:
            shareable: facts that may flow.
            sensitive: facts that must not.
            context: the other fields of `Norm`.

        Raises:
            DataError: a fact is empty, twice in a list or in both lists.

        >>> Norm.of_facts(["the visit is on Monday"], ["the diagnosis is asthma"]).sensitive
        frozenset({1})
        """
        overlap = {folded(fact) for fact in shareable} & {folded(fact) for fact in sensitive}
        if overlap:
            raise DataError(
                "a fact is in both lists",
                found=f"{len(overlap)} of them",
                where="shareable and sensitive",
                expected="every fact in one list",
                remedy="take it out of one list",
            )
        items = tuple(Item(value=fact) for fact in (*shareable, *sensitive))
        n_shareable = len(shareable)
        return cls(
            items=items,
            shareable=frozenset(range(n_shareable)),
            sensitive=frozenset(range(n_shareable, len(items))),
            **context,
        )

    @property
    def undecided(self) -> frozenset[int]:
        """Positions of facts that neither list names."""
        return frozenset(range(len(self.items))) - (self.shareable or frozenset()) - (self.sensitive or frozenset())

    @property
    def digest(self) -> str:
        """A fingerprint of the whole norm, for caches and audit logs."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]

    def blind(self) -> Self:
        """Return the same norm without its two lists: what an instructor sees that must decide by itself."""
        return self.model_copy(update={"shareable": None, "sensitive": None})


def read_norms(path: Path) -> list[Norm]:
    """Return the norms of a JSON file: one object, or a list of them.

    Raises:
        DataError: the file cannot be read, or a norm in it is wrong; the error names file and record.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            "the norms cannot be read",
            found=f"{type(error).__name__}: {error}",
            where=path,
            expected="a JSON file with one norm or a list of norms",
        ) from None
    records = told if isinstance(told, list) else [told]
    return [norm_of(record, f"{path} norm {number}") for number, record in enumerate(records)]


def norm_of(record: object, where: str) -> Norm:
    """Return the norm of a decoded JSON object.

    Args:
        record: an object with the fields of `Norm`.
        where: file and record, for errors.

    Raises:
        DataError: a field is unknown, missing or of the wrong kind, or the lists overlap.
    """
    try:
        return Norm.model_validate(record)
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(
            "a norm is wrong",
            found=".".join(str(part) for part in first["loc"]) or type(record).__name__,
            where=where,
            expected=first["msg"],
        ) from None
    except DataError as error:
        raise DataError(
            error.problem, found=error.found, where=f"{where}, {error.where}", expected=error.expected
        ) from None


def folded(text: str) -> str:
    """Return a text with case, accents' encoding and white space made even, for comparing.

    >>> folded("  Ann\\u00a0LEE ")
    'ann lee'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _refuse_doubles(items: Sequence[Item]) -> None:
    seen: dict[tuple[str, str], int] = {}
    for place, item in enumerate(items):
        known = seen.setdefault((folded(item.key), folded(item.value)), place)
        if known != place:
            raise DataError(
                "a fact is there twice",
                found=f"items {known} and {place} ({item.key or 'without a key'})",
                where="items",
                expected="every fact once",
                remedy="drop one of them",
            )


def _refuse_strangers(name: str, places: frozenset[int] | None, n_items: int) -> None:
    wrong = sorted(place for place in places or () if not 0 <= place < n_items)
    if wrong:
        raise DataError(
            "a list names a fact that is not there",
            found=wrong[0],
            where=name,
            expected=f"positions from 0 to {n_items - 1}" if n_items else "no position: there are no items",
        )
