"""How much of each withheld fact a call would give to somebody, and the decision that follows from the figures.

Weighing reads texts; deciding reads figures alone. So a decision can be repeated from an audit log that holds no value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, runtime_checkable

from pydantic import Field

from humankind.spine.config import Section
from humankind.spine.errors import InternalError
from humankind.systems.privacy.judging import Judge, JudgeSettings, OfflineJudge, Unscored, Utterance
from humankind.systems.privacy.ledger import numbers_in, part_told
from humankind.systems.privacy.norms import Norm

Told = Literal["no", "told", "pieces"]


class Weight(Section):
    """How much of one withheld fact a recipient would get."""

    norm: int
    """Position of the norm."""

    item: int
    """Position of the fact in it."""

    own: float = Field(ge=0, le=1)
    """By this call alone, as the judge scores it."""

    before: float = Field(0.0, ge=0, le=1)
    """By everything that went there before."""

    total: float = Field(0.0, ge=0, le=1)
    """By both together."""

    own_digits: float = Field(0.0, ge=0, le=1)
    """Part of the digits of the fact's long numbers, in this call."""

    before_digits: float = Field(0.0, ge=0, le=1)
    """The same, in what went there before."""

    total_digits: float = Field(0.0, ge=0, le=1)
    """The same, in both together."""


class Thresholds(Section):
    """From figures to a decision."""

    told: float = Field(JudgeSettings().threshold, gt=0, le=1)
    """Score of one call from which a fact counts as told."""

    pieces: float = Field(0.75, gt=0, le=1)
    """Score of everything sent from which the pieces of a fact add up to it. Higher than `told`: in many messages
    words meet by chance."""

    digits: float = Field(0.75, gt=0, le=1)
    """Part of the digits of a number from which it counts as told."""

    def read(self, weight: Weight) -> Told:
        """Return whether a fact would be told, by the call alone or together with what went before.

        >>> Thresholds().read(Weight(norm=0, item=0, own=0.4, before=0.4, total=0.8))
        'pieces'
        """
        if weight.own >= self.told or weight.own_digits >= self.digits:
            return "told"
        if weight.total >= self.pieces and weight.total > weight.before and weight.own > 0:
            return "pieces"
        if weight.total_digits >= self.digits and weight.total_digits > weight.before_digits:
            return "pieces"
        return "no"


@runtime_checkable
class Scoring(Protocol):
    """A judge that gives figures, not only verdicts."""

    def scores(self, text: str, norm: Norm, *, context: Sequence[Utterance | str] = ()) -> tuple[float, ...]:
        """Return for each item how much of it a message tells, from 0 to 1."""
        ...


class Undecided(Exception):
    """A judge could not tell; the fail mode decides."""


class Scales:
    """Weighs calls.

    Args:
        judge: says how much of a fact a text tells.
    """

    def __init__(self, judge: Judge | None = None) -> None:
        self.judge = judge or OfflineJudge()
        self._offline = self.judge if isinstance(self.judge, OfflineJudge) else OfflineJudge()

    def weigh(
        self,
        text: str,
        sent: Sequence[str],
        norm: Norm,
        number: int,
        held: frozenset[int],
        context: Sequence[Utterance],
    ) -> list[Weight]:
        """Return how much of each withheld fact a recipient would get.

        Args:
            text: what the call carries out.
            sent: what went to the same recipient before.
            norm: whose facts are weighed.
            number: its position.
            held: positions of its withheld facts.
            context: earlier messages, for confirmations.

        Raises:
            Undecided: the judge gave no judgement.
        """
        places = sorted(held)
        about = norm.model_copy(
            update={
                "items": tuple(norm.items[place] for place in places),
                "shareable": frozenset(),
                "sensitive": frozenset(range(len(places))),
            }
        )
        own = self._own(text, about, context)
        before = self._offline.scores("\n".join(sent), about) if sent else (0.0,) * len(places)
        total = self._offline.scores("\n".join([*sent, text]), about) if sent else own
        weights = []
        for position, place in enumerate(places):
            numbers = numbers_in(norm.items[place].value)
            weights.append(
                Weight(
                    norm=number,
                    item=place,
                    own=min(1.0, own[position]),
                    before=min(1.0, before[position]),
                    total=min(1.0, total[position]),
                    own_digits=part_told(numbers, [text]),
                    before_digits=part_told(numbers, sent),
                    total_digits=part_told(numbers, [*sent, text]),
                )
            )
        return weights

    def _own(self, text: str, about: Norm, context: Sequence[Utterance]) -> tuple[float, ...]:
        if isinstance(self.judge, Scoring):
            own = self.judge.scores(text, about, context=context)
            if len(own) != len(about.items):
                raise InternalError("a judge scored another number of facts", found=len(own), expected=len(about.items))
            return own
        told = self.judge.judge(text, about, context=context)
        if isinstance(told, Unscored):
            raise Undecided(told.reason)
        return tuple(float(place in told.sensitive) for place in range(len(about.items)))
