"""The audit finds what was planted, finds nothing in sound questions, and leaves files alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from humankind.kits.bench.questions import Question
from humankind.systems.tom.audit import Audit, Check, audit
from humankind.systems.tom.data import Suite

NAMES = ("Ann", "Bob", "Cid", "Dora", "Eve", "Finn", "Gus", "Hal")


def question(number: int, **changed: Any) -> Question:
    who = NAMES[number % len(NAMES)]
    options = (f"the red box {number}", f"the blue jar {number}", f"the old sack {number}", f"the tin pot {number}")
    values = {
        "id": f"q{number}",
        "suite": "made",
        "story": f"On day {number} {who} hid a coin.",
        "text": f"Where does {who} look on day {number}?",
        "options": options,
        "gold": number % 4,
        "category": "belief",
    } | changed
    return Question.model_validate(values | {"answer": values["options"][values["gold"]]})


def suite(*questions: Question, name: str = "made") -> Suite:
    return Suite(name=name, title="made up", questions=questions)


def check(found: Audit, name: str) -> Check:
    return next(check for check in found.checks if check.name == name)


def sound(n: int = 40) -> list[Question]:
    return [question(number) for number in range(n)]


def test_sound_questions_have_no_findings() -> None:
    found = audit(suite(*sound()))
    assert found.n_questions == 40
    assert found.chance == 0.25
    assert len(found.checks) >= 6
    assert not [check.name for check in found.checks if check.found]


def test_a_repeated_item_is_found_whatever_its_marks_capitals_and_order_of_options() -> None:
    first = question(3)
    again = question(3, id="again", story=first.story.upper() + "!", options=first.options[::-1], gold=0)
    found = audit(suite(*sound(), again))
    assert check(found, "repeated item").found == 1
    assert check(found, "repeated item").examples == ("q3=again",)
    assert check(found, "repeated item with another gold").found == 0


def test_a_repeat_with_another_gold_is_a_conflict() -> None:
    found = audit(suite(*sound(), question(3, id="again", gold=1)))
    assert check(found, "repeated item with another gold").examples == ("q3=again",)
    assert check(found, "repeated item with another gold").found == 2


def test_the_same_question_with_other_options_is_found() -> None:
    found = audit(suite(*sound(), question(3, id="again", options=("a", "b", "c", "d"))))
    assert check(found, "repeated question with other options").found == 2
    assert check(found, "repeated item").found == 0


def test_a_question_about_somebody_else_is_found_and_spaces_in_names_do_not_count() -> None:
    strange = question(50, text="Where does Zora look?")
    spaced = question(51, story="Xiao Gang hid a coin.", text="Where does Xiaogang look?")
    found = audit(suite(*sound(), strange, spaced))
    assert check(found, "question that names somebody the story lacks").examples == ("q50",)


def test_texts_in_the_wrong_script_are_found() -> None:
    mixed = question(60, story="安娜 hid a coin.", text="Where?")
    foreign = question(61, language="zh", text="Where?")
    found = audit(suite(*sound(), mixed, foreign))
    assert check(found, "English text with Chinese characters").examples == ("q60",)
    assert check(found, "Chinese question without Chinese characters").examples == ("q61",)


def test_stories_shared_with_another_suite_are_counted() -> None:
    other = suite(question(1, id="x", text="Another question?"), question(99), name="other")
    found = audit(suite(*sound()), [other])
    assert check(found, "question whose story is in other").examples == ("q1",)


def position_row(found: Audit) -> dict[str, Any]:
    table = next(table for table in found.tables if table.title == "Where the right option stands")
    return dict(zip(table.columns, table.rows[0]))


def test_a_skewed_position_is_told_and_an_even_one_is_not() -> None:
    even = position_row(audit(suite(*sound())))
    assert (even["always that letter"], even["p if even"]) == (0.25, 1.0)
    skewed = position_row(audit(suite(*[question(number, gold=1 if number % 3 else 2) for number in range(60)])))
    assert skewed["most often"] == "B"
    assert skewed["always that letter"] == pytest.approx(40 / 60)
    assert skewed["p if even"] < 1e-6


@pytest.mark.data
def test_the_real_files_are_read_and_not_touched(data_home: Path) -> None:
    from humankind.systems.tom import suites

    before = {path: path.stat().st_mtime_ns for path in (data_home / "tombench").iterdir()}
    found = audit(suites.load(str(data_home / "tombench"), "all"))
    assert {path: path.stat().st_mtime_ns for path in (data_home / "tombench").iterdir()} == before
    assert found.n_questions == 5720
    named = check(found, "question that names somebody the story lacks")
    assert "strange-story-task-293-en" in named.examples  # its English side belongs to another story
    assert named.found < 60
