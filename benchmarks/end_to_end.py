"""SaD on ML-1M from data to lists, every choice on validation included, beside the models of `implicit` alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.als import advised
from benchmarks.data import Skipped, split_of, title, warm_log
from benchmarks.measure import OURS, Plan, Row, named, target_s
from humankind.systems.recommendation.config import ALSConfig, SaDConfig
from humankind.systems.recommendation.metrics import mean_at
from humankind.systems.recommendation.sad import SaD
from humankind.systems.recommendation.split import Split
from humankind.systems.recommendation.topk import recommend

NAME = "end-to-end"
K = 20
TARGET_S = 90.0


def run(plan: Plan) -> Iterator[Row | str]:
    """Yield one row for each dense view, and one for each peer."""
    try:
        split = split_of("movielens-1m-m1", plan)
    except Skipped as why:
        yield str(why)
        return
    SaD(_config("als", True)).fit(warm_log())  # loads and compiles
    task = f"{title('movielens-1m-m1', plan)}, trained and top {K} listed"
    chosen = None
    for dense in ("als", "mf"):
        row, model = _sad(split, dense, task, plan)
        chosen = chosen or model.choice.config.als
        yield row
    assert chosen is not None
    yield _implicit_als(split, chosen, task)
    yield _implicit_cosine(split, task)


def _config(dense: str, quick: bool) -> SaDConfig:
    settings = (f"dense={dense}", *(("mf.epochs=4", "held_out_pairs=100") if quick else ()))
    return SaDConfig.from_preset("small", settings, 0)


def _sad(split: Split, dense: str, task: str, plan: Plan) -> tuple[Row, SaD]:
    start = time.perf_counter()
    model = SaD(_config(dense, plan.quick)).fit(split.train)
    lists = recommend(model, split.train.matrix, None, K)
    seconds = time.perf_counter() - start
    under_s = TARGET_S if dense == "als" and not plan.quick else None
    note = f"preset small, beta {model.choice.beta.value:.3g}; {_quality(lists, split)}"
    row = Row(NAME, task, f"{OURS} SaD, dense={dense}", seconds, (seconds,), None, target_s(seconds, under_s), note)
    return row, model


def _implicit_als(split: Split, c: ALSConfig, task: str) -> Row:
    X = split.train.matrix
    start = time.perf_counter()
    lists = advised(X, c).recommend(np.arange(X.shape[0]), X, N=K)[0]
    seconds = time.perf_counter() - start
    note = f"the settings that SaD chose, nothing to choose; {_quality(lists, split)}"
    return Row(NAME, task, named("implicit") + " ALS", seconds, (seconds,), None, "", note)


def _implicit_cosine(split: Split, task: str) -> Row:
    from implicit.nearest_neighbours import CosineRecommender

    X = split.train.matrix
    start = time.perf_counter()
    model = CosineRecommender(K=101)
    model.fit(X, show_progress=False)
    lists = model.recommend(np.arange(X.shape[0]), X, N=K)[0]
    seconds = time.perf_counter() - start
    note = f"100 neighbours, nothing to choose; {_quality(lists, split)}"
    return Row(NAME, task, named("implicit") + " cosine", seconds, (seconds,), None, "", note)


def _quality(lists: Any, split: Split) -> str:
    users = np.flatnonzero(np.diff(split.test.indptr))
    lists, held_out = np.asarray(lists, np.int32)[users], split.test[users]
    return ", ".join(f"{name}@{K} {mean_at(name, lists, held_out, K):.4f}" for name in ("recall", "ndcg"))
