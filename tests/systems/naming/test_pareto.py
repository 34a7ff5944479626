"""Non-dominated sorting against its definition."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from humankind.systems.naming.pareto import dominates, fronts, ordered

POINTS = st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=12)


@given(POINTS)
def test_fronts_by_their_definition(points) -> None:
    found = fronts(points)
    for place, level in enumerate(found):
        above = [found[other] for other in range(len(points)) if dominates(points[other], points[place])]
        assert level == (max(above) + 1 if above else 0)


@given(POINTS)
def test_order_puts_no_point_before_one_that_dominates_it(points) -> None:
    order = ordered(points, [float(sum(point)) for point in points])
    assert sorted(order) == list(range(len(points)))
    for before, after in pairwise(order):
        assert not dominates(points[after], points[before])


def test_scores_decide_within_a_front() -> None:
    assert ordered([(1, 0), (0, 1), (0, 0)], [0.2, 0.9, 5.0]) == [1, 0, 2]
    assert np.array_equal(fronts([(2, 2), (1, 1), (2, 2)]), [0, 1, 0])
