"""Random streams: the same by seed and name, unrelated otherwise."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from humankind.spine.seeds import derive, stream

SEEDS = st.integers(0, 2**63 - 1)
NAMES = st.text(min_size=1, max_size=20)


@given(SEEDS, NAMES)
def test_the_same_seed_and_name_give_the_same_numbers(seed, name):
    assert np.array_equal(stream(seed, name).random(8), stream(seed, name).random(8))
    assert derive(seed, name) == derive(seed, name)
    assert 0 <= derive(seed, name) < 2**31 - 1


@given(SEEDS, st.lists(st.text("abcdefgh-", min_size=1, max_size=8), min_size=2, max_size=2, unique=True))
def test_another_name_or_seed_gives_other_numbers(seed, names):
    one, other = names
    assert not np.array_equal(stream(seed, one).random(8), stream(seed, other).random(8))
    assert not np.array_equal(stream(seed, one).random(8), stream(seed + 1, one).random(8))


def test_streams_of_one_seed_are_uncorrelated():
    draws = np.array([stream(7, f"part {number}").standard_normal(4000) for number in range(12)])
    between = np.corrcoef(draws)[~np.eye(12, dtype=bool)]
    assert np.abs(between).max() < 5 / np.sqrt(4000)


def test_streams_do_not_hang_on_the_process():
    """Python's own hash of a text differs between processes; a stream must not."""
    program = "from humankind.spine.seeds import stream; print(stream(3, 'split').integers(10**9))"
    drawn = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": hashed}, capture_output=True, text=True, check=True
        ).stdout
        for hashed in ("1", "2")
    }
    assert drawn == {f"{stream(3, 'split').integers(10**9)}\n"}
