"""How threads of native libraries wait for one another on few cores."""

from __future__ import annotations

import os

SPINS = "1000"
"""Turns of an empty loop before a waiting thread sleeps: a few microseconds. libgomp takes the same number itself when
there are more threads than cores."""


def wait_briefly() -> None:
    """Let OpenMP threads sleep soon while they wait, unless the environment says otherwise.

    Must be called before torch, numba or llama.cpp is loaded. Threads that spin for long starve those of another
    library: on two busy cores small tensor operations were seen to take thirty times as long. Threads that never spin
    are woken too slowly for a language model, which meets a barrier in every layer: llama.cpp wrote 40 tokens a second
    in place of 120.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
