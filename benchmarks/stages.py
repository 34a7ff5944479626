"""One stage of SaD on one synthetic log, in a process of its own so that its peak memory is its own.

    python -m benchmarks.stages STAGE FOLDER USERS ITEMS INTERACTIONS

reads what it needs from FOLDER, leaves there what later stages need, and prints one JSON object.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, load_npz, random_array, save_npz

from humankind.systems.recommendation import slim
from humankind.systems.recommendation.align import inject, semantic_pairs, structural_signal
from humankind.systems.recommendation.als import ALS
from humankind.systems.recommendation.config import ALSConfig, MFConfig, SaDConfig
from humankind.systems.recommendation.fusion import Fused
from humankind.systems.recommendation.itemitem import ItemItem
from humankind.systems.recommendation.mf import MF
from humankind.systems.recommendation.neighbors import cosine_neighbors
from humankind.systems.recommendation.simulate import simulate
from humankind.systems.recommendation.topk import recommend

N_NEIGHBORS = 200
SEMANTIC = (5, 25)
LISTED_USERS = 10_000
FACTORS = 64
MF_SETTINGS = MFConfig(weight_decay=0.16, n_negatives=2_048, batch_users=512, embedding_dim=FACTORS)


@dataclass(frozen=True)
class Inputs:
    """What stages work on; views are there where the stage needs them."""

    X: csr_matrix
    sparse: ItemItem | None = None
    dense: ALS | None = None

    @classmethod
    def read(cls, folder: Path, with_views: bool) -> Inputs:
        """Return what earlier stages left."""
        X = csr_matrix(load_npz(folder / "log.npz"))
        if not with_views:
            return cls(X)
        factors = np.load(folder / "als.npz")
        return cls(X, _sparse(X, csr_matrix(load_npz(folder / "weights.npz"))), ALS().load_state(dict(factors)))

    @classmethod
    def tiny(cls) -> Inputs:
        """Return inputs on which a stage only loads and compiles its code."""
        X = simulate(80, 60, 800, seed=1)[0].matrix
        rng = np.random.default_rng(1)
        W = csr_matrix(random_array((60, 60), density=0.1, rng=rng, format="csr", dtype=np.float32))
        factors = {name: rng.standard_normal((n, 4), dtype=np.float32) for name, n in zip(_TABLES, X.shape)}
        return cls(X, _sparse(X, W), ALS().load_state(factors))


_TABLES = ("user_factors", "item_factors")


def _sparse(X: csr_matrix, W: csr_matrix) -> ItemItem:
    return ItemItem().load_state({"data": W.data, "indices": W.indices, "indptr": W.indptr}, X)


def neighbours(inputs: Inputs) -> Any:
    """Find the candidates of fsSLIM."""
    return cosine_neighbors(inputs.X, N_NEIGHBORS)


def fsslim(inputs: Inputs) -> csr_matrix:
    """Fit the sparse view from the data, never from a whole Gram matrix, as on logs where that would not fit."""
    slim.DENSE_GRAM_SHARE = 0.0
    return slim.fsslim(inputs.X, n_neighbors=N_NEIGHBORS)


def als(inputs: Inputs) -> ALS:
    """Fit the dense view by alternating least squares."""
    return ALS(ALSConfig(weight_decay=10.0, embedding_dim=min(FACTORS, min(inputs.X.shape) // 2))).fit(inputs.X)


def mf_epoch(inputs: Inputs) -> MF:
    """Start the factorisation and train it for one epoch with drawn negatives."""
    return MF(MF_SETTINGS).fit(inputs.X, epochs=1)


def alignment(inputs: Inputs) -> csr_matrix:
    """Find the pairs that each view teaches the other, and inject those of the dense one."""
    structural_signal(inputs.sparse, inputs.X.shape, SaDConfig().structural_users)
    return inject(inputs.X, semantic_pairs(inputs.dense, inputs.X.shape, *SEMANTIC), 0.3)


def lists(inputs: Inputs) -> np.ndarray:
    """List the fused top 20 of a part of the users."""
    users = np.arange(min(LISTED_USERS, inputs.X.shape[0]))
    return recommend(Fused(inputs.sparse, inputs.dense, 1.0), inputs.X, users, 20)


STAGES: dict[str, Callable[[Inputs], Any]] = {
    "neighbours": neighbours,
    "fsslim": fsslim,
    "als": als,
    "mf-epoch": mf_epoch,
    "alignment": alignment,
    "lists": lists,
}
NEED_VIEWS = ("alignment", "lists")


def make_log(folder: Path, n_users: int, n_items: int, n_interactions: int) -> None:
    """Write a synthetic log."""
    save_npz(folder / "log.npz", simulate(n_users, n_items, n_interactions, seed=1)[0].matrix, compressed=False)


def peak_bytes() -> int:
    """Return the most memory that this process has held.

    Linux carries `ru_maxrss` over from the parent when a process is started, so its own mark is read where
    there is one.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        unit = 1 if sys.platform == "darwin" else 1024
        return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(stage: str, folder: Path, n_users: int, n_items: int, n_interactions: int) -> dict[str, Any]:
    """Run one stage and return its seconds and peak; `log` makes the data."""
    if stage == "log":
        start = time.perf_counter()
        make_log(folder, n_users, n_items, n_interactions)
        return {"seconds": time.perf_counter() - start, "peak_bytes": peak_bytes()}
    STAGES[stage](Inputs.tiny())
    inputs = Inputs.read(folder, stage in NEED_VIEWS)
    start = time.perf_counter()
    result = STAGES[stage](inputs)
    seconds = time.perf_counter() - start
    peak = peak_bytes()
    if stage == "fsslim":
        save_npz(folder / "weights.npz", result, compressed=False)
    if stage == "als":
        np.savez(folder / "als.npz", **result.state())
    return {"seconds": seconds, "peak_bytes": peak}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]), *(int(size) for size in sys.argv[3:6]))))
