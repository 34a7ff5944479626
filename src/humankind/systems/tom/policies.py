"""Decoding policies: how a model is made to think, or not, before it answers.

A policy is written as parts joined by `+`:

    plain      as the model comes
    cot        asked to reason step by step before the letter
    nothink    the thinking block is there but empty
    cap:N      at most N thinking tokens, then the block is closed
    s2f:N      slow to fast: from the N-th hesitation on, choose by intuition
    t2m:N      think to match: as s2f, and the options are shown only when thinking is over

`plain` stands alone, `nothink` takes nothing that steers thoughts, and of s2f and t2m there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from annotated_types import Ge

from humankind.spine.config import Section
from humankind.spine.errors import ConfigError

if TYPE_CHECKING:
    from inspect_ai.solver import Solver

    from humankind.kits.bench.questions import Trial
    from humankind.systems.tom.config import TomConfig

Base = Literal["plain", "cot", "nothink"]
Gate = Literal["", "s2f", "t2m"]

BASES: tuple[Base, ...] = ("plain", "cot", "nothink")
GRAMMAR = "plain, cot, nothink, cap:N, s2f:N or t2m:N, joined by +, for example t2m:3+cap:512"


class Policy(Section):
    """One way of decoding."""

    base: Base = "plain"
    """`cot` changes the prompt, `nothink` closes the thinking block at once."""

    gate: Gate = ""
    """`s2f` or `t2m` watch for hesitation; empty for neither."""

    threshold: Annotated[int, Ge(1)] | None = None
    """Hesitation at which the gate closes; one fewer are let through."""

    cap: Annotated[int, Ge(1)] | None = None
    """Most thinking tokens; None for no limit but that of the whole reply."""

    @property
    def steers(self) -> bool:
        """Whether tokens are watched while the model thinks."""
        return bool(self.gate) or self.cap is not None

    @property
    def hides_options(self) -> bool:
        """Whether the model thinks before it sees the options."""
        return self.gate == "t2m"

    @property
    def text(self) -> str:
        """The policy as it is written, parts in a fixed order.

        >>> parse("cap:64+s2f:3").text
        's2f:3+cap:64'
        """
        parts: list[str] = [] if self.base == "plain" else [self.base]
        parts += [f"{self.gate}:{self.threshold}"] if self.gate else []
        parts += [f"cap:{self.cap}"] if self.cap is not None else []
        return "+".join(parts) or "plain"


def parse(text: str) -> Policy:
    """Return the policy that a text names.

    Raises:
        ConfigError: a part is unknown, given twice, does not go with another, or its number is below 1.

    >>> parse("t2m:3+cap:512").cap
    512
    """
    values: dict[str, object] = {}
    parts = [part.strip() for part in text.split("+")]
    for part in parts:
        _add(values, part, text)
    _refuse_contradictions(values, parts, text)
    return Policy.model_validate(values)


def _add(values: dict[str, object], part: str, text: str) -> None:
    """Put what one part says into `values`."""
    name, colon, number = part.partition(":")
    if name in BASES and not colon:
        found: dict[str, object] = {"base": name}
    elif name == "cap":
        found = {"cap": _number(part, number, text)}
    elif name in ("s2f", "t2m"):
        found = {"gate": name, "threshold": _number(part, number, text)}
    else:
        raise _wrong("there is no such policy", part, text)
    if values.keys() & found.keys():
        raise _wrong("a policy names the same kind of thing twice", part, text)
    values |= found


def _number(part: str, number: str, text: str) -> int:
    if not number.isascii() or not number.isdigit():
        raise _wrong("a policy needs a whole number behind its colon", part, text)
    if int(number) < 1:
        remedy = "`nothink` leaves out thinking altogether" if part.startswith("cap") else None
        raise _wrong("the number of a policy is below 1", part, text, expected="1 or more", remedy=remedy)
    return int(number)


def _refuse_contradictions(values: dict[str, object], parts: list[str], text: str) -> None:
    if values.get("base") == "plain" and len(parts) > 1:
        raise _wrong("`plain` stands alone", "plain", text, remedy=f"write {_without(parts, 'plain')}")
    if values.get("base") == "nothink" and len(parts) > 1:
        raise _wrong(
            "`nothink` leaves no thoughts to steer", text, text, remedy=f"write nothink or {_without(parts, 'nothink')}"
        )


def _without(parts: list[str], name: str) -> str:
    return "+".join(part for part in parts if part != name)


def _wrong(problem: str, part: str, text: str, expected: str = GRAMMAR, remedy: str | None = None) -> ConfigError:
    where = "--policy" if part == text else f"--policy {text}"
    return ConfigError(problem, found=repr(part), where=where, expected=expected, remedy=remedy)


def ending_of(policy: str) -> Literal["letter", "reason"]:
    """Return what kind of answer a policy asks for: reasoning under `cot`, the letter otherwise.

    >>> ending_of("cot+s2f:3"), ending_of("plain")
    ('reason', 'letter')
    """
    return "reason" if parse(policy).base == "cot" else "letter"


def solver_for(policy: str, trials: Sequence[Trial], config: TomConfig) -> Solver | None:
    """Return the Inspect solver that answers trials under a policy.

    Args:
        policy: as this file's opening says.
        trials: everything that will be asked; the solver finds each by its id.
        config: way of reading the choice, and how tokens are drawn.

    Returns:
        None for `plain`, which the usual way of asking serves.

    Raises:
        ConfigError: the policy is unknown, or asks to hide options where a trial shows none.
    """
    parsed = parse(policy)
    if parsed == Policy():
        return None
    from humankind.systems.tom.answering import under_policy

    return under_policy(parsed, trials, config)
