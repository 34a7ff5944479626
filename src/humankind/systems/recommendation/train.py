"""Training SaD, top to bottom: choose on validation, then fit on everything.

    1. carve a validation set from the training data;
    2. fit both views and both alignments on the rest; validation ends the dense training and picks beta;
    3. fit again on all training data, with that number of epochs and that beta.

Test data is never seen here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from humankind.spine.progress import SILENT, Progress
from humankind.systems.recommendation.config import GRIDS, SEMANTIC_GRID, SaDConfig
from humankind.systems.recommendation.fitting import (
    DenseModel,
    MakeDense,
    Pairs,
    Views,
    Workshop,
    find_structural,
    fit_dense,
    fit_sparse,
    teach_sparse,
)
from humankind.systems.recommendation.fusion import BetaChoice, Fold, choose_beta
from humankind.systems.recommendation.itemitem import ItemItem
from humankind.systems.recommendation.store import Store
from humankind.systems.recommendation.validation import (
    EarlyStopping,
    Part,
    Validation,
    carve,
    climb,
    mean_epochs,
    require_held_out,
)


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

    Raises:
        DataError: settings are open and nothing is held out to choose them by.
    """
    work = Workshop(make_dense, store or Store(None), device, progress)
    parts = carve(X, config) if validation is None else [Part(X, validation)]
    require_held_out(parts, config)
    works = [work.under(f"choose-{number}") for number in range(len(parts))]

    progress.say("choosing settings, epochs and beta on validation")
    config, before = choose_sparse(parts, works, config)
    structural = [find_structural(b, part.X, config, w) for b, part, w in zip(before, parts, works)]
    config, dense, stoppers = choose_dense(parts, works, before, structural, config)
    config, views, beta = choose_semantic(parts, works, before, structural, dense, config)
    choice = Choice(config, mean_epochs(stoppers), beta, tuple(stoppers[0].curve))
    if validation is not None:
        return views[0], choice

    progress.say("fitting on all training data")
    final = work.under("final")
    last_before = fit_sparse(X, config, final, "sparse-before")
    last_structural = find_structural(last_before, X, config, final)
    last_dense = fit_dense(X, last_structural, config, final, "dense", epochs=choice.epochs)
    return teach_sparse(X, last_before, last_structural, last_dense, config, final), choice


def choose_sparse(
    parts: Sequence[Part], works: Sequence[Workshop], config: SaDConfig
) -> tuple[SaDConfig, list[ItemItem]]:
    """Return the settings with the sparse view's open choice made on validation, and that view on every part."""
    key = config.open_choice("sparse")
    if key is None:
        return config, [fit_sparse(part.X, config, w, "sparse-before") for part, w in zip(parts, works)]

    def attempt(value: float) -> tuple[float, tuple[SaDConfig, list[ItemItem]]]:
        trial = config.replaced(key, value)
        models = [fit_sparse(part.X, trial, w, f"sparse-before-{value:g}") for part, w in zip(parts, works)]
        metrics = [Validation(part.X, part.held_out, config).metric(m) for part, m in zip(parts, models)]
        return float(np.mean(metrics)), (trial, models)

    return climb(GRIDS[key], attempt)


def choose_dense(
    parts: Sequence[Part],
    works: Sequence[Workshop],
    sparse: Sequence[ItemItem],
    structural: Sequence[Pairs],
    config: SaDConfig,
) -> tuple[SaDConfig, list[DenseModel], list[EarlyStopping]]:
    """Return the settings with the dense view's open choice made on validation, that view on every part, and how
    it learned.

    The choice is made by what the view is worth beside the sparse one: by the best fused metric.
    """
    key = config.open_choice("dense")

    def attempt(value: float | None) -> tuple[float, tuple[SaDConfig, list[DenseModel], list[EarlyStopping]]]:
        trial = config if key is None else config.replaced(key, value)
        name = "dense" if value is None else f"dense-{value:g}"
        models, stoppers = [], []
        for part, w, pairs in zip(parts, works, structural):
            stoppers.append(EarlyStopping(Validation(part.X, part.held_out, config), config))
            models.append(fit_dense(part.X, pairs, trial, w, name, stopper=stoppers[-1]))
        folds = [Fold(part.X, part.held_out, s, d) for part, s, d in zip(parts, sparse, models)]
        fused = 0.0 if value is None else choose_beta(folds, trial).best
        return fused, (trial, models, stoppers)

    return attempt(None)[1] if key is None else climb(GRIDS[key], attempt)


def choose_semantic(
    parts: Sequence[Part],
    works: Sequence[Workshop],
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
            teach_sparse(part.X, b, pairs, d, trial, w.under(f"semantic-{k[0]}-{k[1]}"))
            for part, w, b, pairs, d in zip(parts, works, before, structural, dense)
        ]
        beta = choose_beta([Fold(p.X, p.held_out, v.sparse, v.dense) for p, v in zip(parts, views)], trial)
        trials.append((beta.best, trial, views, beta))
    _, chosen, views, beta = max(trials, key=lambda trial: trial[0])
    return chosen, views, beta
