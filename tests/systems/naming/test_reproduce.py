"""The experiments: every claim gets a finding, verdicts hang on the figures, nothing is done twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from humankind.spine.evidence import NEEDS, NOT_SUPPORTED, SUPPORTED, Evidence, Figure
from humankind.spine.progress import SILENT
from humankind.spine.runs import Run
from humankind.systems.naming import experiments, findings
from humankind.systems.naming.baselines import NAMES as BASELINES
from humankind.systems.naming.bench import Row
from humankind.systems.naming.bench_config import BenchConfig
from humankind.systems.naming.benching import ABLATIONS, found_in
from humankind.systems.naming.card import CARD
from humankind.systems.naming.comparing import FULL
from humankind.systems.naming.config import NamingConfig
from humankind.systems.naming.experiments import Made, Weights
from humankind.systems.naming.reproduce import reproduce


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> tuple[Evidence, Path]:
    folder = tmp_path_factory.mktemp("reproduce")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(experiments.PLANS, "tiny", {"requests": 5, "boosted": 3, "asked": 2})
        patch.delenv("HUMANKIND_NAMING_MODEL", raising=False)
        return again(folder / "run"), folder / "run"


def again(path: Path, resume: bool = False) -> Evidence:
    with Run.start(path, command="test", config=NamingConfig(), resume=resume) as run:
        return reproduce(run, run.artifacts / "naming", "tiny", 0, SILENT)


def test_every_claim_of_the_card_gets_a_finding(ran):
    evidence, _ = ran
    assert [one.claim for one in evidence.findings] == [claim.id for claim in CARD.claims]
    assert all(one.note and one.command and one.figures for one in evidence.findings)
    for one in evidence.findings:
        assert one.verdict != NEEDS or one.note.startswith("model")


def test_what_is_about_models_is_not_judged_without_one(ran):
    evidence, _ = ran
    verdicts = {one.claim: one.verdict for one in evidence.findings}
    assert verdicts["beats-six-baselines"] == verdicts["across-backbones"] == verdicts["true-explanations"] == NEEDS
    assert {verdicts[name] for name in ("personal-wishes", "poetry-helps", "iteration-helps")} <= {
        SUPPORTED, NOT_SUPPORTED,
    }  # fmt: skip
    commands = {one.claim: one.command for one in evidence.findings}
    assert commands["beats-six-baselines"].startswith("HUMANKIND_NAMING_MODEL=")


def test_the_table_has_every_way(ran):
    evidence, _ = ran
    table = evidence.tables[0]
    names = [str(row[0]).replace(" ", "_") for row in table.rows]
    assert names == [FULL, *BASELINES, *ABLATIONS]
    assert all(len(row) == len(table.columns) for row in table.rows)
    emoc = {name: row[1] for name, row in zip(names, table.rows, strict=True)}
    assert emoc["full"] > emoc["no_retrieval"]
    assert {chart.title for chart in evidence.charts} >= {"Satisfaction of each objective"}


def test_a_second_run_goes_on_from_what_is_there(ran, monkeypatch):
    evidence, path = ran
    monkeypatch.setattr(experiments, "run_bench", None)  # would fail if it were called
    monkeypatch.setitem(experiments.PLANS, "tiny", {"requests": 5, "boosted": 3, "asked": 2})
    rows = path / "artifacts" / "naming" / "tiny" / "rules" / "rows.jsonl"
    before = rows.read_bytes()
    assert again(path, resume=True) == evidence
    assert rows.read_bytes() == before
    assert len(before.splitlines()) == 12 * 5


# -- verdicts from planted figures --------------------------------------------------------------------------


def row(way: str, case: int, emoc: float, culture: float = 100.0, cmoc: float | None = None, right: bool = True) -> Row:
    figures = {
        "emoc": emoc,
        "cmoc": emoc if cmoc is None else cmoc,
        "O1": culture,
        "coverage": 100.0 if right else 60.0,
    }
    return Row(
        strategy=way, case=f"c{case}", digest="d", name=f"王{way}", given=way, explanation=("一。",) * 5,
        figures=figures, facts={"poem": right}, verse=True,
    )  # fmt: skip


def made(better: dict[str, float], gains: tuple[float, ...] = (5.0, 0.0, 9.0, 0.0), model: bool = False) -> Made:
    """Return experiments in which the method scores 80 to 83 and each way that much less."""
    ways = {FULL: 0.0, **better}
    rows = [
        row(way, case, 80 + case % 4 - less + 0.1 * (case % 3), culture=100 - less, right=way == FULL)
        for way, less in ways.items()
        for case in range(12)
    ]
    rules = found_in(rows, BenchConfig(), 12, 1.0)
    asked = found_in(rows, BenchConfig(backend="mockllm/model"), 12, 1.0) if model else None
    weights = tuple(
        Weights(objective=str(k), requests=4, not_lower=sum(gain >= 0 for gain in gains), could_rise=4,
                rose=sum(gain > 0 for gain in gains), changed=2, gain=gains)
        for k in range(5)
    )  # fmt: skip
    return Made(rules, tuple(rows), weights, asked, "own", "tiny", 0)


ALL = {name: 5.0 for name in (*BASELINES, *ABLATIONS)}


def test_a_lead_over_all_is_supported():
    found = made(ALL)
    assert findings.personal_wishes(found).verdict == SUPPORTED
    assert findings.poetry_helps(found).verdict == SUPPORTED
    assert findings.iteration_helps(found).verdict == SUPPORTED


@pytest.mark.parametrize("equal", BASELINES)
def test_one_baseline_that_is_as_good_is_enough_to_fail(equal):
    found = made({**ALL, equal: 0.0})
    assert findings.personal_wishes(found).verdict == NOT_SUPPORTED
    assert findings.poetry_helps(found).verdict == SUPPORTED


def test_weights_that_change_nothing_fail():
    assert findings.personal_wishes(made(ALL, gains=(0.0,) * 4)).verdict == NOT_SUPPORTED
    assert findings.personal_wishes(made(ALL, gains=(-5.0, -4.0, 1.0, -3.0))).verdict == NOT_SUPPORTED


@pytest.mark.parametrize(
    ("equal", "claim"),
    [
        ("no_retrieval", findings.poetry_helps),
        ("no_retrieval_evaluation", findings.poetry_helps),
        ("no_implicit", findings.iteration_helps),
        ("no_explicit", findings.iteration_helps),
        ("no_evaluation", findings.iteration_helps),
    ],
)
def test_one_ablation_that_costs_nothing_is_enough_to_fail(equal, claim):
    found = claim(made({**ALL, equal: 0.0}))
    assert found.verdict == NOT_SUPPORTED
    assert equal.replace("_", " ") in found.note


def test_with_a_model_its_claims_are_judged():
    found = made(ALL, model=True)
    assert findings.beats_six_baselines(found).verdict == SUPPORTED
    assert findings.true_explanations(found).verdict == SUPPORTED
    assert "mockllm/model" in findings.beats_six_baselines(found).command
    worse = made({**ALL, "discussion": -1.0}, model=True)
    assert findings.beats_six_baselines(worse).verdict == NOT_SUPPORTED
    assert findings.across_backbones(worse).verdict == NEEDS


def test_the_smallest_difference_is_the_one_that_is_shown():
    found = findings.personal_wishes(made({**ALL, "few_shot": 1.0}))
    first: Figure = found.figures[0]
    assert "few shot" in first.label
    assert first.value == pytest.approx(1.0)


def test_rows_of_the_run_are_whole(ran):
    _, path = ran
    rows = path / "artifacts" / "naming" / "tiny" / "rules" / "rows.jsonl"
    for line in rows.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        assert one["strategy"] in (FULL, *BASELINES, *ABLATIONS)
        assert one["failed"] == ""
