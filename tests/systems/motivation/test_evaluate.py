"""Scores from made-up replies: limits that are known exactly, planted differences, unscored replies kept apart."""

from __future__ import annotations

from collections.abc import Callable
from statistics import stdev

import pytest

from humankind.kits.bench.questions import LETTERS, Reply, Trial
from humankind.systems.motivation.config import MotivationConfig
from humankind.systems.motivation.data import own
from humankind.systems.motivation.evaluate import ALL_THREE, OVERALL, Evaluation, score
from humankind.systems.motivation.protocol import HEADERS, make_trials, order_of

TYPES = tuple(HEADERS)
TRIALS = make_trials(own().questions, "paper", "base")
CONFIG = MotivationConfig(model="mockllm/model")


def replied(choose: Callable[[Trial], int | None], trials: list[Trial] = TRIALS) -> Evaluation:
    """Score replies; `choose` gives a position in the question's own order, None for a reply without a letter."""
    replies = []
    for trial in trials:
        choice = choose(trial)
        if choice is None:
            replies.append(Reply(trial=trial.id, unscored="no letter"))
        else:
            replies.append(Reply(trial=trial.id, choice=choice, right=choice == trial.question.gold))
    return score(CONFIG, "own", trials, replies)


def value(found: Evaluation, label: str) -> float:
    figure = found.figure(label)
    assert figure is not None
    return figure.value


@pytest.mark.parametrize("letter", range(6))
def test_a_constant_letter_scores_exactly_one_sixth_on_every_type(letter: int) -> None:
    found = replied(lambda trial: trial.shown[letter])
    for label in (*TYPES, OVERALL):
        figure = found.figure(label)
        assert figure is not None
        assert figure.value == pytest.approx(1 / 6, abs=1e-12)
        assert (figure.low, figure.high) == (pytest.approx(1 / 6), pytest.approx(1 / 6)), "every scenario alike"
    assert found.letters == {LETTERS[letter]: 1350}
    same_letter = sum(
        len({trial.target for trial in TRIALS if trial.question.group == group and order_of(trial.id) == order}) == 1
        and next(t.target for t in TRIALS if t.question.group == group and order_of(t.id) == order) == LETTERS[letter]
        for group in own().scenarios
        for order in range(6)
    )
    assert value(found, ALL_THREE) == pytest.approx(same_letter / 450)


def test_the_right_option_scores_one_and_leaves_no_errors() -> None:
    found = replied(lambda trial: trial.question.gold)
    assert all(figure.value == 1 for figure in found.figures)
    assert all(figure.low is not None and 0.94 < figure.low < 0.97 for figure in found.figures), "75 are not all"
    assert [figure.label for figure in found.figures] == [*TYPES, OVERALL, ALL_THREE]
    assert found.order_sd == 0
    assert found.mistakes == ()
    assert (found.scenarios, found.questions, found.trials) == (75, 225, 1350)


def test_one_type_always_wrong_is_never_all_three_right() -> None:
    wrong = TYPES[1]

    def choose(trial: Trial) -> int:
        gold = trial.question.gold or 0
        return (gold + 1) % 6 if trial.question.category == wrong else gold

    found = replied(choose)
    assert [value(found, label) for label in TYPES] == [1, 0, 1]
    assert value(found, OVERALL) == pytest.approx(2 / 3)
    assert value(found, ALL_THREE) == 0


def test_all_three_counts_orders_and_not_types_alone() -> None:
    """Each type is right under three orders; all three meet under one of them."""
    right_under = {TYPES[0]: {0, 1, 2}, TYPES[1]: {0, 3, 4}, TYPES[2]: {0, 1, 5}}

    def choose(trial: Trial) -> int:
        gold = trial.question.gold or 0
        return gold if order_of(trial.id) in right_under[trial.question.category] else (gold + 1) % 6

    found = replied(choose)
    assert [value(found, label) for label in TYPES] == pytest.approx([0.5] * 3)
    assert value(found, ALL_THREE) == pytest.approx(1 / 6)
    by_order = [1, 2 / 3, 1 / 3, 1 / 3, 1 / 3, 1 / 3]
    assert [one.accuracy for one in found.orders] == pytest.approx(by_order)
    assert found.order_sd == pytest.approx(stdev(by_order))


def test_unscored_replies_are_counted_and_are_neither_right_nor_wrong() -> None:
    def choose(trial: Trial) -> int | None:
        return None if order_of(trial.id) == 0 else trial.question.gold

    found = replied(choose)
    assert found.unscored == {"no letter": 225}
    assert value(found, OVERALL) == 1
    assert value(found, ALL_THREE) == 1
    assert [one.order for one in found.orders] == [1, 2, 3, 4, 5]


def test_an_asking_with_a_wrong_and_an_unscored_reply_is_not_all_right() -> None:
    def choose(trial: Trial) -> int | None:
        gold = trial.question.gold or 0
        return {TYPES[0]: None, TYPES[1]: (gold + 1) % 6, TYPES[2]: gold}[trial.question.category]

    found = replied(choose)
    assert value(found, ALL_THREE) == 0
    assert found.figure(TYPES[0]) is None


def test_orders_are_compared_only_where_each_has_the_same_questions() -> None:
    quick = CONFIG.replaced("protocol", "quick")
    trials = make_trials(own().questions, "quick", "base")
    replies = [Reply(trial=trial.id, choice=0, right=trial.question.gold == 0) for trial in trials]
    found = score(quick, "own", trials, replies)
    assert found.orders == ()
    assert found.order_sd is None


def test_nothing_scored_makes_no_figure() -> None:
    found = replied(lambda trial: None)
    assert found.figures == ()
    assert found.unscored == {"no letter": 1350}
    assert found.order_sd is None
    assert found.levels == ()


def test_a_level_that_was_made_hard_shows() -> None:
    def choose(trial: Trial) -> int:
        gold = trial.question.gold or 0
        hard = trial.question.labels["level"] == "love_and_belonging"
        return trial.shown[0] if hard else gold

    found = replied(choose)
    levels = {figure.label: figure.value for figure in found.levels}
    assert levels.pop("love_and_belonging") == pytest.approx(1 / 6)
    assert set(levels.values()) == {1.0}
    assert len(levels) == 4
    assert found.level_labels_by == "the authors of the set"


def test_sets_without_labels_have_no_levels_and_no_kinds_of_error() -> None:
    bare = [
        trial.model_copy(
            update={"question": trial.question.model_copy(update={"labels": {"source": "Blog", "other": "x"}})}
        )
        for trial in TRIALS
    ]
    found = replied(lambda trial: trial.shown[0], bare)
    assert found.levels == ()
    assert found.mistakes == ()
    assert [source.source for source in found.sources] == ["Blog"]


def test_sources_are_scored_apart() -> None:
    half = {group for place, group in enumerate(own().scenarios) if place % 2}

    def relabelled(trial: Trial) -> Trial:
        source = "odd" if trial.question.group in half else "even"
        labels = trial.question.labels | {"source": source}
        return trial.model_copy(update={"question": trial.question.model_copy(update={"labels": labels})})

    def choose(trial: Trial) -> int:
        gold = trial.question.gold or 0
        return gold if trial.question.group in half else (gold + 1) % 6

    found = replied(choose, [relabelled(trial) for trial in TRIALS])
    by_source = {source.source: source.figures[-1].value for source in found.sources}
    assert by_source == {"even": 0.0, "odd": 1.0}
    assert sum(source.scenarios for source in found.sources) == 75


def test_intervals_are_over_scenarios_and_not_over_trials() -> None:
    """All six orders of a question alike: asking six times must not narrow the interval."""
    lucky = set(own().scenarios[::2])

    def choose(trial: Trial) -> int:
        gold = trial.question.gold or 0
        return gold if trial.question.group in lucky else (gold + 1) % 6

    six = replied(choose).figure(OVERALL)
    one = replied(choose, [trial for trial in TRIALS if trial.id.endswith("#0")]).figure(OVERALL)
    assert six == one
    assert six is not None
    assert six.low is not None
    assert six.high is not None
    assert six.high - six.low == pytest.approx(2 * 1.96 * 0.5 / 75**0.5, rel=0.15)
