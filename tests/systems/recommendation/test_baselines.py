"""The baselines: that each is what it is called, tuned on validation only, and learns what was planted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from humankind.spine.errors import ConfigError
from humankind.systems.recommendation.baselines import DENSE, LABELS, NAMES, SPARSE, Popularity, fit_baseline
from humankind.systems.recommendation.config import GRIDS, SaDConfig
from humankind.systems.recommendation.dense import make_dense
from humankind.systems.recommendation.metrics import mean_at
from humankind.systems.recommendation.topk import recommend

CONFIG = SaDConfig.from_preset(
    "tiny",
    [
        *("held_out_pairs=100", "mf.epochs=20", "mf.embedding_dim=8", "mf.weight_decay=0.4", "lightgcn.epochs=30"),
        *("lightgcn.embedding_dim=8", "als.embedding_dim=8", "als.epochs=5", "slim.alpha=0.01"),
    ],
)


@pytest.fixture(scope="module")
def planted() -> tuple[csr_matrix, csr_matrix]:
    """Five groups of users, each with a taste for its own twelve items; a popular item for everyone."""
    rng = np.random.default_rng(7)
    chance = np.full((150, 61), 0.03)
    for user in range(150):
        chance[user, (user % 5) * 12 : (user % 5) * 12 + 12] = 0.55
    chance[:, 60] = 0.9
    full = rng.random(chance.shape) < chance
    held = full & (rng.random(full.shape) < 0.25)
    return csr_matrix((full & ~held).astype(np.float32)), csr_matrix(held.astype(np.float32))


def fitted(name: str, X: csr_matrix, config: SaDConfig = CONFIG):
    return fit_baseline(name, X, config, lambda c: make_dense(c, "cpu"))


@pytest.mark.parametrize("name", [*SPARSE, *DENSE])
def test_it_finds_the_groups_that_popularity_cannot_see(name: str, planted: tuple[csr_matrix, csr_matrix]) -> None:
    X, test = planted
    by = {
        label: mean_at("recall", recommend(model, X, k=10), test, 10)
        for label, model in ((name, fitted(name, X)), ("popularity", Popularity().fit(X)))
    }
    assert by[name] > by["popularity"] + 0.2, by


def test_popularity_is_the_count_of_users(planted: tuple[csr_matrix, csr_matrix]) -> None:
    X, _ = planted
    scores = Popularity().fit(X).score(np.array([3, 0, 3]))
    np.testing.assert_array_equal(scores, np.tile(X.toarray().sum(axis=0), (3, 1)))
    assert scores.argmax(axis=1).tolist() == [60, 60, 60]


def test_ease_is_the_closed_form_with_the_ridge_that_was_set(planted: tuple[csr_matrix, csr_matrix]) -> None:
    X, _ = planted
    config = CONFIG.replaced("ease.ridge", 50.0)
    P = np.linalg.inv((X.T @ X).toarray().astype(np.float64) + 50.0 * np.eye(X.shape[1]))
    B = -P / np.diag(P)
    np.fill_diagonal(B, 0.0)
    scores = fitted("ease", X, config).score(np.arange(X.shape[0]))
    np.testing.assert_allclose(scores, X.toarray() @ B, atol=2e-4)


def test_the_open_setting_is_chosen_by_validation(planted: tuple[csr_matrix, csr_matrix]) -> None:
    """Left open, the ridge is one of the grid, and better on held-out pairs than next to none."""
    X, test = planted
    recall = {
        ridge: mean_at("recall", recommend(fitted("ease", X, config), X, k=10), test, 10)
        for ridge, config in (("auto", CONFIG), ("senseless", CONFIG.replaced("ease.ridge", 1e-3)))
    }
    assert recall["auto"] > recall["senseless"] + 0.05, recall
    scores = fitted("ease", X).score(np.arange(5))
    grid = [fitted("ease", X, CONFIG.replaced("ease.ridge", r)).score(np.arange(5)) for r in GRIDS["ease.ridge"]]
    assert sum(np.array_equal(scores, of_ridge) for of_ridge in grid) == 1


def test_the_same_seed_gives_the_same_baseline(planted: tuple[csr_matrix, csr_matrix]) -> None:
    X, _ = planted
    users = np.arange(20)
    for name in ("mf", "fsslim", "itemknn"):
        np.testing.assert_array_equal(fitted(name, X).score(users), fitted(name, X).score(users))


def test_every_name_has_a_label_and_others_are_refused() -> None:
    assert set(LABELS) == set(NAMES)
    assert len(NAMES) == 8
    with pytest.raises(ConfigError, match="no such baseline"):
        fitted("oracle", csr_matrix(np.eye(3, dtype=np.float32)))
