"""The provider `humankind/...` for Inspect: the embedded models, and any transformers folder on this machine.

`humankind/smollm2` generates through llama.cpp; asked for likelihoods or for a decoding rule it loads the same weights
in transformers. `humankind//path/to/folder` does everything in transformers.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Sequence
from functools import cached_property
from typing import Any, get_args

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    Logprob,
    Logprobs,
    ModelAPI,
    ModelCall,
    ModelOutput,
    ModelUsage,
    StopReason,
    TopLogprob,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from humankind.kits.llm.batching import Batcher
from humankind.kits.llm.llamacpp import LlamaCpp, loaded
from humankind.kits.llm.local import LocalModel, Precision
from humankind.kits.llm.registry import MODELS, EmbeddedModel
from humankind.kits.llm.rules import Decoding, Generation, OptionScore
from humankind.kits.llm.weights import weights_file
from humankind.spine.errors import ConfigError
from humankind.spine.seeds import derive

MAX_TOKENS = 512
"""Of an answer, where the caller names no number."""
_AT_ONCE = 64
_REASONS: dict[str, StopReason] = {"length": "max_tokens", "stop": "stop"}
_NOT_IN_TRANSFORMERS = (
    "response_schema",
    "logprobs",
    "top_k",
    "frequency_penalty",
    "presence_penalty",
    "logit_bias",
    "extra_body",
)
_ARGUMENTS = {"runtime": ("auto", "llamacpp", "transformers"), "device": ("auto", "cpu", "cuda")}


class HumankindAPI(ModelAPI):
    """Models inside this process.

    Args:
        model_name: an embedded model, or a transformers folder.
        runtime: `auto`, `llamacpp` or `transformers`; model argument (`-M runtime=transformers`).
        device: of transformers: `auto`, `cpu` or `cuda`.
        dtype: of transformers: `auto`, `float32` or `bfloat16`.
    """

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008 (the signature that Inspect prescribes)
        runtime: str = "auto",
        device: str = "auto",
        dtype: Any = "auto",
        **unknown: Any,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)
        _check(runtime=runtime, device=device, dtype=dtype, **unknown)
        self.embedded: EmbeddedModel | None = MODELS.get(model_name)
        if runtime == "llamacpp" and self.embedded is None:
            raise ConfigError("llama.cpp serves the embedded models only", found=model_name, expected=", ".join(MODELS))
        self.through_transformers = runtime == "transformers" or self.embedded is None
        self.device, self.dtype = device, dtype
        self._loading = threading.Lock()
        self._completions: Batcher[tuple[str, Decoding], Generation] = Batcher(self._generate_all, _AT_ONCE)
        self._scores: Batcher[tuple[str, Sequence[str]], list[OptionScore]] = Batcher(self._score_all, _AT_ONCE)
        if self.embedded is not None:
            weights_file(self.embedded)  # a missing package is said now, not after the first question
        else:
            _ = self.local

    # -- what Inspect asks ---------------------------------------------------------------------------------

    def max_connections(self) -> int:
        """Calls at once: enough to fill batches."""
        return _AT_ONCE

    def max_tokens(self) -> int | None:
        return MAX_TOKENS

    def should_retry(self, ex: BaseException) -> bool:
        """Nothing that fails here succeeds when tried again."""
        return False

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> tuple[ModelOutput, ModelCall]:
        """Return a completion and the call; ConfigError where the prompt does not fit or tools are asked for."""
        if tools:
            raise ConfigError("the embedded models call no tools", found=tools[0].name, where=self.model_name)
        messages = [_said(message) for message in input]
        if self.through_transformers:
            return await self._through_transformers(messages, config)
        runtime = await asyncio.to_thread(lambda: self.runtime)
        requests = [_request(messages, config, number) for number in range(config.num_choices or 1)]
        answers = [await asyncio.to_thread(runtime.chat, request) for request in requests]
        output = _output(self.model_name, answers, config.max_tokens or MAX_TOKENS)
        return output, ModelCall.create(requests[0], answers[0])

    # -- what only a model on this machine can -------------------------------------------------------------

    async def decode(self, prompt: str, decoding: Decoding) -> Generation:
        """Return the completion of a rendered prompt under a decoding rule; calls that wait together run together."""
        return await self._completions.submit((prompt, decoding))

    async def log_likelihoods(self, prompt: str, options: Sequence[str]) -> list[OptionScore]:
        """Return how likely each option is as continuation of a rendered prompt."""
        return await self._scores.submit((prompt, options))

    @property
    def local(self) -> LocalModel:
        """The model in transformers, loaded on first use; the first of several threads loads it, the others wait."""
        with self._loading:
            return self._local

    @cached_property
    def _local(self) -> LocalModel:
        return LocalModel.load(self.model_name, self.device, self.dtype)

    @cached_property
    def runtime(self) -> LlamaCpp:
        """The model in llama.cpp, loaded on first use."""
        assert self.embedded is not None
        return loaded(weights_file(self.embedded), self.embedded.context_length)

    def _generate_all(self, calls: Sequence[tuple[str, Decoding]]) -> list[Generation]:
        return self.local.generate([prompt for prompt, _ in calls], [decoding for _, decoding in calls])

    def _score_all(self, calls: Sequence[tuple[str, Sequence[str]]]) -> list[list[OptionScore]]:
        return self.local.log_likelihoods([prompt for prompt, _ in calls], [options for _, options in calls])

    async def _through_transformers(
        self, messages: list[dict[str, str]], config: GenerateConfig
    ) -> tuple[ModelOutput, ModelCall]:
        asked = [name for name in _NOT_IN_TRANSFORMERS if getattr(config, name)]
        if asked:
            raise ConfigError(
                "this model takes fewer settings when it runs in transformers",
                found=", ".join(asked),
                where=self.model_name,
                expected="max_tokens, temperature, top_p, seed, stop_seqs, num_choices",
                remedy="use the way `likelihood` for choices; embedded models take the others with runtime=llamacpp",
            )
        prompt = await asyncio.to_thread(lambda: self.local.render(messages))
        drawn = [self.decode(prompt, _decoding(config, number)) for number in range(config.num_choices or 1)]
        made = await asyncio.gather(*drawn)
        output = ModelOutput(
            model=self.model_name,
            choices=[_choice(self.model_name, one.text, _REASONS[one.stop_reason]) for one in made],
            usage=_usage(made[0].n_prompt_tokens, sum(len(one.token_ids) for one in made)),
        )
        return output, ModelCall.create({"prompt": prompt}, {"completions": [one.text for one in made]})


def _check(**arguments: Any) -> None:
    """Raise ConfigError where a model argument is unknown or has an unknown value."""
    accepted = {**_ARGUMENTS, "dtype": get_args(Precision)}
    wrong = [f"{name}={value}" for name, value in arguments.items() if value not in accepted.get(name, ())]
    if wrong:
        raise ConfigError(
            "unknown model argument",
            found=", ".join(wrong),
            expected=", ".join(f"{name}={'|'.join(values)}" for name, values in accepted.items()),
        )


def _said(message: ChatMessage) -> dict[str, str]:
    """Return a message as role and text; ConfigError where it holds more than text."""
    parts = [] if isinstance(message.content, str) else message.content
    other = [part.type for part in parts if part.type not in ("text", "reasoning")]
    if other or message.role == "tool":
        raise ConfigError("models in this process take text alone", found=", ".join(other) or "the result of a tool")
    return {"role": message.role, "content": message.text}


def _decoding(config: GenerateConfig, number: int) -> Decoding:
    """Return how the n-th of several completions of a prompt is drawn; greedy where the caller says nothing."""
    return Decoding(
        max_new_tokens=config.max_tokens or MAX_TOKENS,
        temperature=config.temperature or 0.0,
        top_p=1.0 if config.top_p is None else config.top_p,
        seed=_seed(config, number),
        stop=tuple(config.stop_seqs or ()),
    )


def _seed(config: GenerateConfig, number: int) -> int:
    """Return the seed of the n-th of several completions of a prompt; the caller's own for the first."""
    seed = abs(config.seed or 0)
    return derive(seed, f"choice {number}") if number else seed


def _choice(name: str, text: str, reason: StopReason, logprobs: Logprobs | None = None) -> ChatCompletionChoice:
    message = ChatMessageAssistant(content=text, model=name, source="generate")
    return ChatCompletionChoice(message=message, stop_reason=reason, logprobs=logprobs)


def _request(messages: list[dict[str, str]], config: GenerateConfig, number: int) -> dict[str, Any]:
    """Return the request of the n-th of several completions; greedy and seed 0 where the caller says nothing."""
    request: dict[str, Any] = {
        "messages": messages,
        "max_tokens": config.max_tokens or MAX_TOKENS,
        "temperature": config.temperature or 0.0,
        "seed": _seed(config, number),
    }
    optional = {
        "top_p": config.top_p,
        "top_k": config.top_k,
        "stop": config.stop_seqs,
        "frequency_penalty": config.frequency_penalty,
        "presence_penalty": config.presence_penalty,
        "logit_bias": config.logit_bias and {str(token): bias for token, bias in config.logit_bias.items()},
        "logprobs": config.logprobs,
        "top_logprobs": config.top_logprobs,
    }
    request |= {name: value for name, value in optional.items() if value is not None}
    if config.response_schema is not None:
        schema = json.loads(config.response_schema.json_schema.model_dump_json(exclude_none=True))
        request["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": config.response_schema.name, "schema": schema, "strict": True},
        }
    return request | (config.extra_body or {})


def _output(name: str, answers: Sequence[dict[str, Any]], max_tokens: int) -> ModelOutput:
    """Return the answers to requests on one prompt as the choices of one output."""
    choices = []
    for answer in answers:
        one = answer["choices"][0]
        reason = _REASONS.get(one["finish_reason"], "unknown")
        if reason == "max_tokens" and answer["usage"]["completion_tokens"] < max_tokens:
            reason = "model_length"  # the context ended before the caller's limit
        choices.append(_choice(name, one["message"].get("content") or "", reason, _logprobs(one.get("logprobs"))))
    n_output = sum(answer["usage"]["completion_tokens"] for answer in answers)
    return ModelOutput(model=name, choices=choices, usage=_usage(answers[0]["usage"]["prompt_tokens"], n_output))


def _logprobs(told: dict[str, Any] | None) -> Logprobs | None:
    if not told or not told.get("content"):
        return None
    content = [
        Logprob(
            token=entry["token"],
            logprob=entry["logprob"],
            top_logprobs=[
                TopLogprob(token=top["token"], logprob=top["logprob"]) for top in entry.get("top_logprobs", [])
            ],
        )
        for entry in told["content"]
    ]
    return Logprobs(content=content)


def _usage(n_input: int, n_output: int) -> ModelUsage:
    return ModelUsage(input_tokens=n_input, output_tokens=n_output, total_tokens=n_input + n_output)


@modelapi(name="humankind")
def humankind() -> type[ModelAPI]:
    """Return the provider, as Inspect asks for it."""
    return HumankindAPI
