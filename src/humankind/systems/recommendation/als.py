"""A dense view without a GPU: implicit alternating least squares, by the library `implicit`.

With confidence c_ui = alpha x_ui on observed pairs and 1 on all others, it minimises

    sum_ui c_ui ([x_ui > 0] - p_u.q_i)^2  +  lambda (|P|^2 + |Q|^2).
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix

from humankind.spine.progress import SILENT, Progress
from humankind.spine.seeds import derive
from humankind.systems.recommendation.config import ALSConfig, settled

if TYPE_CHECKING:
    from implicit.cpu.als import AlternatingLeastSquares

Pairs = tuple[np.ndarray, np.ndarray]


@dataclass
class ALS:
    """Implicit alternating least squares as a dense view.

    After `fit`: `user_factors` (n_users, d) and `item_factors` (n_items, d), float32. The same seed gives the
    same factors.
    """

    config: ALSConfig = field(default_factory=ALSConfig)
    seed: int = 0
    user_factors: np.ndarray = field(init=False, repr=False)
    item_factors: np.ndarray = field(init=False, repr=False)

    def fit(self, X: csr_matrix, extra_pairs: Pairs | None = None, *, progress: Progress = SILENT) -> ALS:
        """Return self, trained.

        Args:
            X: users x items; a stored weight multiplies the confidence.
            extra_pairs: (user_index, item_index) of further positives, each adding 1 to its weight in X
                (structural signal, S to D).
            progress: where to report.

        Raises:
            ConfigError: weight_decay is still `auto`.
        """
        weights = add_pairs(X, extra_pairs)
        with self._solver() as solver, progress.task("dense view: ALS", self.config.epochs) as task:
            solver.fit(weights, show_progress=False, callback=lambda *_: task.advance())
        self.user_factors = np.asarray(solver.user_factors)
        self.item_factors = np.asarray(solver.item_factors)
        return self

    def score(self, users: np.ndarray) -> np.ndarray:
        """Return P[users] Q', float32 of shape (len(users), n_items)."""
        return self.user_factors[users] @ self.item_factors.T

    def fold_in(self, history: csr_matrix) -> np.ndarray:
        """Return the factors of new users from their histories, items fixed: float32 (n_new, d).

        This is the exact ridge solution of the loss above, one linear system a user.
        """
        with self._solver() as solver:
            solver.item_factors = self.item_factors
            rows = csr_matrix(history, dtype=np.float32)
            return solver.recalculate_user(np.arange(rows.shape[0]), rows)

    def state(self) -> dict[str, np.ndarray]:
        """Return the factors as named arrays."""
        return {"user_factors": self.user_factors, "item_factors": self.item_factors}

    def load_state(self, state: dict[str, np.ndarray]) -> ALS:
        """Return self with the factors of a `state`, ready to score and to fold in."""
        self.user_factors, self.item_factors = state["user_factors"], state["item_factors"]
        return self

    @contextmanager
    def _solver(self) -> Generator[AlternatingLeastSquares, None, None]:
        """Yield the library's solver; BLAS keeps to one thread meanwhile, as two thread pools clash."""
        # Loaded first, as a limit does not reach a BLAS that is loaded after it was set.
        from implicit.cpu.als import AlternatingLeastSquares
        from threadpoolctl import threadpool_limits

        c = self.config
        with threadpool_limits(1, "blas"):
            yield AlternatingLeastSquares(
                factors=c.embedding_dim,
                regularization=settled(c.weight_decay, "als.weight_decay"),
                alpha=c.alpha,
                iterations=c.epochs,
                random_state=derive(self.seed, "als"),
            )


def add_pairs(X: csr_matrix, pairs: Pairs | None) -> csr_matrix:
    """Return X with 1 added for every pair; a pair given twice adds 2.

    >>> X = csr_matrix(np.array([[1, 0], [0, 1]], np.float32))
    >>> add_pairs(X, (np.array([0, 0]), np.array([0, 1]))).toarray().tolist()
    [[2.0, 1.0], [0.0, 1.0]]
    """
    weights = csr_matrix(X, dtype=np.float32)
    if pairs is None or not len(pairs[0]):
        return weights
    extra = csr_matrix((np.ones(len(pairs[0]), np.float32), pairs), shape=X.shape)
    total = csr_matrix(weights + extra)
    total.sort_indices()
    return total
