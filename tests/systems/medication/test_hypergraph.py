"""Hyperedges against pairs, encodings against direct computation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax

from humankind.systems.medication.config import HypeMedConfig
from humankind.systems.medication.encodings import UNKNOWN_DISTANCE, position, structure, tree_distances
from humankind.systems.medication.hypergraph import Hypergraph, clique_expansion, segment_softmax
from humankind.systems.medication.medrep import pretrain


def graph_of(*visits: tuple[int, ...], n_nodes: int) -> Hypergraph:
    nodes = [code for visit in visits for code in visit]
    edges = [number for number, visit in enumerate(visits) for _ in visit]
    return Hypergraph(
        torch.tensor(nodes, dtype=torch.long), torch.tensor(edges, dtype=torch.long), n_nodes, len(visits)
    )


# The faces of a square of triples: each of the four codes meets each other twice, in four triples ...
TRIPLES = graph_of((0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3), n_nodes=4)
# ... and the same pairs, twice each, in pairs.
PAIRS = graph_of(*[(a, b) for a in range(4) for b in range(a + 1, 4) for _ in range(2)], n_nodes=4)
# Two other codes beside, so that the two cohorts also differ in which codes form a triple.
MIXED_A = graph_of((0, 1, 2), (0, 3), (1, 3), (2, 3), (3, 4), n_nodes=5)
MIXED_B = graph_of((0, 1), (1, 2), (0, 2), (0, 3), (1, 3), (2, 3), (3, 4), n_nodes=5)


@pytest.mark.parametrize(("one", "other"), [(TRIPLES, PAIRS), (MIXED_A, MIXED_B)])
def test_same_pairs_other_triples(one: Hypergraph, other: Hypergraph) -> None:
    """With the same pair counts the control must give the same vectors, and MedRep must not."""
    a, b = clique_expansion(one), clique_expansion(other)
    assert torch.equal(a.nodes, b.nodes)
    assert torch.equal(a.edges, b.edges)
    small = ["embedding_dim=8", "n_heads=2", "medrep.steps=3", "dropout=0"]
    hyper = HypeMedConfig.from_preset("tiny", small)
    pairs = hyper.replaced("medrep.structure", "pairs")
    with_pairs = [pretrain(graph, None, pairs, seed=0).nodes for graph in (one, other)]
    torch.testing.assert_close(*with_pairs, atol=1e-6, rtol=0)
    with_hyperedges = [pretrain(graph, None, hyper, seed=0).nodes for graph in (one, other)]
    assert (with_hyperedges[0] - with_hyperedges[1]).abs().max() > 0.05


def test_structure_equals_counting() -> None:
    graph = graph_of((0, 1, 2), (0, 1), (0,), (0, 3, 1), n_nodes=5)
    sizes = {0: [3, 2, 1, 3], 1: [3, 2, 3], 2: [3], 3: [3]}
    every = [3, 3, 3, 2, 2, 1, 3, 3, 3]

    def five(values: list[int]) -> list[float]:
        mode = min(set(values), key=lambda v: (-values.count(v), v))
        return [max(values), min(values), np.mean(values), mode, np.var(values)]

    overall = [len(every) / 5, *five(every)]
    for node, own in sizes.items():
        expected = np.array([len(own), *five(own)]) - overall
        np.testing.assert_allclose(structure(graph)[node], expected, atol=1e-6)
    assert (structure(graph)[4] == 0).all()


def test_position_is_the_largest_part_of_the_laplacian() -> None:
    rng = np.random.default_rng(0)
    H = (rng.random((12, 20)) < 0.3).astype(float)
    H[7] = 0
    H[:, 3] = 0
    nodes, edges = np.nonzero(H)
    graph = Hypergraph(torch.from_numpy(nodes), torch.from_numpy(edges), 12, 20)
    used = H.sum(1) > 0
    scale = np.diag(H[used].sum(1) ** -0.5)
    laplacian = np.eye(used.sum()) - scale @ H[used] @ np.diag(1 / np.maximum(H.sum(0), 1)) @ H[used].T @ scale
    U, S, _ = np.linalg.svd(laplacian)
    found = position(graph, 4).numpy()
    expected = U[:, :4] * np.sqrt(S[:4])
    np.testing.assert_allclose(found[used] @ found[used].T, expected @ expected.T, atol=1e-5)
    assert (found[7] == 0).all()


def test_position_of_fewer_nodes_than_dimensions() -> None:
    found = position(graph_of((0, 1), n_nodes=2), 5)
    assert found.shape == (2, 5)
    assert found.isfinite().all()
    assert (found[:, 2:] == 0).all()


def test_tree_distances() -> None:
    paths = [("T", "A", "10", "1"), ("T", "A", "10", "2"), ("T", "A", "11"), ("U", "A"), None]
    found = tree_distances(paths).numpy()
    assert found[0].tolist() == [0, 2, 3, 6, UNKNOWN_DISTANCE]
    assert found[2, 3] == 5
    assert (found == found.T).all()
    assert (np.diag(found) == 0).all()


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-30, 30)), min_size=1, max_size=20))
def test_segment_softmax_equals_a_softmax_a_group(rows: list[tuple[int, float]]) -> None:
    groups, scores = torch.tensor([g for g, _ in rows]), torch.tensor([s for _, s in rows], dtype=torch.float64)
    found = segment_softmax(scores, groups, 4)
    for group in range(4):
        own = groups == group
        if own.any():
            np.testing.assert_allclose(found[own], softmax(scores[own].numpy()), atol=1e-12)


def test_edge_means_of_an_empty_visit_are_zero() -> None:
    graph = Hypergraph(torch.tensor([0, 1]), torch.tensor([0, 0]), 2, 2)
    means = graph.edge_means(torch.tensor([[1.0], [3.0]]))
    assert means.tolist() == [[2.0], [0.0]]
