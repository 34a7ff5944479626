"""The recipe of the table, on a Unihan of three characters."""

import bz2

import pytest

from humankind.spine.errors import DataError
from humankind.systems.naming import tabulating

FIELDS = {
    "一": {"kTGH": "2013:1", "kTotalStrokes": "1", "kRSUnicode": "1.0", "kRSKangXi": "1.0", "kMandarin": "yī",
           "kTGHZ2013": "431.010:yī", "kDefinition": "one; a, an; alone"},
    "轩": {"kTGH": "2013:2", "kTotalStrokes": "7", "kRSUnicode": "159'.3", "kMandarin": "xuān",
           "kTGHZ2013": "414.070:xuān", "kTraditionalVariant": "U+8ED2"},
    "绿": {"kTGH": "2013:3", "kTotalStrokes": "11", "kRSUnicode": "120'.8", "kMandarin": "lǜ",
           "kTGHZ2013": "235.010:lǜ 234.010:lù", "kTraditionalVariant": "U+7DA0"},
    "軒": {"kTotalStrokes": "10", "kRSUnicode": "159.3", "kRSKangXi": "159.3"},
    "綠": {"kTotalStrokes": "14", "kRSUnicode": "120.8"},
    "車": {"kTotalStrokes": "7", "kRSUnicode": "159.0"},
    "糸": {"kTotalStrokes": "6", "kRSUnicode": "120.0"},
}  # fmt: skip
DECOMPOSITIONS = "轩:a(车,干)\n绿:a(纟,录)\n一:c()\n"
COUNTS = "char,male,female\n轩,30,10\n绿,1,9\n"


@pytest.fixture
def sources(tmp_path):
    lines = ["# a remark"]
    lines += [
        f"U+{ord(char):04X}\t{field}\t{text}" for char, fields in FIELDS.items() for field, text in fields.items()
    ]
    (tmp_path / "Unihan_All.txt.bz2").write_bytes(bz2.compress("\n".join(lines).encode()))
    (tmp_path / "CJKRadicals.txt").write_text(
        "# radicals\n1; 2F00; 4E00\n120; 2F77; 7CF8\n120'; 2EB0; 7E9F\n159; 2F9E; 8ECA\n"
    )
    (tmp_path / "decomp.txt").write_text(DECOMPOSITIONS)
    (tmp_path / "counts.csv").write_text(COUNTS)
    return tmp_path


def rows(sources):
    text = tabulating.build(sources, sources / "decomp.txt", sources / "counts.csv")
    lines = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def test_a_row_has_what_the_sources_say(sources, monkeypatch):
    monkeypatch.setattr(tabulating, "LEGAL", 3)
    one, pavilion, green = rows(sources)
    assert (one["char"], one["kangxi"], one["male"], one["gloss"]) == ("一", "1", "0", "one; a, an; alone")
    assert (pavilion["strokes"], pavilion["kangxi"], pavilion["traditional"]) == ("7", "10", "軒")
    assert (pavilion["radical"], pavilion["structure"], pavilion["components"]) == ("车", "左右", "车干")
    assert (pavilion["male"], pavilion["female"]) == ("30", "10")
    assert (green["kangxi"], green["readings"], green["radical"]) == ("14", "lü4 lu4", "纟")


def test_an_incomplete_list_of_characters_is_refused(sources):
    with pytest.raises(DataError, match="not whole"):
        rows(sources)


def test_a_folder_without_unihan_is_refused(tmp_path):
    with pytest.raises(DataError, match="no complete Unihan"):
        tabulating.read_unihan(tmp_path)


def test_missing_radicals_are_named(sources):
    (sources / "CJKRadicals.txt").unlink()
    with pytest.raises(DataError, match="radicals are missing"):
        rows(sources)


def test_the_reading_that_the_standard_lacks_does_not_come_first():
    assert tabulating.readings_of("luō", "240.010:luó") == ["luo2"]
    assert tabulating.readings_of("zi", "500.010:zǐ 500.020:zi") == ["zi3", "zi5"]
    assert tabulating.readings_of("ńg", "1.010:ńg") == ["ng2"]
