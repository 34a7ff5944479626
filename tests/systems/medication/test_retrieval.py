"""Retrieval equals brute force."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from humankind.systems.medication import retrieval
from humankind.systems.medication.retrieval import Owners, nearest, nearest_but


@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 1000))
def test_nearest_equals_brute_force(n_keys: int, k: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    query = torch.randn(5, 3, generator=generator, dtype=torch.float64)
    keys = torch.randn(n_keys, 3, generator=generator, dtype=torch.float64)
    rows, present = nearest(query, keys, k)
    assert rows.shape == present.shape == (5, k)
    for q, own, there in zip(query.numpy(), rows.numpy(), present.numpy()):
        expected = np.argsort(((keys.numpy() - q) ** 2).sum(1))[:k]
        assert own[there].tolist() == expected.tolist()


def test_a_planted_duplicate_comes_first() -> None:
    torch.manual_seed(0)
    keys = torch.randn(100, 4)
    rows, _ = nearest(keys[[17, 63]], keys, 3)
    assert rows[:, 0].tolist() == [17, 63]


def test_blocks_change_nothing(monkeypatch) -> None:
    torch.manual_seed(0)
    query, keys = torch.randn(30, 4), torch.randn(50, 4)
    owners = Owners(torch.arange(50) // 3, torch.arange(50) % 3)
    asking = Owners(torch.arange(30) // 3, torch.arange(30) % 3)
    whole = nearest_but(query, keys, 5, owners, asking)
    monkeypatch.setattr(retrieval, "_BLOCK", 120)
    parts = nearest_but(query, keys, 5, owners, asking)
    assert torch.equal(whole[0], parts[0])
    assert torch.equal(whole[1], parts[1])
