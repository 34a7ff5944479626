"""Generated questions: right by the oracle, balanced, seeded, with banks that share nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import pytest

from humankind.kits.belief.events import places_of
from humankind.kits.belief.explaining import explain
from humankind.kits.belief.oracle import HITOM, answer
from humankind.kits.belief.plots import KINDS, Kind, Plot
from humankind.kits.belief.problems import Making, Problem, problems, questions
from humankind.kits.belief.shortcuts import SHORTCUTS, first_place, last_place, omniscient
from humankind.kits.belief.templates import EVENTS, QUESTIONS, RULES
from humankind.kits.belief.words import WORDS
from humankind.spine.errors import ConfigError

MARK = {
    "looking away": "look away", "peeking": "peek", "unobserved change": "shift", "communication": "claim",
}  # fmt: skip


@pytest.fixture(scope="module")
def made() -> list[Problem]:
    return list(problems(Making(seed=11), 140))


def test_every_gold_is_what_the_oracle_says_and_no_other_option_is(made: list[Problem]) -> None:
    for problem in made:
        question = problem.question
        gold = answer(problem.story, problem.asking)
        assert gold is not None
        assert question.options[question.gold or 0] == question.answer == gold
        assert question.options.count(gold) == 1
        assert question.order == problem.asking.order


def test_labels_say_what_is_so(made: list[Problem]) -> None:
    for problem in made:
        labels = problem.question.labels
        false = problem.question.answer != answer(problem.story, problem.asking.model_copy(update={"chain": ()}))
        assert labels["false belief"] == ("yes" if false else "no")
        assert labels["chain"].split(" > ") == list(problem.asking.chain) or not problem.asking.chain
        kinds = {event.kind for event in problem.story.events}
        if labels["kind"] in MARK:
            assert MARK[labels["kind"]] in kinds
        if labels["kind"] == "plain":
            assert kinds <= {"enter", "leave", "place", "move", "aside"}
            assert not problem.story.closed


def test_orders_beliefs_positions_and_kinds_are_balanced(made: list[Problem]) -> None:
    assert Counter(problem.question.order for problem in made) == dict.fromkeys(range(5), 140)
    for order in (1, 2, 3, 4):
        counts = Counter(one.question.labels["false belief"] for one in made if one.question.order == order)
        assert counts == {"yes": 70, "no": 70}
    assert Counter(problem.question.gold for problem in made) == dict.fromkeys(range(5), 140)
    assert Counter(problem.question.labels["kind"] for problem in made) == dict.fromkeys(KINDS, 100)


def test_a_seed_gives_the_same_again_and_another_seed_gives_others() -> None:
    first, again, other = (questions(Making(seed=seed), 50) for seed in (1, 1, 2))
    assert first == again
    assert not {one.story for one in first} & {one.story for one in other}
    assert questions(Making(seed=1), 20) == first[:20]
    assert len({one.id for one in (*first, *other)}) == 100
    assert len({one.story for one in first}) == 10


def test_a_seed_gives_the_same_in_every_process() -> None:
    code = """if True:
        from hashlib import sha256
        from humankind.kits.belief.problems import Making, problems
        print(sha256("".join(one.model_dump_json() for one in problems(Making(seed=9), 21)).encode()).hexdigest())
    """
    found = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_the_text_tells_of_everything_and_of_nothing_else(made: list[Problem]) -> None:
    for problem in made:
        assert len(problem.sentences) == len(problem.story.events)
        for event, sentence in zip(problem.story.events, problem.sentences, strict=True):
            for value in event.model_dump(exclude={"kind", "text"}).values():
                for word in [value] if isinstance(value, str) else value:
                    assert word in sentence
            assert "{" not in sentence
        told = problem.question.story
        assert told.startswith(problem.preface)
        assert told.endswith(" ".join(problem.sentences))
        assert all(name in problem.question.text for name in (*problem.asking.chain, problem.asking.thing))
        assert all(place in problem.preface for place in problem.story.closed)


def test_a_leave_names_the_room_that_was_left(made: list[Problem]) -> None:
    rooms: dict[str, str] = {}
    for problem in made:
        rooms.clear()
        for event, sentence in zip(problem.story.events, problem.sentences, strict=True):
            if event.kind == "enter":
                assert not set(event.agents) & {name for name, room in rooms.items() if room == event.room}
                rooms.update(dict.fromkeys(event.agents, event.room))
            elif event.kind == "leave":
                assert all(rooms.pop(name) in sentence for name in event.agents)
            elif event.kind in ("look away", "look back"):
                assert rooms[event.agent] in sentence


def test_everything_starts_in_an_open_place(made: list[Problem]) -> None:
    """Else a reader could not tell whether those in the room know what is under the lid."""
    starts = [(one, event) for one in made for event in one.story.events if event.kind == "place"]
    assert starts
    assert not [event for one, event in starts if event.place in one.story.closed]


def test_what_shortcuts_choose_is_among_the_options(made: list[Problem]) -> None:
    for problem in made:
        for shortcut in (first_place, last_place, omniscient):
            assert shortcut(problem.story, problem.asking) in problem.question.options


def test_no_shortcut_solves_the_beliefs_and_the_truth_is_right_as_often_as_said(made: list[Problem]) -> None:
    beliefs = [one for one in made if one.asking.chain]
    right = {
        name: sum(shortcut(one.story, one.asking) == one.question.answer for one in beliefs) / len(beliefs)
        for name, shortcut in SHORTCUTS.items()
    }
    assert right["omniscient"] == 0.5
    assert max(right.values()) < 0.85
    truths = [one for one in made if not one.asking.chain]
    assert all(omniscient(one.story, one.asking) == one.question.answer for one in truths)


def test_shortcuts_on_a_story_known_by_heart(made: list[Problem]) -> None:
    for problem in made:
        named = [place for _, place in places_of(problem.story, problem.asking.thing)]
        assert (first_place(problem.story, problem.asking), last_place(problem.story, problem.asking)) == (
            named[0],
            named[-1],
        )
        less = SHORTCUTS["one order less"](problem.story, problem.asking)
        own, last = (SHORTCUTS[name](problem.story, problem.asking) for name in ("own belief", "last person"))
        if problem.asking.order == 0:
            assert (less, own, last) == (None, None, None)
        if problem.asking.order == 1:
            assert less == omniscient(problem.story, problem.asking)
        if problem.asking.order == 2:
            assert less == last


def test_the_explanation_ends_in_the_answer_and_quotes_the_story(made: list[Problem]) -> None:
    for problem in made:
        lines = explain(problem.story, problem.asking, problem.sentences)
        assert lines[-1].endswith(f"is in the {problem.question.answer}.")
        for line in lines[:-1]:
            number = int(line.split(".")[0])
            assert f'"{problem.sentences[number - 1]}"' in line


# -- banks ------------------------------------------------------------------------------------------------


def test_the_banks_of_words_share_nothing() -> None:
    train, test = (
        {word.lower() for field in (bank.names, bank.rooms, bank.things, bank.adjectives, bank.open_nouns,
                                    bank.lidded_nouns, bank.causes) for word in field}
        for bank in WORDS.values()
    )  # fmt: skip
    assert not train & test
    for bank in WORDS.values():
        assert len(set(bank.names)) == len(bank.names) == 40
        assert not set(bank.open_nouns) & set(bank.lidded_nouns)
        every = (*bank.rooms, *bank.things, *bank.open_nouns, *bank.lidded_nouns)
        assert len(set(every)) == len(every)


def test_the_banks_of_templates_share_nothing_and_have_the_same_kinds() -> None:
    for banks in (EVENTS, QUESTIONS):
        assert banks["train"].keys() == banks["test"].keys()
        train, test = ({text for texts in banks[split].values() for text in texts} for split in ("train", "test"))
        assert not train & test
        assert all(len(texts) > 1 for bank in banks.values() for kind, texts in bank.items() if kind != "other")
        for kind in banks["train"]:
            fields = {frozenset(re.findall(r"\{(\w+)\}", text)) for split in banks for text in banks[split][kind]}
            assert len(fields) == 1 or kind == "aside"
    assert RULES["train"].keys() == RULES["test"].keys()
    assert not set(RULES["train"].values()) & set(RULES["test"].values())


def test_a_test_split_has_no_word_or_sentence_of_the_train_split() -> None:
    train = list(problems(Making(seed=4), 40))
    test = list(problems(Making(seed=4, words="test", templates="test"), 40))
    assert not {line for one in train for line in one.sentences} & {line for one in test for line in one.sentences}
    used = [{option for one in split for option in one.question.options} for split in (train, test)]
    assert not used[0] & used[1]
    assert {one.question.labels["templates"] for one in test} == {"test"}


# -- sizes and settings -----------------------------------------------------------------------------------


def test_sizes_are_as_asked_for() -> None:
    plot = Plot(n_agents=7, n_rooms=3, n_places=5, n_things=4, n_chapters=3, n_asides=6, kinds=("plain",))
    for problem in problems(Making(plot=plot, orders=(2,), n_options=9), 20):
        kinds = Counter(event.kind for event in problem.story.events)
        assert kinds["aside"] == 6
        assert len(problem.question.options) == 9
        assert len({name for event in problem.story.events if event.kind == "enter" for name in event.agents}) == 7


def test_orders_beyond_the_number_of_people_name_somebody_twice_but_not_in_a_row() -> None:
    plot = Plot(n_agents=2, kinds=("plain",))
    for problem in problems(Making(plot=plot, orders=(4,)), 6):
        chain = problem.asking.chain
        assert len(chain) == 4
        assert all(a != b for a, b in pairwise(chain))


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_share_of_false_beliefs_is_kept(share: float) -> None:
    made = questions(Making(orders=(1, 2), false_share=share, seed=3), 80)
    assert sum(one.labels["false belief"] == "yes" for one in made) == 80 * share


def test_other_rules_for_claims_give_other_golds_and_are_told() -> None:
    plot = Plot(kinds=("communication",))
    for problem in problems(Making(plot=plot, orders=(2,), rules=HITOM), 10):
        assert problem.question.answer == answer(problem.story, problem.asking, HITOM)
        assert RULES["train"]["pairs"] in problem.preface
        assert problem.question.labels["rules"] == "other"


@pytest.mark.parametrize("kind", ["communication", "closed places"])
def test_settings_that_give_nothing_are_refused(kind: Kind) -> None:
    plot = Plot(n_agents=2, n_chapters=1, n_rooms=1, prob_move=0, prob_return=0, kinds=(kind,))
    with pytest.raises(ConfigError, match="hardly any story"):
        list(problems(Making(plot=plot, orders=(1, 2)), 4))
