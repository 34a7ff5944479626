"""Kinds of error: even errors give ratios of one, a planted liking is found, solved questions do not count."""

from __future__ import annotations

import numpy as np
import pytest

from humankind.kits.bench.questions import Reply, Trial
from humankind.systems.motivation.data import kinds_of, own
from humankind.systems.motivation.mistakes import WRONG, mistakes
from humankind.systems.motivation.protocol import make_trials

TRIALS = make_trials(own().questions, "paper", "base")


def replies(choices: list[int | None], trials: list[Trial] = TRIALS) -> list[Reply]:
    return [
        Reply(trial=trial.id, choice=choice, right=None if choice is None else choice == trial.question.gold)
        for trial, choice in zip(trials, choices, strict=True)
    ]


def at(trial: Trial, kind: str) -> int:
    return kinds_of(trial.question).index(kind)


def test_errors_spread_evenly_have_ratios_of_exactly_one() -> None:
    questions = own().questions
    trials = [trial for trial in TRIALS if trial.id.endswith(("#0", "#1", "#2", "#3", "#4"))]
    wrong = {question.id: [i for i in range(6) if i != question.gold] for question in questions}
    choices = [wrong[trial.question.id][int(trial.id[-1])] for trial in trials]
    found = mistakes(trials, replies(choices, trials), seed=0)
    assert [row.kind for row in found] == list(WRONG)
    for row in found:
        assert row.ratio is not None
        assert row.ratio.value == pytest.approx(1)
        assert row.share == pytest.approx(row.expected)
    assert sum(row.share for row in found) == pytest.approx(1)
    assert sum(row.errors for row in found) == 5 * 225


def test_a_planted_liking_for_the_too_rational_is_found() -> None:
    rng = np.random.default_rng(0)
    choices = [at(trial, "too_rational") if rng.random() < 0.4 else int(rng.integers(6)) for trial in TRIALS]
    found = {row.kind: row for row in mistakes(TRIALS, replies(choices), seed=0)}
    liked, shunned = found["too_rational"].ratio, found["too_idealistic"].ratio
    assert liked is not None
    assert shunned is not None
    assert liked.low is not None
    assert shunned.high is not None
    # Of 1 - .6/6 = .9 errors a trial, .4 + .1 are too rational: (.5/.9) / (1/5).
    assert liked.value == pytest.approx(0.5 / 0.9 * 5, rel=0.05)
    assert liked.low > 2
    assert shunned.high < 1


def test_always_the_same_kind_has_no_rivals() -> None:
    found = {r.kind: r for r in mistakes(TRIALS, replies([at(t, "too_idealistic") for t in TRIALS]), seed=0)}
    assert found["too_idealistic"].share == 1
    assert found["too_idealistic"].ratio is not None
    assert found["too_idealistic"].ratio.value == pytest.approx(5)
    assert found["too_rational"].errors == 0


def test_only_missed_questions_set_the_even_share() -> None:
    """`opposite` occurs in few questions; solved ones must not lend it a share."""
    without = [trial for trial in TRIALS if "opposite" not in kinds_of(trial.question)]
    choices = [at(trial, "other_desire") for trial in without]
    kinds = {row.kind for row in mistakes(without, replies(choices, without), seed=0)}
    assert "opposite" not in kinds
    golds = [trial.question.gold for trial in TRIALS]
    assert mistakes(TRIALS, replies(golds), seed=0) == ()


def test_unscored_replies_are_no_errors() -> None:
    assert mistakes(TRIALS, replies([None] * len(TRIALS)), seed=0) == ()


def test_one_scenario_alone_gives_no_interval() -> None:
    alone = TRIALS[:18]
    found = mistakes(alone, replies([at(t, "too_rational") for t in alone], alone), seed=0)
    row = next(row for row in found if row.kind == "too_rational")
    assert row.ratio is not None
    assert (row.ratio.low, row.ratio.high) == (None, None)


def test_the_interval_covers_one_where_there_is_no_liking() -> None:
    covered = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        choices = [int(rng.integers(6)) for _ in TRIALS]
        row = next(r for r in mistakes(TRIALS, replies(choices), seed) if r.kind == "too_rational")
        assert row.ratio is not None
        assert row.ratio.low is not None
        assert row.ratio.high is not None
        covered += row.ratio.low <= 1 <= row.ratio.high
    assert covered >= 34, "a 95 % interval should cover about 38 of 40"
