"""The applications keep real state: what is refused changes nothing, copies reach whom they name."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.systems.privacy.apps import APPLICATIONS, ARGUMENTS, TOOLS, World, address

PEOPLE = ("Ann Lee", "Bob Stone", "Cy Dorn")


@pytest.fixture
def world() -> World:
    return World(PEOPLE)


def read(world: World, who: str, function: str, **arguments):
    return json.loads(world.call(who, function, arguments))


def test_a_message_reaches_its_recipient_and_nobody_else(world: World) -> None:
    assert read(world, "Ann Lee", "send_message", recipient_id="bob_stone", message="hello") == {"sent": True}
    assert read(world, "Bob Stone", "get_messages") == [{"from": "ann_lee", "message": "hello"}]
    assert read(world, "Cy Dorn", "get_messages") == []


def test_copies_open_and_blind_reach_their_readers(world: World) -> None:
    sent = {"to": "bob_stone@mail.example", "bcc": "cy_dorn@mail.example", "subject": "s", "body": "b"}
    read(world, "Ann Lee", "send_email", **sent)
    for who in ("Bob Stone", "Cy Dorn"):
        assert [mail["body"] for mail in read(world, who, "search_emails")] == ["b"]
    assert read(world, "Ann Lee", "search_emails") == []


def test_posts_are_public_and_pages_private(world: World) -> None:
    read(world, "Ann Lee", "create_post", text="news")
    read(world, "Ann Lee", "write_page", title="t", text="mine")
    assert read(world, "Cy Dorn", "get_posts") == [{"from": "ann_lee", "text": "news"}]
    assert read(world, "Ann Lee", "get_page", title="t")["text"] == "mine"
    assert world.call("Cy Dorn", "get_page", {"title": "t"}).startswith("error")


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("send_message", {"recipient_id": "nobody", "message": "x"}),
        ("send_message", {"recipient_id": "bob_stone", "message": " "}),
        ("send_message", {"recipient_id": "bob_stone"}),
        ("send_message", {"recipient_id": "bob_stone", "message": "x", "urgent": True}),
        ("send_email", {"to": "", "subject": "s", "body": "b"}),
        ("send_email", {"to": "bob_stone@mail.example", "bcc": "spy@else.where", "subject": "s", "body": "b"}),
        ("format_disk", {}),
        ("send_message", None),
    ],
)
def test_what_is_refused_changes_nothing_and_says_why(world: World, function: str, arguments) -> None:
    assert world.call("Ann Lee", function, arguments).startswith("error: ")
    assert not world.entries
    assert not world.pages


@given(st.sampled_from(sorted(ARGUMENTS)), st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8)))
def test_no_call_raises(function: str, arguments) -> None:
    json_or_error = World(PEOPLE).call("Ann Lee", function, arguments)
    assert json_or_error.startswith("error: ") or json.loads(json_or_error) is not None


def test_every_function_has_a_rule() -> None:
    assert (
        {rule.name for rule in TOOLS.tools}
        == set(ARGUMENTS)
        == {name for pair in APPLICATIONS.values() for name in pair}
    )
    assert not any(rule.guessed for rule in TOOLS.tools)
    assert address("Ms. Mary-Ann O'Hara") == "ms_maryann_ohara"
