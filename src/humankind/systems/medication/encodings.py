"""What a code's place in the data and in its ontology tells: structure, position and knowledge encodings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from scipy.linalg import eigh
from scipy.sparse import csr_matrix, diags
from scipy.sparse.linalg import eigsh
from torch import Tensor

from humankind.systems.medication.hypergraph import Hypergraph

UNKNOWN_DISTANCE = 6
"""Tree distance taken for a code that the ontology does not hold (as in the released code)."""
_DENSE_UP_TO = 3_000
"""Nodes up to which the whole spectrum is computed; beyond, only the wanted part."""


def structure(graph: Hypergraph) -> Tensor:
    """Return six numbers a node: its degree, and max, min, mean, mode and variance of its hyperedges' sizes.

    Each is taken relative to the same statistic over all incidences; a node of no hyperedge gets zeros.

    Returns:
        float32 of shape (n_nodes, 6).
    """
    nodes, sizes = graph.nodes.cpu().numpy(), graph.sizes.cpu().numpy()[graph.edges.cpu().numpy()]
    table = np.zeros((graph.n_nodes, 6), np.float32)
    if not len(nodes):
        return torch.from_numpy(table)
    order = np.argsort(nodes, kind="stable")
    present, starts = np.unique(nodes[order], return_index=True)
    overall = np.array([graph.degrees.mean().item(), *_five(sizes)])
    for node, members in zip(present, np.split(sizes[order], starts[1:])):
        table[node] = np.array([len(members), *_five(members)]) - overall
    return torch.from_numpy(table)


def _five(sizes: np.ndarray) -> tuple[float, float, float, float, float]:
    values, counts = np.unique(sizes, return_counts=True)
    return sizes.max(), sizes.min(), sizes.mean(), values[counts.argmax()], sizes.var()


def position(graph: Hypergraph, n_dimensions: int) -> Tensor:
    """Return where each node lies in the spectrum of the hypergraph's Laplacian.

    L = I - Dv^(-1/2) H De^(-1) H^T Dv^(-1/2); the encoding is U sqrt(S) of its largest eigenpairs. (The left and right
    singular vectors of a symmetric matrix are the same, so one of the two halves [U sqrt(S) | V sqrt(S)] is kept.) The
    sign of an eigenvector is arbitrary: training flips it at random (`flipped`). A node of no hyperedge has zeros.

    Args:
        graph: the hypergraph.
        n_dimensions: eigenpairs to take; missing ones, where there are fewer nodes, are zeros.

    Returns:
        float32 of shape (n_nodes, n_dimensions).
    """
    table = np.zeros((graph.n_nodes, n_dimensions), np.float32)
    degrees, sizes = graph.degrees.cpu().numpy(), graph.sizes.cpu().numpy()
    used = np.flatnonzero(degrees)
    if not len(used):
        return torch.from_numpy(table)
    entries = (np.ones(len(graph.nodes)), (graph.nodes.cpu().numpy(), graph.edges.cpu().numpy()))
    H = csr_matrix(entries, shape=(graph.n_nodes, graph.n_edges))[used]
    scale = diags(degrees[used] ** -0.5)
    step = scale @ H @ diags(1 / np.maximum(sizes, 1)) @ H.T @ scale
    k = min(n_dimensions, len(used))
    values, vectors = _smallest(step.tocsr(), k)  # of the step: the largest of L = I - step
    table[used, :k] = vectors * np.sqrt(np.clip(1 - values, 0, None))
    return torch.from_numpy(table)


def _smallest(matrix: csr_matrix, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the k smallest eigenvalues of a symmetric matrix, ascending, and their vectors with a settled sign."""
    n = matrix.shape[0]
    if n <= _DENSE_UP_TO or k >= n - 1:
        values, vectors = eigh(matrix.toarray(), subset_by_index=(0, k - 1))
    else:
        start = np.ones(n)
        values, vectors = eigsh(matrix, k=k, which="SA", v0=start)
        order = values.argsort()
        values, vectors = values[order], vectors[:, order]
    heaviest = vectors[np.abs(vectors).argmax(axis=0), np.arange(k)]
    return values, vectors * np.where(heaviest < 0, -1, 1)


def flipped(positions: Tensor, generator: torch.Generator) -> Tensor:
    """Return the position encoding with the sign of each dimension drawn at random."""
    signs = torch.randint(0, 2, (positions.shape[1],), generator=generator) * 2 - 1
    return positions * signs.to(positions)


def tree_distances(paths: Sequence[Sequence[str] | None]) -> Tensor:
    """Return the number of steps between every two codes in their ontology tree.

    dist(u, v) = len(u) + len(v) - 2 * (length of the common prefix); two codes of different trees (their first token
    differs) share nothing. A code with no path is UNKNOWN_DISTANCE away from every other.

    Args:
        paths: the tokens from root to leaf of each code; None where the ontology does not hold it.

    Returns:
        int64 of shape (n, n), symmetric, zeros on the diagonal.

    >>> tree_distances([("A", "10"), ("A", "11"), ("B",), None]).tolist()
    [[0, 2, 3, 6], [2, 0, 3, 6], [3, 3, 0, 6], [6, 6, 6, 0]]
    """
    n, depth = len(paths), max((len(path) for path in paths if path), default=0)
    tokens: dict[tuple[str, ...], int] = {}
    prefixes = np.full((n, depth), -1, np.int64)
    lengths = np.zeros(n, np.int64)
    for row, path in enumerate(paths):
        lengths[row] = len(path or ())
        for level in range(lengths[row]):
            prefixes[row, level] = tokens.setdefault(tuple((path or ())[: level + 1]), len(tokens))
    common = np.zeros((n, n), np.int64)
    for level in range(depth):
        column = prefixes[:, level]
        common += (column[:, None] == column[None, :]) & (column[:, None] >= 0)
    distances = lengths[:, None] + lengths[None, :] - 2 * common
    unknown = lengths == 0
    distances[unknown, :] = UNKNOWN_DISTANCE
    distances[:, unknown] = UNKNOWN_DISTANCE
    np.fill_diagonal(distances, 0)
    return torch.from_numpy(distances)
