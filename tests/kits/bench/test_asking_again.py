"""Asking through Inspect: replies on disk, nothing asked twice, verdicts from letters, orders that even out."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from humankind.kits.bench.asking import JOURNAL, LOGS, ask
from humankind.kits.bench.orders import shown_orders
from humankind.kits.bench.questions import LETTERS, Question, Trial
from humankind.spine.errors import ConfigError, InputError
from humankind.testing.scripted import Call, scripted

OPTIONS = ("red", "blue", "green", "black", "white", "brown")


def trials(n: int) -> list[Trial]:
    made = []
    for number in range(n):
        question = Question(id=f"q{number}", suite="test", text="Which?", options=OPTIONS, gold=number % 6)
        for place, shown in enumerate(shown_orders(6, "paper")):
            lines = "\n".join(f"{LETTERS[i]}. {OPTIONS[own]}" for i, own in enumerate(shown))
            made.append(Trial(id=f"q{number}#{place}", question=question, shown=shown, prompt=f"Q{number}?\n{lines}"))
    return made


@pytest.fixture
def counting() -> tuple[Any, Counter[str]]:
    """A model that always says C, and how often each prompt was asked."""
    asked: Counter[str] = Counter()

    def reply(call: Call) -> str:
        asked[call.prompt] += 1
        return "C"

    return scripted(reply), asked


def test_a_constant_letter_is_right_in_one_of_six(tmp_path: Path, counting: tuple[Any, Counter[str]]) -> None:
    model, asked = counting
    every = trials(7)
    replies = ask(every, model, "text", tmp_path, max_new_tokens=4)
    assert [reply.trial for reply in replies] == [trial.id for trial in every]
    for number in range(7):
        assert sum(bool(reply.right) for reply in replies[6 * number : 6 * number + 6]) == 1
    assert set(asked.values()) == {1}
    assert list((tmp_path / LOGS).glob("*.eval"))


def test_what_is_on_disk_is_not_asked_again(tmp_path: Path, counting: tuple[Any, Counter[str]]) -> None:
    model, asked = counting
    every = trials(3)
    first = ask(every[:10], model, "text", tmp_path, max_new_tokens=4)
    journal = tmp_path / JOURNAL
    with journal.open("ab") as file:
        file.write(b'{"trial": "q1#5", "dig')  # what a kill leaves behind
    second = ask(every, model, "text", tmp_path, max_new_tokens=4)
    assert second[:10] == first
    assert set(asked.values()) == {1}
    assert len(asked) == len(every)
    assert all(json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines())


def test_a_changed_prompt_or_setting_is_asked_anew(tmp_path: Path, counting: tuple[Any, Counter[str]]) -> None:
    model, asked = counting
    (trial, *_) = trials(1)
    ask([trial], model, "text", tmp_path, max_new_tokens=4)
    ask([trial], model, "text", tmp_path, max_new_tokens=5)
    other = trial.model_copy(update={"prompt": "Something else?"})
    ask([other], model, "text", tmp_path, max_new_tokens=4)
    assert asked[trial.prompt] == 2
    assert asked["Something else?"] == 1


def test_orders_are_latin_squares() -> None:
    for n in (2, 3, 6):
        orders = shown_orders(n, "paper")
        assert all(sorted(order) == list(range(n)) for order in orders)
        for place in range(n):
            shown = Counter(order[place] for order in orders)
            assert len(set(shown.values())) == 1
            assert len(shown) == n


def test_bad_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="the same"):
        Question(id="a", suite="s", text="x", options=("u", "u"), gold=0)
    for options in (("box", " Box "), ("box", " "), ("box",)):
        with pytest.raises(ValueError, match=r"same|empty"):
            Question(id="a", suite="s", text="x", options=options, gold=0)
    with pytest.raises(ValueError, match="not one of"):
        Question(id="a", suite="s", text="x", options=("u", "v"), gold=2)


def test_bad_calls_are_refused(tmp_path: Path) -> None:
    twice = trials(1)[:1] * 2
    with pytest.raises(ConfigError, match="same id"):
        ask(twice, "scripted/A", "text", tmp_path)
    with pytest.raises(ConfigError, match="no such way"):
        ask(trials(1), "scripted/A", "guess", tmp_path)  # ty: ignore[invalid-argument-type]
    with pytest.raises(InputError):
        ask(trials(1), "nobody/model", "text", tmp_path)
