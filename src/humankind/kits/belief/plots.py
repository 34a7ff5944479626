"""Makes up what happens in a story: chapters in which people come, move things, leave, spy, look away and talk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal, get_args

from pydantic import Field

from humankind.kits.belief.events import (
    Aside,
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
)
from humankind.kits.belief.sight import Hearsay, Replay, Sight, Stage
from humankind.kits.belief.templates import EVENTS
from humankind.kits.belief.words import WORDS, Split, Words
from humankind.spine.config import Section
from humankind.spine.errors import ConfigError

Kind = Literal["plain", "looking away", "peeking", "closed places", "unobserved change", "communication", "mixed"]
"""What a story has beside coming, moving and leaving."""

KINDS: tuple[Kind, ...] = get_args(Kind)
_DRAFTS = 500
"""Stories drafted before the settings are held to be impossible."""


class Plot(Section):
    """How large stories are and what happens in them."""

    n_agents: int = Field(5, ge=2, le=20)
    n_rooms: int = Field(2, ge=1, le=8)
    n_places: int = Field(4, ge=2, le=8)
    """Places in each room."""

    n_things: int = Field(2, ge=1, le=8)
    """The first is the one that is asked about; the others are spread over the rooms."""

    n_chapters: int = Field(2, ge=1, le=6)
    """In the first, everybody meets in one room; in each further one a group meets in any room."""

    n_asides: int = Field(2, ge=0, le=20)
    """Sentences that change nothing."""

    kinds: tuple[Kind, ...] = Field(KINDS, min_length=1)
    """Stories take turns among them."""

    prob_move: float = Field(0.6, ge=0, le=1)
    """Probability that somebody whose turn it is moves a thing."""

    prob_return: float = Field(0.25, ge=0, le=1)
    """Probability, at each turn, that somebody who left comes in again."""

    prob_lie: float = Field(0.7, ge=0, le=1)
    """Probability that a claim names another place than the true one."""


@dataclass
class Draft:
    """A story in the making: its events so far, and what they showed and told."""

    plot: Plot
    kind: Kind
    words: Words
    random: Random
    cast: tuple[str, ...]
    things: tuple[str, ...]
    rooms: tuple[str, ...]
    places: dict[str, tuple[str, ...]]
    stage: Stage
    events: list[Event] = field(default_factory=list)
    impressions: list[Sight | Hearsay] = field(default_factory=list)

    def add(self, event: Event) -> None:
        """Let an event happen."""
        impression = self.stage.play(len(self.events), event, frozenset(self.cast))
        self.events.append(event)
        if impression is not None:
            self.impressions.append(impression)

    def has(self, prob: float) -> bool:
        """Return whether something of this probability happens."""
        return self.random.random() < prob

    def may(self, kind: Kind) -> bool:
        """Return whether the story has what is particular to a kind; `mixed` has it two times in three."""
        return self.kind == kind or (self.kind == "mixed" and self.has(0.67))


@dataclass(frozen=True)
class Made:
    """A finished story."""

    story: Story
    replayed: Replay
    """What it shows and tells of the thing; the asides are not counted in the positions of events."""
    kind: Kind
    thing: str
    """The thing to ask about."""
    cast: tuple[str, ...]
    places: tuple[str, ...]
    """Every place there is, named in the story or not."""


def make(plot: Plot, kind: Kind, split: Split, random: Random) -> Made:
    """Return a story of a kind.

    Args:
        plot: sizes and probabilities.
        kind: what is particular about it.
        split: bank of words.
        random: source of all choices.

    Raises:
        ConfigError: no story of this kind comes about with these settings.
    """
    for _ in range(_DRAFTS):
        draft = _draft(plot, kind, WORDS[split], random)
        for chapter in range(plot.n_chapters):
            _chapter(draft, chapter)
        if _is_of_its_kind(draft):
            replayed = Replay(tuple(draft.impressions), draft.stage.place_of).about(draft.things[0])
            events = _with_asides(draft, split)
            return Made(
                story=Story(events=events, closed=draft.stage.closed),
                replayed=replayed,
                kind=kind,
                thing=draft.things[0],
                cast=draft.cast,
                places=tuple(place for room in draft.rooms for place in draft.places[room]),
            )
    raise ConfigError(
        "these settings give hardly any story of this kind",
        found=f"{kind!r} with {plot.n_agents} people and {plot.n_chapters} chapters",
        where="Plot",
        expected="enough people, chapters and moves for what the kind needs",
        remedy="give more people or chapters, or leave the kind out",
    )


def _is_of_its_kind(draft: Draft) -> bool:
    """Return whether something happened that makes the story one of its kind."""
    closed, happened = draft.stage.closed, {event.kind for event in draft.events}
    hidden = any(isinstance(event, Move) and event.place in closed for event in draft.events)
    return {
        "plain": True,
        "mixed": len(happened & {"look away", "peek", "shift", "claim"}) + hidden > 1,
        "looking away": "look away" in happened,
        "peeking": "peek" in happened,
        "closed places": hidden,
        "unobserved change": "shift" in happened,
        "communication": "claim" in happened,
    }[draft.kind]


def _draft(plot: Plot, kind: Kind, words: Words, random: Random) -> Draft:
    rooms = random.sample(words.rooms, plot.n_rooms)
    lidded = kind in ("closed places", "mixed")
    n_lidded = plot.n_rooms * (plot.n_places // 2) if lidded else 0
    n_open = plot.n_rooms * plot.n_places - n_lidded
    closed = random.sample(words.lidded_places, n_lidded)
    pool = [iter(random.sample(words.open_places, n_open)), iter(closed)]
    n_closed_each = n_lidded // plot.n_rooms
    places = {
        room: tuple(next(pool[i < n_closed_each]) for i in range(plot.n_places))
        for room in rooms
    }  # fmt: skip
    return Draft(
        plot=plot,
        kind=kind,
        words=words,
        random=random,
        cast=tuple(random.sample(words.names, plot.n_agents)),
        things=tuple(random.sample(words.things, plot.n_things)),
        rooms=tuple(rooms),
        places=places,
        stage=Stage(closed=frozenset(closed)),
    )


# -- a chapter --------------------------------------------------------------------------------------------


def _chapter(draft: Draft, number: int) -> None:
    """Let a group meet, act one after the other, and part."""
    random, stage = draft.random, draft.stage
    room = draft.rooms[0] if not number or draft.has(0.6) else random.choice(draft.rooms)
    group = list(draft.cast) if not number else random.sample(draft.cast, random.randint(2, len(draft.cast)))
    random.shuffle(group)
    _gather(draft, room, group)
    for position, thing in enumerate(draft.things):
        if thing not in stage.room_of and draft.rooms[position % len(draft.rooms)] == room:
            open_places = [place for place in draft.places[room] if place not in stage.closed]
            draft.add(Place(thing=thing, place=random.choice(open_places), room=room))
    for name in group:
        _turn(draft, room, name)
    _part(draft, room)
    if draft.may("communication"):
        _talk(draft, room, group)


def _gather(draft: Draft, room: str, group: Sequence[str]) -> None:
    """Bring a group into a room: who is elsewhere leaves there first, who is there already stays."""
    stage = draft.stage
    coming = [name for name in group if stage.rooms.get(name) != room]
    for name in coming:
        if name in stage.rooms:
            draft.add(Leave(agents=(name,)))
    if coming:
        draft.add(Enter(agents=tuple(coming), room=room))


def _turn(draft: Draft, room: str, name: str) -> None:
    """Let somebody have a turn: perhaps something particular, perhaps a move, perhaps a leave."""
    plot, random, stage = draft.plot, draft.random, draft.stage
    if stage.rooms.get(name) != room:
        return
    if name in stage.away:
        draft.add(LookBack(agent=name))
    _particular(draft, room, name)
    if draft.has(plot.prob_move):
        _move(draft, room, name)
    if draft.has(0.75):
        draft.add(Leave(agents=(name,)))
    gone = [other for other in draft.cast if other not in stage.rooms and other not in stage.peeking]
    if gone and len(stage.looking(room)) > 0 and draft.has(plot.prob_return):
        draft.add(Enter(agents=(random.choice(gone),), room=room))


def _particular(draft: Draft, room: str, name: str) -> None:
    """Let happen what is particular to the kind of the story, about every other time."""
    random, stage = draft.random, draft.stage
    here = sorted(stage.looking(room) - {name})
    if here and draft.may("looking away") and draft.has(0.4):
        draft.add(LookAway(agent=random.choice(here)))
    if stage.peeking and draft.has(0.5):
        draft.add(StopPeeking(agent=random.choice(sorted(stage.peeking))))
    gone = [other for other in draft.cast if other not in stage.rooms and other not in stage.peeking]
    if gone and draft.may("peeking") and draft.has(0.6):
        draft.add(Peek(agent=random.choice(gone), room=room))
    if draft.may("unobserved change") and len(here) < len(draft.cast) - 2 and draft.has(0.4):
        _shift(draft, room)


def _move(draft: Draft, room: str, name: str) -> None:
    thing = _thing(draft, room)
    if thing is not None:
        draft.add(Move(agent=name, thing=thing, place=_other_place(draft, thing, draft.places[room])))


def _shift(draft: Draft, room: str) -> None:
    thing = _thing(draft, room)
    places = [place for place in draft.places[room] if place not in draft.stage.closed]
    if thing is not None and any(place != draft.stage.place_of[thing] for place in places):
        cause = draft.random.choice(draft.words.causes)
        draft.add(Shift(thing=thing, place=_other_place(draft, thing, places), cause=cause))


def _thing(draft: Draft, room: str) -> str | None:
    """Return a thing of a room, three times in four the one that is asked about if it is there."""
    here = [thing for thing in draft.things if draft.stage.room_of.get(thing) == room]
    if not here:
        return None
    return here[0] if draft.has(0.75) else draft.random.choice(here)


def _other_place(draft: Draft, thing: str, places: Sequence[str]) -> str:
    return draft.random.choice([place for place in places if place != draft.stage.place_of[thing]])


def _part(draft: Draft, room: str) -> None:
    """Let those who are still there leave one by one; a thing may move once they are gone. Now and then they stay."""
    stage, random = draft.stage, draft.random
    left = sorted(name for name, where in stage.rooms.items() if where == room)
    random.shuffle(left)
    if draft.has(0.3):
        for name in sorted(stage.away & set(left)):
            draft.add(LookBack(agent=name))
        left = []
    for name in left:
        draft.add(Leave(agents=(name,)))
    if draft.may("unobserved change") and draft.has(0.5):
        _shift(draft, room)
    for name in sorted(stage.peeking):
        draft.add(StopPeeking(agent=name))


def _talk(draft: Draft, room: str, group: Sequence[str]) -> None:
    """Let one or two people say where a thing is, to everybody or in private."""
    stage, random = draft.stage, draft.random
    for _ in range(random.randint(1, 2)):
        thing = _thing(draft, room)
        if thing is None:
            return
        speaker = random.choice(group)
        others = [name for name in draft.cast if name != speaker]
        lie = draft.has(draft.plot.prob_lie)
        place = _other_place(draft, thing, draft.places[room]) if lie else stage.place_of[thing]
        hearers = () if draft.has(0.5) else (random.choice(others),)
        draft.add(Claim(speaker=speaker, thing=thing, place=place, hearers=hearers))


# -- asides -----------------------------------------------------------------------------------------------


def _with_asides(draft: Draft, split: Split) -> tuple[Event, ...]:
    """Return the events with asides among them, none before the first event."""
    events, random = list(draft.events), draft.random
    bank = EVENTS[split]["aside"]
    for _ in range(draft.plot.n_asides):
        text = random.choice(bank).format(
            name=random.choice(draft.cast),
            thing=random.choice(draft.things),
            place=random.choice(draft.places[random.choice(draft.rooms)]),
        )
        events.insert(random.randint(1, len(events)), Aside(text=text))
    return tuple(events)
