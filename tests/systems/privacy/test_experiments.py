"""The experiments without agents: what is kept, what is refused, and what they find where the truth is planted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from humankind.spine.errors import DataError
from humankind.spine.progress import SILENT
from humankind.systems.privacy import experiments
from humankind.systems.privacy.comparing import as_ends, compared, difference, figures_of, sums_by_scenario
from humankind.systems.privacy.experiments import (
    BOTH_STAGES,
    FIRST_STAGE,
    SCALES,
    SECOND_ONLY,
    SHARE_ALL,
    Lab,
    Scale,
    latency,
    schedules,
    tasks_of,
    unseen_recipients,
    unseen_tasks,
)
from humankind.systems.privacy.learning import Learning
from humankind.systems.privacy.metrics import Outcome, Shared, score
from humankind.systems.privacy.norms import Norm
from humankind.systems.privacy.policy import PolicySettings, environments_of

LITTLE = Scale(0, 13, 20, 200, 2, 3, 2, 1, 2, 100)


def test_a_result_is_computed_once(tmp_path: Path) -> None:
    calls: list[int] = []

    def compute() -> dict[str, Any]:
        calls.append(1)
        return {"value": (1, 2)}

    for _ in range(2):
        assert Lab(tmp_path, {"seed": 0, "of": (1,)}, SILENT).once("a", compute) == {"value": [1, 2]}
    assert len(calls) == 1
    with pytest.raises(DataError, match="changed"):
        Lab(tmp_path, {"seed": 1, "of": (1,)}, SILENT).once("a", compute)


def test_what_breaks_is_not_kept(tmp_path: Path) -> None:
    lab = Lab(tmp_path, {}, SILENT)
    with pytest.raises(ValueError, match="nan"):
        lab.once("a", lambda: {"value": float("nan")})
    assert lab.once("a", lambda: {"value": 1}) == {"value": 1}


def test_planted_rules_are_found_on_unseen_tasks(planted_norms: list[Norm]) -> None:
    found = unseen_tasks(planted_norms, LITTLE, 0, SILENT)
    assert found["ways"]["instructor"]["disclosure"]["low"] > 0.9
    assert found["ways"]["share all"]["disclosure"]["value"] == pytest.approx(0.5)


def test_roles_that_were_never_met_cannot_be_known(planted_norms: list[Norm]) -> None:
    """Three roles with a rule each: what two of them teach says nothing of the third."""
    with pytest.raises(DataError, match="fewer"):
        unseen_recipients(planted_norms, LITTLE, 0, SILENT)


def test_the_first_stage_silences_and_disclosure_alone_teaches(planted_norms: list[Norm]) -> None:
    found = schedules(planted_norms, replace(LITTLE, n_seeds=1), 0, SILENT)
    (one,) = found["seeds"]
    assert one["ways"][SHARE_ALL]["helpfulness"]["value"] == 1
    assert one["ways"][FIRST_STAGE]["helpfulness"]["value"] < 0.1
    assert one["differences"]["help, privacy stage - before"]["high"] < 0
    assert one["ways"][SECOND_ONLY]["disclosure"]["value"] > one["ways"][SHARE_ALL]["disclosure"]["value"] + 0.1
    assert schedules(planted_norms, replace(LITTLE, n_seeds=1), 0, SILENT) == found


@pytest.mark.data
def test_the_second_stage_restores_help(data_home: Path) -> None:
    norms = tasks_of(replace(LITTLE, n_tasks=240))
    assert norms
    (one,) = schedules(norms, replace(LITTLE, n_seeds=1), 0, SILENT)["seeds"]
    assert one["differences"]["help, privacy stage - before"]["high"] < 0
    assert one["differences"]["help, second stage - privacy stage"]["low"] > 0
    assert one["ways"][BOTH_STAGES]["disclosure"]["value"] > one["ways"][SHARE_ALL]["disclosure"]["value"]


def test_a_silent_policy_shares_nothing(planted_norms: list[Norm]) -> None:
    settings = PolicySettings()
    environments = environments_of(planted_norms[:5], settings.features)
    learning = Learning.fresh(settings)
    assert experiments.decisions_of(learning, environments).share.all()
    learning.policy.answer = -1.0
    decisions = experiments.decisions_of(learning, environments)
    assert not decisions.share.any()
    assert set(decisions.owner) == set(range(5))


def test_the_defence_takes_milliseconds() -> None:
    found = latency(0, 10)
    assert 0 < found["guidance_ms"] <= found["both_ms"] < 300  # 30 at rest; a busy machine is slower


@pytest.mark.data
def test_tasks_are_drawn_evenly(data_home: Path) -> None:
    assert (data_home / "cirl").is_dir()
    whole, some = tasks_of(SCALES["small"]), tasks_of(SCALES["tiny"])
    assert whole
    assert some
    assert (len(whole), len(some)) == (729, 365)
    places = [whole.index(norm) for norm in some[:20]]
    assert places == sorted(places)
    assert places[-1] > 30


def test_without_data_there_are_no_tasks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HUMANKIND_DATA", str(tmp_path))
    assert tasks_of(SCALES["tiny"]) is None
    assert experiments.judge_agreement(SCALES["tiny"], 0) == {}
    assert experiments.secrets_withheld() == {}


# -- defences side by side ----------------------------------------------------------------------------------


def outcome(name: str, shared: int, leaked: int, n_shareable: int = 2, n_sensitive: int = 5) -> Outcome:
    gave = Shared(frozenset(range(shared)), frozenset(range(10, 10 + leaked)))
    return Outcome(name, n_shareable, n_sensitive, (gave,) if shared or leaked else ())


def test_sums_are_those_of_the_score() -> None:
    runs = [outcome("a", 1, 2), outcome("a", 2, 0, 3, 2), outcome("b", 0, 0)]
    total = np.array(list(sums_by_scenario(runs).values())).sum(axis=0)
    found = score(runs)
    assert 1 - total[1] / total[3] == pytest.approx(found.privacy)
    assert total[0] / total[2] == pytest.approx(found.helpfulness)
    assert total[4] / total[5] == pytest.approx(found.leak)


def test_differences_are_paired_by_scenario() -> None:
    """Scenarios differ much, defences little and always alike: only pairing can see it."""
    first = [outcome(str(n), 2, n % 6, 2, 6) for n in range(30)]
    second = [outcome(str(n), 2, n % 6 + 1, 2, 6) for n in range(30)]
    found = difference(first, second, "privacy", 0)
    assert found
    assert found.value == pytest.approx(1 / 6)
    assert found.low == pytest.approx(found.high)
    apart = as_ends(found)
    assert apart["low"] == pytest.approx(1 / 6)


def test_no_difference_spans_zero() -> None:
    first = [outcome(str(n), n % 3, n % 4) for n in range(24)]
    second = [outcome(str(n), (n + 1) % 3, (n + 2) % 4) for n in range(24)]
    found = difference(first, second, "disclosure", 0)
    assert found
    assert found.low < 0 < found.high


def test_only_common_scenarios_count() -> None:
    first = [outcome("a", 2, 0), outcome("b", 0, 5)]
    found = difference(first, [outcome("a", 1, 0)], "helpfulness", 0)
    assert found
    assert (found.value, found.n) == (0.5, 1)
    with pytest.raises(DataError, match="in common"):
        difference(first, [outcome("c", 1, 0)], "privacy", 0)


def test_silent_runs_count_unless_asked() -> None:
    runs = [outcome("a", 0, 0), outcome("b", 2, 5)]
    assert figures_of(runs, 0)["privacy"]["value"] == 0.5
    assert figures_of(runs, 0, "drop")["privacy"]["value"] == 0.0
    assert figures_of(runs, 0)["n_silent"] == 1


def test_compared_leaves_nobody_out() -> None:
    runs = {"cdi": [outcome("a", 2, 0), outcome("b", 1, 0)], "none": [outcome("a", 2, 5), outcome("b", 2, 5)]}
    found = compared(runs, 0, "cdi")
    assert set(found["ways"]) == {"cdi", "none"}
    assert found["above"]["none"]["privacy"]["value"] == 1
    assert found["above"]["none"]["helpfulness"]["value"] == -0.25
