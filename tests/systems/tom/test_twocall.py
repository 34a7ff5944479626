"""Two calls for models that show no tokens: what each is shown, where thoughts are cut, how efforts are passed on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.model import ContentReasoning, ContentText, GenerateConfig, ModelAPI, ModelOutput, ModelUsage, modelapi

from humankind.kits.bench.questions import Question, Reply
from humankind.spine.config import Config
from humankind.spine.progress import SILENT
from humankind.spine.runs import Run
from humankind.systems.tom.answering import ask_under
from humankind.systems.tom.config import TomConfig
from humankind.systems.tom.data import Suite
from humankind.systems.tom.effort import run_effort
from humankind.systems.tom.options import run_options
from humankind.systems.tom.s2f import WAIT
from humankind.systems.tom.trials import make_trials
from humankind.systems.tom.twocall import cut

OPTIONS = ("zebra cupboard", "quince drawer", "walnut trunk")
THOUGHTS = "Ann left. Wait, Ben moved it. Hmm, wait. She waits. Wait, no."

Script = Callable[[list[Any], GenerateConfig], ModelOutput]
CALLS: list[tuple[list[Any], GenerateConfig]] = []
SCRIPT: dict[str, Script] = {}


class Told(ModelAPI):
    """A remote chat model that says what the test tells it to."""

    async def generate(self, input: Any, tools: Any, tool_choice: Any, config: GenerateConfig) -> ModelOutput:
        CALLS.append((input, config))
        return SCRIPT["say"](input, config)


@modelapi(name="told")
def told() -> type[ModelAPI]:
    return Told


def said(content: Any, n_tokens: int = 7, reason: Any = "stop", reasoning: int | None = None) -> ModelOutput:
    output = ModelOutput.from_content("told", content, stop_reason=reason)
    output.usage = ModelUsage(input_tokens=10, output_tokens=n_tokens, total_tokens=10, reasoning_tokens=reasoning)
    return output


def thinks_then_answers(messages: list[Any], config: GenerateConfig) -> ModelOutput:
    return said("B", 1) if len(messages) > 1 else said(THOUGHTS, 20)


@pytest.fixture(autouse=True)
def _script() -> None:
    CALLS.clear()
    SCRIPT["say"] = thinks_then_answers


def suite(n: int = 3) -> Suite:
    questions = tuple(
        Question(
            id=f"q{number}", suite="made", story=f"Ann put ball {number} away.", text="Where is it?", options=OPTIONS,
            gold=1, answer=OPTIONS[1], order=number % 2, group=f"s{number}",
        )
        for number in range(n)
    )  # fmt: skip
    return Suite(name="made", title="made", questions=questions)


def ask(policy: str, folder: Path, **more: Any) -> list[Reply]:
    config = TomConfig.checked({"model": "told/model", "policy": policy, "max_new_tokens": 99, **more})
    return ask_under(make_trials(suite().questions, {}), config, folder, SILENT)


def test_thoughts_are_cut_before_the_hesitation_that_is_one_too_many(tmp_path: Path) -> None:
    replies = ask("s2f:2", tmp_path)
    assert len(CALLS) == 6
    second = [messages for messages, _ in CALLS if len(messages) > 1]
    for messages in second:
        assert [message.role for message in messages] == ["user", "assistant", "user"]
        assert messages[1].text == "Ann left. Wait, Ben moved it. Hmm,"
        assert "first intuition" in messages[2].text
    for reply in replies:
        assert reply.right
        assert reply.way == "text"
        assert reply.text == "<think>\nAnn left. Wait, Ben moved it. Hmm,\n</think>\nB"
        assert (reply.facts["calls"], reply.facts["trigger"], reply.facts["hesitations"]) == ("two", "hesitation", 1)
        assert (reply.n_tokens, reply.n_thinking_tokens) == (21, 20)


def test_under_t2m_the_first_call_holds_no_option_and_the_second_all(tmp_path: Path) -> None:
    ask("t2m:9", tmp_path)
    for messages, _ in CALLS:
        whole = "".join(message.text for message in messages)
        if len(messages) == 1:
            assert not any(option in whole for option in OPTIONS)
            assert "Ann put ball" in whole
        else:
            assert not any(option in messages[0].text + messages[1].text for option in OPTIONS)
            assert all(messages[2].text.count(option) == 1 for option in OPTIONS)


def test_a_cap_limits_the_first_call_alone(tmp_path: Path) -> None:
    SCRIPT["say"] = lambda messages, _: said("B", 1) if len(messages) > 1 else said("half a tho", 5, "max_tokens")
    replies = ask("cap:5", tmp_path)
    assert {config.max_tokens for messages, config in CALLS if len(messages) == 1} == {5}
    assert {config.max_tokens for messages, config in CALLS if len(messages) > 1} == {99}
    assert {reply.facts["trigger"] for reply in replies} == {"cap"}


def test_reasoning_that_the_provider_tells_apart_is_cut_too(tmp_path: Path) -> None:
    def reasons(messages: list[Any], config: GenerateConfig) -> ModelOutput:
        if len(messages) > 1:
            return said("B", 3, reasoning=2)
        return said([ContentReasoning(reasoning="so. wait. wait."), ContentText(text="It is there.")], 9, reasoning=6)

    SCRIPT["say"] = reasons
    replies = ask("s2f:2", tmp_path)
    assert all("<think>\nso. wait.\n</think>" in reply.text for reply in replies)
    assert all(reply.facts["reasoned_again"] for reply in replies)


def test_no_think_asks_once_for_no_effort(tmp_path: Path) -> None:
    SCRIPT["say"] = lambda messages, _: said("B", 1)
    replies = ask("nothink", tmp_path)
    assert len(CALLS) == 3
    assert {config.reasoning_effort for _, config in CALLS} == {"none"}
    assert all(reply.right for reply in replies)


def test_efforts_are_passed_on_and_compared(tmp_path: Path) -> None:
    def tires(messages: list[Any], config: GenerateConfig) -> ModelOutput:
        return said("B", 4) if config.reasoning_effort == "low" else said("A", 40)

    SCRIPT["say"] = tires
    config = TomConfig(model="told/model", way="text", suite="made")
    with Run.start(tmp_path / "run", command="t", config=Config(), system="tom") as run:
        found = run_effort(config, suite(30), run, SILENT, ("low", "high"))
    assert len(CALLS) == 60
    assert found.figure is not None
    assert found.figure.value == -1
    assert [row[-1] for row in found.tables[0].rows] == [4.0, 40.0]


def test_options_are_removed_from_the_prompt_and_the_answer_is_read_from_words(tmp_path: Path) -> None:
    def leans(messages: list[Any], config: GenerateConfig) -> ModelOutput:
        return said("A" if OPTIONS[0] in messages[-1].text else "In the quince drawer.")

    SCRIPT["say"] = leans
    config = TomConfig(model="told/model", way="text", suite="made")
    with Run.start(tmp_path / "run", command="t", config=Config(), system="tom") as run:
        found = run_options(config, suite(30), run, SILENT)
    bare = [messages[-1].text for messages, _ in CALLS if OPTIONS[0] not in messages[-1].text]
    assert len(bare) == 30
    assert not any(option in text for text in bare for option in OPTIONS)
    assert [figure.value for figure in found.figures] == [1.0, 0.0, 1.0]


@given(st.lists(st.sampled_from([*WAIT, "waited", "await", "box", "A."]), max_size=30), st.integers(1, 4))
def test_at_most_one_hesitation_fewer_than_the_threshold_is_left(words: list[str], threshold: int) -> None:
    whole = " ".join(word.strip() for word in words)
    found = cut(whole, threshold)
    left = sum(word in ("wait", "Wait") for word in found.text.split())
    assert left == found.hesitations == min(threshold - 1, sum(word.strip() in ("wait", "Wait") for word in words))
    assert whole.startswith(found.text)
    assert (found.trigger == "hesitation") == (found.text != whole)
