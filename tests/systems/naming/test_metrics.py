"""The metrics of CBNames against figures computed by hand, and what must hold of them whatever the scores."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.spine.errors import DataError
from humankind.systems.naming.metrics import (
    RATINGS,
    ChineseNames,
    accuracy,
    distinct,
    distinct_n,
    diversity,
    emoc,
    mean_percent,
    quality,
    rarity,
    scaled,
    uniqueness,
)

SCORES = st.lists(st.floats(0, 3), min_size=5, max_size=5)


def test_one_answer_by_hand():
    found = quality(
        objectives=(3, 2, 3, 1, 3),
        weights=(0.2, 0.4, 0.1, 0.2, 0.1),
        clarity=(3, 3, 3, 3, 0),
        logic=(3, 3, 2, 2, 2),
        facts=(True, True, True, True, True, True, False, True),
    )
    # 100 * (.2 * 1 + .4 * 2/3 + .1 * 1 + .2 * 1/3 + .1 * 1) = 73.333
    assert found.emoc == pytest.approx(73.3333333)
    # shares 100, 66.67, 100, 33.33, 100: mean 80, mean of squares (3 * 10000 + 4444.44 + 1111.11) / 5 = 7111.11
    assert found.emoc_std == pytest.approx((7111.1111111 - 6400) ** 0.5)
    assert found.crc == pytest.approx(80)
    assert found.lr == pytest.approx(80)
    assert found.acc == pytest.approx(87.5)
    assert found.imoc == pytest.approx((87.5 + 80 + 80) / 3)
    # deviations from 82.5: 5, -2.5, -2.5; sum of squares 37.5 over n - 1 = 2
    assert found.imoc_std == pytest.approx(18.75**0.5)
    assert found.cmoc == pytest.approx((73.3333333 + 82.5) / 2)
    # of two numbers the sample standard deviation is their distance over the root of two
    assert found.cmoc_std == pytest.approx((82.5 - 73.3333333) / 2**0.5)


def test_limits():
    assert emoc((3,) * 5, (0.2,) * 5) == (pytest.approx(100), 0)
    assert emoc((0,) * 5, (0.2,) * 5) == (0, 0)
    assert mean_percent((3, 0)) == 50
    assert accuracy((True,) * 8) == 100
    assert accuracy((False,) * 8) == 0


@given(SCORES, st.lists(st.integers(0, 4), min_size=5, max_size=5).filter(any))
def test_the_weighted_sum_lies_between_the_lowest_and_the_highest_score(scores, preferences):
    total = sum(preferences)
    found, spread = emoc(scores, [p / total for p in preferences])
    used = [s for s, p in zip(scores, preferences, strict=True) if p]
    assert 100 * min(used) / 3 - 1e-6 <= found <= 100 * max(used) / 3 + 1e-6
    assert spread >= 0


@given(SCORES, st.integers(0, 4))
def test_raising_a_score_raises_the_sum_by_its_weight(scores, which):
    weights = (0.1, 0.3, 0.2, 0.25, 0.15)
    raised = [3.0 if place == which else score for place, score in enumerate(scores)]
    gain = emoc(raised, weights)[0] - emoc(scores, weights)[0]
    assert gain == pytest.approx(100 * weights[which] * (3 - scores[which]) / 3, abs=1e-6)


@pytest.mark.parametrize("scores", [(3.1, 0, 0, 0, 0), (-0.1, 0, 0, 0, 0), ()])
def test_scores_out_of_range_are_refused(scores):
    with pytest.raises(DataError, match="score"):
        mean_percent(scores)


def test_weights_must_be_as_many_as_scores():
    with pytest.raises(DataError, match="another number of weights"):
        emoc((1, 1), (1.0,))
    with pytest.raises(DataError, match="no kind of fact"):
        accuracy(())


# -- novelty ------------------------------------------------------------------------------------------------


def test_uniqueness_by_hand():
    # one in ten thousand: -log10(1e-4 + 1e-6)
    assert uniqueness(1e-4) == pytest.approx(3.9956786)
    assert scaled(6, 1, 6) == 1
    assert scaled(1, 1, 6) == 0
    # names 6 and 6, texts 2 and 4 (the small term aside): scaled 1 and (3 - 1) / 5
    assert rarity("甲乙", {}, {"甲": 0.01, "乙": 0.0001}) == pytest.approx((1 + 0.4) / 2, abs=1e-3)


def test_common_characters_are_less_novel_than_rare_ones():
    shares = {"伟": 0.01, "翀": 0.00001}
    assert rarity("伟", shares, shares) < rarity("翀", shares, shares) < rarity("犇", shares, shares)


@pytest.fixture
def ratings(tmp_path):
    cohorts = ("1930_1959", "1960_1969", "1970_1979", "1980_1989", "1990_1999", "2000_2008")
    columns = ["character", "corpus.uniqueness", *RATINGS, *(f"ppm.{name}" for name in cohorts)]
    path = tmp_path / "givenname.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerow(["明", 3.5, 5, 3, 4, 1000, 0, 0, 0, 0, 10])
        writer.writerow(["月", 3.5, 3, 5, 2, 1000, 0, 0, 0, 0, 10])
    return path


def test_novelty_looks_a_name_up_in_the_cohort_of_its_birth(ratings):
    table = ChineseNames.load(ratings)
    # born after 2000: 10 per million, uniqueness -log10(11e-6) = 4.9586; corpus 3.5; ratings means 4, 4, 3
    late = (scaled(4.9586073, 1, 6) + 0.5 + 0.75 + 0.75 + 0.5) / 5
    # born before 1960: 1,000 per million, uniqueness -log10(1001e-6) = 2.9996
    early = (scaled(2.9995659, 1, 6) + 0.5 + 0.75 + 0.75 + 0.5) / 5
    assert table.novelty("明月", 2024) == pytest.approx(late)
    assert table.novelty("明月", 1950) == pytest.approx(early)
    assert table.novelty("明远", 2024) is None


def test_a_table_without_its_columns_is_refused(tmp_path):
    path = tmp_path / "givenname.csv"
    path.write_text("character\n明\n", encoding="utf-8")
    with pytest.raises(DataError, match="a column is missing"):
        ChineseNames.load(path)
    with pytest.raises(DataError, match="no such file"):
        ChineseNames.load(tmp_path / "other.csv")


# -- diversity ----------------------------------------------------------------------------------------------


def test_diversity_by_hand():
    names = {"full": ("王安", "李明", "张月", None), "plain": ("王安", "李清", "张月", "赵文"), "other": ("王宁",) * 4}
    assert diversity(names) == {"full": 0.25, "plain": 0.5, "other": 1.0}


def test_methods_must_have_named_the_same_requests():
    with pytest.raises(DataError, match="different numbers"):
        diversity({"a": ("王安",), "b": ()})


def test_distinct():
    assert distinct(("安", "宁", "安", "安")) == 0.5
    assert distinct_n(("一二三四五",)) == 1
    assert distinct_n(("一二三四", "一二三四", "一二三四")) == pytest.approx(1 / 3)
    assert distinct_n(("短",)) == 0
    with pytest.raises(DataError):
        distinct(())
