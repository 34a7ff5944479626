"""Reading JSON out of replies, bounded repair, and how failed calls are told."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.model import ModelOutput

from humankind.spine.errors import ConfigError
from humankind.systems.naming.agents import Unanswered
from humankind.systems.naming.asking import Asked, Asker
from humankind.systems.naming.reading_json import UnusableReply, filled, object_in, shape
from humankind.systems.naming.replies import Named, Preferences, Rewrite
from humankind.systems.naming.settings import AskSettings
from humankind.testing.scripted import Call, RateLimited, completion, failing, in_turn, record_of, scripted

GOOD = '{"rewrite": "all"}'


@pytest.mark.parametrize(
    "reply",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"```\n{GOOD}```",
        f"好的，结果如下：\n{GOOD}\n希望满意。",
        f'<think>{{"rewrite": 1}}</think>{GOOD}',
        f'先看{{"不是": 这个}}，再看 {GOOD}',
        f'{{"rewrite": "explanation"}}\n改一下：{GOOD}',
        f"\ufeff{GOOD}".strip("\ufeff"),
    ],
)
def test_one_object_is_found_in_many_wrappings(reply: str) -> None:
    assert filled(Rewrite, reply).rewrite == "all"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("", "empty"),
        ("   \n", "empty"),
        ("<think>想", "cut"),
        ("抱歉，我无法帮助。", "refusal"),
        ("I'm sorry, but I can't.", "refusal"),
        ("名字叫李安。", "unusable"),
        ('{"rewrite": "all"', "unusable"),
        ('{"rewrite": "none"}', "unusable"),
        ("{}", "unusable"),
        ('{"rewrite": "all", "more": 1}', "unusable"),
        ('{"rewrite": "all", "rewrite": "all"}', "unusable"),
        ("[1]", "unusable"),
        ('{"rewrite": NaN}', "unusable"),
        ("{" * 5000, "unusable"),
        ("[" * 100_000, "unusable"),
        ("__import__('os').getcwd()", "unusable"),
        ("{'rewrite': 'all'}", "unusable"),
    ],
)
def test_anything_else_is_refused_with_a_reason(reply: str, kind: str) -> None:
    with pytest.raises(UnusableReply) as caught:
        filled(Rewrite, reply)
    assert caught.value.kind == kind
    assert str(caught.value)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(UnusableReply):
        assert isinstance(object_in(text), dict)


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.none(), max_size=4), st.text())
def test_an_object_comes_back_as_it_was_written(value: dict[str, object], before: str) -> None:
    told = json.dumps(value, ensure_ascii=False)
    assert object_in(f"```json\n{told}\n```") == value


def test_numbers_off_the_scale_are_named() -> None:
    with pytest.raises(UnusableReply, match=r"preferences\.1"):
        filled(Preferences, '{"preferences": [2, 5, 1, 2, 1]}')
    for wrong in ([2, 4, 1, 2], [2, "4", 1, 2, 1], [2, 4.5, 1, 2, 1], [True, 4, 1, 2, 1]):
        with pytest.raises(UnusableReply):
            filled(Preferences, json.dumps({"preferences": wrong}))


def test_the_shape_shows_every_key() -> None:
    assert json.loads(shape(Named)).keys() == Named.model_fields.keys()


def test_a_broken_reply_is_asked_for_again_with_the_reason() -> None:
    model = scripted(in_turn(['{"rewrite": ', "不知道", GOOD]))
    asker = Asker(model)
    assert asker.fill("summarise", [("user", "怎么办")], Rewrite).rewrite == "all"
    assert [one.kind for one in asker.log] == ["unusable", "unusable", "ok"]
    calls = record_of(model).calls
    assert len(calls) == 3
    assert [role for role, _ in calls[2].messages] == ["user", "assistant", "user"]
    assert "没有JSON对象" in calls[2].prompt
    assert "不知道" in calls[2].messages[1][1]
    assert '{"rewrite": ' in asker.log[0].reply


def test_repair_is_bounded_and_what_is_left_is_unanswered() -> None:
    model = scripted(lambda call: "不知道")
    told: list[Asked] = []
    asker = Asker(model, AskSettings(attempts=2), told.append)
    with pytest.raises(Unanswered) as caught:
        asker.fill("draft", [("user", "起名")], Rewrite)
    assert len(record_of(model).calls) == 2
    assert caught.value.where == "draft"
    assert told == asker.log
    assert [one.attempt for one in told] == [1, 2]


def test_a_check_can_refuse_what_fits_the_form() -> None:
    def not_all(found: Rewrite) -> None:
        if found.rewrite == "all":
            raise UnusableReply("名字不必重起")

    model = scripted(in_turn([GOOD, '{"rewrite": "explanation"}']))
    assert Asker(model).fill("summarise", [("user", "怎么办")], Rewrite, not_all).rewrite == "explanation"
    assert "名字不必重起" in record_of(model).calls[1].prompt


def test_busy_servers_are_left_to_inspect_and_told_when_it_gives_up() -> None:
    patient = Asker(scripted(failing(RateLimited("429"), 2, lambda call: GOOD)))
    assert patient.fill("summarise", [("user", "怎么办")], Rewrite).rewrite == "all"
    assert [one.kind for one in patient.log] == ["ok"]
    hasty = Asker(scripted(failing(RateLimited("429"), 2, lambda call: GOOD)), AskSettings(retries=0))
    assert hasty.fill("summarise", [("user", "怎么办")], Rewrite).rewrite == "all"
    assert [one.kind for one in hasty.log] == ["rate-limit", "rate-limit", "ok"]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (TimeoutError("slow"), "timeout"),
        (ConnectionError("gone"), "failed"),
        ("", "empty"),
        (completion("", stop_reason="content_filter"), "refusal"),
        (completion('{"rewrite"', stop_reason="max_tokens"), "cut"),
    ],
)
def test_ways_of_not_answering_are_told_apart(said: str | Exception | ModelOutput, kind: str) -> None:
    asker = Asker(scripted(in_turn([said, GOOD])), AskSettings(retries=0))
    assert asker.fill("summarise", [("user", "怎么办")], Rewrite).rewrite == "all"
    assert [one.kind for one in asker.log] == [kind, "ok"]
    assert asker.log[0].problem


def test_a_reply_that_was_cut_after_its_object_counts() -> None:
    asker = Asker(scripted(lambda call: completion(GOOD + " 另外", stop_reason="max_tokens")))
    assert asker.fill("summarise", [("user", "怎么办")], Rewrite).rewrite == "all"


def test_a_wrong_key_stops_at_once() -> None:
    class Denied(Exception):
        status_code = 401

    asker = Asker(scripted(lambda call: Denied("no key")), AskSettings(retries=0))
    with pytest.raises(ConfigError, match="cannot be reached"):
        asker.fill("summarise", [("user", "怎么办")], Rewrite)
    with pytest.raises(ConfigError):
        Asker("no-such-provider/model")


def test_seed_and_temperature_are_sent_and_repeat() -> None:
    def sent() -> list[tuple[float | None, int | None]]:
        model = scripted(in_turn(["？", GOOD]))
        Asker(model, AskSettings(seed=3)).fill("explicit", [("user", "评")], Rewrite, temperature=0.2)
        return [(call.config.temperature, call.config.seed) for call in record_of(model).calls]

    first = sent()
    assert first == sent()
    assert [temperature for temperature, _ in first] == [0.2, 0.2]
    assert first[0][1] != first[1][1]


def test_plain_texts_are_said_without_their_thinking() -> None:
    def script(call: Call) -> str:
        return "<think>谁？</think>李白" if call.number else ""

    asker = Asker(scripted(script))
    assert asker.say([("system", "简短"), ("user", "谁写了《静夜思》？")]) == "李白"
    assert [one.kind for one in asker.log] == ["empty", "ok"]
    with pytest.raises(Unanswered):
        Asker(scripted(lambda call: "")).say([("user", "？")])


def test_a_model_that_has_gone_silent_is_asked_once_a_step_until_it_speaks() -> None:
    silent = True

    def script(call: Call) -> str | Exception:
        return ConnectionError("gone") if silent else "？" if call.number % 2 else GOOD

    asker = Asker(scripted(script), AskSettings(retries=0, attempts=3, patience=4))
    counts = []
    for _ in range(4):
        with pytest.raises(Unanswered):
            asker.fill("draft", [("user", "起名")], Rewrite)
        counts.append(len(asker.log))
    assert counts == [3, 6, 7, 8]
    silent = False
    assert asker.fill("draft", [("user", "起名")], Rewrite).rewrite == "all"
    assert asker.attempts == 3
