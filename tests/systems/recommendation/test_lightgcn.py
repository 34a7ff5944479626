"""LightGCN: propagation by hand, the gradient, learning, seeds, extra pairs, going on, folding in."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from humankind.systems.recommendation.config import LightGCNConfig
from humankind.systems.recommendation.lightgcn import Graph, LightGCN, _Positives, _Propagation

CONFIG = LightGCNConfig(embedding_dim=8, n_layers=2, epochs=30, batch_size=512, learning_rate=0.02, weight_decay=1e-3)
FIVE = csr_matrix(np.array([[1, 1, 0], [0, 1, 1]], np.float32))  # users a, b; items p, q, r; q is shared


@pytest.fixture(scope="module")
def blocks() -> csr_matrix:
    """60 users in 3 groups; a group likes its own 8 of 24 items, each with probability 0.5."""
    rng = np.random.default_rng(0)
    own = np.repeat(np.eye(3), 20, axis=0).repeat(8, axis=1)
    return csr_matrix((rng.random((60, 24)) < 0.5 * own).astype(np.float32))


@pytest.fixture(scope="module")
def model(blocks) -> LightGCN:
    return LightGCN(CONFIG, seed=1).fit(blocks)


def test_five_nodes_by_hand():
    """Degrees: a 2, b 2, p 1, q 2, r 1. One-dimensional factors a=1, b=2, p=4, q=8, r=16."""
    ego = torch.tensor([[1.0], [2.0], [4.0], [8.0], [16.0]])
    root = 2**0.5
    a1 = 4 / root + 8 / 2  # p: 1/sqrt(2*1), q: 1/sqrt(2*2)
    b1 = 8 / 2 + 16 / root
    p1, q1, r1 = 1 / root, 1 / 2 + 2 / 2, 2 / root
    a2, b2 = p1 / root + q1 / 2, q1 / 2 + r1 / root
    p2, q2, r2 = a1 / root, a1 / 2 + b1 / 2, b1 / root
    graph = Graph(FIVE)
    one, two = graph.sum_of_layers(ego, 1), graph.sum_of_layers(ego, 2)
    assert one[:, 0].tolist() == pytest.approx([1 + a1, 2 + b1, 4 + p1, 8 + q1, 16 + r1])
    assert (two - one)[:, 0].tolist() == pytest.approx([a2, b2, p2, q2, r2], rel=1e-5)
    assert ego[:, 0].tolist() == [1, 2, 4, 8, 16]
    mean = _Propagation.apply(ego, graph, 2)
    assert mean[:, 0].tolist() == pytest.approx((two[:, 0] / 3).tolist())


def test_propagation_equals_powers_of_the_normalised_adjacency(blocks):
    n_users, n_items = blocks.shape
    A = np.zeros((n_users + n_items,) * 2)
    A[:n_users, n_users:] = blocks.toarray()
    A += A.T
    scale = np.diag(np.maximum(A.sum(axis=1), 1) ** -0.5)
    L = scale @ A @ scale
    ego = np.random.default_rng(0).standard_normal((n_users + n_items, 4)).astype(np.float32)
    expected = ego + L @ ego + L @ L @ ego + L @ L @ L @ ego
    found = Graph(blocks).sum_of_layers(torch.from_numpy(ego), 3).numpy()
    assert found == pytest.approx(expected, abs=1e-5)


def test_a_node_without_edges_keeps_its_own_factors():
    graph = Graph(csr_matrix(np.array([[1, 0], [0, 0]], np.float32)))
    found = graph.sum_of_layers(torch.tensor([[1.0], [2.0], [3.0], [4.0]]), 4)
    assert found[1].item() == 2
    assert found[3].item() == 4


def test_the_gradient_is_that_of_plain_differentiation(blocks):
    graph = Graph(blocks)
    L = torch.zeros(84, 84)
    L[:60, 60:] = graph.to_users.to_dense()
    L = L + L.T
    ego = torch.randn(84, 3, generator=torch.Generator().manual_seed(0))
    weight = torch.randn(84, 3, generator=torch.Generator().manual_seed(1))
    ours, plain = ego.clone().requires_grad_(), ego.clone().requires_grad_()
    (_Propagation.apply(ours, graph, 2) * weight).sum().backward()
    ((plain + L @ plain + L @ (L @ plain)) / 3 * weight).sum().backward()
    assert torch.allclose(ours.grad, plain.grad, atol=1e-5)


def test_unseen_items_of_the_own_group_rank_first(blocks, model):
    scores = model.score(np.arange(60))
    assert scores.shape == (60, 24)
    assert scores.dtype == np.float32
    own = np.repeat(np.eye(3, dtype=bool), 20, axis=0).repeat(8, axis=1)
    unseen = blocks.toarray() == 0
    first = [scores[u, own[u] & unseen[u]].min() > scores[u, ~own[u]].max() for u in range(60)]
    assert np.mean(first) > 0.95
    untrained = LightGCN(CONFIG.model_copy(update={"n_layers": 1}), seed=1).fit(blocks, epochs=0)
    by_chance = [
        untrained.score(np.array([u]))[0, own[u] & unseen[u]].min() > untrained.score(np.array([u]))[0, ~own[u]].max()
        for u in range(60)
    ]
    assert np.mean(by_chance) < 0.5


def test_factors_are_the_propagated_ego_factors(blocks, model):
    ego = torch.from_numpy(model.state()["ego"])
    mean = (Graph(blocks).sum_of_layers(ego, 2) / 3).numpy()
    assert np.concatenate([model.user_factors, model.item_factors]) == pytest.approx(mean, abs=1e-6)


def test_same_seed_same_factors(blocks, model):
    assert np.array_equal(LightGCN(CONFIG, seed=1).fit(blocks).item_factors, model.item_factors)
    assert not np.array_equal(LightGCN(CONFIG, seed=2).fit(blocks).item_factors, model.item_factors)


def test_weights_of_stored_entries_do_not_matter(blocks, model):
    assert np.array_equal(LightGCN(CONFIG, seed=1).fit(csr_matrix(blocks * 1.3)).item_factors, model.item_factors)


def test_extra_pairs_are_positives_and_edges():
    extra = (np.array([0, 1, 0]), np.array([2, 2, 0]))  # a-r is new, b-r and a-p are known
    positives = _Positives(FIVE, extra)
    pairs = sorted(zip(positives.user.tolist(), positives.item.tolist()))
    assert pairs == [(0, 0), (0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (1, 2)]
    assert positives.edges.toarray().tolist() == [[1, 1, 1], [0, 1, 1]]
    user, item, other = positives.triples(np.arange(7), np.random.default_rng(0))
    assert set(zip(user.tolist(), other.tolist())) == {(1, 0)}  # a has no negative left and is dropped
    assert sorted(item.tolist()) == [1, 2, 2]


def test_extra_pairs_change_what_is_learned(blocks, model):
    users, items = np.arange(20, 40), np.full(20, 3)  # group 1 takes up an item of group 0
    taught = LightGCN(CONFIG, seed=1).fit(blocks, (users, items))

    def place(m: LightGCN) -> float:
        scores = m.score(users)
        return float((scores > scores[:, [3]]).sum(axis=1).mean())

    assert place(model) > 6
    assert place(taught) < 6


def test_negatives_are_never_positives(blocks):
    positives = _Positives(blocks, (np.array([0]), np.array([20])))
    known = blocks.toarray() > 0
    known[0, 20] = True
    index = np.tile(np.arange(len(positives.user)), 20)
    user, item, other = positives.triples(index, np.random.default_rng(0))
    assert len(user) == len(index)
    assert known[user, item].all()
    assert not known[user, other].any()
    drawn = np.bincount(other[user == 5], minlength=24)
    assert (drawn[~known[5]] > 0).all()


def test_going_on_from_a_state_equals_never_having_stopped(blocks, model):
    states = {}

    def stop_at_12(m: LightGCN, epoch: int) -> bool:
        states[epoch] = {name: np.array(table) for name, table in m.state().items()}
        return epoch == 12

    stopped = LightGCN(CONFIG, seed=1).fit(blocks, after_epoch=stop_at_12)
    assert stopped.epochs_done == 12
    assert sorted(states) == list(range(1, 13))
    resumed = LightGCN(CONFIG, seed=1).fit(blocks, state=states[12])
    assert resumed.epochs_done == 30
    assert np.array_equal(resumed.user_factors, model.user_factors)
    assert np.array_equal(resumed.item_factors, model.item_factors)
    early = LightGCN(CONFIG, seed=1).fit(blocks, epochs=7)
    assert np.array_equal(early.item_factors, states[7]["item_factors"])


def test_a_saved_state_scores_and_folds_in_alike(blocks, model):
    loaded = LightGCN(CONFIG).load_state({name: table.copy() for name, table in model.state().items()})
    users = np.array([5, 50])
    assert np.array_equal(loaded.score(users), model.score(users))
    assert np.array_equal(loaded.fold_in(csr_matrix(blocks[users])), model.fold_in(csr_matrix(blocks[users])))
    assert loaded.epochs_done == 30


def test_fold_in_is_the_propagation_to_a_user_without_own_factors(blocks, model):
    """The new user's edges go one way: items tell the user, the user does not tell the items."""
    history = csr_matrix((np.ones(3, np.float32), np.array([1, 4, 6]), np.array([0, 3])), shape=(1, 24))
    ego = torch.from_numpy(model.state()["ego"])
    graph = Graph(blocks)
    zero, one = ego[60:].numpy(), (graph.sum_of_layers(ego, 1) - ego)[60:].numpy()
    degree = np.bincount(blocks.indices, minlength=24)
    expected = sum((zero[i] + one[i]) / np.sqrt(3 * degree[i]) for i in (1, 4, 6)) / 3
    found = model.fold_in(history)
    assert found[0] == pytest.approx(expected, abs=1e-5)
    scores = found[0] @ model.item_factors.T
    assert scores[:8].min() > scores[8:].max()
    assert not model.fold_in(csr_matrix((1, 24), dtype=np.float32)).any()


def test_users_and_items_without_data_and_quiet_warnings(blocks):
    wider = csr_matrix(np.pad(blocks.toarray(), ((0, 2), (0, 3))))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = LightGCN(CONFIG, seed=0).fit(wider, epochs=2)
    assert np.isfinite(found.score(np.arange(62))).all()
