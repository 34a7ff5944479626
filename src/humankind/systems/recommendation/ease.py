"""EASE: the item-item regression with a ridge and a zero diagonal, in closed form.

B = I - P diag(1/P_jj) with P = (X'X + ridge I)^-1; scores are X B, and B is not symmetric.
Paper: Steck, Embarrassingly Shallow Autoencoders for Sparse Data (2019), equation 8.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.sparse import csr_matrix

from humankind.spine.resources import require_memory
from humankind.systems.recommendation.slim import dense_gram

_COPIES = 3  # Gram, Cholesky factor, inverse: the most that lives at once


def ease(X: csr_matrix, ridge: float, device: str = "cpu") -> np.ndarray:
    """Return the dense weights B, float32 of shape (n_items, n_items), B[j, i] = weight of j for i.

    Cost: memory 3 * 4 * n_items^2 bytes, time of order n_items^3 (about a second at 3,000 items, a quarter of an
    hour at 40,000 on two cores).

    Raises:
        ResourceError: the matrices would not fit into memory.
    """
    n_items = X.shape[1]
    require_memory(
        _COPIES * 4 * n_items**2,
        f"EASE over {n_items} items",
        "use sparse=fsslim, whose memory is linear in the data",
    )
    G = torch.from_numpy(dense_gram(csr_matrix(X, dtype=np.float32))).to(device)
    G.diagonal().add_(ridge)
    L = torch.linalg.cholesky(G)
    del G
    P = torch.cholesky_inverse(L)
    del L
    P /= -P.diagonal().clone()  # column j divided by -P_jj
    P.fill_diagonal_(0.0)
    return P.cpu().numpy()
