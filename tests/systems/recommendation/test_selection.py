"""The heap that keeps the best of a row, against sorting the whole row."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from humankind.systems.recommendation.selection import select_top

UNTOUCHED = -7


def top(values: list[float], labels: list[int], k: int) -> tuple[int, list[int], list[float]]:
    out_labels, out_values = np.full(k, UNTOUCHED, np.int32), np.full(k, float(UNTOUCHED), np.float32)
    n = select_top(np.array(values, np.float32), np.array(labels, np.int32), out_labels, out_values)
    return n, out_labels.tolist(), out_values.tolist()


@st.composite
def rows(draw) -> tuple[list[float], list[int]]:
    values = draw(st.lists(st.sampled_from([-1.5, 0.0, 0.25, 1.0, 3.0]), max_size=40))  # few values: many ties
    return values, draw(st.permutations(range(len(values))))


@given(rows(), st.integers(0, 45))
def test_the_best_come_first_and_ties_go_to_the_lower_label(row, k):
    values, labels = row
    n, found, kept = top(values, labels, k)
    best = sorted(zip(labels, values), key=lambda pair: (-pair[1], pair[0]))[:k]
    assert n == len(best) == min(k, len(values))
    assert found == [label for label, _ in best] + [UNTOUCHED] * (k - n)
    assert kept == [value for _, value in best] + [float(UNTOUCHED)] * (k - n)


def test_infinite_values_have_their_place():
    assert top([-np.inf, 2.0, np.inf], [0, 1, 2], 3)[1] == [2, 1, 0]


def test_the_row_itself_is_left_alone():
    values, labels = np.array([1, 3, 2], np.float32), np.arange(3, dtype=np.int32)
    select_top(values, labels, np.empty(2, np.int32), np.empty(2, np.float32))
    assert values.tolist() == [1, 3, 2]
    assert labels.tolist() == [0, 1, 2]
