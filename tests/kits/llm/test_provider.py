"""The embedded model through Inspect: both runtimes, seeds, limits, schema, choices, errors."""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.model import GenerateConfig, Model, ResponseSchema, get_model
from inspect_ai.util import JSONSchema

from humankind.kits.llm.local import LocalModel
from humankind.kits.llm.registry import MODELS
from humankind.kits.llm.rules import Decoding
from humankind.kits.llm.weights import find_weights
from humankind.spine.errors import ConfigError, MissingExtraError

pytestmark = pytest.mark.xdist_group("embedded-model")
needs_weights = pytest.mark.skipif(
    find_weights(MODELS["smollm2"]) is None, reason="no weights: humankind models install smollm2"
)


@pytest.fixture(scope="module")
def smollm2() -> Model:
    return get_model("humankind/smollm2", memoize=False)


def ask(model: Model, text: str, **settings: Any) -> Any:
    return asyncio.run(model.generate(text, config=GenerateConfig(**settings)))


@needs_weights
def test_it_writes_english(smollm2: Model) -> None:
    found = ask(smollm2, "What is the capital of France? Answer in one short sentence.", max_tokens=30)
    assert "Paris" in found.completion
    assert found.stop_reason == "stop"
    assert found.usage.input_tokens > 20
    assert 1 < found.usage.output_tokens <= 30


@needs_weights
def test_limits_and_seeds(smollm2: Model) -> None:
    story = "Tell a story about a ship."
    cut = ask(smollm2, story, max_tokens=12)
    assert cut.stop_reason == "max_tokens"
    assert cut.usage.output_tokens == 12
    assert ask(smollm2, story, max_tokens=12).completion == cut.completion
    drawn = {ask(smollm2, story, max_tokens=12, temperature=1.0, seed=seed).completion for seed in (1, 2, 3)}
    assert len(drawn) == 3
    again = ask(smollm2, story, max_tokens=12, temperature=1.0, seed=1).completion
    assert again in drawn


@needs_weights
def test_a_schema_is_kept(smollm2: Model) -> None:
    schema = JSONSchema(type="object", properties={"answer": JSONSchema(enum=["A", "B"])}, required=["answer"])
    found = ask(
        smollm2,
        "Which is a fruit? A. a stone B. an apple",
        max_tokens=30,
        response_schema=ResponseSchema(name="choice", json_schema=schema),
    )
    assert json.loads(found.completion)["answer"] in ("A", "B")


@needs_weights
def test_a_prompt_that_does_not_fit_names_both_lengths(smollm2: Model) -> None:
    with pytest.raises(ConfigError, match="does not fit") as caught:
        ask(smollm2, "milk " * 9_000)
    assert "8192" in str(caught.value)
    assert "90" in str(caught.value)


PROMPTS = (
    "The capital of France is",
    "Once upon a",
    "2 + 2 =",
    "She opened the door and",
    "The dog chased the cat up the",
)


@needs_weights
def test_both_runtimes_agree_on_the_next_token(smollm2: Model) -> None:
    """llama.cpp rounds activations to 8 bits, transformers here to bfloat16: on average the likeliest token's
    log-probabilities agree within .1; rarer ones differ by up to .35."""
    api: Any = smollm2.api
    likeliest, rarer = [], []
    for prompt in PROMPTS:
        answer = api.runtime.complete({"prompt": prompt, "n_predict": 1, "n_probs": 5, "temperature": 0})
        tops = answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"][:3]
        scores = asyncio.run(api.log_likelihoods(prompt, [top["token"] for top in tops]))
        first, *others = (abs(score.log_prob - top["logprob"]) for score, top in zip(scores, tops))
        likeliest.append(first)
        rarer += others
    assert len(likeliest) == len(PROMPTS)
    assert sum(likeliest) / len(likeliest) < 0.1
    assert max(likeliest) < 0.2
    assert max(rarer) < 0.5


@needs_weights
def test_an_option_that_is_right_is_likelier(smollm2: Model) -> None:
    api: Any = smollm2.api
    prompt = api.local.render([{"role": "user", "content": "What is the capital of France?"}])
    right, wrong = asyncio.run(api.log_likelihoods(prompt, ["Paris", "Rome"]))
    assert right.log_prob > wrong.log_prob


def test_a_transformers_folder(tiny_folder: Path) -> None:
    model = get_model(f"humankind/{tiny_folder}", memoize=False, dtype="float32", device="cpu")
    found = ask(model, "the cat", max_tokens=9)
    assert found.usage.output_tokens <= 9
    assert found.completion == ask(model, "the cat", max_tokens=9).completion
    api: Any = model.api

    async def many() -> list[Any]:
        prompts = [api.local.render([{"role": "user", "content": f"the cat {n}"}]) for n in range(5)]
        return await asyncio.gather(*(api.decode(prompt, Decoding(6)) for prompt in prompts))

    assert [g.token_ids for g in asyncio.run(many())] == [g.token_ids for g in asyncio.run(many())]


def test_completions_of_a_folder_are_seeded_each_for_itself(tiny_folder: Path) -> None:
    model = get_model(f"humankind/{tiny_folder}", memoize=False, dtype="float32", device="cpu")
    found = ask(model, "the cat", max_tokens=9, temperature=1.0, seed=4, num_choices=3)
    texts = [choice.message.text for choice in found.choices]
    assert len(set(texts)) == 3
    assert texts[0] == ask(model, "the cat", max_tokens=9, temperature=1.0, seed=4).completion


def test_what_a_folder_cannot_do_is_refused(tiny_folder: Path) -> None:
    model = get_model(f"humankind/{tiny_folder}", memoize=False, device="cpu")
    schema = ResponseSchema(name="choice", json_schema=JSONSchema(type="object"))
    for settings in ({"response_schema": schema}, {"logprobs": True}, {"top_k": 3}):
        with pytest.raises(ConfigError, match="fewer settings") as caught:
            ask(model, "the cat", max_tokens=9, **settings)
        assert next(iter(settings)) in str(caught.value)


def test_several_threads_load_a_model_once(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []

    def load(name: str, *_: Any) -> str:
        loaded.append(name)
        time.sleep(0.1)
        return name

    monkeypatch.setattr(LocalModel, "load", load)
    api: Any = get_model(f"humankind/{tiny_folder}", memoize=False).api
    del api.__dict__["_local"]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: api.local, range(4))) == [str(tiny_folder)] * 4
    assert len(loaded) == 2  # once when it was made, once after it was forgotten


def test_unknown_names_and_arguments(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="no such model"):
        get_model("humankind/no-such-model", memoize=False)
    with pytest.raises(ConfigError, match="unknown model argument"):
        get_model(f"humankind/{tiny_folder}", memoize=False, threads=3)
    with pytest.raises(ConfigError, match=r"llama\.cpp serves the embedded"):
        get_model(f"humankind/{tiny_folder}", memoize=False, runtime="llamacpp")
    with pytest.raises(ConfigError, match="dtype=float99"):
        get_model(f"humankind/{tiny_folder}", memoize=False, dtype="float99")
    monkeypatch.setattr("humankind.kits.llm.weights.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="models install smollm2"):
        get_model("humankind/smollm2", memoize=False)
