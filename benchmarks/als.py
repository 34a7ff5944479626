"""Alternating least squares: our wrapper beside `implicit` called directly with the same settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks import peers
from benchmarks.data import Skipped, split_of, title, warm_log
from benchmarks.measure import OURS, Contestant, Plan, Row, named, side_by_side
from humankind.spine.seeds import derive
from humankind.systems.recommendation.als import ALS
from humankind.systems.recommendation.config import ALSConfig

NAME = "als"
WEIGHT_DECAY = 10.0


def run(plan: Plan) -> Iterator[Row | str]:
    """Yield one row for each data set and way of calling."""
    for data in ("movielens-1m-m1", "gowalla-m1"):
        try:
            X = split_of(data, plan).train.matrix
        except Skipped as why:
            yield str(why)
            continue
        c = settings()
        yield from _compare(X, c, f"{title(data, plan)}, {c.embedding_dim} factors, {c.epochs} alternations", plan)
    yield from peers.absent("lenskit")


def settings() -> ALSConfig:
    """Return the settings that every contestant trains with."""
    return ALSConfig(weight_decay=WEIGHT_DECAY)


def _compare(X: csr_matrix, c: ALSConfig, task: str, plan: Plan) -> Iterator[Row]:
    for warm in _contestants(warm_log().matrix, ALSConfig(weight_decay=1.0, epochs=1, embedding_dim=4)):
        warm.call()
    contestants = _contestants(X, c)
    side_by_side(contestants, plan)
    ours = contestants[0].result
    for contestant in contestants:
        note = ""
        if contestant.who.startswith("implicit"):
            gap = np.abs(np.asarray(contestant.result.item_factors) - ours.item_factors).max()
            note = f"item factors differ from ours by {gap:.1e} at most"
        yield contestant.row(NAME, task, note)


def _contestants(X: csr_matrix, c: ALSConfig) -> list[Contestant]:
    lenskit = peers.lenskit_als(X, c.embedding_dim, c.epochs, c.alpha, float(c.weight_decay))
    return [
        Contestant(OURS, lambda: ALS(c).fit(X)),
        Contestant(named("implicit"), lambda: advised(X, c), "one BLAS thread, as it advises"),
        Contestant(named("implicit") + " as it comes", lambda: direct(X, c), "BLAS threads left alone"),
        *([Contestant(*lenskit)] if lenskit else []),
    ]


def direct(X: csr_matrix, c: ALSConfig) -> Any:
    """Return implicit's own model, trained."""
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(
        factors=c.embedding_dim,
        regularization=float(c.weight_decay),
        alpha=c.alpha,
        iterations=c.epochs,
        random_state=derive(0, "als"),
    )
    model.fit(X, show_progress=False)
    return model


def advised(X: csr_matrix, c: ALSConfig) -> Any:
    """Return implicit's own model, trained with one BLAS thread."""
    import implicit.cpu.als  # noqa: F401  a limit does not reach a BLAS that is loaded later
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        return direct(X, c)
