"""Policies through Inspect on a toy model: what is forced, what the prompt shows, how the answer is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from humankind.kits.bench.questions import Question, Reply, Trial
from humankind.spine.errors import ConfigError
from humankind.spine.progress import SILENT
from humankind.systems.tom.answering import ask_under, read_of, reasons
from humankind.systems.tom.config import TomConfig
from humankind.systems.tom.s2f import PHRASES, hesitations
from humankind.systems.tom.thinking import CLOSE, OPEN, Vocabulary
from humankind.systems.tom.trials import make_trials

OPTIONS = ("zebra cupboard", "quince drawer", "walnut trunk")


def trials(n: int = 8) -> list[Trial]:
    questions = [
        Question(
            id=f"q{number}", suite="made", story=f"Ann put ball {number} somewhere{' and left' * (number % 3)}.",
            text="Where is it?", options=OPTIONS, gold=number % 3, answer=OPTIONS[number % 3], order=number % 5,
        )
        for number in range(n)
    ]  # fmt: skip
    return make_trials(questions, {})


def config(model: str, policy: str, **more: Any) -> TomConfig:
    return TomConfig.checked({"model": model, "policy": policy, "max_new_tokens": 60, "way": "text", **more})


class Recorder:
    """Writes down what a local model is asked, and lets it answer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from humankind.kits.llm.local import LocalModel

        self.prompts: list[str] = []
        self.scored: list[str] = []
        self.batches: list[int] = []
        self.ids: dict[str, tuple[int, ...]] = {}
        generate, likelihoods = LocalModel.generate, LocalModel.log_likelihoods

        def recorded(local: LocalModel, prompts: Sequence[str], decodings: Any) -> Any:
            self.prompts += prompts
            self.batches.append(len(prompts))
            made = generate(local, prompts, decodings)
            self.ids.update({prompt: one.token_ids for prompt, one in zip(prompts, made)})
            return made

        def scored(local: LocalModel, prompts: Sequence[str], options: Any) -> Any:
            self.scored += prompts
            return likelihoods(local, prompts, options)

        monkeypatch.setattr(LocalModel, "generate", recorded)
        monkeypatch.setattr(LocalModel, "log_likelihoods", scored)


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    return Recorder(monkeypatch)


def ask(asked: list[Trial], settings: TomConfig, folder: Path) -> list[Reply]:
    return ask_under(asked, settings, folder, SILENT)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("policy", ["s2f:1", "s2f:3+cap:20", "t2m:2+cap:30"])
def test_the_phrase_is_forced_once_and_hesitations_stay_below_the_threshold(
    toy: str, marked: Any, tmp_path: Path, recorder: Recorder, policy: str, temperature: float
) -> None:
    settings = config(toy, policy, temperature=temperature)
    vocabulary = Vocabulary(marked)
    waits = {ids[0] for ids in hesitations(vocabulary)}
    threshold = int(policy[4])
    replies = ask(trials(), settings, tmp_path)
    assert {reply.facts["trigger"] for reply in replies} & {"hesitation", "close"}
    for reply in replies:
        assert reply.text.startswith(f"{OPEN}\n")
        closed = reply.facts["trigger"] != "none"
        assert reply.text.count(PHRASES["en"]) == int(closed)
        if "cap" in policy:
            assert closed
            assert reply.n_thinking_tokens is not None
            assert reply.n_thinking_tokens <= int(policy.partition("cap:")[2])
            assert f"\n{CLOSE}" in reply.text
    phrase = vocabulary.ids(f"\n{PHRASES['en']}")
    for ids in recorder.ids.values():
        starts = [place for place in range(len(ids)) if ids[place : place + len(phrase)] == phrase]
        assert len(starts) <= 1
        assert sum(token in waits for token in ids[: starts[0] if starts else None]) <= threshold - 1


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_eight_at_once_equal_eight_alone(toy: str, tmp_path: Path, recorder: Recorder, temperature: float) -> None:
    """In float32, where rounding swaps no token."""
    settings = config(toy, "t2m:2+cap:25", temperature=temperature, connections=8)
    together = ask(trials(), settings, tmp_path / "together")
    assert max(recorder.batches) > 1  # how many wait at the same moment is a matter of timing
    at_once = dict(recorder.ids)
    recorder.ids.clear()
    alone = [ask([trial], settings, tmp_path / trial.id)[0] for trial in trials()]
    assert recorder.ids == at_once
    assert alone == together


def test_under_t2m_no_option_is_in_a_prompt_before_the_injection(toy: str, tmp_path: Path, recorder: Recorder) -> None:
    replies = ask(trials(), config(toy, "t2m:2+cap:10"), tmp_path)
    assert len(recorder.prompts) == 8
    for prompt in recorder.prompts:
        assert not any(option in prompt for option in OPTIONS)
        assert "A." not in prompt
        assert "Ann put ball" in prompt
    for reply in replies:
        before, phrase, after = reply.text.partition(PHRASES["en"])
        assert phrase
        assert not any(option in before for option in OPTIONS)
        shown = after.partition(CLOSE)[0]
        assert all(shown.count(option) == 1 for option in OPTIONS)


def test_under_s2f_the_options_stay_in_sight(toy: str, tmp_path: Path, recorder: Recorder) -> None:
    ask(trials(), config(toy, "s2f:2+cap:10"), tmp_path)
    assert all(option in prompt for prompt in recorder.prompts for option in OPTIONS)


def test_no_think_gives_an_empty_block(toy: str, tmp_path: Path, recorder: Recorder) -> None:
    replies = ask(trials(2), config(toy, "nothink"), tmp_path)
    assert all(prompt.endswith(f"{OPEN}\n\n{CLOSE}\n\n") for prompt in recorder.prompts)
    for reply in replies:  # a model that closes the block once more has thought after all
        assert (reply.n_thinking_tokens == 0) == (reply.text.count(CLOSE) == 1)
    scored = ask(trials(2), config(toy, "nothink", way="likelihood"), tmp_path / "scored")
    assert all(prompt.endswith(f"{OPEN}\n\n{CLOSE}\n\nAnswer:") for prompt in recorder.scored)
    assert all(reply.n_tokens == 0 and reply.right is not None for reply in scored)


def test_a_block_that_is_never_closed_is_unscored(toy: str, tmp_path: Path) -> None:
    replies = ask(trials(), config(toy, "s2f:9", max_new_tokens=5), tmp_path)
    open_ones = [reply for reply in replies if reply.facts["trigger"] == "none"]
    assert open_ones
    assert all("thinking was not closed" in reply.unscored for reply in open_ones)
    assert all(reply.right is None for reply in open_ones)


def test_the_answer_is_read_by_likelihood_behind_the_closed_block(toy: str, tmp_path: Path, recorder: Recorder) -> None:
    settings = config(toy, "s2f:1+cap:10", way="likelihood")
    replies = ask(trials(), settings, tmp_path)
    assert {reply.way for reply in replies} == {"likelihood"}
    assert all(reply.right is not None for reply in replies)
    assert all(len(reply.log_likelihoods) == 3 for reply in replies)
    assert all(max(range(3), key=reply.log_likelihoods.__getitem__) == reply.choice for reply in replies)
    assert all(reply.text.endswith(CLOSE) for reply in replies)
    for prompt in recorder.scored:
        assert prompt.endswith(f"{CLOSE}\n\nAnswer:")
        assert prompt.count(PHRASES["en"]) == 1


def test_read_by_likelihood_or_by_text_the_thoughts_are_the_same(toy: str, tmp_path: Path) -> None:
    for policy in ("s2f:2+cap:20", "t2m:2+cap:9", "cap:12"):
        settings = config(toy, policy)
        spoken = ask(trials(), settings, tmp_path / policy)
        scored = ask(trials(), settings.replaced("way", "likelihood"), tmp_path / f"{policy}-scored")
        for by_text, by_score in zip(spoken, scored):
            assert by_text.facts == by_score.facts
            assert by_text.n_thinking_tokens == by_score.n_thinking_tokens
            assert by_text.text.startswith(by_score.text)
            assert by_score.text.endswith(CLOSE)


def test_likelihoods_equal_those_of_the_whole_text_scored_by_hand(
    toy: str, marked: Any, tmp_path: Path, recorder: Recorder
) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    reply = ask(trials(1), config(toy, "t2m:1+cap:6", way="likelihood"), tmp_path)[0]
    model = AutoModelForCausalLM.from_pretrained(toy.removeprefix("humankind/"))
    for letter, expected in zip("ABC", reply.log_likelihoods):
        start = marked.encode(recorder.scored[0], add_special_tokens=False)
        whole = marked.encode(f"{recorder.scored[0]} {letter}", add_special_tokens=False)
        assert whole[: len(start)] == start
        with torch.inference_mode():
            table = model(torch.tensor([whole])).logits[0].float().log_softmax(-1)
        places = range(len(start), len(whole))
        assert sum(float(table[place - 1, whole[place]]) for place in places) == pytest.approx(expected, abs=1e-3)


def test_without_options_their_texts_are_scored_and_the_prompt_holds_none(
    toy: str, tmp_path: Path, recorder: Recorder
) -> None:
    from humankind.systems.tom.options import without_options

    bare = without_options(trials())
    for policy in ("plain", "s2f:2+cap:6"):
        recorder.scored.clear()
        settings = config(toy, policy, way="likelihood")
        replies = ask(bare, settings, tmp_path / policy)
        assert not any(option in prompt for prompt in recorder.scored for option in OPTIONS)
        for trial, reply in zip(bare, replies):
            assert reply.way == "likelihood"
            assert reply.right is (reply.choice == trial.question.gold)


def test_what_was_answered_is_not_asked_again(toy: str, tmp_path: Path, recorder: Recorder) -> None:
    settings = config(toy, "s2f:2+cap:10", way="likelihood")
    first = ask(trials(), settings, tmp_path)
    n = len(recorder.prompts)
    assert ask(trials(), settings, tmp_path) == first
    assert len(recorder.prompts) == n
    ask(trials(), settings.replaced("policy", "s2f:3+cap:10"), tmp_path)
    assert len(recorder.prompts) == 2 * n


def test_hiding_options_that_are_not_there_is_refused_before_anything_is_asked(toy: str, tmp_path: Path) -> None:
    asked = trials(1)[0]
    with pytest.raises(ConfigError, match="no options to hide"):
        ask([asked.model_copy(update={"shown": ()})], config(toy, "t2m:2"), tmp_path)


@pytest.mark.parametrize(
    ("model", "way", "problem"),
    [("humankind/smollm2", "constrained", "do not fit"), ("openai/x", "likelihood", "on this machine only")],
)
def test_ways_that_do_not_go_with_thoughts_are_refused(model: str, way: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        read_of(config(model, "s2f:2", way=way))


def test_models_that_reason_are_read_by_text_and_others_by_likelihood(toy: str, tmp_path: Path) -> None:
    assert not reasons(toy)
    assert read_of(config(toy, "s2f:2", way="auto")) == "likelihood"
    (tmp_path / "chat_template.jinja").write_text("{{ '<think>' }}")
    assert reasons(f"humankind/{tmp_path}")
    assert read_of(config(f"humankind/{tmp_path}", "s2f:2", way="auto")) == "text"
    assert not reasons("openai/gpt-4o")
