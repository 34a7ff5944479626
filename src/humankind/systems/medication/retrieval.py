"""Exact search for the most similar training visits."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_BLOCK = 1 << 24
"""Distances held at once."""


@dataclass(frozen=True)
class Owners:
    """Whose visit each row of the memory is: patient int64 (n,), and the visit's place in that patient's course."""

    patients: Tensor
    places: Tensor


@torch.no_grad()
def nearest(query: Tensor, keys: Tensor, k: int, forbidden: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return the k rows of `keys` nearest to each query in Euclidean distance, nearest first.

    Rows past the number of allowed keys are marked absent. The search has no gradient.

    Args:
        query: (n, d).
        keys: (N, d).
        k: how many.
        forbidden: bool (n, N), true where a row may not be used; None where all may. Only for small n: callers that
            forbid few rows use `nearest_but`.

    Returns:
        Rows, int64 (n, k), and which are present, bool (n, k).
    """
    distance = (keys * keys).sum(1) - 2 * query @ keys.T
    if forbidden is not None:
        distance = distance.masked_fill(forbidden, torch.inf)
    found, rows = distance.topk(min(k, len(keys)), dim=1, largest=False)
    missing = k - rows.shape[1]
    if missing:
        rows = torch.nn.functional.pad(rows, (0, missing))
        found = torch.nn.functional.pad(found, (0, missing), value=torch.inf)
    return rows, found.isfinite()


def nearest_but(query: Tensor, keys: Tensor, k: int, owners: Owners, asking: Owners) -> tuple[Tensor, Tensor]:
    """Return the nearest rows that are neither the visit itself nor a later visit of the same patient.

    What a patient is given later, or is being given now, must not be looked up; earlier visits may.

    Args:
        query: (n, d).
        keys: the memory, (N, d).
        k: how many.
        owners: of the memory's rows.
        asking: of the queries; a patient number that no row bears is never stopped.

    Returns:
        As `nearest`.
    """
    size = max(1, _BLOCK // max(1, len(keys)))
    parts = []
    for start in range(0, len(query), size):
        block = slice(start, start + size)
        same = owners.patients.unsqueeze(0) == asking.patients[block].unsqueeze(1)
        not_before = owners.places.unsqueeze(0) >= asking.places[block].unsqueeze(1)
        parts.append(nearest(query[block], keys, k, same & not_before))
    rows, present = zip(*parts)
    return torch.cat(rows), torch.cat(present)
