"""The studies on planted answers: caps judged where they were not chosen, effort, overlap beside two seeds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from humankind.kits.bench.scoring import pooled
from humankind.spine.config import Config
from humankind.spine.errors import ConfigError, DataError
from humankind.spine.progress import SILENT
from humankind.spine.runs import Run
from humankind.systems.tom.caps import cap_study, half_of, with_cap
from humankind.systems.tom.config import TomConfig
from humankind.systems.tom.effort import effort_study, local_policy, run_effort
from humankind.systems.tom.overlap import Named, overlap_study, run_overlap
from humankind.systems.tom.study import Answered, accuracy, difference, pair_up, read_run


def answers(verdicts: list[bool | None], tokens: int = 10, stories: int = 1) -> list[Answered]:
    return [
        Answered(id=f"q{number}", group=f"s{number // stories}", order=number % 5, right=right, n_tokens=tokens)
        for number, right in enumerate(verdicts)
    ]


def drawn(n: int, prob: float, seed: int) -> list[bool | None]:
    return [bool(draw < prob) for draw in np.random.default_rng(seed).random(n)]


# -- intervals --------------------------------------------------------------------------------------------


def test_the_interval_grows_where_questions_of_a_story_hang_together() -> None:
    stories = np.random.default_rng(0).random(60) < 0.5
    together = [float(stories[number // 10]) for number in range(600)]
    groups = [f"s{number // 10}" for number in range(600)]
    wide, narrow = pooled(together, groups, 0), pooled(together, [""] * 600, 0)
    assert wide.value == narrow.value
    assert (wide.high - wide.low) > 2.5 * (narrow.high - narrow.low)


def test_accuracy_counts_only_what_was_scored() -> None:
    found = accuracy(answers([True, None, False, True, None]), 0)
    assert found is not None
    assert found.value == pytest.approx(2 / 3)
    assert accuracy(answers([None]), 0) is None


def test_all_right_is_not_certain() -> None:
    found = accuracy(answers([True] * 20), 0)
    assert found is not None
    assert found.value == 1
    assert found.low < 0.9


def test_no_difference_in_a_few_stories_is_not_certain() -> None:
    few, many = (difference(answers([True] * n), answers([True] * n), 0) for n in (10, 1000))
    assert few.value == many.value == 0
    assert few.high == -few.low > 0.2
    assert many.high < 0.01


def test_differences_are_paired_over_questions_that_both_answered() -> None:
    first, second = answers([True, True, None, False]), answers([False, True, True, None])
    assert difference(first, second, 0).value == pytest.approx(0.5)
    with pytest.raises(DataError, match="no question in common"):
        pair_up(first[2:3], second)


# -- caps -------------------------------------------------------------------------------------------------


def test_caps_are_added_to_policies() -> None:
    assert with_cap("t2m:2", 9) == "t2m:2+cap:9"
    for policy, cap in (("cap:3", 9), ("nothink", 9), ("plain", 0)):
        with pytest.raises(ConfigError):
            with_cap(policy, cap)


def test_luck_among_equal_caps_is_not_taken_for_a_gain() -> None:
    """Eight caps that do nothing: the best of them looks better on all questions, not on the other half."""
    judged, naive = [], []
    policies = {cap: f"cap:{cap}" for cap in range(1, 9)}
    for seed in range(60):
        found = {policy: answers(drawn(120, 0.5, 100 * seed + cap)) for cap, policy in policies.items()}
        found["plain"] = answers(drawn(120, 0.5, 100 * seed + 99))
        study = cap_study(found, policies, "plain", "made", seed)
        assert study.figure is not None
        judged.append(study.figure.value)
        rates = {policy: np.mean([one.right for one in some]) for policy, some in found.items()}
        naive.append(max(rates[policy] for policy in policies.values()) - rates["plain"])
    assert abs(np.mean(judged)) < 0.035
    assert np.mean(naive) > 0.05


def test_a_cap_that_helps_is_chosen_and_its_gain_found() -> None:
    policies = {8: "cap:8", 64: "cap:64", 512: "cap:512"}
    found = {"cap:8": answers(drawn(400, 0.4, 1)), "cap:64": answers(drawn(400, 0.8, 2))}
    found |= {"cap:512": answers(drawn(400, 0.5, 3)), "plain": answers(drawn(400, 0.5, 4))}
    study = cap_study(found, policies, "plain", "made", 0)
    assert study.figure is not None
    assert "cap 64" in study.figure.label
    assert study.figure.low is not None
    assert study.figure.low > 0.15
    assert [row[0] for row in study.tables[0].rows] == ["8", "64", "512", "none (plain)"]


def test_the_halves_part_stories_not_questions() -> None:
    made = answers([True] * 40, stories=4)
    half = half_of(made, 3)
    assert len(half) == 5
    assert half != half_of(made, 4)


# -- effort -----------------------------------------------------------------------------------------------


def test_caps_stand_for_the_effort_of_a_local_model() -> None:
    config = TomConfig(max_new_tokens=1000, policy="s2f:3")
    assert [local_policy(config, effort) for effort in ("low", "medium", "high")] == [
        "s2f:3+cap:125", "s2f:3+cap:500", "s2f:3+cap:900",
    ]  # fmt: skip


def test_the_effort_study_is_highest_minus_lowest() -> None:
    found = {"low": answers([True] * 30 + [False] * 10, 5), "high": answers([True] * 10 + [False] * 30, 50)}
    study = effort_study(found, {"low": "low", "high": "high"}, "made", 0)
    assert study.figure is not None
    assert study.figure.value == pytest.approx(-0.5)
    assert study.figure.high is not None
    assert study.figure.high < 0
    assert [row[-1] for row in study.tables[0].rows] == [5.0, 50.0]


@pytest.mark.parametrize("efforts", [(), ("low",), ("low", "huge"), ("low", "low")])
def test_one_effort_or_an_unknown_one_is_refused(efforts: tuple[str, ...], tmp_path: Path) -> None:
    with (
        Run.start(tmp_path / "run", command="t", config=Config(), system="tom") as run,
        pytest.raises(ConfigError, match="no efforts"),
    ):
        run_effort(TomConfig(), None, run, SILENT, efforts)  # type: ignore[arg-type]  # ty: ignore


# -- overlap ----------------------------------------------------------------------------------------------


def test_the_overlap_equals_hand_counts_by_order() -> None:
    a = answers([True, True, False, False, True, True, False, None])
    b = answers([True, False, True, False, False, True, False, True])
    table = overlap_study(Named("a", a), Named("b", b), None, 0).tables[0]
    assert [row[:6] for row in table.rows] == [
        ("0", 2, 2, 0, 0, 0),
        ("1", 2, 0, 1, 0, 1),
        ("2", 1, 0, 0, 1, 0),
        ("3", 1, 0, 0, 0, 1),
        ("4", 1, 0, 1, 0, 0),
        ("all", 7, 2, 2, 1, 2),
    ]


def test_twins_that_differ_more_than_two_runs_are_found_and_equal_ones_are_not() -> None:
    hard = np.random.default_rng(0).random(400) < 0.5
    noise = np.random.default_rng(1).random(400) < 0.05

    def named(name: str, verdicts: np.ndarray) -> Named:
        return Named(name, answers([bool(v) for v in verdicts]))

    slow, again, fast = named("slow", hard), named("again", hard ^ noise), named("fast", ~hard)
    unlike = overlap_study(slow, fast, again, 0).figure
    alike = overlap_study(slow, again, again, 0).figure
    assert unlike is not None
    assert unlike.low is not None
    assert unlike.low > 0.8
    assert alike is not None
    assert alike.value == 0
    assert len(overlap_study(slow, fast, again, 0).tables) == 2


def test_without_a_second_run_the_overlap_has_no_yardstick_and_says_so(tmp_path: Path) -> None:
    a, b = answers([True, False, True]), answers([False, False, True])
    with Run.start(tmp_path / "run", command="t", config=Config(), system="tom") as run:
        found = run_overlap(Named("a", a), Named("b", b), run, SILENT)
    assert found.figure is None
    assert "luck" in found.remarks[0]


# -- runs -------------------------------------------------------------------------------------------------


def test_answers_are_read_from_a_run_folder(tmp_path: Path) -> None:
    with Run.start(tmp_path / "run", command="t", config=Config(), system="tom") as run:
        run.keep(id="q1#0", order=2, right=True, n_tokens=7, group="s1", prompt="x", facts={"hesitations": 1})
        run.keep(id="q2#0", order=None, right=None, n_tokens=None, unscored="no letter")
    first, second = read_run(tmp_path / "run")
    assert (first.id, first.order, first.right, first.n_tokens, first.group) == ("q1#0", 2, True, 7, "s1")
    assert first.facts == {"hesitations": 1}
    assert second.right is None


def test_a_run_without_answers_is_refused(tmp_path: Path) -> None:
    with Run.start(tmp_path / "run", command="t", config=Config(), system="tom") as run:
        pass
    with pytest.raises(DataError, match="no answers"):
        read_run(tmp_path / "run")
    assert json.loads((run.path / "run.json").read_text())["status"] == "done"
