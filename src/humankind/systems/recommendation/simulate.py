"""SYNTHETIC interactions with a planted truth: tastes that a low-rank model finds, and pairs that it cannot.

Each user mixes a few tastes, and each taste spreads its choices over all items; popularity falls off as a
power law (Zipf). On top lie pairs of items, drawn without regard to taste: who takes the first is likely to
take the second too. Each pair is a direction of its own, so thousands of pairs do not fit into a few dozen
factors, while an item-item matrix holds each of them in one cell. Nothing here was measured on people.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from humankind.spine.errors import ConfigError
from humankind.spine.seeds import stream
from humankind.systems.recommendation.data import Interactions, assemble, id_array

_MOST_ROUNDS = 60
_BLOCK = 1_000_000  # draws at a time, which bounds the memory for mixtures of tastes


@dataclass(frozen=True, eq=False)
class Truth:
    """What was planted."""

    user_factors: np.ndarray
    """users x tastes, float32; each row is the user's mixture of tastes and sums to 1."""
    item_factors: np.ndarray
    """items x tastes, float32; each column is the taste's choice among items and sums to 1."""
    pairs: np.ndarray
    """pairs x 2 item indices (first, second); no item is in two pairs."""
    pair_rate: float
    """Chance that a draw of the first item draws the second too."""


def simulate(
    n_users: int,
    n_items: int,
    n_interactions: int,
    seed: int,
    *,
    n_tastes: int = 16,
    zipf: float = 0.8,
    n_pairs: int | None = None,
    pair_rate: float = 0.5,
) -> tuple[Interactions, Truth]:
    """Return synthetic interactions and the truth behind them; memory grows with interactions, not cells.

    Args:
        n_users: 2 or more.
        n_items: 2 or more.
        n_interactions: distinct pairs to draw, `n_users` at least and half of all cells at most. Exactly
            this many come back; some items may have none.
        seed: the same seed gives the same data.
        n_tastes: number of latent factors.
        zipf: exponent of the fall of popularity with rank; 0 makes items equally popular.
        n_pairs: planted pairs; a tenth of the items where not given.
        pair_rate: chance, between 0 and 1, that a draw of a pair's first item draws its second too.

    Raises:
        ConfigError: a number is out of range.

    >>> data, truth = simulate(50, 40, 500, seed=1)
    >>> data.matrix.shape, data.n_interactions, truth.pairs.shape
    ((50, 40), 500, (4, 2))
    """
    n_pairs = n_items // 10 if n_pairs is None else n_pairs
    _check(n_users, n_items, n_interactions, n_tastes, zipf, n_pairs, pair_rate)
    truth = Truth(
        _user_tastes(n_users, n_tastes, seed),
        _item_tastes(n_items, n_tastes, zipf, seed),
        stream(seed, "pairs").permutation(n_items)[: 2 * n_pairs].reshape(n_pairs, 2),
        pair_rate,
    )
    cells = _draw(truth, n_interactions, seed)
    matrix = assemble(cells // n_items, cells % n_items, np.ones(len(cells)), (n_users, n_items))
    user_ids = id_array([f"user{index}" for index in range(n_users)])
    item_ids = id_array([f"item{index}" for index in range(n_items)])
    return Interactions(matrix, user_ids, item_ids), truth


def _user_tastes(n_users: int, n_tastes: int, seed: int) -> np.ndarray:
    mixture = stream(seed, "user-tastes").dirichlet(np.full(n_tastes, 0.15), size=n_users)
    return mixture.astype(np.float32)


def _item_tastes(n_items: int, n_tastes: int, zipf: float, seed: int) -> np.ndarray:
    rng = stream(seed, "item-tastes")
    popularity = rng.permutation(np.arange(1, n_items + 1) ** -float(zipf))
    weights = popularity[:, None] * np.exp(1.5 * rng.standard_normal((n_items, n_tastes)))
    return (weights / weights.sum(axis=0)).astype(np.float32)


def _draw(truth: Truth, n_interactions: int, seed: int) -> np.ndarray:
    """Return that many distinct cells, user * n_items + item, in ascending order."""
    n_users, n_items = len(truth.user_factors), len(truth.item_factors)
    rng = stream(seed, "draws")
    activity = rng.permutation(np.arange(1, n_users + 1) ** -0.5)
    activity /= activity.sum()
    choose = _Chooser(truth)
    cells = choose(np.arange(n_users), rng)  # nobody is left without an item
    for _ in range(_MOST_ROUNDS):
        n_missing = n_interactions - len(cells)
        if n_missing <= 0:
            return _without_surplus(cells, -n_missing, n_items, rng)
        n_new = max(int(1.1 * n_missing), 1_000)
        users = np.repeat(np.arange(n_users), rng.multinomial(n_new, activity))
        drawn = [choose(users[start : start + _BLOCK], rng) for start in range(0, n_new, _BLOCK)]
        cells = _distinct(np.concatenate([cells, *drawn]))
    raise ConfigError(
        "so many distinct interactions cannot be drawn from tastes this narrow",
        found=f"{len(cells)} of {n_interactions} after {_MOST_ROUNDS} rounds",
        remedy="ask for fewer interactions, or for a smaller zipf",
    )


class _Chooser:
    """Draws items for users: a taste of the user, an item of the taste, perhaps the item's partner."""

    def __init__(self, truth: Truth) -> None:
        self.tastes = np.cumsum(truth.user_factors, axis=1)
        self.items = np.cumsum(truth.item_factors, axis=0, dtype=np.float64)
        self.pair_rate = truth.pair_rate
        self.partner = np.full(len(truth.item_factors), -1)
        self.partner[truth.pairs[:, 0]] = truth.pairs[:, 1]

    def __call__(self, users: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return distinct cells, at least one for each distinct user, in ascending order."""
        n_items, n_tastes = self.items.shape
        tastes = (rng.random((len(users), 1), dtype=np.float32) > self.tastes[users, :-1]).sum(axis=1)
        items = np.empty(len(users), dtype=np.int64)
        for taste in range(n_tastes):
            chosen = np.flatnonzero(tastes == taste)
            places = np.searchsorted(self.items[:, taste], rng.random(len(chosen)) * self.items[-1, taste])
            items[chosen] = np.minimum(places, n_items - 1)
        follow = (self.partner[items] >= 0) & (rng.random(len(items)) < self.pair_rate)
        cells = users * n_items + items
        followed = users[follow] * n_items + self.partner[items[follow]]
        return _distinct(np.concatenate([cells, followed]))


def _distinct(cells: np.ndarray) -> np.ndarray:
    """Return the distinct values in ascending order; np.unique takes several times as long here."""
    cells.sort()
    return cells[np.diff(cells, prepend=-1) > 0]


def _without_surplus(cells: np.ndarray, n_surplus: int, n_items: int, rng: np.random.Generator) -> np.ndarray:
    """Return the cells without that many of them, drawn at random; every user keeps one at least."""
    users = cells // n_items
    spare = np.flatnonzero(np.diff(users, prepend=-1) == 0)
    return np.delete(cells, rng.choice(spare, size=n_surplus, replace=False))


def _check(
    n_users: int,
    n_items: int,
    n_interactions: int,
    n_tastes: int,
    zipf: float,
    n_pairs: int,
    pair_rate: float,
) -> None:
    cells = n_users * n_items
    rules = (
        (n_users >= 2, "n_users", n_users, "2 or more"),
        (n_items >= 2, "n_items", n_items, "2 or more"),
        (
            n_users <= n_interactions <= cells // 2,
            "n_interactions",
            n_interactions,
            f"{n_users} to {cells // 2}",
        ),
        (n_tastes >= 1, "n_tastes", n_tastes, "1 or more"),
        (zipf >= 0, "zipf", zipf, "0 or more"),
        (0 <= n_pairs <= n_items // 2, "n_pairs", n_pairs, f"0 to {n_items // 2}"),
        (0 <= pair_rate <= 1, "pair_rate", pair_rate, "0 to 1"),
    )
    for holds, name, value, expected in rules:
        if not holds:
            raise ConfigError("a setting of the simulation is out of range", found=value, where=name, expected=expected)
