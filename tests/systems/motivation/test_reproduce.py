"""The experiments: every claim gets a finding, an able model is judged, a guessing one is not, nothing twice asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("inspect_ai")

from inspect_ai.model import Model, ModelOutput, ModelUsage, get_model

from humankind.kits.bench import session
from humankind.spine import sources
from humankind.spine.errors import DataError
from humankind.spine.evidence import NEEDS, NOT_SUPPORTED, SUPPORTED, Evidence
from humankind.spine.progress import SILENT
from humankind.spine.runs import Run
from humankind.systems.motivation import experiments
from humankind.systems.motivation.card import CARD
from humankind.systems.motivation.config import MotivationConfig
from humankind.systems.motivation.data import kinds_of, own
from humankind.systems.motivation.reproduce import reproduce

BY_STEM = {f"{question.story}\n\n{question.text}": question for question in own().questions}


class Scripted:
    """A model that picks an option of a kind in our set, and says F elsewhere; counts its calls."""

    def __init__(self, kind: Callable[[int], str]) -> None:
        self.kind, self.calls = kind, 0

    @property
    def model(self) -> Model:
        return get_model("mockllm/model", custom_outputs=self, memoize=False)

    def __call__(self, messages: list[Any], *rest: Any) -> ModelOutput:
        output = ModelOutput.from_content("scripted", self._letter(messages[-1].text))
        output.usage = ModelUsage(input_tokens=1, output_tokens=1)
        self.calls += 1
        return output

    def _letter(self, prompt: str) -> str:
        question = next((q for stem, q in BY_STEM.items() if stem in prompt), None)
        if question is None:
            return "F"
        wanted = question.options[kinds_of(question).index(self.kind(self.calls))]
        found = re.search(rf"^([A-F])\. {re.escape(wanted)}$", prompt, flags=re.MULTILINE)
        assert found, prompt
        return found[1]


@pytest.fixture(autouse=True)
def _no_official_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HUMANKIND_DATA", str(tmp_path / "nothing"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))


def run_with(
    scripted: Scripted, folder: Path, monkeypatch: pytest.MonkeyPatch, resume: bool = False, preset: str = "tiny"
) -> Evidence:
    monkeypatch.setattr(session, "usable", lambda name: scripted.model)
    with Run.start(folder, command="test", config=MotivationConfig(), resume=resume) as run:
        return reproduce(run, run.artifacts / "motivation", preset, 0, SILENT)


def knowing(every: int, wrong: str) -> Callable[[int], str]:
    """Right on all calls but each `every`-th, which goes to one kind of distractor."""
    return lambda number: wrong if number % every == 0 else "gold"


def test_every_claim_of_the_card_gets_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = run_with(Scripted(lambda n: "surface" if n % 7 else "gold"), tmp_path / "run", monkeypatch)
    assert [one.claim for one in found.findings] == [claim.id for claim in CARD.claims]
    assert {one.verdict for one in found.findings} == {NEEDS}
    assert all(one.note.startswith(("data", "model")) and one.command for one in found.findings)
    assert [figure.label for figure in found.findings[1].baselines] == ["chance", "shortcut: shortest option"]
    battery = next(table for table in found.tables if table.title.startswith("Answering without"))
    assert {"chance", "longest option"} < {row[0] for row in battery.rows}


def test_an_able_model_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = run_with(Scripted(knowing(3, "too_rational")), tmp_path / "run", monkeypatch, preset="small")
    verdicts = {one.claim: one.verdict for one in found.findings}
    assert verdicts["too-rational"] == SUPPORTED
    assert verdicts["too-idealistic"] == NOT_SUPPORTED
    assert verdicts["love-and-belonging-hardest"] == NOT_SUPPORTED
    assert verdicts["models-fall-short"] == verdicts["scale-and-version"] == NEEDS


def test_what_was_asked_is_not_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Scripted(knowing(2, "too_rational"))
    found = run_with(first, tmp_path / "run", monkeypatch)
    assert first.calls == 45 + 54 + 6
    second = Scripted(knowing(2, "too_idealistic"))
    assert run_with(second, tmp_path / "run", monkeypatch, resume=True) == found
    assert second.calls == 0


def test_official_files_are_asked_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: Path
) -> None:
    sources.get("motivebench", release)
    found = run_with(Scripted(knowing(3, "too_rational")), tmp_path / "run", monkeypatch)
    composition = found.findings[0]
    assert composition.verdict == SUPPORTED
    assert [figure.value for figure in composition.figures] == [200, 600]
    names = [row[0] for row in found.tables[0].rows]
    assert names == ["main", "orders", "text", "release", "chance"]
    assert not any("not on this machine" in remark for remark in found.remarks)


def test_questions_that_changed_do_not_pass_for_those_that_were_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_with(Scripted(knowing(3, "too_rational")), tmp_path / "run", monkeypatch)
    whole = own()
    changed = whole.model_copy(update={"questions": whole.questions[3:]})
    monkeypatch.setattr(experiments, "load", lambda name: changed)
    with pytest.raises(DataError, match="have changed since this run began"):
        run_with(Scripted(knowing(3, "too_rational")), tmp_path / "run", monkeypatch, resume=True)


def test_a_model_without_a_readable_word_is_reported_as_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Mute(Scripted):
        def _letter(self, prompt: str) -> str:
            return "no idea"

    found = run_with(Mute(lambda n: "gold"), tmp_path / "run", monkeypatch)
    assert {one.verdict for one in found.findings} == {NEEDS}
    assert found.charts == ()
    assert any("in 0 of 6 trials (unscored: no letter 6)" in remark for remark in found.remarks)


def test_a_variable_names_the_model_and_every_command_repeats_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    scripted = Scripted(knowing(3, "too_rational"))

    def usable(name: str) -> Model:
        asked.append(name)
        return scripted.model

    monkeypatch.setenv("HUMANKIND_MOTIVATION_MODEL", "openai/some model")
    monkeypatch.setattr(session, "usable", usable)
    with Run.start(tmp_path / "run", command="test", config=MotivationConfig()) as run:
        found = reproduce(run, run.artifacts / "motivation", "tiny", 3, SILENT)
    assert set(asked) == {"openai/some model"}
    judged = [one for one in found.findings if one.verdict != NEEDS]
    assert "too-rational" in {one.claim for one in judged}
    for one in judged:
        assert one.command == (
            "HUMANKIND_MOTIVATION_MODEL='openai/some model' humankind reproduce motivation --preset tiny --seed 3"
        )
    assert found.tables[0].title == "openai/some model: accuracy"
    assert "embedded" not in " ".join(found.remarks)
    monkeypatch.delenv("HUMANKIND_MOTIVATION_MODEL")
    with pytest.raises(DataError, match="model have changed"):
        run_with(scripted, tmp_path / "run", monkeypatch, resume=True)
