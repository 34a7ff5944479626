"""Visits as hyperedges over codes: incidence in lists, statistics of nodes, means over members.

Nothing here is as large as codes times visits: an incidence is one pair of numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from scipy.sparse import csr_matrix, triu
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Hypergraph:
    """The incidences of one kind of code: node `nodes[k]` is a member of hyperedge `edges[k]`.

    Shapes: `nodes` and `edges` are int64 of shape (n_incidences,); a pair occurs at most once.

    >>> graph = Hypergraph(torch.tensor([0, 1, 1]), torch.tensor([0, 0, 1]), 3, 2)
    >>> graph.degrees.tolist(), graph.sizes.tolist()
    ([1.0, 2.0, 0.0], [2.0, 1.0])
    """

    nodes: Tensor
    edges: Tensor
    n_nodes: int
    n_edges: int

    @cached_property
    def degrees(self) -> Tensor:
        """Number of hyperedges of each node, float, shape (n_nodes,)."""
        return torch.bincount(self.nodes, minlength=self.n_nodes).float()

    @cached_property
    def sizes(self) -> Tensor:
        """Number of members of each hyperedge, float, shape (n_edges,)."""
        return torch.bincount(self.edges, minlength=self.n_edges).float()

    def with_loops(self) -> Hypergraph:
        """Return the hypergraph with one more hyperedge a node, holding that node alone, after all others."""
        alone = torch.arange(self.n_nodes, device=self.nodes.device)
        return Hypergraph(
            torch.cat([self.nodes, alone]),
            torch.cat([self.edges, alone + self.n_edges]),
            self.n_nodes,
            self.n_edges + self.n_nodes,
        )

    def thinned(self, drop_rate: float, generator: torch.Generator) -> Hypergraph:
        """Return the hypergraph without a random share of its incidences (an augmented view)."""
        kept = torch.rand(len(self.nodes), generator=generator) >= drop_rate
        kept = kept.to(self.nodes.device)
        return Hypergraph(self.nodes[kept], self.edges[kept], self.n_nodes, self.n_edges)

    def edge_means(self, x: Tensor) -> Tensor:
        """Return the mean of the members' rows of `x` for each hyperedge; zeros for one without members.

        Shapes: `x` (n_nodes, d), result (n_edges, d).
        """
        return self.to_edges(x) / self.sizes.clamp(min=1).unsqueeze(1)

    def to_edges(self, x: Tensor, weight: Tensor | None = None) -> Tensor:
        """Return for each hyperedge the sum of its members' rows of `x`, times the weight of each incidence.

        Shapes: `x` (n_nodes, d), `weight` (n_incidences,), result (n_edges, d). No row an incidence is ever held.
        """
        return _summed(x, self.nodes, self._by_edge, weight)

    def to_nodes(self, y: Tensor, weight: Tensor | None = None) -> Tensor:
        """Return for each node the sum of its hyperedges' rows of `y`; see `to_edges`."""
        return _summed(y, self.edges, self._by_node, weight)

    @cached_property
    def _by_edge(self) -> tuple[Tensor, Tensor]:
        return _bags(self.edges, self.n_edges)

    @cached_property
    def _by_node(self) -> tuple[Tensor, Tensor]:
        return _bags(self.nodes, self.n_nodes)


def _bags(owners: Tensor, n_owners: int) -> tuple[Tensor, Tensor]:
    """Return the incidences in order of their owners, and where each owner's begin."""
    counts = torch.bincount(owners, minlength=n_owners)
    return owners.argsort(stable=True), counts.cumsum(0) - counts


def _summed(table: Tensor, rows: Tensor, bags: tuple[Tensor, Tensor], weight: Tensor | None) -> Tensor:
    order, starts = bags
    if not len(rows):
        return table.new_zeros(len(starts), table.shape[1])
    own = None if weight is None else weight[order]
    return F.embedding_bag(rows[order], table, starts, mode="sum", per_sample_weights=own)


def clique_expansion(graph: Hypergraph) -> Hypergraph:
    """Return the pairwise graph of a hypergraph: one hyperedge of two for every pair that meets in a visit.

    A pair that meets n times gets 1 + floor(log2 n) parallel edges, so two hypergraphs with the same pair counts give
    the same graph in the same order. This is the control for `hyperedges see more than pairs`. (With n parallel edges
    it did no better, and took several times as long.)
    """
    ones = np.ones(len(graph.nodes), np.int64)
    shape = (graph.n_nodes, graph.n_edges)
    incidence = csr_matrix((ones, (graph.nodes.cpu().numpy(), graph.edges.cpu().numpy())), shape=shape)
    pairs = triu(incidence @ incidence.T, k=1).tocsr().tocoo()
    times = 1 + np.log2(pairs.data).astype(np.int64)
    first, second = (torch.from_numpy(side.astype(np.int64).repeat(times)) for side in (pairs.row, pairs.col))
    first, second = first.to(graph.nodes.device), second.to(graph.nodes.device)
    edge = torch.arange(len(first), device=first.device)
    return Hypergraph(torch.cat([first, second]), torch.cat([edge, edge]), graph.n_nodes, len(edge))


def segment_softmax(scores: Tensor, groups: Tensor, n_groups: int) -> Tensor:
    """Return the softmax of `scores` within each group, over the first axis.

    Shapes: `scores` (k, ...), `groups` int64 (k,), result as `scores`; rows of one group sum to 1.

    >>> segment_softmax(torch.tensor([0.0, 0.0, 5.0]), torch.tensor([0, 0, 1]), 2).tolist()
    [0.5, 0.5, 1.0]
    """
    where = groups.view(-1, *[1] * (scores.dim() - 1)).expand_as(scores)
    shape = (n_groups, *scores.shape[1:])
    highest = scores.new_full(shape, -torch.inf).scatter_reduce(0, where, scores.detach(), "amax")
    weight = (scores - highest.gather(0, where)).exp()
    total = weight.new_zeros(shape).scatter_add(0, where, weight)
    return weight / total.gather(0, where)
