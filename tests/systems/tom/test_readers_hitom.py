"""Hi-ToM: 600 items of 1,200 rows, with the golds of the chain-of-thought half."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from humankind.spine.errors import DataError
from humankind.systems.tom import readers_hitom

STORY = "1 Ada, Bo and Cy entered the den.\n2 The fig is in the red_box.\n3 Bo moved the fig to the blue_jar.\n\n"
INSTRUCTION = (
    "Read the following story and answer the multiple-choice question. Please provide answer without reasons.\n"
)


def row(**changed: Any) -> dict[str, Any]:
    return {
        "prompting_type": "CoTP",
        "deception": False,
        "story_length": 1,
        "question_order": 1,
        "sample_id": 0,
        "story": STORY,
        "question": "Where does Ada think the fig is?",
        "choices": "A. red_box, B. blue_jar, C. green_sack",
        "answer": "blue_jar",
    } | changed


def plain(**changed: Any) -> dict[str, Any]:
    return row(prompting_type="VP", sample_id=600, story=INSTRUCTION + STORY) | changed


def write(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / readers_hitom.FILE
    path.write_text(json.dumps({"data": rows}), encoding="utf-8")
    return path


@pytest.mark.data
def test_the_real_file_gives_600_items_of_120_stories(data_home: Path) -> None:
    suite = readers_hitom.read(data_home / "hitom")
    assert len(suite.questions) == 600
    assert Counter(question.order for question in suite.questions) == dict.fromkeys(range(5), 120)
    assert {len(question.options) for question in suite.questions} == {15}
    assert len({question.group for question in suite.questions}) == 120
    assert {question.labels["half"] for question in suite.questions} == {"CoTP"}
    assert suite.chance == pytest.approx(1 / 15)
    assert not [
        question for question in suite.questions if "*" in question.story or "multiple-choice" in question.story
    ]


@pytest.mark.data
def test_the_halves_of_the_real_file_differ_in_132_golds_and_6_more(data_home: Path) -> None:
    pairs = readers_hitom.pairs(data_home / "hitom")
    assert len(pairs) == 600
    differing = [(cot, vp) for cot, vp in pairs if cot.question.answer != vp.question.answer]
    assert len(differing) == 138
    assert sum(cot.stray for cot, _ in differing) == sum(cot.stray for cot, _ in pairs) == 6


def test_the_golds_are_those_of_the_reasoning_half_whatever_comes_first(tmp_path: Path) -> None:
    rows = [plain(answer="red_box"), row()]
    for order in (rows, rows[::-1]):
        suite = readers_hitom.read(write(tmp_path, *order))
        assert [question.answer for question in suite.questions] == ["blue_jar"]
        assert "1 item with two different golds" in " ".join(suite.notes)


def test_an_item_of_the_plain_half_alone_is_kept(tmp_path: Path) -> None:
    suite = readers_hitom.read(write(tmp_path, row(), plain(sample_id=601, question="Where is the fig really?")))
    assert len(suite.questions) == 2
    assert INSTRUCTION.strip() not in suite.questions[1].story


def test_asterisks_behind_a_story_go(tmp_path: Path) -> None:
    suite = readers_hitom.read(write(tmp_path, row(story=STORY + "***\n")))
    assert suite.questions[0].story == STORY.strip()
    assert "asterisks" in " ".join(suite.notes)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"answer": "oven"}, "not among the options"),
        ({"choices": "A. red_box, B. blue_jar, C. blue_jar"}, "repeats"),
        ({"choices": "A. blue_jar, B. red_box, C. red_box"}, "the same"),
        ({"choices": "A. red_box, C. blue_jar"}, "cannot be read"),
        ({"choices": "red_box or blue_jar"}, "cannot be read"),
        ({"question_order": "1"}, "a number is missing"),
        ({"question_order": True}, "a number is missing"),
        ({"deception": "no"}, "a truth value is missing"),
        ({"prompting_type": "ToT"}, "is not known"),
        ({"story": None}, "a text is missing"),
    ],
)
def test_what_cannot_be_an_item_is_refused_by_row(tmp_path: Path, changed: dict[str, Any], problem: str) -> None:
    with pytest.raises(DataError) as caught:
        readers_hitom.read(write(tmp_path, row(), row(sample_id=1, **changed)))
    assert problem in caught.value.problem
    assert str(caught.value.where).endswith("Hi-ToM_data.json row 2")


def test_two_items_of_one_number_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="same id"):
        readers_hitom.read(write(tmp_path, row(), row(question="Where is the fig really?")))
