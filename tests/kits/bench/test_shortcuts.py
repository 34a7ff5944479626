"""Shortcuts: each finds what it is made for, none does well on our own set."""

from __future__ import annotations

import pytest

from humankind.kits.bench.questions import Question
from humankind.kits.bench.shortcuts import STANDARD, battery, worth
from humankind.systems.motivation.data import own


def question(options: tuple[str, ...], gold: int, story: str = "Ann missed the bus to the harbour.") -> Question:
    return Question(id="q", suite="s", story=story, text="Why did she run?", options=options, gold=gold)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("longest option", ("joy", "fear", "a very long and winding reason")),
        ("shortest option", ("a long reason", "another long reason", "joy")),
        ("most words shared with the stem", ("for the bird", "for her mother", "for the bus to the harbour")),
        ("largest part shared with the stem", ("for bread wine salt", "bus bread wine salt", "harbour")),
        ("option most like the others", ("red fish", "blue bird", "red bird")),
        ("option least like the others", ("red fish", "red bird", "blue cat")),
    ],
)
def test_each_way_takes_what_it_is_named_for(name: str, options: tuple[str, ...]) -> None:
    assert battery([question(options, gold=2)])[name] == 1
    assert battery([question(options, gold=0)])[name] == 0


def test_equals_are_drawn_by_lot() -> None:
    found = battery([question(("aa", "bb", "cc", "dddd"), gold=0)])
    assert found["shortest option"] == pytest.approx(1 / 3)
    assert found["longest option"] == 0


def test_no_way_is_far_from_chance_on_our_set() -> None:
    found = battery(own().questions)
    assert list(found) == list(STANDARD)
    for name, accuracy in found.items():
        assert accuracy == pytest.approx(1 / 6, abs=0.05), name


def test_first_and_last_options_and_what_has_nothing_to_go_by() -> None:
    asked = [question(("aa", "bb", "cc"), gold=gold) for gold in range(3)]
    found = battery(asked)
    assert (found["first option"], found["last option"]) == (1 / 3, 1 / 3)
    assert battery(asked[:1])["first option"] == 1
    assert worth(lambda one: [None] * len(one.options), asked[0]) == pytest.approx(1 / 3)
    assert worth(lambda one: [None, 0.0, 1.0], asked[2]) == 1
    assert battery([Question(id="q", suite="s", text="Open?", answer="yes")]) == {}
