"""A policy on one question for a model whose tokens can be watched: prompt, rule, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from humankind.kits.bench.questions import Trial
from humankind.kits.bench.thinking import split_thinking
from humankind.spine.config import Section
from humankind.systems.tom import s2f, t2m
from humankind.systems.tom.policies import Policy
from humankind.systems.tom.thinking import CLOSE, OPEN, ThinkingRule, Vocabulary

if TYPE_CHECKING:
    from humankind.kits.llm.rules import Generation

NEVER = -1
"""Stands for `not at all` where a place is told."""


class Renders(Protocol):
    """What is needed of a local model to write a prompt."""

    def render(self, messages: Sequence[dict[str, str]], continuation: str = "") -> str:
        """Return the text that asks for the next turn."""
        ...


class Plan(Section):
    """What a policy makes of a trial."""

    system: str = ""
    message: str
    """User message; without the options where they are hidden."""

    block: str = ""
    """How the reply begins already: an open thinking block, an empty one, or nothing."""

    forced: str = ""
    """What is emitted when thinking ends by force; empty where nothing is watched."""

    @property
    def messages(self) -> list[dict[str, str]]:
        """The conversation."""
        system = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, {"role": "user", "content": self.message}]


def plan(policy: Policy, trial: Trial) -> Plan:
    """Return what a policy makes of a trial.

    Raises:
        ConfigError: the options are to be hidden and cannot be.
    """
    language = trial.question.language
    if policy.base == "nothink":
        return Plan(system=trial.system, message=trial.prompt, block=f"{OPEN}\n\n{CLOSE}\n\n")
    if not policy.steers:
        return Plan(system=trial.system, message=trial.prompt)
    message, shown = trial.prompt, ""
    if policy.hides_options:
        piece = t2m.split(trial)
        message, shown = piece.before, t2m.shown_later(piece)
    forced = s2f.forced_text(language, shown) if policy.gate else f"\n{CLOSE}"
    return Plan(system=trial.system, message=message, block=f"{OPEN}\n", forced=forced)


def prompt_text(model: Renders, made: Plan) -> str:
    """Return the text that the model goes on from; a block that its chat template opens is not opened again."""
    text = model.render(made.messages)
    opened = text.rstrip().endswith(OPEN)
    block = made.block.removeprefix(OPEN).removeprefix("\n" if text.endswith("\n") else "") if opened else made.block
    return text + block


def rule_for(policy: Policy, vocabulary: Vocabulary, made: Plan, ends_there: bool = False) -> ThinkingRule:
    """Return a new rule for one reply.

    Args:
        policy: one that steers.
        vocabulary: of the model.
        made: what the policy made of the trial.
        ends_there: whether the reply ends where thinking does; what is forced is then written by `outcome`.
    """
    last = min(vocabulary.stops) if ends_there else None
    gate = None
    if policy.gate and policy.threshold is not None:
        gate = s2f.HesitationGate(s2f.hesitations(vocabulary), policy.threshold)
    return ThinkingRule(vocabulary, forced=vocabulary.ids(made.forced), gate=gate, cap=policy.cap, last=last)


@dataclass(frozen=True)
class Outcome:
    """One reply under a policy."""

    text: str
    """Everything after the prompt, the beginning that was given included."""
    closed: bool
    """Whether thinking is over; the answer stands behind it."""
    n_tokens: int
    n_thinking_tokens: int
    facts: dict[str, str | int | float | bool]
    n_prompt_tokens: int = 0
    stop_reason: Literal["stop", "max_tokens"] = "stop"


def outcome(made: Plan, generation: Generation, vocabulary: Vocabulary) -> Outcome:
    """Return what came of a reply, by the rule that watched it."""
    n_tokens, n_prompt_tokens = len(generation.token_ids), generation.n_prompt_tokens
    stop_reason: Literal["stop", "max_tokens"] = "max_tokens" if generation.stop_reason == "length" else "stop"
    text = made.block + vocabulary.text(generation.token_ids)  # marks of thinking kept, special tokens or not
    rule = generation.rule
    if not isinstance(rule, ThinkingRule):
        thinking, _ = split_thinking(text)
        n_thinking = len(vocabulary.ids(thinking)) if thinking.strip() else 0
        return Outcome(text, True, n_tokens, n_thinking, {"trigger": "none"}, n_prompt_tokens, stop_reason)
    if rule.last is not None and rule.injected_at is not None:
        text, n_tokens = text + made.forced, n_tokens + len(rule.forced)
    return Outcome(
        text=text,
        n_prompt_tokens=n_prompt_tokens,
        stop_reason=stop_reason,
        closed=rule.answer_at is not None and n_tokens >= rule.answer_at,
        n_tokens=n_tokens,
        n_thinking_tokens=rule.n_thinking,
        facts={
            "hesitations": rule.hesitations,
            "trigger": rule.trigger or "none",
            "injected_at": NEVER if rule.injected_at is None else rule.injected_at,
            "n_forced_tokens": 0 if rule.injected_at is None else min(len(rule.forced), n_tokens - rule.injected_at),
        },
    )
