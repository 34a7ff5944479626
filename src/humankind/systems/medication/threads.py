"""How many threads small tensors are worth."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import torch

LARGE = 30_000
"""Visits from which torch keeps all its threads. Below, handing work over takes longer than the work: on two idle
cores the experiment of preset `tiny` takes 166 s with two threads and 72 s with one."""


@contextmanager
def threads_for(n_visits: int) -> Generator[None]:
    """Keep torch to one thread for the time of the block, where there are too few visits for more."""
    before = torch.get_num_threads()
    try:
        if n_visits < LARGE:
            torch.set_num_threads(1)
        yield
    finally:
        torch.set_num_threads(before)
