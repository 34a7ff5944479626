"""Level gaps: planted ones are found with their size, none is found where there is none, and no level is invented."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from humankind.kits.bench.questions import Reply, Trial
from humankind.systems.motivation.authored import LEVELS
from humankind.systems.motivation.data import own
from humankind.systems.motivation.levels import level_gaps
from humankind.systems.motivation.protocol import make_trials, order_of

TRIALS = make_trials(own().questions, "paper", "base")
HARD = "love_and_belonging"


def pairs(chance_of: Callable[[str], float], seed: int = 0) -> list[tuple[Trial, Reply]]:
    rng = np.random.default_rng(seed)
    return [
        (trial, Reply(trial=trial.id, choice=0, right=bool(rng.random() < chance_of(trial.question.labels["level"]))))
        for trial in TRIALS
    ]


def test_a_planted_gap_is_found() -> None:
    gaps = {gap.label: gap for gap in level_gaps(pairs(lambda level: 0.4 if level == HARD else 0.7), seed=0)}
    assert list(gaps) == list(LEVELS)
    hard = gaps[HARD]
    assert hard.value == pytest.approx(-0.3, abs=0.1)
    assert hard.high is not None
    assert hard.high < 0


def test_its_size_is_exact_where_all_scenarios_of_a_level_are_alike() -> None:
    told = [
        (trial, Reply(trial=trial.id, choice=0, right=order_of(trial.id) < (2 if level == HARD else 4)))
        for trial in TRIALS
        for level in [trial.question.labels["level"]]
    ]
    gaps = {gap.label: gap.value for gap in level_gaps(told, seed=0)}
    assert gaps.pop(HARD) == pytest.approx(-1 / 3)
    assert list(gaps.values()) == pytest.approx([1 / 12] * 4)


def test_the_interval_covers_zero_where_levels_are_alike() -> None:
    covered = 0
    for seed in range(40):
        gap = next(gap for gap in level_gaps(pairs(lambda level: 0.5, seed), seed) if gap.label == HARD)
        assert gap.low is not None
        assert gap.high is not None
        covered += gap.low <= 0 <= gap.high
    assert 34 <= covered <= 40


def test_levels_are_as_many_as_are_labelled() -> None:
    two = [pair for pair in pairs(lambda level: 0.5) if pair[0].question.labels["level"] in LEVELS[:2]]
    assert [gap.label for gap in level_gaps(two, seed=0)] == list(LEVELS[:2])
    one = [pair for pair in two if pair[0].question.labels["level"] == LEVELS[0]]
    assert level_gaps(one, seed=0) == ()
    bare = [
        (t.model_copy(update={"question": t.question.model_copy(update={"labels": {"source": "x"}})}), r)
        for t, r in two
    ]
    assert level_gaps(bare, seed=0) == ()


def test_unscored_replies_do_not_count() -> None:
    told = pairs(lambda level: 0.5)
    silent = [(trial, reply.model_copy(update={"right": None, "choice": None})) for trial, reply in told]
    assert level_gaps(silent, seed=0) == ()
    assert level_gaps([*told, *silent], seed=0) == level_gaps(told, seed=0)
