"""A search for the way of asking that gets most out of a rehearsed sender, the same effort against each defence.

Every thread begins with one way of asking, the same in each round of a conversation. In each round of the search it
changes one of them and plays all norms with the same chances; the best thread is played again on other seeds, and kept
where it is better than the best so far. After an improvement all threads go on from the best of all, otherwise each
from its own.

Paper: attack search with parallel threads and adaptive propagation; there a language model writes the requests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from humankind.spine.seeds import stream
from humankind.systems.privacy.metrics import Outcome, score
from humankind.systems.privacy.rehearsing import TACTICS

Play = Callable[[Sequence[str], int], list[Outcome]]
"""Plays all norms with these ways of asking and a seed."""


@dataclass(frozen=True)
class Found:
    """What a search came to."""

    ways: tuple[str, ...]
    """The best way of asking in each round of a conversation."""

    course: tuple[float, ...]
    """Leak score of the best way so far after each round of the search, the plain one first; lower is worse."""


def search(
    play: Play, n_turns: int, n_rounds: int, n_threads: int, seed: int, n_again: int = 2, propagates: bool = True
) -> Found:
    """Return the ways of asking with the lowest leak score that a search found.

    Args:
        play: plays all norms.
        n_turns: rounds of a conversation.
        n_rounds: rounds of the search.
        n_threads: that search beside one another.
        seed: of changes and plays.
        n_again: seeds on which the best thread of a round is played again.
        propagates: whether threads go on from the best of all after an improvement.
    """
    rng, names = stream(seed, "privacy.search"), list(TACTICS)
    best = ("plain",) * n_turns
    lowest = _leak(play, best, seed, n_again)
    course = [lowest]
    order = rng.permutation(len(names))
    threads = [(names[order[place % len(names)]],) * n_turns for place in range(n_threads)]
    own = [(2.0, thread) for thread in threads]
    improved = False
    for number in range(n_rounds):
        for place in range(n_threads):
            parent = best if improved and propagates else own[place][1]
            tried = _changed(parent, names, rng) if number else threads[place]
            leak = score(play(tried, seed + 1000)).leak
            own[place] = min(own[place], (1.0 if leak is None else leak, tried))
        candidate = min(own)[1]
        again = _leak(play, candidate, seed, n_again)
        improved = again < lowest
        if improved:
            lowest, best = again, candidate
        course.append(lowest)
    return Found(best, tuple(course))


def _leak(play: Play, ways: Sequence[str], seed: int, n_again: int) -> float:
    """Return the mean leak score over seeds that the threads do not use."""
    found = [score(play(ways, seed + 100_000 + again)).leak for again in range(n_again)]
    return float(np.mean([1.0 if leak is None else leak for leak in found]))


def _changed(ways: Sequence[str], names: Sequence[str], rng: np.random.Generator) -> tuple[str, ...]:
    place = int(rng.integers(len(ways)))
    others = [name for name in names if name != ways[place]]
    return (*ways[:place], str(rng.choice(others)), *ways[place + 1 :])
