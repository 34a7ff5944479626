"""Figures from verdicts: by hand, against simulations, and with what is unscored kept apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.kits.bench.questions import ERROR, Reply
from humankind.kits.bench.scoring import (
    accuracy,
    all_right,
    by_order,
    mean_over_groups,
    paired_tests,
    pooled,
    spread,
    unscored,
)

VERDICTS = st.lists(st.tuples(st.sampled_from([True, False, None]), st.sampled_from("abcd")), min_size=1, max_size=40)


@given(VERDICTS)
def test_what_is_unscored_changes_no_share(answers: list[tuple[bool | None, str]]) -> None:
    for figure in (accuracy, mean_over_groups):
        found = figure([verdict for verdict, _ in answers], [group for _, group in answers], 0)
        scored = [(verdict, group) for verdict, group in answers if verdict is not None]
        if not scored:
            assert found is None
            continue
        alone = figure([verdict for verdict, _ in scored], [group for _, group in scored], 0)
        assert found is not None
        assert found == alone or (np.isnan(found.low) and alone is not None and found.value == alone.value)
    if scored:
        whole = accuracy([verdict for verdict, _ in answers], [group for _, group in answers], 0)
        assert whole is not None
        assert whole.value == pytest.approx(sum(bool(verdict) for verdict, _ in scored) / len(scored))
        assert 0 <= whole.low <= whole.value <= whole.high <= 1 or np.isnan(whole.low)


def test_questions_or_groups_weigh_the_same() -> None:
    verdicts, groups = [True, False, False, False, True], ["a", "a", "a", "a", "b"]
    by_question, by_group = accuracy(verdicts, groups, 0), mean_over_groups(verdicts, groups, 0)
    assert by_question is not None
    assert by_group is not None
    assert by_question.value == 2 / 5
    assert by_group.value == (1 / 4 + 1) / 2


@pytest.mark.parametrize("figure", [accuracy, mean_over_groups])
def test_intervals_over_groups_hold_the_truth_where_questions_hang_together(figure) -> None:
    """Questions of a group share their verdict; intervals over questions would hold .5 in about half the draws."""
    rng = np.random.default_rng(0)
    groups = [f"g{number // 8}" for number in range(320)]
    held = 0
    for seed in range(100):
        verdicts = [bool(verdict) for verdict in np.repeat(rng.random(40) < 0.5, 8)]
        found = figure(verdicts, groups, seed)
        held += found.low <= 0.5 <= found.high
    assert 88 <= held <= 100


def test_groups_without_a_name_stand_alone() -> None:
    values = [1.0, 0.0] * 50
    alone, together = pooled(values, [""] * 100, 0), pooled(values, [f"g{i // 2}" for i in range(100)], 0)
    assert alone.low == pytest.approx(0.4, abs=0.03)
    assert together.high > together.low  # all groups alike: what so few could miss
    assert mean_over_groups([True, False], ["", ""], 0).value == 0.5  # ty: ignore[unresolved-attribute]


def test_all_right_together() -> None:
    assert all_right([True, True, True]) is True
    assert all_right([True, None, False]) is False
    assert all_right([True, None]) is None


def test_orders_and_their_spread() -> None:
    found = by_order([True, False, None, True], [1, 0, 0, 1])
    assert found == {0: (1, 0.0), 1: (2, 1.0)}
    assert spread([share for _, share in found.values()]) == pytest.approx(np.std([0, 1], ddof=1))
    assert spread([0.5]) is None


def test_reasons_are_counted_and_long_stories_are_one_reason() -> None:
    long = "the prompt does not fit the model's context"
    replies = [
        Reply(trial="1", unscored="no letter"),
        Reply(trial="2", unscored=long, facts={ERROR: f"{long}: 900 tokens; at most 500"}),
        Reply(trial="3", unscored=long, facts={ERROR: f"{long}: 901 tokens; at most 500"}),
        Reply(trial="4", right=True, choice=0),
    ]
    assert unscored(replies) == {f"{long}: 900 tokens; at most 500 (the first)": 2, "no letter": 1}
    assert unscored(replies[:2]) == {"no letter": 1, f"{long}: 900 tokens; at most 500": 1}


def test_paired_tests_are_over_what_both_scored() -> None:
    first = {f"t{i}": i % 4 != 0 for i in range(40)} | {"only": True, "open": None}
    second = {f"t{i}": i % 4 == 1 for i in range(40)} | {"open": True}
    groups = {trial: f"g{trial[1:-1]}" for trial in first}
    found = paired_tests(first, second, groups, 0)
    assert found is not None
    assert (found.n, found.by_trial.only_a, found.by_trial.only_b) == (40, 20, 0)
    assert found.by_trial.p_value == pytest.approx(2 * 0.5**20)
    assert found.by_group.difference.value == pytest.approx(0.5, abs=0.05)
    assert paired_tests({"a": None}, {"a": True}, {"a": ""}, 0) is None
