"""Asks trials under a policy through Inspect: watching tokens of a model on this machine, in two calls elsewhere.

After a policy's thinking the answer is read from text, or, for models too weak to name a letter, by the likelihood of
each letter behind the closed block; the reply says which it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from humankind.kits.bench.questions import LETTERS, Reply, Trial
from humankind.kits.bench.ways import FACTS, LETTER_SCORES, THINKING_TOKENS
from humankind.spine.errors import ConfigError
from humankind.spine.progress import SILENT, Progress
from humankind.spine.seeds import derive
from humankind.systems.tom import twocall
from humankind.systems.tom.config import TomConfig
from humankind.systems.tom.evaluate import Asker
from humankind.systems.tom.policies import Policy, parse, solver_for
from humankind.systems.tom.steering import Outcome, Plan, outcome, plan, prompt_text, rule_for
from humankind.systems.tom.thinking import OPEN, Vocabulary

if TYPE_CHECKING:
    from inspect_ai.model import ChatMessage, GenerateConfig, Model, ModelCall, ModelOutput
    from inspect_ai.solver import Solver, TaskState

Read = Literal["text", "likelihood"]
PROVIDER = "humankind/"
LEAD = "Answer:"
"""How the answer begins before the letter whose likelihood is taken, as in the kit's own way."""


def ask_under(
    trials: Sequence[Trial], config: TomConfig, folder: Path, progress: Progress = SILENT, effort: str | None = None
) -> list[Reply]:
    """Return the replies of a model, asked through Inspect under the policy of a config.

    Args:
        trials: what is asked.
        config: model, policy, way, decoding.
        folder: where replies are kept; what is there is not asked again.
        progress: told how far it is.
        effort: of a remote reasoning model, as Inspect names it.

    Raises:
        ConfigError: the policy is unknown, or does not go with the way or the trials.
    """
    from humankind.kits.bench.asking import ask

    policy, bare = parse(config.policy), any(not trial.shown for trial in trials)
    solver = solver_for(config.policy, trials, config)
    if solver is None and bare and config.way != "constrained" and read_of(config) == "likelihood":
        solver = under_policy(policy, trials, config)  # the kit's own way scores letters that are shown
    name = policy.text if solver is None else f"{policy.text}, {read_of(config)}"
    return ask(
        trials,
        config.model if effort is None else _with_effort(config.model, effort),
        "text" if bare or solver is not None else _way(config),
        folder,
        progress,
        solver=solver,
        policy=name if effort is None else f"{name}, effort {effort}",
        max_new_tokens=config.max_new_tokens,
        temperature=config.temperature,
        top_p=config.top_p,
        seed=config.seed,
        max_connections=config.connections,
    )


def ask_with(effort: str) -> Asker:
    """Return what asks trials at an effort."""

    def asker(trials: Sequence[Trial], config: TomConfig, folder: Path, progress: Progress) -> list[Reply]:
        return ask_under(trials, config, folder, progress, effort)

    return asker


def _with_effort(model: str, effort: str) -> Model:
    from inspect_ai.model import GenerateConfig, get_model

    return get_model(model, config=GenerateConfig.model_validate({"reasoning_effort": effort}))


def read_of(config: TomConfig) -> Read:
    """Return how an answer behind thinking is read: `auto` takes text from models that reason, likelihoods from others.

    Raises:
        ConfigError: the way is `constrained`, which leaves no room for thoughts.
    """
    if config.way == "constrained":
        raise ConfigError(
            "thoughts do not fit into output that is held to a schema",
            found=f"policy {config.policy}, way constrained",
            where="--way",
            expected="text or likelihood under every policy but plain",
        )
    if config.way == "likelihood" and not config.model.startswith(PROVIDER):
        raise ConfigError(
            "letters behind thoughts can be scored by a model on this machine only",
            found=config.model,
            where="--way likelihood",
            expected="--way text, or a humankind/ model",
        )
    if config.way == "auto":
        return "likelihood" if config.model.startswith(PROVIDER) and not reasons(config.model) else "text"
    return config.way


def _way(config: TomConfig) -> Any:
    """Return the way for asking without a policy; likelihoods would skip the thoughts of a model that reasons."""
    return "text" if config.way == "auto" and reasons(config.model) else config.way


def reasons(model: str) -> bool:
    """Say whether a model in a transformers folder thinks by itself: its chat template names the thinking block."""
    folder = Path(model.removeprefix(PROVIDER)).expanduser()
    if not model.startswith(PROVIDER) or not folder.is_dir():
        return False
    files = [folder / "chat_template.jinja", folder / "tokenizer_config.json"]
    return any(OPEN in file.read_text(encoding="utf-8", errors="replace") for file in files if file.is_file())


# -- the solver -------------------------------------------------------------------------------------------


def under_policy(policy: Policy, trials: Sequence[Trial], config: TomConfig) -> Solver:
    """Return the Inspect solver of a policy that changes more than the prompt.

    It leaves the completion, thoughts included, in the state's output, and in its metadata what the policy did and,
    read by likelihood, the log-probability of each letter.
    """
    read = read_of(config)
    plans = {trial.id: (trial, plan(policy, trial)) for trial in trials}
    watched = Watched(policy, config, read)

    async def solve(state: TaskState, generate: Any) -> TaskState:
        from inspect_ai.model import get_model

        model = get_model()
        trial, made = plans[str(state.sample_id)]
        if hasattr(model.api, "decode"):
            return await watched.solve(state, model, trial, made)
        return await _in_two_calls(state, model, policy, trial, config)

    return solve


class Watched:
    """Answers trials with a model whose tokens can be watched."""

    def __init__(self, policy: Policy, config: TomConfig, read: Read) -> None:
        self.policy, self.config, self.read = policy, config, read
        self._vocabulary: Vocabulary | None = None
        self._loading = asyncio.Lock()

    async def solve(self, state: TaskState, model: Model, trial: Trial, made: Plan) -> TaskState:
        """Return the state with a completion, what the policy did and, where wanted, the score of each letter."""
        from humankind.kits.bench.recorded import as_chat, output_of, scored_options, scores_in

        api: Any = model.api
        vocabulary, messages = await self._known(api), as_chat(made.messages)
        prompt = prompt_text(api.local, made)
        found = await self._thoughts(model, vocabulary, trial, made, prompt)
        n_prompt_tokens, said = found.n_prompt_tokens, []
        if self.read == "likelihood" and found.closed:
            behind = found.text.removeprefix(made.block)
            gap = "\n\n" if behind.strip() else ""
            scored = await scored_options(model, messages, f"{prompt}{behind}{gap}{LEAD}", _options(trial))
            state.metadata[LETTER_SCORES] = scores_in(scored)
            if not n_prompt_tokens and scored.usage is not None:  # nothing was written before the letter
                n_prompt_tokens = scored.usage.input_tokens
            said = [scored.message]
        state.output = output_of(str(model), found.text, n_prompt_tokens, found.n_tokens, found.stop_reason)
        state.messages = [*messages, state.output.message, *said]  # as the policy asked; under T2M without options
        state.metadata[THINKING_TOKENS] = found.n_thinking_tokens
        state.metadata[FACTS] = {"policy": self.policy.text, "calls": "watched", **found.facts}
        return state

    async def _known(self, api: Any) -> Vocabulary:
        async with self._loading:  # the first caller loads the model, the others wait
            if self._vocabulary is None:
                local = await asyncio.to_thread(lambda: api.local)
                self._vocabulary = Vocabulary(local.tokenizer, local.end_tokens)
            return self._vocabulary

    async def _thoughts(self, model: Model, vocabulary: Vocabulary, trial: Trial, made: Plan, prompt: str) -> Outcome:
        """Return what the model writes: its thoughts alone where the answer is read by likelihood."""
        from humankind.kits.bench.recorded import as_chat, output_of, recorded
        from humankind.kits.llm.rules import Decoding

        config, policy, ends_there = self.config, self.policy, self.read == "likelihood"
        if ends_there and not policy.steers and policy.base != "cot":  # nothing is written before the letter
            return Outcome(text=made.block, closed=True, n_tokens=0, n_thinking_tokens=0, facts={"trigger": "none"})
        forced = len(vocabulary.ids(made.forced)) if made.forced else 0
        decoding = Decoding(
            max_new_tokens=config.max_new_tokens + forced,  # what is forced is not the model's to pay for
            temperature=config.temperature,
            top_p=config.top_p,
            seed=derive(config.seed, trial.id),
            rule=(lambda: rule_for(policy, vocabulary, made, ends_there)) if policy.steers else None,
        )
        api: Any = model.api
        came: list[Outcome] = []

        async def work() -> tuple[ModelOutput, ModelCall]:
            from inspect_ai.model import ModelCall

            found = outcome(made, await api.decode(prompt, decoding), vocabulary)
            came.append(found)
            output = output_of(str(model), found.text, found.n_prompt_tokens, found.n_tokens, found.stop_reason)
            return output, ModelCall.create({"prompt": prompt, "forced": made.forced}, dict(found.facts))

        await recorded(model, as_chat(made.messages), work, _generation(config, trial))
        return came[-1]


def _options(trial: Trial) -> list[str]:
    """Return what is scored behind the lead: letters, or where no options were shown their texts in their own order."""
    options = LETTERS[: len(trial.shown)] if trial.shown else trial.question.options
    return [f" {option}" for option in options]


# -- two calls --------------------------------------------------------------------------------------------


async def _in_two_calls(state: TaskState, model: Model, policy: Policy, trial: Trial, config: TomConfig) -> TaskState:
    """Return the state with the answer of a model that shows no tokens."""
    from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser

    system = [ChatMessageSystem(content=trial.system)] if trial.system else []
    if not policy.steers:
        effort = "none" if policy.base == "nothink" else None
        messages: list[ChatMessage] = [*system, ChatMessageUser(content=trial.prompt)]
        state.output = await model.generate(messages, config=_generation(config, trial, reasoning_effort=effort))
        state.messages = [*messages, *_said(state.output)]
        state.metadata[FACTS] = {"policy": policy.text, "calls": "one"}
        return state
    asked: list[ChatMessage] = [*system, ChatMessageUser(content=twocall.first_message(policy, trial))]
    limit = policy.cap or config.max_new_tokens
    first = await model.generate(asked, config=_generation(config, trial, max_tokens=limit))
    thoughts = twocall.cut(thoughts_of(first), policy.threshold, whole=first.stop_reason != "max_tokens")
    told: list[ChatMessage] = [
        *asked,
        ChatMessageAssistant(content=thoughts.text or "..."),
        ChatMessageUser(content=twocall.second_message(policy, trial)),
    ]
    second = await model.generate(told, config=_generation(config, trial))
    n_first = first.usage.output_tokens if first.usage is not None else None
    state.metadata[THINKING_TOKENS] = n_first
    state.metadata[FACTS] = {
        "policy": policy.text,
        "calls": "two",
        "hesitations": thoughts.hesitations,
        "trigger": thoughts.trigger,
        "reasoned_again": bool(second.usage is not None and second.usage.reasoning_tokens),
    }
    state.messages = [*told, *_said(second)]
    state.output = _joined(first, second, thoughts)
    return state


def _said(output: ModelOutput) -> list[ChatMessage]:
    return [output.message] if output.choices else []


def thoughts_of(output: ModelOutput) -> str:
    """Return all that a model thought aloud: reasoning that its provider tells apart, then its text."""
    from inspect_ai.model import ContentReasoning

    content = output.message.content if output.choices else ""
    parts = [] if isinstance(content, str) else content
    apart = [part.summary or part.reasoning for part in parts if isinstance(part, ContentReasoning)]
    return "\n".join(text for text in (*apart, output.completion) if text.strip())


def _joined(first: ModelOutput, second: ModelOutput, thoughts: twocall.Thoughts) -> ModelOutput:
    """Return the second output with the thoughts before its text and the tokens of both."""
    usages = [output.usage for output in (first, second) if output.usage is not None]
    joined = second.model_copy(deep=True)
    if len(usages) == len((first, second)):
        joined.usage = usages[0] + usages[1]
    if joined.choices:
        joined.choices[0].message.content = f"<think>\n{thoughts.text}\n</think>\n{second.completion}"
        joined.completion = joined.choices[0].message.text
    return joined


def _generation(config: TomConfig, trial: Trial, **more: Any) -> GenerateConfig:
    from inspect_ai.model import GenerateConfig

    values: dict[str, Any] = {"max_tokens": config.max_new_tokens, "temperature": config.temperature}
    if config.temperature > 0:
        values |= {"top_p": config.top_p, "seed": derive(config.seed, trial.id)}
    values |= {name: value for name, value in more.items() if value is not None}
    return GenerateConfig.model_validate(values)
