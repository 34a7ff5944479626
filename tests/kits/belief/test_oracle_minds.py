"""The oracle against minds that are simulated one inside the other.

The simulation shares no code with the oracle: it keeps its own world, and every person has a mind that holds beliefs
and models of the others' minds, three levels deep. An event is given to the minds of those who perceive it, and each
of them gives it on to the models of those who are perceived to perceive it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from humankind.kits.belief.events import (
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
)
from humankind.kits.belief.oracle import HITOM, HOUSE, Rules, answer, steps

DEPTH = 3
PEOPLE, ROOMS, THINGS = ("Ann", "Ben", "Cleo"), ("den", "loft"), ("fig", "nut")
PLACES = {"den": ("bowl", "tray", "tin"), "loft": ("sack", "urn")}
CLOSED = frozenset({"tin", "urn"})


class Mind:
    """Somebody's beliefs, and that mind's models of other minds."""

    def __init__(self, owner: str, depth: int) -> None:
        self.owner = owner
        self.depth = depth
        self.beliefs: dict[str, str | None] = {}
        self.models = {name: Mind(name, depth + 1) for name in PEOPLE if name != owner} if depth < DEPTH else {}

    def perceive(self, facts: dict[str, str], empty: set[str], others: set[str]) -> None:
        """Learn facts and which places hold nothing else, and that others learn the same."""
        for thing in THINGS:
            if thing in facts:
                self.beliefs[thing] = facts[thing]
            elif self.beliefs.get(thing) in empty:
                self.beliefs[thing] = None
        for name in others & set(self.models):
            self.models[name].perceive(facts, empty, others)

    def hear(self, claim: Claim, heard: set[str], trusts: dict[str, bool], own_trust: bool | None = None) -> None:
        """Hear a claim; `trusts` is common knowledge, `own_trust` what a hearer knows of himself beyond it."""
        believes = trusts.get(self.owner, False) if own_trust is None else own_trust
        if self.owner != claim.speaker and believes:
            self.beliefs[claim.thing] = claim.place
        for name in heard & set(self.models):
            self.models[name].hear(claim, heard, trusts)
        if claim.speaker in self.models and believes:  # a trusting mind takes the speaker to mean it
            self.models[claim.speaker].beliefs[claim.thing] = claim.place


class World:
    """What is the case, and what goes on in every head."""

    def __init__(self) -> None:
        self.at: dict[str, str] = {}
        self.blind: set[str] = set()
        self.spying: dict[str, str] = {}
        self.where: dict[str, str] = {}
        self.minds = {name: Mind(name, 1) for name in PEOPLE}
        self.time = 0
        self.openly: dict[tuple[str, str], int] = {}
        self.anyhow: dict[tuple[str, str], int] = {}

    def room_of(self, thing: str) -> str:
        return next(room for room, places in PLACES.items() if self.where[thing] in places)

    def seeing(self, room: str) -> set[str]:
        return {name for name, place in self.at.items() if place == room} - self.blind

    def happen(self, event: Event) -> None:
        match event:
            case Enter():
                for name in event.agents:
                    self.spying.pop(name, None)
                    self.blind.discard(name)
                    self.at[name] = event.room
                self.look(event.room)
            case Leave():
                for name in event.agents:
                    self.blind.discard(name)
                    del self.at[name]
            case Place():
                self.put(event.thing, event.place, event.room)
            case Move() | Shift():
                self.put(event.thing, event.place, self.room_of(event.thing))
            case LookAway():
                self.blind.add(event.agent)
            case LookBack():
                self.blind.remove(event.agent)
                self.look(self.at[event.agent])
            case Peek():
                self.spying[event.agent] = event.room
                self.look(event.room)
            case StopPeeking():
                del self.spying[event.agent]
            case Claim():
                self.say(event)
        self.time += 1
        for room in ROOMS:
            for name in self.seeing(room):
                self.openly[name, room] = self.anyhow[name, room] = self.time
        for name, room in self.spying.items():
            self.anyhow[name, room] = self.time

    def look(self, room: str) -> None:
        """Everybody who sees a room sees all of it, again and again."""
        bare = {place for place in PLACES[room] if place not in CLOSED}
        self.show({thing: place for thing, place in self.where.items() if place in bare}, bare, room)

    def put(self, thing: str, place: str, room: str) -> None:
        self.where[thing] = place
        self.show({thing: place}, set(), room)

    def show(self, facts: dict[str, str], empty: set[str], room: str) -> None:
        openly = self.seeing(room)
        for name in openly | {spy for spy, target in self.spying.items() if target == room}:
            self.minds[name].perceive(facts, empty, openly)

    def say(self, claim: Claim) -> None:
        room = self.room_of(claim.thing)
        heard = {claim.speaker, *(claim.hearers or PEOPLE)}
        speaker = self.openly.get((claim.speaker, room), 0)
        trusts = {name: self.openly.get((name, room), 0) < speaker for name in heard - {claim.speaker}}
        for name in heard:
            own = self.anyhow.get((name, room), 0) < speaker and name != claim.speaker
            self.minds[name].hear(claim, heard, trusts, own)

    def possible(self) -> Iterator[Event]:
        """Yield everything that could happen next."""
        yield from (Place(thing=thing, place=place, room=room) for thing in THINGS if thing not in self.where
                    for room in ROOMS for place in PLACES[room])  # fmt: skip
        for name in PEOPLE:
            room = self.at.get(name)
            yield from (Enter(agents=(name,), room=other) for other in ROOMS if other != room)
            if room is None:
                watched = self.spying.get(name)
                yield from (Peek(agent=name, room=other) for other in ROOMS if watched is None)
                if watched is not None:
                    yield StopPeeking(agent=name)
            else:
                yield Leave(agents=(name,))
                yield LookBack(agent=name) if name in self.blind else LookAway(agent=name)
            for thing in self.where:
                place_room = self.room_of(thing)
                places = [place for place in PLACES[place_room] if place != self.where[thing]]
                if room == place_room and name not in self.blind:
                    yield from (Move(agent=name, thing=thing, place=place) for place in places)
                for place, hearers in product(PLACES[place_room], ((), *((one,) for one in PEOPLE if one != name))):
                    yield Claim(speaker=name, thing=thing, place=place, hearers=hearers)
        yield from (Shift(thing=thing, place=place) for thing in self.where
                    for place in PLACES[self.room_of(thing)] if place != self.where[thing])  # fmt: skip


@st.composite
def stories(draw: st.DrawFn) -> tuple[Story, World]:
    """A story of events drawn one by one from those possible, each kind equally likely, and the world after it.

    Everybody says something at the start of every story, so that all are in it: a claim that nothing supports.
    """
    world, events = World(), []

    def add(event: Event) -> None:
        world.happen(event)
        events.append(event)

    add(Enter(agents=PEOPLE, room="den"))
    add(Place(thing="fig", place=draw(st.sampled_from(PLACES["den"])), room="den"))
    for _ in range(draw(st.integers(3, 16))):
        by_kind: dict[str, list[Event]] = {}
        for event in world.possible():
            by_kind.setdefault(event.kind, []).append(event)
        kind = draw(st.sampled_from(sorted(by_kind)))
        add(draw(st.sampled_from(by_kind[kind])))
    return Story(events=tuple(events), closed=CLOSED), world


def chains(depth: int) -> list[tuple[str, ...]]:
    """Every chain of a depth in which nobody follows himself."""
    every = product(PEOPLE, repeat=depth)
    return [chain for chain in every if all(a != b for a, b in pairwise(chain))]


def in_mind(world: World, chain: tuple[str, ...], thing: str) -> str | None:
    mind = world.minds[chain[0]]
    for name in chain[1:]:
        mind = mind.models[name]
    return mind.beliefs.get(thing)


@settings(max_examples=250)
@given(stories())
def test_the_oracle_says_what_is_in_the_minds(drawn: tuple[Story, World]) -> None:
    story, world = drawn
    for thing in world.where:
        assert answer(story, Asking(thing=thing)) == world.where[thing]
        for chain in (chain for depth in (1, 2, 3) for chain in chains(depth)):
            found = answer(story, Asking(thing=thing, chain=chain))
            assert found == in_mind(world, chain, thing), (chain, thing, story.model_dump_json())


@settings(max_examples=60)
@given(stories(), st.sampled_from([HOUSE, HITOM]))
def test_the_last_step_that_counts_is_the_answer(drawn: tuple[Story, World], rules: Rules) -> None:
    story, world = drawn
    for thing, chain in product(world.where, [(), *chains(1), *chains(2), *chains(3)]):
        asking = Asking(thing=thing, chain=chain)
        taken = steps(story, asking, rules)
        counting = [step.place for step in taken if step.counts]
        assert ([None, *counting])[-1] == answer(story, asking, rules)
        assert all(step.why in ("told", "seen", "seen on looking", "empty") or step.place == before
                   for before, step in zip([None, *(one.place for one in taken)], taken, strict=False))  # fmt: skip


@settings(max_examples=60)
@given(stories())
def test_under_the_rules_of_hi_tom_a_claim_reaches_two_minds_and_no_third(drawn: tuple[Story, World]) -> None:
    story, world = drawn
    silent = Story(events=tuple(event for event in story.events if event.kind != "claim"), closed=story.closed)
    for thing, chain in product(world.where, chains(3)):
        asking = Asking(thing=thing, chain=chain)
        assert answer(story, asking, HITOM) == answer(silent, asking, HITOM)
    for thing, (name,) in product(world.where, chains(1)):
        asking = Asking(thing=thing, chain=(name,))
        assert answer(story, asking, HITOM) == answer(story, asking, HOUSE)


def test_the_simulation_is_not_trivial() -> None:
    """Guard of the test above: different minds do hold different things in it."""
    world = World()
    for event in (
        Enter(agents=PEOPLE, room="den"), Place(thing="fig", place="bowl", room="den"), Leave(agents=("Ann",)),
        Move(agent="Ben", thing="fig", place="tray"), Peek(agent="Ann", room="den"),
    ):  # fmt: skip
        world.happen(event)
    assert [in_mind(world, chain, "fig") for chain in (("Ann",), ("Ben",), ("Ben", "Ann"), ("Ann", "Ben", "Ann"))] == [
        "tray", "tray", "bowl", "bowl",
    ]  # fmt: skip


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_chains_are_counted(depth: int) -> None:
    assert len(chains(depth)) == 3 * 2 ** (depth - 1)
