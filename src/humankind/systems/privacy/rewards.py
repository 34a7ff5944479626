"""Rewards of training from failures: privacy first, appropriate disclosure afterwards; silence earns nothing.

Paper: section on experience-driven optimisation of arXiv:2603.02983. The released code divides by a fixed 3; here the
true numbers of sensitive and shareable items stand in its place. Both the language-model instructor and the embedded
item policy are rewarded by these functions.
"""

from __future__ import annotations

from typing import Literal

from humankind.spine.errors import ConfigError
from humankind.systems.privacy.metrics import Shared, appropriate_disclosure, privacy_preservation

Stage = Literal["privacy", "disclosure"]


def privacy_reward(last: Shared, n_sensitive: int, sent: bool = True) -> float:
    """Return 1 - V / N for what the new last action leaked; 0 if no message to the recipient came out.

    >>> privacy_reward(Shared(sensitive=frozenset({4})), n_sensitive=5)
    0.8
    >>> privacy_reward(Shared(), n_sensitive=5, sent=False)
    0.0
    """
    if not sent:
        return 0.0
    return privacy_preservation(len(last.sensitive), n_sensitive) if n_sensitive else 1.0


def disclosure_reward(episode: Shared, n_shareable: int, sent: bool = True) -> float:
    """Return 2S / (S + V + T) over the whole episode; 0 if no message to the recipient came out.

    >>> disclosure_reward(Shared(shareable=frozenset({0, 1})), n_shareable=2)
    1.0
    """
    if not sent or not n_shareable:
        return 0.0
    return appropriate_disclosure(len(episode.shareable), len(episode.sensitive), n_shareable)


def reward(stage: Stage, last: Shared, episode: Shared, n_shareable: int, n_sensitive: int, sent: bool = True) -> float:
    """Return the reward of a stage.

    Args:
        stage: `privacy` looks at the last action, `disclosure` at the whole episode.
        last: what the new last action gave.
        episode: what all actions of the episode gave, the last one among them.
        n_shareable: T, shareable items of the norm.
        n_sensitive: N, sensitive items of the norm.
        sent: whether the sender acted as expected: a message to this recipient, no more and no fewer.

    Raises:
        ConfigError: there is no such stage.
    """
    if stage == "privacy":
        return privacy_reward(last, n_sensitive, sent)
    if stage == "disclosure":
        return disclosure_reward(episode, n_shareable, sent)
    raise ConfigError("there is no such reward", found=repr(stage), expected="privacy or disclosure")
