"""The SNR experiment: what is predicted on one half of the users and measured on the other, so that it may fail."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from humankind.systems.recommendation import snr
from humankind.systems.recommendation.data import Interactions
from humankind.systems.recommendation.experiments import signal_to_noise
from humankind.systems.recommendation.findings import TOLERANCE, carries_over
from humankind.systems.recommendation.fusion import Fused
from humankind.systems.recommendation.sad import SaD
from humankind.systems.recommendation.split import Split

N_USERS, N_ITEMS, SEED = 3_000, 40, 5


class Table:
    """A view whose scores are given."""

    def __init__(self, scores: np.ndarray) -> None:
        self.scores = scores.astype(np.float32)

    def score(self, users: np.ndarray) -> np.ndarray:
        return self.scores[users]


@pytest.fixture(scope="module")
def split() -> Split:
    """Everyone has one training item and two held-out ones."""
    rng = np.random.default_rng(0)
    taken = np.argsort(rng.random((N_USERS, N_ITEMS)), axis=1)[:, :3]
    train, test = np.zeros((2, N_USERS, N_ITEMS), np.float32)
    users = np.arange(N_USERS)
    train[users, taken[:, 0]] = 1
    for place in (1, 2):
        test[users, taken[:, place]] = 1
    people, items = (np.array([f"{kind}{n}" for n in range(size)], dtype=object) for kind, size in
                     (("u", N_USERS), ("i", N_ITEMS)))  # fmt: skip
    return Split(Interactions(csr_matrix(train), people, items), csr_matrix(test))


def planted(split: Split, sparse: np.ndarray, dense: np.ndarray) -> SaD:
    """Return a model with two views that give held-out items a head start of `sparse` and `dense`, one per user."""
    rng, held_out = np.random.default_rng(1), split.test.toarray()
    views = SimpleNamespace(
        sparse=Table(sparse[:, None] * held_out + rng.normal(size=held_out.shape)),
        dense=Table(dense[:, None] * held_out + rng.normal(size=held_out.shape)),
    )
    sad = SimpleNamespace(views=views, fused=Fused(views.sparse, views.dense, 1.0), config=SimpleNamespace(seed=SEED))
    both = snr.Views(views.sparse, views.dense, sad.fused)
    sad.snr_report = lambda test: snr.report(both, 1.0, split.train.matrix, test, SEED)
    return cast(SaD, sad)


def first_half(split: Split) -> np.ndarray:
    """Return which users the prediction is made from."""
    nothing = Table(np.zeros((N_USERS, N_ITEMS)))
    drawn = snr.draw_margins(snr.Views(nothing, nothing, nothing), split.train.matrix, split.test, SEED)
    return np.isin(np.arange(N_USERS), snr.halves(drawn, SEED)[0].user)


def level(value: float) -> np.ndarray:
    return np.full(N_USERS, value)


def test_halves_share_no_user_and_lose_no_triple(split):
    nothing = Table(np.zeros((N_USERS, N_ITEMS)))
    drawn = snr.draw_margins(snr.Views(nothing, nothing, nothing), split.train.matrix, split.test, SEED)
    one, other = snr.halves(drawn, SEED)
    assert not set(one.user) & set(other.user)
    assert len(one.user) + len(other.user) == len(drawn.user)
    assert len(set(one.user)) == N_USERS // 2


def test_views_that_are_the_same_for_everyone_carry_over(split):
    facts = signal_to_noise(planted(split, level(1.5), level(1.5)), split)
    assert facts["users"] == [N_USERS // 2, N_USERS // 2]
    # The margin of a view is 1.5 over the deviation of two unit normals; two such views add in squares.
    assert facts["predicted"][0] == pytest.approx(1.5, abs=0.08)
    assert facts["off"][1] < 0 < facts["off"][2]
    assert carries_over(facts)


def test_a_weight_that_does_not_carry_over_is_found_out(split):
    """The sparse view is worth something in the first half only, the dense one in the second only."""
    first = first_half(split)
    facts = signal_to_noise(planted(split, np.where(first, 2.0, 0.0), np.where(first, 0.4, 2.0)), split)
    assert facts["best_beta"] > 2
    assert facts["reachable"] - facts["measured"][0] > TOLERANCE
    assert facts["gain"][2] < 0
    assert not carries_over(facts)


def test_a_ratio_that_does_not_carry_over_is_found_out(split):
    first = first_half(split)
    facts = signal_to_noise(planted(split, np.where(first, 2.0, 0.7), np.where(first, 2.0, 0.7)), split)
    assert facts["gain"][1] > 0  # fusing helps in both halves ...
    assert facts["off"][2] < -TOLERANCE  # ... but by far less than was predicted
    assert not carries_over(facts)


def test_the_prediction_does_not_see_the_half_that_it_is_measured_on(split):
    first = first_half(split)
    one = signal_to_noise(planted(split, level(1.5), level(1.0)), split)
    other = signal_to_noise(planted(split, np.where(first, 1.5, 0.1), np.where(first, 1.0, 3.0)), split)
    assert one["best_beta"] == pytest.approx(other["best_beta"], rel=1e-5)
    assert one["predicted"] == pytest.approx(other["predicted"], rel=1e-5)
    assert one["measured"][0] != pytest.approx(other["measured"][0], abs=0.05)


def test_the_resampled_closed_form_is_that_of_the_resampled_moments(split):
    sad = planted(split, level(1.5), level(1.0))
    views = snr.Views(sad.views.sparse, sad.views.dense, sad.fused)
    drawn = snr.draw_margins(views, split.train.matrix, split.test, SEED)
    found = snr.bootstrap(drawn, SEED, 400)
    exact = snr.moments(drawn)
    assert np.median(found["best"]) == pytest.approx(exact.best_snr, abs=0.01)
    assert np.median(found["sparse"]) == pytest.approx(exact.snr_sparse, abs=0.01)
    assert (found["best"] >= np.maximum(found["sparse"], found["dense"]) - 1e-9).all()
