"""Puts a story and a question into sentences, one sentence an event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

from humankind.kits.belief.events import (
    Aside,
    Asking,
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
    people_in,
    without_repeats,
)
from humankind.kits.belief.oracle import HOUSE, Rules
from humankind.kits.belief.templates import EVENTS, QUESTIONS, RULES
from humankind.kits.belief.words import Split


def sentences(story: Story, split: Split, random: Random) -> tuple[str, ...]:
    """Return one sentence for each event, in order.

    >>> story = Story(events=(Enter(agents=("Ann", "Ben"), room="den"), Leave(agents=("Ben",))))
    >>> sentences(story, "train", Random(1))
    ('Ann and Ben walked into the den.', 'Ben stepped out of the den.')
    """
    banks, told = EVENTS[split], []
    rooms: dict[str, str] = {}
    thing_rooms: dict[str, str] = {}
    for event in story.events:
        if isinstance(event, Aside):
            told.append(event.text)
            continue
        room = _room(event, rooms, thing_rooms)
        bank = banks[_bank(event)]
        told.append(bank[int(random.random() * len(bank))].format_map(_words(event, room)))
    return tuple(told)


def preface(story: Story, split: Split, rules: Rules = HOUSE) -> str:
    """Return what a reader must know of how seeing and speaking work in this story."""
    texts, kinds = RULES[split], {event.kind for event in story.events}
    told = [texts["base"]]
    if story.closed:
        told.append(texts["closed"].format(places=listed(f"the {place}" for place in sorted(story.closed))))
    told += [texts[kind] for kind in ("look away", "peek", "claim") if kind in kinds]
    if "claim" in kinds and rules != HOUSE:
        told.append(texts["pairs"])
    return " ".join(told)


def question(asking: Asking, split: Split, random: Random) -> str:
    """Return the question in words.

    >>> question(Asking(thing="key", chain=("Ann", "Ben")), "train", Random(0))
    'In which place does Ann think Ben thinks the key is?'
    """
    banks, chain = QUESTIONS[split], without_repeats(asking.chain)
    bank = banks["belief" if chain else "truth"]
    template = bank[int(random.random() * len(bank))]
    if not chain:
        return template.format(thing=asking.thing)
    others = "".join(banks["other"][0].format(name=name) for name in chain[1:])
    return template.format(first=chain[0], others=others, thing=asking.thing)


def listed(names: Iterable[str]) -> str:
    """Return names as a list in English.

    >>> listed(["Ann", "Ben", "Cleo"])
    'Ann, Ben and Cleo'
    """
    first: Sequence[str]
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _room(event: Event, rooms: dict[str, str], thing_rooms: dict[str, str]) -> str:
    """Return the room in which an event happens, and keep track of who and what is where."""
    match event:
        case Enter() | Peek():
            for name in people_in(event):
                rooms[name] = event.room
            return event.room
        case Leave() | StopPeeking():
            left = [rooms.pop(name, "") for name in people_in(event)]
            return left[0]
        case LookAway() | LookBack():
            return rooms.get(event.agent, "")
        case Claim() | Aside():
            return ""
    if event.kind == "place":
        thing_rooms[event.thing] = event.room
    return thing_rooms.get(event.thing, "")


def _bank(event: Event) -> str:
    return event.kind if not isinstance(event, Claim) else "claim private" if event.hearers else "claim public"


def _words(event: Event, room: str) -> dict[str, str]:
    words = {"room": room}
    if isinstance(event, Place | Move | Shift | Claim):
        words |= {"thing": event.thing, "place": event.place}
    if isinstance(event, Shift):
        words["cause"] = event.cause
    if isinstance(event, Claim):
        return words | {"who": event.speaker, "hearers": listed(event.hearers) if event.hearers else ""}
    who = people_in(event)
    return words | {"who": listed(who) if who else ""}
