"""The dense view: its gradient is that of the loss as written, it learns, resumes and folds in."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from humankind.spine.errors import ConfigError
from humankind.systems.recommendation.config import MFConfig
from humankind.systems.recommendation.mf import MF, _Positives, _Tables, spectral_start

SMALL = MFConfig(embedding_dim=8, weight_decay=0.1, epochs=6)


@pytest.fixture(scope="module")
def X() -> csr_matrix:
    rng = np.random.default_rng(0)
    taste = rng.normal(size=(200, 4)) @ rng.normal(size=(4, 50))
    return csr_matrix((taste > 1.8).astype(np.float32))


def loss_as_written(P, Q, X, extra, c: MFConfig):
    """Return the loss of the module's docstring, term by term, for all users at once."""
    n_items = X.shape[1]
    beta_u = torch.tensor((np.diff(X.indptr) + 1.0) ** -0.5)
    beta_i = torch.tensor((np.bincount(X.indices, minlength=n_items) + 1.0) ** -0.5)
    user = np.concatenate([np.repeat(np.arange(X.shape[0]), np.diff(X.indptr)), extra[0]])
    item = np.concatenate([X.indices, extra[1]])
    softplus = torch.nn.functional.softplus
    total = P.new_zeros(())
    for u, i in zip(user, item):
        total = total + (c.w1 + c.w2 * beta_u[u] * beta_i[i]) * softplus(-(P[u] @ Q[i]))
        negative = (c.w3 + c.w4 * beta_u[u] * beta_i) * softplus(Q @ P[u])
        total = total + c.negative_weight * negative.mean()
    return total + c.weight_decay / 2 * ((P**2).sum() + (Q**2).sum())


@pytest.mark.parametrize("w3", [0.0, 0.3])
def test_the_gradient_is_that_of_the_loss(w3):
    rng = np.random.default_rng(1)
    X = csr_matrix((rng.random((6, 5)) < 0.5).astype(np.float32))
    extra = (np.array([0, 0, 3]), np.array([1, 1, 4]))
    config = MFConfig(embedding_dim=3, weight_decay=0.7, negative_weight=4.0, w1=0.2, w3=w3)
    P = torch.tensor(rng.normal(size=(6, 3)), requires_grad=True)
    Q = torch.tensor(rng.normal(size=(5, 3)), requires_grad=True)
    loss_as_written(P, Q, X, extra, config).backward()
    model = MF(config)
    positives = _Positives(X, extra, torch.device("cpu"))
    tables = _Tables.of(P.detach().numpy(), Q.detach().numpy(), config, torch.device("cpu"))
    ours = model._gradients(positives, tables, np.arange(6), None)
    for gradient, table in zip(ours, (P, Q)):
        assert gradient.numpy() == pytest.approx(table.grad.numpy(), rel=1e-4, abs=1e-5)


def test_drawn_negatives_are_unbiased(X):
    model = MF(SMALL)
    positives = _Positives(X, None, torch.device("cpu"))
    tables = _Tables.of(*spectral_start(X, SMALL, 0), SMALL, torch.device("cpu"))
    users = np.arange(20)
    exact = model._gradients(positives, tables, users, None)[1].numpy()
    rng = np.random.default_rng(0)
    draws = [np.sort(rng.choice(X.shape[1], 25, replace=False)) for _ in range(2000)]
    mean = np.mean([model._gradients(positives, tables, users, drawn)[1].numpy() for drawn in draws], axis=0)
    assert np.abs(mean - exact).max() < 0.15 * np.abs(exact).max()


def auc(scores: np.ndarray, X: csr_matrix) -> float:
    seen = X.toarray() > 0
    return float(np.mean([(row[s][:, None] > row[~s][None]).mean() for row, s in zip(scores, seen) if s.sum() > 0]))


def test_training_improves_on_its_start_and_on_popularity(X):
    everyone = np.arange(X.shape[0])
    P, Q = spectral_start(X, SMALL, 0)
    trained = MF(SMALL).fit(X)
    popularity = np.repeat(np.bincount(X.indices, minlength=X.shape[1])[None], X.shape[0], axis=0).astype(np.float32)
    assert auc(trained.score(everyone), X) > auc(P @ Q.T, X) > auc(popularity, X)


def test_a_resumed_training_equals_an_uninterrupted_one(X):
    whole = MF(SMALL, seed=4).fit(X, epochs=6)
    half = MF(SMALL, seed=4).fit(X, epochs=3)
    resumed = MF(SMALL, seed=4).fit(X, epochs=6, state=half.state())
    assert (resumed.user_factors == whole.user_factors).all()
    assert (resumed.item_factors == whole.item_factors).all()


def test_seeds_decide(X):
    one, same, other = (MF(SMALL, seed=seed).fit(X, epochs=2).item_factors for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()


def test_structural_pairs_pull_their_users(X):
    user, item = 0, int(np.flatnonzero(X[0].toarray()[0] == 0)[0])
    pairs = (np.full(30, user), np.full(30, item))
    plain, pulled = MF(SMALL).fit(X, epochs=25), MF(SMALL).fit(X, pairs, epochs=25)
    assert pulled.score(np.array([user]))[0, item] > plain.score(np.array([user]))[0, item] + 0.3


def test_folding_in_a_known_history_ranks_like_training(X):
    model = MF(MFConfig(embedding_dim=8, weight_decay=0.1, epochs=30)).fit(X)
    folded = model.fold_in(X[:40]) @ model.item_factors.T
    trained = model.score(np.arange(40))
    agreement = [np.corrcoef(a, b)[0, 1] for a, b in zip(folded, trained)]
    assert np.median(agreement) > 0.95


def test_an_open_choice_is_refused(X):
    with pytest.raises(ConfigError, match="must be chosen"):
        MF(MFConfig()).fit(X)
