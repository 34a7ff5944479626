"""The same norm seen otherwise: without key names, without the task, with another's context.

Training mixes some of them in, so that the instructor leans on no single part; evaluation uses others to find out
what it leans on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from humankind.systems.privacy.features import FeatureSettings, matrix_of, rows_of_items
from humankind.systems.privacy.norms import Item, Norm

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix

Seen = tuple[Sequence[Item], Norm]
"""Items, and the norm that gives them their context."""

View = Callable[[Norm], Seen]


def whole(norm: Norm) -> Seen:
    """Return everything that the norm says."""
    return norm.items, norm


def without_keys(norm: Norm) -> Seen:
    """Return the facts without the names of their attributes."""
    return [Item(value=item.value) for item in norm.items], norm


def with_neutral_keys(norm: Norm) -> Seen:
    """Return the facts as `attribute 1`, `attribute 2` and so on."""
    return [Item(key=f"attribute {number}", value=item.value) for number, item in enumerate(norm.items, 1)], norm


def without_task(norm: Norm) -> Seen:
    """Return everything but the words of the task: the roles alone tell whom it goes to."""
    return norm.items, norm.model_copy(update={"task": ""})


def without_keys_and_task(norm: Norm) -> Seen:
    """Return the facts alone, and the roles."""
    return without_keys(norm)[0], without_task(norm)[1]


def context_of(norm: Norm, other: Norm) -> Norm:
    """Return a norm with the task and roles of another one."""
    parts = {"task": other.task, "subject": other.subject, "sender": other.sender, "recipient": other.recipient}
    return norm.model_copy(update=parts)


TRAINING: dict[str, tuple[View, float]] = {
    "whole": (whole, 1.0),
    "without keys": (without_keys, 0.5),
    "without task": (without_task, 0.5),
    "without both": (without_keys_and_task, 0.3),
}
"""What an instructor is trained on: each view with what one of its rows counts."""


@dataclass(frozen=True)
class Table:
    """Labelled items of many norms as rows, seen in several ways."""

    views: dict[str, csr_matrix]
    """For each view a matrix of shape (n_items, n_columns)."""

    labels: np.ndarray
    """True where the item is shareable, shape (n_items,)."""

    owner: np.ndarray
    """Position of the norm of each item, shape (n_items,)."""


def table_of(norms: Sequence[Norm], settings: FeatureSettings, views: dict[str, View]) -> Table:
    """Return the items of norms that are listed as shareable or sensitive, as rows of each view."""
    import numpy as np

    listed = [sorted((norm.shareable or frozenset()) | (norm.sensitive or frozenset())) for norm in norms]
    owner = np.repeat(np.arange(len(norms)), [len(places) for places in listed])
    labels = [
        place in (norm.shareable or frozenset()) for norm, places in zip(norms, listed, strict=True) for place in places
    ]
    matrices = {}
    for name, view in views.items():
        rows = []
        for norm, places in zip(norms, listed, strict=True):
            items, context = view(norm)
            rows += rows_of_items([items[place] for place in places], context, settings)
        matrices[name] = matrix_of(rows, settings)
    return Table(matrices, np.array(labels, dtype=bool), owner)
