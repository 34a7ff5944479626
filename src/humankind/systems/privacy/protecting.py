"""From names and settings to a defence at work: what `serve` runs and what `simulate` sets beside one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from humankind.spine.errors import ConfigError
from humankind.systems.privacy.cdi import CDI, CDISettings, guided_and_guarded
from humankind.systems.privacy.consent import Consents
from humankind.systems.privacy.defense import Chain, Defense, Undefended
from humankind.systems.privacy.guarding import Guarding, GuardSettings
from humankind.systems.privacy.norms import Norm
from humankind.systems.privacy.prompting import Prompting

if TYPE_CHECKING:
    from humankind.systems.privacy.instructor import Instructor
    from humankind.systems.privacy.judging import Judge

NOTHING, PROMPTING, GUARDING, GUIDANCE, BOTH = "none", "prompting", "guarding", "cdi", "cdi+guarding"
NAMES = (NOTHING, PROMPTING, GUARDING, GUIDANCE, BOTH)
"""Defences that commands know; any of them may be joined by `+`."""


@dataclass(frozen=True)
class Means:
    """What defences are made with."""

    instructor: Instructor | None = None
    """Decides what norms leave open; None for the embedded one."""

    judge: Judge | None = None
    """Of the guard; None for the offline one."""

    consents: Consents | None = None
    """What subjects agreed to."""

    guard: GuardSettings = field(default_factory=GuardSettings)
    """Of guarding."""

    cdi: CDISettings = field(default_factory=CDISettings)
    """Of guidance."""

    prompt: str | None = None
    """Of prompting; None for the default text."""


def defence_of(name: str, norms: Sequence[Norm], means: Means | None = None) -> Defense:
    """Return a defence by its name.

    Args:
        name: one of `NAMES`, or several joined by `+`.
        norms: what may flow to whom.
        means: what it is made with.

    Raises:
        ConfigError: there is no such defence.

    >>> defence_of("none", []).on_start("You are a secretary.")
    'You are a secretary.'
    """
    means = means or Means()
    consents = means.consents or Consents()
    if name == BOTH and means.cdi == CDISettings():
        return guided_and_guarded(norms, means.instructor, means.judge, means.guard, consents=consents)
    makers: dict[str, Callable[[], Defense]] = {
        NOTHING: Undefended,
        PROMPTING: lambda: Prompting() if means.prompt is None else Prompting(means.prompt),
        GUARDING: lambda: Guarding(norms, means.instructor, means.judge, means.guard, consents=consents),
        GUIDANCE: lambda: CDI(norms, means.instructor, consents, means.cdi),
    }
    parts = [part.strip() for part in name.split("+")]
    unknown = [part for part in parts if part not in makers]
    if unknown:
        raise ConfigError(
            "there is no such defence",
            found=", ".join(map(repr, unknown)),
            where="--defense",
            expected=f"{', '.join(makers)}, or several joined by +",
        )
    made = [makers[part]() for part in parts]
    return made[0] if len(made) == 1 else Chain(*made)
