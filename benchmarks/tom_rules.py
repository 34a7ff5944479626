"""What watching tokens costs: batched generation with an S2F rule in each row, beside generation without rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any

from benchmarks.measure import Contestant, Plan, Row, side_by_side

NAME = "tom_rules"
ROWS = 16
TARGET = 0.05
"""Share of tokens per second that rules may cost."""

_STORY = (
    "Ann, Ben and Cem are in the hall. The pen is in the green box. Ann goes out. Ben moves the pen to the red box. "
    "Cem goes out. Where does Cem think that Ann looks for the pen? Say at length what everybody saw."
)


def run(plan: Plan) -> Iterator[Row | str]:
    """Yield the time of a batch with and without rules, and of the rule by itself."""
    from humankind.kits.llm.local import LocalModel
    from humankind.kits.llm.rules import Decoding
    from humankind.systems.tom.s2f import s2f_rule
    from humankind.systems.tom.thinking import Vocabulary

    model = LocalModel.load("smollm2")
    vocabulary = Vocabulary(model.tokenizer, model.end_tokens)
    n_tokens = 24 if plan.quick else 128
    prompts = [model.render([{"role": "user", "content": f"{number}. {_STORY}"}]) for number in range(ROWS)]

    def never_closes() -> Any:
        return s2f_rule(vocabulary, 1_000_000)

    def generate(rule: Callable[[], Any] | None) -> list[Any]:
        return model.generate(prompts, Decoding(max_new_tokens=n_tokens, rule=rule))

    generate(None)  # warm
    contestants = [
        Contestant("no rules", lambda: generate(None)),
        Contestant("an S2F rule a row", lambda: generate(never_closes)),
    ]
    side_by_side(contestants, plan)
    for contestant in contestants:
        speed = _tokens(contestant.result) / contestant.seconds
        yield contestant.row(NAME, f"SmolLM2, {ROWS} rows of {n_tokens} tokens", f"{speed:.0f} tokens/s")
    plain, ruled = (_tokens(one.result) / one.seconds for one in contestants)
    cost = 1 - ruled / plain
    yield f"rules cost {cost:.1%} of the tokens per second ({'within' if cost < TARGET else 'beyond'} {TARGET:.0%})"
    yield from _alone(never_closes, contestants[1].result, plan, plain)


def _alone(rule: Callable[[], Any], made: Sequence[Any], plan: Plan, speed: float) -> Iterator[Row | str]:
    """Time the rules without a model, on the tokens that were just drawn."""
    rows = [one.token_ids for one in made]

    def walk() -> int:
        for ids in rows:
            watching = rule()
            emitted: list[int] = []
            for token in ids:
                emitted.append(watching.next(emitted, token))
        return sum(map(len, rows))

    contestant = Contestant("the rules alone", walk)
    side_by_side([contestant], plan)
    yield contestant.row(NAME, f"{contestant.result} tokens through {len(rows)} rules")
    share = median(contestant.runs) * speed / contestant.result
    yield f"the rules alone take {share:.2%} of the time that their tokens take to generate"


def _tokens(made: Sequence[Any]) -> int:
    return sum(len(one.token_ids) for one in made)
