"""Replies as models write them: a letter where one is stated, a reason where none is, never a silent A."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.kits.bench.letters import read_letter, read_option
from humankind.kits.bench.questions import LETTERS

STATED = [
    ("B", 1),
    ("b", 1),
    (" B\n", 1),
    ('"B"', 1),
    ("**B**", 1),
    ("(b)", 1),
    ("B.", 1),
    ("B) red", 1),
    ("Answer: B", 1),
    ("The answer is (C).", 2),
    ("ANSWER: D", 3),
    ("<think>A? no, A is wrong, so B or C</think>\nC", 2),
    ("<Answer>D</Answer>", 3),
    ("A is tempting because of the door.\nBut she never saw it.\n\nAnswer: B", 1),
]
UNSCORED = [
    "The answer is A. No wait, B.",
    "I first thought the answer is A, but it is B",
    "",
    "   ",
    "A or B",
    "Either A or C.",
    "I cannot help with that.",
    "A man came in and took it.",
    "assistant",
    "<think>it must be B",
    "Z",
    "I think that everybody here is kind.",
    "A. red\nB. blue\nC. green\nD. black",
]


@pytest.mark.parametrize(("text", "index"), STATED)
def test_a_stated_letter_is_read(text: str, index: int) -> None:
    found = read_letter(text, 4)
    assert found.index == index, (text, found)


@pytest.mark.parametrize("text", UNSCORED)
def test_what_states_nothing_is_unscored_with_a_reason(text: str) -> None:
    found = read_letter(text, 4)
    assert found.index is None, (text, found)
    assert found.reason


@given(st.text(max_size=60), st.integers(2, 8))
def test_any_text_gives_an_option_or_a_reason(text: str, n_options: int) -> None:
    found = read_letter(text, n_options)
    assert (found.index is None) == bool(found.reason)
    assert found.index is None or 0 <= found.index < n_options


@given(st.integers(0, 5), st.sampled_from(["{}", "({})", "**{}**", "Answer: {}", "{}.", "'{}'", "Answer: **{}**"]))
def test_every_letter_is_read_by_the_same_rules(place: int, form: str) -> None:
    for letter in (LETTERS[place], LETTERS[place].lower()):
        assert read_letter(form.format(letter), 6).index == place


def test_an_answer_written_as_text() -> None:
    options = ("the red box", "the blue box", "a drawer")
    assert read_option("It is in the blue box.", options).index == 1
    assert read_option("A drawer", options).index == 2
    assert read_option("the red box or the blue box", options).index is None
    assert read_option("somewhere else", options).index is None


def test_a_score_that_is_no_number_chooses_nothing() -> None:
    from humankind.kits.bench.verdicts import _likeliest

    for scores in ((float("nan"), -1.0, -2.0), (-1.0, float("nan"), -0.5), (float("-inf"),) * 3):
        assert _likeliest(scores).index is None
    assert _likeliest((-3.0, -1.0, -2.0)).index == 1
