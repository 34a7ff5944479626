"""A scripted model that plays writer, critics, modifier and adjusters, and counts what it was asked.

Run as a program it builds in a process of its own, so that a test can kill it: troupe.py TEXTS OUT LOG DELAY_S
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inspect_ai.model import ChatMessage, GenerateConfig, Model, ModelOutput, ModelUsage, get_model

KINDS = ("surface", "gold", "too_rational", "other_desire", "too_idealistic", "opposite")
STEM = " ".join(f"Detail {n} of the morning was told to her." for n in range(6))


def question(mark: str) -> dict[str, Any]:
    options = [{"text": f"She takes way {n} because of {mark} there.", "kind": kind} for n, kind in enumerate(KINDS)]
    return {"stem": STEM, "question": f"What is likely, {mark}?", "options": options}


class Troupe:
    """Answers each step as a model that keeps every rule would; `change` may spoil a reply.

    Args:
        change: gets step, number of earlier calls of this step, and the reply; returns the reply to give.
        delay_s: how long each call takes.
        log: a file that gets one line a call.
        strict: critics are content with a revision only.
    """

    def __init__(
        self,
        change: Callable[[str, int, str], str] = lambda step, n, reply: reply,
        delay_s: float = 0,
        log: str = "",
        strict: bool = False,
    ) -> None:
        self.change, self.delay_s, self.log, self.strict = change, delay_s, log, strict
        self.asked: list[str] = []
        self.prompts: list[str] = []
        self.configs: list[GenerateConfig] = []

    @property
    def model(self) -> Model:
        return get_model("mockllm/model", custom_outputs=self, memoize=False)

    async def __call__(
        self, messages: list[ChatMessage], tools: Any, choice: Any, config: GenerateConfig
    ) -> ModelOutput:
        step = step_of(messages[1].text)
        reply = self.change(step, self.asked.count(step), json.dumps(self.play(step, messages[1].text)))
        self.asked.append(step)
        self.prompts.append(messages[-1].text)
        self.configs.append(config)
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        if self.log:
            with Path(self.log).open("a", encoding="utf-8") as file:
                file.write(f"{step} {hash_of(messages)}\n")
        output = ModelOutput.from_content("troupe", reply)
        output.usage = ModelUsage(input_tokens=1, output_tokens=1)  # or a tokenizer would be fetched to count them
        return output

    def play(self, step: str, prompt: str) -> dict[str, Any]:
        match step:
            case "extract":
                name = re.search(r"begins with ([A-Z])", prompt)
                return {
                    "usable": True,
                    "identity": f"{name[1] if name else 'X'}ana, a baker.",
                    "scenario": "The oven was cold at four.",
                    "motivation": "She cannot bear to be late.",
                    "behaviour": "She runs to the mill.",
                    "desire": "order",
                }
            case "write" | "modify":
                return {kind: question(f"{step}-{kind}") for kind in TYPES}
            case "critic":
                content = not self.strict or "modify-" in prompt
                return {"no_issues": content, "suggestion": "" if content else "Shorter."}
            case _:
                return question(step) | {"analysis": [f"line {n}" for n in range(6)]}


TYPES = ("motivation", "behaviour", "motivation_and_behaviour")


def step_of(prompt: str) -> str:
    """Say which step a prompt is of, by its first words."""
    starts = {
        "Read the text": "extract", "Invent an everyday": "extract", "Write three": "write",
        "You check": "critic", "Here are three": "modify", "Here is one": "adjust",
    }  # fmt: skip
    return next(step for start, step in starts.items() if prompt.startswith(start))


def hash_of(messages: list[ChatMessage]) -> str:
    from hashlib import sha256

    return sha256("|".join(one.text for one in messages).encode()).hexdigest()[:12]


def main() -> None:
    from humankind.spine.progress import SILENT
    from humankind.spine.runs import Run
    from humankind.systems.motivation import workflow
    from humankind.systems.motivation.config import BuildConfig

    texts, out, log, delay_s = sys.argv[1:]
    from humankind.kits.bench import session

    model = Troupe(delay_s=float(delay_s), log=log, strict=True).model
    session.usable = lambda name: model
    config = BuildConfig(model="mockllm/model", connections=2)
    with Run.start(Path(out), command="troupe", config=config, resume=True, system="motivation") as run:
        workflow.build_in(run, config, workflow.texts_for(Path(texts), config), SILENT)


if __name__ == "__main__":
    main()
