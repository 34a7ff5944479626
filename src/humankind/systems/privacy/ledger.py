"""The disclosure ledger: what each recipient was sent so far, so that facts told in pieces add up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from threading import Lock

from humankind.systems.privacy.norms import Norm
from humankind.systems.privacy.parties import address_of, is_anyone, is_party

MOST_TEXTS = 500
"""Kept for each recipient; the oldest are forgotten first."""

SHORTEST_NUMBER = 6
"""Digits of a fact that make a number worth following in pieces, such as a passport's."""
SHORTEST_PIECE = 3


class Ledger:
    """What went to whom. Safe to share between threads; keeps texts in memory only.

    >>> ledger = Ledger()
    >>> ledger.add("Bob@x.org", "It begins with 41")
    >>> ledger.texts("bob@x.org")
    ('It begins with 41',)
    """

    def __init__(self) -> None:
        self._sent: dict[str, dict[str, None]] = {}
        self._lock = Lock()

    def add(self, recipient: str, text: str) -> None:
        """Note that a recipient is sent a text; the same text again changes nothing."""
        with self._lock:
            sent = self._sent.setdefault(address_of(recipient), {})
            sent[text] = None
            if len(sent) > MOST_TEXTS:
                del sent[next(iter(sent))]

    def texts(self, recipient: str) -> tuple[str, ...]:
        """Return what a recipient was sent, oldest first."""
        with self._lock:
            return tuple(self._sent.get(address_of(recipient), ()))

    @property
    def recipients(self) -> tuple[str, ...]:
        """Everybody who was sent something."""
        with self._lock:
            return tuple(self._sent)


def person_behind(norms: Sequence[Norm], address: str) -> str:
    """Return one name for all addresses of a norm's recipient, so that pieces sent by mail and by chat add up.

    Args:
        norms: whose recipients are known.
        address: where something goes.
    """
    for norm in norms:
        if not is_anyone(norm.recipient) and is_party(norm.recipient, address):
            return norm.recipient.name or norm.recipient.addresses[0]
    return address


def numbers_in(value: str) -> tuple[str, ...]:
    """Return the long numbers of a fact as bare digits.

    >>> numbers_in("passport AB 12-34 567, issued 2019")
    ('1234567',)
    """
    runs = (re.sub(r"\D", "", run) for run in re.findall(r"\d(?:[\s\-./]{0,2}\d)*", value))
    return tuple(run for run in runs if len(run) >= SHORTEST_NUMBER)


def part_told(numbers: Sequence[str], texts: Iterable[str]) -> float:
    """Return which part of the digits of a fact's numbers some texts hold together, from 0 to 1; 0 without numbers.

    Pieces of three digits and more count wherever they stand, with or without spaces and dashes between the digits.

    >>> part_told(["123456789"], ["first 123 45", "then 6789"])
    1.0
    >>> part_told(["123456789"], ["call me in room 12"])
    0.0
    """
    if not numbers:
        return 0.0
    runs = [re.sub(r"\D", "", run) for text in texts for run in re.findall(r"\d(?:[\s\-./]{0,2}\d)*", text)]
    told = sum(_covered(number, runs) for number in numbers)
    return told / sum(map(len, numbers))


def _covered(number: str, runs: Sequence[str]) -> int:
    """Return how many digits of a number stand in runs of digits."""
    covered = [False] * len(number)
    for start in range(len(number) - SHORTEST_PIECE + 1):
        piece = number[start : start + SHORTEST_PIECE]
        if any(piece == run or (len(run) > SHORTEST_PIECE and _shares(number, start, run)) for run in runs):
            covered[start : start + SHORTEST_PIECE] = [True] * SHORTEST_PIECE
    return sum(covered)


def _shares(number: str, start: int, run: str) -> bool:
    """Return whether a run holds the piece from `start` on with a digit more on either side, or is itself inside."""
    longer = SHORTEST_PIECE + 1
    before, after = number[max(0, start - 1) : start + longer - 1], number[start : start + longer]
    return any(len(piece) == longer and piece in run for piece in (before, after))
