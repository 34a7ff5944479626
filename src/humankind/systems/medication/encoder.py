"""MedRep's encoder: codes and visits of one kind become vectors, through the hyperedges they form."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from humankind.systems.medication import encodings
from humankind.systems.medication.convolution import GlobalAttention, HypergraphAttention
from humankind.systems.medication.hypergraph import Hypergraph


@dataclass(frozen=True)
class Place:
    """What is known of a kind's codes before training; tensors of n_nodes rows."""

    structure: Tensor
    """(n_nodes, 6)."""
    position: Tensor
    """(n_nodes, d)."""
    distances: Tensor | None
    """Tree distances, int64 (n_nodes, n_nodes); None where no knowledge is used."""

    def to(self, device: str) -> Place:
        """Return it on another device."""
        distances = None if self.distances is None else self.distances.to(device)
        return Place(self.structure.to(device), self.position.to(device), distances)


def place_of(graph: Hypergraph, n_dimensions: int, distances: Tensor | None) -> Place:
    """Return structure, position and knowledge of a hypergraph's nodes."""
    return Place(encodings.structure(graph), encodings.position(graph, n_dimensions), distances)


def _encoding(n_in: int, dim: int) -> nn.Sequential:
    return nn.Sequential(nn.LayerNorm(n_in), nn.Linear(n_in, dim))


class Knowledge(nn.Module):
    """A learned number for each tree distance: an encoding of each code, and a bias for each pair of codes."""

    distances: Tensor

    def __init__(self, distances: Tensor, dim: int) -> None:
        super().__init__()
        self.register_buffer("distances", distances, persistent=False)
        self.of_distance = nn.Parameter(torch.linspace(0.5, -0.5, int(distances.max()) + 1))
        self.encode = _encoding(len(distances), dim)

    def forward(self) -> tuple[Tensor, Tensor]:
        """Return the additive encoding (n_nodes, dim) and the attention bias (n_nodes, n_nodes)."""
        bias = self.of_distance[self.distances]
        return self.encode(bias), bias


class Layer(nn.Module):
    """One round: visits from their codes, codes from their visits, codes from all codes."""

    def __init__(self, dim: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.to_edge, self.keep_edge = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.nearby = HypergraphAttention(dim, n_heads)
        self.everywhere = GlobalAttention(dim, n_heads)
        self.after_edge, self.after_near, self.after_all, self.after_mix = (nn.LayerNorm(dim) for _ in range(4))
        self.mix = nn.Sequential(nn.Linear(dim, 2 * dim), nn.LeakyReLU(), nn.Linear(2 * dim, dim))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, e: Tensor, graph: Hypergraph, bias: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return new nodes (n_nodes, d) and hyperedges (n_edges, d)."""
        e = self.after_edge(graph.edge_means(self.to_edge(x)) + self.keep_edge(e) + e)
        near = self.after_near(self.dropout(self.nearby(x, e, graph)) + x)
        everywhere = self.after_all(self.dropout(self.everywhere(x, bias)) + x)
        both = near + everywhere
        return self.after_mix(self.mix(both) + both), e


class Encoder(nn.Module):
    """All of MedRep's encoder for one kind of code.

    Tables: one row a node, one row a hyperedge, and one row a node for the hyperedge that holds it alone.
    """

    structure: Tensor
    position: Tensor

    def __init__(self, graph: Hypergraph, place: Place, dim: int, n_heads: int, n_layers: int, dropout: float) -> None:
        super().__init__()
        self.n_edges = graph.n_edges
        self.nodes = nn.Embedding(graph.n_nodes, dim)
        self.edges = nn.Embedding(graph.n_edges + graph.n_nodes, dim)
        self.of_structure = _encoding(place.structure.shape[1], dim)
        self.of_position = _encoding(place.position.shape[1], dim)
        self.register_buffer("structure", place.structure, persistent=False)
        self.register_buffer("position", place.position, persistent=False)
        self.knowledge = None if place.distances is None else Knowledge(place.distances, dim)
        self.layers = nn.ModuleList(Layer(dim, n_heads, dropout) for _ in range(n_layers))
        self.last_node, self.last_edge = nn.LayerNorm(dim), nn.LayerNorm(dim)

    def features(self, graph: Hypergraph, generator: torch.Generator | None) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return node features, hyperedge features and attention bias before the first layer.

        Args:
            graph: with loops.
            generator: draws the signs of the position encoding; None leaves them as they are.
        """
        place = self.position if generator is None else encodings.flipped(self.position, generator)
        x = self.nodes.weight + self.of_structure(self.structure) + self.of_position(place)
        bias = None
        if self.knowledge is not None:
            encoded, bias = self.knowledge()
            x = x + encoded
        return x, self.edges.weight + graph.edge_means(x), bias

    def forward(
        self, graph: Hypergraph, feature_drop: float = 0.0, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return nodes (n_nodes, dim) and hyperedges without the loops (n_edges, dim).

        Args:
            graph: with loops; for an augmented view, thinned before the loops were added.
            feature_drop: share of the feature columns set to zero, the same for all rows of a table.
            generator: of the random parts; None for the plain view.
        """
        x, e, bias = self.features(graph, generator)
        if generator is not None and feature_drop:
            x, e = _columns_dropped(x, feature_drop, generator), _columns_dropped(e, feature_drop, generator)
        nodes, edges = [x], [e]
        for layer in self.layers:
            x, e = layer(x, e, graph, bias)
            nodes.append(x)
            edges.append(e)
        return self.last_node(torch.stack(nodes).mean(0)), self.last_edge(torch.stack(edges).mean(0))[: self.n_edges]


def _columns_dropped(table: Tensor, rate: float, generator: torch.Generator) -> Tensor:
    kept = torch.rand(table.shape[1], generator=generator) >= rate
    return table * kept.to(table)


def projection(dim: int) -> nn.Module:
    """Return a projection head for contrast: linear, ELU, linear."""
    return nn.Sequential(nn.Linear(dim, dim), nn.ELU(), nn.Linear(dim, dim))
