"""The five elements of characters, scheme by scheme."""

import pytest

from humankind.spine.errors import DataError
from humankind.systems.naming.characters import characters
from humankind.systems.naming.elements import SCHEMES, from_csv, scheme


@pytest.mark.parametrize(
    ("char", "element"),
    [("林", "木"), ("松", "木"), ("萱", "木"), ("竹", "木"), ("炎", "火"), ("煜", "火"), ("晴", "火"), ("霞", "火"),
     ("岩", "土"),
     ("坤", "土"), ("瑾", "土"), ("锋", "金"), ("鑫", "金"), ("清", "水"), ("雨", "水"), ("鲲", "水"), ("冰", "水"),
     ("之", None)],
)  # fmt: skip
def test_by_meaning(char, element):
    assert SCHEMES["meaning"].element(char) == element


@pytest.mark.parametrize(
    ("char", "element"),
    [("轩", "水"), ("涵", "木"), ("万", "土"), ("学", "土"), ("泽", "金"), ("四", "火"), ("十", "水"), ("沐", "金")],
)
def test_by_strokes_counts_as_kangxi_does_and_numerals_by_value(char, element):
    assert SCHEMES["strokes"].element(char) == element


@pytest.mark.parametrize(
    ("char", "element"), [("歌", "木"), ("天", "火"), ("安", "土"), ("华", "土"), ("清", "金"), ("明", "水")]
)
def test_by_sound(char, element):
    assert SCHEMES["sound"].element(char) == element


@pytest.mark.parametrize("name", SCHEMES)
def test_a_scheme_names_itself_and_serves_every_element(name):
    one = SCHEMES[name]
    assert one.says.startswith("五行按")
    of = {element: one.characters_of(element) for element in "木火土金水"}
    assert min(map(len, of.values())) >= 250
    assert len({char for chars in of.values() for char in chars}) == sum(map(len, of.values()))
    assert all(one.element(char) == "水" for char in of["水"])
    common = [char for char in of["金"] if characters()[char].per_million > 50]
    assert len(common) >= 30


def test_schemes_differ_and_strangers_have_none():
    assert len({scheme.says for scheme in SCHEMES.values()}) == len(SCHEMES)
    assert {name: one.element("轩") for name, one in SCHEMES.items()} == {
        "meaning": None,
        "strokes": "水",
        "sound": "金",
    }
    assert all(one.element(text) is None for one in SCHEMES.values() for text in ("A", "𠮷", ""))
    with pytest.raises(DataError):
        SCHEMES["meaning"].characters_of("风")


def test_a_table_of_the_users(tmp_path):
    path = tmp_path / "ours.csv"
    path.write_text("character,element\n鲲,木\n玉,木\n", encoding="utf-8-sig")
    one = scheme(str(path))
    assert (one.element("鲲"), one.element("清")) == ("木", None)
    assert "ours" in one.says
    assert one.characters_of("木") == ("玉", "鲲")


@pytest.mark.parametrize(
    "text",
    [
        "character,wuxing\n鲲,木\n",
        "character,element\n鲲,风\n",
        "character,element\n鲲鹏,木\n",
        "character,element\n,木\n",
        "",
    ],
)
def test_a_wrong_table_is_refused_with_its_row(tmp_path, text):
    path = tmp_path / "wrong.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        from_csv(path)
    assert "wrong.csv" in str(caught.value.where)


def test_unknown_schemes_and_missing_tables_are_refused(tmp_path):
    with pytest.raises(DataError, match="no such scheme"):
        scheme("stars")
    with pytest.raises(DataError, match="missing"):
        from_csv(tmp_path / "none.csv")
