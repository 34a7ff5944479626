"""ToMBench: the real files give the published counts; each defect is mended, counted or refused by row."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from humankind.spine.errors import DataError, LicenceError
from humankind.spine.sources import use
from humankind.systems.tom import readers_tombench
from humankind.systems.tom.data import Suite

NAN = float("nan")


def row(**changed: Any) -> dict[str, Any]:
    """A made-up item of the real form."""
    values: dict[str, Any] = {
        "能力\nABILITY": "Belief: Location false beliefs",
        "序号\nINDEX": 1,
        "故事": "安娜把钥匙放进盒子，然后出门了。",
        "问题": "安娜会去哪里找钥匙？",
        "选项A": "A. 盒子",
        "选项B": "B. 抽屉",
        "选项C": "C. 花园",
        "选项D": "D. 汽车",
        "STORY": "Anna puts the key into the box and goes out. Ben moves it to the drawer.",
        "QUESTION": "Where will Anna look for the key?",
        "OPTION-A": "The box",
        "OPTION-B": "The drawer",
        "OPTION-C": "The garden",
        "OPTION-D": "The car",
        "答案\nANSWER": "A",
    }
    return values | {
        {"ability": "能力\nABILITY", "gold": "答案\nANSWER"}.get(key, key.replace("_", "-")): value
        for key, value in changed.items()
    }


def write(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "False Belief Task.jsonl"
    path.write_text("".join(json.dumps(values, ensure_ascii=False) + "\n" for values in rows), encoding="utf-8")
    return path


def refusal(folder: Path, *rows: dict[str, Any]) -> DataError:
    with pytest.raises(DataError) as caught:
        readers_tombench.read(write(folder, *rows))
    return caught.value


@pytest.fixture(scope="module")
def whole(data_home: Path) -> Suite:
    return readers_tombench.read(data_home / "tombench")


@pytest.mark.data
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_real_files_give_the_published_counts(whole: Suite, language: Any) -> None:
    suite = whole.in_language(language)
    assert len(suite.questions) == 2860
    assert Counter(question.category for question in suite.questions) == {
        "belief": 882,
        "desire": 180,
        "emotion": 420,
        "intention": 340,
        "knowledge": 290,
        "non-literal communication": 748,
    }
    assert len({question.labels["task"] for question in suite.questions}) == 20
    assert Counter(len(question.options) for question in suite.questions)[2] == {"en": 483, "zh": 484}[language]
    assert suite.chance == pytest.approx({"en": 0.2922, "zh": 0.2923}[language], abs=5e-5)
    assert sum(question.order == 2 for question in suite.questions) == 200


@pytest.mark.data
def test_defects_of_the_real_files_are_told(whole: Suite) -> None:
    told = " ".join(whole.notes)
    for part in (
        "483 items with two",
        "1 item whose right letter",
        "120 items whose ability",
        "40 items whose English",
    ):
        assert part in told
    assert len(whole.notes) == 7


@pytest.mark.data
def test_the_item_with_a_stop_behind_its_letter_has_its_gold(whole: Suite) -> None:
    one = next(question for question in whole.questions if question.id == "knowledge-attention-links-011-en")
    assert one.gold == 0


@pytest.mark.data
def test_no_option_keeps_a_letter_of_its_own(whole: Suite) -> None:
    texts = [option for question in whole.questions for option in question.options]
    assert len(texts) > 20_000
    assert not [text for text in texts if text[:2] in {"A.", "B.", "C.", "D.", "A:", "B:"}]


def test_nan_options_are_not_there(tmp_path: Path) -> None:
    path = write(tmp_path, row(OPTION_C=NAN, OPTION_D=NAN, 选项C=NAN, 选项D=NAN))
    english, chinese = readers_tombench.read(path).questions
    assert english.options == ("The box", "The drawer")
    assert chinese.options == ("盒子", "抽屉")
    assert english.chance == 0.5


def test_both_capitalisations_are_one_ability(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        row(ability="Non-literal communication: Humor"),
        row(ability="Non-Literal Communication: Irony/Sarcasm"),
    )
    suite = readers_tombench.read(path)
    assert {question.category for question in suite.questions} == {"non-literal communication"}
    assert "1 item whose ability" in " ".join(suite.notes)


def test_prefixes_go_only_where_every_option_has_its_own(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        row(OPTION_A="A. box", OPTION_B="B. drawer", OPTION_C="C. garden", OPTION_D="D. car"),
        row(OPTION_A="A. Miller's box", OPTION_B="the drawer"),
    )
    english = [question for question in readers_tombench.read(path).questions if question.language == "en"]
    assert english[0].options == ("box", "drawer", "garden", "car")
    assert english[1].options[0] == "A. Miller's box"


def test_a_repeated_wrong_option_gets_a_number(tmp_path: Path) -> None:
    path = write(tmp_path, row(OPTION_B="The garden"))
    suite = readers_tombench.read(path)
    assert suite.questions[0].options == ("The box", "The garden", "The garden (2)", "The car")
    assert "1 item that lists an English option twice" in " ".join(suite.notes)


def test_questions_of_one_story_are_one_group(tmp_path: Path) -> None:
    path = write(tmp_path, row(), row(QUESTION="Where is the key?", gold="B"), row(STORY="Another story."))
    groups = [question.group for question in readers_tombench.read(path).questions if question.language == "en"]
    assert groups[0] == groups[1] != groups[2]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"gold": "E"}, "cannot be read"),
        ({"gold": "A or B"}, "cannot be read"),
        ({"gold": NAN}, "a text is missing"),
        ({"gold": "D", "OPTION_C": NAN, "OPTION_D": NAN}, "has no option"),
        ({"OPTION_B": NAN}, "an option is missing"),
        ({"OPTION_A": NAN, "OPTION_B": NAN, "OPTION_C": NAN, "OPTION_D": NAN}, "an option is missing"),
        ({"OPTION_C": "The box"}, "is there twice"),
        ({"OPTION_A": 7}, "a text is missing"),
        ({"ability": "Courage: Lions"}, "is not known"),
        ({"QUESTION": "  "}, "a text is missing"),
    ],
)
def test_what_cannot_be_an_item_is_refused_by_file_and_row(
    tmp_path: Path, changed: dict[str, Any], problem: str
) -> None:
    error = refusal(tmp_path, row(), row(**changed))
    assert problem in error.problem
    assert str(error.where).endswith("False Belief Task.jsonl row 2")
    assert error.remedy
    assert error.exit_code == 2


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, row())
    path.write_text(path.read_text(encoding="utf-8") + '{"half\n', encoding="utf-8")
    with pytest.raises(DataError, match="no JSON") as caught:
        readers_tombench.read(path)
    assert str(caught.value.where).endswith("row 2")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no ToMBench file"):
        readers_tombench.read(tmp_path)


def test_training_on_it_is_refused() -> None:
    with pytest.raises(LicenceError, match="must not be used to train"):
        use("tombench", "train")
