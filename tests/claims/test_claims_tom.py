"""Do S2F, T2M and the cap mend the faults they are meant for, on models in which those faults were planted?

The models speak token by token and follow a plan: one is right at first and talks itself out of it after the third
"wait"; one matches the first option as soon as it sees options, and reasons well as long as it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.model import GenerateConfig, ModelAPI, modelapi

from humankind.kits.bench.questions import LETTERS, Question
from humankind.kits.llm.rules import Decoding, Generation
from humankind.spine.progress import SILENT
from humankind.systems.tom.config import TomConfig
from humankind.systems.tom.data import Suite
from humankind.systems.tom.study import Answered, ask_all, difference

PLACES = ("green box", "blue bag", "red chest", "old pan")


class Tokens:
    """Every character is a token, but for the closing mark and the words of hesitation."""

    words = ("</think>", " wait", " Wait", "wait", "Wait")
    eos_token_id = 0
    unk_token_id = None

    def encode(self, text: str, add_special_tokens: bool = False) -> list[int]:
        found = []
        while text:
            word = next((word for word in self.words if text.startswith(word)), text[0])
            found.append(self.words.index(word) + 1 if word in self.words else ord(word) + 100)
            text = text[len(word) :]
        return found

    def decode(self, ids: list[int]) -> str:
        return "".join(self.words[token - 1] if token < 100 else chr(token - 100) for token in ids if token)


class Planned(ModelAPI):
    """A model on this machine whose next token follows from the text so far."""

    plan: Callable[[str, str], str]

    def __init__(self, model_name: str, *_: Any, config: GenerateConfig = GenerateConfig(), **__: Any) -> None:  # noqa: B008
        super().__init__(model_name, config=config)
        self.tokenizer, self.end_tokens = Tokens(), [0]
        self.plan = {"overthinker": overthinker, "matcher": matcher, "steady": steady}[model_name]

    @property
    def local(self) -> Any:
        return self

    def render(self, messages: Any, continuation: str = "") -> str:
        return "\n".join(message["content"] for message in messages) + f"\n<think>\n{continuation}"

    async def generate(self, *_: Any) -> Any:
        raise AssertionError("policies ask token by token")

    async def decode(self, prompt: str, decoding: Decoding) -> Generation:
        rule = decoding.rule() if decoding.rule is not None else None
        ids: list[int] = []
        while len(ids) < decoding.max_new_tokens:
            wanted = self.plan(prompt, self.tokenizer.decode(ids))
            token = self.tokenizer.encode(wanted)[0] if wanted else 0
            token = rule.next(ids, token) if rule is not None else token
            if token == 0:
                return Generation(self.tokenizer.decode(ids), tuple(ids), 1, "stop", rule)
            ids.append(token)
        return Generation(self.tokenizer.decode(ids), tuple(ids), 1, "length", rule)


@modelapi(name="planned")
def planned() -> type[ModelAPI]:
    return Planned


def thinks(prompt: str, said: str, thoughts: str) -> str:
    """Go on with thoughts, close the block, then name the option that the thoughts ended on."""
    if "</think>" not in said:
        rest = thoughts[len(said) :] if thoughts.startswith(said) else ""
        return rest or "</think>"
    before, _, answer = said.partition("</think>")
    if answer:
        return ""
    options = dict(
        (line[3:], line[0]) for line in (prompt + before).splitlines() if line[1:3] == ". " and line[0] in LETTERS
    )
    lastly = [place for place in sorted(options, key=before.partition("\nOptions")[0].rfind) if place in before]
    return options[lastly[-1]] if lastly else "A"


def truth(prompt: str) -> str:
    return prompt.partition("saw it in the ")[2].partition(".")[0]


def decoy(prompt: str) -> str:
    return prompt.partition("now lies in the ")[2].partition(".")[0]


def overthinker(prompt: str, said: str) -> str:
    right, wrong = truth(prompt), decoy(prompt)
    return thinks(prompt, said, f"Ann saw the {right}. wait, so the {right}? wait, the {right}. wait, no: the {wrong}.")


def matcher(prompt: str, said: str) -> str:
    first = prompt.partition("\nA. ")[2].partition("\n")[0]
    return thinks(prompt, said, f"It is the {first}." if first else f"Ann saw the {truth(prompt)}.")


def steady(prompt: str, said: str) -> str:
    return thinks(prompt, said, f"Ann saw the {truth(prompt)}. wait, yes.")


def suite(n: int = 40) -> Suite:
    questions = []
    for number in range(n):
        gold, other = number % 4, (number + 1 + number // 4 % 3) % 4
        questions.append(
            Question(
                id=f"q{number}", suite="planned", options=PLACES, gold=gold, answer=PLACES[gold], order=1,
                story=f"Ann saw it in the {PLACES[gold]}. It now lies in the {PLACES[other]}.",
                text="Where will Ann look?",
            )
        )  # fmt: skip
    return Suite(name="planned", title="planned", questions=tuple(questions))


def gain(model: str, policy: str, over: str, folder: Path) -> tuple[float, float, float]:
    """Return the accuracy under a policy minus that under another, with the ends of its interval."""
    measured = difference(*answers(model, (policy, over), folder), 0)
    return measured.value, measured.low, measured.high


def answers(model: str, policies: tuple[str, ...], folder: Path) -> list[list[Answered]]:
    """Return the answers under each policy; every one must have a verdict."""
    found = [
        ask_all(
            TomConfig(model=f"planned/{model}", policy=one, way="text", max_new_tokens=400), suite(),
            folder / one.replace(":", "-"), SILENT,
        )
        for one in policies
    ]  # fmt: skip
    assert all(answer.right is not None for some in found for answer in some)
    return found


FREE = "cap:399"
"""Thinking that nobody ends: the cap is never reached."""


def test_s2f_mends_a_model_that_talks_itself_out_of_the_right_answer(tmp_path: Path) -> None:
    assert gain("overthinker", "s2f:3", FREE, tmp_path)[1] > 0.9


def test_with_a_threshold_beyond_its_hesitations_the_model_goes_wrong_as_before(tmp_path: Path) -> None:
    assert gain("overthinker", "s2f:4", FREE, tmp_path)[0] == 0


def test_a_cap_before_the_change_of_mind_mends_it_too(tmp_path: Path) -> None:
    assert gain("overthinker", "cap:25", FREE, tmp_path)[1] > 0.9


def test_t2m_mends_a_model_that_matches_options_and_s2f_does_not(tmp_path: Path) -> None:
    assert gain("matcher", "t2m:3", FREE, tmp_path / "t2m")[1] > 0.5
    in_sight = answers("matcher", ("s2f:3", FREE), tmp_path / "s2f")
    assert [sum(bool(answer.right) for answer in some) for some in in_sight] == [10, 10]  # the first option's share


@pytest.mark.parametrize("policy", ["s2f:3", "t2m:3"])
def test_a_model_without_the_fault_is_left_right(tmp_path: Path, policy: str) -> None:
    gated, free = answers("steady", (policy, FREE), tmp_path)
    assert all(answer.right for answer in (*gated, *free))
