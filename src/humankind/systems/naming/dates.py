"""Reading the date of a birth out of a request: digits, Chinese numerals, lunar dates, sexagenary years."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from humankind.spine.errors import DataError
from humankind.systems.naming.births import Birth, lunar_birth, lunar_library
from humankind.systems.naming.hours import Hour, read_hour
from humankind.systems.naming.numerals import CHINESE, number
from humankind.systems.naming.request import Note

_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
_YEAR = (
    rf"(?:(?P<year>\d{{4}}|\d{{2}}|[〇零○一二三四五六七八九]{{4}}|[〇零一二三四五六七八九]{{2}})|(?P<cycle>[{_STEMS}][{_BRANCHES}])"
    r"[鼠牛虎兔龙蛇马羊猴鸡狗猪]?)\s*年的?\s*"
)
_LUNAR = r"(?:农历|阴历|旧历|古历)"
_MONTH = rf"(?P<leap>闰)?(?P<month>正|冬|腊|\d{{1,2}}|[{CHINESE}]{{1,2}})月份?"
_DAY = rf"(?P<day>初[一二三四五六七八九十]|[廿卅][一二三四五六七八九]?|\d{{1,2}}|[{CHINESE}]{{1,3}})(?P<unit>日|号)?"
_WRITTEN = re.compile(
    rf"(?P<lunar>{_LUNAR})?\s*(?:{_YEAR})?(?P<lunar2>{_LUNAR})?\s*{_MONTH}(?:的)?\s*(?:{_DAY}|(?P<part>底|初|中旬|上旬|下旬|末))?"
)
_DIGITAL = re.compile(
    r"(?<!\d)(?:(?P<year>(?:19|20)\d{2})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"
    r"|(?P<year2>(?:19|20)\d{2})(?P<month2>\d{2})(?P<day2>\d{2}))(?!\d)"
)
_YEAR_ONLY = re.compile(_YEAR)
FESTIVALS = {
    "春节": (1, 1), "元宵": (1, 15), "龙抬头": (2, 2), "上巳": (3, 3), "端午": (5, 5), "七夕": (7, 7), "中秋": (8, 15),
    "重阳": (9, 9), "腊八": (12, 8), "小年": (12, 23), "除夕": None, "元旦": None, "妇女节": None, "植树节": None,
    "劳动节": None, "青年节": None, "儿童节": None, "建党节": None, "建军节": None, "教师节": None, "国庆": None,
    "清明节": None, "冬至": None,
}  # fmt: skip
"""As requests name them -> lunar month and day, None where they are not fixed by those."""
_FULL = {"元宵": "元宵节", "上巳": "上巳节", "端午": "端午节", "七夕": "七夕节", "中秋": "中秋节", "重阳": "重阳节", "腊八": "腊八节", "国庆": "国庆节"}  # fmt: skip  # noqa: E501
_RELATIVE = re.compile("今年|明年|后年|去年|前年|下个月|这个月|上个月|明天|昨天|今天|上周|下周")
_LAST_CENTURY = 61


@dataclass(frozen=True, slots=True)
class Told:
    """What a text tells of a birth."""

    birth: Birth | None = None
    season: str | None = None
    festival: str | None = None
    notes: tuple[Note, ...] = ()


@dataclass(slots=True)
class _Date:
    """A date while it is being put together; parts that are wrong are taken out with a note."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    lunar: bool = False
    leap: bool = False
    at: int = 0
    notes: list[Note] = field(default_factory=list)

    @property
    def parts(self) -> int:
        return sum(part is not None for part in (self.year, self.month, self.day))


def read_birth(text: str) -> Told:
    """Return birth, season and festival that a simplified text tells; what cannot be is left out with a note.

    >>> read_birth("农历二〇二四年八月十五晚上八点").birth
    Birth(year=2024, month=9, day=17, hour=20, minute=0)
    >>> read_birth("2025年2月30日").notes[0].text
    '没有2025年2月30日这一天，日期按未知处理'
    """
    text = text.replace("大年初一", "正月初一").replace("大年三十", "除夕")
    festival, season = _festival(text), _season(text)
    found = max(_dates(text), key=lambda one: (one.parts, -one.at), default=_Date())
    if festival:
        _on_festival(found, festival)
    hour = read_hour(_without_dates(text))
    birth = _birth(found, hour)
    notes = [*found.notes, *hour.notes]
    relative = _RELATIVE.search(text)
    if relative and (birth is None or birth.year is None):
        notes.append(Note("date", f"“{relative[0]}”是哪一天要看写信的日子，请写出年月日"))
    return Told(birth, season, _FULL.get(festival, festival) if festival else None, tuple(notes))


def _dates(text: str) -> Iterator[_Date]:
    for match in _DIGITAL.finditer(text):
        year, month, day = (int(match[name] or match[f"{name}2"]) for name in ("year", "month", "day"))
        yield _Date(year, month, day, at=match.start())
    for match in _WRITTEN.finditer(text):
        written = _written(match)
        if written is not None:
            yield written
    for match in _YEAR_ONLY.finditer(text):
        yield _Date(_year(match), at=match.start(), lunar=bool(match["cycle"]))


def _written(match: re.Match[str]) -> _Date | None:
    month = {"正": 1, "冬": 11, "腊": 12}.get(match["month"]) or number(match["month"])
    told = match["day"]
    lunar = bool(match["lunar"] or match["lunar2"] or match["leap"] or match["cycle"]) or match["month"] in "正冬腊"
    lunar = lunar or bool(told and told[0] in "初廿卅")
    if told and not (match["unit"] or lunar or told[0] in "初廿卅"):
        told = None
    if month is None:
        return None
    day = number(told.removeprefix("初")) if told else None
    return _Date(_year(match), month, day, lunar, bool(match["leap"]), match.start())


def _year(match: re.Match[str]) -> int | None:
    if match["cycle"]:
        stem, branch = _STEMS.index(match["cycle"][0]), _BRANCHES.index(match["cycle"][1])
        return next((year for year in range(1999, 2059) if (year - 4) % 10 == stem and (year - 4) % 12 == branch), None)
    year = number(match["year"]) if match["year"] else None
    if year is not None and year < 100:
        return year + (2000 if year < _LAST_CENTURY else 1900)
    return year


def _on_festival(found: _Date, festival: str) -> None:
    """Put the day of a festival into a date that has only its year."""
    day = FESTIVALS[festival]
    if found.year is None or found.month is not None:
        return
    if festival == "除夕":
        try:
            last = lunar_library().Lunar.fromYmd(found.year + 1, 1, 1).getSolar().next(-1)
        except Exception:  # the library raises bare exceptions outside its range
            return
        found.year, found.month, found.day = last.getYear(), last.getMonth(), last.getDay()
        found.notes.append(Note("date", f"除夕按{found.year}年{found.month}月{found.day}日理解，请核对"))
    elif day is not None:
        found.month, found.day, found.lunar = *day, True


def _birth(found: _Date, hour: Hour) -> Birth | None:
    clock = (hour.hour, hour.minute)
    if not found.parts:
        return Birth(hour=clock[0], minute=clock[1]) if clock[0] is not None else None
    birth = _solar(found)
    birth = Birth(birth.year, birth.month, birth.day, *clock)
    if hour.next_day and birth.date:
        day = birth.date + timedelta(days=1)
        birth = Birth(day.year, day.month, day.day, *clock)
    return birth


def _solar(found: _Date) -> Birth:
    """Return the day in the civil calendar; parts that cannot be are dropped and told."""
    year, month, day = found.year, found.month, found.day
    if found.lunar and month is not None and day is not None:
        if year is None:
            found.notes.append(Note("date", "农历日期没有年份，换算不出公历日期"))
            return Birth()
        try:
            return lunar_birth(year, month, day, leap=found.leap)
        except DataError:
            leap = "闰" if found.leap else ""
            found.notes.append(Note("date", f"农历{year}年没有{leap}{month}月{day}日，日期按未知处理"))
            return Birth(_possible(year))
    if found.lunar and year is not None:
        found.notes.append(Note("date", "农历日期不全，只取年份"))
        return Birth(_possible(year))
    try:
        return Birth(year, month, day)
    except DataError:
        told = "".join(f"{part}{unit}" for part, unit in ((year, "年"), (month, "月"), (day, "日")) if part is not None)
        found.notes.append(Note("date", f"没有{told}这一天，日期按未知处理"))
        good = month if month is not None and 1 <= month <= 12 else None
        return Birth(_possible(year), good)


def _possible(year: int | None) -> int | None:
    try:
        return Birth(year).year
    except DataError:
        return None


def _without_dates(text: str) -> str:
    """Return the text with dates taken out, so that their digits are not read as hours."""
    text = _DIGITAL.sub(" ", text)
    return _WRITTEN.sub(lambda match: " " if match["year"] or match["day"] or match["cycle"] else match[0], text)


def _festival(text: str) -> str | None:
    places = [(text.find(name), name) for name in FESTIVALS if name in text]
    return min(places)[1] if places else None


def _season(text: str) -> str | None:
    found = re.search(r"([春夏秋冬])(?:天|季|日(?!月))|(?<=年)([初仲暮晚])?([春夏秋冬])(?=[出生，。])", text)
    return (found[1] or found[3]) if found else None


def today_is(text: str, today: date) -> str:
    """Return the text with 今年, 明年, 去年 replaced by the year they mean on a day.

    >>> today_is("明年三月", date(2025, 5, 1))
    '2026年三月'
    """
    for word, shift in (("今年", 0), ("明年", 1), ("去年", -1), ("后年", 2), ("前年", -2)):
        text = text.replace(word, f"{today.year + shift}年")
    return text
