"""Attention between codes: local through the hyperedges they share, global with what the ontology says."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from humankind.systems.medication.hypergraph import Hypergraph, segment_softmax

NEGATIVE_SLOPE = 0.2
_NEVER = -1e9
"""Score of a key that is absent; not minus infinity, whose softmax over nothing else is not a number."""


class HypergraphAttention(nn.Module):
    """Attention over hyperedges: alpha_ie = softmax over the hyperedges e of node i.

    Node to hyperedge and back, as hypergraph convolution does it, with alpha on both ways:
    m_e = 1/|e| sum_i alpha_ie Theta x_i, then out_i = 1/d_i sum_e alpha_ie m_e, averaged over heads.
    """

    def __init__(self, dim: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.theta = nn.Linear(dim, n_heads * dim, bias=False)
        self.attention = nn.Parameter(torch.empty(1, n_heads, 2 * dim))
        self.bias = nn.Parameter(torch.zeros(dim))
        nn.init.xavier_uniform_(self.attention)

    def forward(self, x: Tensor, e: Tensor, graph: Hypergraph) -> Tensor:
        """Return new node vectors, (n_nodes, dim), from nodes (n_nodes, dim) and hyperedges (n_edges, dim)."""
        of_node, of_edge = (self.theta(table).unflatten(1, (self.n_heads, -1)) for table in (x, e))
        # a^T [Theta x_i | Theta e_e] in its two halves: one number a node and one an edge, not a vector an incidence.
        for_node, for_edge = self.attention.chunk(2, dim=-1)
        scores = (of_node * for_node).sum(-1).index_select(0, graph.nodes)
        scores = scores + (of_edge * for_edge).sum(-1).index_select(0, graph.edges)
        alpha = segment_softmax(F.leaky_relu(scores, NEGATIVE_SLOPE), graph.nodes, graph.n_nodes)
        heads = []
        for head in range(self.n_heads):
            weight = alpha[:, head]
            to_edges = graph.to_edges(of_node[:, head], weight) / graph.sizes.clamp(min=1).unsqueeze(1)
            heads.append(graph.to_nodes(to_edges, weight) / graph.degrees.clamp(min=1).unsqueeze(1))
        return torch.stack(heads).mean(dim=0) + self.bias


class GlobalAttention(nn.Module):
    """Self-attention of all nodes of one kind, with a bias for each pair added to the scores."""

    def __init__(self, dim: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.project = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, x: Tensor, bias: Tensor | None) -> Tensor:
        """Return new node vectors, (n_nodes, dim); `bias` is (n_nodes, n_nodes) or None."""
        q, k, v = self.project(x).unflatten(1, (3, self.n_heads, -1)).permute(1, 2, 0, 3)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        return self.out(mixed.transpose(0, 1).flatten(1))


class Attention(nn.Module):
    """Multi-head attention of one query a row over its own few keys, some of which may be absent."""

    def __init__(self, dim: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.q, self.k, self.v, self.out = (nn.Linear(dim, dim) for _ in range(4))

    def forward(self, query: Tensor, keys: Tensor, values: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mixed values and the weights.

        A row with no key present gets zeros.

        Shapes: query (n, d), keys and values (n, w, d), present bool (n, w); result (n, d) and (n, w), the weights
        averaged over heads.
        """
        q = self.q(query).unflatten(1, (self.n_heads, -1)).unsqueeze(2)
        k, v = (
            layer(table).unflatten(2, (self.n_heads, -1)).transpose(1, 2)
            for layer, table in ((self.k, keys), (self.v, values))
        )
        scores = (q * k).sum(-1) / math.sqrt(k.shape[-1])
        absent = ~present.unsqueeze(1)
        weights = scores.masked_fill(absent, _NEVER).softmax(dim=-1).masked_fill(absent, 0.0)
        mixed = (weights.unsqueeze(-1) * v).sum(2).flatten(1)
        return self.out(mixed) * present.any(1, keepdim=True), weights.mean(1)
