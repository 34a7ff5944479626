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
from humankind.testing import scripted
from humankind.testing.commands import done, say
from humankind.testing.conformance import refusal

assert scripted.PROVIDER  # importing it makes `scripted/...` known to Inspect


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


# -- stories ----------------------------------------------------------------------------------------------


def test_stories_are_written_and_read_again(tmp_path: Path) -> None:
    outs = [tmp_path / f"{name}.jsonl" for name in ("one", "again", "other")]
    for out, seed in zip(outs, (3, 3, 4)):
        made = done("tom", "stories", "--n", "30", "--orders", "1-3", "--seed", seed, "--out", out, "--json").json
        assert made["questions"] == 30
        assert made["orders"] == {"1": 10, "2": 10, "3": 10}
    texts = [out.read_text(encoding="utf-8") for out in outs]
    assert texts[0] == texts[1] != texts[2]
    assert done("tom", "audit", outs[0], "--against", outs[2], "--json").json["n_questions"] == 30


# -- evaluate ---------------------------------------------------------------------------------------------


def test_a_model_that_always_says_a_is_right_where_a_is(mine: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ["tom", "evaluate", "--suite", mine, "--model", "scripted/A", "--out", out]
    found = done(*words, "--json").json
    assert (found["overall"]["n"], found["overall"]["right"]) == (12, 4)
    assert found["ways"] == {"constrained": 12}
    assert set(found["by"]) == {"order"}
    told = done(*words, "--resume").stdout
    assert "scripted/A on mine, policy plain" in told
    assert "12 of 12 questions asked" in told
    kept = [json.loads(line) for line in (out / "samples.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(kept) == 12
    assert {sample["right"] for sample in kept if sample["target"] == "A"} == {True}
    assert len(list((out / "artifacts" / "replies" / "inspect").glob("*.eval"))) == 1


def test_studies_read_finished_runs_and_keep_plots_where_asked(mine: Path, tmp_path: Path) -> None:
    runs = []
    for letter in "AB":
        runs.append(tmp_path / letter)
        done("tom", "evaluate", "--suite", mine, "--model", f"scripted/{letter}", "--way", "text", "--out", runs[-1])
    study = done("tom", "overlap", *runs, "--out", tmp_path / "overlap", "--json").json
    row = dict(zip(study["tables"][0]["columns"], study["tables"][0]["rows"][-1]))
    assert (row["both"], row["neither"]) == (0, 4)
    plots = list((tmp_path / "overlap" / "artifacts").glob("*.svg"))
    assert len(plots) == len(study["charts"]) == 1
    assert plots[0].read_text(encoding="utf-8").startswith("<svg")
    before = sorted(tmp_path.rglob("*"))
    assert "12 usable replies" in done("tom", "lengths", runs[0]).stdout
    assert sorted(tmp_path.rglob("*")) == before


def test_a_study_of_a_folder_without_answers_is_refused(tmp_path: Path) -> None:
    assert refusal(["tom", "lengths", tmp_path])["error"] == "RunError"
    assert refusal(["tom", "overlap", tmp_path, tmp_path])["error"] == "RunError"


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
        (["evaluate", "--language", "fr"], "--language"),
        (["evaluate", "--way", "guess"], "--way"),
        (["evaluate", "--set", "top_p=0"], "--set"),
        (["evaluate", "--set", "top=0"], "--set"),
        (["caps", "--set", "caps=[0]"], "--set"),
        (["evaluate", "--policy", "s2f:0"], "--policy"),
        (["evaluate", "--policy", "s2f"], "--policy"),
        (["evaluate", "--policy", "daydream"], "--policy"),
        (["caps", "--caps", "64,many"], "--caps"),
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


def test_one_effort_is_nothing_to_compare(mine: Path, tmp_path: Path) -> None:
    words = ["tom", "effort", "--efforts", "low", "--suite", mine, "--out", tmp_path / "run"]
    assert refusal(words, tmp_path / "run")["where"] == "--efforts"


def test_numbers_out_of_range_are_refused() -> None:
    for words in (["--limit", "-1"], ["--max-new-tokens", "0"], ["--temperature", "-1"]):
        assert say("tom", "evaluate", *words).code == 2
