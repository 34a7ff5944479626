"""The pieces of PPO and the pairwise loss against values worked out by hand, in plain Python."""

from __future__ import annotations

from math import exp, log, sqrt

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from humankind.systems.preference import objectives as o

CLOSE = {"abs": 1e-6}
MARGINS = st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20)), min_size=1, max_size=8)


def sigmoid(value: float) -> float:
    return 1 / (1 + exp(-value))


def test_the_reward_of_a_fixed_triple_is_its_closed_form() -> None:
    chosen, rejected = torch.tensor([1.25, -0.5, 40.0]), torch.tensor([0.75, 2.0, -40.0])
    by_hand = [log(sigmoid(0.5)), log(sigmoid(-2.5)), 0.0]
    assert o.summary_reward(chosen, rejected).tolist() == pytest.approx(by_hand, **CLOSE)
    assert float(o.pairwise_loss(chosen, rejected)) == pytest.approx(-sum(by_hand) / 3, **CLOSE)


def test_rewards_are_held_within_their_bound() -> None:
    assert float(o.summary_reward(torch.tensor([-50.0]), torch.tensor([50.0]))) == -10.0


@given(MARGINS)
def test_the_reward_is_minus_the_loss_of_the_same_pair(pairs) -> None:
    chosen, rejected = (torch.tensor(side, dtype=torch.float64) for side in zip(*pairs, strict=True))
    reward = o.summary_reward(chosen, rejected, bound=1e9)
    assert float(o.pairwise_loss(chosen, rejected)) == pytest.approx(-float(reward.mean()), abs=1e-9)
    assert (
        o.log_preference(chosen, rejected).exp() + o.log_preference(rejected, chosen).exp()
    ).tolist() == pytest.approx([1.0] * len(pairs))


def test_estimators_of_the_divergence() -> None:
    now, start = torch.log(torch.tensor([[0.5, 0.2]])), torch.log(torch.tensor([[0.25, 0.4]]))
    k1 = [log(2), -log(2)]
    assert o.kl_estimate(now, start, "k1")[0].tolist() == pytest.approx(k1, **CLOSE)
    assert o.kl_estimate(now, start, "k2")[0].tolist() == pytest.approx([log(2) ** 2 / 2] * 2, **CLOSE)
    assert o.kl_estimate(now, start, "k3")[0].tolist() == pytest.approx([0.5 - 1 + log(2), 2 - 1 - log(2)], **CLOSE)


@pytest.mark.parametrize("estimator", ["k1", "k3"])
def test_unbiased_estimators_average_to_the_divergence(estimator) -> None:
    now, start = torch.tensor([0.5, 0.3, 0.2]), torch.tensor([0.2, 0.2, 0.6])
    expected = float((now * (now / start).log()).sum())
    each = o.kl_estimate(now.log()[None], start.log()[None], estimator)[0]
    assert float((now * each).sum()) == pytest.approx(expected, **CLOSE)


def test_the_reward_stands_on_the_last_token_and_the_divergence_on_all() -> None:
    mask = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    kl = torch.tensor([[0.1, 0.2, 9.0], [0.3, 0.4, 0.5]])
    found = o.token_rewards(torch.tensor([-0.7, -0.2]), kl, mask, kl_coef=0.5)
    assert found[0].tolist() == pytest.approx([-0.05, -0.1 - 0.7, 0.0], **CLOSE)
    assert found[1].tolist() == pytest.approx([-0.15, -0.2, -0.25 - 0.2], **CLOSE)


def test_generalised_advantages_by_hand() -> None:
    rewards = torch.tensor([[0.0, 0.0, 1.0]])
    values = torch.tensor([[0.2, 0.4, 0.5]])
    gamma, lam = 0.9, 0.8
    d2 = 1.0 - 0.5
    d1 = 0.9 * 0.5 - 0.4
    d0 = 0.9 * 0.4 - 0.2
    a2, a1 = d2, d1 + 0.72 * d2
    a0 = d0 + 0.72 * a1
    advantages, returns = o.advantages_of(rewards, values, torch.ones(1, 3), gamma=gamma, lam=lam)
    assert advantages[0].tolist() == pytest.approx([a0, a1, a2], **CLOSE)
    assert returns[0].tolist() == pytest.approx([a0 + 0.2, a1 + 0.4, a2 + 0.5], **CLOSE)


def test_advantages_do_not_look_past_the_end_of_a_summary() -> None:
    mask = torch.tensor([[1.0, 1.0, 0.0, 0.0]])
    rewards = torch.tensor([[0.0, 1.0, 0.0, 0.0]])
    values = torch.tensor([[0.3, 0.6, 77.0, -77.0]])
    long, _ = o.advantages_of(rewards, values, mask)
    short, _ = o.advantages_of(rewards[:, :2], values[:, :2], mask[:, :2])
    assert long[0, :2].tolist() == pytest.approx(short[0].tolist(), **CLOSE)
    assert long[0, 2:].tolist() == [0.0, 0.0]


def test_with_lambda_one_the_advantage_is_return_minus_value() -> None:
    rewards, values = torch.tensor([[0.1, 0.2, 0.3]]), torch.tensor([[0.5, 0.5, 0.5]])
    advantages, returns = o.advantages_of(rewards, values, torch.ones(1, 3), gamma=1.0, lam=1.0)
    assert returns[0].tolist() == pytest.approx([0.6, 0.5, 0.3], **CLOSE)
    assert advantages[0].tolist() == pytest.approx([0.1, 0.0, -0.2], **CLOSE)


def test_normalised_over_the_tokens_of_all_summaries() -> None:
    mask = torch.tensor([[1.0, 1.0], [1.0, 0.0]])
    found = o.normalised(torch.tensor([[1.0, 2.0], [6.0, 99.0]]), mask)
    deviation = sqrt(((1 - 3) ** 2 + (2 - 3) ** 2 + (6 - 3) ** 2) / 3)
    assert found.flatten().tolist() == pytest.approx([-2 / deviation, -1 / deviation, 3 / deviation, 0.0], **CLOSE)


def test_the_clipped_policy_loss_by_hand() -> None:
    old = torch.zeros(2, 2)
    now = torch.log(torch.tensor([[1.5, 0.5], [1.1, 3.0]]))
    advantages = torch.tensor([[2.0, -1.0], [1.0, 5.0]])
    mask = torch.tensor([[1.0, 1.0], [1.0, 0.0]])
    first = (min(1.5 * 2, 1.2 * 2) + min(0.5 * -1, 0.8 * -1)) / 2
    second = min(1.1 * 1, 1.1 * 1)
    assert float(o.policy_loss(now, old, advantages, mask)) == pytest.approx(-(first + second) / 2, **CLOSE)


def test_a_clipped_step_has_no_gradient() -> None:
    now = torch.log(torch.tensor([[1.5]])).requires_grad_()
    o.policy_loss(now, torch.zeros(1, 1), torch.tensor([[1.0]]), torch.ones(1, 1)).backward()
    assert float(now.grad) == 0.0
    again = torch.log(torch.tensor([[1.5]])).requires_grad_()
    o.policy_loss(again, torch.zeros(1, 1), torch.tensor([[-1.0]]), torch.ones(1, 1)).backward()
    assert float(again.grad) == pytest.approx(1.5, **CLOSE)


def test_the_clipped_value_loss_by_hand() -> None:
    values, old, returns = torch.tensor([[1.0, 0.1]]), torch.tensor([[0.5, 0.0]]), torch.tensor([[0.0, 1.0]])
    first = max((1.0 - 0.0) ** 2, (0.7 - 0.0) ** 2)
    second = max((0.1 - 1.0) ** 2, (0.1 - 1.0) ** 2)
    found = o.value_loss(values, old, returns, torch.ones(1, 2))
    assert float(found) == pytest.approx((first + second) / 2 / 2, **CLOSE)
