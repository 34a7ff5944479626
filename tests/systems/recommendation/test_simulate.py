"""The generator: exact counts, seeds, power law, and a planted truth that can be found again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from humankind.spine.errors import ConfigError
from humankind.systems.recommendation.simulate import simulate


@given(st.integers(2, 60), st.integers(4, 60), st.floats(0, 1), st.integers(0, 2**31))
@settings(max_examples=40, deadline=None)
def test_exactly_what_was_asked_for(n_users, n_items, share, seed):
    n_interactions = n_users + int(share * (n_users * n_items // 4 - n_users)) if n_items > 4 else n_users
    data, truth = simulate(n_users, n_items, n_interactions, seed)
    assert data.matrix.shape == (n_users, n_items)
    assert data.n_interactions == n_interactions
    assert data.matrix.has_canonical_format
    assert set(data.matrix.data) == {1.0}
    assert data.user_degrees.min() >= 1
    assert truth.user_factors.sum(axis=1) == pytest.approx(np.ones(n_users), abs=1e-5)
    assert truth.item_factors.sum(axis=0) == pytest.approx(np.ones(16), abs=1e-5)
    assert len(np.unique(truth.pairs)) == truth.pairs.size


def test_seeds():
    first, again, other = (simulate(200, 100, 2_000, seed)[0].matrix for seed in (1, 1, 2))
    assert (first != again).nnz == 0
    assert (first != other).nnz > 0


@pytest.mark.parametrize("zipf", [0.5, 1.0])
def test_popularity_falls_as_a_power_law_with_the_exponent(zipf):
    data, _ = simulate(20_000, 2_000, 200_000, seed=0, zipf=zipf, n_pairs=0)
    flat, _ = simulate(20_000, 2_000, 200_000, seed=0, zipf=0.0, n_pairs=0)

    def slope(degrees: np.ndarray) -> float:
        ranked = np.sort(degrees)[::-1][20:1_000]
        return np.polyfit(np.log(np.arange(21, 1_001)), np.log(np.maximum(ranked, 1)), 1)[0]

    extra = slope(data.item_degrees) - slope(flat.item_degrees)
    assert -1.3 * zipf < extra < -0.4 * zipf  # tastes add a spread of their own, which blurs the exponent


def test_planted_pairs_are_found_and_others_are_not():
    data, truth = simulate(4_000, 400, 60_000, seed=3, pair_rate=0.6)
    gram = (data.matrix.T @ data.matrix).toarray()
    degrees = np.diag(gram)
    first, second = truth.pairs.T
    expected = degrees[first] * degrees[second] / data.n_users
    assert (gram[first, second] / degrees[first]).mean() > 0.5
    assert np.median(gram[first, second] / expected) > 5
    rng = np.random.default_rng(0)
    left, right = rng.integers(400, size=(2, 500))
    apart = left != right
    chance = gram[left, right] * data.n_users / (degrees[left] * degrees[right])
    assert np.median(chance[apart]) < 2


def test_without_pairs_there_is_no_such_lift():
    data, truth = simulate(4_000, 400, 60_000, seed=3, pair_rate=0.0)
    gram = (data.matrix.T @ data.matrix).toarray()
    first, second = truth.pairs.T
    expected = np.diag(gram)[first] * np.diag(gram)[second] / data.n_users
    assert np.median(gram[first, second] / expected) < 2


def test_pairs_do_not_fit_into_as_many_factors_as_there_are_tastes():
    data, truth = simulate(4_000, 400, 60_000, seed=3, pair_rate=0.8, n_tastes=8)
    first, second = truth.pairs.T
    centred = (data.matrix.T @ data.matrix).toarray()
    centred /= np.sqrt(np.outer(np.diag(centred), np.diag(centred)))  # cosine between items
    left, values, right = np.linalg.svd(centred - np.eye(len(centred)))
    low_rank = (left[:, :16] * values[:16]) @ right[:16]
    planted, rebuilt = centred[first, second].mean(), low_rank[first, second].mean()
    assert rebuilt < 0.6 * planted


def test_tastes_are_found_in_the_data():
    data, truth = simulate(3_000, 300, 20_000, seed=5, n_pairs=0)
    popularity = np.asarray(data.matrix.sum(axis=0)).ravel()
    rng = np.random.default_rng(0)
    users, items = data.matrix.nonzero()
    others = rng.choice(300, size=len(users), p=popularity / popularity.sum())
    unseen = np.asarray(data.matrix[users, others]).ravel() == 0

    def wins(user_factors: np.ndarray) -> float:
        lift = user_factors @ truth.item_factors.T / truth.item_factors.mean(axis=1)
        return (lift[users, items] > lift[users, others])[unseen].mean()

    # Others are drawn by popularity, so only taste can tell; the tastes of someone else cannot.
    assert wins(truth.user_factors) > 0.7
    assert wins(rng.permutation(truth.user_factors)) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("arguments", "options", "where"),
    [
        ((1, 10, 5), {}, "n_users"),
        ((10, 1, 5), {}, "n_items"),
        ((10, 10, 9), {}, "n_interactions"),
        ((10, 10, 51), {}, "n_interactions"),
        ((10, 10, 20), {"n_tastes": 0}, "n_tastes"),
        ((10, 10, 20), {"zipf": -1.0}, "zipf"),
        ((10, 10, 20), {"n_pairs": 6}, "n_pairs"),
        ((10, 10, 20), {"pair_rate": 1.1}, "pair_rate"),
    ],
)
def test_settings_out_of_range(arguments, options, where):
    with pytest.raises(ConfigError, match="out of range") as caught:
        simulate(*arguments, seed=0, **options)
    assert caught.value.where == where


def test_more_than_narrow_tastes_can_give_is_refused():
    with pytest.raises(ConfigError, match="cannot be drawn"):
        simulate(200, 200, 20_000, seed=0, zipf=12.0)


@pytest.mark.slow
def test_ten_million_interactions_in_a_minute():
    import resource
    import time

    start = time.monotonic()
    data, _ = simulate(200_000, 100_000, 10_000_000, seed=0)
    assert data.n_interactions == 10_000_000
    assert time.monotonic() - start < 60
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2_500_000  # KiB
