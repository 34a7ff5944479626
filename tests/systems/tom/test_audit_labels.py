"""Shortcuts against hand counts; the labels of Hi-ToM against each other and its stories."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from humankind.kits.bench.questions import Question
from humankind.kits.bench.shortcuts import worth
from humankind.systems.tom import suites
from humankind.systems.tom.audit import audit
from humankind.systems.tom.audit_hitom import never_named, with_labels
from humankind.systems.tom.shortcuts import SHORTCUTS, shortcuts_table

STORY = (
    "1 Ada entered the den.\n2 The fig is in the red_box.\n3 Bo moved the fig to the blue_jar.\n"
    "4 The pea is in the oven.\n"
)
CLAIM = "5 Bo publicly claimed that fig is in the green_sack.\n"


def question(
    story: str, options: tuple[str, ...], gold: int, text: str = "Where does Ada think the fig is?"
) -> Question:
    return Question(id="q", suite="s", story=story, text=text, options=options, gold=gold, answer=options[gold])


PLACES = ("blue_jar", "red_box", "the white cup", "tin")


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("longest option", 2),
        ("shortest option", 3),
        ("option that the story names first", 1),
        ("option that the story names last", 0),
    ],
)
def test_a_shortcut_points_where_it_says(name: str, right: int) -> None:
    for gold in range(4):
        assert worth(SHORTCUTS[name], question(STORY, PLACES, gold)) == (gold == right)


def test_a_tie_is_shared_and_no_clue_is_a_guess() -> None:
    assert worth(SHORTCUTS["longest option"], question(STORY, ("aa", "bb", "c"), 0)) == 0.5
    assert worth(SHORTCUTS["option that the story names last"], question("Nothing.", PLACES, 0)) == 0.25


def test_words_shared_leave_out_common_ones() -> None:
    asked = question("", ("the fig", "the cup"), 0, "Who sees the fig in the box?")
    assert worth(SHORTCUTS["largest part shared with the question"], asked) == 1


def test_the_table_of_shortcuts_holds_chance() -> None:
    table = shortcuts_table([question(STORY, PLACES, gold) for gold in range(4)])
    assert len(table.rows) == len(SHORTCUTS) == 13
    assert {row[2] for row in table.rows} == {0.25}
    assert dict((row[0], row[1]) for row in table.rows)["longest option"] == 0.25


@pytest.mark.parametrize(
    ("place", "named"), [("red_box", True), ("blue_jar", True), ("green_sack", True), ("oven", False)]
)
def test_a_gold_is_a_place_where_the_object_was_or_was_claimed_to_be(place: str, named: bool) -> None:
    options = ("red_box", "blue_jar", "green_sack", "oven")
    asked = question(STORY + CLAIM, options, options.index(place))
    assert never_named(asked) is not named


@pytest.mark.data
def test_the_real_labels_conflict_as_was_counted_before(data_home: Path) -> None:
    path = data_home / "hitom"
    found = with_labels(audit(suites.load(str(path))), path)
    counts = {check.name: check.found for check in found.checks}
    assert counts["gold that differs between the halves"] == 138  # 132 and six behind a stray line
    assert counts["row whose gold is a place where the object never was"] == 23
    assert counts["row whose gold is a place that nobody names for the object"] == 5
    kinds = Counter(conflict["kind"] for conflict in found.conflicts)
    assert (kinds["halves differ"], kinds["never there"]) == (138, 23)
    assert kinds["tracker differs"] == counts["row whose gold a tracker of beliefs contradicts"]
    assert all(one["gold"] != one["other half"] for one in found.conflicts if one["kind"] == "halves differ")
    assert all(one["gold"] != one["tracker"] for one in found.conflicts if one["kind"] == "tracker differs")


@pytest.mark.data
def test_the_tracker_agrees_with_the_half_that_is_used_and_less_with_the_other(data_home: Path) -> None:
    path = data_home / "hitom"
    found = with_labels(audit(suites.load(str(path))), path)
    table = next(table for table in found.tables if table.title.startswith("Labels that a tracker"))
    rows = [dict(zip(table.columns, row)) for row in table.rows]
    assert sum(row["rows"] for row in rows) == 1200
    used = [row for row in rows if row["half"] == "CoTP" and row["stories"] == "no communication"]
    other = [row for row in rows if row["half"] == "VP" and row["stories"] == "no communication"]
    assert all(row["agree"] == row["rows"] for row in rows if row["order"] == 0)
    assert sum(row["agree"] for row in used) >= 292
    assert sum(row["agree"] for row in other) <= 228
