"""The Chinese calendar at its edges; figures from published almanacs."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from humankind.spine.errors import ConfigError, DataError
from humankind.systems.naming.calendars import ELEMENTS, Birth, Rules, element_of, lunar_birth, read, zodiac_of_year

ZI = Rules(day_start="zi-hour")
SPRING = Rules(zodiac_start="spring")


@pytest.mark.parametrize(
    ("birth", "pillars"),
    [
        (Birth(2024, 2, 4, 16, 26), "癸卯 乙丑 戊戌 庚申"),
        (Birth(2024, 2, 4, 16, 28), "甲辰 丙寅 戊戌 庚申"),
        (Birth(2000, 1, 1, 12, 0), "己卯 丙子 戊午 戊午"),
        (Birth(1949, 10, 1, 15, 0), "己丑 癸酉 甲子 壬申"),
        (Birth(1988, 2, 15, 23, 30), "戊辰 甲寅 庚子 戊子"),
    ],
)
def test_the_pillars_turn_at_the_minute_of_the_solar_term(birth, pillars):
    assert read(birth).pillars.text == pillars


def test_the_late_hour_belongs_to_the_day_that_the_rule_says():
    late, next_day = Birth(2024, 2, 4, 23, 30), Birth(2024, 2, 5, 0, 30)
    assert read(late).pillars.text == "甲辰 丙寅 戊戌 甲子"
    assert read(late, ZI).pillars.text == "甲辰 丙寅 己亥 甲子"
    assert read(next_day).pillars.day == read(next_day, ZI).pillars.day == "己亥"
    assert any("夜子时" in note for note in read(late).notes)
    assert "二十三点" in ZI.says


@pytest.mark.parametrize(
    ("new_year", "animal"),
    [((2020, 1, 25), "鼠"), ((2021, 2, 12), "牛"), ((2022, 2, 1), "虎"), ((2023, 1, 22), "兔"), ((2024, 2, 10), "龙"),
     ((2025, 1, 29), "蛇"), ((2026, 2, 17), "马"), ((2033, 1, 31), "牛"), ((2034, 2, 19), "虎"), ((1900, 1, 31), "鼠")],
)  # fmt: skip
def test_new_year_and_its_animal(new_year, animal):
    day = date(*new_year)
    eve = day - timedelta(days=1)
    first, last = read(Birth(day.year, day.month, day.day)), read(Birth(eve.year, eve.month, eve.day))
    assert first.festival == "春节"
    assert first.zodiac == animal == zodiac_of_year(day.year)
    assert last.festival == "除夕"
    assert last.zodiac == zodiac_of_year(day.year - 1)


def test_between_spring_and_new_year_the_two_animals_differ_and_it_is_said():
    calendar = read(Birth(2024, 2, 6, 12))
    assert (calendar.zodiac, calendar.zodiac_by_new_year, calendar.zodiac_by_spring) == ("兔", "兔", "龙")
    assert read(Birth(2024, 2, 6, 12), SPRING).zodiac == "龙"
    assert any("属兔" in note and "属龙" in note for note in calendar.notes)


@pytest.mark.parametrize(
    ("birth", "festival"),
    [((2024, 6, 10), "端午节"), ((2024, 9, 17), "中秋节"), ((2024, 8, 10), "七夕节"), ((2024, 10, 11), "重阳节"),
     ((2024, 2, 24), "元宵节"), ((2024, 4, 4), "清明节"), ((2025, 10, 1), "国庆节"), ((2024, 12, 21), "冬至"),
     ((2024, 3, 20), None), ((2023, 4, 13), None)],
)  # fmt: skip
def test_festivals(birth, festival):
    assert read(Birth(*birth)).festival == festival


@pytest.mark.parametrize(
    ("birth", "term", "season"),
    [((2024, 2, 3), None, "冬"), ((2024, 2, 4), "立春", "春"), ((2024, 5, 5), "立夏", "夏"),
     ((2024, 8, 7), "立秋", "秋"),
     ((2024, 11, 7), "立冬", "冬"), ((2024, 6, 21), "夏至", "夏"), ((2024, 1, 15), None, "冬"),
     ((2024, 12, 31), None, "冬")],
)  # fmt: skip
def test_terms_and_seasons(birth, term, season):
    calendar = read(Birth(*birth))
    assert (calendar.solar_term, calendar.season) == (term, season)


def test_dates_of_the_lunar_calendar_and_leap_months():
    assert lunar_birth(2024, 1, 1) == Birth(2024, 2, 10)
    assert lunar_birth(2023, 2, 1) == Birth(2023, 2, 20)
    assert lunar_birth(2023, 2, 1, leap=True) == Birth(2023, 3, 22)
    assert lunar_birth(2033, 11, 1, leap=True) == Birth(2033, 12, 22)
    assert lunar_birth(2025, 6, 1, leap=True, hour=8) == Birth(2025, 7, 25, 8)
    assert read(Birth(2023, 3, 22)).lunar.text == "二〇二三年闰二月初一"


def test_the_thirtieth_is_there_in_long_months_alone():
    assert lunar_birth(2024, 2, 30) == Birth(2024, 4, 8)
    with pytest.raises(DataError, match="no such day") as caught:
        lunar_birth(2025, 2, 30)
    assert "29" in str(caught.value.expected)


@pytest.mark.parametrize(
    ("year", "month", "day", "leap"),
    [(2024, 2, 31, False), (2024, 13, 1, False), (2024, 2, 1, True), (2023, 3, 1, True), (1899, 1, 1, False),
     (2100, 1, 1, False), (2024, 1, 0, False)],
)  # fmt: skip
def test_impossible_lunar_dates_are_refused(year, month, day, leap):
    with pytest.raises(DataError):
        lunar_birth(year, month, day, leap=leap)


@pytest.mark.parametrize(
    "parts",
    [(2024, 2, 30), (2023, 2, 29), (2024, 4, 31), (2024, 0, 1), (2024, 13, 1), (1899, 1, 1), (2101, 1, 1),
     (2024, 1, 1, 24),
     (2024, 1, 1, -1), (2024, 1, 1, 1, 60), (2024, None, 1), (2024, 1, 1, None, 5), (None, 2, 30), (2024, 1, 0)],
)  # fmt: skip
def test_impossible_births_are_refused_with_what_was_expected(parts):
    with pytest.raises(DataError) as caught:
        Birth(*parts)
    assert caught.value.expected
    assert caught.value.where == "birth"


def test_unknown_parts_leave_out_what_depends_on_them():
    year = read(Birth(2025))
    assert (year.zodiac, year.season, year.pillars, year.lunar, year.missing) == ("蛇", None, None, None, ())
    assert (read(Birth(2025, 7)).season, read(Birth(2025, 7)).zodiac) == ("夏", "蛇")
    assert (read(Birth(None, 4)).zodiac, read(Birth(None, 4)).season) == (None, "春")
    assert (read(Birth(2025, 1)).zodiac, bool(read(Birth(2025, 1)).notes)) == ("龙", True)
    day = read(Birth(2025, 7, 1))
    assert day.pillars.hour is None
    assert sum(day.counted.values()) == 6


def test_an_hour_in_which_the_term_turns_is_said_to_be_uncertain():
    uncertain = [any("交节气" in note for note in read(Birth(2024, 2, 4, hour)).notes) for hour in (15, 16, 17)]
    assert uncertain == [False, True, False]
    assert any("交节气" in note for note in read(Birth(2024, 2, 4)).notes)
    assert not any("交节气" in note for note in read(Birth(2024, 2, 6)).notes)


def test_elements_of_the_signs():
    calendar = read(Birth(2024, 2, 4, 16, 28))
    assert calendar.pillars.elements == "木土 火木 土土 金金"
    assert dict(calendar.counted) == {"木": 2, "火": 1, "土": 3, "金": 2, "水": 0}
    assert calendar.missing == ("水",)
    assert element_of("癸") == "水"
    with pytest.raises(DataError):
        element_of("A")


def test_unknown_rules_are_refused():
    with pytest.raises((ConfigError, ValueError)):
        Rules(day_start="noon")


@settings(max_examples=60, deadline=None)
@given(st.datetimes(min_value=datetime(1901, 3, 1), max_value=datetime(2099, 12, 1)))
def test_what_always_holds(moment):
    birth = Birth(moment.year, moment.month, moment.day, moment.hour, moment.minute)
    calendar = read(birth)
    assert sum(calendar.counted.values()) == 8
    assert set(calendar.missing) == {one for one in ELEMENTS if not calendar.counted[one]}
    lunar = calendar.lunar
    back = lunar_birth(lunar.year, lunar.month, lunar.day, leap=lunar.leap, hour=birth.hour, minute=birth.minute)
    assert back == birth
    days = (moment.date() - date(2024, 2, 4)).days
    stems, branches = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
    assert calendar.pillars.day == stems[(4 + days) % 10] + branches[(10 + days) % 12]
    later = days + (moment.hour == 23)
    assert read(birth, ZI).pillars.day == stems[(4 + later) % 10] + branches[(10 + later) % 12]
    first = stems.index(stems[(4 + later) % 10]) % 5 * 2
    hour = (moment.hour + 1) // 2 % 12
    assert calendar.pillars.hour == stems[(first + hour) % 10] + branches[hour]
