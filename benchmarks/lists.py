"""Top-20 lists for every user from ALS factors: ours beside implicit's own `recommend`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.als import advised, settings
from benchmarks.data import Skipped, split_of, title, warm_log
from benchmarks.measure import OURS, Contestant, Plan, Row, named, side_by_side
from humankind.systems.recommendation.als import ALS
from humankind.systems.recommendation.topk import recommend

NAME = "lists"
K = 20
TARGET_S = 10.0


def run(plan: Plan) -> Iterator[Row | str]:
    """Yield one row for each data set and library."""
    for data in ("movielens-1m-m1", "gowalla-m1"):
        try:
            X = split_of(data, plan).train.matrix
        except Skipped as why:
            yield str(why)
            continue
        task = f"{title(data, plan)}, top {K} of {X.shape[1]:,} items for {X.shape[0]:,} users"
        yield from _compare(X, task, plan, TARGET_S if data == "gowalla-m1" and not plan.quick else None)


def _compare(X: Any, task: str, plan: Plan, under_s: float | None) -> Iterator[Row]:
    for warm in _contestants(warm_log().matrix, 5):
        warm.call()
    contestants = _contestants(X, K)
    side_by_side(contestants, plan)
    ours = contestants[0].result
    for contestant in contestants:
        ownself = contestant is contestants[0]
        shared = (np.sort(ours, axis=1) == np.sort(contestant.result, axis=1)).mean()
        note = "" if ownself else f"{shared:.2%} of the places hold the same item, order aside"
        yield contestant.row(NAME, task, note, under_s if ownself else None)


def _contestants(X: Any, k: int) -> list[Contestant]:
    """Both rank by the same factors, which are trained here and not timed."""
    theirs = advised(X, settings())
    ours = ALS(settings())
    ours.load_state({"user_factors": np.asarray(theirs.user_factors), "item_factors": np.asarray(theirs.item_factors)})
    everyone = np.arange(X.shape[0])
    return [
        Contestant(OURS, lambda: recommend(ours, X, None, k)),
        Contestant(named("implicit"), lambda: theirs.recommend(everyone, X, N=k)[0]),
    ]
