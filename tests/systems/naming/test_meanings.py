"""Characters that must not be in names, and gloom in verses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.systems.naming.characters import characters
from humankind.systems.naming.meanings import banned, doubtful, gloom, is_mourning, is_numeral_only, sorrows


@pytest.mark.parametrize(
    ("char", "kind"),
    [("的", "虚词"), ("肝", "身体"), ("癌", "疾病"), ("坟", "死亡"), ("奸", "粗恶"), ("爸", "亲属"), ("蛆", "动物")],
)
def test_kinds_of_banned_characters(char, kind):
    assert banned(char) == kind


def test_characters_that_people_bear_are_not_banned():
    borne = sorted(characters().values(), key=lambda one: -one.per_million)[:300]
    assert [one.char for one in borne if banned(one.char)] == []
    assert banned("刚") is None
    assert doubtful("孤") == "死亡"


def test_banned_characters_are_a_long_list_of_legal_characters_that_names_avoid():
    kinds = [one for one in characters().values() if banned(one.char)]
    assert len(kinds) >= 500
    assert sum(one.per_million for one in kinds) < 5000


def test_names_of_numbers():
    assert is_numeral_only("一二")
    assert not is_numeral_only("一鸣")
    assert not is_numeral_only("")


@pytest.mark.parametrize("title", ["悼亡诗三首", "哭晁卿衡", "遣悲怀三首·其一", "挽歌"])
def test_titles_that_mourn(title):
    assert is_mourning(title)
    assert gloom([title, "曾经沧海难为水"]) >= 0.5 or "悲" in title


@pytest.mark.parametrize("verse", ["明月松间照", "疏影横斜水清浅", "采菊东篱下", "海内存知己", "长风破浪会有时"])
def test_fair_verses_are_not_gloomy(verse):
    assert sorrows(verse) == ()
    assert gloom([verse]) == 0


def test_death_weighs_more_than_sorrow():
    assert gloom(["十年生死两茫茫"]) > gloom(["问君能有几多愁"]) > gloom(["春花秋月何时了"]) == 0


@given(st.lists(st.text(alphabet="悼亡泪愁月明清风坟哭", max_size=7), max_size=20))
def test_gloom_is_bounded_and_grows_with_every_line(lines):
    whole = gloom(lines)
    assert 0 <= whole <= 1
    assert gloom([*lines, "坟"]) >= whole
