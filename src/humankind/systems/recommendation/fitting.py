"""One stage at a time: fit a view, let it teach the other. Finished stages are read from the store."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, cast, runtime_checkable

import numpy as np
from scipy.sparse import csr_matrix

from humankind.spine.progress import SILENT, Progress
from humankind.systems.recommendation.align import inject, semantic_pairs, structural_signal
from humankind.systems.recommendation.config import SaDConfig, settled
from humankind.systems.recommendation.itemitem import ItemItem
from humankind.systems.recommendation.store import Arrays, Store
from humankind.systems.recommendation.validation import EarlyStopping

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


@runtime_checkable
class KeptModel(Protocol):
    """A dense model whose training can be kept on disk."""

    def state(self) -> Arrays:
        """Return all that is needed to score, as named arrays."""
        ...

    def load_state(self, state: Arrays) -> Any:
        """Return self with a kept state."""
        ...


@runtime_checkable
class FoldingModel(Protocol):
    """A factor model that finds the factors of people it was not trained on."""

    @property
    def item_factors(self) -> np.ndarray:
        """Item factors, float32 of shape (n_items, d)."""
        ...

    def fold_in(self, history: csr_matrix) -> np.ndarray:
        """Return factors of new users from their histories, float32 of shape (n_new, d)."""
        ...


@runtime_checkable
class EpochModel(Protocol):
    """A kept dense model that trains in epochs, so that validation can end it and a kill does not undo it."""

    config: Any
    epochs_done: int

    def fit(
        self,
        X: csr_matrix,
        extra_pairs: Pairs | None = None,
        *,
        epochs: int | None = None,
        after_epoch: Callable[[Any, int], bool] | None = None,
        state: Arrays | None = None,
        progress: Progress = SILENT,
    ) -> Any:
        """Train; `after_epoch` returning True ends it, `state` goes on from there."""
        ...

    def score(self, users: np.ndarray) -> np.ndarray: ...

    def state(self) -> Arrays: ...

    def load_state(self, state: Arrays) -> Any: ...


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
class Workshop:
    """What every stage needs besides data and settings."""

    make_dense: MakeDense
    store: Store
    device: str = "cpu"
    progress: Progress = SILENT

    def under(self, name: str) -> Workshop:
        """Return the same workshop with its store in a sub-folder."""
        return Workshop(self.make_dense, self.store.under(name), self.device, self.progress)


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
    if isinstance(dense, EpochModel):
        done = work.store.read(name)
        if done is None:
            done = _train_epochs(dense, X, extra, work, name, stopper, epochs)
        elif stopper is not None:
            stopper.restore(done)
        dense.load_state(_model_part(done))
        return dense
    if isinstance(dense, KeptModel):

        def state_after_fit() -> Arrays:
            dense.fit(X, extra)
            return cast(KeptModel, dense).state()

        dense.load_state(work.store.arrays(name, state_after_fit))
        return dense
    return dense.fit(X, extra) or dense  # a plug-in that cannot be kept; fit may return nothing


def _train_epochs(
    dense: EpochModel,
    X: csr_matrix,
    extra: Pairs | None,
    work: Workshop,
    name: str,
    stopper: EarlyStopping | None,
    epochs: int | None,
) -> Arrays:
    """Return the state of the best epoch, and what the stopper saw; go on from a saved state where there is one."""
    saved = work.store.read(f"{name}-progress")
    if saved is not None and stopper is not None:
        stopper.restore(saved)
    saver = _Saver(work.store, f"{name}-progress", stopper)

    def after_epoch(model: Any, epoch: int) -> bool:
        stop = stopper is not None and stopper.check(model, epoch)
        saver.maybe(model)
        return stop

    start = _model_part(saved) if saved is not None else None
    if stopper is None or not stopper.stopped:
        dense.fit(X, extra, epochs=epochs, after_epoch=after_epoch, state=start, progress=work.progress)
    elif start is not None:
        dense.load_state(start)
    best = stopper.best_state if stopper is not None else None
    done = {**(best or dense.state()), **(stopper.state() if stopper is not None else {})}
    work.store.write(name, done)
    work.store.drop(f"{name}-progress")
    return done


def teach_sparse(
    X: csr_matrix, before: ItemItem, structural: Pairs, dense: DenseModel, config: SaDConfig, work: Workshop
) -> Views:
    """Return both views after the dense one has taught the sparse one (D to S)."""

    def find() -> dict[str, np.ndarray]:
        k1, k2 = settled(config.semantic, "semantic")
        M = semantic_pairs(dense, X.shape, k1, k2, work.progress)
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
