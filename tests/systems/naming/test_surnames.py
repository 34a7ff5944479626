"""Surnames: telling them apart and reading them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypinyin import Style
from pypinyin import pinyin as known_readings

from humankind.spine.errors import DataError
from humankind.systems.naming.sounds import pinyin, read_name
from humankind.systems.naming.surname_tables import COMPOUND, COMPOUND_READINGS, READINGS, SINGLE
from humankind.systems.naming.surnames import checked_surname, is_surname, split_surname, surname_readings

TWELVE = {
    "曾": "zēng", "单": "shàn", "解": "xiè", "仇": "qiú", "查": "zhā", "区": "ōu", "盖": "gě", "朴": "piáo",
    "翟": "zhái", "缪": "miào", "任": "rén", "乐": "yuè",
}  # fmt: skip
COMPOUNDS = {
    "尉迟": "yù chí", "万俟": "mò qí", "令狐": "líng hú", "长孙": "zhǎng sūn", "欧阳": "ōu yáng", "单于": "chán yú",
    "澹台": "tán tái", "皇甫": "huáng fǔ", "夏侯": "xià hóu", "鲜于": "xiān yú", "乐正": "yuè zhèng", "子车": "zǐ jū",
    "闾丘": "lǘ qiū", "司马": "sī mǎ", "诸葛": "zhū gě", "上官": "shàng guān", "宇文": "yǔ wén", "慕容": "mù róng",
}  # fmt: skip


@pytest.mark.parametrize(("surname", "reading"), TWELVE.items())
def test_surnames_that_read_unlike_their_character(surname, reading):
    assert pinyin(read_name(surname, "")) == reading


@pytest.mark.parametrize(("surname", "reading"), COMPOUNDS.items())
def test_compound_surnames(surname, reading):
    assert pinyin(read_name(surname, "")) == reading
    assert is_surname(surname)


def test_the_table_of_readings_is_as_large_as_it_should_be():
    assert len(READINGS) >= 80
    assert len(COMPOUND) >= 60
    assert len(SINGLE) >= 500
    assert all(len(readings) == len(surname) for surname, readings in COMPOUND_READINGS.items())


def test_every_surname_can_be_read():
    assert all(surname_readings(surname) for surname in SINGLE)
    assert all(len(surname_readings(surname)) == 2 for surname in COMPOUND)


def test_readings_agree_with_the_surnames_that_pypinyin_reads_right():
    """Where our table is silent the usual reading is taken; an independent dictionary must know it."""
    for surname in SINGLE - set(READINGS):
        known = known_readings(surname, style=Style.TONE3, heteronym=True, v_to_u=True)[0]
        assert surname_readings(surname)[0][0] in known


@pytest.mark.parametrize(
    ("full", "parts"),
    [("王伟", ("王", "伟")), ("欧阳龙", ("欧阳", "龙")), ("欧阳", ("欧", "阳")), ("司马相如", ("司马", "相如")),
     ("李张思远", ("李张", "思远")), ("爱新觉罗溥仪", ("爱新觉罗", "溥仪")), (" 諸葛亮 ", ("诸葛", "亮")),
     ("陳思遠", ("陈", "思远")), ("夏侯明", ("夏侯", "明")), ("夏雨荷", ("夏", "雨荷"))],
)  # fmt: skip
def test_splitting(full, parts):
    assert split_surname(full) == parts


@pytest.mark.parametrize(
    "text", ["", "  ", "John Smith", "wang wei", "王", "嫯伟", "王 伟", "王伟1", "王伟😀", "王子子子子子子"]
)
def test_what_is_no_full_name_is_refused(text):
    with pytest.raises(DataError) as caught:
        split_surname(text)
    assert caught.value.where
    assert caught.value.expected


@pytest.mark.parametrize("text", ["Wang", "王李张", "", "王1", "O'Neil"])
def test_what_is_no_surname_is_refused(text):
    with pytest.raises(DataError):
        checked_surname(text)


@settings(max_examples=200)
@given(st.sampled_from(sorted(SINGLE | COMPOUND)), st.sampled_from(["思远", "安", "子涵", "若汐"]))
def test_splitting_gives_the_name_back_and_never_half_a_compound(surname, given_name):
    first, rest = split_surname(surname + given_name)
    assert first + rest == surname + given_name
    if surname in COMPOUND:
        assert first == surname
