"""The three contrasts of MedRep between two augmented views: node, group and membership (TriCL)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from humankind.systems.medication.hypergraph import Hypergraph


def info_nce(a: Tensor, b: Tensor, temperature: float) -> Tensor:
    """Return the symmetric InfoNCE of rows that belong together; all other rows are negatives.

    l(a_i, b_i) = -log( exp(cos(a_i, b_i)/tau) / sum_j exp(cos(a_i, b_j)/tau) ), averaged over rows and both ways.

    Shapes: `a` and `b` (n, d), n at least 1; the result is a scalar.

    >>> same = torch.eye(2)
    >>> round(info_nce(same, same, 1.0).item(), 4)   # log(1 + e^-1)
    0.3133
    """
    similar = F.normalize(a, dim=1) @ F.normalize(b, dim=1).T / temperature
    own = torch.arange(len(a), device=a.device)
    return (F.cross_entropy(similar, own) + F.cross_entropy(similar.T, own)) / 2


class Membership(nn.Module):
    """Says how well a code fits a visit: s(n, e) = sigmoid(n^T W e + b)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.bilinear = nn.Bilinear(dim, dim, 1)

    def forward(self, nodes: Tensor, edges: Tensor) -> Tensor:
        """Return s of each pair of rows, shape (n,)."""
        # x^T W y + b by a matrix product; `Bilinear.forward` takes many times as long.
        weight, bias = self.bilinear.weight.squeeze(0), self.bilinear.bias
        return ((nodes @ weight * edges).sum(1) + bias).sigmoid()


def membership_loss(
    fits: Membership, nodes: Tensor, edges: Tensor, graph: Hypergraph, temperature: float, generator: torch.Generator
) -> Tensor:
    """Return how badly true members are told from strangers.

    For each incidence (n, e): -log( exp(s(n,e)/tau) / (exp(s(n,e)/tau) + exp(s(n,e~)/tau)) ) with e~ a permuted
    hyperedge, plus the same with a permuted node.

    Shapes: `nodes` (n_nodes, d) of one view, `edges` (n_edges, d) of the other; the result is a scalar.
    """
    n, e = nodes.index_select(0, graph.nodes), edges.index_select(0, graph.edges)
    orders = [torch.randperm(len(n), generator=generator).to(n.device) for _ in range(2)]
    shuffled_e, shuffled_n = (rows.index_select(0, order) for rows, order in zip((e, n), orders))
    true = fits(n, e) / temperature
    strangers = (fits(n, shuffled_e) / temperature, fits(shuffled_n, e) / temperature)
    return torch.stack([F.softplus(other - true).mean() for other in strangers]).sum()
