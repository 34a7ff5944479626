"""Timing side by side, and the words for what was timed."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

LONG_S = 40.0
"""A contestant whose first run takes longer is not run again."""
OURS = "humankind"
LIBRARIES = ("numpy", "scipy", "numba", "torch", "implicit", "scikit-learn", "lenskit", "recbole")


@dataclass(frozen=True)
class Plan:
    """How much is run."""

    quick: bool = False
    """Tiny data: shows that a benchmark works, not how fast anything is."""
    runs: int = 3


@dataclass(frozen=True)
class Row:
    """One timed thing. Rows of the same benchmark and task stand side by side."""

    benchmark: str
    task: str
    who: str
    seconds: float | None
    """Median over `runs`; None where it did not end (see `note`)."""
    runs: tuple[float, ...] = ()
    peak_bytes: int | None = None
    """Most resident memory of the process, where it was measured."""
    target: str = ""
    """What was aimed at, `under 60 s`, and whether it was reached."""
    note: str = ""


@dataclass
class Contestant:
    """Something to time."""

    who: str
    call: Callable[[], Any]
    note: str = ""
    runs: list[float] = field(default_factory=list)
    result: Any = None
    """What the last call returned."""

    @property
    def seconds(self) -> float:
        """The median of the runs."""
        return median(self.runs)

    def row(self, benchmark: str, task: str, note: str = "", under_s: float | None = None) -> Row:
        """Return the row of this contestant."""
        told = "; ".join(text for text in (self.note, note) if text)
        return Row(
            benchmark, task, self.who, self.seconds, tuple(self.runs), None, target_s(self.seconds, under_s), told
        )


def side_by_side(contestants: Sequence[Contestant], plan: Plan) -> None:
    """Time all contestants in turns, so that a busy minute of the machine hits each of them alike."""
    for number in range(plan.runs):
        for contestant in contestants:
            if number and contestant.runs[0] > LONG_S:
                continue
            start = time.perf_counter()
            contestant.result = contestant.call()
            contestant.runs.append(time.perf_counter() - start)


def target_s(seconds: float, under_s: float | None) -> str:
    """Return what was aimed at and whether it was reached; empty where nothing was.

    >>> target_s(12.0, 60)
    'under 60 s: reached'
    """
    if under_s is None:
        return ""
    return f"under {under_s:g} s: {'reached' if seconds < under_s else 'missed'}"


def named(library: str) -> str:
    """Return a library's name and version."""
    return f"{library} {version(library)}"


def machine() -> dict[str, Any]:
    """Return what a figure's reader must know of the machine."""
    import numba
    import psutil
    import torch

    from humankind.spine.resources import n_threads

    return {
        "processor": _processor(),
        "cores": n_threads(),
        "numba_threads": numba.get_num_threads(),
        "torch_threads": torch.get_num_threads(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load_at_start": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "omp_wait_policy": os.environ.get("OMP_WAIT_POLICY", "not set"),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "humankind": version("humankind"),
        **{library: _version(library) for library in LIBRARIES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"
