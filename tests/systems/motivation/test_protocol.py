"""Protocols: a Latin square of orders, letters balanced, prompts that show what they should and no more."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.kits.bench.questions import LETTERS, Question
from humankind.systems.motivation.data import own
from humankind.systems.motivation.protocol import (
    ENDINGS,
    HEADERS,
    PAPER_ORDERS,
    chosen,
    make_trials,
    order_of,
)

TYPES = tuple(HEADERS)
QUESTIONS = own().questions


def questions(golds: list[int]) -> list[Question]:
    """One scenario for each gold, all three questions with the same one."""
    options = tuple(f"way {n}" for n in range(6))
    return [
        Question(
            id=f"s{n}:{kind}", suite="s", text="Why?", options=options, gold=gold, group=f"s{n}", category=kind,
            labels={"source": "s"},
        )
        for n, gold in enumerate(golds)
        for kind in TYPES
    ]  # fmt: skip


def test_the_orders_are_those_of_the_released_code() -> None:
    written = ["".join(str(place + 1) for place in order) for order in PAPER_ORDERS]
    assert written == ["123456", "654321", "316542", "235614", "541263", "462135"]


def test_the_orders_form_a_latin_square() -> None:
    for order in PAPER_ORDERS:
        assert sorted(order) == list(range(6))
    for column in zip(*PAPER_ORDERS):
        assert sorted(column) == list(range(6))


@pytest.mark.parametrize("letter", LETTERS[:6])
def test_whoever_always_says_one_letter_is_right_exactly_once_in_six(letter: str) -> None:
    trials = make_trials(QUESTIONS, "paper", "base")
    for kind in TYPES:
        own_trials = [trial for trial in trials if trial.question.category == kind]
        assert sum(trial.target == letter for trial in own_trials) * 6 == len(own_trials)


def test_paper_asks_every_question_under_six_orders() -> None:
    trials = make_trials(QUESTIONS, "paper", "base")
    assert len(trials) == 6 * len(QUESTIONS)
    assert len({trial.id for trial in trials}) == len(trials)
    assert all(trial.shown == PAPER_ORDERS[order_of(trial.id)] for trial in trials)


@given(golds=st.lists(st.integers(0, 5), min_size=1, max_size=40), seed=st.integers(0, 2**16))
def test_quick_balances_the_right_letters_however_skewed_the_source_is(golds: list[int], seed: int) -> None:
    trials = make_trials(questions(golds), "quick", "base", seed)
    assert len(trials) == 3 * len(golds)
    for kind in TYPES:
        counts = Counter(trial.target for trial in trials if trial.question.category == kind)
        assert max(counts.values()) - min(counts.get(letter, 0) for letter in LETTERS[:6]) <= 1


def test_quick_is_a_part_of_paper_and_follows_the_seed() -> None:
    paper = {trial.id: trial for trial in make_trials(QUESTIONS, "paper", "base")}
    one, again, other = (make_trials(QUESTIONS, "quick", "base", seed) for seed in (1, 1, 2))
    assert all(paper[trial.id] == trial for trial in one)
    assert one == again
    assert one != other


def test_a_prompt_shows_all_that_is_needed_in_the_order_shown() -> None:
    for mode in ("base", "cot"):
        for trial in make_trials(QUESTIONS[:3], "paper", mode):
            question = trial.question
            assert trial.prompt.startswith(HEADERS[question.category])
            assert trial.prompt.endswith(ENDINGS[mode])
            assert question.story in trial.prompt
            assert question.text in trial.prompt
            for place, which in enumerate(trial.shown):
                assert f"\n{LETTERS[place]}. {question.options[which]}\n" in trial.prompt
            assert f"\n{trial.target}. {question.answer}\n" in trial.prompt


def test_six_orders_share_all_before_the_options() -> None:
    trials = make_trials(QUESTIONS[:1], "paper", "base")
    heads = {trial.prompt.partition("\nA. ")[0] for trial in trials}
    assert len(heads) == 1
    assert len({trial.prompt for trial in trials}) == 6


@given(limit=st.integers(1, 80), seed=st.integers(0, 2**16))
def test_a_limit_takes_whole_scenarios_and_keeps_the_levels_in_proportion(limit: int, seed: int) -> None:
    kept = chosen(QUESTIONS, limit, seed)
    assert len(kept) == 3 * min(limit, 75)
    assert set(Counter(question.group for question in kept).values()) == {3}
    levels = Counter(question.labels["level"] for question in kept)
    assert max(levels.values()) - min(levels.get(q.labels["level"], 0) for q in QUESTIONS) <= 3
    assert [q.id for q in kept] == [q.id for q in QUESTIONS if q in kept]


def test_no_limit_takes_all_and_another_seed_draws_others() -> None:
    assert chosen(QUESTIONS, 0, 0) == QUESTIONS
    assert chosen(QUESTIONS, 20, 0) == chosen(QUESTIONS, 20, 0)
    assert chosen(QUESTIONS, 20, 0) != chosen(QUESTIONS, 20, 1)
