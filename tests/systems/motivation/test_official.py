"""The official files: all of them are read, and whatever is wrong is named with file, item and field."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from humankind.spine import sources
from humankind.spine.errors import DataError
from humankind.systems.motivation.data import load


def test_two_hundred_scenarios_and_six_hundred_tasks(release: Path) -> None:
    found = load(str(release))
    assert len(found.scenarios) == 200
    assert len(found.questions) == 600
    assert Counter(q.labels["source"] for q in found.questions) == {"Persona": 300, "Amazon": 150, "Blog": 150}
    assert all(len(q.options) == 6 for q in found.questions)
    assert set(Counter(q.group for q in found.questions).values()) == {3}
    assert "level" not in {label for q in found.questions for label in q.labels}, "the release has no such labels"


def test_what_is_read_is_what_was_written(release: Path) -> None:
    question = next(q for q in load(str(release)).questions if q.id == "blog-7:behaviour")
    assert question.text == "Person 7 stands before door 1. What is most likely?"
    assert question.options[2] == "They take way c to 7-1."
    assert question.gold == (7 + 1) % 6
    assert question.answer == question.options[question.gold]
    assert question.group == "blog-7"


def test_files_may_lie_side_by_side(release: Path, tmp_path: Path) -> None:
    flat = tmp_path / "flat"
    flat.mkdir()
    for file in release.rglob("*.json"):
        (flat / file.name).write_bytes(file.read_bytes())
    assert load(str(flat)).digest == load(str(release)).digest


def test_one_file_alone_is_read_whatever_its_length(tmp_path: Path, items: Callable) -> None:
    path = tmp_path / "Amazon_questions.json"
    path.write_text(json.dumps(items(4)), encoding="utf-8")
    found = load(str(path))
    assert found.name == "Amazon_questions"
    assert len(found.questions) == 12
    assert found.sources == ("Amazon",)


def test_the_set_is_found_by_name_once_it_was_copied(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUMANKIND_DATA")
    with pytest.raises(DataError, match="motivebench is not on this machine") as caught:
        load("motivebench")
    assert "--from PATH" in str(caught.value.remedy)
    sources.get("motivebench", release)
    assert len(load("motivebench").questions) == 600


def test_a_missing_file_is_named(release: Path) -> None:
    (release / "Blog" / "Blog_questions.json").unlink()
    with pytest.raises(DataError, match="is missing") as caught:
        load(str(release))
    assert "Blog_questions.json" in str(caught.value.expected)


def test_another_number_of_scenarios_is_refused(release: Path, items: Callable) -> None:
    file = release / "Amazon" / "Amazon_questions.json"
    file.write_text(json.dumps(items(49)), encoding="utf-8")
    with pytest.raises(DataError, match="another number of scenarios") as caught:
        load(str(release))
    assert (caught.value.found, caught.value.expected) == (49, 50)
    assert caught.value.where == file


def _five(item: dict[str, Any]) -> None:
    item["Options 2"].pop()


def _seven(item: dict[str, Any]) -> None:
    item["Options 3"].append("G. Nothing.")


def _twice(item: dict[str, Any]) -> None:
    item["Options 1"][3] = "D. " + item["Options 1"][0].removeprefix("A. ")


def _bare(item: dict[str, Any]) -> None:
    item["Options 1"][1] = "They take another way."


def _wrong_letter(item: dict[str, Any]) -> None:
    item["Options 1"][1] = "C. They take another way."


def _not_a_number(item: dict[str, Any]) -> None:
    item["Options 1"][1] = float("nan")


def _gold_outside(item: dict[str, Any]) -> None:
    item["Correct Answer 2"] = "G"


def _two_golds(item: dict[str, Any]) -> None:
    item["Correct Answer 3"] = "A or B"


def _no_gold(item: dict[str, Any]) -> None:
    item["Correct Answer 1"] = None


def _empty(item: dict[str, Any]) -> None:
    item["Behavior Reasoning Question"] = "  "


def _lacking(item: dict[str, Any]) -> None:
    del item["Options 3"]


def _text_index(item: dict[str, Any]) -> None:
    item["idx"] = "2"


def _same_index(item: dict[str, Any]) -> None:
    item["idx"] = 0


@pytest.mark.parametrize(
    ("damage", "field", "said"),
    [
        (_five, "Options 2", "5 options"),
        (_seven, "Options 3", "7 options"),
        (_twice, "Options 1", "two options are the same"),
        (_bare, "Options 1", "option 2 does not have its letter"),
        (_wrong_letter, "Options 1", "option 2 does not have its letter"),
        (_not_a_number, "Options 1", "nan"),
        (_gold_outside, "Correct Answer 2", "'G'"),
        (_two_golds, "Correct Answer 3", "'A or B'"),
        (_no_gold, "Correct Answer 1", "None"),
        (_empty, "Behavior Reasoning Question", "not a text"),
        (_lacking, "Options 3", "a field is missing"),
        (_text_index, "idx", "not a whole number"),
        (_same_index, "idx", "the same index"),
    ],
)
def test_damage_is_named_with_file_item_and_field(
    tmp_path: Path, items: Callable, damage: Callable[[dict[str, Any]], None], field: str, said: str
) -> None:
    rows = items(4)
    damage(rows[2])
    path = tmp_path / "Blog_questions.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load(str(path))
    assert said in str(caught.value)
    assert str(path) in str(caught.value.where)
    assert "item 2" in str(caught.value.where)
    assert repr(field) in str(caught.value.where)


@pytest.mark.parametrize("content", ["", "[", "{}", "[]", "3"])
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "Blog_questions.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match="file of questions"):
        load(str(path))


def test_an_item_that_is_no_object_is_refused(tmp_path: Path, items: Callable) -> None:
    path = tmp_path / "Blog_questions.json"
    path.write_text(json.dumps([*items(1), "two"]), encoding="utf-8")
    with pytest.raises(DataError, match="not an object") as caught:
        load(str(path))
    assert "item 1" in str(caught.value.where)
