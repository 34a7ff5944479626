"""Figures of replies: right against hand counts, unscored apart, intervals over stories; and a run in its folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from humankind.kits.bench.questions import Question, Reply, Trial
from humankind.spine.errors import InternalError
from humankind.spine.progress import SILENT, Progress
from humankind.systems.tom.config import TomConfig
from humankind.systems.tom.data import Suite
from humankind.systems.tom.evaluate import evaluate, figures, samples, score, trials_for


def question(number: int, **changed: Any) -> Question:
    options = ("one", "two") if number % 5 == 0 else ("one", "two", "three", "four")
    values = {
        "id": f"q{number}",
        "suite": "made",
        "text": "Which?",
        "options": options,
        "gold": number % 2,
        "answer": options[number % 2],
        "group": f"story {number // 3}",
        "category": ("belief", "emotion")[number % 2],
        "order": number % 3,
        "labels": {"kind": ("x", "y")[number % 2], "note": str(number)},
    }
    return Question.model_validate(values | changed)


SUITE = Suite(
    name="made", title="made up", questions=tuple(question(number) for number in range(60)), notes=("A note.",)
)


def config(**changed: Any) -> TomConfig:
    return TomConfig.checked({"suite": "made", "model": "scripted", **changed})


def reply(trial: Trial, right: bool | None, n_tokens: int | None = 4) -> Reply:
    return Reply(
        trial=trial.id, right=right, unscored="no letter in the reply" if right is None else "", n_tokens=n_tokens
    )


def first_letter(trials: Sequence[Trial], config: TomConfig, folder: Path, progress: Progress) -> list[Reply]:
    """Answers A to everything, last question first."""
    return [reply(trial, trial.target == "A") for trial in reversed(trials)]


def test_replies_come_back_in_the_order_of_the_trials(tmp_path: Path) -> None:
    trials, replies = evaluate(config(), SUITE, tmp_path, asker=first_letter)
    assert [trial.id for trial in trials] == [reply.trial for reply in replies]
    assert len(trials) == 60
    assert sum(bool(reply.right) for reply in replies) == 30


def test_a_lost_reply_is_our_fault_and_not_a_wrong_answer(tmp_path: Path) -> None:
    with pytest.raises(InternalError):
        evaluate(config(), SUITE, tmp_path, asker=lambda *given: first_letter(*given)[1:])


def test_the_limit_draws_by_the_seed() -> None:
    ids = [[trial.id for trial in trials_for(config(limit=12, seed=seed), SUITE)] for seed in (1, 1, 2)]
    assert ids[0] == ids[1] != ids[2]
    assert len(ids[0]) == 12


def test_shuffled_options_differ_by_question_and_keep_the_gold() -> None:
    plain, mixed = (trials_for(config(order=order), SUITE) for order in ("source", "shuffled"))
    assert all(trial.shown == tuple(range(len(trial.question.options))) for trial in plain)
    assert len({trial.shown for trial in mixed if len(trial.shown) == 4}) > 8
    assert all(
        trial.question.options[trial.shown["ABCD".index(trial.target)]] == trial.question.answer for trial in mixed
    )
    assert mixed == trials_for(config(order="shuffled"), SUITE)


def test_only_chain_of_thought_asks_for_reasoning() -> None:
    plain, reasoned = (trials_for(config(policy=policy), SUITE)[0].prompt for policy in ("s2f:3", "cot+cap:512"))
    assert "step by step" in reasoned
    assert "step by step" not in plain


def test_figures_are_those_counted_by_hand() -> None:
    trials = trials_for(config(), SUITE)
    replies = [
        reply(trial, None if number < 6 else number % 4 == 0, None if number == 59 else number)
        for number, trial in enumerate(trials)
    ]
    found = figures(config(), SUITE, trials, replies)
    verdicts = [number % 4 == 0 for number in range(6, 60)]
    assert (found.overall.n, found.overall.scored, found.overall.right) == (60, 54, sum(verdicts))
    assert found.overall.accuracy == pytest.approx(np.mean(verdicts))
    assert found.unscored == {"no letter in the reply": 6}
    chances = [0.5 if number % 5 == 0 else 0.25 for number in range(6, 60)]
    assert found.overall.chance == pytest.approx(np.mean(chances))
    assert set(found.by) == {"ability", "order", "kind"}  # one language; and the note has too many values
    assert sum(one.n for one in found.by["order"].values()) == 60
    assert found.by["ability"]["emotion"].right == 0
    right = [number for number in range(6, 60) if number % 4 == 0]
    assert found.lengths["right"].median == np.median(right)
    assert (found.lengths["all"].n, found.lengths["unscored"].n) == (59, 6)
    assert found.notes == ("A note.",)


def test_nothing_scored_is_no_zero() -> None:
    trials = trials_for(config(), SUITE)
    found = figures(config(), SUITE, trials, [reply(trial, None, None) for trial in trials])
    assert found.overall.accuracy is None
    assert found.overall.low is None
    assert found.overall.scored == 0
    assert found.lengths["all"].mean is None


def verdicts_in_groups(rng: np.random.Generator, n_groups: int) -> list[tuple[Trial, Reply]]:
    """Questions of one story are all right or all wrong, and stories have one to eight of them."""
    pairs = []
    for group in range(n_groups):
        right = bool(rng.random() < 0.4)
        for number in range(int(rng.integers(1, 9))):
            one = question(0, id=f"{group}-{number}", group=str(group))
            trial = Trial(id=one.id, question=one, shown=(0, 1), prompt="?")
            pairs.append((trial, reply(trial, right)))
    return pairs


def test_the_interval_holds_the_truth_where_questions_of_a_story_hang_together() -> None:
    rng = np.random.default_rng(5)
    held = wide = 0
    for seed in range(60):
        found = score(verdicts_in_groups(rng, 60), seed)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.4 <= found.high
        wide += found.high - found.low > 2 * 1.96 * (0.24 / found.scored) ** 0.5
    assert held >= 53  # 95 % of 60 is 57; questions taken one by one hold it in about 40
    assert wide == 60


def test_all_right_has_an_interval_with_room() -> None:
    trials = trials_for(config(), SUITE)
    found = score([(trial, reply(trial, True)) for trial in trials], 0)
    assert found.accuracy == found.high == 1.0
    assert found.low is not None
    assert 0.9 < found.low < 0.97


def test_samples_hold_what_was_asked_and_what_came_back() -> None:
    trials = trials_for(config(), SUITE)
    kept = list(samples(trials, [reply(trial, True) for trial in trials]))
    assert len(kept) == 60
    assert kept[3]["prompt"] == trials[3].prompt
    assert kept[3]["target"] == trials[3].target
    assert kept[3]["right"] is True
    assert kept[3]["group"] == "story 1"


def test_a_run_keeps_each_sample_once_and_a_resumed_one_asks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from humankind.spine.runs import Run
    from humankind.systems.tom import evaluate as module
    from humankind.systems.tom import workflow

    monkeypatch.setattr(module, "ask_under_policy", first_letter)
    settings = config(limit=20)
    results = []
    for resume in (False, True):
        with Run.start(tmp_path / "run", command="test", config=settings, resume=resume) as run:
            results.append(workflow.evaluate_in(run, settings, SUITE, SILENT))
    assert results[0] == results[1]
    kept = Run.read(tmp_path / "run")
    assert len(kept.samples()) == 20
    assert len({sample["id"] for sample in kept.samples()}) == 20
    assert [line["event"] for line in kept.metrics()] == ["evaluation"]
    assert kept.metrics()[0]["overall"]["accuracy"] == results[0].overall.accuracy
