"""Preference weights told by rules, against the gold and against the constant vector."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.systems.naming.gold import Shipped, shipped
from humankind.systems.naming.parsing import parse
from humankind.systems.naming.preferences import CONSTANT, predict_preferences, weights
from humankind.systems.naming.request import form

HALVES = {"even": shipped()[::2], "odd": shipped()[1::2]}
"""The rules were written with the even half in view; the odd half was only measured."""


def error(pairs: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]) -> float:
    return sum(abs(a - b) for gold, found in pairs for a, b in zip(gold, found, strict=True)) / len(pairs) / 5


@pytest.mark.parametrize("half", HALVES)
def test_better_than_the_constant_vector(half: str) -> None:
    items: tuple[Shipped, ...] = HALVES[half]
    told: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
        (one.preferences, predict_preferences(parse(one.text))) for one in items
    ]
    guess: tuple[int, ...] = CONSTANT
    constant = [(one.preferences, guess) for one in items]
    exact = [sum(gold == found for gold, found in pairs) / len(pairs) for pairs in (told, constant)]
    assert exact[0] > exact[1] + 0.3
    assert error(told) < 0.25 * error(constant)
    for objective in range(5):
        right = sum(gold[objective] == found[objective] for gold, found in told) / len(told)
        assert right >= 0.85, (objective, right)


def test_refusals_and_stress_move_a_preference() -> None:
    base = "姓王，男孩，2024年3月5日出生，希望他正直。"
    plain = predict_preferences(parse(base))
    assert plain == CONSTANT
    for extra, objective, value in (
        ("名字出自《楚辞》。", 0, 4), ("不要古诗词里的字。", 0, 0), ("要有诗意。", 0, 3), ("八字五行不用考虑。", 2, 0),
        ("必须补五行缺的火。", 2, 4), ("五行可以参考一下。", 2, 3), ("名字要体现生肖。", 3, 4), ("全名三个字。", 4, 3),
        ("“文”字辈。", 4, 4),
    ):  # fmt: skip
        assert predict_preferences(parse(base + extra))[objective] == value, extra


def test_a_hope_in_words_that_no_list_has_still_counts() -> None:
    base = "姓王，男孩，2024年3月5日出生。"
    assert predict_preferences(parse(base))[1] == 1
    hope = parse(base + "希望他拥有丰富的人生体验。")
    assert hope.wishes == ()
    assert predict_preferences(hope)[1] == 3
    assert predict_preferences(parse(base + "让他知道家永远在这里。"))[0] == 2


def test_a_form_without_text_has_preferences_too() -> None:
    assert predict_preferences(form("王", sex="boy", book="诗经")) == (4, 1, 1, 1, 1)


@given(st.tuples(*[st.integers(0, 4)] * 5))
def test_weights_are_shares(preferences: tuple[int, ...]) -> None:
    shares = weights(preferences)
    assert sum(shares) == pytest.approx(1, abs=3e-4)
    if any(preferences):
        assert all((share == 0) == (told == 0) for share, told in zip(shares, preferences, strict=True))
