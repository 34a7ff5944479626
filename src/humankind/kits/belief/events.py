"""What can happen in a story: people come and go, things are put and moved, somebody looks, looks away or talks.

Each event is a frozen record. Who takes an event in is worked out in `sight.py`; what follows for beliefs in
`oracle.py`. A thing stays in one room; a place (box, drawer) belongs to the room in which it is first used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field, field_serializer

from humankind.spine.config import Section

Name = Annotated[str, Field(min_length=1)]


class Enter(Section):
    """People come into a room together; they see each other, all who are there, and what lies in open places."""

    kind: Literal["enter"] = "enter"
    agents: tuple[Name, ...] = Field(min_length=1)
    room: Name


class Leave(Section):
    """People leave the room they are in; all who look there see them go, and everybody knows when they went."""

    kind: Literal["leave"] = "leave"
    agents: tuple[Name, ...] = Field(min_length=1)


class Place(Section):
    """A thing is in a place; all who look in that room see it."""

    kind: Literal["place"] = "place"
    thing: Name
    place: Name
    room: Name


class Move(Section):
    """Somebody in the room puts a thing into another place there; all who look in that room see it."""

    kind: Literal["move"] = "move"
    agent: Name
    thing: Name
    place: Name


class Shift(Section):
    """A thing gets into another place without anybody's doing; all who look in that room see it, if any do."""

    kind: Literal["shift"] = "shift"
    thing: Name
    place: Name
    cause: str = "a draught"
    """What moved it, as a noun with its article."""


class LookAway(Section):
    """Somebody in a room stops seeing (a blindfold, a turned back) and still hears; the others there notice."""

    kind: Literal["look away"] = "look away"
    agent: Name


class LookBack(Section):
    """Somebody who looked away sees again, also what lies in open places; the others there notice."""

    kind: Literal["look back"] = "look back"
    agent: Name


class Peek(Section):
    """Somebody outside begins to watch a room in secret; nobody else knows."""

    kind: Literal["peek"] = "peek"
    agent: Name
    room: Name


class StopPeeking(Section):
    """Somebody ends a secret watch; nobody else knows."""

    kind: Literal["stop peeking"] = "stop peeking"
    agent: Name


class Claim(Section):
    """Somebody says where a thing is, true or not; the speaker and the hearers know that all of them heard it."""

    kind: Literal["claim"] = "claim"
    speaker: Name
    thing: Name
    place: Name
    hearers: tuple[Name, ...] = ()
    """Empty: said to everybody in the story."""


class Aside(Section):
    """A sentence that changes nothing."""

    kind: Literal["aside"] = "aside"
    text: str = Field(min_length=1)


Event = Annotated[
    Enter | Leave | Place | Move | Shift | LookAway | LookBack | Peek | StopPeeking | Claim | Aside,
    Field(discriminator="kind"),
]


class Story(Section):
    """Events in order, and the places whose content nobody sees from outside."""

    events: tuple[Event, ...]

    closed: frozenset[str] = frozenset()
    """Places with a lid: a look into the room does not tell what is in them. All others lie open or are of glass."""

    @field_serializer("closed")
    def _in_order(self, closed: frozenset[str]) -> list[str]:
        return sorted(closed)


class Asking(Section):
    """What is asked of a story: where a thing is, or where somebody thinks (that somebody thinks ...) it is."""

    thing: Name

    chain: tuple[Name, ...] = ()
    """(A, B, C): where A thinks that B thinks that C thinks the thing is. Empty: where it really is."""

    @property
    def order(self) -> int:
        """Depth of nesting; the same name twice in a row counts once, since people know their own mind."""
        return len(without_repeats(self.chain))


def without_repeats(chain: tuple[str, ...]) -> tuple[str, ...]:
    """Return a chain in which no name follows itself.

    >>> without_repeats(("Ann", "Ann", "Ben", "Ann"))
    ('Ann', 'Ben', 'Ann')
    """
    return tuple(name for i, name in enumerate(chain) if not i or name != chain[i - 1])


def people(story: Story) -> tuple[str, ...]:
    """Return everybody who does something, in the order in which they appear."""
    return tuple(dict.fromkeys(name for event in story.events for name in people_in(event)))


def people_in(event: Event) -> tuple[str, ...]:
    """Return those who take part in an event, onlookers not counted."""
    match event:
        case Enter() | Leave():
            return event.agents
        case Move() | LookAway() | LookBack() | Peek() | StopPeeking():
            return (event.agent,)
        case Claim():
            return (event.speaker, *event.hearers)
        case _:
            return ()


def places_of(story: Story, thing: str) -> Iterator[tuple[int, str]]:
    """Yield (position of the event, place) for every event that names a place for a thing, claims included."""
    for number, event in enumerate(story.events):
        if isinstance(event, Place | Move | Shift | Claim) and event.thing == thing:
            yield number, event.place


def renamed(story: Story, names: Mapping[str, str]) -> Story:
    """Return a story in which people, things, places and rooms have other names; what is not listed stays."""

    def other(value: object) -> object:
        if isinstance(value, str):
            return names.get(value, value)
        return tuple(names.get(name, name) for name in value) if isinstance(value, tuple) else value

    kept = {"kind", "text", "cause"}
    events = tuple(
        event.model_copy(update={key: other(value) for key, value in event if key not in kept})
        for event in story.events
    )
    return Story(events=events, closed=frozenset(names.get(place, place) for place in story.closed))
