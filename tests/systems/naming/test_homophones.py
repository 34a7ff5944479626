"""Names that sound like something else."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin

from humankind.systems.naming.characters import characters
from humankind.systems.naming.homophones import homophones, near_form
from humankind.systems.naming.negatives import negatives
from humankind.systems.naming.sounds import read_name, syllable
from humankind.systems.naming.surnames import split_surname

ORDINARY = (Path(__file__).parent / "ordinary_names.txt").read_text(encoding="utf-8").split()
PUNS = {
    "杨伟": "阳痿", "史珍香": "屎真香", "杜琦燕": "肚脐眼", "范剑": "犯贱", "范统": "饭桶", "杜子腾": "肚子疼",
    "梅仁耀": "没人要", "沈京兵": "神经病", "秦寿生": "禽兽生", "魏生津": "卫生巾",
    "胡丽晶": "狐狸精", "赖月京": "来月经",
    "庞光": "膀胱", "朱逸群": "猪一群", "夏建仁": "下贱人", "曹妮玛": "草泥马",
    "曾桃燕": "真讨厌", "吴能": "无能",
}  # fmt: skip
NEAR = {
    "杨维": "阳痿", "羊蔚": "阳痿", "施珍香": "屎真香", "史贞湘": "屎真香", "杜其颜": "肚脐眼", "都岐妍": "肚脐眼",
    "樊健": "犯贱", "范建": "犯贱", "司珍香": "屎真香", "沈金彬": "神经病", "胡尼晶": "狐狸精", "斯珍香": "屎真香",
}  # fmt: skip
"""With other tones, with zh for z, ing for in, n for l."""


def sounds_like(full: str):
    surname, given_name = split_surname(full)
    return homophones(read_name(surname, given_name), len(given_name))


@pytest.mark.parametrize(("full", "word"), PUNS.items())
def test_names_that_became_jokes_are_serious(full, word):
    found = {one.word: one.level for one in sounds_like(full)}
    assert found[word] == "serious"


@pytest.mark.parametrize(("full", "word"), NEAR.items())
def test_near_sounds_warn_too(full, word):
    found = {one.word: one.level for one in sounds_like(full)}
    assert found[word] in ("caution", "serious")


def test_an_ordinary_neighbour_of_a_joke_does_not_warn():
    assert [one for one in sounds_like("吴丽晶") if one.level != "info"] == []
    assert [one for one in sounds_like("杨帆") if one.level != "info"] == []


def test_ordinary_names_hardly_ever_warn():
    assert len(ORDINARY) >= 200
    alarms = [full for full in ORDINARY if any(one.level != "info" for one in sounds_like(full))]
    assert len(alarms) / len(ORDINARY) <= 0.02, alarms


def test_reversed_names_and_initials_are_looked_at():
    reversed_found = homophones((syllable("xiang1"), syllable("zhen1"), syllable("shi3")), 2)
    assert ("屎真香", "reversed") in [(one.word, one.place) for one in reversed_found]
    assert ("傻逼", "initials") in [(one.word, one.place) for one in sounds_like("孙斌")]


def test_surname_and_first_character_are_looked_at():
    found = [(one.word, one.place, one.level) for one in sounds_like("范建华")]
    assert ("犯贱", "opening", "caution") in found


def test_the_list_is_large_and_each_word_is_there_once():
    words = [one.word for one in negatives()]
    assert len(words) == len(set(words)) >= 300
    assert len({one.kind for one in negatives()}) >= 6
    assert min(Counter(one.kind for one in negatives()).values()) >= 30


def test_the_words_are_read_as_a_dictionary_reads_them():
    """Neutral tones and 子 aside, which names read in full, hardly a reading may differ from pypinyin's."""
    differing = []
    for one in negatives():
        known = lazy_pinyin(one.word, style=Style.TONE3, neutral_tone_with_five=True, v_to_u=True)
        for char, ours, theirs in zip(one.word, one.syllables, known, strict=True):
            if char not in "子头" and theirs[-1] != "5" and f"{ours.text}{ours.tone}" != theirs:
                differing.append((one.word, theirs))
    assert len(differing) <= 0.02 * len(negatives()), differing


READINGS = sorted({reading for one in characters().values() for reading in one.readings if len(reading) > 2})
READINGS = [one for one in READINGS if not one.startswith("ng")]


@settings(max_examples=200)
@given(st.sampled_from(READINGS))
def test_near_forms_merge_and_stay(reading):
    one = syllable(reading)
    assert near_form(one) == near_form(syllable(f"{one.text}1"))
    assert near_form(one)[0] not in ("zh", "ch", "sh", "n")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(negatives()))
def test_every_word_is_found_in_itself_whatever_else_stands_on_the_list(negative):
    found = {one.word for one in homophones(negative.syllables, len(negative.syllables) - 1)}
    twins = {one.word for one in negatives() if one.syllables == negative.syllables}
    assert found & twins
