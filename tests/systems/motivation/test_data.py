"""Question sets: ours as questions, files of one's own, names that are none."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from humankind.spine.errors import DataError
from humankind.systems.motivation import authored
from humankind.systems.motivation.data import kinds_of, load, own


def test_our_set_keeps_its_labels_on_the_way_to_questions() -> None:
    by_id = {question.id: question for question in own().questions}
    for scenario in authored.load():
        for item in scenario.questions:
            question = by_id.pop(f"{scenario.id}:{item.type}")
            assert question.labels["level"] == scenario.level
            assert question.labels["desire"] == scenario.desire
            assert question.gold == item.gold
            assert question.options == tuple(option.text for option in item.options)
            assert kinds_of(question) == tuple(option.kind for option in item.options)
            assert kinds_of(question)[item.gold] == "gold"
            assert (question.story, question.text) == (item.stem, item.question)
    assert not by_id


def test_our_set_has_three_questions_a_scenario_over_five_levels() -> None:
    found = load("own")
    assert Counter(Counter(question.group for question in found.questions).values()) == {3: len(found.scenarios)}
    assert len({question.labels["level"] for question in found.questions}) == 5
    assert len({question.labels["desire"] for question in found.questions}) == 16


def test_the_digest_follows_content() -> None:
    found = own()
    other = found.questions[0].model_copy(update={"text": "Why?"})
    assert own().digest == found.digest
    assert found.model_copy(update={"questions": (other, *found.questions[1:])}).digest != found.digest
    assert found.model_copy(update={"name": "copy"}).digest == found.digest


def rows() -> list[dict[str, Any]]:
    return [scenario.model_dump(mode="json") for scenario in authored.load()[:3]]


def written(folder: Path, content: Any) -> str:
    path = folder / "mine.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def test_a_file_of_scenarios_is_read(tmp_path: Path) -> None:
    found = load(written(tmp_path, rows()))
    assert found.name == "mine"
    assert [q.options for q in found.questions] == [q.options for q in own().questions[:9]]


def test_labels_may_be_lacking_and_are_not_invented(tmp_path: Path) -> None:
    plain = rows()
    for row in plain:
        del row["level"], row["desire"]
    assert all("level" not in question.labels for question in load(written(tmp_path, plain)).questions)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda row: row["questions"].pop(), "in this order"),
        (lambda row: row["questions"].reverse(), "in this order"),
        (lambda row: row["questions"][0]["options"].pop(), "6 different options"),
        (lambda row: row["questions"][0]["options"][0].update(kind="gold"), "exactly one option"),
        (lambda row: row["questions"][1].update(question=""), "at least 1"),
        (lambda row: row.update(level="esteem"), "does not belong to the level"),
        (lambda row: row.update(colour="red"), "Extra inputs"),
    ],
)
def test_damage_is_named_with_its_place(tmp_path: Path, damage: Any, said: str) -> None:
    broken = rows()
    broken[1]["questions"][0]["options"].sort(key=lambda option: option["kind"] == "gold")
    damage(broken[1])
    with pytest.raises(DataError) as caught:
        load(written(tmp_path, broken))
    assert said in str(caught.value)
    assert "mine.json, scenario 1" in str(caught.value.where)


def test_one_id_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="same id"):
        load(written(tmp_path, [*rows(), rows()[0]]))


def test_a_name_that_is_none_lists_what_there_is() -> None:
    with pytest.raises(DataError) as caught:
        load("motivbench")
    assert "own, motivebench" in str(caught.value.expected)
