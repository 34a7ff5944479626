"""Readers of CI-RL and PrivacyLens: every labelled item comes in, labels do not leak, damage is named."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from humankind.spine.errors import DataError
from humankind.systems.privacy.cirl import ACTORS, read_actions, read_tasks
from humankind.systems.privacy.privacylens import read_cases

TASK: dict[str, Any] = {
    "seed": {
        "scenario": "email",
        "domain": "Hospitality",
        "user_intention": "booking",
        "sender": "user",
        "recipient": "hotel staff",
        "data_subject": "user",
        "information_type": {"allowed": ["name"], "disallowed": ["passport"]},
        "transmission_principle": "Confidentiality",
    },
    "dataset_item": {
        "user_task": "Book a room.",
        "information": {"Passport": "P99", "Mixed": ["from 1 May", "card 4711"], "Name": "Ann", "Unlabelled": "x"},
        "annotation": {
            "allowed": {"Name": "Ann", "Mixed": "1 May"},
            "disallowed": {"Passport": "P99", "Mixed": "4711"},
        },
    },
}


def written(folder: Path, tasks: Any) -> Path:
    path = folder / "dataset.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return path


def test_items_come_in_the_order_of_the_information_with_their_labels(tmp_path: Path) -> None:
    (task,) = read_tasks(written(tmp_path, [TASK]))
    assert [(item.key, item.value) for item in task.norm.items] == [
        ("Passport", "P99"),
        ("Mixed", "1 May"),
        ("Mixed", "4711"),
        ("Name", "Ann"),
    ]
    assert task.norm.shareable == {1, 3}
    assert task.norm.sensitive == {0, 2}
    assert task.norm.recipient.role == "hotel staff"


def test_the_near_labels_of_the_seed_are_not_read(tmp_path: Path) -> None:
    changed = copy.deepcopy(TASK)
    changed["seed"]["information_type"] = {"allowed": ["zzz"], "disallowed": []}
    first, second = (read_tasks(written(tmp_path, [task]))[0] for task in (TASK, changed))
    assert first == second


def broken(*path: str, value: Any) -> list[Any]:
    task = copy.deepcopy(TASK)
    at = task
    for key in path[:-1]:
        at = at[key]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return [TASK, task]


@pytest.mark.parametrize(
    "tasks",
    [
        broken("seed", "recipient", value=None),
        broken("seed", "recipient", value=""),
        broken("dataset_item", "user_task", value=7),
        broken("dataset_item", "annotation", value={"allowed": {}}),
        broken("dataset_item", "annotation", "allowed", value={"Nobody": "x"}),
        broken("dataset_item", "information", "Name", value=""),
        [TASK, "text"],
    ],
)
def test_a_damaged_task_is_named_by_file_and_record(tmp_path: Path, tasks: list[Any]) -> None:
    path = written(tmp_path, tasks)
    with pytest.raises(DataError) as caught:
        read_tasks(path)
    assert f"{path} record 1" in str(caught.value)


@pytest.mark.parametrize("content", ["", "{}", "[]", "[{"])
def test_a_file_that_is_no_list_of_tasks_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "dataset.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r".") as caught:
        read_tasks(tmp_path)
    assert "dataset.json" in str(caught.value)


def test_actions_and_labels_must_belong_together(tmp_path: Path) -> None:
    (tmp_path / "actions_o1_mini_naive.csv").write_text('name,final_action\nmain1,"Hi, all"\n', encoding="utf-8")
    labels = tmp_path / "leakage_o1_mini_naive.json"
    labels.write_text(
        json.dumps({"main1": {"leak_info": True, "secret_judgment": [["a fact", True]]}}), encoding="utf-8"
    )
    (action,) = read_actions(tmp_path, "o1_mini")
    assert (action.text, action.facts, action.leaked) == ("Hi, all", ("a fact",), (True,))
    labels.write_text(json.dumps({"main1": {"secret_judgment": [["a fact", "yes"]]}}), encoding="utf-8")
    with pytest.raises(DataError, match="label is wrong"):
        read_actions(tmp_path, "o1_mini")
    labels.write_text(json.dumps({"main2": {"secret_judgment": []}}), encoding="utf-8")
    with pytest.raises(DataError, match="same cases"):
        read_actions(tmp_path, "o1_mini")
    with pytest.raises(DataError, match="such a model"):
        read_actions(tmp_path, "gpt9")


@pytest.mark.data
def test_the_published_counts(data_home: Path) -> None:
    tasks = read_tasks(data_home / "cirl")
    assert len(tasks) == 729
    assert sum(len(task.norm.items) for task in tasks) == 4024
    assert sum(len(task.norm.shareable or ()) for task in tasks) == 2110
    cases = read_cases(data_home / "privacylens")
    assert len(cases) == 493
    assert sum(len(case.norm.items) for case in cases) == 1487
    told = {actor: sum(sum(action.leaked) for action in read_actions(data_home / "cirl", actor)) for actor in ACTORS}
    assert told == {"gpt4o_mini": 558, "o1_mini": 404}


def test_a_damaged_privacylens_case_is_named(tmp_path: Path) -> None:
    path = tmp_path / "main_data.json"
    path.write_text(json.dumps([{"name": "main1", "seed": {}, "vignette": {}, "trajectory": {}}]), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_cases(tmp_path)
    assert f"{path} record 0" in str(caught.value)
