"""Held-out pairs of the training data: carving them, choosing by them, stopping by them. Test data is never here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from humankind.spine.errors import DataError
from humankind.spine.seeds import stream
from humankind.systems.recommendation.config import SaDConfig
from humankind.systems.recommendation.metrics import mean_at
from humankind.systems.recommendation.split import carve_validation
from humankind.systems.recommendation.topk import recommend

AT = 20
MOST_CHECKED_USERS = 4_000
_MOST_PARTS = 5
_PART_SEED = 1_000_003  # far from the seeds that people give, so that parts of seed 0 and seed 1 differ


@dataclass(frozen=True)
class Part:
    """A part of the training data to fit on, and the pairs held out from it."""

    X: csr_matrix
    held_out: csr_matrix


def carve(X: csr_matrix, config: SaDConfig) -> list[Part]:
    """Return the parts that choices are made on.

    On small data one carving is too noisy to choose by, so it is repeated with other pairs until
    `config.held_out_pairs` are judged, five times at most. A carving that held nothing out is left out, unless
    there is no other.
    """
    parts: list[Part] = []
    for number in range(_MOST_PARTS):
        parts.append(Part(*carve_validation(X, config.validation, config.seed + number * _PART_SEED)))
        if sum(part.held_out.nnz for part in parts) >= config.held_out_pairs:
            break
    return [part for part in parts if part.held_out.nnz] or parts[:1]


def require_held_out(parts: Sequence[Part], config: SaDConfig) -> None:
    """Raise DataError where settings are open and no pair could be held out to choose them by."""
    keys = [config.open_choice("sparse"), config.open_choice("dense")]
    keys += [key for key in ("semantic", "beta") if config.value(key) == "auto"]
    open_keys = [key for key in keys if key is not None]
    if open_keys and not any(part.held_out.nnz for part in parts):
        X = parts[0].X
        raise DataError(
            "no pair could be held out to choose settings by",
            found=f"{X.shape[0]} users with {X.nnz} interactions; open: {', '.join(open_keys)}",
            expected="users with several interactions each",
            remedy="give longer histories, a larger `validation`, or a value for each open setting",
        )


class Validation:
    """Held-out pairs and the metric that choices are made by."""

    def __init__(self, X: csr_matrix, held_out: csr_matrix, config: SaDConfig) -> None:
        with_items = np.flatnonzero(np.diff(held_out.indptr))
        rng = stream(config.seed, "validation-users")
        self.X, self.name = X, config.metric
        self.users = np.sort(rng.permutation(with_items)[:MOST_CHECKED_USERS])
        self.held_out = held_out[self.users]

    def metric(self, model: Any) -> float:
        """Return the metric at 20 of a model on the held-out pairs."""
        return mean_at(self.name, recommend(model, self.X, self.users, AT), self.held_out, AT)


@dataclass
class EarlyStopping:
    """Watches a dense model on validation; keeps the best state and says when to stop."""

    validation: Validation
    config: SaDConfig
    curve: list[tuple[int, float]] = field(default_factory=list)
    best_epoch: int | None = None
    best_state: dict[str, np.ndarray] | None = None
    stopped: bool = False

    @property
    def best(self) -> float:
        """The best metric so far."""
        return max((value for _, value in self.curve), default=-np.inf)

    def check(self, model: Any, epoch: int) -> bool:
        """Measure the model after `epoch`; return True when it has stopped improving."""
        if epoch % self.config.check_every or not len(self.validation.users):
            return False
        value = self.validation.metric(model)
        if value > self.best:
            self.best_epoch = epoch
            self.best_state = {name: np.array(table) for name, table in model.state().items()}
        self.curve.append((epoch, value))
        checks_since = sum(1 for seen, _ in self.curve if seen > (self.best_epoch or 0))
        self.stopped = checks_since >= self.config.patience
        return self.stopped

    def state(self) -> dict[str, np.ndarray]:
        """Return the curve and the best epoch as arrays."""
        return {
            "stopper.curve": np.array(self.curve, np.float64).reshape(-1, 2),
            "stopper.best_epoch": np.array(-1 if self.best_epoch is None else self.best_epoch),
            "stopper.stopped": np.array(self.stopped),
        }

    def restore(self, saved: dict[str, np.ndarray]) -> None:
        """Take up the curve and the best model that a saved state holds."""
        self.curve = [(int(epoch), float(value)) for epoch, value in saved["stopper.curve"]]
        best = int(saved["stopper.best_epoch"])
        self.best_epoch = None if best < 0 else best
        self.stopped = bool(saved["stopper.stopped"])
        kept = {name[5:]: table for name, table in saved.items() if name.startswith("best.")}
        self.best_state = kept or None


def mean_epochs(stoppers: Sequence[EarlyStopping]) -> int | None:
    """Return the epochs to train on all data: the mean over parts; None for a model without epochs."""
    epochs = [stopper.best_epoch for stopper in stoppers if stopper.best_epoch is not None]
    return round(float(np.mean(epochs))) if epochs else None


def climb(grid: Sequence[float], attempt: Callable[[float], tuple[float, Any]]) -> Any:
    """Return what the best value of an ordered grid led to: from the middle, uphill, until it falls."""
    tried: dict[int, tuple[float, Any]] = {}

    def at(place: int) -> float:
        if not 0 <= place < len(grid):
            return -np.inf
        if place not in tried:
            tried[place] = attempt(grid[place])
        return tried[place][0]

    place = len(grid) // 2
    for step in (-1, 1):
        while at(place + step) > at(place):
            place += step
    return tried[place][1]
