"""T2M's prompts: no option before thinking is over, all of them after it, and clear words where that cannot be."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.kits.bench.questions import Question, Trial
from humankind.spine.errors import ConfigError
from humankind.systems.tom.s2f import forced_text
from humankind.systems.tom.t2m import shown_later, split
from humankind.systems.tom.trials import make_trials

OPTIONS = ("zebra cupboard", "quince drawer", "walnut trunk")


def question(**changed: Any) -> Question:
    values = {
        "id": "q1", "suite": "hitom", "story": "Ann put the ball somewhere and left.", "text": "Where is it?",
        "options": OPTIONS, "gold": 1, "answer": OPTIONS[1], "order": 1,
    }  # fmt: skip
    return Question.model_validate(values | changed)


def trial(ending: Any = "letter", shown: tuple[int, ...] = (2, 0, 1), **changed: Any) -> Trial:
    return make_trials([question(**changed)], {"q1": [shown]}, ending)[0]


@pytest.mark.parametrize("ending", ["letter", "reason"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_options_wait_until_thinking_is_over(ending: str, language: str) -> None:
    piece = split(trial(ending, language=language))
    assert not any(option in piece.before for option in OPTIONS)
    assert "A." not in piece.before
    assert "Ann put the ball" in piece.before
    assert "Where is it?" in piece.before
    assert all(option in piece.later for option in OPTIONS)
    assert piece.later.index(OPTIONS[2]) < piece.later.index(OPTIONS[0])


def test_the_forced_text_holds_the_options_once_between_phrase_and_closing_mark() -> None:
    piece = split(trial())
    forced = forced_text("en", shown_later(piece))
    assert forced.startswith("\n")
    assert forced.endswith("\n</think>")
    assert all(forced.count(option) == 1 for option in OPTIONS)


@pytest.mark.parametrize("marker", ["choices:", "# Options", "[Candidate Answers]"])
def test_foreign_prompts_are_split_at_the_markers_of_the_paper(marker: str) -> None:
    listed = "\n".join(f"{letter}. {option}" for letter, option in zip("ABC", OPTIONS))
    foreign = Trial(
        id="q1#0", question=question(), shown=(0, 1, 2), prompt=f"A story.\nWhere?\n{marker}\n{listed}\nOne letter."
    )
    piece = split(foreign)
    assert not any(option in piece.before for option in OPTIONS)
    assert marker not in piece.before
    assert piece.later.startswith(marker)
    assert piece.later.endswith("One letter.")


def test_a_prompt_without_a_marker_is_refused_by_name() -> None:
    lost = Trial(id="q1#0", question=question(), shown=(0, 1, 2), prompt="A story. Is it there or not?")
    with pytest.raises(ConfigError, match="no marker") as refused:
        split(lost)
    assert refused.value.where == "q1#0"


def test_an_open_question_has_nothing_to_hide() -> None:
    with pytest.raises(ConfigError, match="no options to hide"):
        split(trial(shown=(), options=(), gold=None))


words = st.text(st.characters(whitelist_categories=["L"]), min_size=6, max_size=12)


@given(st.lists(words, min_size=2, max_size=15, unique=True), st.randoms(use_true_random=False))
def test_no_option_leaks_whatever_the_options_are(options: list[str], random: Any) -> None:
    shown = list(range(len(options)))
    random.shuffle(shown)
    story = "Nothing happened."
    asked = trial(shown=tuple(shown), options=tuple(options), gold=0, answer=options[0], story=story)
    piece = split(asked)
    assert not any(option in piece.before for option in options)
    assert piece.before.startswith(asked.prompt[: len(piece.before) - 60])
