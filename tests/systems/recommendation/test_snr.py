"""The signal-to-noise theory against known cases, and against the scores of a real model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.systems.recommendation import snr
from humankind.systems.recommendation.fusion import Fused
from humankind.systems.recommendation.sad import SaD
from humankind.systems.recommendation.simulate import simulate
from humankind.systems.recommendation.split import random_per_user


def margins(sparse: np.ndarray, dense: np.ndarray) -> snr.Margins:
    index = np.arange(len(sparse))
    return snr.Margins(sparse, dense, sparse + dense, index, index, index)


def test_independent_views_add_in_squares():
    rng = np.random.default_rng(0)
    found = snr.moments(margins(rng.normal(1.2, 1.0, 400_000), rng.normal(1.5, 3.0, 400_000)))
    assert found.best_snr == pytest.approx(np.sqrt(1.2**2 + 0.5**2), abs=0.01)


correlations = st.floats(-0.8, 0.8)
ratios = st.floats(0.1, 3.0)


@given(s=ratios, d=ratios, rho=correlations, sd=st.floats(0.1, 50.0))
def test_the_closed_form_is_the_maximum_over_beta(s, d, rho, sd):
    m = snr.Moments(1, s * sd, d, sd, 1.0, rho)
    betas = np.geomspace(1e-4, 1e4, 801) / sd
    swept = max(m.snr_at(beta) for beta in betas)
    assert swept <= m.best_snr + 1e-9
    if m.best_beta is not None and betas[0] < m.best_beta < betas[-1]:
        assert swept == pytest.approx(m.best_snr, rel=2e-3)
        assert m.snr_at(m.best_beta) == pytest.approx(m.best_snr, rel=1e-6)


@given(s=ratios, d=ratios, rho=correlations)
def test_swapping_the_views_swaps_the_values(s, d, rho):
    one, other = snr.Moments(1, s, d, 1.0, 1.0, rho), snr.Moments(1, d, s, 1.0, 1.0, rho)
    assert one.best_snr == pytest.approx(other.best_snr)
    assert (one.snr_sparse, one.snr_dense) == (other.snr_dense, other.snr_sparse)


def test_a_view_that_is_a_copy_adds_nothing():
    copy = np.random.default_rng(0).normal(1.0, 1.0, 1000)
    assert snr.moments(margins(copy, 3 * copy)).best_snr == pytest.approx(snr.snr(copy), abs=1e-6)


@pytest.fixture(scope="module")
def fitted():
    log, _ = simulate(600, 120, 9_000, 0)
    split = random_per_user(log, 0.2, seed=0)
    settings = {"slim__alpha": 0.01, "als__weight_decay": 20.0, "als__embedding_dim": 16, "semantic": (0, 5)}
    return SaD(dense="als", **settings).fit(split.train), split


def test_the_fused_scores_of_a_model_reach_the_closed_form(fitted):
    model, split = fitted
    predicted = model.snr_report(split.test).rows[0]
    assert predicted.best_beta is not None
    fused = Fused(model.views.sparse, model.views.dense, predicted.best_beta)
    views = snr.Views(model.views.sparse, model.views.dense, fused)
    measured = snr.snr(snr.draw_margins(views, split.train.matrix, split.test, model.config.seed).fused)
    assert measured == pytest.approx(predicted.predicted, abs=0.01)
    assert measured > max(predicted.sparse, predicted.dense) - 1e-6


def test_triples_hold_out_what_they_should(fitted):
    model, split = fitted
    views = snr.Views(model.views.sparse, model.views.dense, model.fused)
    drawn = snr.draw_margins(views, split.train.matrix, split.test, 0)
    known = (split.train.matrix + split.test).tocsr()
    assert np.asarray(split.test[drawn.user, drawn.positive]).all()
    assert not np.asarray(known[drawn.user, drawn.negative]).any()
    assert len(drawn.user) == split.test.nnz


def test_buckets_hold_a_third_of_the_interactions_each(fitted):
    _, split = fitted
    bucket = snr.popularity_thirds(split.train.matrix)
    held = np.bincount(bucket, weights=split.train.item_degrees, minlength=3) / split.train.n_interactions
    assert held == pytest.approx([1 / 3] * 3, abs=0.06)
    assert split.train.item_degrees[bucket == 0].min() >= split.train.item_degrees[bucket == 2].max()


def test_the_bootstrap_covers_its_own_estimate(fitted):
    model, split = fitted
    views = snr.Views(model.views.sparse, model.views.dense, model.fused)
    drawn = snr.draw_margins(views, split.train.matrix, split.test, 0)
    low, high = np.quantile(snr.bootstrap(drawn, 0, 300)["fused"], [0.025, 0.975])
    assert low < snr.snr(drawn.fused) < high
    assert high - low < 0.5
