"""What SaD answers: places of a list, and where a score comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """One item of a person's history and what it adds to a score."""

    item_id: str
    name: str
    share: float
    """beta * weight from this item to the explained one, in units of the score."""


@dataclass(frozen=True)
class Explanation:
    """Where the score of one user and one item comes from; the parts add up to the score."""

    user_id: str
    item_id: str
    name: str
    score: float
    history: tuple[Reason, ...]
    """Items of the history that vote for it, strongest first."""
    injected: float
    """Votes of pairs that the dense view injected at scoring time; 0 unless scoring injection is on."""
    dense: float
    """The dense view's part."""


@dataclass(frozen=True)
class Recommended:
    """One place of a list."""

    item_id: str
    name: str
    score: float
