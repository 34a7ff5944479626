"""The table of legal characters, held against published figures."""

import time
from importlib.resources import files

import pytest

from humankind.spine.errors import DataError
from humankind.systems.naming.characters import character, characters, simplified
from humankind.systems.naming.shapes import STRUCTURES, base_radical

KANGXI = {
    "万": 15, "与": 14, "丑": 17, "学": 16, "轩": 10, "涵": 12, "泽": 17, "琪": 13, "沐": 8, "陈": 16, "松": 8,
    "范": 11, "华": 14, "云": 12, "梦": 14, "艺": 21, "静": 16, "国": 11, "龙": 16, "欧": 15,
}  # fmt: skip
"""Strokes that almanacs print for names."""


def test_the_standard_has_8105_characters_in_three_levels_without_gaps():
    table = characters()
    assert [one.index for one in table.values()] == list(range(1, 8106))
    levels = [one.level for one in table.values()]
    assert [levels.count(level) for level in (1, 2, 3)] == [3500, 3000, 1605]
    assert levels == sorted(levels)


@pytest.mark.parametrize(("char", "strokes"), KANGXI.items())
def test_kangxi_strokes_are_those_that_almanacs_print(char, strokes):
    assert characters()[char].kangxi_strokes == strokes


@pytest.mark.parametrize("char", "昇玟翀珺堃喆婳甯淼")
def test_name_characters_of_the_third_level_are_there(char):
    one = character(char)
    assert one.level == 3
    assert one.index > 6500


def test_strokes_of_simplified_characters():
    assert {char: characters()[char].strokes for char in "一龙凤马鸟国鑫懿"} == dict(
        zip("一龙凤马鸟国鑫懿", (1, 5, 4, 3, 5, 8, 24, 22), strict=True)
    )


@pytest.mark.parametrize(
    ("char", "structure"),
    [("明", "左右"), ("思", "上下"), ("国", "全包围"), ("远", "半包围"), ("闻", "半包围"), ("森", "品字"),
     ("山", "独体"), ("林", "左右"), ("昌", "上下"), ("街", "左中右"), ("衷", "上中下"), ("辉", "左右"),
     ("岚", "上下"), ("龙", "独体")],
)  # fmt: skip
def test_structure(char, structure):
    assert characters()[char].structure == structure


def test_nearly_every_character_has_a_structure_we_name():
    known = [one.structure for one in characters().values() if one.structure]
    assert set(known) <= set(STRUCTURES)
    assert len(known) >= 7990


@pytest.mark.parametrize(
    ("char", "radical", "base"),
    [("清", "氵", "水"), ("泉", "水", "水"), ("慧", "心", "心"), ("怡", "忄", "心"),
     ("萱", "艹", "艸"),
     ("琪", "王", "玉"), ("铭", "钅", "金"), ("诗", "讠", "言"), ("远", "辶", "辵"), ("明", "日", "日"),
     ("杰", "木", "木"),
     ("王", "王", "玉")],
)  # fmt: skip
def test_radicals_are_shown_as_they_are_written(char, radical, base):
    assert characters()[char].radical == radical
    assert base_radical(radical) == base


def test_asking_for_a_radical_finds_its_forms_and_nothing_else():
    table = characters()
    assert all(table[char].has_radical("水") for char in "清泉泽沐")
    assert all(table[char].has_radical("氵") for char in "清泽沐")
    assert not table["明"].has_radical("水")
    assert table["杏"].has_radical("木字旁")


def test_frequencies_sum_to_a_million_and_shares_lie_between_zero_and_one():
    table = characters()
    assert sum(one.per_million for one in table.values()) == pytest.approx(1e6)
    shares = [one.male_share for one in table.values() if one.male_share is not None]
    assert all(0 <= share <= 1 for share in shares)
    assert len(shares) > 3800
    assert (table["婷"].male_share or 1) < 0.05
    assert (table["彪"].male_share or 0) > 0.9


def test_traditional_forms_are_those_that_names_mean():
    table = characters()
    assert {char: table[char].traditional for char in "轩云松范里发姜台安"} == dict(
        zip("轩云松范里发姜台安", "軒雲松范里發姜臺安", strict=True)
    )
    assert simplified()["蘭"] == "兰"


@pytest.mark.parametrize("text", ["軒", "A", "", "安安", "𠮷", "㐀"])
def test_other_characters_are_refused_with_what_to_do(text):
    with pytest.raises(DataError) as caught:
        character(text)
    assert caught.value.expected
    if text == "軒":
        assert "轩" in (caught.value.remedy or "")


def test_reading_the_table_is_quick_and_done_once():
    from humankind.systems.naming.characters import _shipped

    _shipped.cache_clear()
    start = time.process_time()
    first = characters()
    assert time.process_time() - start < 0.3
    assert characters() is first


def test_the_package_carries_the_licences_of_its_sources():
    folder = files("humankind.systems.naming") / "tables"
    text = (folder / "LICENSES.txt").read_text(encoding="utf-8")
    assert all(part in text for part in ("Unicode, Inc.", "Gavin Grover", "Jingchao Hu", "modified"))
    assert len((folder / "characters.tsv").read_bytes()) < 1_000_000
