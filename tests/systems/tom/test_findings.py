"""Verdicts on planted answers, and the whole experiment on a toy model: every claim once, none taken for granted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from humankind.kits.bench.questions import Question
from humankind.spine.config import Config
from humankind.spine.evidence import NEEDS, NOT_SUPPORTED, SUPPORTED, Evidence
from humankind.spine.progress import SILENT
from humankind.spine.runs import Run
from humankind.systems.tom import findings
from humankind.systems.tom.card import CARD
from humankind.systems.tom.data import Suite
from humankind.systems.tom.findings import Bench
from humankind.systems.tom.lab import Condition, Lab, Scale
from humankind.systems.tom.study import Answered

SCALE = Scale(questions={"made": 0}, caps=(4, 16, 64), max_new_tokens=80)
CLAIMS = {
    "reasoning-not-better": findings.reasoning_not_better,
    "slow-thinking-collapses": findings.slow_thinking_collapses,
    "larger-budget-hurts": findings.larger_budget_hurts,
    "cap-helps": findings.cap_helps,
    "complementary-success": findings.complementary_success,
    "option-matching": findings.option_matching,
    "s2f-mitigates": lambda bench: findings.mitigates(bench, "s2f"),
    "t2m-mitigates": lambda bench: findings.mitigates(bench, "t2m"),
}


class Planted(Lab):
    """A lab whose answers are drawn with a known chance of being right."""

    @property
    def reasons(self) -> bool:
        return "reasoner" in self.model

    def answers(self, condition: Condition) -> list[Answered]:
        name = self.policy("slow") if condition == "long" else condition
        rng = np.random.default_rng(sum(map(ord, name)) + self.seed)
        made = []
        for number in range(500):
            doublings = rng.normal()
            prob = RIGHT[self.suite.name].get(condition, 0.5) + SLOPE[self.suite.name] * doublings
            made.append(
                Answered(
                    id=f"q{number}", group=f"s{number}", order=number % 5, right=bool(rng.random() < prob),
                    n_tokens=round(2 ** (7 + doublings)), facts={"trigger": TRIGGER["s"]},
                )
            )  # fmt: skip
        return made


RIGHT: dict[str, dict[str, float]] = {}
SLOPE: dict[str, float] = {}
TRIGGER = {"s": "hesitation"}


def bench(model: str = "humankind/a-reasoner", suites: tuple[str, ...] = ("made",)) -> Bench:
    for name in suites:
        RIGHT.setdefault(name, {})
        SLOPE.setdefault(name, 0.0)
    question = Question(id="q", suite="made", text="?", options=("a", "b"), gold=0)
    labs = [
        Planted(model, Suite(name=name, title=name, questions=(question,)), SCALE, 0, Path(), SILENT) for name in suites
    ]
    return Bench(labs, "tiny")


@pytest.fixture(autouse=True)
def _nothing_planted() -> None:
    RIGHT.clear()
    SLOPE.clear()
    TRIGGER["s"] = "hesitation"


GOOD = {
    "larger-budget-hurts": {"short": 0.7, "long": 0.5, "slow": 0.5},
    "cap-helps": {"middle": 0.75},
    "option-matching": {"bare": 0.7},
    "s2f-mitigates": {"s2f": 0.7},
    "t2m-mitigates": {"t2m": 0.7},
}
BAD = {
    "larger-budget-hurts": {"short": 0.5, "long": 0.7},
    "cap-helps": {"slow": 0.75},
    "option-matching": {"slow": 0.7},
    "s2f-mitigates": {"slow": 0.7},
    "t2m-mitigates": {"slow": 0.7},
}


@pytest.mark.parametrize("claim", GOOD)
def test_what_was_planted_is_found_and_its_opposite_is_not(claim: str) -> None:
    RIGHT["made"] = GOOD[claim]
    assert CLAIMS[claim](bench()).finding.verdict == SUPPORTED
    RIGHT["made"] = BAD[claim]
    assert CLAIMS[claim](bench()).finding.verdict == NOT_SUPPORTED
    RIGHT["made"] = {}
    assert CLAIMS[claim](bench()).finding.verdict == NOT_SUPPORTED


def test_a_planted_slope_is_a_collapse_and_none_is_not() -> None:
    SLOPE["made"] = -0.1
    assert CLAIMS["slow-thinking-collapses"](bench()).finding.verdict == SUPPORTED
    SLOPE["made"] = 0.0
    assert CLAIMS["slow-thinking-collapses"](bench()).finding.verdict == NOT_SUPPORTED


def test_reasoning_is_better_only_where_it_is_ahead_everywhere() -> None:
    ahead = {"slow": 0.8, "fast": 0.4}
    RIGHT.update(one=ahead, two=ahead)
    assert CLAIMS["reasoning-not-better"](bench(suites=("one", "two"))).finding.verdict == NOT_SUPPORTED
    RIGHT.update(two={"slow": 0.3, "fast": 0.7})
    assert CLAIMS["reasoning-not-better"](bench(suites=("one", "two"))).finding.verdict == SUPPORTED


def test_few_questions_do_not_show_that_reasoning_gains_little() -> None:
    RIGHT.update(one={"slow": 0.5, "fast": 0.5})
    finding = CLAIMS["reasoning-not-better"](bench()).finding
    assert finding.verdict == NEEDS
    assert finding.note.startswith("data: more questions")


def test_a_claim_must_hold_on_every_suite() -> None:
    RIGHT.update(one={"s2f": 0.8}, two={"s2f": 0.3})
    assert CLAIMS["s2f-mitigates"](bench(suites=("one", "two"))).finding.verdict == NOT_SUPPORTED


def test_a_model_that_never_hesitates_says_nothing_about_the_gates() -> None:
    RIGHT["made"] = {"s2f": 0.9, "t2m": 0.9}
    TRIGGER["s"] = "cap"
    for condition in ("s2f", "t2m"):
        finding = findings.mitigates(bench(), condition).finding
        assert finding.verdict == NEEDS
        assert finding.note.startswith("model: one that hesitates")
        assert "cap 500" in finding.note


REASONING = sorted(set(CLAIMS) - {"s2f-mitigates", "t2m-mitigates"})


@pytest.mark.parametrize("claim", REASONING)
def test_a_model_that_does_not_reason_gets_no_verdict_and_the_command_for_one_that_does(claim: str) -> None:
    RIGHT["made"] = GOOD.get(claim, {})
    finding = CLAIMS[claim](bench("humankind/smollm2")).finding
    assert finding.verdict == NEEDS
    assert finding.note.startswith("model: one that reasons")
    assert finding.command == "HUMANKIND_TOM_MODEL=humankind/FOLDER humankind reproduce tom --preset paper"
    assert finding.figures


def test_every_claim_of_the_card_has_an_experiment() -> None:
    assert set(CLAIMS) == {claim.id for claim in CARD.claims}


# -- the whole of it --------------------------------------------------------------------------------------


def questions(path: Path, n: int) -> Path:
    made = [
        Question(
            id=f"q{number}", suite="made", story=f"Ann put ball {number} away{' and left' * (number % 3)}.",
            text="Where is it?", options=("the box", "the bag", "the cup"), gold=number % 3,
            answer=("the box", "the bag", "the cup")[number % 3], order=number % 3, group=f"s{number // 2}",
        )
        for number in range(n)
    ]  # fmt: skip
    path.write_text("".join(one.model_dump_json() + "\n" for one in made))
    return path


def reproduced(folder: Path, monkeypatch: pytest.MonkeyPatch, model: str, suite: Path) -> Evidence:
    from humankind.systems.tom import reproduce

    monkeypatch.setenv("HUMANKIND_TOM_MODEL", model)
    scale = Scale(questions={str(suite): 12, "tomato": 5}, caps=(2, 6, 12), max_new_tokens=16)
    monkeypatch.setitem(reproduce.SCALES, "tiny", scale)
    monkeypatch.setenv("HUMANKIND_DATA", str(folder))  # nothing there: tomato is left out by name
    with Run.start(folder / "run", command="t", config=Config(), system="reproduce") as run:
        return reproduce.reproduce(run, run.artifacts / "tom", "tiny", 0, SILENT)


def test_the_whole_experiment_runs_and_goes_on_without_asking_twice(
    toy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from humankind.kits.llm.local import LocalModel
    from humankind.systems.tom import reproduce

    found = reproduced(tmp_path, monkeypatch, toy, questions(tmp_path / "made.jsonl", 20))
    assert [finding.claim for finding in found.findings] == [claim.id for claim in CARD.claims]
    assert {finding.verdict for finding in found.findings} <= {NEEDS, NOT_SUPPORTED, SUPPORTED}
    assert all(finding.figures for finding in found.findings)
    assert all("12 questions of made" in finding.scale for finding in found.findings)
    assert any("tomato was left out" in remark for remark in found.remarks)
    assert found.tables
    assert found.charts

    def never(*_: Any) -> Any:
        raise AssertionError("asked again")

    monkeypatch.setattr(LocalModel, "generate", never)
    monkeypatch.setattr(LocalModel, "log_likelihoods", never)
    run = Run.read(tmp_path / "run")
    assert reproduce.reproduce(run, run.artifacts / "tom", "tiny", 0, SILENT) == found
