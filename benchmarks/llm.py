"""The embedded language model: our calls beside the raw runtime's, and scoring with shared beginnings."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from benchmarks.measure import OURS, Contestant, Plan, Row, side_by_side
from humankind.kits.llm.local import LocalModel
from humankind.kits.llm.registry import embedded
from humankind.kits.llm.rules import Decoding
from humankind.kits.llm.scoring import option_scores
from humankind.kits.llm.weights import find_weights

NAME = "llm"
MODEL = "smollm2"
STORY = "Tell me a long story about a cat."
N_QUESTIONS = 20
N_ORDERS = 6
WRITTEN = 80
"""Tokens a second that one stream should write on two idle cores."""
READ = 600
"""Tokens a second that scoring should read in bfloat16."""
OVERHEAD = 0.1
"""Share of the raw runtime's speed that our calls may cost."""


def run(plan: Plan) -> Iterator[Row | str]:
    """Yield rows for one completion, for sixteen, and for scoring options."""
    if find_weights(embedded(MODEL)) is None:
        yield f"{MODEL} is not installed, so it was not measured (humankind models install {MODEL})"
        return
    length = 16 if plan.quick else 200
    yield from _one(length, plan)
    yield from _many(length // 4, plan)
    yield from _scores(2 if plan.quick else N_QUESTIONS, plan)


def _one(length: int, plan: Plan) -> Iterator[Row | str]:
    from inspect_ai.model import GenerateConfig, get_model

    model = get_model(f"humankind/{MODEL}", memoize=False)
    server = _api(model).runtime.server
    request = {"messages": [{"role": "user", "content": STORY}], "max_tokens": length, "temperature": 0, "seed": 0}
    config = GenerateConfig(max_tokens=length)
    ours = Contestant(OURS, lambda: asyncio.run(model.generate(STORY, config=config)), "through Inspect")
    raw = Contestant("xllamacpp", lambda: server.handle_chat_completions(request), "its server called directly")
    for warm in (ours, raw):
        warm.call()
    side_by_side([ours, raw], plan)
    n_ours, n_raw = ours.result.usage.output_tokens, raw.result["usage"]["completion_tokens"]
    task = f"one completion of {length} tokens"
    row = ours.row(NAME, task, _speed(n_ours, ours.seconds, "written"))
    yield _aimed(row, n_ours / ours.seconds, WRITTEN, plan)
    yield raw.row(NAME, task, _speed(n_raw, raw.seconds, "written"))
    cost = 1 - (n_ours / ours.seconds) / (n_raw / raw.seconds)
    yield f"our calls cost {cost:.1%} of the raw runtime's speed (at most {OVERHEAD:.0%} is aimed at)"


def _many(length: int, plan: Plan) -> Iterator[Row]:
    from inspect_ai.model import GenerateConfig, get_model

    prompts = [f"Tell me a long story about {number} cats." for number in range(16)]
    model = get_model(f"humankind/{MODEL}", memoize=False)
    api = _api(model)

    async def through_llamacpp() -> int:
        config = GenerateConfig(max_tokens=length)
        made = await asyncio.gather(*(model.generate(prompt, config=config) for prompt in prompts))
        return sum(one.usage.output_tokens if one.usage else 0 for one in made)

    async def through_transformers() -> int:
        rendered = [api.local.render([{"role": "user", "content": prompt}]) for prompt in prompts]
        made = await asyncio.gather(*(api.decode(prompt, Decoding(length)) for prompt in rendered))
        return sum(len(one.token_ids) for one in made)

    api.local  # noqa: B018  loaded before the clock starts
    contestants = [
        Contestant(
            f"{OURS}, llama.cpp",
            lambda: asyncio.run(through_llamacpp()),
            "one after the other, so that they are repeatable",
        ),
        Contestant(f"{OURS}, transformers", lambda: asyncio.run(through_transformers()), "one batch, bfloat16"),
    ]
    side_by_side(contestants, plan)
    for contestant in contestants:
        note = _speed(contestant.result, contestant.seconds, "written")
        yield contestant.row(NAME, f"sixteen completions of {length} tokens together", note)


def _scores(n_questions: int, plan: Plan) -> Iterator[Row]:
    """Score six letters of questions asked in six option orders: with shared beginnings, and sequence by sequence."""
    local = LocalModel.load(MODEL)
    prompts, letters = _questions(n_questions), [[f" {letter}" for letter in "ABCDEF"]] * n_questions * N_ORDERS
    n_tokens = sum(local.count(prompt) for prompt in prompts)

    def singly() -> Any:
        split = [local._split(prompt, own) for prompt, own in zip(prompts, letters)]
        return [option_scores(local.model, [start], [rest]) for start, rest in split]

    contestants = [
        Contestant(OURS, lambda: local.log_likelihoods(prompts, letters), "shared beginnings once, in batches"),
        Contestant("transformers, one by one", singly, "a call for each prompt"),
    ]
    side_by_side(contestants, plan)
    for contestant in contestants:
        note = _speed(n_tokens, contestant.seconds, "of prompts answered for")
        yield contestant.row(NAME, f"{n_questions} questions x {N_ORDERS} option orders, six letters scored", note)
    yield _once(local, prompts[::N_ORDERS], plan)


def _once(local: LocalModel, prompts: list[str], plan: Plan) -> Row:
    """Score prompts that share nothing, so that every token counted is a token read."""
    letters = [[f" {letter}" for letter in "ABCDEF"]] * len(prompts)
    ours = Contestant(OURS, lambda: local.log_likelihoods(prompts, letters), "nothing shared, bfloat16")
    side_by_side([ours], plan)
    n_tokens = sum(local.count(prompt) for prompt in prompts)
    row = ours.row(NAME, f"{len(prompts)} questions, six letters scored", _speed(n_tokens, ours.seconds, "read"))
    return _aimed(row, n_tokens / ours.seconds, READ, plan)


def _questions(n: int) -> list[str]:
    from humankind.kits.bench.orders import shown_orders
    from humankind.systems.motivation.authored import load

    items = [item for scenario in load() for item in scenario.questions][:n]
    prompts = []
    for item in items:
        for shown in shown_orders(len(item.options), "paper"):
            options = "\n".join(f"{'ABCDEF'[place]}. {item.options[own].text}" for place, own in enumerate(shown))
            prompts.append(f"{item.stem}\n\n{item.question}\n\n{options}\n\nAnswer:")
    return prompts


def _aimed(row: Row, speed: float, at_least: float, plan: Plan) -> Row:
    """Return a row with what was aimed at and whether it was reached."""
    if plan.quick:
        return row
    return replace(row, target=f"{at_least} tokens/s: {'reached' if speed >= at_least else 'missed'}")


def _speed(n_tokens: int, seconds: float, what: str) -> str:
    return f"{n_tokens / seconds:.0f} tokens/s {what}"


def _api(model: Any) -> Any:
    return model.api
