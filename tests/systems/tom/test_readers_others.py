"""EmoBench on the real files; ToMATO, BigToM and OpenToM on made-up files of the published form."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from humankind.spine.errors import DataError
from humankind.systems.tom import readers_bigtom, readers_emobench, readers_opentom, readers_tomato


def write_json(path: Path, values: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values), encoding="utf-8")
    return path


# -- EmoBench ---------------------------------------------------------------------------------------------


@pytest.mark.data
def test_emobench_gives_three_questions_for_each_pair_of_records(data_home: Path) -> None:
    suite = readers_emobench.read(data_home / "emobench")
    assert Counter((question.category, question.language) for question in suite.questions) == {
        (category, language): 200
        for category in ("application", "understanding: emotion", "understanding: cause")
        for language in ("en", "zh")
    }
    assert Counter(Counter(question.group for question in suite.questions).values()) == {2: 200, 4: 200}


def test_emobench_does_not_tell_the_emotion_when_it_asks_for_the_cause(tmp_path: Path) -> None:
    record = {
        "qid": "1",
        "language": "en",
        "coarse_category": "complex_emotions",
        "finegrained_category": "faux_pas",
        "scenario": "Ida broke a cup.",
        "subject": "Ida",
        "emotion_choices": ["Joy", "Shame"],
        "emotion_label": "Shame",
        "cause_choices": ["It was dear", "It was blue"],
        "cause_label": "It was dear",
    }
    path = tmp_path / "EU.jsonl"
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")
    emotion, cause = readers_emobench.read(path).questions
    assert (emotion.answer, cause.answer) == ("Shame", "It was dear")
    assert emotion.group == cause.group
    assert "Shame" not in cause.text + cause.story
    path.write_text(json.dumps(record | {"cause_label": "It fell"}) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="not among the options"):
        readers_emobench.read(path)


# -- ToMATO -----------------------------------------------------------------------------------------------


def tomato(**changed: Any) -> dict[str, Any]:
    return {
        "a0": "She thinks he is glad",
        "a1": "She thinks he is tired",
        "a2": "She thinks he is angry",
        "a3": "She thinks he is afraid",
        "a_idx": 1,
        "a_str": "She thinks he is tired",
        "big_five": "Openness to Experience - High",
        "conversation": 'Mia: "Hi!"\nNoah: "I slept badly."',
        "false_belief": True,
        "mental_state": "emotion",
        "order": 2,
        "q": "How does Mia think that Noah feels?",
        "q_id": "2nd-order-belief-about-emotion_X_1",
        "sotopia_agents": ["a", "b"],
        "sotopia_environment": "e",
        "u_id": "1",
    } | changed


def test_tomato_is_read(tmp_path: Path) -> None:
    write_json(tmp_path / "tomato_fb.json", [tomato(), tomato(q_id="other", order=1, false_belief=False)])
    first, second = readers_tomato.read(tmp_path).questions
    assert (first.gold, first.answer, first.order, first.category) == (1, "She thinks he is tired", 2, "emotion")
    assert first.labels["false belief"] == "yes"
    assert second.labels["false belief"] == "no"
    assert first.group == second.group


def test_tomato_parts_that_overlap_give_each_question_once_and_the_whole_file_goes_before_them(tmp_path: Path) -> None:
    write_json(tmp_path / "dataset" / "tomato_second.json", [tomato(), tomato(q_id="b")])
    write_json(tmp_path / "dataset" / "tomato_fb.json", [tomato()])
    suite = readers_tomato.read(tmp_path)
    assert len(suite.questions) == 2
    assert "1 row repeating" in " ".join(suite.notes)
    write_json(tmp_path / "dataset" / "tomato.json", [tomato(q_id=str(number)) for number in range(5)])
    assert len(readers_tomato.read(tmp_path).questions) == 5


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"a_idx": 4}, "not the option it points to"),
        ({"a_idx": -1}, "not the option it points to"),
        ({"a_str": "She thinks he is glad"}, "not the option it points to"),
        ({"a2": "She thinks he is glad"}, "two options are the same"),
        ({"mental_state": "hunger"}, "not known"),
        ({"a3": None}, "a text is missing"),
    ],
)
def test_tomato_rows_that_are_wrong_are_named(tmp_path: Path, changed: dict[str, Any], problem: str) -> None:
    path = write_json(tmp_path / "tomato.json", [tomato(), tomato(q_id="b", **changed)])
    with pytest.raises(DataError) as caught:
        readers_tomato.read(path)
    assert problem in caught.value.problem
    assert str(caught.value.where).endswith("tomato.json row 2")


# -- BigToM -----------------------------------------------------------------------------------------------

TEMPLATE = (
    (
        "Lia is a baker. Lia wants to bake a rye loaf. Lia fills the jar with rye flour. Lia believes the jar holds "
        "rye. A guest swaps the rye for wheat."
    ),
    "Lia sees the guest.",
    "Lia does not see the guest.",
    "Lia asks for rye.",
    "Lia bakes from the jar.",
    "Does Lia believe the jar holds rye or wheat?",
    "Does Lia want rye or wheat?",
    "What will Lia do?",
    "Lia believes the jar holds wheat.",
    "Lia wants rye.",
    "Lia will ask for rye.",
    "Lia believes the jar holds rye.",
    "Lia wants rye.",
    "Lia will bake from the jar.",
    "Lia wants wheat.",
    "A cup falls.",
    "Lia sees the cup fall.",
    "Lia does not see the cup fall.",
    "auto",
    "0",
)


def test_bigtom_makes_the_conditions_of_its_templates(tmp_path: Path) -> None:
    path = tmp_path / "bigtom.csv"
    path.write_text("\n".join([";".join(TEMPLATE)] * 3) + "\n", encoding="utf-8")
    suite = readers_bigtom.read(path)
    assert len(suite.questions) == 3 * 2 * (4 + 4 + 3)
    by_id = {question.id: question for question in suite.questions}
    seen = by_id["001-forward-belief-true-belief-hidden"]
    assert seen.story.endswith("A guest swaps the rye for wheat. Lia sees the guest.")
    assert "Lia believes the jar holds rye." not in seen.story
    assert seen.answer == "Lia believes the jar holds wheat."
    unseen = by_id["001-forward-action-false-belief-shown"]
    assert "Lia believes the jar holds rye." in unseen.story
    assert (unseen.text, unseen.answer) == ("What will Lia do?", "Lia will bake from the jar.")
    control = by_id["001-forward-belief-true-control-shown"]
    assert "wheat." not in control.story
    assert control.answer == "Lia believes the jar holds rye."
    backward = by_id["001-backward-belief-true-belief-hidden"]
    assert backward.story.endswith("Lia asks for rye.")
    assert "sees the guest" not in backward.story
    assert backward.answer == "Lia believes the jar holds wheat."


def test_bigtom_puts_the_right_answer_first_about_half_of_the_time(tmp_path: Path) -> None:
    path = tmp_path / "bigtom.csv"
    path.write_text("\n".join([";".join(TEMPLATE)] * 40) + "\n", encoding="utf-8")
    questions = readers_bigtom.read(path).questions
    assert len(questions) == 880
    assert 0.45 < sum(question.gold == 0 for question in questions) / len(questions) < 0.55


def test_bigtom_leaves_out_what_its_own_code_would_cut_wrongly_and_says_so(tmp_path: Path) -> None:
    six = ("One more. " + TEMPLATE[0], *TEMPLATE[1:])
    same = tuple(TEMPLATE[13] if place == 10 else cell for place, cell in enumerate(TEMPLATE))
    path = tmp_path / "bigtom.csv"
    path.write_text("\n".join(map(";".join, (TEMPLATE, six, same))) + "\n", encoding="utf-8")
    suite = readers_bigtom.read(path)
    assert len(suite.questions) == 22 + 14
    told = " ".join(suite.notes)
    assert "1 template" in told
    assert "(row 2)" in told
    assert "8 questions whose two answers are the same" in told


def test_bigtom_refuses_a_row_with_too_few_columns(tmp_path: Path) -> None:
    path = tmp_path / "bigtom.csv"
    path.write_text(";".join(TEMPLATE) + "\n" + ";".join(TEMPLATE[:9]) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="too few columns") as caught:
        readers_bigtom.read(path)
    assert str(caught.value.where).endswith("row 2")


# -- OpenToM ----------------------------------------------------------------------------------------------

STORY = {
    "plot_info": {
        "mover": "Uma",
        "eoi": "hat",
        "original_place": "treasure_chest",
        "move_to_place": "the trash can",
        "observer": "Vik",
    },
    "observed": False,
    "narrative": "Uma moved the hat. Vik was away.",
}


def opentom(folder: Path, **files: Any) -> Path:
    write_json(folder / "meta_data.json", {"11": STORY})
    for name, records in files.items():
        write_json(folder / f"{name}.json", {"11": records})
    return folder


def test_opentom_gets_its_classes_as_options(tmp_path: Path) -> None:
    suite = readers_opentom.read(
        opentom(
            tmp_path,
            location_cg_fo=[{"question": "From Vik's perspective ...?", "answer": "Yes", "type": "location-fo"}],
            location_fg_so=[{"question": "Where precisely ...?", "answer": "nowhere", "type": "location-so"}],
            location_fg_so_new=[{"question": "Where precisely ...?", "answer": "Trash can", "type": "location-so"}],
            multihop_fo=[
                {"question": "how does the chest's fullness change?", "answer": "less full", "type": "multihop-fo"},
                {
                    "question": "how would hat's accessibility change?",
                    "answer": ["corrupted", "less accessible"],
                    "type": "multihop-fo",
                },
            ],
            attitude=[{"question": "As Vik, what is your attitude?", "answer": "negative", "type": "attitude"}],
        )
    )
    found = {question.category: question for question in suite.questions}
    assert len(suite.questions) == len(found) == 5
    assert (found["location coarse"].options, found["location coarse"].order) == (("Yes", "No"), 1)
    assert found["location fine"].options == ("treasure chest", "the trash can")
    assert (found["location fine"].answer, found["location fine"].order) == ("the trash can", 2)
    assert found["fullness"].answer == "less full"
    assert found["accessibility"].answer == "less accessible"
    assert found["attitude"].text.endswith("assuming that you saw the action?")
    assert {question.group for question in suite.questions} == {"11"}
    assert "answer is a list" in " ".join(suite.notes)


def test_opentom_leaves_out_an_answer_that_is_no_option_and_says_so(tmp_path: Path) -> None:
    record = {"question": "Where precisely ...?", "answer": "the treasure_chest", "type": "location-fo"}
    suite = readers_opentom.read(opentom(tmp_path, location_fg_fo=[record, record | {"answer": "the moon"}]))
    assert [question.answer for question in suite.questions] == ["treasure chest"]
    assert "1 question whose answer is neither" in " ".join(suite.notes)


def test_opentom_refuses_questions_without_a_story(tmp_path: Path) -> None:
    opentom(tmp_path)
    record = {"question": "As Vik?", "answer": "negative", "type": "attitude"}
    write_json(tmp_path / "attitude.json", {"99": [record]})
    with pytest.raises(DataError, match="has no story") as caught:
        readers_opentom.read(tmp_path)
    assert caught.value.found == "99"
