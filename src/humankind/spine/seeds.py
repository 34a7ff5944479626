"""Independent random streams from one seed, told apart by name.

A stream depends on the seed and its own name alone, so adding a new one never moves the others.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the generator named `name` under `seed`.

    >>> bool(stream(1, "split").random() == stream(1, "split").random())
    True
    >>> bool(stream(1, "split").random() == stream(1, "dense").random())
    False
    """
    import numpy as np

    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(zlib.crc32(name.encode()),)))


def derive(seed: int, name: str) -> int:
    """Return a 31-bit seed named `name`, for libraries that take an integer."""
    return int(stream(seed, name).integers(2**31 - 1))
