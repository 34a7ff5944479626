"""The contrastive losses beside a NumPy version that is written from the formulas."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from humankind.systems.medication.contrast import Membership, info_nce, membership_loss
from humankind.systems.medication.hypergraph import Hypergraph


def numpy_info_nce(a: np.ndarray, b: np.ndarray, tau: float) -> float:
    def one_way(x: np.ndarray, y: np.ndarray) -> float:
        total = 0.0
        for i in range(len(x)):
            scores = [
                float(np.exp(x[i] @ y[j] / np.linalg.norm(x[i]) / np.linalg.norm(y[j]) / tau)) for j in range(len(y))
            ]
            total -= np.log(scores[i] / sum(scores))
        return total / len(x)

    return (one_way(a, b) + one_way(b, a)) / 2


@pytest.mark.parametrize("tau", [0.5, 2.0])
def test_info_nce(tau: float) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(7, 5)), rng.normal(size=(7, 5))
    found = info_nce(torch.from_numpy(a), torch.from_numpy(b), tau).item()
    assert found == pytest.approx(numpy_info_nce(a, b, tau), abs=1e-9)


def test_info_nce_is_lower_for_the_right_partner() -> None:
    torch.manual_seed(0)
    a = torch.randn(20, 6)
    noisy = a + 0.1 * torch.randn(20, 6)
    assert info_nce(a, noisy, 0.5) < info_nce(a, noisy[torch.randperm(20)], 0.5) - 0.5


def test_membership() -> None:
    rng = np.random.default_rng(1)
    nodes, edges = rng.normal(size=(4, 3)), rng.normal(size=(3, 3))
    graph = Hypergraph(torch.tensor([0, 1, 2, 3, 1]), torch.tensor([0, 0, 1, 2, 2]), 4, 3)
    torch.manual_seed(0)
    fits = Membership(3).double()
    tau = 0.7
    found = membership_loss(
        fits, torch.from_numpy(nodes), torch.from_numpy(edges), graph, tau, torch.Generator().manual_seed(5)
    ).item()

    W, bias = fits.bilinear.weight.detach().numpy()[0], fits.bilinear.bias.item()
    generator = torch.Generator().manual_seed(5)
    order_e, order_n = (torch.randperm(5, generator=generator).numpy() for _ in range(2))
    n, e = nodes[graph.nodes.numpy()], edges[graph.edges.numpy()]

    def s(x: np.ndarray, y: np.ndarray) -> float:
        return 1 / (1 + np.exp(-(x @ W @ y + bias)))

    def against(true: float, other: float) -> float:
        return -np.log(np.exp(true / tau) / (np.exp(true / tau) + np.exp(other / tau)))

    expected = np.mean([against(s(n[k], e[k]), s(n[k], e[order_e[k]])) for k in range(5)])
    expected += np.mean([against(s(n[k], e[k]), s(n[order_n[k]], e[k])) for k in range(5)])
    assert found == pytest.approx(expected, abs=1e-9)
