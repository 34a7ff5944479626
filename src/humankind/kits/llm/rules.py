"""How tokens are drawn: settings of decoding, rules that may replace a drawn token, and what came out.

A rule sees one row. It is plain Python, so that it can be tested without a model, and there is one instance a row, so
that rows cannot disturb one another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class TokenRule(Protocol):
    """Looks at each token before it is emitted and may emit another one in its place."""

    def next(self, generated: Sequence[int], proposed: int) -> int:
        """Return the token to emit.

        Args:
            generated: the row's completion so far, without the prompt.
            proposed: what greedy choice or sampling drew.
        """
        ...


@dataclass(frozen=True)
class Decoding:
    """How a completion is drawn."""

    max_new_tokens: int = 256
    temperature: float = 0.0
    """0 is greedy."""
    top_p: float = 1.0
    """Share of the probability kept before drawing; 1 keeps all."""
    seed: int = 0
    """Together with the row's prompt it settles every draw, whatever else is in the batch."""
    stop: tuple[str, ...] = ()
    """Texts after which a completion ends; they are not part of it."""
    rule: Callable[[], TokenRule] | None = None
    """Makes the rule of a row; None for none."""


@dataclass(frozen=True)
class Generation:
    """One completion."""

    text: str
    token_ids: tuple[int, ...]
    """Completion tokens, the end token left out."""
    n_prompt_tokens: int
    stop_reason: str
    """`stop` (end token or stop text) or `length`."""
    rule: TokenRule | None = None
    """The row's rule, with what it remembers."""


@dataclass(frozen=True)
class OptionScore:
    """How likely one option is as continuation of a prompt."""

    log_prob: float
    """Sum of the log-probabilities of its tokens, natural logarithm."""
    n_tokens: int
