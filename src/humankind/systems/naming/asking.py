"""Asking a language model for one JSON object: strict reading, bounded repair, every reply written down.

Models are reached through Inspect, whose job it is to repeat calls on 429, 5xx and time-outs. What still fails, or does
not fill its form, is asked for again a few times, with the reason. After that the call is `Unanswered`: neither a guess
nor a zero. Nothing that a model writes is ever run.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from humankind.spine.config import Section
from humankind.spine.errors import ConfigError
from humankind.spine.extras import require
from humankind.spine.seeds import derive
from humankind.systems.naming import prompts
from humankind.systems.naming.agents import Unanswered
from humankind.systems.naming.reading_json import UnusableReply, filled, shape
from humankind.systems.naming.settings import AskSettings

if TYPE_CHECKING:
    from inspect_ai.model import ChatMessage, Model, ModelOutput

Message = tuple[str, str]
"""Role (`system`, `user` or `assistant`) and text."""
Form = TypeVar("Form", bound=Section)
Result = TypeVar("Result")
Kind = Literal["ok", "unusable", "empty", "refusal", "cut", "timeout", "rate-limit", "failed"]
_HOPELESS = (401, 403, 404)
"""Statuses that no repetition mends: wrong key, no access, no such model."""
_SHOWN = 4000
"""Characters of a reply that the log keeps."""


class Asked(Section):
    """One reply, or the lack of one."""

    step: str
    """What was asked for, such as `draft` or `explicit`."""
    attempt: int
    """From 1."""
    kind: Kind
    problem: str = ""
    """Why it could not be used; empty where it could."""
    reply: str = ""
    """At most 4,000 characters of it."""
    tokens: int | None = None
    """Of the completion, where the provider counts them."""
    prompt_tokens: int | None = None
    seconds: float = 0.0


class Asker:
    """Asks one model; safe to use from several threads.

    Args:
        model: as Inspect names it, or an Inspect model.
        settings: limits and temperatures.
        on_reply: is told of every reply as it comes.
    """

    def __init__(
        self,
        model: str | Model,
        settings: AskSettings | None = None,
        on_reply: Callable[[Asked], None] | None = None,
    ) -> None:
        require("llm", "inspect_ai")
        self.model = _model(model)
        self.settings = settings or AskSettings()
        self.log: list[Asked] = []
        """Every reply, in order."""
        self._silent = 0
        self._on_reply = on_reply

    @property
    def attempts(self) -> int:
        """Replies looked at for one answer: one where the model has gone silent."""
        return 1 if self._silent >= self.settings.patience else self.settings.attempts

    @property
    def tokens(self) -> tuple[int, int]:
        """Prompt and completion tokens so far, as far as the provider counts them."""
        return sum(one.prompt_tokens or 0 for one in self.log), sum(one.tokens or 0 for one in self.log)

    def fill(
        self,
        step: str,
        messages: Sequence[Message],
        form: type[Form],
        check: Callable[[Form], None] | None = None,
        temperature: float | None = None,
    ) -> Form:
        """Return the form that the model fills.

        Args:
            step: what is asked for; stands in the log.
            messages: the conversation; the form is added to the last message.
            form: what the reply must fill.
            check: raises UnusableReply where a filled form cannot be used all the same.
            temperature: None takes the one of manager and generator.

        Raises:
            Unanswered: no usable reply within the attempts.
            ConfigError: the model cannot be reached at all: wrong key, no access, no such model.
        """
        *before, (role, text) = messages
        asked = [*before, (role, f"{text}\n\n{prompts.FORM.format(shape=shape(form))}")]
        again: list[Message] = []
        problems: list[str] = []
        for attempt in range(1, self.attempts + 1):
            reply, failed = self._reply(step, attempt, [*asked, *again], temperature)
            if failed is not None:
                problems.append(failed.problem)
                self._note(failed)
                continue
            assert reply is not None
            try:
                found = filled(form, reply.reply)
                if check is not None:
                    check(found)
            except UnusableReply as error:
                kind: Kind = reply.kind if reply.kind != "ok" else error.kind
                problem = prompts.CUT if kind == "cut" else str(error)
                self._note(_shortened(reply.model_copy(update={"kind": kind, "problem": problem})))
                problems.append(problem)
                # Only the last reply is shown again, so that the conversation stays short.
                again = [
                    ("assistant", reply.reply[:_SHOWN] or "（空）"),
                    ("user", prompts.AGAIN.format(problem=problem)),
                ]
                continue
            self._note(_shortened(reply.model_copy(update={"kind": "ok"})))
            return found
        raise Unanswered(
            "the language model gave no usable reply", found="; ".join(dict.fromkeys(problems)), where=step,
            expected=f"one JSON object within {len(problems)} attempts",
        )  # fmt: skip

    def say(self, messages: Sequence[Message], temperature: float | None = None) -> str:
        """Return what the model writes, without its thinking; Unanswered where it writes nothing.

        >>> from humankind.testing.scripted import scripted
        >>> Asker(scripted(lambda call: "李白")).say([("user", "谁写了《静夜思》？")])
        '李白'
        """
        from humankind.kits.bench.thinking import split_thinking

        problem = ""
        for attempt in range(1, self.attempts + 1):
            reply, failed = self._reply("say", attempt, list(messages), temperature)
            if failed is None and reply is not None:
                answer = (split_thinking(reply.reply)[1] or "").strip()
                kind: Kind = reply.kind if answer else "empty"
                self._note(_shortened(reply.model_copy(update={"kind": kind})))
                if answer:
                    return answer
                problem = "empty reply"
            elif failed is not None:
                problem = failed.problem
                self._note(failed)
        raise Unanswered("the language model gave no usable reply", found=problem, where="say", expected="a text")

    def _reply(
        self, step: str, attempt: int, messages: Sequence[Message], temperature: float | None
    ) -> tuple[Asked | None, Asked | None]:
        """Return the reply, or else how the call failed."""
        started = time.monotonic()
        try:
            output = _wait_for(self._generate(step, attempt, messages, temperature))
        except Exception as error:  # each provider has errors of its own
            kind, problem = _failure(error, str(self.model))
            self._silent += 1
            spent = time.monotonic() - started
            return None, Asked(step=step, attempt=attempt, kind=kind, problem=problem, seconds=spent)
        self._silent = 0
        usage, choice = output.usage, output.choices[0] if output.choices else None
        stopped = choice.stop_reason if choice is not None else "stop"
        kinds: dict[str, Kind] = {"max_tokens": "cut", "model_length": "cut", "content_filter": "refusal"}
        made = Asked(
            step=step, attempt=attempt, kind=kinds.get(stopped, "ok"), reply=output.completion,
            tokens=usage.output_tokens if usage else None, prompt_tokens=usage.input_tokens if usage else None,
            seconds=time.monotonic() - started,
        )  # fmt: skip
        return made, None

    async def _generate(
        self, step: str, attempt: int, messages: Sequence[Message], temperature: float | None
    ) -> ModelOutput:
        from inspect_ai.model import GenerateConfig

        own = self.settings
        config = GenerateConfig(
            temperature=own.temperature if temperature is None else temperature,
            max_tokens=own.max_new_tokens,
            max_retries=own.retries if self._silent < own.patience else 0,
            timeout=own.timeout_s,
            attempt_timeout=own.attempt_timeout_s,
            seed=derive(own.seed, f"{step}/{attempt}"),
        )
        return await self.model.generate([_chat(role, text) for role, text in messages], config=config)

    def _note(self, asked: Asked) -> None:
        self.log.append(asked)
        if self._on_reply is not None:
            self._on_reply(asked)


def _chat(role: str, text: str) -> ChatMessage:
    from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser

    kinds = {"system": ChatMessageSystem, "assistant": ChatMessageAssistant, "user": ChatMessageUser}
    return kinds[role](content=text)


def _shortened(asked: Asked) -> Asked:
    return asked.model_copy(update={"reply": asked.reply[:_SHOWN]})


def _model(model: str | Model) -> Model:
    from inspect_ai.model import get_model

    if not isinstance(model, str):
        return model
    try:
        return get_model(model, memoize=False)
    except Exception as error:  # each provider has errors of its own
        raise ConfigError(
            "the language model cannot be reached", found=f"{type(error).__name__}: {error}", where=model,
            expected="a model as Inspect names it, with the key and package of its provider",
        ) from error  # fmt: skip


def _failure(error: BaseException, model: str) -> tuple[Kind, str]:
    """Return how a call failed; ConfigError where no repetition mends it."""
    from tenacity import RetryError

    if isinstance(error, RetryError):
        error = error.last_attempt.exception() or error
    status = getattr(error, "status_code", None)
    told = f"{type(error).__name__}: {str(error)[:300]}"
    if status in _HOPELESS:
        raise ConfigError(
            "the language model cannot be reached", found=told, where=model,
            remedy="mend the name of the model, its address or its key",
        ) from error  # fmt: skip
    if status == 429 or "ratelimit" in type(error).__name__.lower():
        return "rate-limit", told
    if isinstance(error, TimeoutError) or "timeout" in type(error).__name__.lower():
        return "timeout", told
    return "failed", told


def _wait_for(work: Coroutine[Any, Any, Result]) -> Result:
    """Return what a coroutine returns, run in the one event loop that all calls share.

    Connections of a provider belong to the loop in which they were opened, so there is one for the whole process; and
    the caller may itself stand inside another loop.
    """
    return asyncio.run_coroutine_threadsafe(work, _loop()).result()


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="naming-models", daemon=True).start()
    return loop
