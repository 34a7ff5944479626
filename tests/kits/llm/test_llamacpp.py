"""llama.cpp behind our interface: repeatable whatever runs beside it, honest about its context, closed to others."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from inspect_ai.model import ChatMessageUser, ContentImage, GenerateConfig, Model, get_model

from humankind.kits.llm import llamacpp
from humankind.kits.llm.llamacpp import LlamaCpp
from humankind.kits.llm.registry import MODELS
from humankind.kits.llm.weights import find_weights
from humankind.spine.errors import ConfigError
from humankind.spine.resources import n_threads

WEIGHTS = find_weights(MODELS["smollm2"])
pytestmark = [
    pytest.mark.xdist_group("embedded-model"),
    pytest.mark.skipif(WEIGHTS is None, reason="no weights: humankind models install smollm2"),
]
CONTEXT = 256


@pytest.fixture(scope="module")
def small() -> LlamaCpp:
    """The embedded model with room for 256 tokens."""
    assert WEIGHTS is not None
    return LlamaCpp(WEIGHTS, CONTEXT)


@pytest.fixture(scope="module")
def model(small: LlamaCpp) -> Model:
    """The same through Inspect."""
    made = get_model("humankind/smollm2", memoize=False)
    api: Any = made.api
    api.__dict__["runtime"] = small
    return made


def ask_all(model: Model, prompts: list[str], **settings: Any) -> list[Any]:
    async def together() -> list[Any]:
        config = GenerateConfig(**settings)
        return await asyncio.gather(*(model.generate(prompt, config=config) for prompt in prompts))

    return asyncio.run(together())


def ask(model: Model, prompt: Any, **settings: Any) -> Any:
    return ask_all(model, [prompt], **settings)[0]


def test_what_was_asked_before_changes_nothing(small: LlamaCpp, model: Model) -> None:
    """A prompt that begins like the last one is computed as if it came first, to the last digit."""
    begins = "Ann lives in a small town by the sea, and every morning she walks to the harbour to buy fish. "
    request = {"prompt": f"{begins}One day the shop was closed.", "n_predict": 8, "n_probs": 3, "temperature": 0}

    def told() -> list[float]:
        return [token["logprob"] for token in small.complete(request)["choices"][0]["logprobs"]["content"]]

    small.complete({"prompt": "Something else entirely.", "n_predict": 1})
    alone = told()
    small.complete({"prompt": f"{begins}Tom came by.", "n_predict": 1})
    assert told() == alone
    assert told() == alone
    settings = {"max_tokens": 4, "temperature": 0.0, "logprobs": True, "top_logprobs": 3}
    first, _, again = (ask(model, f"{begins}{end}", **settings) for end in ("Why?", "When?", "Why?"))
    assert first.choices[0].logprobs == again.choices[0].logprobs


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_what_runs_beside_it_changes_nothing(model: Model, temperature: float) -> None:
    prompts = [f"Tell me about {word} in one sentence." for word in ("cats", "ships", "bread", "rain", "tea", "music")]
    settings = {"max_tokens": 24, "temperature": temperature, "seed": 3}
    alone = {prompt: ask(model, prompt, **settings).completion for prompt in prompts}
    turned = prompts[::-1]
    together = [one.completion for one in ask_all(model, turned, **settings)]
    assert together == [alone[prompt] for prompt in turned]
    assert len(set(together)) == len(prompts)


def test_long_prompts_that_come_together_all_get_through(model: Model) -> None:
    long = [f"{number} {'milk ' * 150}. Say something." for number in range(4)]
    found = ask_all(model, long, max_tokens=8)
    assert all(one.usage.input_tokens > CONTEXT / 2 for one in found)
    assert all(one.usage.output_tokens >= 1 for one in found)


def test_a_context_that_ends_is_told_apart_from_the_callers_limit(model: Model) -> None:
    prompt = f"{'cat dog bird ' * 60}. Tell a very long story about these animals."
    found = ask(model, prompt, max_tokens=200)
    assert found.stop_reason == "model_length"
    assert found.usage.total_tokens == pytest.approx(CONTEXT, abs=1)
    assert ask(model, "Tell a very long story.", max_tokens=10).stop_reason == "max_tokens"


def test_a_prompt_beyond_the_context_names_both_lengths(model: Model) -> None:
    with pytest.raises(ConfigError, match="does not fit") as caught:
        ask(model, "milk " * 300)
    assert str(CONTEXT) in str(caught.value)


def test_several_completions_of_one_prompt(model: Model) -> None:
    found = ask(model, "Tell a story.", max_tokens=16, temperature=1.0, seed=5, num_choices=3)
    texts = [choice.message.text for choice in found.choices]
    assert len(set(texts)) == 3
    assert texts[0] == ask(model, "Tell a story.", max_tokens=16, temperature=1.0, seed=5).completion
    assert found.usage.output_tokens > 16


def test_stop_texts(model: Model) -> None:
    whole = ask(model, "Tell a story.", max_tokens=24)
    assert whole.stop_reason == "max_tokens"
    word = whole.completion.split()[5]
    found = ask(model, "Tell a story.", max_tokens=24, stop_seqs=[word])
    assert found.completion == whole.completion[: whole.completion.index(word)]
    assert found.stop_reason == "stop"


def test_log_probabilities_and_bias(model: Model, small: LlamaCpp) -> None:
    question = "What is the capital of France? Answer with one word."
    found = ask(model, question, max_tokens=4, logprobs=True, top_logprobs=3)
    first = found.choices[0].logprobs.content[0]
    assert len(first.top_logprobs) == 3
    assert first.logprob == max(top.logprob for top in first.top_logprobs) <= 0
    asked = {"messages": [{"role": "user", "content": question}], "max_tokens": 1, "temperature": 0, "logprobs": True}
    banned = small.chat(asked)["choices"][0]["logprobs"]["content"][0]["id"]
    other = ask(model, question, max_tokens=4, logit_bias={banned: -100}, logprobs=True)
    assert other.choices[0].logprobs.content[0].token != first.token


def test_pictures_and_wrong_requests_are_refused(model: Model, small: LlamaCpp) -> None:
    picture = ContentImage(image="data:image/png;base64,iVBORw0KGgo=")
    with pytest.raises(ConfigError, match="text alone"):
        ask(model, [ChatMessageUser(content=[picture])])
    with pytest.raises(ConfigError, match="refused"):
        small.chat({"messages": "not a list"})


def test_fewer_threads_where_openmp_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for told, expected in {"1": 1, "": n_threads(), "0": n_threads(), "many": n_threads(), "999": n_threads()}.items():
        monkeypatch.setenv("OMP_NUM_THREADS", told)
        assert llamacpp.threads() == expected


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_nobody_else_can_use_its_port(small: LlamaCpp) -> None:
    body = json.dumps({"prompt": "hello", "n_predict": 1}).encode()
    request = urllib.request.Request(f"{small.server.listening_address}/completion", body)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    assert caught.value.code == 401
