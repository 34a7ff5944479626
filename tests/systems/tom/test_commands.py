"""The verbs as a person types them: audit, evaluate, and what is refused with exit code 2."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from humankind.cli import main
from humankind.kits.bench.questions import Question
from humankind.systems import card
from humankind.testing.commands import done, say
from humankind.testing.conformance import refusal


@pytest.fixture(autouse=True)
def _built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "card", lambda noun: replace(card(noun), built=True))


def question(number: int, **changed: Any) -> Question:
    options = ("the hall", "the yard", "the loft")
    values = {
        "id": f"q{number}",
        "suite": "mine",
        "story": f"On day {number} Ann hid a coin.",
        "text": "Where does Ann look?",
        "options": options,
        "gold": number % 3,
        "answer": options[number % 3],
        "category": "belief",
        "order": number % 2,
    }
    return Question.model_validate(values | changed)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(question(number).model_dump_json() + "\n" for number in range(12)), encoding="utf-8")
    return path


def spoil(path: Path, row: int, **changed: Any) -> Path:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lines[row] |= changed
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


# -- audit ------------------------------------------------------------------------------------------------


def test_an_audit_is_told_and_written_whole(mine: Path, tmp_path: Path) -> None:
    before = mine.read_bytes()
    out = tmp_path / "audit.json"
    told = done("tom", "audit", mine, "--out", out).stdout
    assert "12 questions, chance 0.3333" in told
    assert "longest option" in told
    asked = done("tom", "audit", mine, "--json").json
    assert asked == json.loads(out.read_text(encoding="utf-8"))
    assert asked["n_questions"] == 12
    assert mine.read_bytes() == before


def test_an_audit_looks_for_stories_of_another_suite(mine: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text(question(5, id="x").model_dump_json() + "\n", encoding="utf-8")
    found = done("tom", "audit", mine, "--against", other, "--json").json
    assert next(check for check in found["checks"] if check["name"].endswith(" in other"))["examples"] == ["q5"]


@pytest.mark.data
def test_the_audit_of_hitom_lists_its_conflicts(data_home: Path) -> None:
    found = done("tom", "audit", data_home / "hitom", "--against", data_home / "emobench", "--json").json
    assert len(found["conflicts"]) >= 161


# -- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"options": ["the hall", "the hall", "the loft"]}, "two options are the same"),
        ({"options": ["the hall", None, "the loft"]}, "valid string"),
        ({"options": ["the hall", float("nan"), "the loft"]}, "valid string"),
        ({"gold": 3}, "not one of 3 options"),
        ({"text": ""}, "at least 1 character"),
    ],
)
@pytest.mark.parametrize("verb", ["audit", "evaluate"])
def test_a_wrong_question_is_refused_by_row(
    mine: Path, tmp_path: Path, verb: str, changed: dict[str, Any], expected: str
) -> None:
    words = ["tom", "audit", spoil(mine, 4, **changed)]
    out = None
    if verb == "evaluate":
        out = tmp_path / "run"
        words = ["tom", "evaluate", "--suite", mine, "--model", "mockllm/model", "--out", out]
    told = refusal(words, out)
    assert told["where"].endswith("mine.jsonl row 5")
    assert expected in told["expected"]


@pytest.mark.parametrize("verb", ["audit", "evaluate"])
def test_a_missing_data_set_says_how_to_get_it(verb: str, tmp_path: Path) -> None:
    words = ["tom", "audit", "opentom"] if verb == "audit" else ["tom", "evaluate", "--suite", "opentom"]
    told = refusal(words)
    assert "humankind data get opentom --from PATH" in told["remedy"]


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (["evaluate", "--suite", "hitomm"], "--suite"),
        (["evaluate", "--language", "fr"], "TomConfig"),
        (["evaluate", "--way", "guess"], "TomConfig"),
        (["evaluate", "--set", "top_p=0"], "TomConfig"),
        (["evaluate", "--policy", "s2f:0"], "--policy"),
        (["evaluate", "--policy", "s2f"], "--policy"),
        (["evaluate", "--policy", "daydream"], "--policy"),
        (["audit", "hitomm"], "SUITE"),
        (["audit", "hitom", "--language", "fr"], "--language"),
        (["stories", "--out", "x.jsonl", "--orders", "0-5"], "--orders"),
        (["stories", "--out", "x.jsonl", "--orders", "4-0"], "--orders"),
        (["stories", "--out", "x.jsonl", "--orders", "deep"], "--orders"),
        (["stories", "--out", "nowhere/x.jsonl"], "--out"),
    ],
)
def test_wrong_words_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], where: str) -> None:
    monkeypatch.chdir(tmp_path)
    assert refusal(["tom", *words])["where"] == where
    assert not list(tmp_path.iterdir())


def test_numbers_out_of_range_are_refused() -> None:
    for words in (["--limit", "-1"], ["--max-new-tokens", "0"], ["--temperature", "-1"]):
        assert say("tom", "evaluate", *words).code == 2
