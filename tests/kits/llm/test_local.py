"""Scores beside a plain computation, and completions that do not depend on their batch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from humankind.kits.llm import scoring
from humankind.kits.llm.local import LocalModel
from humankind.kits.llm.rules import Decoding
from humankind.kits.llm.scoring import Job, batches, grouped
from humankind.spine.errors import ConfigError, DataError

STEM = "the cat sat on a mat and then ran away to see whether there was any milk left in "
PROMPTS = [
    STEM + "A the mat B the milk yes",
    STEM + "A the milk B the mat yes",
    STEM + "A milk B mat C cat no",
    "a cat",
    STEM,
    "see whether there was any milk",
]
OPTIONS = [
    [" A", " B"],
    [" A", " B", " C"],
    [" the cat", " milk and mat", " A"],
    [" ran away", " sat"],
    ["A", "B", "the"],
    [" left in a mat", " left", " then"],
]


def plain_score(model: LocalModel, prompt: str, option: str) -> float:
    """Return the sum of log-probabilities of an option's tokens, one sequence at a time."""
    start, whole = model.tokens(prompt), model.tokens(prompt + option)
    assert whole[: len(start)] == start
    with torch.no_grad():
        table = model.model(input_ids=torch.tensor([whole])).logits[0].log_softmax(-1)
    return sum(table[place - 1, whole[place]].item() for place in range(len(start), len(whole)))


def test_log_likelihoods_equal_a_plain_computation(tiny: LocalModel) -> None:
    found = tiny.log_likelihoods(PROMPTS, OPTIONS)
    for prompt, options, scores in zip(PROMPTS, OPTIONS, found):
        assert len(scores) == len(options)
        for option, score in zip(options, scores):
            if prompt == STEM:  # ends with a space, which its options take over
                continue
            assert score.log_prob == pytest.approx(plain_score(tiny, prompt, option), abs=1e-4)
            assert score.n_tokens == len(tiny.tokens(prompt + option)) - len(tiny.tokens(prompt))


def test_sharing_changes_nothing(tiny: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = tiny.log_likelihoods(PROMPTS, OPTIONS)
    monkeypatch.setattr(scoring, "_WORTH", 10**9)
    monkeypatch.setattr(scoring, "_ROWS", 1)
    alone = tiny.log_likelihoods(PROMPTS, OPTIONS)
    for a, b in zip(shared, alone):
        for x, y in zip(a, b):
            assert x.log_prob == pytest.approx(y.log_prob, abs=1e-4)


def test_sharing_saves_the_stem() -> None:
    stem = tuple(range(100))
    jobs = [Job((*stem, 200 + n, 7), ((101, 1),)) for n in range(6)]
    (group,) = grouped(jobs)
    assert group.shared == 100
    assert sorted(group.jobs) == list(range(6))


@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=40), min_size=1, max_size=30))
@settings(max_examples=60)
def test_groups_hold_every_job_once_and_share_what_they_say(sequences: list[list[int]]) -> None:
    jobs = [Job(tuple(ids), ((len(ids) - 1, 0),)) for ids in sequences]
    groups = grouped(jobs)
    assert sorted(n for group in groups for n in group.jobs) == list(range(len(jobs)))
    for group in groups:
        beginnings = {jobs[n].ids[: group.shared] for n in group.jobs}
        assert len(beginnings) == 1
        assert all(group.shared <= jobs[n].first for n in group.jobs)
    assert sorted(n for batch in batches(jobs, groups) for group in batch for n in group.jobs) == list(range(len(jobs)))


def test_a_joined_border_is_scored_from_the_same_token_for_all(tiny: LocalModel) -> None:
    """After "in " the tokenizer takes the space into the option: all options are scored with it."""
    prompt, options = "left in ", ["A", "the"]
    found = tiny.log_likelihoods([prompt], [options])[0]
    for option, score in zip(options, found):
        assert score.log_prob == pytest.approx(plain_score(tiny, "left in", f" {option}"), abs=1e-4)


def test_next_logits(tiny: LocalModel) -> None:
    found = tiny.next_logits(PROMPTS[:2])
    with torch.no_grad():
        expected = tiny.model(input_ids=torch.tensor([tiny.tokens(PROMPTS[1])])).logits[0, -1]
    torch.testing.assert_close(found[1], expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_batch_of_eight_equals_eight_single_runs(tiny: LocalModel, temperature: float) -> None:
    prompts = [*PROMPTS, "ran", "yes no yes"]
    decoding = Decoding(max_new_tokens=12, temperature=temperature, top_p=0.9 if temperature else 1.0, seed=3)
    together = tiny.generate(prompts, decoding)
    alone = [tiny.generate([prompt], decoding)[0] for prompt in prompts]
    assert [g.token_ids for g in together] == [g.token_ids for g in alone]
    assert len({g.token_ids for g in together}) > 4


def test_seeds(tiny: LocalModel) -> None:
    def draw(seed: int, temperature: float) -> tuple[int, ...]:
        return tiny.generate(["the cat"], Decoding(16, temperature, seed=seed))[0].token_ids

    assert draw(1, 1.0) == draw(1, 1.0)
    assert len({draw(seed, 1.0) for seed in range(5)}) > 1
    assert draw(1, 0.0) == draw(2, 0.0)


def test_greedy_is_the_likeliest_token(tiny: LocalModel) -> None:
    ids = tiny.tokens("the cat sat")
    made = tiny.generate(["the cat sat"], Decoding(5))[0].token_ids
    for token in made:
        with torch.no_grad():
            assert tiny.model(input_ids=torch.tensor([ids])).logits[0, -1].argmax().item() == token
        ids.append(token)


def test_sampling_follows_the_distribution(tiny: LocalModel) -> None:
    probs = tiny.next_logits(["the"])[0].softmax(0)
    n = 400
    draws = [tiny.generate(["the"], Decoding(1, 1.0, seed=seed))[0].token_ids for seed in range(n)]
    top = int(probs.argmax())
    share = sum(draw[:1] == (top,) for draw in draws) / n
    assert share == pytest.approx(probs[top].item(), abs=4 * (0.25 / n) ** 0.5)


def test_top_p_keeps_to_the_likely_tokens(tiny: LocalModel) -> None:
    probs = tiny.next_logits(["the"])[0].softmax(0)
    ordered = probs.sort(descending=True)
    allowed = set(ordered.indices[: int((ordered.values.cumsum(0) < 0.5).sum()) + 1].tolist())
    drawn = {tiny.generate(["the"], Decoding(1, 1.0, 0.5, seed))[0].token_ids for seed in range(60)}
    ends = {()} if set(tiny.end_tokens) & allowed else set()
    assert drawn <= {(token,) for token in allowed} | ends


class Say:
    """Forces given tokens from a place on."""

    def __init__(self, at: int, tokens: Sequence[int]) -> None:
        self.at, self.tokens, self.seen = at, tokens, 0

    def next(self, generated: Sequence[int], proposed: int) -> int:
        self.seen += 1
        place = len(generated) - self.at
        return self.tokens[place] if 0 <= place < len(self.tokens) else proposed


def test_a_rule_speaks_for_its_own_row_only(tiny: LocalModel) -> None:
    plain = Decoding(8)
    words = tiny.tokens(" milk milk milk")
    ruled = Decoding(8, rule=lambda: Say(2, words))
    before = tiny.generate(PROMPTS[:3], plain)
    after = tiny.generate(PROMPTS[:3], [plain, ruled, plain])
    assert after[0].token_ids == before[0].token_ids
    assert after[2].token_ids == before[2].token_ids
    assert after[1].token_ids[2 : 2 + len(words)] == tuple(words)
    assert after[1].token_ids[:2] == before[1].token_ids[:2]
    assert isinstance(after[1].rule, Say)


def test_an_end_token_ends_the_row_and_its_rule(tiny: LocalModel) -> None:
    end = tiny.end_tokens[0]
    made = tiny.generate(["the cat", "a mat"], [Decoding(20, rule=lambda: Say(3, [end])), Decoding(20)])
    assert made[0].stop_reason == "stop"
    assert len(made[0].token_ids) == 3
    assert isinstance(made[0].rule, Say)
    assert made[0].rule.seen == 4
    assert len(made[1].token_ids) > 4


def test_stop_text(tiny: LocalModel) -> None:
    words = tiny.tokens(" milk left in a mat")
    made = tiny.generate(["the cat"], Decoding(20, stop=(" left",), rule=lambda: Say(0, words)))[0]
    assert made.text == " milk"
    assert made.stop_reason == "stop"


def test_a_row_that_stopped_takes_nothing_from_its_batch(tiny: LocalModel) -> None:
    words = tiny.tokens(" milk left in a mat")
    stopping = Decoding(20, stop=(" left",), rule=lambda: Say(0, words))
    alone = tiny.generate(["the cat"], stopping)[0]
    beside = tiny.generate(["the cat", "a mat"], [stopping, Decoding(20, stop=(" left",))])
    assert beside[0].token_ids == alone.token_ids == tuple(words[: len(alone.token_ids)])
    assert isinstance(beside[0].rule, Say)
    assert beside[0].rule.seen == len(alone.token_ids) < 5
    assert len(beside[1].token_ids) > len(alone.token_ids)


def test_stop_text_across_tokens(tiny: LocalModel) -> None:
    words = tiny.tokens(" milk left in a mat")
    made = tiny.generate(["the cat"], Decoding(20, stop=("ilk left i",), rule=lambda: Say(0, words)))[0]
    assert made.text == " m"
    assert made.stop_reason == "stop"


def test_what_a_folder_recommends_does_not_change_greedy(tiny: LocalModel, tiny_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_folder, tmp_path / "m")
    path = tmp_path / "m" / "generation_config.json"
    recommended = {"do_sample": True, "temperature": 3.0, "repetition_penalty": 50.0, "no_repeat_ngram_size": 1}
    path.write_text(json.dumps(json.loads(path.read_text()) | recommended))
    other = LocalModel.load(tmp_path / "m", device="cpu", dtype="float32")
    assert other.end_tokens == tiny.end_tokens
    expected = tiny.generate(["the cat", "a mat"], Decoding(20))
    assert len(set(expected[0].token_ids)) < len(expected[0].token_ids)  # it does repeat itself
    assert [g.token_ids for g in other.generate(["the cat", "a mat"], Decoding(20))] == [g.token_ids for g in expected]


def test_logits_that_are_more_than_a_product_are_refused(tiny: LocalModel) -> None:
    from transformers import Gemma2Config, Gemma2ForCausalLM

    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    small: dict[str, Any] = {**sizes, "num_key_value_heads": 1, "head_dim": 16, "vocab_size": len(tiny.tokenizer)}

    def scores(cap: float | None) -> Any:
        torch.manual_seed(0)
        config = Gemma2Config(**small, final_logit_softcapping=cap, initializer_range=0.5)
        model = LocalModel(Gemma2ForCausalLM(config), tiny.tokenizer, "gemma")
        found = model.log_likelihoods(["the cat"], [[" sat"]])[0][0].log_prob
        assert found == pytest.approx(plain_score(model, "the cat", " sat"), abs=1e-4)

    scores(None)
    with pytest.raises(ConfigError, match="more than a matrix product"):
        scores(1.0)


def test_a_template_that_refuses_is_told(tiny_folder: Path) -> None:
    model = LocalModel.load(tiny_folder, device="cpu")
    model.tokenizer.chat_template = "{{ raise_exception('System role not supported') }}"
    with pytest.raises(ConfigError, match="chat template refuses") as caught:
        model.render([{"role": "system", "content": "Be brief."}])
    assert "System role not supported" in str(caught.value)


def test_a_model_without_a_template_gets_a_plain_conversation(tiny_folder: Path) -> None:
    model = LocalModel.load(tiny_folder, device="cpu")
    model.tokenizer.chat_template = None
    asked = [{"role": "user", "content": "the cat"}]
    assert model.render(asked) == "User: the cat\n\nAssistant:"
    assert model.render(asked, "Answer:") == "User: the cat\n\nAssistant: Answer:"


def test_chat_template_and_continuation(tiny: LocalModel) -> None:
    text = tiny.render([{"role": "user", "content": "the cat"}], "<think>\n")
    assert text == "<s>user\nthe cat</s>\n<s>assistant\n<think>\n"
    assert tiny.tokens(text)[0] == tiny.tokenizer.bos_token_id


def test_a_prompt_that_does_not_fit_names_both_lengths(tiny: LocalModel) -> None:
    long = "the cat " * 200
    n = tiny.count(long)
    with pytest.raises(ConfigError) as caught:
        tiny.generate([long], Decoding(10))
    assert str(n) in str(caught.value)
    assert "256" in str(caught.value)
    with pytest.raises(ConfigError, match="does not fit"):
        tiny.log_likelihoods([long], [[" A"]])


def test_bad_folders(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such model"):
        LocalModel.load("no-such-model")
    with pytest.raises(DataError, match="no language model"):
        LocalModel.load(tmp_path)
    for wrong in ({"dtype": "float99"}, {"device": "abacus"}):
        with pytest.raises(ConfigError, match="there is no such"):
            LocalModel.load(tmp_path, **wrong)


def test_damaged_weights_are_told(tiny_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_folder, tmp_path / "m")
    weights = tmp_path / "m" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(DataError, match="no language model") as caught:
        LocalModel.load(tmp_path / "m")
    assert str(tmp_path / "m") in str(caught.value)


def test_an_empty_option_is_refused(tiny: LocalModel) -> None:
    with pytest.raises(ConfigError, match="adds nothing"):
        tiny.log_likelihoods(["the cat"], [["", " A"]])
