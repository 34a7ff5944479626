"""Tool maps: declared rules, guesses, files, what a call carries out."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.spine.errors import DataError
from humankind.systems.privacy.defense import ToolCall
from humankind.systems.privacy.guessing import guess_rule
from humankind.systems.privacy.mapping import EVERYONE, ToolMap, ToolRule, read_tools
from humankind.systems.privacy.norms import Party
from humankind.systems.privacy.outgoing import outgoing_of
from humankind.systems.privacy.parties import addresses_in, is_party, owns

MAIL = ToolRule(
    name="send_email",
    flow="outbound",
    recipients=("to", "cc", "bcc", "message.reply_to"),
    body=("body",),
    attachments=("attachments",),
)


def _properties(*names: str) -> dict[str, object]:
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}}


@pytest.mark.parametrize(
    ("name", "fields", "flow", "recipients"),
    [
        ("send_message", ("recipient_id", "message"), "outbound", ("recipient_id",)),
        ("GmailSendEmail", ("to", "subject", "body", "cc", "bcc"), "outbound", ("to", "cc", "bcc")),
        ("get_messages", ("max_count", "keyword", "sender_id"), "inbound", ()),
        ("search_emails", ("query", "email"), "inbound", ()),
        ("create_calendar_event", ("title", "participants"), "outbound", ("participants",)),
        ("share_file", ("file_id", "email", "permission"), "outbound", ("email",)),
        ("think", ("thought",), "internal", ()),
        ("get_webpage", ("url",), "both", ()),
        ("frobnicate", ("x",), "both", ()),
    ],
)
def test_guess(name, fields, flow, recipients):
    rule = guess_rule(name, _properties(*fields))
    assert (rule.flow, rule.recipients) == (flow, recipients)
    assert rule.guessed


def test_a_post_without_recipient_is_public():
    for name in ("create_post", "publish"):
        assert guess_rule(name, _properties("content")).audience == (EVERYONE,)
    sent = outgoing_of(ToolCall("add_entry", {"content": "hi"}, rule=guess_rule("add_entry", {})))
    assert sent.recipients == ("",)  # nobody named: to an unknown recipient, for whom nothing is cleared


def test_nested_arguments_are_found():
    schema = {"properties": {"message": {"properties": {"to": {}, "text": {}}}, "urgent": {}}}
    rule = guess_rule("send", schema)
    assert (rule.recipients, rule.body) == (("message.to",), ("message.text",))
    sent = outgoing_of(ToolCall("send", {"message": {"to": ["a@x", "b@x"], "text": "hello"}}, rule=rule))
    assert (sent.recipients, sent.text) == (("a@x", "b@x"), "hello")


def test_declared_rules_come_first_and_everything_is_shown():
    tools = ToolMap(tools=(MAIL, ToolRule(name="mcp__*", flow="internal")))
    definitions = [
        {"type": "function", "function": {"name": "mcp__send", "parameters": _properties("to")}},
        {"name": "get_page", "inputSchema": _properties("id")},
    ]
    whole = tools.of_definitions(definitions)
    assert whole.rule("mcp__send").flow == "internal"
    lines = whole.table().splitlines()
    assert len(lines) == len(whole.tools)
    assert any("get_page: inbound" in line and "guessed" in line for line in lines)
    assert any("send_email: outbound; to to, cc, bcc, message.reply_to" in line for line in lines)


@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_files_go_round(tmp_path, suffix):
    tools = ToolMap(tools=(MAIL, ToolRule(name="get_messages", flow="inbound", sender="from", text="text")))
    path = tmp_path / f"tools.{suffix}"
    path.write_text(tools.as_yaml() if suffix == "yaml" else tools.model_dump_json(), encoding="utf-8")
    assert read_tools(path) == tools


@pytest.mark.parametrize(
    "text", ["tools: 3", "tools: [{flow: inbound}]", "tools: [{name: a, flow: sideways}]", "a: [", ""]
)
def test_bad_files_are_refused_with_their_name(tmp_path, text):
    path = tmp_path / "tools.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as refused:
        read_tools(path)
    assert str(path) in str(refused.value)


def test_every_recipient_counts():
    arguments = {
        "to": "Ann Lee <ann@x.org>; bob@x.org",
        "cc": ["CARL@x.org", {"email": "dan@x.org", "name": "Dan"}],
        "bcc": "eve@x.org",
        "message": {"reply_to": "fay@x.org"},
        "body": "Hi",
    }
    sent = outgoing_of(ToolCall("send_email", arguments, rule=MAIL))
    assert sent.recipients == ("ann@x.org", "bob@x.org", "carl@x.org", "dan@x.org", "eve@x.org", "fay@x.org")


def test_every_text_counts_whatever_field_it_hides_in():
    arguments = {
        "to": "bob@x.org, she has been treated for asthma since May",
        "body": "Hello",
        "headers": {"X-Note": ["one", {"deep": "two"}]},
        "priority": 7,
    }
    text = outgoing_of(ToolCall("send_email", arguments, rule=MAIL)).text
    assert text.startswith("Hello")
    for piece in ("asthma", "one", "two", "7"):
        assert piece in text


def test_wrapped_texts_are_unwrapped():
    secret = "passport 123456789"
    wrapped = {
        "body": f"see {base64.b64encode(secret.encode()).decode()} and pass%70ort%20987654321 or dia\u200bgnosis",
    }
    text = outgoing_of(ToolCall("send_email", wrapped, rule=MAIL)).text
    assert secret in text
    assert "passport 987654321" in text
    assert "diagnosis" in text


def test_attachments_are_read_or_reported():
    read = {"report.txt": "the diagnosis is asthma"}.get
    encoded = base64.b64encode(b"a long list of facts").decode()
    sent = outgoing_of(
        ToolCall("send_email", {"to": "b", "body": "", "attachments": ["report.txt", encoded]}, rule=MAIL), read
    )
    assert "asthma" in sent.text
    assert "list of facts" in sent.text
    assert sent.unread == ()
    unread = outgoing_of(ToolCall("send_email", {"to": "b", "attachments": [{"type": "file", "id": "13"}]}, rule=MAIL))
    assert unread.unread


def test_names_permit_but_do_not_prove():
    ann = Party(name="Ann Lee")
    assert is_party(ann, "Ann.Lee@anywhere.org")
    assert not owns(ann, "Ann.Lee@anywhere.org")
    assert owns(ann, "ann_lee")
    declared = Party(name="Ann Lee", addresses=("ann@x.org",))
    assert owns(declared, "Somebody <ANN@x.org>")
    assert not owns(declared, "ann lee")
    assert not is_party(declared, "Ann Lee <ann.lee@evil.org>")


LEAVES = st.none() | st.booleans() | st.integers() | st.text()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=12,
    )
)
def test_any_argument_can_be_read(value):
    for place in ("to", "body", "attachments", "other"):
        sent = outgoing_of(ToolCall("send_email", {place: value}, rule=MAIL))
        assert sent.recipients
        json.dumps(sent.text.encode("utf-8", "replace").decode())
    list(addresses_in(value))
