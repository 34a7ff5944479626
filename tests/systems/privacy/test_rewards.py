"""Rewards: true counts, last action against episode, silence earns nothing."""

from __future__ import annotations

import pytest

from humankind.spine.errors import ConfigError
from humankind.systems.privacy.metrics import Shared
from humankind.systems.privacy.rewards import reward

NOTHING = Shared()
LEAK = Shared(sensitive=frozenset({5}))
HELP = Shared(shareable=frozenset({0, 1}))


@pytest.mark.parametrize("stage", ["privacy", "disclosure"])
def test_silence_earns_nothing(stage: str) -> None:
    assert reward(stage, NOTHING, HELP, 2, 5, sent=False) == 0  # ty: ignore[invalid-argument-type]


def test_privacy_looks_at_the_last_action_and_divides_by_the_true_number() -> None:
    assert reward("privacy", LEAK, LEAK, 2, 5) == 0.8
    assert reward("privacy", NOTHING, LEAK, 2, 5) == 1.0
    assert reward("privacy", LEAK, LEAK, 2, 1) == 0.0


def test_disclosure_looks_at_the_whole_episode() -> None:
    assert reward("disclosure", NOTHING, HELP, 2, 5) == 1.0
    assert reward("disclosure", HELP, HELP | LEAK, 2, 5) == pytest.approx(4 / 5)
    assert reward("disclosure", NOTHING, NOTHING, 2, 5) == 0.0


def test_the_published_formula_with_three_items() -> None:
    gave = Shared(frozenset({0, 1}), frozenset({4}))
    assert reward("disclosure", gave, gave, 3, 3) == pytest.approx(2 * 2 / (2 + 1 + 3))
    assert reward("privacy", gave, gave, 3, 3) == pytest.approx(1 - 1 / 3)


def test_an_unknown_stage_is_refused() -> None:
    with pytest.raises(ConfigError, match="no such reward"):
        reward("help", NOTHING, NOTHING, 1, 1)  # ty: ignore[invalid-argument-type]
