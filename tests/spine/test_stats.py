"""Intervals and tests against published tables, scipy's own implementations and simulated coverage."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from humankind.spine import stats
from humankind.spine.errors import ConfigError, DataError

# Darwin's fifteen pairs of maize, crossed minus self-fertilised, in eighths of an inch. Fisher (1935,
# The Design of Experiments, section 21) counted the sign arrangements at least as extreme: 1726 of 32768.
DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


class TestBootstrapMean:
    def test_agrees_with_scipy_on_a_skewed_sample(self):
        sample = np.random.default_rng(3).exponential(size=60)
        ours = stats.bootstrap_mean(sample, seed=0, n_resamples=20_000)
        theirs = scipy_stats.bootstrap(
            (sample,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(1)
        ).confidence_interval
        width = theirs.high - theirs.low
        assert ours.value == pytest.approx(sample.mean())
        assert ours.low == pytest.approx(theirs.low, abs=0.03 * width)
        assert ours.high == pytest.approx(theirs.high, abs=0.03 * width)

    @pytest.mark.parametrize("draw", ["exponential", "normal", "uniform"])
    def test_covers_the_true_mean_about_as_often_as_it_says(self, draw):
        truth = {"exponential": 1.0, "normal": 0.0, "uniform": 0.5}[draw]
        rng = np.random.default_rng(11)
        hits = 0
        for trial in range(400):
            interval = stats.bootstrap_mean(getattr(rng, draw)(size=50), seed=trial, n_resamples=500)
            hits += interval.low <= truth <= interval.high
        assert 0.90 <= hits / 400 <= 0.98

    def test_narrows_with_the_root_of_n_and_with_a_lower_level(self):
        rng = np.random.default_rng(0)
        few, many = rng.normal(size=100), rng.normal(size=10_000)
        wide, narrow = (stats.bootstrap_mean(sample, seed=0) for sample in (few, many))
        ratio = (wide.high - wide.low) / (narrow.high - narrow.low)
        assert ratio == pytest.approx(10 * few.std() / many.std(), rel=0.12)
        lower = stats.bootstrap_mean(few, seed=0, level=0.5)
        assert wide.low < lower.low < lower.high < wide.high

    def test_blocks_change_nothing_but_memory(self, monkeypatch):
        sample = np.random.default_rng(0).normal(size=1000)
        whole = stats.bootstrap_mean(sample, seed=4)
        monkeypatch.setattr(stats, "_BLOCK", 3000)
        assert stats.bootstrap_mean(sample, seed=4) == whole

    def test_memory_stays_bounded_for_a_hundred_thousand_users(self):
        sample = np.random.default_rng(0).random(100_000)
        tracemalloc.start()
        interval = stats.bootstrap_mean(sample, seed=0, n_resamples=200)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 100e6  # 200 x 100k indices at once would be 160 MB and as much again in values
        assert interval.high - interval.low == pytest.approx(2 * 1.96 * sample.std() / math.sqrt(1e5), rel=0.2)

    def test_the_seed_decides(self):
        sample = np.random.default_rng(0).normal(size=30)
        assert stats.bootstrap_mean(sample, seed=1) == stats.bootstrap_mean(sample, seed=1)
        assert stats.bootstrap_mean(sample, seed=1) != stats.bootstrap_mean(sample, seed=2)

    def test_one_value_says_nothing_about_spread(self):
        interval = stats.bootstrap_mean([0.3], seed=0)
        assert (interval.value, interval.low, interval.high) == (0.3, -math.inf, math.inf)
        figure = interval.figure("one user")
        assert (figure.value, figure.low, figure.high) == (0.3, None, None)

    def test_equal_values_give_no_width_and_say_why(self):
        interval = stats.bootstrap_mean([0.1] * 7, seed=0)
        assert (interval.value, interval.low, interval.high) == (0.1, 0.1, 0.1)
        assert "equal" in interval.method

    @given(st.lists(st.floats(-100, 100), min_size=2, max_size=20), st.integers(0, 99))
    def test_ends_stay_within_the_sample(self, values, seed):
        interval = stats.bootstrap_mean(values, seed, n_resamples=100)
        slack = 1e-9 * max(1.0, *(abs(v) for v in values))
        assert min(values) - slack <= interval.low <= interval.high <= max(values) + slack


class TestPairedDifference:
    def test_fisher_on_darwins_maize(self):
        comparison = stats.paired_difference(DARWIN, np.zeros(15), seed=0, n_resamples=40_000)
        assert comparison.p_value == pytest.approx(1726 / 32768, abs=0.004)
        assert comparison.difference.value == pytest.approx(314 / 15)
        assert (comparison.wins, comparison.losses, comparison.ties, comparison.n) == (13, 2, 0, 15)

    def test_agrees_with_scipys_exact_permutation(self):
        rng = np.random.default_rng(5)
        a, b = rng.normal(0.5, 1, 9), rng.normal(0, 1, 9)
        exact = scipy_stats.permutation_test(
            (a - b,), np.mean, permutation_type="samples", n_resamples=np.inf, vectorized=True
        ).pvalue
        assert stats.paired_difference(a, b, seed=0, n_resamples=20_000).p_value == pytest.approx(exact, abs=0.01)

    def test_p_is_uniform_where_nothing_differs(self):
        rng = np.random.default_rng(9)
        p_values = [
            stats.paired_difference(rng.normal(size=30), rng.normal(size=30), seed=i, n_resamples=200).p_value
            for i in range(1000)
        ]
        assert scipy_stats.kstest(p_values, "uniform").pvalue > 0.01
        assert np.mean(np.array(p_values) <= 0.05) < 0.07

    def test_a_planted_gain_is_found(self):
        b = np.random.default_rng(0).random(400)
        comparison = stats.paired_difference(b + 0.01, b, seed=0)
        assert comparison.p_value == pytest.approx(1 / 2001)
        assert comparison.difference.low == pytest.approx(0.01)

    def test_swapping_the_methods_flips_the_sign(self):
        rng = np.random.default_rng(2)
        a, b = rng.normal(0.3, 1, 40), rng.normal(size=40)
        forth, back = stats.paired_difference(a, b, seed=7), stats.paired_difference(b, a, seed=7)
        assert back.difference.value == -forth.difference.value
        assert (back.wins, back.losses) == (forth.losses, forth.wins)
        assert back.p_value == forth.p_value

    def test_no_difference_at_all(self):
        comparison = stats.paired_difference([1, 2, 3], [1, 2, 3], seed=0)
        assert (comparison.p_value, comparison.ties, comparison.difference.value) == (1.0, 3, 0.0)

    def test_equal_sums_count_as_extreme_in_spite_of_rounding(self):
        # Every arrangement of one moved subject has the same absolute sum, so p must be 1 exactly.
        assert stats.paired_difference([0.1, 0.5], [0.1, 0.2], seed=0).p_value == 1.0


class TestWilson:
    @pytest.mark.parametrize(
        ("successes", "n", "low", "high"),
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
    )
    def test_newcombes_table(self, successes, n, low, high):
        """Newcombe (1998, Statistics in Medicine 17), table I, method 3."""
        interval = stats.wilson(successes, n)
        assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)
        assert interval.value == successes / n

    def test_coverage(self):
        draws = np.random.default_rng(0).binomial(40, 0.12, size=400)
        hits = [stats.wilson(int(k), 40).low <= 0.12 <= stats.wilson(int(k), 40).high for k in draws]
        assert 0.90 <= np.mean(hits) <= 0.98

    @pytest.mark.parametrize(("successes", "n"), [(1, 0), (-1, 5), (6, 5), (0.5, 5), (0, -1)])
    def test_refuses_what_is_no_count(self, successes, n):
        with pytest.raises(DataError, match="count of successes"):
            stats.wilson(successes, n)


class TestMcNemar:
    def test_by_hand(self):
        # 10 against 2 disagreements: p = 2 (C(12,0) + C(12,1) + C(12,2)) / 2^12 = 158 / 4096
        a = [1] * 10 + [0] * 2 + [1] * 5 + [0] * 3
        b = [0] * 10 + [1] * 2 + [1] * 5 + [0] * 3
        result = stats.mcnemar(a, b)
        assert (result.only_a, result.only_b, result.both, result.neither) == (10, 2, 5, 3)
        assert result.p_value == pytest.approx(158 / 4096)

    def test_methods_that_never_disagree(self):
        assert stats.mcnemar([True, False], [True, False]).p_value == 1.0

    def test_refuses_a_third_outcome(self):
        with pytest.raises(DataError, match="neither right nor wrong"):
            stats.mcnemar([0, 1, 2], [0, 1, 1])


class TestAcrossSeeds:
    def test_by_the_t_table(self):
        # t(.975, 4) = 2.776445, sd = sqrt(2.5), n = 5
        interval = stats.across_seeds([1, 2, 3, 4, 5])
        half = 2.776445 * math.sqrt(2.5 / 5)
        assert (interval.low, interval.high) == pytest.approx((3 - half, 3 + half), abs=1e-5)

    def test_coverage_with_three_seeds(self):
        rng = np.random.default_rng(0)
        ends = [stats.across_seeds(rng.normal(5, 2, 3)) for _ in range(400)]
        assert 0.92 <= np.mean([e.low <= 5 <= e.high for e in ends]) <= 0.98

    def test_one_seed(self):
        assert stats.across_seeds([2.0]).high == math.inf


class TestHolm:
    def test_by_hand(self):
        assert stats.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
    def test_between_the_raw_value_and_bonferroni_in_the_same_order(self, p_values):
        adjusted = stats.holm(p_values)
        raw = np.array(p_values)
        assert (adjusted >= raw).all()
        assert (adjusted <= np.minimum(raw * len(raw), 1)).all()
        assert (np.diff(adjusted[np.argsort(raw, kind="stable")]) >= 0).all()

    @pytest.mark.parametrize("p_values", [[-0.1, 0.5], [1.2]])
    def test_refuses_what_is_no_probability(self, p_values):
        with pytest.raises(DataError, match="outside 0 to 1"):
            stats.holm(p_values)


@pytest.mark.parametrize("bad", [[], [1.0, math.nan], [math.inf, 1.0], [[1.0, 2.0]], ["a", "b"]])
@pytest.mark.parametrize(
    "measure",
    [
        lambda values: stats.bootstrap_mean(values, seed=0),
        lambda values: stats.paired_difference(values, [1.0, 2.0], seed=0),
        lambda values: stats.paired_difference([1.0, 2.0], values, seed=0),
        lambda values: stats.mcnemar(values, [1, 0]),
        stats.across_seeds,
        stats.holm,
    ],
)
def test_bad_samples_are_refused(measure, bad):
    with pytest.raises(DataError):
        measure(bad)


def test_nan_is_located():
    with pytest.raises(DataError) as caught:
        stats.across_seeds([1.0, 2.0, math.nan, math.nan])
    assert "position 2" in str(caught.value)
    assert "2 of 4" in str(caught.value)


@pytest.mark.parametrize(
    "measure", [lambda a, b: stats.paired_difference(a, b, seed=0), lambda a, b: stats.mcnemar(a, b)]
)
def test_unequal_lengths_are_refused(measure):
    with pytest.raises(DataError, match="differ in length"):
        measure([1, 0, 1], [1, 0])


def test_settings_out_of_range():
    with pytest.raises(ConfigError):
        stats.bootstrap_mean([1, 2], seed=0, level=1.0)
    with pytest.raises(ConfigError):
        stats.bootstrap_mean([1, 2], seed=0, n_resamples=10)
