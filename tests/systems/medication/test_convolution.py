"""Hypergraph attention beside PyTorch Geometric's, and attention over absent keys."""

from __future__ import annotations

import pytest
import torch
from torch_geometric.nn import HypergraphConv

from humankind.systems.medication.convolution import Attention, GlobalAttention, HypergraphAttention
from humankind.systems.medication.hypergraph import Hypergraph

N_NODES, N_EDGES, DIM, HEADS = 9, 6, 8, 4


@pytest.fixture
def graph() -> Hypergraph:
    generator = torch.Generator().manual_seed(0)
    member = torch.rand(N_NODES, N_EDGES, generator=generator) < 0.4
    member[4] = False  # a code of no visit
    member[:, 2] = False  # a visit of no code
    nodes, edges = member.nonzero(as_tuple=True)
    return Hypergraph(nodes, edges, N_NODES, N_EDGES)


def test_equals_pytorch_geometric_with_the_same_weights(graph: Hypergraph) -> None:
    torch.manual_seed(1)
    ours = HypergraphAttention(DIM, HEADS)
    torch.nn.init.normal_(ours.bias)
    theirs = HypergraphConv(
        DIM, DIM, use_attention=True, attention_mode="edge", heads=HEADS, concat=False, negative_slope=0.2
    )
    theirs.lin.weight.data.copy_(ours.theta.weight)
    theirs.att.data.copy_(ours.attention)
    theirs.bias.data.copy_(ours.bias)
    x, e = torch.randn(N_NODES, DIM), torch.randn(N_EDGES, DIM)
    expected = theirs(x, torch.stack([graph.nodes, graph.edges]), hyperedge_attr=e)
    found = ours(x, e, graph)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert graph.degrees[4] == 0
    torch.testing.assert_close(found[4], ours.bias)


def test_gradients_equal_pytorch_geometric(graph: Hypergraph) -> None:
    torch.manual_seed(2)
    ours = HypergraphAttention(DIM, HEADS)
    theirs = HypergraphConv(DIM, DIM, use_attention=True, attention_mode="edge", heads=HEADS, concat=False)
    theirs.lin.weight.data.copy_(ours.theta.weight)
    theirs.att.data.copy_(ours.attention)
    x, e = torch.randn(N_NODES, DIM), torch.randn(N_EDGES, DIM)
    mine, other = x.clone().requires_grad_(), x.clone().requires_grad_()
    ours(mine, e, graph).square().sum().backward()
    theirs(other, torch.stack([graph.nodes, graph.edges]), hyperedge_attr=e).square().sum().backward()
    torch.testing.assert_close(mine.grad, other.grad, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(ours.attention.grad, theirs.att.grad, atol=1e-5, rtol=1e-5)


def test_global_attention_equals_a_plain_softmax_with_the_bias_added() -> None:
    torch.manual_seed(0)
    layer = GlobalAttention(DIM, 2)
    x, bias = torch.randn(5, DIM), torch.randn(5, 5)
    q, k, v = layer.project(x).view(5, 3, 2, DIM // 2).permute(1, 2, 0, 3)
    weights = (q @ k.transpose(1, 2) / (DIM // 2) ** 0.5 + bias).softmax(-1)
    expected = layer.out((weights @ v).transpose(0, 1).reshape(5, DIM))
    torch.testing.assert_close(layer(x, bias), expected, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(layer(x, None), expected)


def test_absent_keys_have_no_part_and_no_gradient() -> None:
    torch.manual_seed(0)
    layer = Attention(DIM, 2)
    query, keys = torch.randn(3, DIM), torch.randn(3, 4, DIM, requires_grad=True)
    present = torch.tensor([[True, True, False, False], [True, False, False, False], [False] * 4])
    out, weights = layer(query, keys, keys, present)
    torch.testing.assert_close(weights.sum(1), torch.tensor([1.0, 1.0, 0.0]))
    assert (weights[~present] == 0).all()
    assert (out[2] == 0).all()
    out.square().sum().backward()
    assert keys.grad is not None
    assert keys.grad.isfinite().all()
    assert (keys.grad[~present] == 0).all()
    assert (keys.grad[0, :2] != 0).any()
