"""The check of a whole name."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from humankind.spine.errors import DataError
from humankind.systems.naming.calendars import Birth
from humankind.systems.naming.characters import characters
from humankind.systems.naming.checks import LEVELS, Options, check
from humankind.systems.naming.surnames import split_surname

ORDINARY = (Path(__file__).parent / "ordinary_names.txt").read_text(encoding="utf-8").split()


def kinds(surname, name, level=None, **more):
    return {one.kind for one in check(surname, name, **more) if level in (None, one.level)}


@pytest.mark.parametrize(("surname", "name"), [("杨", "伟"), ("史", "珍香"), ("杜", "琦燕"), ("范", "剑")])
def test_names_that_became_jokes(surname, name):
    first = check(surname, name)[0]
    assert (first.level, first.kind) == ("serious", "homophone")


def test_ordinary_names_are_left_in_peace():
    alarmed = [
        full
        for full in ORDINARY
        if any(one.level != "info" and one.kind != "famous" for one in check(*split_surname(full)))
    ]
    assert len(alarmed) / len(ORDINARY) <= 0.02, alarmed


@pytest.mark.parametrize(
    ("surname", "name", "kind", "level"),
    [("王", "尸", "meaning", "serious"), ("王", "的", "meaning", "caution"), ("王", "一二", "meaning", "caution"),
     ("王", "𠮷", "character", "serious"), ("王", "珺", "rare", "caution"), ("王", "思远博", "length", "caution"),
     ("秦", "桧", "famous", "serious"), ("李", "白", "famous", "caution"), ("王", "若汐", "popular", "info"),
     ("王", "朝阳", "reading", "info"), ("李", "美好", "rhythm", "info"), ("王", "懿", "strokes", "info"),
     ("嫯", "明", "surname", "caution"), ("李王", "明", "surname", "info")],
)  # fmt: skip
def test_each_kind_of_warning(surname, name, kind, level):
    assert kind in kinds(surname, name, level)


def test_options_change_what_is_said():
    assert "rare" not in kinds("王", "珺", options=Options(highest_level=3))
    assert "sex" in kinds("王", "婷婷", options=Options(sex="boy"))
    assert "sex" not in kinds("王", "婷婷", options=Options(sex="girl"))
    elders = Options(ancestors=("王建国",), ancestor_sounds=True)
    assert "family" in kinds("王", "建文", "serious", options=elders)
    assert "family" in kinds("王", "剑文", "caution", options=elders)
    assert "family" not in kinds("王", "思远", options=elders)
    assert "family" in kinds("王", "博雅", "serious", options=Options(generation="文", generation_slot=1))
    assert "family" not in kinds("王", "文雅", options=Options(generation="文", generation_slot=1))


def test_a_birth_adds_the_calendar():
    birth = Birth(2024, 2, 4, 16, 28)
    text = " ".join(one.text for one in check("王", "思远", birth=birth) if one.kind == "element")
    assert "缺水" in text
    assert "五行按" in text
    assert "缺水" not in " ".join(one.text for one in check("王", "清越", birth=birth))
    assert "zodiac" in kinds("王", "狄", birth=Birth(2024, 5, 1), options=Options(zodiac=True))
    assert "zodiac" not in kinds("王", "狄", birth=Birth(2024, 5, 1))


def test_traditional_forms_are_understood():
    assert check("楊", "偉")[0].kind == "homophone"


@pytest.mark.parametrize(
    ("surname", "name"), [("Li", "明"), ("李", "Ming"), ("", "明"), ("李", ""), ("李", "明1"), ("李", "明😀")]
)
def test_what_is_no_chinese_name_is_refused(surname, name):
    with pytest.raises(DataError):
        check(surname, name)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from("王李张欧区曾"), st.lists(st.sampled_from(sorted(characters())), min_size=1, max_size=2))
def test_every_legal_name_can_be_checked_and_the_worst_comes_first(surname, chars):
    found = check(surname, "".join(chars))
    order = [LEVELS.index(one.level) for one in found]
    assert order == sorted(order)
    assert len(found) == len(set(found))
    assert all(one.text for one in found)
