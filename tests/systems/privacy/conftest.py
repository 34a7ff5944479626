"""Norms with a planted rule: who may learn what hangs on the recipient, never on the fact alone."""

from __future__ import annotations

import numpy as np
import pytest

from humankind.systems.privacy.norms import Item, Norm, Party

MAY_LEARN = {
    "doctor": {"diagnosis", "allergies", "medication"},
    "hotel staff": {"room type", "check in date", "late arrival"},
    "bank clerk": {"account number", "monthly income", "open loan"},
}
WORDS = (
    "oak",
    "river",
    "north",
    "amber",
    "cedar",
    "seven",
    "lunar",
    "delta",
    "quiet",
    "maple",
    "stone",
    "early",
    "round",
    "green",
    "paper",
    "silver",
)


def planted(n_norms: int, seed: int = 0) -> list[Norm]:
    """Return norms in which a recipient may learn its own three kinds of facts and none of the others'."""
    rng = np.random.default_rng(seed)
    norms = []
    for number in range(n_norms):
        role = str(rng.choice(list(MAY_LEARN)))
        keys = rng.permutation(sorted(set().union(*MAY_LEARN.values())))
        items = tuple(Item(key=str(key), value=" ".join(rng.choice(WORDS, 3))) for key in keys)
        shareable = frozenset(place for place, key in enumerate(keys) if key in MAY_LEARN[role])
        norms.append(
            Norm(
                task=f"Answer request number {WORDS[number % 16]} {number}.",
                subject=Party(role="user"),
                sender=Party(role="user"),
                recipient=Party(role=role),
                domain="test",
                items=items,
                shareable=shareable,
                sensitive=frozenset(range(len(items))) - shareable,
            )
        )
    return norms


@pytest.fixture(scope="session")
def planted_norms() -> list[Norm]:
    """Ninety of them."""
    return planted(90)
