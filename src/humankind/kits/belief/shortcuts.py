"""Answers of readers who know the story but not whose mind they are asked about.

Each takes a story and a question and returns a place, or None where it has none. A question on which one of them is
right does not tell whether somebody tracks beliefs.
"""

from __future__ import annotations

from collections.abc import Callable

from humankind.kits.belief.events import Asking, Claim, Story, places_of
from humankind.kits.belief.oracle import HOUSE, Rules, answer

Shortcut = Callable[[Story, Asking], str | None]


def first_place(story: Story, asking: Asking) -> str | None:
    """Return the place that is named first for the thing."""
    return next((place for _, place in places_of(story, asking.thing)), None)


def last_place(story: Story, asking: Asking) -> str | None:
    """Return the place that is named last for the thing, claims included."""
    return ([None] + [place for _, place in places_of(story, asking.thing)])[-1]


def last_claim(story: Story, asking: Asking) -> str | None:
    """Return the place that the last claim names; None without claims."""
    claims = [place for number, place in places_of(story, asking.thing) if isinstance(story.events[number], Claim)]
    return claims[-1] if claims else None


def omniscient(story: Story, asking: Asking) -> str | None:
    """Return where the thing really is."""
    return answer(story, Asking(thing=asking.thing))


def one_order_less(story: Story, asking: Asking, rules: Rules = HOUSE) -> str | None:
    """Return what those after the first think; the truth for order 1, None for order 0."""
    return answer(story, Asking(thing=asking.thing, chain=asking.chain[1:]), rules) if asking.chain else None


def own_belief(story: Story, asking: Asking, rules: Rules = HOUSE) -> str | None:
    """Return what the first thinks himself, whatever he is asked about others; None for orders 0 and 1."""
    return answer(story, Asking(thing=asking.thing, chain=asking.chain[:1]), rules) if asking.order > 1 else None


def last_person(story: Story, asking: Asking, rules: Rules = HOUSE) -> str | None:
    """Return what the last in the chain thinks; None for orders 0 and 1."""
    return answer(story, Asking(thing=asking.thing, chain=asking.chain[-1:]), rules) if asking.order > 1 else None


SHORTCUTS: dict[str, Shortcut] = {
    "first place": first_place,
    "last place": last_place,
    "last claim": last_claim,
    "omniscient": omniscient,
    "one order less": one_order_less,
    "own belief": own_belief,
    "last person": last_person,
}
"""By name; `one order less`, `own belief` and `last person` follow the rules of the house."""
