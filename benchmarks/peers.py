"""Libraries that are measured only where they are installed: LensKit and RecBole (`pip install humankind[bench]`).

Each peer takes the matrix and settings and returns (who, call, note), or None where its library is absent.
Building the library's own data set is not timed.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks.measure import named

Peer = tuple[str, Callable[[], Any], str]


def installed(library: str) -> bool:
    """Return whether a library can be imported."""
    return importlib.util.find_spec(library) is not None


def absent(*libraries: str) -> Iterator[str]:
    """Yield a line for each library that is not installed."""
    for library in libraries:
        if not installed(library):
            yield f"{library} is not installed, so it was not measured (pip install humankind[bench])"


# -- LensKit -----------------------------------------------------------------------------------------------


def lenskit_neighbours(X: csr_matrix, k: int) -> Peer | None:
    """LensKit's item-item model, whose lists may hold `k` neighbours; its similarities come back."""
    if not installed("lenskit"):
        return None
    from lenskit.knn import ItemKNNScorer

    data = _lenskit_data(X)

    def call() -> csr_matrix:
        model = ItemKNNScorer(save_nbrs=k, feedback="implicit")
        model.train(data, _lenskit_options())
        return csr_matrix(model.sim_matrix.to_scipy())

    return named("lenskit"), call, "ItemKNNScorer"


def lenskit_fsslim(X: csr_matrix, n_neighbors: int, l1: float, l2: float) -> Peer | None:
    """LensKit's fsSLIM with the same penalties; its weights come back, W[j, i] = weight of j for i."""
    if not installed("lenskit"):
        return None
    from lenskit.knn import SLIMScorer

    data = _lenskit_data(X)

    def call() -> csr_matrix:
        model = SLIMScorer(l1_reg=l1, l2_reg=l2, max_nbrs=n_neighbors)
        model.train(data, _lenskit_options())
        return csr_matrix(model.weights)

    return named("lenskit"), call, "SLIMScorer, at most 100 iterations a column"


def lenskit_als(X: csr_matrix, embedding_dim: int, epochs: int, alpha: float, weight_decay: float) -> Peer | None:
    """LensKit's implicit ALS; its factors are of the same number, its stopping and solver its own."""
    if not installed("lenskit"):
        return None
    from lenskit.als import ImplicitMFScorer

    data = _lenskit_data(X)

    def call() -> Any:
        model = ImplicitMFScorer(embedding_size=embedding_dim, epochs=epochs, weight=alpha, regularization=weight_decay)
        model.train(data, _lenskit_options())
        return model

    return named("lenskit"), call, "ImplicitMFScorer, exact solves"


def _lenskit_data(X: csr_matrix) -> Any:
    return _lenskit_data_of(X.shape, X.indptr.tobytes(), X.indices.tobytes())


@lru_cache(maxsize=2)
def _lenskit_data_of(shape: tuple[int, int], indptr: bytes, indices: bytes) -> Any:
    import pandas as pd
    from lenskit.data import from_interactions_df

    counts = np.diff(np.frombuffer(indptr, np.int32))
    pairs = pd.DataFrame(
        {"user_id": np.repeat(np.arange(shape[0]), counts), "item_id": np.frombuffer(indices, np.int32)}
    )
    return from_interactions_df(pairs, users=range(shape[0]), items=range(shape[1]))


def _lenskit_options() -> Any:
    from lenskit.training import TrainingOptions

    return TrainingOptions(retrain=True, rng=1)


# -- RecBole -----------------------------------------------------------------------------------------------


def recbole_neighbours(X: csr_matrix, k: int) -> Peer | None:
    """RecBole's item-item similarities, the part of its ItemKNN that takes the time."""
    if not installed("recbole"):
        return None
    from recbole.model.general_recommender.itemknn import ComputeSimilarity

    def call() -> csr_matrix:
        _, similarities = ComputeSimilarity(X, topk=k, shrink=0.0, normalize=True, method="item").compute_similarity()
        return similarities.T.tocsr()

    return named("recbole"), call, "ComputeSimilarity of ItemKNN"


NEIGHBOURS: Mapping[str, Callable[[csr_matrix, int], Peer | None]] = {
    "lenskit": lenskit_neighbours,
    "recbole": recbole_neighbours,
}
