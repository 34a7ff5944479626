"""Three ways to get a choice out of a model, as Inspect solvers: text, likelihoods of letters, output held to a schema.

A solver leaves a completion in the state, or the letters' scores in its metadata.
"""

from __future__ import annotations

import math
from asyncio import to_thread
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

from humankind.kits.bench.questions import LETTERS, Way
from humankind.kits.bench.verdicts import ANSWER_KEY
from humankind.spine.errors import ConfigError

if TYPE_CHECKING:
    from inspect_ai.model import Model
    from inspect_ai.solver import Solver, TaskState

AnyWay = Way | Literal["auto"]

LIKELIHOOD_API = "log_likelihoods"
"""A provider that scores given continuations has a method of this name."""

SCHEMA_PROVIDERS = frozenset(
    {"openai", "google", "mistral", "vllm", "sglang", "grok", "groq", "anthropic", "deepseek", "scripted"}
)
"""Providers of Inspect that hold output to a schema; their own smaller models may still refuse."""

LETTER_SCORES = "letter_scores"
"""Key of the state's metadata: log-probability of each letter as shown."""

FACTS = "facts"
"""Key of the state's metadata where a solver may leave facts by name for `Reply.facts`."""

THINKING_TOKENS = "n_thinking_tokens"
"""Key of the state's metadata where a solver may leave how many tokens were thinking."""


class Renders(Protocol):
    """What writes a conversation as the text that a model continues."""

    def render(self, messages: Sequence[dict[str, str]], continuation: str = "") -> str:
        """Return the text that asks for the next turn, with the beginning of the answer."""
        ...


class ScoresContinuations(Protocol):
    """What a provider has that can score the letters themselves."""

    local: Renders

    async def log_likelihoods(self, prompt: str, options: Sequence[str]) -> Sequence[Any]:
        """Return for each option its log-probability as continuation, a number or with a `log_prob`."""
        ...


def best_way(model: Model) -> Way:
    """Return the surest way to get a letter out of a model: likelihood where it can, then constrained, then text."""
    if hasattr(model.api, LIKELIHOOD_API):
        return "likelihood"
    return "constrained" if provider_of(str(model)) in SCHEMA_PROVIDERS else "text"


def provider_of(model: str) -> str:
    """Return the provider in a model's name.

    >>> provider_of("openai/gpt-4o")
    'openai'
    """
    return model.partition("/")[0]


def solver_for(way: Way, options: Callable[[TaskState], dict[str, Any]], lead: str) -> Solver:
    """Return the solver of a way.

    Args:
        way: how a choice is got.
        options: generation options of a sample, as Inspect names them.
        lead: how the answer begins before its letter, for likelihoods.
    """
    if way == "likelihood":
        return _likelihood(options, lead)
    return _constrained(options) if way == "constrained" else _text(options)


def _text(options: Callable[[TaskState], dict[str, Any]]) -> Solver:
    async def solve(state: TaskState, generate: Any) -> TaskState:
        return await generate(state, **options(state))

    return solve


def _constrained(options: Callable[[TaskState], dict[str, Any]]) -> Solver:
    async def solve(state: TaskState, generate: Any) -> TaskState:
        return await generate(state, **options(state), response_schema=_schema(len(state.choices)))

    return solve


def _schema(n_options: int) -> Any:
    from inspect_ai.model import ResponseSchema
    from inspect_ai.util import JSONSchema

    letter = JSONSchema(type="string", enum=list(LETTERS[:n_options]), description="letter of the right option")
    shape = JSONSchema(
        type="object", properties={ANSWER_KEY: letter}, required=[ANSWER_KEY], additionalProperties=False
    )
    return ResponseSchema(name="choice", json_schema=shape, strict=True)


def _likelihood(options: Callable[[TaskState], dict[str, Any]], lead: str) -> Solver:
    async def solve(state: TaskState, generate: Any) -> TaskState:
        from inspect_ai.model import get_model

        api: Any = get_model().api
        if hasattr(api, LIKELIHOOD_API):
            return await _scored(api, state, lead)
        state = await generate(state, **{**options(state), "max_tokens": 1}, logprobs=True, top_logprobs=20)
        state.metadata[LETTER_SCORES] = _told(state)
        return state

    return solve


async def _scored(api: ScoresContinuations, state: TaskState, lead: str) -> TaskState:
    """Return the state with the score of each letter; the scores stand in for a reply, and the log shows the call."""
    from inspect_ai.model import get_model

    from humankind.kits.bench.recorded import scored_options, scores_in

    messages = [{"role": message.role, "content": message.text} for message in state.messages]
    prompt = await to_thread(lambda: api.local.render(messages, lead))  # the first call may load the model
    gap = " " if lead and not lead[-1].isspace() else ""
    letters = [f"{gap}{letter}" for letter in LETTERS[: len(state.choices)]]
    state.output = await scored_options(get_model(), state.messages, prompt, letters)
    state.messages.append(state.output.message)
    state.metadata[LETTER_SCORES] = scores_in(state.output)
    return state


def _told(state: TaskState) -> list[float | None]:
    """Return the letters' log-probabilities as the first token of a reply; None for one that was not told."""
    told = state.output.choices[0].logprobs if state.output.choices else None
    if told is None or not told.content or told.content[0].top_logprobs is None:
        raise CannotError(
            "this model tells no log-probabilities",
            found=str(state.model),
            where="way=likelihood",
            expected="a humankind/ model, or a provider that gives log-probabilities of tokens",
            remedy="use way=constrained where the provider holds output to a schema, else way=text",
        )
    sums: dict[str, float] = {}
    for token in told.content[0].top_logprobs:
        letter = token.token.strip()
        if len(letter) == 1 and letter in LETTERS:
            sums[letter] = sums.get(letter, 0.0) + math.exp(token.logprob)
    return [math.log(sums[letter]) if sums.get(letter) else None for letter in LETTERS[: len(state.choices)]]


class CannotError(ConfigError):
    """The model cannot be asked in this way; no trial will fare better than the first."""
