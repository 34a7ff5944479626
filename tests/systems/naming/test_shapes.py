"""How characters are put together."""

import pytest

from humankind.systems.naming.shapes import Part, base_radical, components_of, fits_structure, structure_of

PARTS = {
    "明": Part("a", ("日", "月")),
    "森": Part("r3tr", ("木",)),
    "泽": Part("a", ("氵", "37071")),
    "37071": Part("d", ("又", "㇐", "㇑")),
    "鸿": Part("a", ("37100", "鸟")),
    "37100": Part("a", ("氵", "工")),
    "街": Part("w", ("行", "圭")),
    "回": Part("rs", ("囗",)),
    "湘": Part("a", ("氵", "木", "目")),
}


@pytest.mark.parametrize(
    ("char", "structure"),
    [
        ("明", "左右"),
        ("森", "品字"),
        ("回", "全包围"),
        ("湘", "左中右"),
        ("街", "左中右"),
        ("人", "独体"),
        ("𫞩", None),
    ],
)
def test_structure_follows_the_outermost_join(char, structure):
    assert structure_of(char, PARTS) == structure


def test_components_leave_out_strokes_and_open_parts_without_a_character():
    assert components_of("明", PARTS) == ("日", "月")
    assert components_of("森", PARTS) == ("木", "木", "木")
    assert components_of("泽", PARTS) == ("氵",)
    assert components_of("鸿", PARTS) == ("氵", "工", "鸟")
    assert components_of("人", PARTS) == ("人",)


def test_a_wanted_structure_takes_in_its_kinds():
    assert fits_structure("左右", "左右")
    assert fits_structure("左中右", "左右结构")
    assert not fits_structure("左右", "左中右")
    assert not fits_structure("上下", "左右")
    assert fits_structure("半包围", "包围结构")


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("三点水", "水"),
        ("艹", "艸"),
        ("草字头", "艸"),
        ("木字旁", "木"),
        ("心字底", "心"),
        ("言部", "言"),
        ("王字旁", "玉"),
        ("日", "日"),
    ],
)
def test_radicals_go_by_many_names(name, base):
    assert base_radical(name) == base
