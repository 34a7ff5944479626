"""Losses and the DDI controller beside hand-made values."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from humankind.systems.medication.objective import (
    interaction_loss,
    interaction_rate,
    interaction_weight,
    prediction_loss,
)


def test_prediction_loss_equals_its_formulas() -> None:
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(size=(3, 4)), np.array([[1, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]])
    p = 1 / (1 + np.exp(-logits))
    bce = -np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p))
    margin = 0.0
    for row, given in zip(p, targets):
        margin += sum(max(0, 1 - (row[i] - row[j])) for i in range(4) if given[i] for j in range(4) if not given[j]) / 4
    found = prediction_loss(torch.from_numpy(logits), torch.from_numpy(targets).double(), 0.05).item()
    assert found == pytest.approx(bce + 0.05 * margin / 3, abs=1e-9)


def test_interaction_loss_counts_both_orders() -> None:
    logits = torch.tensor([[0.0, 2.0, -1.0]])
    p = logits.sigmoid()[0]
    A = torch.tensor([[0, 1, 0], [1, 0, 1], [0, 1, 0.0]])
    assert interaction_loss(logits, A).item() == pytest.approx(0.0005 * 2 * (p[0] * p[1] + p[1] * p[2]).item())


def test_interaction_rate() -> None:
    A = torch.tensor([[0, 1, 0], [1, 0, 0], [0, 0, 0.0]])
    assert interaction_rate(torch.tensor([[1, 1, 1], [1, 0, 1]]), A) == pytest.approx(1 / 4)
    assert interaction_rate(torch.tensor([[1, 0, 0]]), A) == 0.0


def test_the_controller_acts_above_the_target_only() -> None:
    assert interaction_weight(0.06, 0.06, 0.05) == 0
    assert interaction_weight(0.16, 0.06, 0.05) == pytest.approx(1.0)
