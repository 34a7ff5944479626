"""Work on a model beyond a plain call to it, which Inspect's log shows like one: prompt, outcome, tokens, time.

Scoring letters and decoding under a rule go past `Model.generate`, so Inspect would log neither. Here the work is
handed to `Model.generate` as what the provider does; events, usage and errors are then Inspect's own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import copy
from typing import Any

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ModelCall,
    ModelOutput,
    ModelUsage,
    StopReason,
)

SCORES = "log_likelihoods"
"""Key of an output's metadata: option -> log-probability, natural logarithm."""

Work = Callable[[], Awaitable[tuple[ModelOutput, ModelCall]]]


async def recorded(
    model: Model, messages: Sequence[ChatMessage], work: Work, config: GenerateConfig | None = None
) -> ModelOutput:
    """Return what some work on a model gave; Inspect's transcript of the sample gets an event of it.

    Args:
        model: whose work it is; its usage is booked on it.
        messages: what it was asked.
        work: does it; returns the output and the call as the viewer shows it, the rendered prompt included.
        config: settings of decoding that the viewer shows.
    """

    async def generate(*_: Any, **__: Any) -> tuple[ModelOutput, ModelCall]:
        return await work()

    api = copy(model.api)  # of the same class, so that name, usage and limit of connections are the model's
    object.__setattr__(api, "generate", generate)
    settings = GenerateConfig(max_connections=api.max_connections())
    return await Model(api, settings).generate(list(messages), config=config or GenerateConfig())


async def scored_options(
    model: Model, messages: Sequence[ChatMessage], prompt: str, options: Sequence[str]
) -> ModelOutput:
    """Return an output that holds the score of each option as continuation of a rendered prompt, recorded as a call.

    Nothing is written, so there are no completion tokens; the text tells the scores to a person, `scores_in` to code.

    Args:
        model: one whose provider scores continuations (`ways.ScoresContinuations`).
        messages: what the prompt was rendered from.
        prompt: rendered text, beginning of the answer included.
        options: continuations; a leading space belongs to them.
    """
    api: Any = model.api

    async def work() -> tuple[ModelOutput, ModelCall]:
        scores = await api.log_likelihoods(prompt, options)
        values = {option: float(getattr(one, "log_prob", one)) for option, one in zip(options, scores, strict=True)}
        output = output_of(str(model), told_scores(values), n_input=n_tokens_of(api, prompt))
        output.metadata = {SCORES: values}
        return output, ModelCall.create({"prompt": prompt, "options": list(options)}, {SCORES: values})

    return await recorded(model, messages, work)


def scores_in(output: ModelOutput) -> list[float]:
    """Return the scores that `scored_options` left in an output, in the order of its options."""
    return list((output.metadata or {})[SCORES].values())


def told_scores(scores: Mapping[str, float]) -> str:
    """Return scores of options on one line, likeliest first.

    >>> told_scores({" A": -2.5, " B": -0.25})
    'log-likelihoods: B -0.2500, A -2.5000'
    """
    ordered = sorted(scores.items(), key=lambda pair: -pair[1])
    return "log-likelihoods: " + ", ".join(f"{option.strip()} {score:.4f}" for option, score in ordered)


def n_tokens_of(api: Any, prompt: str) -> int | None:
    """Return how many tokens a rendered prompt has, None where the provider does not count."""
    count = getattr(api.local, "count", None)
    return None if count is None else int(count(prompt))


def output_of(
    model: str, text: str, n_input: int | None, n_output: int = 0, stop_reason: StopReason = "stop"
) -> ModelOutput:
    """Return an output of one completion with its usage; without usage where the prompt's length is not known."""
    message = ChatMessageAssistant(content=text, model=model, source="generate")
    choice = ChatCompletionChoice(message=message, stop_reason=stop_reason)
    if n_input is None:
        return ModelOutput(model=model, choices=[choice])
    usage = ModelUsage(input_tokens=n_input, output_tokens=n_output, total_tokens=n_input + n_output)
    return ModelOutput(model=model, choices=[choice], usage=usage)


def as_chat(messages: Sequence[Mapping[str, str]]) -> list[ChatMessage]:
    """Return messages of role and text as Inspect's."""
    kinds = {"system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant}
    return [kinds[message["role"]](content=message["content"]) for message in messages]
