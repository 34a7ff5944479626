"""What Inspect's log shows of likelihoods: the rendered prompt, the scores, tokens; and why a story was not asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalLog, read_eval_log
from inspect_ai.model import Model

from humankind.kits.bench.asking import LOGS, ask
from humankind.kits.bench.questions import Question, Trial
from humankind.spine.errors import ConfigError
from humankind.testing.scripted import constant, record_of, scripted

OPTIONS = ("red", "blue", "green")


def trials(*stories: str) -> list[Trial]:
    return [
        Trial(
            id=f"q{number}#0",
            question=Question(id=f"q{number}", suite="test", text="Which?", options=OPTIONS, gold=1),
            shown=(2, 1, 0),
            prompt=f"{story} Which?\nA. green\nB. blue\nC. red",
        )
        for number, story in enumerate(stories)
    ]


def only_log(folder: Path) -> EvalLog:
    (file,) = (folder / LOGS).glob("*.eval")
    return read_eval_log(str(file), resolve_attachments=True)


def model_that_prefers_b(longest: int = 10**6) -> Model:
    """A model that scores letters, counts words as tokens and refuses prompts of more than `longest` of them."""

    def scores(prompt: str, options: Sequence[str]) -> list[float]:
        if len(prompt.split()) > longest:
            raise ConfigError(
                "the prompt does not fit the model's context",
                found=f"{len(prompt.split())} tokens and 1 for the answer",
                expected=f"at most {longest} tokens together",
            )
        return [-2.0 + (option.strip() == "B") for option in options]

    model: Any = scripted(constant("A"), scores=scores)
    model.api.count = lambda prompt: len(prompt.split())
    return model


def test_the_log_shows_prompt_scores_and_tokens_of_a_likelihood(tmp_path: Path) -> None:
    model = model_that_prefers_b()
    replies = ask(trials("One.", "Two words."), model, "likelihood", tmp_path)
    asked = dict(record_of(model).scored)
    log = only_log(tmp_path)
    for sample, reply in zip(log.samples or [], replies, strict=True):
        (event,) = [event for event in sample.events if isinstance(event, ModelEvent)]
        assert event.call is not None
        assert event.call.response is not None
        assert event.error is None
        prompt = str(event.call.request["prompt"])
        assert prompt.endswith("<assistant>Answer:")
        assert asked[prompt] == (" A", " B", " C")
        assert event.call.response["log_likelihoods"] == {" A": -2.0, " B": -1.0, " C": -2.0}
        assert event.output.completion.startswith("log-likelihoods: B -1.0000")
        assert sample.messages[-1].text == event.output.completion
        assert event.output.usage is not None
        assert event.output.usage.input_tokens == len(prompt.split()) == reply.n_prompt_tokens
        assert event.output.usage.output_tokens == 0
        assert sample.model_usage[str(model)].input_tokens == len(prompt.split())
        assert (reply.n_tokens, reply.text, reply.choice) == (None, "", 1)  # nothing was written
    assert log.stats.model_usage[str(model)].input_tokens == sum(reply.n_prompt_tokens or 0 for reply in replies)


def test_without_a_count_of_tokens_none_is_made_up(tmp_path: Path) -> None:
    model = scripted(constant("A"), scores=lambda prompt, options: [0.0, -1.0, -2.0])
    (reply,) = ask(trials("One."), model, "likelihood", tmp_path)
    (sample,) = only_log(tmp_path).samples or []
    assert reply.n_prompt_tokens is None
    assert sample.output.usage is None
    assert reply.choice == 2


def test_a_story_that_is_too_long_among_others_keeps_both_lengths(tmp_path: Path) -> None:
    asked = trials("One.", "word " * 200, "Two.")
    replies = ask(asked, model_that_prefers_b(longest=50), "likelihood", tmp_path)
    assert [reply.right for reply in replies] == [True, None, True]
    assert replies[1].unscored == "the prompt does not fit the model's context"  # one reason, whatever the lengths
    assert "208 tokens and 1 for the answer" in replies[1].reason
    assert "at most 50 tokens" in replies[1].reason
    assert replies[0].reason == ""
    sample = next(sample for sample in only_log(tmp_path).samples or [] if sample.id == "q1#0")
    told = str((sample.scores or {})["verdict"].metadata)
    assert "208 tokens and 1 for the answer" in told


@pytest.mark.parametrize("connections", [None, 2])
def test_calls_that_wait_together_still_run_together(tmp_path: Path, connections: int | None) -> None:
    """Inspect's own default of ten connections would cut the batches of likelihoods."""
    import asyncio

    model: Any = model_that_prefers_b()
    running = most = 0
    score = model.api.log_likelihoods

    async def slowly(prompt: str, options: Sequence[str]) -> Sequence[float]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.3)
        running -= 1
        return await score(prompt, options)

    model.api.log_likelihoods = slowly
    ask(trials(*map(str, range(30))), model, "likelihood", tmp_path, max_connections=connections)
    assert most == (connections or 30)
