"""The objective of PLUS and the pieces of PPO: pure functions of tensors.

Joint objective: L(phi, theta) = -E log sigmoid(r_phi(chosen | z) - r_phi(rejected | z)) with summaries z drawn from
pi_theta(. | context). The reward model takes a gradient step on it with z held fixed; the summariser is rewarded with
minus the same loss on one preference of the person, at the last token of z, minus a cost for leaving its start.

Shapes: B summaries of at most T tokens; masks are 1.0 on the tokens of a summary, its end token among them.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

KLEstimator = Literal["k1", "k2", "k3"]


def log_preference(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Return log sigmoid of the margin, the log-probability of the choice under Bradley-Terry.

    Args:
        chosen: rewards of the preferred responses, any shape.
        rejected: rewards of the others, same shape.

    >>> round(float(log_preference(torch.tensor(1.0), torch.tensor(0.0))), 4)
    -0.3133
    """
    return functional.logsigmoid(chosen - rejected)


def pairwise_loss(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Return the Bradley-Terry loss, the mean of minus `log_preference`; a scalar."""
    return -log_preference(chosen, rejected).mean()


def summary_reward(chosen: Tensor, rejected: Tensor, bound: float = 10.0) -> Tensor:
    """Return the reward of each summary, `log_preference` of its pair within plus and minus `bound`; shape (B,)."""
    return log_preference(chosen, rejected).clamp(-bound, bound)


def kl_estimate(log_probs: Tensor, start_log_probs: Tensor, estimator: KLEstimator = "k1") -> Tensor:
    """Return an estimate of the divergence from the start, token by token; shape (B, T).

    Args:
        log_probs: log-probabilities of the drawn tokens under the summariser.
        start_log_probs: the same under the untouched summariser it started from.
        estimator: `k1` the log-ratio (unbiased, may be negative), `k2` half its square, `k3` the ratio minus one minus
            its logarithm (unbiased, never negative).
    """
    ratio = log_probs - start_log_probs
    if estimator == "k1":
        return ratio
    if estimator == "k2":
        return ratio.square() / 2
    return torch.expm1(-ratio) + ratio


def token_rewards(reward: Tensor, kl: Tensor, mask: Tensor, kl_coef: float) -> Tensor:
    """Return rewards by token: minus `kl_coef` times `kl` everywhere, plus `reward` at each last token; shape (B, T).

    Args:
        reward: one a summary, shape (B,).
        kl: from `kl_estimate`.
        mask: (B, T); every row has at least one token.
        kl_coef: weight of the divergence. Released code: .01.
    """
    rewards = -kl_coef * kl * mask
    last = mask.long().cumsum(-1).argmax(-1)
    rows = torch.arange(len(mask), device=mask.device)
    return rewards.index_put((rows, last), reward, accumulate=True)


def advantages_of(
    rewards: Tensor, values: Tensor, mask: Tensor, *, gamma: float = 1.0, lam: float = 0.95
) -> tuple[Tensor, Tensor]:
    """Return generalised advantages and the returns that the critic should predict; shapes (B, T).

    Args:
        rewards: by token.
        values: the critic's predictions by token, before the token is written.
        mask: (B, T), ones first.
        gamma: discount. Released code: 1.
        lam: how far errors of the critic are averaged out. Released code: .95.
    """
    values = values * mask
    advantage = torch.zeros_like(rewards[:, 0])
    columns = []
    for step in reversed(range(rewards.shape[1])):
        following = values[:, step + 1] if step + 1 < rewards.shape[1] else torch.zeros_like(advantage)
        error = rewards[:, step] + gamma * following - values[:, step]
        advantage = (error + gamma * lam * advantage) * mask[:, step]
        columns.append(advantage)
    advantages = torch.stack(columns[::-1], dim=1)
    return advantages, advantages + values


def normalised(advantages: Tensor, mask: Tensor) -> Tensor:
    """Return advantages with mean 0 and standard deviation 1 over all tokens of the batch; zero off the mask."""
    count = mask.sum().clamp(min=1)
    mean = (advantages * mask).sum() / count
    variance = ((advantages - mean).square() * mask).sum() / count
    return (advantages - mean) * torch.rsqrt(variance + 1e-8) * mask


def policy_loss(
    log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, mask: Tensor, clip: float = 0.2
) -> Tensor:
    """Return PPO's clipped loss of the summariser, averaged over each summary and then over summaries; a scalar."""
    ratio = torch.exp(log_probs - old_log_probs)
    gain = torch.minimum(ratio * advantages, ratio.clamp(1 - clip, 1 + clip) * advantages)
    return -_mean_of_means(gain, mask)


def value_loss(values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, clip: float = 0.2) -> Tensor:
    """Return PPO's clipped loss of the critic: half the larger of the clipped and the plain square; a scalar."""
    held = old_values + (values - old_values).clamp(-clip, clip)
    worst = torch.maximum((values - returns).square(), (held - returns).square())
    return _mean_of_means(worst, mask) / 2


def _mean_of_means(values: Tensor, mask: Tensor) -> Tensor:
    return ((values * mask).sum(-1) / mask.sum(-1).clamp(min=1)).mean()
