"""The audit log holds no value and decides again."""

from __future__ import annotations

import json

import pytest

from humankind.spine.errors import DataError, RunError
from humankind.systems.privacy.audit import AuditLog, read_log, replay
from humankind.systems.privacy.cdi import guided_and_guarded
from humankind.systems.privacy.defense import Message, ToolCall
from humankind.systems.privacy.mapping import ToolMap, ToolRule
from humankind.systems.privacy.norms import Item, Norm, Party
from humankind.systems.privacy.protection import Protection
from humankind.systems.privacy.weighing import Thresholds

NORM = Norm(
    subject=Party(name="Ann Lee"),
    recipient=Party(name="Bob Stone", addresses=("bob@hotel.example",)),
    items=(
        Item(key="diagnosis", value="Ann was diagnosed with multiple sclerosis"),
        Item(key="passport number", value="X 4471 9026 38"),
        Item(value="the booking is for 3 May"),
    ),
    shareable=frozenset({2}),
    sensitive=frozenset({0, 1}),
)
TOOLS = ToolMap(
    tools=(ToolRule(name="send", flow="outbound", recipients=("to",)), ToolRule(name="read", flow="inbound"))
)
SENT = (
    ("bob@hotel.example", "The booking is for 3 May."),
    ("bob@hotel.example", "Ann has sclerosis, says the diagnosis"),
    ("bob@hotel.example", "Her passport is X4471902638"),
    ("zoe@secret-clinic.example", "sclerosis? I cannot say"),
    ("bob@hotel.example", "It has multiple parts"),
)
SECRETS = ("sclerosis", "4471", "902638", "secret-clinic", "hotel.example", "Ann", "Bob", "3 May")


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "logs" / "audit.jsonl"
    protection = Protection(guided_and_guarded([NORM]), TOOLS, audit=AuditLog(path, [NORM]))
    read = protection.call("read", {"who": "Ann"})
    protection.instruction(
        [Message("assistant", calls=(read,)), Message("tool", "Bob asks about sclerosis", call=read)]
    )
    for to, text in SENT:
        protection.screen([], protection.call("send", {"to": to, "text": text}))
    protection.screen([], ToolCall("send_4471902638_sclerosis", {"x": "4471902638"}))
    return path


def test_no_value_stands_in_it(log):
    text = log.read_text(encoding="utf-8")
    for secret in SECRETS:
        assert secret not in text
    records = [json.loads(line) for line in text.splitlines()]
    assert [record["event"] for record in records] == ["guidance", *["verdict"] * 6]
    assert [record.get("action") for record in records[1:6]] == ["allow", "block", "block", "allow", "allow"]
    assert records[1]["recipients"] == ["recipient of norm 0"]
    assert records[2]["kinds"] == ["diagnosis"]
    assert records[4]["recipients"][0].startswith("somebody else, ")


def test_a_failure_is_noted_without_its_message(tmp_path):
    class Breaking:
        def on_start(self, system): ...

        def on_observation(self, messages): ...

        def on_action(self, messages, call):
            raise ValueError("sclerosis")

    path = tmp_path / "audit.jsonl"
    protection = Protection(Breaking(), TOOLS, audit=AuditLog(path, [NORM]))
    protection.screen([], protection.call("send", {"to": "bob@hotel.example"}))
    text = path.read_text(encoding="utf-8")
    assert "ValueError" in text
    assert "sclerosis" not in text


def test_replay_decides_the_same(log):
    replayed = replay(log)
    assert len(replayed) == 6
    assert all(one.same for one in replayed)
    assert {one.now for one in replayed} == {"allow", "block"}


def test_replay_shows_what_other_thresholds_would_have_done(log):
    lenient = replay(log, Thresholds(told=1.0, pieces=1.0, digits=1.0))
    strict = replay(log, Thresholds(told=0.1))
    assert sum(one.now == "block" for one in lenient) < sum(one.now == "block" for one in replay(log))
    assert sum(one.now == "block" for one in strict) > sum(one.now == "block" for one in replay(log))


def test_a_line_cut_off_is_left_out_and_a_wrong_one_refused(log):
    whole = log.read_text(encoding="utf-8")
    log.write_text(whole + '{"time": "2', encoding="utf-8")
    assert len(list(read_log(log))) == 7
    log.write_text("nonsense\n" + whole, encoding="utf-8")
    with pytest.raises(DataError, match="no record"):
        list(read_log(log))
    with pytest.raises(RunError):
        replay(log.with_name("none.jsonl"))
