"""Training of the embedded instructor on labelled norms, and its cross-validation on tasks it has not seen.

Folds hold whole tasks; tasks with the same words are one task. Bounds are chosen inside the training folds, on
probabilities of models that did not see the item.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import Field

from humankind.spine.config import Section
from humankind.spine.errors import DataError
from humankind.spine.progress import SILENT, Progress
from humankind.spine.seeds import stream
from humankind.systems.privacy.features import FeatureSettings
from humankind.systems.privacy.instructor import Bounds, EmbeddedInstructor
from humankind.systems.privacy.logistic import fit_logistic
from humankind.systems.privacy.norms import Norm, folded
from humankind.systems.privacy.views import TRAINING, Table, View, table_of

if TYPE_CHECKING:
    import numpy as np


class InstructorSettings(Section):
    """How the embedded instructor is trained."""

    features: FeatureSettings = FeatureSettings()
    """How items become rows."""

    inverse_l2: float = Field(4.0, gt=0)
    """Inverse strength of the penalty; larger fits closer."""

    most_steps: int = Field(60, ge=1)
    """L-BFGS steps of one fit; more changes no figure in the third digit."""

    inner_folds: int = Field(3, ge=2)
    """Folds inside the training tasks on which the bounds are chosen."""

    asked: float = Field(0.04, ge=0, lt=1)
    """Share of items, nearest to the bound, about which the subject is to be asked."""


@dataclass(frozen=True)
class Held:
    """What models that did not see an item say about it."""

    logits: dict[str, np.ndarray]
    """For each view the log-odds, shape (n_items,)."""

    share: np.ndarray
    """Probability from which an item is shared, chosen without the item's fold, shape (n_items,)."""

    withhold: np.ndarray
    """Probability below which it is withheld."""

    middle: np.ndarray
    """Probability that parts the two where nobody can be asked."""

    fold: np.ndarray
    """Fold of each item."""


def same_task(norm: Norm) -> str:
    """Return what tells one task from another: its words."""
    return folded(norm.task)


def same_recipient(norm: Norm) -> str:
    """Return the role of the recipient: folds by it ask about roles that were never met."""
    return folded(norm.recipient.role)


def same_domain(norm: Norm) -> str:
    """Return the field of life: folds by it ask about fields that were never met."""
    return folded(norm.domain)


def train_instructor(
    norms: Sequence[Norm], settings: InstructorSettings, seed: int, progress: Progress = SILENT
) -> EmbeddedInstructor:
    """Return an instructor trained on all the norms, with bounds chosen on held-out folds of them.

    Args:
        norms: with their lists; items in neither list are left out.
        settings: how to train.
        seed: of the folds.
        progress: told how far it is.

    Raises:
        DataError: too few tasks, or only one kind of label.
    """
    table = table_of(norms, settings.features, _training_views())
    with progress.task("instructor", settings.inner_folds + 1) as task:
        inside = _held(norms, table, settings, settings.inner_folds, seed, same_task, task.advance)
        weights = _fit(table, slice(None), settings)
        task.advance()
    _, bounds = choose_bounds(_expit(inside), table.labels, settings.asked)
    return EmbeddedInstructor(weights, settings.features, bounds)


def cross_validate(
    norms: Sequence[Norm],
    settings: InstructorSettings,
    seed: int,
    n_folds: int = 5,
    more_views: dict[str, View] | None = None,
    group: Callable[[Norm], str] = same_task,
    progress: Progress = SILENT,
) -> tuple[Table, Held]:
    """Return the labelled items and what models say about them that saw no item of the same group.

    Args:
        norms: with their lists.
        settings: how each model is trained.
        seed: of the folds, outer and inner.
        n_folds: outer folds.
        more_views: other ways to see the items under test, by name.
        group: norms with the same key stay in one fold.
        progress: told how far it is.

    Raises:
        DataError: there are fewer groups than folds.
    """
    import numpy as np

    table = table_of(norms, settings.features, _training_views() | (more_views or {}))
    fold = folds_of(norms, n_folds, seed, group)[table.owner]
    logits = {name: np.zeros(len(fold)) for name in table.views}
    share, withhold, middle = (np.zeros(len(fold)) for _ in range(3))
    with progress.task("cross-validation", n_folds * (settings.inner_folds + 1)) as task:
        for number in range(n_folds):
            under_test, rest = fold == number, fold != number
            inside = _held(norms, table, settings, settings.inner_folds, seed, group, task.advance, rest)
            middle_bound, bounds = choose_bounds(_expit(inside[rest]), table.labels[rest], settings.asked)
            weights = _fit(table, rest, settings)
            for name, matrix in table.views.items():
                logits[name][under_test] = matrix[under_test] @ weights
            share[under_test], withhold[under_test], middle[under_test] = bounds.share, bounds.withhold, middle_bound
            task.advance()
    return table, Held(logits, share, withhold, middle, fold)


def folds_of(norms: Sequence[Norm], n_folds: int, seed: int, group: Callable[[Norm], str] = same_task) -> np.ndarray:
    """Return the fold of each norm; norms of one group share it.

    Raises:
        DataError: there are fewer groups than folds.
    """
    import numpy as np

    names = [group(norm) for norm in norms]
    distinct = sorted(set(names))
    if len(distinct) < n_folds:
        raise DataError("there are fewer tasks than folds", found=len(distinct), expected=f"at least {n_folds}")
    places = stream(seed, "privacy.folds").permutation(len(distinct)) % n_folds
    of_name = dict(zip(distinct, places.tolist(), strict=True))
    return np.array([of_name[name] for name in names])


def choose_bounds(probabilities: np.ndarray, labels: np.ndarray, asked: float) -> tuple[float, Bounds]:
    """Return the probability at which privacy and helpfulness are nearest, and bounds around it.

    Args:
        probabilities: of held-out items, shape (n_items,).
        labels: True where an item is shareable.
        asked: share of the items that shall lie between the bounds.

    >>> import numpy as np
    >>> middle, _ = choose_bounds(np.array([0.1, 0.2, 0.6, 0.9]), np.array([False, False, True, True]), asked=0)
    >>> middle
    0.6
    """
    import numpy as np

    candidates = np.unique(probabilities)
    kept = np.searchsorted(np.sort(probabilities[~labels]), candidates, side="left") / max(1, int((~labels).sum()))
    given = 1 - np.searchsorted(np.sort(probabilities[labels]), candidates, side="left") / max(1, int(labels.sum()))
    middle = float(candidates[np.argmin(np.abs(kept - given))])
    if not asked:
        return middle, Bounds(share=middle, withhold=middle)
    reach = np.quantile(np.abs(probabilities - middle), asked)
    return middle, Bounds(share=min(1.0, middle + float(reach)), withhold=max(0.0, middle - float(reach)))


def _training_views() -> dict[str, View]:
    return {name: view for name, (view, _) in TRAINING.items()}


def _held(
    norms: Sequence[Norm],
    table: Table,
    settings: InstructorSettings,
    n_folds: int,
    seed: int,
    group: Callable[[Norm], str],
    advance: Callable[[], None],
    among: np.ndarray | None = None,
) -> np.ndarray:
    """Return log-odds of the items `among`, each from a model fitted to the other folds of them."""
    import numpy as np

    among = np.ones(len(table.labels), dtype=bool) if among is None else among
    fold = folds_of(norms, n_folds, seed + 1, group)[table.owner]
    logits = np.full(len(fold), np.nan)
    for number in range(n_folds):
        weights = _fit(table, among & (fold != number), settings)
        under_test = among & (fold == number)
        logits[under_test] = table.views["whole"][under_test] @ weights
        advance()
    return logits


def _fit(table: Table, rows: np.ndarray | slice, settings: InstructorSettings) -> np.ndarray:
    import numpy as np
    from scipy.sparse import vstack

    labels = table.labels[rows]
    stacked = vstack([table.views[name][rows] for name in TRAINING], format="csr")
    counts = np.repeat([count for _, count in TRAINING.values()], len(labels))
    return fit_logistic(stacked, np.tile(labels, len(TRAINING)), settings.inverse_l2, counts, settings.most_steps)


def _expit(logits: np.ndarray) -> np.ndarray:
    from scipy.special import expit

    return expit(logits)
