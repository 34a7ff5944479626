"""The verbs from end to end with scripted models: what is asked, what is kept, what is refused."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("inspect_ai")

from inspect_ai.model import Model, ModelOutput, ModelUsage, get_model

from humankind.kits.bench import session
from humankind.spine.runs import Run
from humankind.systems.motivation.data import own
from humankind.systems.motivation.evaluate import OVERALL
from humankind.testing.commands import done, say
from humankind.testing.conformance import refusal

OWN = {question.text + question.options[0]: question for question in own().questions}


class Scripted:
    """A model that answers each prompt as a function says, and counts what it was asked."""

    def __init__(self, answer: Callable[[str], str]) -> None:
        self.answer, self.prompts = answer, []

    @property
    def model(self) -> Model:
        return get_model("mockllm/model", custom_outputs=self, memoize=False)

    def __call__(self, messages: list[Any], *rest: Any) -> ModelOutput:
        self.prompts.append(messages[-1].text)
        output = ModelOutput.from_content("scripted", self.answer(messages[-1].text))
        output.usage = ModelUsage(input_tokens=1, output_tokens=1)
        return output


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str], str]], Scripted]:
    """Makes `mockllm/model` answer as a function says."""

    def make(answer: Callable[[str], str]) -> Scripted:
        made = Scripted(answer)
        monkeypatch.setattr(session, "usable", lambda name: made.model)
        return made

    return make


def letter_of(prompt: str, kind: str = "gold") -> str:
    """The letter behind which the option of a kind stands in a prompt."""
    for question in own().questions:
        if question.story in prompt and question.text in prompt:
            text = question.options[question.labels["kinds"].split(",").index(kind)]
            found = re.search(rf"^([A-F])\. {re.escape(text)}$", prompt, flags=re.MULTILINE)
            if found:
                return found[1]
    raise AssertionError(f"no question of ours in {prompt!r}")


def evaluated(out: Path, *words: str) -> Any:
    return done("motivation", "evaluate", "--model", "mockllm/model", "--out", out, "--json", *words).json


def values(told: dict[str, Any]) -> dict[str, float]:
    return {figure["label"]: figure["value"] for figure in told["figures"]}


def test_a_constant_letter_is_right_once_in_six_through_the_whole_way(
    tmp_path: Path, scripted: Callable[[Callable[[str], str]], Scripted]
) -> None:
    model = scripted(lambda prompt: "C")
    told = evaluated(tmp_path / "run", "--protocol", "paper", "--limit", "10", "--way", "text")
    assert len(model.prompts) == told["trials"] == 180
    assert told["unscored"] == {}
    types = [value for label, value in values(told).items() if label != "all three right"]
    assert types == pytest.approx([1 / 6] * 4)


def test_a_model_that_knows_scores_one_and_one_that_calculates_is_found_out(
    tmp_path: Path, scripted: Callable[[Callable[[str], str]], Scripted]
) -> None:
    scripted(letter_of)
    assert set(values(evaluated(tmp_path / "knows", "--limit", "5", "--way", "text")).values()) == {1.0}
    scripted(lambda prompt: letter_of(prompt, "too_rational"))
    told = evaluated(tmp_path / "calculates", "--limit", "5", "--way", "text")
    assert values(told)[OVERALL] == 0
    shares = {row["kind"]: row["share"] for row in told["mistakes"]}
    assert shares["too_rational"] == 1.0
    answers = done("motivation", "explain", tmp_path / "calculates", "--only", "too_rational", "--json").json["answers"]
    assert len(answers) == 15
    assert not done("motivation", "explain", tmp_path / "calculates", "--only", "right", "--json").json["answers"]


def test_reasons_are_asked_for_and_the_last_line_counts(
    tmp_path: Path, scripted: Callable[[Callable[[str], str]], Scripted]
) -> None:
    model = scripted(lambda prompt: f"A is tempting, and B too.\n\n{letter_of(prompt)}")
    told = evaluated(tmp_path / "run", "--mode", "cot", "--limit", "3")
    assert (told["mode"], told["way"]) == ("cot", "text")
    assert values(told)[OVERALL] == 1
    assert all("step by step" in prompt for prompt in model.prompts)


@pytest.mark.parametrize("reply", ["", "I would rather not choose.", "A or B", "G"])
def test_what_states_no_letter_is_unscored_and_never_a_guess(
    tmp_path: Path, scripted: Callable[[Callable[[str], str]], Scripted], reply: str
) -> None:
    scripted(lambda prompt: reply)
    told = evaluated(tmp_path / "run", "--limit", "2", "--way", "text")
    assert told["figures"] == []
    assert sum(told["unscored"].values()) == 6
    shown = done("motivation", "explain", tmp_path / "run", "--only", "unscored").stdout
    assert shown.count("unscored: ") == 6


@pytest.mark.slow
def test_six_hundred_tasks_under_six_orders_take_less_than_a_minute(
    tmp_path: Path, release: Path, scripted: Callable[[Callable[[str], str]], Scripted]
) -> None:
    model = scripted(lambda prompt: "B")
    start = time.perf_counter()
    told = evaluated(tmp_path / "run", "--suite", str(release), "--protocol", "paper", "--way", "text")
    assert time.perf_counter() - start < 60
    assert len(model.prompts) == told["trials"] == 3600
    assert {source["source"]: source["scenarios"] for source in told["sources"]} == {
        "Persona": 100,
        "Amazon": 50,
        "Blog": 50,
    }
    for source in told["sources"]:
        assert values(source)[OVERALL] == pytest.approx(1 / 6)
    assert told["levels"] == []
    assert told["mistakes"] == []


def test_a_finished_run_asks_nothing_when_resumed(
    tmp_path: Path, scripted: Callable[[Callable[[str], str]], Scripted]
) -> None:
    words = ("--limit", "3", "--way", "text")
    scripted(lambda prompt: "D")
    first = evaluated(tmp_path / "run", *words)
    (tmp_path / "run" / "artifacts" / "figures.json").unlink()
    again = scripted(lambda prompt: "E")
    assert evaluated(tmp_path / "run", *words, "--resume") == first
    assert again.prompts == []


def test_runs_are_compared_and_ranked(tmp_path: Path, scripted: Callable[[Callable[[str], str]], Scripted]) -> None:
    scripted(letter_of)
    evaluated(tmp_path / "good", "--limit", "12", "--way", "text")
    scripted(lambda prompt: "A")
    evaluated(tmp_path / "bad", "--limit", "12", "--way", "text")
    told = done("motivation", "compare", tmp_path / "bad", tmp_path / "good", "--json").json
    assert [Path(row["run"]).name for row in told["runs"]] == ["good", "bad"]
    assert told["pairs"][0]["told_apart"]
    shown = done("motivation", "compare", tmp_path / "bad", tmp_path / "good").stdout
    assert "told apart, same family" in shown


def test_the_words_for_people_name_everything(
    tmp_path: Path, scripted: Callable[[Callable[[str], str]], Scripted]
) -> None:
    scripted(lambda prompt: "A" if "Why" in prompt else "none")
    words = ("--limit", "10", "--protocol", "paper", "--way", "text", "--out", tmp_path / "run")
    said = done("motivation", "evaluate", "--model", "mockllm/model", *words)
    for part in ("chance", "unscored: ", "by level of motive", "love and belonging", "by option order", "too rational"):
        assert part in said.stdout, part
    assert Run.read(tmp_path / "run").status == "done"


@pytest.mark.parametrize(
    ("words", "problem", "where"),
    [
        (("--suite", "nowhere"), "no such set of questions", "--suite"),
        (("--protocol", "fast"), "a setting is wrong", "--protocol"),
        (("--mode", "poem"), "a setting is wrong", "--mode"),
        (("--mode", "cot", "--way", "likelihood"), "reasons can be read from free text alone", "mode=cot"),
        (("--model", "nobody/nothing"), "this model cannot be used", None),
        (("--set", "protocl=quick"), "no such setting", "--set"),
        (("--set", "max_new_tokens=0"), "a setting is wrong", "--set"),
        (("--preset", "huge"), "no such preset", "--preset"),
    ],
)
def test_wrong_input_to_evaluate_is_refused(
    tmp_path: Path, words: tuple[str, ...], problem: str, where: str | None
) -> None:
    out = tmp_path / "run"
    told = refusal(["motivation", "evaluate", "--limit", "1", "--out", out, *words], out)
    assert problem in told["problem"]
    assert told.get("where") == where


def test_wrong_input_to_the_others_is_refused(tmp_path: Path) -> None:
    assert "not a run folder" in refusal(["motivation", "explain", tmp_path])["problem"]
    assert "not a run folder" in refusal(["motivation", "compare", tmp_path, tmp_path / "x"])["problem"]
    out = tmp_path / "run"
    told = refusal(["motivation", "build", tmp_path / "no.txt", "--out", out, "--model", "mockllm/model"], out)
    assert told["problem"] == "there is no such file"
    assert say("motivation", "compare").code == 2


def test_explain_refuses_a_kind_that_is_none(
    tmp_path: Path, scripted: Callable[[Callable[[str], str]], Scripted]
) -> None:
    scripted(lambda prompt: "A")
    evaluated(tmp_path / "run", "--limit", "1", "--way", "text")
    assert "too_rational" in refusal(["motivation", "explain", tmp_path / "run", "--only", "silly"])["expected"]


def test_other_questions_do_not_resume_a_run(
    tmp_path: Path, scripted: Callable[[Callable[[str], str]], Scripted]
) -> None:
    rows = json.loads(json.dumps([{**scenario, "id": "x"} for scenario in _scenarios(1)]))
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    scripted(lambda prompt: "A")
    evaluated(tmp_path / "run", "--suite", str(path), "--way", "text")
    rows[0]["questions"][0]["question"] += " Really?"
    path.write_text(json.dumps(rows), encoding="utf-8")
    words = ("--model", "mockllm/model", "--suite", path, "--way", "text", "--out", tmp_path / "run", "--resume")
    said = say("motivation", "evaluate", *words)
    assert said.code == 2
    assert "started on other data" in said.stderr


def _scenarios(n: int) -> list[dict[str, Any]]:
    from humankind.systems.motivation import authored

    return [scenario.model_dump(mode="json") for scenario in authored.load()[:n]]
