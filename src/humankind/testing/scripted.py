"""A model that says what a script tells it to: no language model, for tests and dry runs of everything around one.

Inspect knows it as `scripted/...`. By name there are `scripted/A` to `scripted/Z`, which always say that letter, and
`scripted/random`, which draws one of the options that it is shown. Others are made with `scripted(...)` from a
function of the call. What it says depends on the prompt alone, whatever order calls come in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    Model,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    StopReason,
    get_model,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from humankind.kits.bench.journal import digest
from humankind.kits.bench.questions import LETTERS, Trial
from humankind.kits.bench.verdicts import ANSWER_KEY
from humankind.spine.errors import ConfigError
from humankind.spine.seeds import stream

PROVIDER = "scripted"
LOCAL_PROVIDER = "scripted-local"
"""Of scripted models that score continuations."""


class RateLimited(Exception):
    """What a server says with status 429; Inspect repeats the call."""


@dataclass(frozen=True)
class Call:
    """One call to the model."""

    number: int
    """0 for the first."""
    prompt: str
    """Text of the last user message."""
    system: str
    messages: tuple[tuple[str, str], ...]
    """Role and text of every message."""
    config: GenerateConfig

    @property
    def wants_json(self) -> bool:
        """Whether the output is to be held to a schema."""
        return self.config.response_schema is not None


Said = str | ModelOutput | Exception
Script = Callable[[Call], Said]
"""Returns the completion of a call, or the error that it ends with."""


@dataclass
class Record:
    """What a scripted model was asked."""

    calls: list[Call] = field(default_factory=list)
    scored: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """Prompt and options of every call for likelihoods."""


class ScriptedAPI(ModelAPI):
    """Says what its script returns."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008 (the signature that Inspect prescribes)
        script: Script | None = None,
        calls_file: str | Path | None = None,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)
        self.script = script if script is not None else named(model_name)
        self.calls_file = Path(calls_file) if calls_file is not None else None
        self.record = Record()
        self._numbers = count()

    def max_connections(self) -> int:
        """Calls at once."""
        return 64

    def should_retry(self, ex: BaseException) -> bool:
        return isinstance(ex, RateLimited)

    def retry_wait(self) -> Any:
        """Return a wait so short that tests need not care."""
        from tenacity import wait_fixed

        return wait_fixed(0.01)

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        call = self._call(input, config)
        said = self.script(call)
        if isinstance(said, Exception):
            raise said
        return completion(said, self.model_name, call.prompt) if isinstance(said, str) else said

    def _call(self, messages: Sequence[ChatMessage], config: GenerateConfig) -> Call:
        told = tuple((str(message.role), message.text) for message in messages)
        by_role = dict(told)
        call = Call(next(self._numbers), by_role.get("user", ""), by_role.get("system", ""), told, config)
        self.record.calls.append(call)
        if self.calls_file is not None:
            with self.calls_file.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"prompt": call.prompt}) + "\n")
        return call


Scores = Callable[[str, Sequence[str]], Sequence[float]]
"""Returns the log-probability of each option as continuation of a rendered prompt."""


class ScriptedLocalAPI(ScriptedAPI):
    """A scripted model that also scores continuations, as models on this machine do."""

    def __init__(self, model_name: str, *args: Any, scores: Scores, **arguments: Any) -> None:
        super().__init__(model_name, *args, **arguments)
        self.scores = scores
        self.local = self

    def render(self, messages: Sequence[dict[str, str]], continuation: str = "") -> str:
        """Return the messages as plain text, the answer's beginning at the end."""
        said = "".join(f"<{message['role']}>{message['content']}\n" for message in messages)
        return f"{said}<assistant>{continuation}"

    async def log_likelihoods(self, prompt: str, options: Sequence[str]) -> Sequence[float]:
        """Return what the script gives for each option."""
        self.record.scored.append((prompt, tuple(options)))
        return self.scores(prompt, options)


@modelapi(name=PROVIDER)
def _provider() -> type[ModelAPI]:
    return ScriptedAPI


@modelapi(name=LOCAL_PROVIDER)
def _local_provider() -> type[ModelAPI]:
    return ScriptedLocalAPI


def scripted(
    script: Script, name: str = "script", calls_file: Path | None = None, scores: Scores | None = None
) -> Model:
    """Return an Inspect model that follows a script; `record_of(model)` tells what it was asked.

    Args:
        script: what it says to each call.
        name: it is known as `scripted/<name>`, with scores as `scripted-local/<name>`.
        calls_file: every call adds a line here, at once; survives a kill.
        scores: what makes it a model that scores continuations.
    """
    if scores is None:
        return get_model(f"{PROVIDER}/{name}", memoize=False, script=script, calls_file=calls_file)
    arguments: dict[str, Any] = {"script": script, "calls_file": calls_file, "scores": scores}
    return get_model(f"{LOCAL_PROVIDER}/{name}", memoize=False, **arguments)


def record_of(model: Model) -> Record:
    """Return what a scripted model was asked so far."""
    api = model.api
    if not isinstance(api, ScriptedAPI):
        raise ConfigError("this model keeps no record", found=str(model), expected=f"{PROVIDER}/...")
    return api.record


# -- scripts --------------------------------------------------------------------------------------------------


def named(name: str) -> Script:
    """Return the script of a model that is asked for by name alone: a letter, or `random`.

    Raises:
        ConfigError: there is no script of this name.
    """
    if len(name) == 1 and name in LETTERS:
        return constant(name)
    if name == "random":
        return at_random()
    raise ConfigError("there is no scripted model of this name", found=repr(name), expected="A to Z, random")


def constant(letter: str) -> Script:
    """Return a script that always says the same letter."""
    return lambda call: _worded(letter, call, _plain)


def at_random(seed: int = 0) -> Script:
    """Return a script that draws one of the lettered options in the prompt, each with the same chance."""

    def script(call: Call) -> Said:
        letters = re.findall(r"(?m)^([A-Z])[.)] ", call.prompt) or ["A"]
        return _worded(letters[_draw(seed, call.prompt).integers(len(letters))], call, _plain)

    return script


def knowing(trials: Iterable[Trial], probability: float = 1.0, seed: int = 0, style: Style | None = None) -> Script:
    """Return a script that gives the right letter with a probability and otherwise one of the wrong ones.

    Args:
        trials: their prompts and right letters.
        probability: of the right letter, 0 to 1, drawn for each prompt on its own.
        seed: of the draws.
        style: how a letter is worded; alone by default.
    """
    by_prompt = {trial.prompt: trial for trial in trials}

    def script(call: Call) -> Said:
        trial, rng = by_prompt[call.prompt], _draw(seed, call.prompt)
        wrong = [letter for letter in LETTERS[: len(trial.shown)] if letter != trial.target]
        right = rng.random() < probability or not wrong
        return _worded(trial.target if right else wrong[rng.integers(len(wrong))], call, style or _plain)

    return script


def in_turn(said: Sequence[Said]) -> Script:
    """Return a script that says one thing after the other, and the last one for ever."""
    return lambda call: said[min(call.number, len(said) - 1)]


def failing(error: Exception, times: int, then: Script) -> Script:
    """Return a script whose first calls for each prompt fail, and which then follows another."""
    seen: dict[str, int] = {}

    def script(call: Call) -> Said:
        seen[call.prompt] = seen.get(call.prompt, 0) + 1
        return error if seen[call.prompt] <= times else then(call)

    return script


def writing_json(write: Callable[[Call], Any]) -> Script:
    """Return a script that says as JSON what a function returns."""
    return lambda call: json.dumps(write(call), ensure_ascii=False)


# -- wordings -------------------------------------------------------------------------------------------------

Style = Callable[[str], str]

STYLES: dict[str, Style] = {
    "alone": lambda letter: letter,
    "lower case": str.lower,
    "dot": "{}.".format,
    "brackets": "({})".format,
    "stars": "**{}**".format,
    "quotes": "'{}'".format,
    "announced": "Answer: {}".format,
    "announced, lower case in brackets": lambda letter: f"Answer: ({letter.lower()})",
    "sentence": "The correct answer is {}.".format,
    "with its option": "{}. because of what she saw".format,
    "tag": "<Answer>{}</Answer>".format,
    "after thinking": "<think>It may be A, or B, or C.</think>\n{}".format,
}
"""Wordings that state one letter and must be read as it."""

UNREADABLE: dict[str, str] = {
    "": "empty reply",
    "  \n ": "empty reply",
    "A or B": "two letters",
    "Answer: A and B": "two letters",
    "A man came in.": "no letter",
    "I think so.": "no letter",
    "I'm sorry, but I cannot help with that.": "refusal",
    "<think>It is B": "thinking was not closed",
    "Z": "letter beyond the options",
}
"""Replies that state no letter of a handful of options, with the reason that must be given."""


def mixed(trials: Iterable[Trial], probability: float = 0.6, seed: int = 0) -> Script:
    """Return a script that words its letters in every way of `STYLES` and now and then says something unreadable."""
    asked = list(trials)
    scripts = [knowing(asked, probability, seed, style) for style in STYLES.values()]
    scripts += [(lambda call, text=text: text) for text in UNREADABLE]

    def script(call: Call) -> Said:
        return scripts[_draw(seed, f"style {call.prompt}").integers(len(scripts))](call)

    return script


def completion(text: str, model: str = "script", prompt: str = "", stop_reason: StopReason = "stop") -> ModelOutput:
    """Return an output of one completion; words are counted as tokens."""
    n_prompt, n_text = len(prompt.split()), len(text.split())
    choice = ChatCompletionChoice(message=ChatMessageAssistant(content=text, model=model), stop_reason=stop_reason)
    usage = ModelUsage(input_tokens=n_prompt, output_tokens=n_text, total_tokens=n_prompt + n_text)
    return ModelOutput(model=model, choices=[choice], usage=usage)


def _plain(letter: str) -> str:
    return letter


def _worded(letter: str, call: Call, style: Style) -> str:
    return json.dumps({ANSWER_KEY: letter}) if call.wants_json else style(letter)


def _draw(seed: int, prompt: str) -> Any:
    return stream(seed, digest(prompt))
