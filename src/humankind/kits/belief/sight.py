"""Who sees and hears what: a story replayed once, event by event.

event                     who takes it in                                 what they learn
place, move, shift        everybody in the room who looks, everybody      where the thing is now
                          who peeks into it
enter, look back          those who come or look back, together with      where every thing of the room is that
                          all who look there                              lies in an open place; that an open
                                                                          place does not hold it
peek                      the one who peeks, about all who look there     the same
claim                     the speaker and the hearers                     what the speaker says
leave, look away, aside   nobody                                          nothing
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from humankind.kits.belief.events import (
    Claim,
    Enter,
    Event,
    Leave,
    LookAway,
    LookBack,
    Move,
    Peek,
    Place,
    Shift,
    StopPeeking,
    Story,
    people,
)
from humankind.spine.errors import DataError

NEVER = -1
"""Last moment at which somebody saw a room who never did."""


class Sight(NamedTuple):
    """What an event shows of the things in one room."""

    number: int
    """Position of the event in the story."""
    open: frozenset[str]
    """Those who look and are seen to look."""
    secret: frozenset[str]
    """Those who watch unknown to everybody else."""
    arrivals: frozenset[str]
    """Those who only now begin to look; empty where something happens to a thing."""
    shown: dict[str, str]
    """Place of every thing that is seen."""
    bare: frozenset[str]
    """Open places of the room: what is not shown in them is not in them."""


class Hearsay(NamedTuple):
    """What a claim gives to those who hear it."""

    number: int
    claim: Claim
    heard: frozenset[str]
    """The speaker and the hearers."""
    trusting: frozenset[str]
    """Hearers who, as everybody knows, saw the room of the thing for the last time before the speaker did."""
    convinced: frozenset[str]
    """The same by what each hearer knows of himself: a secret watch counts too."""


@dataclass
class Stage:
    """Where everybody and everything is, while a story is replayed or made."""

    closed: frozenset[str] = frozenset()
    rooms: dict[str, str] = field(default_factory=dict)
    """Room of everybody who is in one."""
    away: set[str] = field(default_factory=set)
    """Those in a room who look away."""
    peeking: dict[str, str] = field(default_factory=dict)
    """Room into which somebody peeks."""
    place_of: dict[str, str] = field(default_factory=dict)
    room_of: dict[str, str] = field(default_factory=dict)
    """Room of every thing."""
    room_of_place: dict[str, str] = field(default_factory=dict)
    supposed: dict[str, str] = field(default_factory=dict)
    """Room of a place that is only spoken of: that of the thing which is said to be there."""
    last_seen: dict[tuple[str, str], int] = field(default_factory=dict)
    """Moment at which (somebody, a room) was last seen openly; those who look now are not listed by it."""
    last_peeked: dict[tuple[str, str], int] = field(default_factory=dict)

    def looking(self, room: str) -> frozenset[str]:
        """Return those who are in a room and look."""
        return frozenset(name for name, where in self.rooms.items() if where == room and name not in self.away)

    def watching(self, room: str) -> frozenset[str]:
        """Return those who peek into a room."""
        return frozenset(name for name, where in self.peeking.items() if where == room)

    def knows_until(self, name: str, room: str, now: int) -> int:
        """Return the last moment at which somebody was openly seeing a room."""
        looks = self.rooms.get(name) == room and name not in self.away
        return now if looks else self.last_seen.get((name, room), NEVER)

    def play(self, number: int, event: Event, everybody: frozenset[str]) -> Sight | Hearsay | None:
        """Let an event happen and return what it shows or tells; None where it does neither.

        Raises:
            DataError: the event cannot happen here, for example somebody moves a thing of another room.
        """
        match event:
            case Enter():
                return self._enter(number, event)
            case Leave():
                for name in event.agents:
                    self._go(number, event, name)
            case Place():
                self.room_of[event.thing] = event.room
                return self._put(number, event, event.room)
            case Move():
                return self._put(number, event, self._room_of_mover(number, event))
            case Shift():
                _must(event.thing in self.room_of, number, event, "a thing is moved that is nowhere yet")
                return self._put(number, event, self.room_of[event.thing])
            case LookAway():
                room = self.rooms.get(event.agent)
                _must(
                    room is not None and event.agent not in self.away,
                    number,
                    event,
                    "somebody looks away who is in no room, or does so already",
                )
                self.last_seen[event.agent, self.rooms[event.agent]] = number
                self.away.add(event.agent)
            case LookBack():
                _must(event.agent in self.away, number, event, "somebody looks back who did not look away")
                self.away.remove(event.agent)
                return self._view(number, self.rooms[event.agent], (event.agent,))
            case Peek():
                outside = self.rooms.get(event.agent) != event.room and event.agent not in self.peeking
                _must(outside, number, event, "somebody peeks who is in the room or peeks already")
                self.peeking[event.agent] = event.room
                return self._view(number, event.room, (event.agent,))
            case StopPeeking():
                _must(event.agent in self.peeking, number, event, "somebody stops peeking who does not peek")
                self._stop(number, event.agent)
            case Claim():
                return self._claim(number, event, everybody)
        return None

    def _enter(self, number: int, event: Enter) -> Sight:
        for name in event.agents:
            self._stop(number, name)
            if name in self.rooms:
                self._go(number, event, name)
            self.rooms[name] = event.room
        return self._view(number, event.room, event.agents)

    def _go(self, number: int, event: Event, name: str) -> None:
        _must(name in self.rooms, number, event, f"{name} is in no room")
        room = self.rooms.pop(name)
        if name not in self.away:
            self.last_seen[name, room] = number
        self.away.discard(name)

    def _stop(self, number: int, name: str) -> None:
        room = self.peeking.pop(name, None)
        if room is not None:
            self.last_peeked[name, room] = number

    def _room_of_mover(self, number: int, event: Move) -> str:
        room = self.rooms.get(event.agent)
        _must(room is not None and event.agent not in self.away, number, event, "a thing is moved by nobody there")
        _must(self.room_of.get(event.thing) == room, number, event, "a thing is moved that is not in this room")
        return self.rooms[event.agent]

    def _put(self, number: int, event: Place | Move | Shift, room: str) -> Sight:
        there = self.room_of_place.setdefault(event.place, room)
        _must(there == room, number, event, f"the {event.place} is in another room, the {there}")
        self.place_of[event.thing] = event.place
        shown = {event.thing: event.place}
        return Sight(number, self.looking(room), self.watching(room), frozenset(), shown, frozenset())

    def _view(self, number: int, room: str, arrivals: tuple[str, ...]) -> Sight:
        """Return what somebody sees who begins to look into a room."""
        rooms = self.supposed | self.room_of_place
        bare = frozenset(place for place, where in rooms.items() if where == room and place not in self.closed)
        shown = {
            thing: self.place_of[thing]
            for thing, where in self.room_of.items()
            if where == room and self.place_of[thing] in bare
        }
        return Sight(number, self.looking(room), self.watching(room), frozenset(arrivals), shown, bare)

    def _claim(self, number: int, event: Claim, everybody: frozenset[str]) -> Hearsay:
        room = self.room_of.get(event.thing)
        _must(room is not None, number, event, "a claim is about a thing that is nowhere yet")
        room = self.room_of[event.thing]
        self.supposed[event.place] = room
        hearers = (frozenset(event.hearers) or everybody) - {event.speaker}
        speaker = self.knows_until(event.speaker, room, number)
        trusting = frozenset(name for name in hearers if self.knows_until(name, room, number) < speaker)
        convinced = frozenset(
            name
            for name in trusting
            if self.peeking.get(name) != room and self.last_peeked.get((name, room), NEVER) < speaker
        )
        return Hearsay(number, event, hearers | {event.speaker}, trusting, convinced)


@dataclass(frozen=True)
class Replay:
    """What a story shows and tells, in order, and how it ends."""

    impressions: tuple[Sight | Hearsay, ...]
    place_of: dict[str, str]
    """Where everything really is in the end."""

    def about(self, thing: str) -> Replay:
        """Return the same without what has nothing to say about a thing; quicker for many questions about it."""
        kept = (one for one in self.impressions if _is_about(one, thing))
        return Replay(tuple(kept), self.place_of)


def _is_about(impression: Sight | Hearsay, thing: str) -> bool:
    if isinstance(impression, Hearsay):
        return impression.claim.thing == thing
    return thing in impression.shown or bool(impression.bare)


def replay(story: Story) -> Replay:
    """Return who sees and hears what in a story.

    Raises:
        DataError: an event cannot happen; the message names it.
    """
    stage = Stage(closed=story.closed)
    everybody = frozenset(people(story))
    played = (stage.play(number, event, everybody) for number, event in enumerate(story.events))
    return Replay(tuple(one for one in played if one is not None), stage.place_of)


def _must(holds: bool, number: int, event: Event, problem: str) -> None:
    if not holds:
        raise DataError(
            f"an event cannot happen: {problem}",
            found=event.model_dump_json(),
            where=f"event {number + 1}",
            expected="events that follow from where people and things are",
        )
