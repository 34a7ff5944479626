"""Suites by name and by path; questions of one's own; what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from humankind.kits.bench.questions import Question
from humankind.spine.errors import ConfigError, DataError
from humankind.spine.sources import source
from humankind.systems.tom import card, suites
from humankind.systems.tom.data import Suite


def own(folder: Path, *questions: Question) -> Path:
    path = folder / "mine.jsonl"
    path.write_text("".join(question.model_dump_json() + "\n" for question in questions), encoding="utf-8")
    return path


def question(id: str = "q1", language: str = "en") -> Question:
    return Question(id=id, suite="mine", text="Who?", options=("Ann", "Bob"), gold=1, answer="Bob", language=language)


def test_every_reader_is_a_data_set_that_may_be_evaluated_and_is_on_the_card() -> None:
    assert len(suites.READERS) == 6
    for name in suites.READERS:
        assert "evaluate" in source(name).permitted
    assert set(card.CARD.sources) == set(suites.READERS)


@pytest.mark.data
@pytest.mark.parametrize(("name", "n"), [("tombench", 2860), ("hitom", 600), ("emobench", 600)])
def test_a_suite_is_the_same_by_name_and_by_path(data_home: Path, name: str, n: int) -> None:
    by_name = suites.load(name)
    assert len(by_name.questions) == n
    assert suites.load(str(data_home / name)) == by_name
    assert by_name.digest != suites.load(name, "all").digest or name == "hitom"


def test_a_missing_data_set_says_how_to_get_it() -> None:
    with pytest.raises(DataError) as caught:
        suites.load("tomato")
    assert "humankind data get tomato --from PATH" in str(caught.value.remedy)
    assert caught.value.exit_code == 2


def test_an_unknown_name_is_refused_and_a_near_one_told() -> None:
    with pytest.raises(ConfigError) as caught:
        suites.load("tombensh")
    assert "tombench" in str(caught.value.remedy)


def test_questions_of_ones_own_come_back_as_they_went(tmp_path: Path) -> None:
    path = own(tmp_path, question(), question("q2"))
    suite = suites.load(str(path))
    assert suite.questions == (question(), question("q2"))
    assert suite.name == "mine"


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"options": ["Ann", "Ann"]}, "two options are the same"),
        ({"gold": 2}, "gold 2 is not one of 2 options"),
        ({"gold": None}, "gold None is not one of 2 options"),
        ({"options": ["Ann", None]}, "should be a valid string"),
        ({"text": ""}, "at least 1 character"),
        ({"colour": "red"}, "not permitted"),
    ],
)
def test_a_wrong_question_of_ones_own_is_refused_by_row(
    tmp_path: Path, changed: dict[str, object], problem: str
) -> None:
    path = own(tmp_path, question())
    wrong = question("q2").model_dump(mode="json") | changed
    path.write_text(path.read_text(encoding="utf-8") + json.dumps(wrong) + "\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        suites.load(str(path))
    assert problem in str(caught.value.expected)
    assert str(caught.value.where).endswith("mine.jsonl row 2")


def test_two_questions_of_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="same id"):
        suites.load(str(own(tmp_path, question(), question())))


def test_a_file_of_no_known_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello", encoding="utf-8")
    with pytest.raises(DataError, match="no suite that is known"):
        suites.load(str(path))
    with pytest.raises(DataError, match="no suite that is known"):
        suites.load(str(tmp_path))


def test_a_language_that_is_not_there_is_refused() -> None:
    suite = Suite(name="s", title="t", questions=(question(),))
    with pytest.raises(DataError, match="no question in this language"):
        suite.in_language("zh")
    mixed = Suite(name="s", title="t", questions=(question(), question("q2", "zh")))
    assert len(mixed.in_language("zh").questions) == 1
    assert len(mixed.in_language("all").questions) == 2


# -- generated stories ------------------------------------------------------------------------------------


def test_generated_stories_are_the_seeds_and_have_every_order() -> None:
    one, again, other = (suites.load("generated", making=suites.Making(40, (0, 2, 4), seed)) for seed in (1, 1, 2))
    assert one == again
    assert one.digest != other.digest
    assert len(one.questions) == 40
    assert {question.order for question in one.questions} == {0, 2, 4}
    assert not {question.story for question in one.questions} & {question.story for question in other.questions}
    assert {question.text for question in one.questions if question.order == 0} != set()
