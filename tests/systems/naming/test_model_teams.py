"""The whole way from a backend's name to names: a real connection, the fact checker of the rules, the log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest

from humankind.spine.errors import ConfigError
from humankind.systems.naming.config import NamingConfig
from humankind.systems.naming.model_teams import replies
from humankind.systems.naming.namer import Namer
from humankind.testing.chat_server import ChatServer, Fault, chat_server

pytestmark = pytest.mark.enable_socket
MODEL = "openai-api/scripted/scripted"
REQUEST = "姓周，男孩，2025年3月5日早上8点出生，希望他志向远大。"
REST = ["云海喻志向远大，正合父母的期望。", "名字不强求五行。", "男孩生于春季，生肖属蛇。", "没有其他要求，读来顺口。"]
NAMES = {
    "周云帆": ("行路难", "李白", "唐", "直挂云帆济沧海"),
    "周凌云": ("行路难", "李白", "唐", "直挂凌云济沧海"),
    "周云海": ("行路难", "李白", "唐", "直挂云帆济沧海"),
}
"""The second is a verse that nobody wrote."""


def draft(name: str) -> dict[str, Any]:
    title, author, dynasty, verse = NAMES[name]
    told = {"name": name, "title": title, "author": author, "dynasty": dynasty, "verse": verse}
    return told | {"explanation": [f"取自唐代李白《{title}》“{verse}”。", *REST]}


ANSWERS: dict[str, Any] = {
    '"birth"': {}, '"preferences"': {"preferences": [2, 4, 1, 2, 1]}, '"book"': {"description": "写扬帆远航"},
    '"choice"': {"choice": 1}, '"goals"': {"goals": list("一二三四五"), "requirements": list("甲乙丙丁戊")},
    '"marks"': {"marks": [{"completeness": 2, "clarity": 2}] * 5}, '"scores"': {"scores": [{"score": 2}] * 5},
    '"rewrite"': {"rewrite": "all"},
}  # fmt: skip


class Model:
    """Proposes names in turn."""

    def __init__(self) -> None:
        self.names = cycle(NAMES)
        self.fault: Fault | None = None

    def __call__(self, body: dict[str, Any]) -> Any:
        if self.fault is not None:
            return self.fault
        told = [one["content"] for one in body["messages"] if one["role"] == "user"]
        form = next(text for text in reversed(told) if "格式：" in text).rsplit("格式：", 1)[1]
        if '"name"' in form:
            return json.dumps(draft(next(self.names)), ensure_ascii=False)
        if '"marks"' not in form and '"explanation"' in form and '"rewrite"' not in form:
            lines = [
                line.split("）：", 1)[1] for line in told[0].splitlines() if line.startswith("第") and "段（" in line
            ]
            return json.dumps({"explanation": [f"{line}愿他平安。" for line in lines]}, ensure_ascii=False)
        return json.dumps(next(answer for key, answer in ANSWERS.items() if key in form), ensure_ascii=False)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    with chat_server(Model()) as made:
        monkeypatch.setenv("SCRIPTED_BASE_URL", made.url)
        monkeypatch.setenv("SCRIPTED_API_KEY", "none")
        yield made


def test_a_model_names_and_the_false_verse_is_left_out(server: ChatServer) -> None:
    namer = Namer(NamingConfig(backend=MODEL, n_names=2))
    _hasty(namer)
    found = namer.suggest(REQUEST)
    assert sorted(one.draft.name for one in found.names) == ["周云帆", "周云海"]
    assert all(one.draft.source and one.draft.source.verse == "直挂云帆济沧海" for one in found.names)
    errors = [e.correction for one in found.names if one.outcome for done in one.outcome.trace for e in done.errors]
    assert any("凌云" in text for text in errors)
    log = replies(namer.workshop)
    assert len(log) == len(server.requests)
    assert {"draft", "implicit", "explicit"} <= {one.step for one in log}


def test_hybrid_names_are_those_of_the_rules_in_other_words(server: ChatServer) -> None:
    plain = Namer(NamingConfig(n_names=2)).suggest(REQUEST)
    namer = Namer(NamingConfig(backend=f"hybrid:{MODEL}", n_names=2))
    found = namer.suggest(REQUEST)
    assert {one.draft.name for one in found.names} == {one.draft.name for one in plain.names}
    assert all(text.endswith("愿他平安。") for one in found.names for text in one.draft.explanation)
    assert {one.step for one in replies(namer.workshop)} == {"polish"}


def test_a_server_that_fails_leaves_no_name_and_a_log(server: ChatServer) -> None:
    script = server.script
    assert isinstance(script, Model)
    script.fault = Fault(500, {"x-should-retry": "false"})
    namer = Namer(NamingConfig.model_validate({"backend": MODEL, "n_names": 1, "loop": {"rounds": 1}}))
    asker = _hasty(namer)
    found = namer.suggest(REQUEST)
    assert found.names == ()
    assert found.diagnosis
    assert {one.kind for one in asker.log} == {"failed"}


def _hasty(namer: Namer) -> Any:
    """Return the asker of a namer, set not to repeat calls."""
    from humankind.systems.naming.model_teams import asker_of
    from humankind.systems.naming.settings import AskSettings

    asker = asker_of(MODEL, namer.workshop)
    asker.settings = AskSettings(retries=0, attempts=1)
    return asker


def test_a_backend_that_is_none_is_told() -> None:
    with pytest.raises(ConfigError, match="cannot be reached"):
        Namer(NamingConfig(backend="no-such-provider/model")).suggest(REQUEST)
