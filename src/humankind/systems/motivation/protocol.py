"""How the questions are put: option orders, words of the prompt, and which scenarios a limit takes.

The six orders are those of the released code. They form a Latin square: over all six each option stands once behind
each letter, so whoever always says the same letter scores exactly 1/6.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from humankind.kits.bench.orders import MOTIVEBENCH_ORDERS as PAPER_ORDERS
from humankind.kits.bench.orders import Order
from humankind.kits.bench.prompts import lettered, stem
from humankind.kits.bench.questions import Question, Trial
from humankind.spine.errors import InternalError
from humankind.spine.seeds import stream
from humankind.systems.motivation.authored import N_OPTIONS, Type
from humankind.systems.motivation.config import Mode, Protocol

SYSTEM = "You are a helpful assistant who understands people."

HEADERS: dict[Type, str] = {
    "motivation": "This question is about motivation: find what most likely drives the person to act as they do.",
    "behaviour": "This question is about behaviour: find what the person will most likely do.",
    "motivation_and_behaviour": (
        "This question is about motivation and behaviour together: find what the person will most likely do and why."
    ),
}
"""First line of the prompt for each type of question."""

ENDINGS: dict[Mode, str] = {
    "base": "Choose the most likely option. Answer with its letter and nothing else.",
    "cot": (
        "Think step by step about the options first. Then choose the most likely one: the last line of your answer "
        "must be its letter and nothing else."
    ),
}
"""Last line of the prompt for each mode."""


def prompt(question: Question, shown: Order, mode: Mode) -> str:
    """Return the user message: what is asked for, the story, the question, the options, how to answer.

    All that the six orders of a question share comes first, so that a model need read it only once.

    >>> one = Question(id="q", suite="s", story="Ann runs.", text="Why?", options=("late", "joy"), gold=1,
    ...                category="motivation")
    >>> print(prompt(one, (1, 0), "base").partition("?")[2])
    <BLANKLINE>
    <BLANKLINE>
    Options:
    A. joy
    B. late
    <BLANKLINE>
    Choose the most likely option. Answer with its letter and nothing else.
    """
    listed = lettered(question.options, shown)
    return f"{HEADERS[_type_of(question)]}\n\n{stem(question)}\n\nOptions:\n{listed}\n\n{ENDINGS[mode]}"


def make_trials(questions: Sequence[Question], protocol: Protocol, mode: Mode, seed: int = 0) -> list[Trial]:
    """Return the trials of a protocol, question by question.

    Args:
        questions: each with six options.
        protocol: `paper` asks each under all six orders; `quick` under one of the six, such that within each type the
            right answer stands behind every letter equally often (to within one).
        mode: whether reasons are asked for.
        seed: of `quick`; another seed pairs questions and letters anew.

    A trial's id names question and order alone, so the runs of two modes, models or protocols meet on the same trials.
    """
    numbers = range(len(PAPER_ORDERS))
    quick = quick_orders(questions, seed) if protocol == "quick" else {}
    return [
        _trial(question, number, mode)
        for question in questions
        for number in ((quick[question.id],) if protocol == "quick" else numbers)
    ]


def _trial(question: Question, number: int, mode: Mode) -> Trial:
    shown = PAPER_ORDERS[number]
    return Trial(
        id=f"{question.id}#{number}",
        question=question,
        shown=shown,
        system=SYSTEM,
        prompt=prompt(question, shown, mode),
    )


def order_of(trial: str) -> int:
    """Return which of the six orders a trial has, from its id.

    >>> order_of("blog-3:motivation#5")
    5
    """
    return int(trial.rpartition("#")[2])


def quick_orders(questions: Sequence[Question], seed: int) -> dict[str, int]:
    """Return one of the six orders for each question, so that the right letters are balanced within each type.

    The questions of a type are put into a random sequence, and the letters A to F are dealt along it.
    """
    dealt: dict[str, int] = {}
    for number, kind in enumerate(HEADERS):
        own = [question for question in questions if question.category == kind]
        sequence = stream(seed, f"motivation.quick.{kind}").permutation(len(own))
        for place, which in enumerate(sequence):
            # Types start at different letters, so that a remainder does not fall on the same ones three times.
            letter = (place + 2 * number) % N_OPTIONS
            question = own[int(which)]
            dealt[question.id] = next(n for n, o in enumerate(PAPER_ORDERS) if o[letter] == question.gold)
    return dealt


def chosen(questions: Sequence[Question], limit: int, seed: int) -> tuple[Question, ...]:
    """Return the questions of at most `limit` scenarios, in their order; sources and levels keep their shares.

    Args:
        questions: three a scenario.
        limit: most scenarios; 0 takes all.
        seed: another seed draws others.
    """
    groups: dict[str, list[Question]] = {}
    for question in questions:
        groups.setdefault(question.group, []).append(question)
    if not limit or limit >= len(groups):
        return tuple(questions)
    strata: dict[tuple[str, str], list[str]] = {}
    for group, own in groups.items():
        strata.setdefault((own[0].labels["source"], own[0].labels.get("level", "")), []).append(group)
    kept = set(_drawn(strata.values(), limit, seed))
    return tuple(question for question in questions if question.group in kept)


def _drawn(strata: Iterable[Sequence[str]], limit: int, seed: int) -> list[str]:
    """Return `limit` names, spread over the strata in proportion: each has its place on the unit interval."""
    rng = stream(seed, "motivation.sample")
    placed: list[tuple[float, float, str]] = []
    for names in strata:
        for place, which in enumerate(rng.permutation(len(names))):
            placed.append(((place + 0.5) / len(names), float(rng.random()), names[int(which)]))
    return [name for _, _, name in sorted(placed)[:limit]]


def _type_of(question: Question) -> Type:
    kind = question.category
    if kind not in HEADERS:
        raise InternalError("a question has no type", found=repr(kind), where=question.id, expected=", ".join(HEADERS))
    return kind
