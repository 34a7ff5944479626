"""Logistic regression on sparse rows by L-BFGS, so that training needs nothing beyond SciPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from humankind.spine.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix


def fit_logistic(
    rows: csr_matrix,
    labels: np.ndarray,
    inverse_l2: float,
    sample_weights: np.ndarray | None = None,
    most_steps: int = 300,
) -> np.ndarray:
    """Return the weights that minimise `inverse_l2 * sum of log losses + |w|^2 / 2`.

    The same objective as scikit-learn's `LogisticRegression(C=inverse_l2, fit_intercept=False)`; a constant column
    takes the intercept's place.

    Args:
        rows: shape (n_rows, n_columns).
        labels: booleans, shape (n_rows,).
        inverse_l2: above 0; larger fits closer.
        sample_weights: how much each row counts, shape (n_rows,); None for 1 each.
        most_steps: L-BFGS steps after which it stops, at the minimum or not.

    Raises:
        DataError: there is only one class, or shapes differ.
    """
    import numpy as np
    from scipy.optimize import minimize
    from scipy.special import expit

    if rows.shape[0] != len(labels):
        raise DataError("rows and labels differ in number", found=f"{rows.shape[0]} and {len(labels)}")
    if len(set(labels.tolist())) < 2:
        raise DataError(
            "only one kind of label is there",
            found=f"{len(labels)} labels",
            expected="items that may be shared and items that must not",
            remedy="train on more tasks",
        )
    signs = np.where(labels, 1.0, -1.0)
    counts = inverse_l2 * (np.ones(len(labels)) if sample_weights is None else sample_weights)
    across = rows.T.tocsr()

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margins = signs * (rows @ weights)
        pull = -counts * signs * expit(-margins)
        value = counts @ np.logaddexp(0, -margins) + 0.5 * weights @ weights
        return float(value), across @ pull + weights

    options = {"maxiter": most_steps, "gtol": 1e-4}
    return minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B", options=options).x
