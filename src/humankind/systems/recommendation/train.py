"""Training SaD, top to bottom: choose on validation, then fit on everything.

    1. carve a validation set from the training data;
    2. fit both views and both alignments on the rest; validation ends the dense training and picks beta;
    3. fit again on all training data, with that number of epochs and that beta.

Test data is never seen here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from scipy.sparse import csr_matrix

from humankind.spine.progress import SILENT, Progress
from humankind.spine.seeds import stream
from humankind.systems.recommendation.align import inject, semantic_pairs, structural_signal
from humankind.systems.recommendation.config import GRIDS, SEMANTIC_GRID, SaDConfig
from humankind.systems.recommendation.fusion import BetaChoice, Fold, choose_beta
from humankind.systems.recommendation.itemitem import ItemItem
from humankind.systems.recommendation.metrics import mean_at
from humankind.systems.recommendation.split import carve_validation
from humankind.systems.recommendation.store import Store
from humankind.systems.recommendation.topk import recommend

AT = 20
MOST_CHECKED_USERS = 4_000
_SAVE_EVERY_S = 20.0

Pairs = tuple[np.ndarray, np.ndarray]


class DenseModel(Protocol):
    """What a dense view must do; anything that does can be plugged in."""

    def fit(self, X: csr_matrix, extra_pairs: Pairs | None = None) -> Any:
        """Train on the positives of X and on `extra_pairs` (user_index, item_index)."""
        ...

    def score(self, users: np.ndarray) -> np.ndarray:
        """Return float32 scores of shape (len(users), n_items)."""
        ...


MakeDense = Callable[[SaDConfig], DenseModel]


@dataclass
class Views:
    """Both views after alignment, fitted on the same data."""

    sparse: ItemItem
    dense: DenseModel
    structural: Pairs
    """Sparse to dense: the positives appended, (user_index, item_index)."""
    semantic: csr_matrix
    """Dense to sparse: 1[M], the pairs injected before the refit."""
    sparse_before: ItemItem
    """The sparse view before the dense view taught it."""


@dataclass(frozen=True)
class Choice:
    """What validation decided."""

    config: SaDConfig
    """The settings with every `auto` replaced by its choice, beta excepted."""
    epochs: int | None
    """Epochs of the dense view; None where it has no epochs to choose."""
    beta: BetaChoice
    curve: tuple[tuple[int, float], ...] = ()
    """Validation metric of the dense view after each checked epoch."""


def train(
    X: csr_matrix,
    config: SaDConfig,
    make_dense: MakeDense,
    *,
    validation: csr_matrix | None = None,
    store: Store | None = None,
    device: str = "cpu",
    progress: Progress = SILENT,
) -> tuple[Views, Choice]:
    """Return both aligned views fitted on all of X, and what validation chose.

    Args:
        X: users x items training matrix.
        config: the settings.
        make_dense: gives a fresh, untrained dense model for settings without an open choice.
        validation: held-out pairs, disjoint from X; carved from X if not given (then X is used whole at the end).
        store: where finished stages are kept, so that a killed run goes on; nowhere if not given.
        device: `cpu` or `cuda`.
        progress: where to report.
    """
    work = Workshop(make_dense, store or Store(None), device, progress)
    parts = carve(X, validation, config, work)

    progress.say("choosing settings, epochs and beta on validation")
    config, before = choose_sparse(parts, config)
    structural = [find_structural(b, part.X, config, part.work) for b, part in zip(before, parts)]
    config, dense, stoppers = choose_dense(parts, before, structural, config)
    config, views, beta = choose_semantic(parts, before, structural, dense, config)
    choice = Choice(config, mean_epochs(stoppers), beta, tuple(stoppers[0].curve))
    if validation is not None:
        return views[0], choice

    progress.say("fitting on all training data")
    final = work.under("final")
    last_before = fit_sparse(X, config, final, "sparse-before")
    last_structural = find_structural(last_before, X, config, final)
    last_dense = fit_dense(X, last_structural, config, final, "dense", epochs=choice.epochs)
    return teach_sparse(X, last_before, last_structural, last_dense, config, final), choice


@dataclass(frozen=True)
class Part:
    """A part of the training data to fit on, the pairs held out from it, and where its stages are kept."""

    X: csr_matrix
    held_out: csr_matrix
    work: Workshop

    def fold(self, sparse: ItemItem, dense: DenseModel) -> Fold:
        """Return this part with both views fitted on it."""
        return Fold(self.X, self.held_out, sparse, dense)


def carve(X: csr_matrix, validation: csr_matrix | None, config: SaDConfig, work: Workshop) -> list[Part]:
    """Return the parts that choices are made on.

    One where held-out pairs are given or many. On small data one carving is too noisy to choose by, so it is
    repeated with other pairs until `config.held_out_pairs` are judged, five times at most.
    """
    if validation is not None:
        return [Part(X, validation, work.under("choose"))]
    parts = []
    for number in range(_MOST_PARTS):
        fit_X, held_out = carve_validation(X, config.validation, config.seed + number * _PART_SEED)
        parts.append(Part(fit_X, held_out, work.under(f"choose-{number}")))
        if sum(part.held_out.nnz for part in parts) >= config.held_out_pairs:
            break
    return parts


_MOST_PARTS = 5
_PART_SEED = 1_000_003  # far from the seeds that people give, so that parts of seed 0 and seed 1 differ


def mean_epochs(stoppers: Sequence[EarlyStopping]) -> int | None:
    """Return the epochs to train on all data: the mean over parts; None for a model without epochs."""
    epochs = [stopper.best_epoch for stopper in stoppers if stopper.best_epoch is not None]
    return round(float(np.mean(epochs))) if epochs else None


@dataclass(frozen=True)
class Workshop:
    """What every stage needs besides data and settings."""

    make_dense: MakeDense
    store: Store
    device: str = "cpu"
    progress: Progress = SILENT

    def under(self, name: str) -> Workshop:
        """Return the same workshop with its store in a sub-folder."""
        return Workshop(self.make_dense, self.store.under(name), self.device, self.progress)


def choose_sparse(parts: Sequence[Part], config: SaDConfig) -> tuple[SaDConfig, list[ItemItem]]:
    """Return the settings with the sparse view's open choice made on validation, and that view on every part."""
    key = config.open_choice("sparse")
    if key is None:
        return config, [fit_sparse(part.X, config, part.work, "sparse-before") for part in parts]

    def attempt(value: float) -> tuple[float, tuple[SaDConfig, list[ItemItem]]]:
        trial = config.replaced(key, value)
        models = [fit_sparse(part.X, trial, part.work, f"sparse-before-{value:g}") for part in parts]
        metrics = [Validation(part.X, part.held_out, config).metric(m) for part, m in zip(parts, models)]
        return float(np.mean(metrics)), (trial, models)

    return climb(GRIDS[key], attempt)


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


def choose_dense(
    parts: Sequence[Part], sparse: Sequence[ItemItem], structural: Sequence[Pairs], config: SaDConfig
) -> tuple[SaDConfig, list[DenseModel], list[EarlyStopping]]:
    """Return the settings with the dense view's open choice made on validation, that view on every part, and how
    it learned.

    The choice is made by what the view is worth beside the sparse one: by the best fused metric.
    """
    key = config.open_choice("dense")

    def attempt(value: float | None) -> tuple[float, tuple[SaDConfig, list[DenseModel], list[EarlyStopping]]]:
        trial = config if value is None else config.replaced(key, value)
        name = "dense" if value is None else f"dense-{value:g}"
        models, stoppers = [], []
        for part, pairs in zip(parts, structural):
            stoppers.append(EarlyStopping(Validation(part.X, part.held_out, config), config))
            models.append(fit_dense(part.X, pairs, trial, part.work, name, stopper=stoppers[-1]))
        folds = [part.fold(s, d) for part, s, d in zip(parts, sparse, models)]
        fused = 0.0 if value is None else choose_beta(folds, trial).best
        return fused, (trial, models, stoppers)

    return attempt(None)[1] if key is None else climb(GRIDS[key], attempt)


def choose_semantic(
    parts: Sequence[Part],
    before: Sequence[ItemItem],
    structural: Sequence[Pairs],
    dense: Sequence[DenseModel],
    config: SaDConfig,
) -> tuple[SaDConfig, list[Views], BetaChoice]:
    """Return the settings with (K1, K2) chosen on validation, the aligned views of every part, and beta."""
    grid = SEMANTIC_GRID if config.semantic == "auto" else (config.semantic,)
    trials = []
    for k in grid:
        trial = config.replaced("semantic", k)
        views = [
            teach_sparse(part.X, b, pairs, d, trial, part.work.under(f"semantic-{k[0]}-{k[1]}"))
            for part, b, pairs, d in zip(parts, before, structural, dense)
        ]
        beta = choose_beta([part.fold(v.sparse, v.dense) for part, v in zip(parts, views)], trial)
        trials.append((beta.best, trial, views, beta))
    _, chosen, views, beta = max(trials, key=lambda trial: trial[0])
    return chosen, views, beta


def fit_sparse(X: csr_matrix, config: SaDConfig, work: Workshop, name: str) -> ItemItem:
    """Return the sparse view fitted on X, read from the store where it is there."""
    model = ItemItem(config.sparse, config, work.device)
    return model.load_state(work.store.arrays(name, lambda: model.fit(X, progress=work.progress).state()), X)


def find_structural(sparse: ItemItem, X: csr_matrix, config: SaDConfig, work: Workshop) -> Pairs:
    """Return the pairs that the sparse view gives to the dense one (S to D)."""

    def find() -> dict[str, np.ndarray]:
        users, items = structural_signal(sparse, X.shape, config.structural_users, work.progress)
        return {"users": users, "items": items}

    found = work.store.arrays("structural", find)
    return found["users"], found["items"]


def teach_sparse(
    X: csr_matrix, before: ItemItem, structural: Pairs, dense: DenseModel, config: SaDConfig, work: Workshop
) -> Views:
    """Return both views after the dense one has taught the sparse one (D to S)."""

    def find() -> dict[str, np.ndarray]:
        M = semantic_pairs(dense, X.shape, *config.semantic, work.progress)
        return {"indptr": M.indptr, "indices": M.indices}

    found = work.store.arrays("semantic", find)
    ones = np.ones(len(found["indices"]), np.float32)
    semantic = csr_matrix((ones, found["indices"], found["indptr"]), shape=X.shape)
    after = before
    if semantic.nnz:
        after = fit_sparse(inject(X, semantic, config.semantic_weight), config, work, "sparse-after")
    after = ItemItem(config.sparse, config, work.device).load_state(after.state(), scoring_history(X, config, dense))
    return Views(after, dense, structural, semantic, before)


def scoring_history(X: csr_matrix, config: SaDConfig, dense: DenseModel, progress: Progress = SILENT) -> csr_matrix:
    """Return the histories that vote at scoring time: X, or X with its own injected pairs."""
    M = semantic_pairs(dense, X.shape, *config.scoring, progress)
    return inject(X, M, config.semantic_weight)


def fit_dense(
    X: csr_matrix,
    structural: Pairs | None,
    config: SaDConfig,
    work: Workshop,
    name: str,
    *,
    stopper: EarlyStopping | None = None,
    epochs: int | None = None,
) -> DenseModel:
    """Return the dense view, trained; one that counts epochs stops on validation and goes on after a kill."""
    dense = work.make_dense(config)
    extra = structural if structural is not None and len(structural[0]) else None
    if not hasattr(dense, "epochs_done"):  # a plug-in without epochs is trained in one go
        if not hasattr(dense, "state"):
            return dense.fit(X, extra) or dense
        return dense.load_state(work.store.arrays(name, lambda: dense.fit(X, extra).state()))
    store = work.store
    done = store.read(name)
    if done is None:
        saved = store.read(f"{name}-progress")
        if saved is not None and stopper is not None:
            stopper.restore(saved)
        saver = _Saver(store, f"{name}-progress", stopper)

        def after_epoch(model: Any, epoch: int) -> bool:
            stop = stopper is not None and stopper.check(model, epoch)
            saver.maybe(model)
            return stop

        if stopper is None or not stopper.stopped:
            start = _model_part(saved) if saved is not None else None
            dense.fit(X, extra, epochs=epochs, after_epoch=after_epoch, state=start, progress=work.progress)
        best = stopper.best_state if stopper is not None else None
        done = {**(best or dense.state()), **(stopper.state() if stopper is not None else {})}
        store.write(name, done)
        store.drop(f"{name}-progress")
    if stopper is not None:
        stopper.restore(done)
    return dense.load_state(_model_part(done))


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
        if epoch % self.config.check_every:
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


@dataclass
class _Saver:
    """Writes the state of a training every so often."""

    store: Store
    name: str
    stopper: EarlyStopping | None
    last: float = field(default_factory=time.monotonic)

    def maybe(self, model: Any) -> None:
        if time.monotonic() - self.last < _SAVE_EVERY_S:
            return
        saved = dict(model.state())
        if self.stopper is not None:
            saved |= self.stopper.state()
            saved |= {f"best.{name}": table for name, table in (self.stopper.best_state or {}).items()}
        self.store.write(self.name, saved)
        self.last = time.monotonic()


def _model_part(saved: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: table for name, table in saved.items() if not name.startswith(("stopper.", "best."))}
