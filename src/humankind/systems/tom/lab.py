"""The conditions that the claims compare, asked at most once each: thinking slowly, at once, under S2F, T2M and caps.

A model that reasons thinks by itself, and its twin is the same model with an empty thinking block. A model that does
not reason gets a thinking block opened and closed for it: that runs the machinery and shows nothing about reasoning.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from humankind.spine.progress import Progress
from humankind.systems.tom.answering import PROVIDER, ask_with, reasons
from humankind.systems.tom.config import TomConfig
from humankind.systems.tom.data import Suite
from humankind.systems.tom.options import ask_without
from humankind.systems.tom.study import Answered, ask_all

Condition = Literal["fast", "slow", "again", "s2f", "t2m", "short", "middle", "long", "bare"]
THRESHOLD = 3


@dataclass(frozen=True)
class Scale:
    """How much of what is asked at a preset."""

    questions: dict[str, int]
    """Most questions by suite, 0 for all; the first suite is the package's own."""
    caps: tuple[int, int, int]
    """Caps of the conditions `short`, `middle` and `long`; the last stands for no cap where a block is opened."""
    max_new_tokens: int


@dataclass(frozen=True)
class Lab:
    """One model on one suite."""

    model: str
    suite: Suite
    scale: Scale
    seed: int
    folder: Path
    """Where replies are kept; what is there is not asked again."""
    progress: Progress

    @property
    def reasons(self) -> bool:
        """Whether the model thinks by itself; a model elsewhere is taken for one that does."""
        return reasons(self.model) or not self.local

    @property
    def local(self) -> bool:
        """Whether the model is on this machine, where its tokens can be watched."""
        return self.model.startswith(PROVIDER)

    @property
    def title(self) -> str:
        """Model and suite, for tables."""
        return f"{self.model} on {self.suite.name}"

    def policy(self, condition: Condition) -> str:
        """Return the policy of a condition."""
        short, middle, longest = self.scale.caps
        gates = {"s2f": f"s2f:{THRESHOLD}", "t2m": f"t2m:{THRESHOLD}"}
        caps = {"short": f"cap:{short}", "middle": f"cap:{middle}", "long": f"cap:{longest}"}
        if condition in caps:
            return caps[condition]
        if self.reasons:
            return gates.get(condition, "nothink" if condition == "fast" else "plain")
        if condition in ("fast", "bare"):
            return "plain"
        return f"{gates[condition]}+cap:{longest}" if condition in gates else f"cap:{longest}"

    def answers(self, condition: Condition) -> list[Answered]:
        """Return what came of a condition: read where it was asked before, asked otherwise."""
        config = self._config(condition)
        name = condition
        if condition == "long" and config.policy == self.policy("slow"):
            name = "slow"  # the same question of the same model
        asker = ask_without if condition == "bare" else None
        return ask_all(config, self.suite, self.folder / self.suite.name / name, self.progress, asker)

    def at_effort(self, effort: str) -> list[Answered]:
        """Return what came of an effort of a model elsewhere."""
        folder = self.folder / self.suite.name / f"effort-{effort}"
        return ask_all(self._config("slow"), self.suite, folder, self.progress, ask_with(effort))

    def _config(self, condition: Condition) -> TomConfig:
        return TomConfig(
            seed=self.seed,
            suite=self.suite.name,
            model=self.model,
            policy=self.policy(condition),
            way="text" if self.reasons else "likelihood",
            # The second run of a model is the same questions drawn with some luck.
            temperature=0.6 if condition == "again" else 0.0,
            max_new_tokens=self.scale.max_new_tokens,
            connections=16,
        )
