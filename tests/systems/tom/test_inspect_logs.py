"""What Inspect's log shows of a policy: the rendered prompt, what the model wrote, scores of letters, tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalSample, read_eval_log

from humankind.kits.bench.asking import LOGS
from humankind.kits.bench.questions import Question, Trial
from humankind.spine.progress import SILENT
from humankind.systems.tom.answering import ask_under
from humankind.systems.tom.config import TomConfig
from humankind.systems.tom.s2f import PHRASES
from humankind.systems.tom.thinking import CLOSE, OPEN
from humankind.systems.tom.trials import make_trials

OPTIONS = ("zebra cupboard", "quince drawer", "walnut trunk")


def trials(n: int = 3) -> list[Trial]:
    questions = [
        Question(
            id=f"q{number}", suite="made", story=f"Ann put ball {number} somewhere.", text="Where is it?",
            options=OPTIONS, gold=0, answer=OPTIONS[0],
        )
        for number in range(n)
    ]  # fmt: skip
    return make_trials(questions, {})


def logged(toy: str, policy: str, folder: Path, **more: Any) -> list[EvalSample]:
    config = TomConfig.checked({"model": toy, "policy": policy, "max_new_tokens": 60, **more})
    ask_under(trials(), config, folder, SILENT)
    (file,) = (folder / LOGS).glob("*.eval")
    return list(read_eval_log(str(file), resolve_attachments=True).samples or [])


def calls(sample: EvalSample) -> list[ModelEvent]:
    return [event for event in sample.events if isinstance(event, ModelEvent)]


@pytest.mark.parametrize("policy", ["s2f:1+cap:20", "t2m:1+cap:20"])
def test_a_gate_is_shown_as_two_calls(toy: str, tmp_path: Path, policy: str) -> None:
    for sample in logged(toy, policy, tmp_path, way="likelihood"):
        thought, scored = calls(sample)
        assert thought.call is not None
        assert scored.call is not None
        assert scored.call.response is not None
        prompt = str(thought.call.request["prompt"])
        assert prompt.endswith(f"{OPEN}\n")
        assert "trigger" in (thought.call.response or {})
        assert PHRASES["en"] in thought.output.completion
        assert thought.output.completion.endswith(CLOSE)
        assert str(scored.call.request["prompt"]).startswith(prompt)
        assert str(scored.call.request["prompt"]).endswith(f"{CLOSE}\n\nAnswer:")
        assert set(scored.call.response["log_likelihoods"]) == {" A", " B", " C"}  # ty: ignore[invalid-argument-type]
        for event in (thought, scored):
            assert event.output.usage is not None
            assert event.output.usage.input_tokens > 10
        assert sample.model_usage[toy].output_tokens == sample.output.usage.output_tokens > 0  # ty: ignore
        assert [message.text for message in sample.messages[-2:]] == [
            thought.output.completion, scored.output.completion,
        ]  # fmt: skip


def test_under_t2m_the_log_shows_that_the_options_were_hidden(toy: str, tmp_path: Path) -> None:
    for sample in logged(toy, "t2m:1+cap:20", tmp_path, way="text"):
        (thought,) = calls(sample)
        assert thought.call is not None
        for text in (str(thought.call.request["prompt"]), *(message.text for message in thought.input)):
            assert not any(option in text for option in OPTIONS)
        assert all(option in thought.output.completion for option in OPTIONS)
        assert not any(option in sample.messages[0].text for option in OPTIONS)


def test_plain_likelihoods_and_no_think_are_shown_too(toy: str, tmp_path: Path) -> None:
    for policy in ("plain", "nothink"):
        for sample in logged(toy, policy, tmp_path / policy, way="likelihood"):
            (scored,) = calls(sample)
            assert scored.call is not None
            assert str(scored.call.request["prompt"]).endswith("Answer:")
            assert scored.output.usage is not None
            assert scored.output.usage.input_tokens > 10
            assert sample.output.usage is not None
            assert sample.output.usage.input_tokens == scored.output.usage.input_tokens
