"""The same ToMBench questions through Inspect's own multiple choice and through ours: equal prompts, equal verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from humankind.kits.bench.asking import ask
from humankind.kits.bench.prompts import inspect_form, make_trials, stem
from humankind.kits.bench.questions import LETTERS, Question
from humankind.spine.seeds import stream
from humankind.systems.tom import suites
from humankind.systems.tom.sampling import stratified
from humankind.testing.scripted import Call, record_of, scripted

N = 200
WORDINGS = (
    "ANSWER: {}",
    "ANSWER: {}.",
    "Answer: {}",
    "ANSWER: {lower}",
    "ANSWER:{}",
    "ANSWER : {}",
    "**ANSWER: {}**",
    "ANSWER: **{}**",
    "ANSWER: ({})",
    "ANSWER: {}\n",
    "She left before it was moved.\n\nANSWER: {}",
    "It could be ANSWER: {other} at first.\nBut she did not see it.\nANSWER: {}",
    "ANSWER: {},",
    "ANSWER: {} and {other}",
    "ANSWER: {} or {other}",
    "ANSWER: {}, {other}",
    "ANSWER: Z",
    "ANSWER:",
    "I cannot tell from the story.",
    "The story says nothing of it, and nobody asked.",
    "",
    "ANSWER: none",
)
"""Replies; `{}` is a letter of the question, `{other}` another one, `{lower}` the first in lower case."""


@pytest.fixture(scope="module")
def questions(data_home: Path) -> tuple[Question, ...]:
    return stratified(suites.load(str(data_home / "tombench")).questions, N, seed=0)


def varied(call: Call) -> str:
    """Words its letter in another way for each prompt; half of the letters are B."""
    rng = stream(0, call.prompt)
    n = sum(line[1:3] == ") " and line[0] in LETTERS for line in call.prompt.splitlines())
    letter, other = (LETTERS[int(place)] for place in rng.permutation(n)[:2])
    return WORDINGS[rng.integers(len(WORDINGS))].format(letter, other=other, lower=letter.lower())


Found = tuple[str, bool, str]
"""Letter (empty where none was found), verdict, completion."""


def through_inspect(questions: Sequence[Question], model: Any, folder: Path) -> dict[str, Found]:
    """Return what Inspect's solver and scorer make of each question."""
    from inspect_ai import Task
    from inspect_ai import eval as evaluate
    from inspect_ai.dataset import Sample
    from inspect_ai.scorer import choice
    from inspect_ai.solver import multiple_choice

    samples = [
        Sample(id=one.id, input=stem(one), choices=list(one.options), target=LETTERS[one.gold or 0])
        for one in questions
    ]
    task = Task(dataset=samples, solver=multiple_choice(), scorer=choice())
    (log,) = evaluate(task, model=model, log_dir=str(folder), display="none", temperature=0.0, max_tokens=16)
    assert log.status == "success"
    found = {}
    for sample in log.samples or []:
        ((_, score),) = (sample.scores or {}).items()
        found[str(sample.id)] = (score.answer or "", score.value == "C", sample.output.completion)
    return found


def through_ours(questions: Sequence[Question], model: Any, folder: Path) -> dict[str, Found]:
    """Return what our own asking and reading make of each question."""
    form = inspect_form()
    replies = ask(make_trials(questions, form=form), model, "text", folder, reading=form.reading, max_new_tokens=16)
    return {
        one.id: ("" if reply.choice is None else LETTERS[reply.choice], bool(reply.right), reply.text)
        for one, reply in zip(questions, replies, strict=True)
    }


@pytest.mark.data
def test_verdicts_are_those_of_inspect_whatever_the_wording(questions: tuple[Question, ...], tmp_path: Path) -> None:
    model, again = scripted(varied), scripted(varied)
    theirs = through_inspect(questions, model, tmp_path / "inspect")
    ours = through_ours(questions, again, tmp_path / "ours")
    prompts = [{call.prompt for call in record_of(one).calls} for one in (model, again)]
    assert prompts[0] == prompts[1]
    assert len(prompts[0]) == N
    differing = {id: (ours[id], theirs[id]) for id in theirs if ours[id] != theirs[id]}
    assert not differing
    assert len(ours) == N
    letters = Counter(letter for letter, _, _ in ours.values())
    assert 30 < letters[""] < 100  # replies without a letter, or with two
    assert sum(right for _, right, _ in ours.values()) > 20


@pytest.mark.data
@pytest.mark.slow
def test_verdicts_are_those_of_inspect_with_a_real_model(questions: tuple[Question, ...], tmp_path: Path) -> None:
    theirs = through_inspect(questions, "humankind/smollm2", tmp_path / "inspect")
    ours = through_ours(questions, "humankind/smollm2", tmp_path / "ours")
    assert ours == theirs
    assert len({text for _, _, text in ours.values()}) > N / 2  # it really says something of its own to each
