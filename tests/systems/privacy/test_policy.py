"""Group-relative policy gradient: its facts one by one, and what the two rewards do to a policy."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from humankind.spine.errors import DataError, RunError
from humankind.systems.privacy import learning
from humankind.systems.privacy.features import FeatureSettings
from humankind.systems.privacy.instructor import EmbeddedInstructor
from humankind.systems.privacy.learning import Learning, measure, train_policy
from humankind.systems.privacy.norms import Norm
from humankind.systems.privacy.policy import (
    Environment,
    Group,
    ItemPolicy,
    PolicySettings,
    advantages_of,
    draw_group,
    environments_of,
)

SMALL = FeatureSettings(bits=12)
SETTINGS = PolicySettings(features=SMALL, learning_rate=0.01, privacy_steps=40, disclosure_steps=0)


@pytest.fixture(scope="module")
def environments(planted_norms: list[Norm]) -> list[Environment]:
    return environments_of(planted_norms, SMALL)


def group_of(environment: Environment, rewards: list[float], seed: int = 0) -> tuple[ItemPolicy, Group]:
    policy = ItemPolicy(np.random.default_rng(seed).normal(0, 0.3, 1 << SMALL.bits), 0.4)
    log_odds = policy.log_odds(environment)
    chosen = np.random.default_rng(seed + 1).random((len(rewards), len(log_odds))) < 0.5
    return policy, Group(environment, chosen, log_odds, np.array(rewards))


@pytest.mark.parametrize("constant", [0.0, 0.3, 1.0])
def test_a_constant_reward_gives_no_gradient_at_all(environments: list[Environment], constant: float) -> None:
    policy, group = group_of(environments[0], [constant] * 8)
    over_weights, over_answer = group.gradient(policy, 0.2)
    assert not over_weights.any()
    assert over_answer == 0


def test_advantages_have_mean_0_and_spread_1_and_know_no_scale() -> None:
    rewards = np.array([0.1, 0.5, 0.9, 0.4])
    advantages = advantages_of(rewards)
    assert advantages.mean() == pytest.approx(0)
    assert advantages.std() == pytest.approx(1)
    assert advantages_of(3 * rewards + 7) == pytest.approx(advantages)


def objective(policy: ItemPolicy, group: Group, clip: float) -> float:
    """The clipped objective written out decision by decision."""
    advantages = advantages_of(group.rewards)
    new, old = (1 / (1 + np.exp(-odds)) for odds in (policy.log_odds(group.environment), group.log_odds))
    total = 0.0
    for row, advantage in zip(group.chosen, advantages, strict=True):
        for place, yes in enumerate(row):
            ratio = (new[place] if yes else 1 - new[place]) / (old[place] if yes else 1 - old[place])
            total += min(ratio * advantage, np.clip(ratio, 1 - clip, 1 + clip) * advantage) / len(row)
    return total / len(advantages)


@pytest.mark.parametrize("moved", [0.0, 0.3, 2.0])
def test_the_gradient_is_that_of_the_clipped_objective(environments: list[Environment], moved: float) -> None:
    policy, group = group_of(environments[1], [0.1, 0.9, 0.4, 0.4, 1.0])
    rng = np.random.default_rng(5)
    now = ItemPolicy(policy.weights + moved * rng.normal(0, 0.3, len(policy.weights)), policy.answer + moved / 3)
    over_weights, over_answer = group.gradient(now, 0.2)
    step = 1e-6
    for column in group.environment.rows.indices[:12]:
        up, down = now.weights.copy(), now.weights.copy()
        up[column] += step
        down[column] -= step
        slope = (
            objective(ItemPolicy(up, now.answer), group, 0.2) - objective(ItemPolicy(down, now.answer), group, 0.2)
        ) / (2 * step)
        assert over_weights[column] == pytest.approx(slope, abs=1e-7)
    up_answer, down_answer = (ItemPolicy(now.weights, now.answer + sign * step) for sign in (1, -1))
    slope = (objective(up_answer, group, 0.2) - objective(down_answer, group, 0.2)) / (2 * step)
    assert over_answer == pytest.approx(slope, abs=1e-7)


def test_silence_is_never_rewarded(environments: list[Environment]) -> None:
    obedient = SETTINGS.model_copy(update={"obeys": 1.0})
    mute = ItemPolicy(np.zeros(1 << SMALL.bits), -50.0)
    for stage in ("privacy", "disclosure"):
        group = draw_group(mute, environments[0], stage, obedient, np.random.default_rng(0))
        assert not group.rewards.any()


def test_an_obedient_sender_that_shares_nothing_keeps_every_secret(environments: list[Environment]) -> None:
    obedient = SETTINGS.model_copy(update={"obeys": 1.0})
    weights = ItemPolicy.fresh(SETTINGS).weights * -50
    closed = ItemPolicy(weights, 50.0)
    rng = np.random.default_rng(0)
    assert draw_group(closed, environments[0], "privacy", obedient, rng).rewards == pytest.approx(1)
    assert draw_group(closed, environments[0], "disclosure", obedient, rng).rewards == pytest.approx(0)


def test_it_starts_by_sharing_everything(environments: list[Environment]) -> None:
    begun = measure(ItemPolicy.fresh(SETTINGS), environments)
    assert (begun["privacy"], begun["helpfulness"], begun["answers"]) == (0.0, 1.0, 1.0)
    assert begun["disclosure"] == pytest.approx(2 * 3 / (3 + 6 + 3))


def test_privacy_alone_silences_and_disclosure_restores(environments: list[Environment]) -> None:
    learn, held_out = environments[:60], environments[60:]
    alone = train_policy(learn, held_out, SETTINGS, seed=3)
    collapsed = alone.history[-1]
    assert collapsed["privacy"] > 0.97
    assert collapsed["helpfulness"] < 0.2
    assert collapsed["answers"] == 1.0, "it goes on answering, since silence earns nothing"
    both = train_policy(learn, held_out, SETTINGS.model_copy(update={"disclosure_steps": 450}), seed=3)
    restored = both.history[-1]
    assert restored["helpfulness"] > 0.8
    assert restored["disclosure"] > 0.85


def test_the_same_seed_gives_the_same_run_and_another_seed_another(environments: list[Environment]) -> None:
    short = SETTINGS.model_copy(update={"privacy_steps": 6, "disclosure_steps": 6, "passes": 2})
    first, again, other = (train_policy(environments, environments, short, seed) for seed in (1, 1, 2))
    assert (first.policy.weights == again.policy.weights).all()
    assert first.history == again.history
    assert (first.policy.weights != other.policy.weights).any()


def test_a_run_cut_off_and_resumed_equals_one_that_was_not(
    environments: list[Environment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "KEEP_EVERY", 4)
    short = SETTINGS.model_copy(update={"privacy_steps": 9, "disclosure_steps": 9, "passes": 2})
    whole = train_policy(environments, environments[:9], short, seed=1, measure_every=5)

    class Killed(BaseException):
        pass

    climbed = Learning.climb

    def dies(self: Learning, gradient: np.ndarray, learning_rate: float) -> None:
        if self.step == 21:
            raise Killed
        climbed(self, gradient, learning_rate)

    monkeypatch.setattr(Learning, "climb", dies)
    with pytest.raises(Killed):
        train_policy(environments, environments[:9], short, seed=1, folder=tmp_path, measure_every=5)
    monkeypatch.setattr(Learning, "climb", climbed)
    assert json.loads((tmp_path / "policy.json").read_text())["step"] == 16
    resumed = train_policy(environments, environments[:9], short, seed=1, folder=tmp_path, measure_every=5)
    assert (resumed.policy.weights == whole.policy.weights).all()
    assert resumed.policy.answer == whole.policy.answer
    assert resumed.history == whole.history
    done = train_policy(environments, environments[:9], short, seed=1, folder=tmp_path, measure_every=5)
    assert done.history == whole.history


def test_a_checkpoint_of_another_run_is_refused(environments: list[Environment], tmp_path: Path) -> None:
    short = SETTINGS.model_copy(update={"privacy_steps": 2})
    train_policy(environments, environments, short, seed=1, folder=tmp_path)
    with pytest.raises(RunError, match="other settings"):
        train_policy(environments, environments, short, seed=2, folder=tmp_path)


def test_a_saved_policy_gives_the_same_guidance(
    environments: list[Environment], planted_norms: list[Norm], tmp_path: Path
) -> None:
    learned = train_policy(environments, environments, SETTINGS.model_copy(update={"disclosure_steps": 60}), seed=0)
    instructor = learned.instructor(SETTINGS)
    loaded = EmbeddedInstructor.load(instructor.save(tmp_path / "policy"))
    for norm in planted_norms[:10]:
        assert loaded.decide(norm.blind()) == instructor.decide(norm.blind())
        odds = learned.policy.log_odds(environments_of([norm], SMALL)[0])[:-1]
        assert set(loaded.decide(norm.blind()).share) == set(np.flatnonzero(odds >= 0).tolist())


def test_norms_without_both_kinds_make_no_environment() -> None:
    with pytest.raises(DataError, match="no norm has"):
        environments_of([Norm.of_facts(["a fact"], [])], SMALL)
