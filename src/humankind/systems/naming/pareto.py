"""The archive of names none of which is better in everything than another (non-dominated sorting)."""

from __future__ import annotations

from collections.abc import Sequence


def dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    """Return whether one point is nowhere worse than another and somewhere better; higher is better.

    >>> dominates((1, 1), (1, 0)), dominates((1, 0), (0, 1))
    (True, False)
    """
    return all(a >= b for a, b in zip(one, other, strict=True)) and any(a > b for a, b in zip(one, other, strict=True))


def fronts(points: Sequence[Sequence[float]]) -> list[int]:
    """Return the front of each point: 0 for those that nothing dominates, 1 for those that only the first do, ...

    >>> fronts([(1, 0), (0, 1), (0, 0)])
    [0, 0, 1]
    """
    found = [-1] * len(points)
    level = 0
    while -1 in found:
        open_ = [place for place, front in enumerate(found) if front == -1]
        for place in open_:
            if not any(dominates(points[other], points[place]) for other in open_ if other != place):
                found[place] = level
        level += 1
    return found


def ordered(points: Sequence[Sequence[float]], scores: Sequence[float]) -> list[int]:
    """Return the places of the points: front by front, in each the highest score first."""
    levels = fronts(points)
    return sorted(range(len(points)), key=lambda place: (levels[place], -scores[place], place))
