"""The ten systems. They never import each other; they meet through files."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from humankind.spine.cards import Card

NOUNS = (
    "recommendation",
    "medication",
    "motivation",
    "tom",
    "social",
    "persona",
    "preference",
    "privacy",
    "companion",
    "naming",
)


def card(noun: str) -> Card:
    """Return the card of one system.

    >>> card("recommendation").name
    'SaD'
    """
    return import_module(f"humankind.systems.{noun}.card").CARD


def cards() -> tuple[Card, ...]:
    """Return all ten cards, in the order of the README."""
    return tuple(card(noun) for noun in NOUNS)
