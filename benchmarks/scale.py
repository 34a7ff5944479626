"""Time and memory of each stage as users, items and interactions grow, on synthetic logs; no peers."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.measure import OURS, Plan, Row

NAME = "scale"
STAGES = ("log", "neighbours", "fsslim", "als", "mf-epoch", "alignment", "lists")
NEEDS = {"alignment": ("fsslim", "als"), "lists": ("fsslim", "als")}
LIMIT_S = 3_600
"""A stage that takes longer is stopped, and its row says so."""
TARGET_BYTES = 4e9
AXES = ("users", "items", "interactions")


@dataclass(frozen=True)
class Size:
    """The size of a synthetic log."""

    users: int
    items: int
    interactions: int

    def __str__(self) -> str:
        return f"{self.users:,} users x {self.items:,} items, {self.interactions:,} interactions"

    def times(self, axis: str, factor: float) -> Size:
        """Return the size with one number multiplied."""
        return Size(**{a: int(getattr(self, a) * (factor if a == axis else 1)) for a in AXES})


BASE = Size(20_000, 10_000, 1_000_000)
LARGE = (Size(100_000, 50_000, 5_000_000), Size(200_000, 100_000, 10_000_000))
QUICK_BASE = Size(400, 200, 8_000)
FACTORS = (0.5, 1.0, 2.0)


def run(plan: Plan) -> Iterator[Row | str]:
    """Yield one row for each size and stage, then how each stage's time grows."""
    base = QUICK_BASE if plan.quick else BASE
    grown = [base.times("interactions", 2)] if plan.quick else [base.times(a, f) for a in AXES for f in FACTORS]
    sizes = dict.fromkeys([base, *grown, *(() if plan.quick else LARGE)])
    seconds: dict[tuple[Size, str], float] = {}
    for size in sizes:
        for row in _stages(size, is_target=size == LARGE[-1]):
            if row.seconds is not None:
                seconds[size, row.who.rpartition(" ")[2]] = row.seconds
            yield row
    yield from _growth(base, seconds)


def _stages(size: Size, is_target: bool) -> Iterator[Row]:
    done: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="humankind-scale-") as folder:
        for stage in STAGES:
            missing = [need for need in ("log", *NEEDS.get(stage, ())) if stage != "log" and need not in done]
            row = _missing(size, stage, missing) if missing else _stage(size, stage, Path(folder), is_target)
            if row.seconds is not None:
                done.add(stage)
            yield row


def _missing(size: Size, stage: str, needs: list[str]) -> Row:
    return Row(NAME, str(size), f"{OURS} {stage}", None, note=f"not run: needs {' and '.join(needs)}")


def _stage(size: Size, stage: str, folder: Path, is_target: bool) -> Row:
    sizes = [str(getattr(size, axis)) for axis in AXES]
    command = [sys.executable, "-m", "benchmarks.stages", stage, str(folder), *sizes]
    who = f"{OURS} {stage}"
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return Row(NAME, str(size), who, None, note=f"stopped after {LIMIT_S} s")
    if ended.returncode:
        last = ended.stderr.strip().splitlines()[-1:] or ["no message"]
        return Row(NAME, str(size), who, None, note=f"failed with exit code {ended.returncode}: {last[0]}")
    told = json.loads(ended.stdout.splitlines()[-1])
    target = ""
    if is_target and stage != "log":
        target = f"under {TARGET_BYTES / 1e9:g} GB: {'reached' if told['peak_bytes'] < TARGET_BYTES else 'missed'}"
    return Row(NAME, str(size), who, told["seconds"], (told["seconds"],), told["peak_bytes"], target)


def _growth(base: Size, seconds: dict[tuple[Size, str], float]) -> Iterator[str]:
    """Yield a line a stage: the exponent b of time ~ size^b on each axis, the others held."""
    for stage in STAGES:
        exponents = []
        for axis in AXES:
            points = [(f, seconds.get((base.times(axis, f), stage))) for f in FACTORS]
            known = [(f, s) for f, s in points if s]
            if len(known) > 1:
                slope = np.polyfit(np.log([f for f, _ in known]), np.log([s for _, s in known]), 1)[0]
                exponents.append(f"{axis}^{slope:.1f}")
        yield f"time of {stage} grows as " + (", ".join(exponents) or "unknown: too few sizes ended")
