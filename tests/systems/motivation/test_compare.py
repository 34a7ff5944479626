"""Comparisons: planted differences are told apart, equal runs are not, other questions are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from humankind.kits.bench.questions import Reply, Trial
from humankind.spine.errors import RunError
from humankind.spine.runs import Run
from humankind.systems.motivation.answers import ANSWERS, answers_of
from humankind.systems.motivation.compare import compare, named
from humankind.systems.motivation.config import MotivationConfig
from humankind.systems.motivation.data import own
from humankind.systems.motivation.evaluate import trials_of

Choose = Callable[[Trial], int | None]


def a_run(path: Path, model: str, choose: Choose, digest: str = "same", **settings: object) -> Run:
    """A finished evaluation as `evaluate` leaves it, its replies made up."""
    config = MotivationConfig.checked({"model": model, "protocol": "quick", **settings})
    trials = trials_of(config, own())
    choices = [choose(trial) for trial in trials]
    replies = [
        Reply(trial=t.id, choice=c, right=None if c is None else c == t.question.gold, unscored="" if c else "none")
        for t, c in zip(trials, choices)
    ]
    with Run.start(path, command="test", config=config, system="motivation") as run:
        run.check_data(suite="own", questions=225, sha256=digest)
        run.once(ANSWERS, lambda: [one.model_dump(mode="json") for one in answers_of(trials, replies)])
    return Run.read(path)


def guessing(seed: int, skill: float) -> Choose:
    rng = np.random.default_rng(seed)
    return lambda trial: trial.question.gold if rng.random() < skill else int(rng.integers(6))


def test_a_better_model_is_ranked_first_and_told_apart(tmp_path: Path) -> None:
    weak = a_run(tmp_path / "a", "hf/Qwen/Qwen2.5-7B-Instruct", guessing(1, 0.3))
    strong = a_run(tmp_path / "b", "hf/Qwen/Qwen2.5-72B-Instruct", guessing(2, 0.8))
    found = compare([weak, strong])
    assert [row.run for row in found.runs] == [str(strong.path), str(weak.path)]
    assert [row.rank for row in found.runs] == [1, 2]
    (pair,) = found.pairs
    assert pair.told_apart
    assert pair.same_family
    assert pair.trials == found.trials == 225
    assert pair.difference.value > 0.3
    assert found.families == {"qwen": (str(weak.path), str(strong.path))}, "smallest first"


def test_counts_are_those_of_the_replies(tmp_path: Path) -> None:
    """a is right on all but two trials, b on all but one other."""
    ids = [trial.id for trial in trials_of(MotivationConfig(protocol="quick"), own())]

    def wrong_on(places: set[str]) -> Choose:
        return lambda t: ((t.question.gold or 0) + (t.id in places)) % 6

    a = a_run(tmp_path / "a", "x/a-1b", wrong_on({ids[3], ids[90]}))
    b = a_run(tmp_path / "b", "x/b-1b", wrong_on({ids[7]}))
    found = compare([a, b])
    (pair,) = found.pairs
    assert [row.run for row in found.runs] == [str(b.path), str(a.path)]
    assert (pair.only_a, pair.only_b) == (2, 1)
    assert pair.p_mcnemar == pytest.approx(1.0)
    assert not pair.told_apart
    assert not pair.same_family


def test_the_same_replies_are_never_told_apart(tmp_path: Path) -> None:
    runs = [a_run(tmp_path / name, f"x/{name}", guessing(5, 0.5)) for name in ("a", "b")]
    (pair,) = compare(runs).pairs
    assert (pair.only_a, pair.only_b, pair.difference.value) == (0, 0, 0)
    assert pair.p_mcnemar == pair.p_scenarios == 1


def test_six_orders_of_one_question_do_not_make_six_facts(tmp_path: Path) -> None:
    """Eight scenarios differ, each on all of its 18 trials: McNemar alone would be far too sure."""
    differing = set(own().scenarios[:5])

    def choose(trial: Trial) -> int:
        return ((trial.question.gold or 0) + (trial.question.group in differing)) % 6

    a = a_run(tmp_path / "a", "x/a", choose, protocol="paper")
    b = a_run(tmp_path / "b", "x/b", lambda trial: trial.question.gold, protocol="paper")
    (pair,) = compare([a, b]).pairs
    assert pair.p_mcnemar < 1e-20
    assert pair.p_scenarios > 0.05
    assert not pair.told_apart


def test_p_values_are_corrected_for_the_number_of_pairs(tmp_path: Path) -> None:
    ids = [trial.id for trial in trials_of(MotivationConfig(protocol="quick"), own())]
    odd = set(ids[:24:3])  # eight trials of eight scenarios

    def choose(trial: Trial) -> int:
        return ((trial.question.gold or 0) + (trial.id in odd)) % 6

    all_right: Choose = lambda trial: trial.question.gold  # noqa: E731
    alone = compare([a_run(tmp_path / "a", "x/a", choose), a_run(tmp_path / "b", "x/b", all_right)])
    assert alone.pairs[0].p_mcnemar == pytest.approx(2 / 2**8)
    more = [Run.read(tmp_path / name) for name in ("a", "b")]
    more += [a_run(tmp_path / name, f"x/{name}", all_right) for name in ("c", "d")]
    found = compare(more)
    of_a = [pair.p_mcnemar for pair in found.pairs if pair.only_a != pair.only_b]
    assert of_a == pytest.approx([6 * 2 / 2**8] * 3)


def test_unscored_trials_are_left_out_of_a_pair_and_counted(tmp_path: Path) -> None:
    silent = set(own().scenarios[:10])
    a = a_run(tmp_path / "a", "x/a", lambda t: None if t.question.group in silent else t.question.gold)
    b = a_run(tmp_path / "b", "x/b", lambda t: t.question.gold)
    found = compare([a, b])
    assert found.pairs[0].trials == 195
    assert {row.run: row.unscored for row in found.runs} == {str(a.path): 30, str(b.path): 0}


def test_quick_and_paper_meet_on_the_trials_of_quick(tmp_path: Path) -> None:
    runs = [
        a_run(tmp_path / "a", "x/a", guessing(1, 0.5), protocol="paper"),
        a_run(tmp_path / "b", "x/b", guessing(2, 0.5)),
    ]
    assert compare(runs).trials == 225


def test_other_questions_are_refused(tmp_path: Path) -> None:
    runs = [a_run(tmp_path / "a", "x/a", guessing(1, 1)), a_run(tmp_path / "b", "x/b", guessing(1, 1), digest="other")]
    with pytest.raises(RunError, match="different questions") as caught:
        compare(runs)
    assert "--suite" in str(caught.value.remedy)


def test_runs_without_shared_trials_are_refused(tmp_path: Path) -> None:
    def asked(seed: int) -> set[str]:
        return {trial.id for trial in trials_of(MotivationConfig(protocol="quick", limit=1, seed=seed), own())}

    other = next(seed for seed in range(1, 9) if not asked(0) & asked(seed))
    runs = [a_run(tmp_path / str(seed), "x/a", guessing(1, 1), limit=1, seed=seed) for seed in (0, other)]
    with pytest.raises(RunError, match="share no trial"):
        compare(runs)


def test_one_run_a_run_twice_and_a_foreign_run_are_refused(tmp_path: Path) -> None:
    run = a_run(tmp_path / "a", "x/a", guessing(1, 1))
    for runs in ([run], [run, run]):
        with pytest.raises(RunError, match="two or more"):
            compare(runs)
    with Run.start(tmp_path / "f", command="x", config=MotivationConfig(), system="tom") as foreign:
        pass
    with pytest.raises(RunError, match="no evaluation of motivation"):
        compare([run, foreign])


def test_an_unfinished_run_is_refused(tmp_path: Path) -> None:
    run, other = (a_run(tmp_path / name, "x/a", guessing(1, 1)) for name in ("a", "b"))
    (other.artifacts / f"{ANSWERS}.json").unlink()
    with pytest.raises(RunError, match="has no answers") as caught:
        compare([run, other])
    assert "--resume" in str(caught.value.remedy)


@pytest.mark.parametrize(
    ("model", "family", "version", "size_b"),
    [
        ("hf/Qwen/Qwen2.5-7B-Instruct", "qwen", "2.5", 7.0),
        ("hf/Qwen/Qwen-72B-Chat", "qwen", "", 72.0),
        ("hf/meta-llama/Llama-2-13b-chat-hf", "llama", "2", 13.0),
        ("vllm/meta-llama/Llama-3.1-70B-Instruct", "llama", "3.1", 70.0),
        ("hf/meta-llama/Meta-Llama-3-8B-Instruct", "llama", "3", 8.0),
        ("hf/microsoft/Phi-3-mini-4k-instruct", "phi", "3", None),
        ("hf/microsoft/Phi-3.5-mini-instruct", "phi", "3.5", None),
        ("hf/01-ai/Yi-1.5-34B-Chat", "yi", "1.5", 34.0),
        ("hf/baichuan-inc/Baichuan2-13B-Chat", "baichuan", "2", 13.0),
        ("hf/THUDM/glm-4-9b-chat", "glm", "4", 9.0),
        ("hf/THUDM/chatglm3-6b", "chatglm", "3", 6.0),
        ("openai/gpt-4o-mini", "gpt", "4o", None),
        ("humankind/smollm2", "smollm", "2", None),
        ("hf/HuggingFaceTB/SmolLM2-135M-Instruct", "smollm", "2", 0.135),
        ("hf/mistralai/Mixtral-8x7B-Instruct-v0.1", "mixtral", "", 56.0),
        ("openai/gpt-3.5-turbo", "gpt", "3.5", None),
    ],
)
def test_names_of_the_paper_and_others_are_read(model: str, family: str, version: str, size_b: float | None) -> None:
    found = named(model)
    assert (found.family, found.version, found.size_b) == (family, version, size_b)


def test_what_was_chosen_is_told_as_shown(tmp_path: Path) -> None:
    run = a_run(tmp_path / "a", "x/a", lambda trial: trial.shown[2])
    rows = json.loads((run.artifacts / f"{ANSWERS}.json").read_text(encoding="utf-8"))
    assert {row["letter"] for row in rows} == {"C"}
    trials = {trial.id: trial for trial in trials_of(MotivationConfig(protocol="quick"), own())}
    for row in rows:
        assert f"\nC. {row['chosen']}\n" in trials[row["trial"]].prompt
        assert f"\n{row['right_letter']}. {row['gold']}\n" in trials[row["trial"]].prompt
        assert (row["kind"] == "gold") == row["right"]
