"""How threads of native libraries wait for one another on few cores."""

from __future__ import annotations

import os
import sys

SPINS = "1000"
"""Turns of an empty loop before a waiting thread sleeps: about ten microseconds."""


def wait_briefly() -> None:
    """Let OpenMP threads spin for microseconds while they wait, then sleep, unless the environment says otherwise.

    Must be called before torch, numba or llama.cpp is loaded. Threads that spin for long starve those of another
    library: on two busy cores small tensor operations were seen to take thirty times as long. Threads that never spin
    are woken too slowly for a language model, which meets a barrier in every layer: llama.cpp wrote 40 tokens a second
    in place of 120.
    """
    if not sys.platform.startswith("linux"):  # the packages there carry another OpenMP, which knows only the policy
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        return
    # With two libraries' threads alive libgomp spins even less than it is told, unless the policy is ACTIVE.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "ACTIVE"
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
