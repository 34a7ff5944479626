"""Which distractors a model falls for: more rational or more idealistic than people are, or other.

A kind's share of the errors is compared with the share it would have if errors fell evenly on the distractors of the
very questions that were missed. A ratio above one says that the model favours that kind.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from humankind.kits.bench.questions import Question, Reply, Trial
from humankind.spine.config import Section
from humankind.spine.evidence import Figure
from humankind.spine.seeds import stream
from humankind.systems.motivation.authored import KINDS, Kind
from humankind.systems.motivation.data import kinds_of

WRONG: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind != "gold")
_RESAMPLES = 2000


class Mistake(Section):
    """How often errors fall on one kind of distractor."""

    kind: str
    errors: int
    """Errors that fell on it."""
    share: float
    """Part of all errors that carry a kind."""
    expected: float
    """The part if errors fell evenly on the distractors of the questions that were missed."""
    ratio: Figure | None
    """share / expected, with its bootstrap interval over scenarios; None where no missed question has the kind."""


def mistakes(trials: Sequence[Trial], replies: Sequence[Reply], seed: int) -> tuple[Mistake, ...]:
    """Return one row for each kind of distractor, in the order of `WRONG`; none where no labelled question was missed.

    Args:
        trials: what was asked.
        replies: in the order of the trials; unscored ones are no errors.
        seed: of the bootstrap.
    """
    missed = [
        (trial.question, reply.choice)
        for trial, reply in zip(trials, replies, strict=True)
        if reply.right is False and reply.choice is not None and kinds_of(trial.question)
    ]
    if not missed:
        return ()
    groups = {group: place for place, group in enumerate(dict.fromkeys(question.group for question, _ in missed))}
    found, expected = np.zeros((len(groups), len(WRONG))), np.zeros((len(groups), len(WRONG)))
    for question, choice in missed:
        place = groups[question.group]
        found[place] += [kinds_of(question)[choice] == kind for kind in WRONG]
        expected[place] += _even_shares(question)
    return tuple(
        _row(kind, found[:, column], expected[:, column], found.sum(), seed)
        for column, kind in enumerate(WRONG)
        if expected[:, column].any()
    )


def _even_shares(question: Question) -> list[float]:
    kinds = kinds_of(question)
    wrong = sum(kind != "gold" for kind in kinds)
    return [kinds.count(kind) / wrong for kind in WRONG]


def _row(kind: str, found: np.ndarray, expected: np.ndarray, errors: float, seed: int) -> Mistake:
    return Mistake(
        kind=kind,
        errors=int(found.sum()),
        share=float(found.sum() / errors),
        expected=float(expected.sum() / errors),
        ratio=_ratio(kind, found, expected, seed),
    )


def _ratio(kind: str, found: np.ndarray, expected: np.ndarray, seed: int) -> Figure:
    """Return the ratio of two sums over scenarios with its percentile interval; one scenario alone gives none."""
    label = f"{kind.replace('_', ' ')}: share of errors over even share"
    value = float(found.sum() / expected.sum())
    n = len(found)
    if n < 2:
        return Figure(label=label, value=value)
    counts = stream(seed, f"motivation.mistakes.{kind}").multinomial(n, np.full(n, 1 / n), size=_RESAMPLES)
    below = counts @ expected
    drawn = (counts @ found)[below > 0] / below[below > 0]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Figure(label=label, value=value, low=float(low), high=float(high))
