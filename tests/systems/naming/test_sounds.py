"""Syllables and readings, held against the dictionary of pypinyin."""

import pytest
from pypinyin import Style, lazy_pinyin
from pypinyin.contrib.tone_convert import to_finals, to_initials, to_tone

from humankind.spine.errors import DataError
from humankind.systems.naming.characters import characters
from humankind.systems.naming.sounds import (
    passport,
    pinyin,
    read_given,
    read_name,
    readings_of_given,
    spelled,
    syllable,
    tones_text,
)

SPELLINGS = sorted({reading for one in characters().values() for reading in one.readings if len(reading) > 2})
SPELLINGS = [one for one in SPELLINGS if one[:2] not in ("ng", "yo")]


def test_every_syllable_falls_into_the_initial_and_final_of_the_dictionary():
    for text in SPELLINGS:
        one = syllable(text)
        final = to_finals(text[:-1], strict=True, v_to_u=True)
        if final == "i" and one.initial in ("zh", "ch", "sh", "r", "z", "c", "s"):
            final = "-i"
        assert (one.initial, one.final) == (to_initials(text[:-1], strict=True), final), text


def test_marks_stand_where_the_dictionary_puts_them():
    for text in SPELLINGS:
        assert syllable(text).marked == to_tone(text.replace("5", "")), text


def test_characters_with_one_reading_are_read_as_the_dictionary_reads_them():
    common = [one for one in characters().values() if one.per_million > 50 and len(one.readings) == 1]
    assert len(common) > 800
    differing = [
        one.char for one in common if lazy_pinyin(one.char, style=Style.TONE3, v_to_u=True)[0] != one.readings[0]
    ]
    assert set(differing) <= {"子", "澎", "珩"}, differing  # the standard of 2013 reads them zi3, peng2, heng2


@pytest.mark.parametrize(
    ("given", "reading"),
    [("朝阳", "zhāo yáng"), ("朝伟", "cháo wěi"), ("长乐", "cháng lè"), ("行知", "xíng zhī"), ("重阳", "chóng yáng"),
     ("子乐", "zǐ lè"),
     ("少华", "shào huá"), ("晟睿", "shèng ruì"),
     ("柏林", "bó lín"), ("知行", "zhī xíng"), ("绿", "lǜ")],
)  # fmt: skip
def test_given_names_are_read_as_names(given, reading):
    assert pinyin(read_given(given)) == reading


def test_a_character_that_may_be_misread_shows_all_its_readings():
    assert readings_of_given("朝阳")[0] == ("zhao1", "chao2")
    assert readings_of_given("明") == (("ming2",),)


@pytest.mark.parametrize("text", ["", "ng2", "ma", "ma6", "xyz1", "zhong", "1", "王"])
def test_what_is_no_syllable_is_refused(text):
    with pytest.raises(DataError):
        syllable(text)


@pytest.mark.parametrize("given", ["𠮷", "a", "軒"])
def test_a_character_without_a_reading_is_refused(given):
    with pytest.raises(DataError, match="no reading"):
        read_given(given)


def test_spelling_of_registers_and_passports():
    assert spelled("吕", "思安") == "Lǚ Sī'ān"
    assert spelled("欧阳", "明") == "Ōuyáng Míng"
    assert passport("吕", "思安") == "LYU SIAN"
    assert passport("单", "绿雪") == "SHAN LYUXUE"
    assert passport("徐", "军") == "XU JUN"


def test_tones_and_rhymes():
    assert tones_text(read_name("苏", "轼")) == "平仄"
    assert syllable("guang1").rhyme == syllable("yang2").rhyme == "唐"
    assert syllable("shi1").rhyme != syllable("yi1").rhyme
    assert all(syllable(text).rhyme in "麻波皆开微豪尤寒文唐庚齐支姑" for text in SPELLINGS)
