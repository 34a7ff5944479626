"""The shipped scenarios: enough, different, apart; files in the published schema are read strictly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from humankind.spine.errors import DataError
from humankind.systems.privacy.mapping import EVERYONE
from humankind.systems.privacy.scenarios import Scenario, load


def row(**changes):
    agent = {"concrete_name": "Ann Lee", "public_profile": "Ann Lee: patient.", "task": "t"}
    subject = {
        **agent,
        "shareable_data": {"content": ["Ann is free on Monday"]},
        "sensitive_data": {"content": ["Ann is ill"]},
    }
    config = {
        "data_subject_agent": subject,
        "data_sender_agent": {**agent, "concrete_name": "Bo"},
        "data_recipient_agent": {**agent, "concrete_name": "Cy"},
        "how_to_check_leakage": {"application": "Gmail", "function": "send_email"},
    }
    return {"original_name": "main1", "principle": "p", "simulation_config": config, **changes}


def test_there_are_forty_and_more_and_none_is_like_another() -> None:
    own = load()
    assert len(own) >= 40
    assert len({one.name for one in own}) == len(own)
    facts = [fact for one in own for fact in (*one.shareable, *one.sensitive)]
    assert len(set(facts)) == len(facts) >= 6 * 40
    assert len({one.principle for one in own}) == len(own)
    assert len({one.domain for one in own}) >= 8
    assert {one.application for one in own} == {"Messenger", "Gmail", "Facebook"}


def test_parts_share_neither_names_nor_facts() -> None:
    training, unseen = load(split="training"), load(split="unseen")
    assert len(training) >= 25
    assert len(unseen) >= 10
    names = [
        {actor.concrete_name for one in part for actor in (one.subject, one.sender)} for part in (training, unseen)
    ]
    assert not names[0] & names[1]


def test_the_order_of_facts_does_not_tell_which_are_sensitive() -> None:
    first = [0 in (one.norm.sensitive or ()) for one in load()]
    assert 0.2 < sum(first) / len(first) < 0.8
    for one in load():
        norm = one.norm
        told = {norm.items[place].value for place in norm.sensitive or ()}
        assert told == set(one.sensitive)


def test_who_reads_public_posts_is_everyone() -> None:
    posts = [one for one in load() if one.application == "Facebook"]
    assert posts
    assert all(EVERYONE in one.norm.recipient.addresses for one in posts)


def test_a_file_in_the_published_schema(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(row()), encoding="utf-8")
    (found,) = load(path)
    assert isinstance(found, Scenario)
    assert (found.name, found.function, found.split) == ("main1", "send_email", "unseen")
    assert found.norm.recipient.addresses[0] == "cy"


def broken(**changes):
    made = row()
    config = made["simulation_config"]
    for key, value in changes.items():
        if value is None:
            config.pop(key)
        else:
            config[key] = value
    return made


def subject(shareable, sensitive, name="A"):
    lists = {"shareable_data": {"content": shareable}, "sensitive_data": {"content": sensitive}}
    return broken(data_subject_agent={"concrete_name": name, **lists})


@pytest.mark.parametrize(
    "rows",
    [
        [],
        ["text"],
        [{"principle": "p"}],
        [row(), row()],
        [broken(data_sender_agent=None)],
        [broken(how_to_check_leakage={"application": "Telegram", "function": "send"})],
        [subject(["x"], ["x"])],
        [subject([], ["x"])],
        [subject(["y"], ["x"], name="")],
    ],
)
def test_wrong_files_are_refused_with_their_place(tmp_path: Path, rows) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    with pytest.raises(DataError) as error:
        load(path)
    assert error.value.problem


def test_no_json_at_all(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read"):
        load(tmp_path / "s.json")
