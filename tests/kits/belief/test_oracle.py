"""The worked examples of the oracle's docstring, its laws, and stories that cannot be."""

from __future__ import annotations

from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    people,
    renamed,
)
from humankind.kits.belief.oracle import HITOM, HOUSE, answer, steps
from humankind.kits.belief.plots import KINDS, Plot, make
from humankind.spine.errors import DataError

IN = Enter(agents=("Ann", "Ben"), room="den")
BOX = Place(thing="key", place="box", room="den")
OUT = Leave(agents=("Ann",))
JAR = Move(agent="Ben", thing="key", place="jar")
BACK = Enter(agents=("Ann",), room="den")
BEN_OUT = Leave(agents=("Ben",))
AWAY, LOOK = LookAway(agent="Ann"), LookBack(agent="Ann")
PEEK, STOP = Peek(agent="Ann", room="den"), StopPeeking(agent="Ann")
BEN_SAYS = Claim(speaker="Ben", thing="key", place="tin", hearers=("Ann",))
ANN_SAYS = Claim(speaker="Ann", thing="key", place="tin", hearers=("Ben",))


def asked(events: tuple[Event, ...], *chain: str, closed: frozenset[str] = frozenset()) -> str | None:
    return answer(Story(events=events, closed=closed), Asking(thing="key", chain=chain))


@pytest.mark.parametrize(
    ("events", "chain", "expected"),
    [
        ((IN, BOX, OUT, JAR), (), "jar"),
        ((IN, BOX, OUT, JAR), ("Ann",), "box"),
        ((IN, BOX, OUT, JAR), ("Ben",), "jar"),
        ((IN, BOX, OUT, JAR), ("Ben", "Ann"), "box"),
        ((IN, BOX, OUT, JAR), ("Ann", "Ben"), "box"),
        ((IN, BOX, OUT, JAR, BACK), ("Ben", "Ann"), "jar"),
        ((IN, BOX, OUT, JAR, BACK), ("Ann", "Ben", "Ann", "Ben"), "jar"),
        ((IN, BOX, OUT, PEEK, JAR), ("Ann",), "jar"),
        ((IN, BOX, OUT, PEEK, JAR), ("Ann", "Ben"), "jar"),
        ((IN, BOX, OUT, PEEK, JAR), ("Ben", "Ann"), "box"),
        ((IN, BOX, OUT, PEEK, JAR), ("Ann", "Ben", "Ann"), "box"),
        ((IN, BOX, OUT, PEEK, STOP, JAR), ("Ann",), "box"),
        ((IN, BOX, OUT, JAR, PEEK), ("Ann",), "jar"),
        ((IN, BOX, AWAY, JAR), ("Ann",), "box"),
        ((IN, BOX, AWAY, JAR), ("Ben", "Ann"), "box"),
        ((IN, BOX, AWAY, JAR, LOOK), ("Ben", "Ann"), "jar"),
        ((IN, BOX, OUT, BEN_OUT, Shift(thing="key", place="jar")), ("Ben",), "box"),
        ((IN, BOX, OUT, Shift(thing="key", place="jar")), ("Ben",), "jar"),
        ((IN, BOX, OUT, JAR, BEN_OUT, BEN_SAYS), ("Ann",), "tin"),
        ((IN, BOX, OUT, JAR, BEN_OUT, BEN_SAYS), ("Ann", "Ben"), "tin"),
        ((IN, BOX, OUT, JAR, BEN_OUT, BEN_SAYS), ("Ben",), "jar"),
        ((IN, BOX, OUT, JAR, BEN_OUT, BEN_SAYS), ("Ben", "Ann"), "tin"),
        ((IN, BOX, OUT, JAR, BEN_OUT, BEN_SAYS), (), "jar"),
        ((IN, BOX, OUT, JAR, BEN_OUT, ANN_SAYS), ("Ben",), "jar"),
        ((IN, BOX, OUT, JAR, BEN_OUT, ANN_SAYS), ("Ann", "Ben"), "box"),
        # A secret look after the speaker has left makes the hearer doubt; the speaker does not know that.
        ((IN, BOX, OUT, JAR, BEN_OUT, PEEK, STOP, BEN_SAYS), ("Ann",), "jar"),
        ((IN, BOX, OUT, JAR, BEN_OUT, PEEK, STOP, BEN_SAYS), ("Ann", "Ben"), "box"),
        ((IN, BOX, OUT, JAR, BEN_OUT, PEEK, STOP, BEN_SAYS), ("Ben", "Ann"), "tin"),
        # Those who leave together saw equally much: no trust.
        ((IN, BOX, Leave(agents=("Ann", "Ben")), BEN_SAYS), ("Ann",), "box"),
        # Who stands in the room believes his eyes.
        ((IN, BOX, BEN_SAYS), ("Ann",), "box"),
    ],
)  # fmt: skip
def test_worked_examples(events: tuple[Event, ...], chain: tuple[str, ...], expected: str) -> None:
    assert asked(events, *chain) == expected


def test_a_lid_hides_what_is_in_a_place_and_an_empty_open_place_tells_that_much() -> None:
    lid = frozenset({"jar"})
    assert asked((IN, BOX, OUT, JAR), "Ann", closed=lid) == "box"
    assert asked((IN, BOX, OUT, JAR, BACK), "Ann", closed=lid) is None
    assert asked((IN, BOX, OUT, JAR, BACK), "Ben", "Ann", closed=lid) is None
    assert asked((IN, BOX, OUT, JAR, BACK), "Ben", closed=lid) == "jar"
    assert asked((IN, BOX, OUT, JAR, BACK), "Ann", closed=frozenset({"box", "jar"})) == "box"
    by = [step.why for step in steps(Story(events=(IN, BOX, OUT, JAR, BACK), closed=lid), _about("Ann"))]
    assert by == ["seen", "unseen", "empty"]


def test_an_open_place_that_a_claim_named_is_looked_into() -> None:
    events = (IN, BOX, OUT, JAR, BEN_OUT, BEN_SAYS, BACK)
    assert asked(events, "Ann", closed=frozenset({"jar"})) is None
    assert asked(events, "Ann", closed=frozenset({"jar", "tin"})) == "tin"


def test_public_claims_convince_those_who_left_earlier_and_everybody_knows() -> None:
    cast = ("Ann", "Ben", "Cleo")
    events = (
        Enter(agents=cast, room="den"), BOX, OUT, BEN_OUT, Move(agent="Cleo", thing="key", place="jar"),
        Leave(agents=("Cleo",)), Claim(speaker="Ben", thing="key", place="tin"),
    )  # fmt: skip
    expected = {
        ("Ann",): "tin", ("Ben",): "box", ("Cleo",): "jar", ("Ann", "Ben"): "tin", ("Ben", "Ann"): "tin",
        ("Cleo", "Ann"): "tin", ("Ann", "Cleo"): "box", ("Ben", "Cleo"): "box", ("Cleo", "Ben"): "box",
        ("Cleo", "Ann", "Ben"): "tin", ("Ann", "Cleo", "Ben"): "box", ("Ben", "Cleo", "Ann"): "tin",
    }  # fmt: skip
    assert {chain: asked(events, *chain) for chain in expected} == expected
    by_label = {**expected, ("Cleo", "Ann"): "box", ("Ben", "Cleo"): "tin", ("Cleo", "Ann", "Ben"): "box",
                ("Ben", "Cleo", "Ann"): "box"}  # fmt: skip
    story = Story(events=events)
    assert {chain: answer(story, Asking(thing="key", chain=chain), HITOM) for chain in expected} == by_label
    assert steps(story, Asking(thing="key", chain=("Cleo", "Ann", "Ben")), HITOM)[-1].why == "not weighed"


def test_why_an_event_does_not_count() -> None:
    story = Story(events=(IN, BOX, OUT, JAR, BEN_OUT, ANN_SAYS, BEN_SAYS))
    found = [(step.number, step.why, step.place, step.missing) for step in steps(story, _about("Ben", "Ann"))]
    assert found == [
        (1, "seen", "box", ()), (3, "unseen", "box", ("Ann",)), (5, "doubted", "box", ("Ben",)), (6, "told", "tin", ()),
    ]  # fmt: skip
    three = Story(events=(*story.events, Enter(agents=("Cleo",), room="den")))
    assert steps(three, _about("Cleo", "Ann"))[-1].why == "unheard"


def test_nobody_knows_of_what_nobody_has_seen() -> None:
    assert asked((IN, Enter(agents=("Cleo",), room="loft"), BOX), "Cleo") is None
    assert asked((IN, BOX), "Stranger") is None
    assert answer(Story(events=(IN,)), Asking(thing="key")) is None


@pytest.mark.parametrize(
    ("events", "problem"),
    [
        ((OUT,), "Ann is in no room"),
        ((IN, JAR), "not in this room"),
        ((IN, BOX, BEN_OUT, JAR), "moved by nobody there"),
        ((IN, BOX, LookAway(agent="Ben"), JAR), "moved by nobody there"),
        ((IN, AWAY, AWAY), "looks away"),
        ((IN, LOOK), "looks back"),
        ((IN, PEEK), "peeks who is in the room"),
        ((IN, STOP), "does not peek"),
        ((IN, Shift(thing="key", place="jar")), "nowhere yet"),
        ((IN, BEN_SAYS), "nowhere yet"),
        ((IN, BOX, Place(thing="fig", place="box", room="loft")), "another room"),
    ],
)
def test_an_event_that_cannot_happen_is_named(events: tuple[Event, ...], problem: str) -> None:
    with pytest.raises(DataError, match=problem) as caught:
        asked(events)
    assert caught.value.where == f"event {len(events)}"


# -- laws, on generated stories ---------------------------------------------------------------------------

MADE = st.builds(
    lambda seed, kind: make(Plot(n_agents=4), kind, "train", Random(seed)),
    st.integers(0, 10**6), st.sampled_from(KINDS),
)  # fmt: skip


def _about(*chain: str, thing: str = "key") -> Asking:
    return Asking(thing=thing, chain=chain)


def _askings(story: Story, thing: str) -> list[Asking]:
    return [Asking(thing=thing, chain=chain) for depth in range(4) for chain in permutations(people(story), depth)]


@settings(max_examples=40)
@given(MADE, st.integers(0, 10**6))
def test_a_sentence_that_changes_nothing_changes_no_answer(made, seed) -> None:
    random, events = Random(seed), list(made.story.events)
    for _ in range(5):
        events.insert(random.randint(0, len(events)), Aside(text=f"{random.choice(made.cast)} saw a dog."))
    other = made.story.model_copy(update={"events": tuple(events)})
    for asking in _askings(made.story, made.thing):
        assert answer(other, asking) == answer(made.story, asking)


@settings(max_examples=40)
@given(MADE, st.permutations(range(4)))
def test_other_names_give_the_same_answers_by_other_names(made, turn) -> None:
    names = dict(zip(made.cast, [made.cast[i] for i in turn], strict=True)) | {made.thing: "ring"}
    names |= {place: f"other {place}" for place in made.places}
    other = renamed(made.story, names)
    for asking in _askings(made.story, made.thing):
        found = answer(made.story, asking)
        chain = tuple(names[name] for name in asking.chain)
        assert answer(other, _about(*chain, thing="ring")) == (found and names[found])


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.lists(st.integers(0, 3), min_size=1, max_size=8))
def test_where_nobody_leaves_and_nothing_is_hidden_everybody_knows(seed, moves) -> None:
    random, cast = Random(seed), ("Ann", "Ben", "Cleo", "Dan")
    events: list[Event] = [Enter(agents=cast, room="den"), BOX]
    events += [Move(agent=cast[i], thing="key", place=random.choice(("jar", "tin", "box"))) for i in moves]
    story = Story(events=tuple(events))
    truth = answer(story, _about())
    assert {answer(story, asking) for asking in _askings(story, "key")} == {truth}


@settings(max_examples=40)
@given(MADE)
def test_one_knows_ones_own_mind(made) -> None:
    first, second = made.cast[:2]
    for chain in ((first,), (first, second)):
        twice = tuple(name for name in chain for _ in range(2))
        assert answer(made.story, _about(*twice, thing=made.thing)) == answer(
            made.story, _about(*chain, thing=made.thing)
        )
    assert _about(first, first, second).order == 2


@settings(max_examples=60)
@given(MADE)
def test_the_replay_of_the_generator_is_that_of_the_story(made) -> None:
    from humankind.kits.belief.oracle import answer_in

    for asking in _askings(made.story, made.thing):
        assert answer_in(made.replayed, asking, HOUSE) == answer(made.story, asking, HOUSE)


@settings(max_examples=30)
@given(MADE)
def test_a_story_survives_json(made) -> None:
    assert Story.model_validate_json(made.story.model_dump_json()) == made.story
