"""What SaD is measured against, under the same protocol: settings chosen on validation, then a fit on everything.

ItemKNN, EASE, SLIM and fsSLIM are one view alone; ALS, MF and LightGCN are the other. Popularity needs nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from humankind.spine.errors import ConfigError
from humankind.spine.progress import SILENT, Progress
from humankind.systems.recommendation.config import GRIDS, SaDConfig
from humankind.systems.recommendation.fitting import MakeDense, Workshop, fit_dense, fit_sparse
from humankind.systems.recommendation.store import Store
from humankind.systems.recommendation.train import choose_sparse
from humankind.systems.recommendation.validation import EarlyStopping, Validation, carve, climb, mean_epochs

SPARSE = ("itemknn", "ease", "slim", "fsslim")
DENSE = ("als", "mf", "lightgcn")
NAMES = ("popularity", *SPARSE, *DENSE)


class Popularity:
    """Scores every item by how many users have it, the same for everyone."""

    def fit(self, X: csr_matrix) -> Popularity:
        """Return self with the item counts of X."""
        self.counts = np.bincount(X.indices, minlength=X.shape[1]).astype(np.float32)
        return self

    def score(self, users: np.ndarray) -> np.ndarray:
        """Return the counts, once for each user: float32 of shape (len(users), n_items)."""
        return np.repeat(self.counts[None], len(users), axis=0)


def fit_baseline(
    name: str,
    X: csr_matrix,
    config: SaDConfig,
    make_dense: MakeDense,
    *,
    store: Store | None = None,
    device: str = "cpu",
    progress: Progress = SILENT,
) -> Any:
    """Return a baseline fitted on X, its open settings and epochs chosen on a validation part of X.

    Args:
        name: one of NAMES.
        X: users x items training matrix.
        config: where the baseline's settings are.
        make_dense: gives a fresh dense model for settings.
        store: where finished stages are kept.
        device: `cpu` or `cuda`.
        progress: where to report.
    """
    if name not in NAMES:
        raise ConfigError("there is no such baseline", found=name, expected=", ".join(NAMES))
    if name == "popularity":
        return Popularity().fit(X)
    work = Workshop(make_dense, (store or Store(None)).under(name), device, progress)
    fit_one = _fit_sparse_alone if name in SPARSE else _fit_dense_alone
    return fit_one(X, config.replaced("sparse" if name in SPARSE else "dense", name), work)


def _fit_sparse_alone(X: csr_matrix, config: SaDConfig, work: Workshop) -> Any:
    parts = carve(X, config)
    works = [work.under(f"choose-{number}") for number in range(len(parts))]
    chosen, _ = choose_sparse(parts, works, config)
    return fit_sparse(X, chosen, work.under("final"), "sparse-before")


def _fit_dense_alone(X: csr_matrix, config: SaDConfig, work: Workshop) -> Any:
    """Return a dense model with its settings and epochs chosen by its own metric, not by what fusion needs."""
    key = config.open_choice("dense")
    parts = carve(X, config)
    works = [work.under(f"choose-{number}") for number in range(len(parts))]

    def attempt(value: float | None) -> tuple[float, tuple[SaDConfig, int | None]]:
        trial = config if key is None else config.replaced(key, value)
        name = "dense" if value is None else f"dense-{value:g}"
        metrics, stoppers = [], []
        for part, w in zip(parts, works):
            stopper = EarlyStopping(Validation(part.X, part.held_out, config), config)
            model = fit_dense(part.X, None, trial, w, name, stopper=stopper)
            metrics.append(stopper.validation.metric(model))
            stoppers.append(stopper)
        return float(np.mean(metrics)), (trial, mean_epochs(stoppers))

    chosen, epochs = attempt(None)[1] if key is None else climb(GRIDS[key], attempt)
    return fit_dense(X, None, chosen, work.under("final"), "dense", epochs=epochs)


LABELS: dict[str, str] = {
    "popularity": "Popularity",
    "itemknn": "ItemKNN",
    "ease": "EASE",
    "slim": "SLIM",
    "fsslim": "fsSLIM",
    "als": "ALS",
    "mf": "MF",
    "lightgcn": "LightGCN",
}
"""Names as people write them."""
