"""How questions become prompts, and how a part of a suite is drawn."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.kits.bench.questions import Question
from humankind.systems.tom.sampling import stratified
from humankind.systems.tom.trials import make_trials, options_list, parts


def question(**changed: object) -> Question:
    values = {
        "id": "q",
        "suite": "mine",
        "story": "Ann left.",
        "text": "Where is Ann?",
        "options": ("zebra hall", "quartz room", "velvet loft"),
        "gold": 1,
        "answer": "quartz room",
    }
    return Question.model_validate(values | changed)


def test_the_parts_joined_are_the_prompt_and_only_the_middle_holds_options() -> None:
    made = parts(question(), (2, 0, 1))
    assert made.prompt == made.before_options + made.options_text + made.after_options
    assert "A. velvet loft\nB. zebra hall\nC. quartz room" in made.options_text
    for option in question().options:
        assert option not in made.before_options + made.after_options
    assert made.before_options.index("Ann left.") < made.before_options.index("Where is Ann?")


def test_without_options_a_short_answer_is_asked_for() -> None:
    made = parts(question(), (), "letter")
    assert made.options_text == ""
    assert "letter" not in made.prompt
    assert "quartz" not in made.prompt


def test_chinese_questions_are_asked_in_chinese() -> None:
    made = parts(
        question(language="zh", story="安娜走了。", text="安娜在哪里？", options=("大厅", "房间", "阁楼")), (0, 1, 2)
    )
    assert "选项：\nA. 大厅" in made.options_text
    assert "Story" not in made.prompt
    assert "Options" not in made.prompt


def test_hitom_states_the_rules_of_its_stories_and_others_do_not() -> None:
    assert "rules" in parts(question(suite="hitom"), (0, 1, 2)).before_options
    assert parts(question(), (0, 1, 2)).before_options.startswith("Story:")


def test_trials_say_where_the_right_letter_is() -> None:
    made = make_trials([question()], {"q": [(0, 1, 2), (1, 2, 0), (2, 0, 1)]})
    assert [trial.target for trial in made] == ["B", "A", "C"]
    assert len({trial.id for trial in made}) == 3
    for trial in made:
        letter = next(line[0] for line in trial.prompt.splitlines() if line.endswith("quartz room"))
        assert letter == trial.target
    assert make_trials([question()], {})[0].shown == (0, 1, 2)


def test_options_are_lettered_in_the_order_shown() -> None:
    assert options_list(question(), (1,)) == "A. quartz room"


def many(sizes: dict[tuple[str, int], int]) -> list[Question]:
    return [
        question(id=f"{category}-{order}-{number}", category=category, order=order)
        for (category, order), size in sizes.items()
        for number in range(size)
    ]


@given(
    sizes=st.dictionaries(
        st.tuples(st.sampled_from("abc"), st.integers(0, 3)), st.integers(1, 40), min_size=1, max_size=8
    ),
    limit=st.integers(1, 60),
    seed=st.integers(0, 5),
)
def test_a_sample_has_every_stratum_in_its_share(sizes: dict[tuple[str, int], int], limit: int, seed: int) -> None:
    whole = many(sizes)
    drawn = stratified(whole, limit, seed)
    assert len(drawn) == min(limit, len(whole))
    assert [one for one in whole if one in drawn] == list(drawn)
    counts = Counter((one.category, one.order) for one in drawn)
    for stratum, size in sizes.items():
        assert abs(counts[stratum] - size * len(drawn) / len(whole)) < 1


def test_the_sample_is_the_seeds_and_not_the_first() -> None:
    whole = many({("a", 0): 200, ("b", 1): 200})
    one, again, other = (stratified(whole, 40, seed) for seed in (1, 1, 2))
    assert one == again != other
    assert list(one) != whole[:40]
    assert {question.category for question in one} == {"a", "b"}
    assert stratified(whole, 0, 1) == tuple(whole)


@pytest.mark.parametrize("limit", [1, 2])
def test_a_limit_below_the_number_of_strata_favours_none(limit: int) -> None:
    whole = many({(name, 0): 10 for name in "abc"})
    found = Counter(one.category for seed in range(60) for one in stratified(whole, limit, seed))
    assert min(found[name] for name in "abc") > 8
