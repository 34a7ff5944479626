"""Hi-ToM's sentences as events, and the oracle against its labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from humankind.kits.belief.events import Aside, Claim, Enter, Leave, Move, Place
from humankind.kits.belief.oracle import HOUSE, answer
from humankind.spine.errors import DataError
from humankind.systems.tom.hitom_events import agreement, asking_of, conflicts, story_of, verdicts

STORY = """1 Ann, Ben and Cleo entered the front_yard.
2 The sweet_potato is in the red_box.
3 Ben likes the red_box.
4 Ann moved the sweet_potato to the blue_crate.
5 Ann exited the front_yard.
6 Ben made no movements and stayed in the front_yard for 1 minute.
7 Ben exited the front_yard.
8 Cleo moved the sweet_potato to the red_box.
9 Cleo exited the front_yard.
10 Ann, Ben and Cleo entered the waiting_room.
11 Cleo publicly claimed that sweet_potato is in the green_tub.
12 Ann privately told Cleo that the sweet_potato is in the red_box.
"""


def test_every_sentence_becomes_its_event() -> None:
    events = story_of(STORY).events
    kinds = [Enter, Place, Aside, Move, Leave, Aside, Leave, Move, Leave, Enter, Claim, Claim]
    assert [type(event) for event in events] == kinds
    assert events[0] == Enter(agents=("Ann", "Ben", "Cleo"), room="front_yard")
    assert events[1] == Place(thing="sweet_potato", place="red_box", room="front_yard")
    assert events[10] == Claim(speaker="Cleo", thing="sweet_potato", place="green_tub")
    assert events[11] == Claim(speaker="Ann", hearers=("Cleo",), thing="sweet_potato", place="red_box")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where is the sweet_potato really?", "red_box"),
        ("Where does Ann really think the sweet_potato is?", "green_tub"),
        ("Where does Cleo really think the sweet_potato is?", "red_box"),
        ("Where does Ann think Ben thinks the sweet_potato is?", "green_tub"),
        ("Where does Cleo think Ann thinks Ben thinks the sweet_potato is?", "green_tub"),
    ],
)
def test_questions_are_asked_of_the_oracle(text: str, expected: str) -> None:
    assert answer(story_of(STORY), asking_of(text), HOUSE) == expected


@pytest.mark.parametrize(
    "line", ["Ann flew to the moon.", "ann exited the den.", "Ann entered the den", "The fig is in red_box.", ""]
)
def test_a_line_that_is_not_read_is_quoted(line: str) -> None:
    with pytest.raises(DataError) as caught:
        story_of(f"1 Ann and Ben entered the den.\n2 {line}\n3 Ann exited the den.", "row 7")
    assert caught.value.where == "row 7, line 2"
    assert line in str(caught.value.found)


def test_a_thing_before_any_room_is_refused() -> None:
    with pytest.raises(DataError, match="cannot be read"):
        story_of("The fig is in the red_box.")


@pytest.mark.parametrize("text", ["Where is the fig?", "Why does Ann think the fig is?", "Where does Ann go?"])
def test_a_question_that_is_not_read_is_quoted(text: str) -> None:
    with pytest.raises(DataError) as caught:
        asking_of(text)
    assert text in str(caught.value.found)


@pytest.mark.data
def test_the_oracle_agrees_with_the_labels_of_the_chain_of_thought_half(data_home: Path) -> None:
    found = verdicts(data_home / "hitom")
    assert len(found) == 1200
    by = agreement(found)
    truths = [counts for (half, _, order), counts in by.items() if order == 0]
    assert truths == [(60, 60)] * 4
    quiet = [verdict for verdict in found if verdict.half == "CoTP" and not verdict.communication]
    assert len(quiet) == 300
    assert sum(verdict.agrees for verdict in quiet) >= 292
    short = [verdict for verdict in quiet if verdict.chapters < 3]
    assert len(short) == sum(verdict.agrees for verdict in short) == 200
    assert by["CoTP", True, 1] == (60, 60)
    talk = [verdict for verdict in found if verdict.half == "CoTP" and verdict.communication]
    assert sum(verdict.agrees for verdict in talk) >= 291


@pytest.mark.data
def test_the_vanilla_half_has_the_worse_labels(data_home: Path) -> None:
    quiet = [one for one in verdicts(data_home / "hitom") if one.half == "VP" and not one.communication]
    assert sum(one.agrees for one in quiet) == 228


@pytest.mark.data
def test_labels_that_something_speaks_against_are_listed(data_home: Path) -> None:
    found = conflicts(data_home / "hitom")
    split = [one for one in found if one.why == "halves differ"]
    assert len(split) == 138  # 132, and 6 whose plain row has a line of asterisks behind its story
    assert all(one.gold != one.other for one in split)
    assert len(found) - len(split) == 23
    for_cot, for_plain = (sum(one.oracle == getattr(one, side) for one in split) for side in ("gold", "other"))
    assert for_cot > 5 * for_plain
