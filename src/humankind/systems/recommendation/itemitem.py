"""Item-item models behind one face: fit weights W, score a user by history times W."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit, prange
from scipy.sparse import csr_matrix

from humankind.spine.progress import SILENT, Progress
from humankind.systems.recommendation.config import SaDConfig, settled
from humankind.systems.recommendation.ease import ease
from humankind.systems.recommendation.neighbors import cosine_neighbors
from humankind.systems.recommendation.slim import columns_to_matrix, fsslim, slim

Weights = csr_matrix | np.ndarray


class ItemItem:
    """Scores S = H W: every item in a user's history votes for other items.

    Args:
        kind: `fsslim`, `slim`, `ease` or `itemknn`.
        config: where their settings are.
    """

    def __init__(self, kind: str = "fsslim", config: SaDConfig | None = None, device: str = "cpu") -> None:
        self.kind = kind
        self.config = config or SaDConfig()
        self.device = device
        self.weights: Weights
        self.history: csr_matrix

    def fit(self, X: csr_matrix, *, progress: Progress = SILENT) -> ItemItem:
        """Return self with `weights` of shape (n_items, n_items) and `history` set to X."""
        self.weights = _SOLVERS[self.kind](X, self.config, self.device, progress)
        self.history = X
        return self

    def score(self, users: np.ndarray) -> np.ndarray:
        """Return scores of all items, float32 of shape (len(users), n_items)."""
        return votes(self.history[users], self.weights)

    def state(self) -> dict[str, np.ndarray]:
        """Return the weights as named arrays."""
        W = self.weights
        if isinstance(W, np.ndarray):
            return {"dense_weights": W}
        return {"indptr": W.indptr, "indices": W.indices, "data": W.data}

    def load_state(self, state: dict[str, np.ndarray], history: csr_matrix) -> ItemItem:
        """Return self with the weights of a `state`, scoring from `history`."""
        n_items = history.shape[1]
        if "dense_weights" in state:
            self.weights = state["dense_weights"]
        else:
            self.weights = csr_matrix((state["data"], state["indices"], state["indptr"]), shape=(n_items, n_items))
        self.history = history
        return self


def votes(history: csr_matrix, W: Weights) -> np.ndarray:
    """Return the dense product history @ W as float32; cost: interactions times weights an item."""
    if isinstance(W, np.ndarray):
        return np.ascontiguousarray(history @ W, dtype=np.float32)
    out = np.zeros((history.shape[0], W.shape[1]), np.float32)
    _votes(history.indptr, history.indices, history.data, W.indptr, W.indices, W.data, out)
    return out


@njit(parallel=True, cache=True, nogil=True)
def _votes(row_ptr, row_item, row_value, w_ptr, w_item, w_value, out):
    for u in prange(out.shape[0]):
        target = out[u]
        for a in range(row_ptr[u], row_ptr[u + 1]):
            j, value = row_item[a], row_value[a]
            for b in range(w_ptr[j], w_ptr[j + 1]):
                target[w_item[b]] += value * w_value[b]


def _fit_fsslim(X: csr_matrix, config: SaDConfig, device: str, progress: Progress) -> Weights:
    c = config.slim
    return fsslim(
        X,
        n_neighbors=c.n_neighbors,
        alpha=settled(c.alpha, "slim.alpha"),
        l1_ratio=c.l1_ratio,
        keep=c.keep,
        progress=progress,
    )


def _fit_slim(X: csr_matrix, config: SaDConfig, device: str, progress: Progress) -> Weights:
    c = config.slim
    return slim(X, alpha=settled(c.alpha, "slim.alpha"), l1_ratio=c.l1_ratio, keep=c.keep, progress=progress)


def _fit_ease(X: csr_matrix, config: SaDConfig, device: str, progress: Progress) -> Weights:
    return ease(X, settled(config.ease.ridge, "ease.ridge"), device)


def _fit_itemknn(X: csr_matrix, config: SaDConfig, device: str, progress: Progress) -> Weights:
    index, cosine, _ = cosine_neighbors(X, config.itemknn.n_neighbors, config.itemknn.shrink)
    return columns_to_matrix(index, cosine)


_SOLVERS: dict[str, Callable[[csr_matrix, SaDConfig, str, Progress], Weights]] = {
    "fsslim": _fit_fsslim,
    "slim": _fit_slim,
    "ease": _fit_ease,
    "itemknn": _fit_itemknn,
}
