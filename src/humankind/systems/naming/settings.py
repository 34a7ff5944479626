"""Settings of the loop and of calls to a language model; apart from both, so that the command line reads them fast."""

from __future__ import annotations

from math import log
from typing import Literal

from pydantic import Field

from humankind.spine.config import Section

Stage = Literal["facts", "implicit", "explicit"]


class LoopSettings(Section):
    """Thresholds and bounds of the loop."""

    rounds: int = Field(default=10, ge=1, le=50)
    """Drafts at most."""
    base: float = Field(default=0.8, gt=0, le=1)
    """Threshold of the first evaluations."""
    decay: float = Field(default=0.8, gt=0)
    """How fast the threshold falls after the warm-up."""
    warm_up: int = Field(default=2, ge=0)
    """Evaluations before the threshold falls."""
    stages: tuple[Stage, ...] = ("facts", "implicit", "explicit")
    """Stages of evaluation in use; fewer for an ablation."""

    def threshold(self, evaluation: int) -> float:
        """Return the threshold of one kind of score.

        Args:
            evaluation: how many evaluations of this kind went before, from 0.

        >>> [round(LoopSettings().threshold(k), 4) for k in range(10)]
        [0.8, 0.8, 0.7213, 0.6213, 0.5581, 0.5139, 0.4809, 0.4551, 0.4343, 0.417]
        """
        if evaluation < self.warm_up:
            return self.base
        return min(self.base, self.base / (self.decay * log(evaluation + 2)))


class AskSettings(Section):
    """How a language model is asked."""

    attempts: int = Field(default=3, ge=1, le=10)
    """Replies looked at for one answer, the first included."""
    retries: int = Field(default=4, ge=0, le=20)
    """Repetitions of one call by Inspect on 429, 5xx and time-outs."""
    patience: int = Field(default=4, ge=1)
    """Calls in a row without any reply after which each step gets one call, not repeated, until one is answered."""
    attempt_timeout_s: int = Field(default=60, ge=1)
    """Seconds that one call may take."""
    timeout_s: int = Field(default=240, ge=1)
    """Seconds that one call and its repetitions may take."""
    temperature: float = Field(default=0.7, ge=0, le=2)
    """Of the manager and the generator."""
    judge_temperature: float = Field(default=0.2, ge=0, le=2)
    """Of the evaluator. Released code: 0.2."""
    max_new_tokens: int = Field(default=2048, ge=64)
    """Completion tokens of one reply, thinking included."""
    seed: int = 0
    """With the name of the step it settles the seed that is sent along, where the provider takes one."""
