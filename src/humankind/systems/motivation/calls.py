"""Calls of the construction: asked once, written down at once, asked again only where a reply does not fill its form.

The journal has one line for each reply. A run that was killed reads its lines again instead of calling the model, so
that what was answered is never asked twice.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from humankind.spine.config import Section
from humankind.spine.errors import DataError, InputError
from humankind.spine.seeds import derive
from humankind.systems.motivation import wording
from humankind.systems.motivation.config import BuildConfig
from humankind.systems.motivation.forms import Form, UnusableReply, filled, shape

if TYPE_CHECKING:
    from inspect_ai.model import ChatMessage, Model


class GaveUp(Exception):
    """A step got no usable reply within its attempts."""

    def __init__(self, step: str, refused: tuple[str, ...]) -> None:
        self.step, self.refused = step, refused
        super().__init__(f"{step}: no usable reply in {len(refused)} attempts; the last: {refused[-1]}")


class Step(Section):
    """One step of a trail."""

    name: str
    attempts: int = Field(ge=1)
    refused: tuple[str, ...] = ()
    """Why earlier replies were not usable, in order."""
    accepted: dict[str, Any]
    """The reply that was taken, as JSON."""


class Journal:
    """Replies by key, in an append-only file that survives a kill at any moment."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.kept: dict[str, dict[str, Any]] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        content = path.read_bytes() if path.exists() else b""
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:  # a killed writer left half a line
            with path.open("rb+") as file:
                file.truncate(len(whole))
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                entry = json.loads(line)
                self.kept[entry["key"]] = entry
            except (ValueError, KeyError, TypeError):
                raise DataError(
                    "a line of the journal is damaged",
                    where=f"{path}, line {number}",
                    remedy="remove that line; its call is made again",
                ) from None

    def reply(self, key: str, digest: str) -> str | None:
        """Return the reply to a prompt, None where it was not given yet or to another prompt."""
        entry = self.kept.get(key)
        return entry["reply"] if entry is not None and entry["prompt"] == digest else None

    def keep(self, key: str, digest: str, reply: str, **facts: Any) -> None:
        """Write a reply down, on disk before this returns."""
        entry = {"key": key, "prompt": digest, "reply": reply, **facts}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.kept[key] = entry


class Caller:
    """Asks a model for filled forms on behalf of one text."""

    def __init__(self, model: Model, journal: Journal, config: BuildConfig, text_id: str) -> None:
        self.model, self.journal, self.config, self.text_id = model, journal, config, text_id
        self.steps: list[Step] = []

    async def ask(self, step: str, prompt: str, form: type[Form], check: Callable[[Form], None] | None = None) -> Form:
        """Return the form that the model fills at a step, and note the step in the trail.

        Args:
            step: name of the step, unique for the text.
            prompt: the task; the form is added to it.
            form: what the reply must fill.
            check: raises UnusableReply where a filled form is wrong in the light of earlier steps.

        Raises:
            GaveUp: no reply was usable within the attempts.
        """
        from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser

        messages: list[ChatMessage] = [
            ChatMessageSystem(content=wording.SYSTEM),
            ChatMessageUser(content=prompt + wording.FORM.format(schema=shape(form))),
        ]
        refused: list[str] = []
        for attempt in range(self.config.attempts):
            reply = await self._reply(f"{self.text_id}/{step}/{attempt}", messages, form)
            try:
                found = filled(form, reply)
                if check is not None:
                    check(found)
            except UnusableReply as error:
                refused.append(str(error))
                again = wording.AGAIN.format(error=error)
                messages += [ChatMessageAssistant(content=reply or "(nothing)"), ChatMessageUser(content=again)]
                continue
            accepted = found.model_dump(mode="json")
            self.steps.append(Step(name=step, attempts=attempt + 1, refused=tuple(refused), accepted=accepted))
            return found
        raise GaveUp(step, tuple(refused))

    async def _reply(self, key: str, messages: list[ChatMessage], form: type[Section]) -> str:
        digest = sha256("\n\n".join(f"{one.role}: {one.text}" for one in messages).encode()).hexdigest()[:16]
        kept = self.journal.reply(key, digest)
        if kept is not None:
            return kept
        try:
            output = await self.model.generate(list(messages), config=self._generation(key, form))
        except Exception as error:  # each provider has errors of its own; Inspect has retried what can be
            raise _unreachable(self.config.model, error) from error
        usage = output.usage
        facts = {"tokens": usage.output_tokens, "prompt_tokens": usage.input_tokens} if usage else {}
        self.journal.keep(key, digest, output.completion, stop=output.stop_reason, **facts)
        return output.completion

    def _generation(self, key: str, form: type[Section]) -> Any:
        from inspect_ai.model import GenerateConfig, ResponseSchema
        from inspect_ai.util import json_schema

        held = ResponseSchema(name=form.__name__, json_schema=json_schema(form))
        return GenerateConfig(
            temperature=self.config.temperature,
            top_p=self.config.top_p,
            max_tokens=self.config.max_new_tokens,
            seed=derive(self.config.seed, key),
            response_schema=held if self.config.structured == "auto" else None,
        )


def _unreachable(model: str, error: Exception) -> InputError:
    return InputError(
        "the model gave no reply",
        found=f"{type(error).__name__}: {error}",
        where=model,
        remedy="mend the cause, then go on with --resume; replies that came are kept",
    )
