"""The experiment as a whole at a very small scale, going on with what was kept, and verdicts that can fail."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from humankind.spine.evidence import NEEDS, NOT_SUPPORTED, SUPPORTED
from humankind.spine.progress import SILENT
from humankind.systems.privacy import experiments, findings, playing, train
from humankind.systems.privacy import reproduce as experiment
from humankind.systems.privacy.card import CARD
from humankind.systems.privacy.experiments import BOTH_STAGES, FIRST_STAGE, SECOND_ONLY, SHARE_ALL, Scale
from humankind.systems.privacy.findings import Results, all_findings, over_senders
from humankind.systems.privacy.playing import BLIND, LISTED
from humankind.systems.privacy.protecting import BOTH, GUARDING, GUIDANCE, NOTHING, PROMPTING

LITTLE = Scale(80, 12, 15, 60, 1, 6, 3, 1, 2, 100)
PUBLISHED = ("94.2", "80.6", "86.5", ".942", ".806", ".865")


class Notebook:
    """Keeps what is logged."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def log(self, **line: Any) -> None:
        self.lines.append(line)


@pytest.mark.data
def test_every_claim_is_answered_and_a_second_run_trains_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data_home: Path
) -> None:
    monkeypatch.setitem(experiments.SCALES, "tiny", LITTLE)
    notebook: Any = Notebook()
    evidence = experiment.reproduce(notebook, tmp_path, "tiny", 0, SILENT)
    assert {one.claim for one in evidence.findings} <= {claim.id for claim in CARD.claims}
    assert len(evidence.findings) == len(CARD.claims)
    assert all(one.scale and one.note and one.command for one in evidence.findings)
    assert all(figure.low is not None for one in evidence.findings for figure in one.figures)
    assert {line["event"] for line in notebook.lines} == {"decisions", "rehearsed"}
    ours = [figure.value for one in evidence.findings for figure in (*one.figures, *one.baselines)]
    assert len(set(ours)) > 15
    words = [one.note + one.scale for one in evidence.findings] + [*evidence.remarks]
    words += [table.title + table.note for table in evidence.tables]
    assert not any(figure in text for figure in PUBLISHED for text in words), "they belong to the paper's models"
    json.loads(evidence.model_dump_json())

    def refuse(*words: Any, **more: Any) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(train, "fit_logistic", refuse)
    again: Any = Notebook()
    assert experiment.reproduce(again, tmp_path, "tiny", 0, SILENT) == evidence
    assert again.lines == notebook.lines


def test_without_data_nothing_is_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUMANKIND_DATA", str(tmp_path / "nothing"))
    monkeypatch.setitem(experiments.SCALES, "tiny", LITTLE)
    notebook: Any = Notebook()
    evidence = experiment.reproduce(notebook, tmp_path / "run", "tiny", 0, SILENT)
    needing = [one for one in evidence.findings if one.verdict == NEEDS]
    assert len(needing) >= 5
    assert all(one.note.startswith(("data", "GPU", "model")) for one in needing)
    assert not any(one.figures for one in needing)


# -- verdicts -----------------------------------------------------------------------------------------------


def at(value: float, half: float = 0.01) -> dict[str, float]:
    return {"value": value, "low": value - half, "high": value + half}


def way(privacy: float, helpfulness: float, disclosure: float) -> dict[str, Any]:
    return {"privacy": at(privacy), "helpfulness": at(helpfulness), "disclosure": at(disclosure), "n_runs": 9}


def beside(lead: float, help_lead: float = 0.0) -> dict[str, Any]:
    names = (NOTHING, PROMPTING, GUARDING, GUIDANCE, BOTH)
    above = {"privacy": at(lead), "helpfulness": at(help_lead), "disclosure": at(lead)}
    return {"ways": {name: way(0.5, 0.5, 0.5) for name in names}, "above": {name: above for name in names[:3]}}


def pressed(spared: float) -> dict[str, Any]:
    rows = {
        name: {"drop": at(0.3), "after": way(0.3, 0.9, 0.5), "ways": ["plain"]}
        for name in (PROMPTING, GUARDING, GUIDANCE, BOTH)
    }
    return {"rows": rows, "spared": {name: at(spared) for name in (PROMPTING, GUARDING)}}


def results(**changes: Any) -> Results:
    senders = {"one": beside(0.1), "other": beside(0.1)}
    ways = {SHARE_ALL: way(0, 1, 0.6), FIRST_STAGE: way(1, 0.1, 0.1), BOTH_STAGES: way(0.9, 0.9, 0.9)}
    differences = {
        "help, privacy stage - before": at(-0.9),
        "help, second stage - privacy stage": at(0.8),
        "disclosure, second stage - privacy stage": at(0.8),
        "disclosure, trained - before": at(0.3),
        "disclosure, two stages - one": at(0.0),
    }
    schedule = {
        "seed": 0, "n_train": 8, "n_held_out": 2, "ways": {**ways, SECOND_ONLY: way(0.9, 0.9, 0.9)},
        "differences": differences, "course": [],
    }  # fmt: skip
    good = Results(
        preset="tiny",
        seed=0,
        tasks={"n_tasks": 9, "n_items": 50, "n_folds": 5},
        recipients={"above": at(0.2), "figures": way(0.9, 0.9, 0.9), "share all": way(0, 1, 0.6), "n_roles": 7},
        schedules={"seeds": [schedule]},
        judge={},
        secrets={"n_items": 10, "withheld": 0.5, "asked": 0.25},
        played={"scale": "six tasks", BLIND: senders, LISTED: senders},
        attacked={"scale": "", "senders": {"one": pressed(0.2)}},
    )
    return replace(good, **changes)


def verdicts(**changes: Any) -> dict[str, str]:
    return {one.claim: one.verdict for one in all_findings(results(**changes))}


def test_where_all_holds_only_what_needs_a_model_is_left_open() -> None:
    found = verdicts()
    assert found.pop("better-balance") == NEEDS
    assert set(found.values()) == {SUPPORTED}


@pytest.mark.parametrize(
    ("lead", "help_lead", "balance", "static"),
    [
        (-0.1, 0.0, NOT_SUPPORTED, NOT_SUPPORTED),
        (0.005, 0.0, NOT_SUPPORTED, NOT_SUPPORTED),
        (0.1, -0.1, NEEDS, NOT_SUPPORTED),
    ],
)
def test_defences_that_are_no_better_refute(lead: float, help_lead: float, balance: str, static: str) -> None:
    senders = {"one": beside(lead, help_lead)}
    found = verdicts(played={"scale": "", BLIND: senders, LISTED: senders})
    assert (found["better-balance"], found["guidance-over-static-defences"]) == (balance, static)


def test_what_hangs_on_the_sender_is_left_open_and_says_so() -> None:
    senders = {"meek": beside(0.1), "stubborn": beside(-0.1)}
    found = {one.claim: one for one in all_findings(results(played={"scale": "", BLIND: senders, LISTED: senders}))}
    one = found["guidance-over-static-defences"]
    assert one.verdict == NEEDS
    assert one.note.startswith("model: ")
    assert "with meek, not with stubborn" in one.note
    assert over_senders({"a": False}, SUPPORTED)[0] == NOT_SUPPORTED


@pytest.mark.parametrize(
    ("changed", "claim"),
    [
        ({"help, privacy stage - before": at(0.0)}, "two-stage-reward"),
        ({"help, second stage - privacy stage": at(0.005)}, "two-stage-reward"),
        ({"disclosure, trained - before": at(-0.1)}, "learns-from-failures"),
    ],
)
def test_training_that_fails_in_one_seed_refutes(changed: dict[str, Any], claim: str) -> None:
    good = results().schedules
    assert good
    one = good["seeds"][0]
    other = {**one, "seed": 1, "differences": {**one["differences"], **changed}}
    assert verdicts(schedules={"seeds": [one, other]})[claim] == NOT_SUPPORTED


def test_no_lead_on_recipients_never_met_refutes() -> None:
    good = results().recipients
    assert good
    assert verdicts(recipients={**good, "above": at(0.0)})["generalises"] == NOT_SUPPORTED


@pytest.mark.parametrize(
    ("spared", "verdict"), [((0.2, 0.2), SUPPORTED), ((0.005, -0.1), NOT_SUPPORTED), ((0.2, -0.1), NEEDS)]
)
def test_a_drop_that_is_no_smaller_refutes(spared: tuple[float, float], verdict: str) -> None:
    senders = {"one": pressed(spared[0]), "other": pressed(spared[1])}
    assert verdicts(attacked={"scale": "", "senders": senders})["robust-to-attack"] == verdict


def test_the_senders_differ_in_what_matters() -> None:
    assert len(playing.SENDERS) >= 3
    assert len({settings.model_dump_json() for settings in playing.SENDERS.values()}) == len(playing.SENDERS)
    assert findings.WRITTEN["disclosure"] == "appropriate disclosure"
