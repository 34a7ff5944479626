"""Fusion on score tables with a planted truth: the chosen weight against a sweep with metrics written out here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from humankind.spine.errors import DataError
from humankind.systems.recommendation.config import SaDConfig
from humankind.systems.recommendation.fusion import RATIOS, BetaChoice, Fold, Fused, _peak, choose_beta, fuse

N_USERS, N_ITEMS, AT = 3_000, 60, 20  # half of them are judged; of far fewer, the best of a sweep is luck


class Table:
    """Scores that are given."""

    def __init__(self, scores: np.ndarray) -> None:
        self.scores = scores.astype(np.float32)

    def score(self, users: np.ndarray) -> np.ndarray:
        return self.scores[users]


def make_fold(seed: int, noise_sparse: float, noise_dense: float) -> Fold:
    """Return a fold whose views see the same truth, each through noise of its own; S on a scale of its own."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(N_USERS, N_ITEMS)) + np.linspace(1.5, -1.5, N_ITEMS)
    liked = np.argsort(-(truth + rng.gumbel(size=truth.shape)), axis=1)
    X, held_out = np.zeros_like(truth), np.zeros_like(truth)
    rows = np.arange(N_USERS)[:, None]
    X[rows, liked[:, 0:9]] = 1
    held_out[rows[::2], liked[::2, 9 : 9 + 1 + seed % 3]] = 1  # every second user has something held out
    S = 0.05 * (truth + noise_sparse * rng.normal(size=truth.shape))
    D = truth + noise_dense * rng.normal(size=truth.shape)
    return Fold(csr_matrix(X, dtype=np.float32), csr_matrix(held_out, dtype=np.float32), Table(S), Table(D))


def figure(fold: Fold, beta: np.ndarray | float, metric: str = "ndcg") -> float:
    """Return Recall@20 or NDCG@20 of beta * S + D, by sorting everything."""
    users = np.flatnonzero(np.diff(fold.held_out.indptr))
    Y = np.asarray(beta, np.float32) * fold.sparse.scores[users] + fold.dense.scores[users]
    Y[fold.X[users].toarray() > 0] = -np.inf
    order = np.argsort(-Y, axis=1, kind="stable")[:, :AT]
    wanted = fold.held_out[users].toarray() > 0
    hit, n = np.take_along_axis(wanted, order, axis=1), wanted.sum(axis=1)
    gain = 1 / np.log2(np.arange(2, AT + 2))
    ideal = np.cumsum(gain)[np.minimum(n, AT) - 1]
    return float(np.mean(hit.sum(axis=1) / n if metric == "recall" else (hit * gain).sum(axis=1) / ideal))


@pytest.fixture(scope="module")
def fold() -> Fold:
    return make_fold(0, 1.0, 1.5)


@pytest.mark.parametrize("metric", ["ndcg", "recall"])
def test_the_curve_is_the_metric_itself(fold, metric):
    chosen = choose_beta([fold], SaDConfig(metric=metric))
    assert len(chosen.curve) == len(RATIOS)
    for beta, value in chosen.curve[::4]:
        assert value == pytest.approx(figure(fold, beta, metric), abs=1e-6)
    assert chosen.best == max(value for _, value in chosen.curve)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("noise_sparse", "noise_dense"), [(1.0, 1.5), (1.5, 1.0), (1.0, 1.0)])
def test_auto_is_within_a_hundredth_of_the_best_of_a_fine_sweep(seed, noise_sparse, noise_dense):
    fold = make_fold(seed, noise_sparse, noise_dense)
    swept = max(figure(fold, beta) for beta in np.geomspace(0.1, 4000, 60))
    chosen = choose_beta([fold], SaDConfig())
    assert figure(fold, chosen.value) >= 0.99 * swept
    assert figure(fold, chosen.value) > max(figure(fold, 0.0), figure(fold, 1e6))


@pytest.mark.parametrize(("noise_sparse", "noise_dense"), [(30.0, 0.3), (0.3, 30.0)])
def test_a_view_of_noise_gets_next_to_no_weight(noise_sparse, noise_dense):
    fold = make_fold(0, noise_sparse, noise_dense)
    ratio = fold.sparse.scores.std() * choose_beta([fold], SaDConfig()).value / fold.dense.scores.std()
    assert (ratio < 0.1) if noise_sparse > noise_dense else (ratio > 10)


def test_several_folds_are_judged_together_by_users(fold):
    rival = make_fold(1, 1.5, 1.0)
    few = rival.held_out.toarray()
    few[100:] = 0
    rival = replace(rival, held_out=csr_matrix(few))
    chosen = choose_beta([fold, rival], SaDConfig())
    n = [np.count_nonzero(np.diff(f.held_out.indptr)) for f in (fold, rival)]
    for beta, value in chosen.curve[::5]:
        assert value == pytest.approx(np.average([figure(fold, beta), figure(rival, beta)], weights=n), abs=1e-6)


def test_a_given_beta_is_kept_and_measured(fold):
    """Measured, because the other open settings are chosen by this figure."""
    chosen = choose_beta([fold], SaDConfig(beta=12.5))
    assert (chosen.beta == np.float32(12.5)).all()
    assert chosen.beta.shape == (N_ITEMS,)
    assert chosen.curve == ()
    assert chosen.best == pytest.approx(figure(fold, 12.5), abs=1e-6)


def test_beta_is_not_chosen_by_nothing(fold):
    empty = replace(fold, held_out=csr_matrix(fold.X.shape, dtype=np.float32))
    with pytest.raises(DataError, match="nothing is held out"):
        choose_beta([empty], SaDConfig())
    assert choose_beta([empty], SaDConfig(beta=2.0)).value == 2.0
    assert choose_beta([empty, fold], SaDConfig()).value == pytest.approx(
        choose_beta([fold], SaDConfig()).value, rel=0.5
    )


@pytest.mark.parametrize("seed", range(4))
def test_beta_by_popularity_is_never_worse_on_validation(seed):
    fold = make_fold(seed, 1.0, 1.2)
    one, three = (choose_beta([fold], SaDConfig(beta_by_popularity=switch)) for switch in (False, True))
    assert len(np.unique(one.beta)) == 1
    assert figure(fold, three.beta) >= figure(fold, one.beta) - 1e-9


def test_beta_by_popularity_lowers_the_weight_of_a_sparse_view_that_is_wrong_about_rare_items(fold):
    degree = np.bincount(fold.X.indices, minlength=N_ITEMS)
    rare = degree <= np.quantile(degree, 1 / 3)
    S = fold.sparse.scores
    misled = np.where(rare, 3 * S.std() * np.random.default_rng(5).normal(size=S.shape), S)
    wrong = replace(fold, sparse=Table(misled))
    one, three = (choose_beta([wrong], SaDConfig(beta_by_popularity=switch)) for switch in (False, True))
    assert three.beta[rare].max() < three.beta[~rare].min()
    assert figure(wrong, three.beta) > figure(wrong, one.beta)


def test_of_nearly_equal_points_the_one_with_good_neighbours_is_taken():
    assert _peak([0.1, 0.1, 0.5, 0.1, 0.1, 0.498, 0.4985, 0.498, 0.1]) == 6
    assert _peak([0.1, 0.1, 0.5, 0.1, 0.1, 0.4, 0.42, 0.41, 0.1]) == 2
    assert _peak([0.3, 0.2, 0.1]) == 0
    assert _peak([0.1, 0.2, 0.3]) == 2


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_no_more_than_half_a_hundredth_is_given_away(values):
    assert values[_peak(values)] >= 0.995 * max(values) - 1e-12


def test_fusion_is_a_weighted_sum_with_a_weight_for_each_item(fold):
    S, D = fold.sparse.scores[:4], fold.dense.scores[:4]
    beta = np.linspace(0, 3, N_ITEMS)
    assert fuse(S, D, beta) == pytest.approx(S * beta.astype(np.float32) + D)
    assert Fused(fold.sparse, fold.dense, 2.0).score(np.arange(4)) == pytest.approx(2 * S + D)
    assert fuse(S, D, beta).dtype == np.float32


def test_the_value_of_a_choice_is_its_mean():
    assert BetaChoice(np.array([1.0, 2.0, 6.0], np.float32)).value == pytest.approx(3.0)
    assert BetaChoice(np.ones(2, np.float32)).best == 0.0
