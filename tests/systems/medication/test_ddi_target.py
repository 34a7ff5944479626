"""Sets with fewer interacting pairs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.systems.medication.ddi_target import choose, penalty_for, pooled_rate


def made(seed: int, n: int = 60, n_drugs: int = 12) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    interacts = np.triu(rng.random((n_drugs, n_drugs)) < 0.3, 1).astype(np.float32)
    return rng.random((n, n_drugs)), interacts + interacts.T


@given(st.integers(0, 200))
def test_sets_shrink_with_the_penalty_until_no_pair_is_left(seed: int) -> None:
    probs, interacts = made(seed)
    sets = [choose(probs, 0.5, interacts, penalty) for penalty in (0, 0.2, 1, 5, 100)]
    assert np.array_equal(sets[0], probs >= 0.5)
    for larger, smaller in pairwise(sets):
        assert (smaller <= larger).all()
        assert ((smaller @ interacts) * smaller).sum() <= ((larger @ interacts) * larger).sum()
    assert pooled_rate(sets[-1], interacts) == 0
    assert sets[-1].any(1)[sets[0].any(1)].all()  # a lone drug interacts with nothing


def test_a_drug_that_is_worth_its_pairs_stays() -> None:
    interacts = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]], np.float32)
    probs = np.array([[0.9, 0.6, 0.7]])
    worth = np.log(0.6 / 0.4)  # of the weaker one of the pair, above a threshold of .5
    assert choose(probs, 0.5, interacts, worth * 0.99).tolist() == [[True, True, True]]
    assert choose(probs, 0.5, interacts, worth * 1.01).tolist() == [[True, False, True]]


@pytest.mark.parametrize("target", [0.0, 0.05, 0.1, 0.2])
def test_the_penalty_reaches_its_target_and_no_less(target: float) -> None:
    probs, interacts = made(3, n=400)
    penalty = penalty_for(probs, 0.5, interacts, target)
    assert pooled_rate(choose(probs, 0.5, interacts, penalty), interacts) <= target
    if penalty > 0.01 and target > 0:
        assert pooled_rate(choose(probs, 0.5, interacts, penalty * 0.97), interacts) > target - 0.02


def test_no_penalty_where_none_is_needed() -> None:
    probs, interacts = made(1)
    assert penalty_for(probs, 0.5, interacts, 1.0) == 0
