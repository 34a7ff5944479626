"""The data that benchmarks run on: published sets where they are present, synthetic ones under --quick."""

from __future__ import annotations

from functools import lru_cache

from benchmarks.measure import Plan
from humankind.spine.errors import HumankindError
from humankind.systems.recommendation.data import Interactions
from humankind.systems.recommendation.datasets import load
from humankind.systems.recommendation.simulate import simulate
from humankind.systems.recommendation.split import Split, random_per_user

TITLES = {"movielens-1m-m1": "ML-1M", "gowalla-m1": "Gowalla"}


class Skipped(Exception):
    """A benchmark cannot run here; the text says why."""


def split_of(name: str, plan: Plan) -> Split:
    """Return a data set with its split; under --quick a small synthetic one in its place.

    Raises:
        Skipped: the data are not on this machine.
    """
    return _small() if plan.quick else _published(name)


def title(name: str, plan: Plan) -> str:
    """Return what a table calls the data."""
    return f"synthetic for {TITLES[name]}" if plan.quick else TITLES[name]


@lru_cache
def _small() -> Split:
    return random_per_user(small_log(600, 400, 12_000), 0.2, seed=1)


@lru_cache(maxsize=2)
def _published(name: str) -> Split:
    try:
        return load(name)
    except HumankindError as error:
        raise Skipped(f"{TITLES[name]} is not here: {error.problem} (set HUMANKIND_DATA)") from None


def small_log(n_users: int, n_items: int, n_interactions: int) -> Interactions:
    """Return a synthetic log."""
    return simulate(n_users, n_items, n_interactions, seed=1)[0]


@lru_cache
def warm_log() -> Interactions:
    """Return a log so small that a call on it only loads and compiles code."""
    return small_log(60, 50, 600)
