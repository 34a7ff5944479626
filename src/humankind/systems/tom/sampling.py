"""A part of a suite that looks like the whole: drawn by ability, order and language, from a seed."""

from __future__ import annotations

from collections.abc import Sequence

from humankind.kits.bench.questions import Question
from humankind.spine.seeds import stream

Stratum = tuple[str, int | None, str]


def stratified(questions: Sequence[Question], limit: int, seed: int) -> tuple[Question, ...]:
    """Return at most `limit` questions, in the order given; each stratum has its share of them, to within one.

    Args:
        questions: what is drawn from.
        limit: most that are returned; 0 returns all.
        seed: another seed draws others.
    """
    if not limit or limit >= len(questions):
        return tuple(questions)
    strata: dict[Stratum, list[int]] = {}
    for place, question in enumerate(questions):
        strata.setdefault((question.category, question.order, question.language), []).append(place)
    shares = _shares([len(places) for places in strata.values()], limit, seed)
    drawn: list[int] = []
    for (stratum, places), share in zip(strata.items(), shares):
        rng = stream(seed, f"tom.sample.{stratum}")
        drawn += [places[int(pick)] for pick in rng.permutation(len(places))[:share]]
    return tuple(questions[place] for place in sorted(drawn))


def _shares(sizes: Sequence[int], limit: int, seed: int) -> list[int]:
    """Return how many of each stratum are drawn: its share rounded down, the rest to the largest remainders.

    Equal remainders are told apart by the seed, so that a limit below the number of strata favours none.

    >>> _shares([60, 30, 10], 10, seed=0)
    [6, 3, 1]
    """
    total = sum(sizes)
    shares = [size * limit // total for size in sizes]
    luck = stream(seed, "tom.sample.shares").random(len(sizes))
    by_remainder = sorted(range(len(sizes)), key=lambda place: (-(sizes[place] * limit % total), luck[place]))
    for place in by_remainder[: limit - sum(shares)]:
        shares[place] += 1
    return shares
