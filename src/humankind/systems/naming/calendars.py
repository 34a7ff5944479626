"""The Chinese calendar of a birth: lunar date, zodiac, season, festivals, solar terms, four pillars, missing elements.

The two questions on which almanacs differ are settings of `Rules`: where the day of the pillars begins, and where the
year of the zodiac begins. The pillars of year and month change at the minute of the solar term.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

from humankind.spine.config import Section
from humankind.spine.errors import DataError
from humankind.systems.naming.births import Birth, lunar_birth, lunar_library

__all__ = ["ELEMENTS", "Birth", "Calendar", "LunarDate", "Pillars", "Rules", "lunar_birth", "read", "zodiac_of_year"]

ELEMENTS = ("木", "火", "土", "金", "水")
STEMS = dict(zip("甲乙丙丁戊己庚辛壬癸", "木木火火土土金金水水", strict=True))
BRANCHES = dict(zip("子丑寅卯辰巳午未申酉戌亥", "水土木木土火火土金金土水", strict=True))
ANIMALS = "鼠牛虎兔龙蛇马羊猴鸡狗猪"
"""The zodiac in the order of the branches; the year 2020 was one of 鼠."""
DAY_STARTS = {
    "midnight": "以零点为一日之始（夜子时仍属当日）",
    "zi-hour": "以二十三点为一日之始（子时即换日）",
}
ZODIAC_STARTS = {"new-year": "生肖以农历正月初一换年", "spring": "生肖以立春换年"}

_FESTIVALS = {
    (1, 1): "春节", (1, 15): "元宵节", (2, 2): "龙抬头", (3, 3): "上巳节", (5, 5): "端午节", (7, 7): "七夕节",
    (8, 15): "中秋节", (9, 9): "重阳节", (12, 8): "腊八节", (12, 23): "小年",
}  # fmt: skip
_CIVIL = {
    (1, 1): "元旦", (3, 8): "妇女节", (3, 12): "植树节", (5, 1): "劳动节", (5, 4): "青年节", (6, 1): "儿童节",
    (7, 1): "建党节", (8, 1): "建军节", (9, 10): "教师节", (10, 1): "国庆节",
}  # fmt: skip
_TERM_FESTIVALS = {"清明": "清明节", "冬至": "冬至"}
_SEASONS = "冬冬春春春夏夏夏秋秋秋冬"
"""By month, where only the month is known."""


class Rules(Section):
    """How a birth is read where almanacs differ."""

    day_start: Literal["midnight", "zi-hour"] = "midnight"
    """Where the pillar of the day changes: at midnight, or at 23:00 with the hour 子."""
    zodiac_start: Literal["new-year", "spring"] = "new-year"
    """Where the animal changes: at the lunar new year, or at the solar term 立春."""

    @property
    def says(self) -> str:
        """The two rules in one Chinese sentence."""
        return f"{DAY_STARTS[self.day_start]}，{ZODIAC_STARTS[self.zodiac_start]}"


@dataclass(frozen=True, slots=True)
class LunarDate:
    """A date of the lunar calendar."""

    year: int
    month: int
    day: int
    leap: bool
    text: str
    """Such as 二〇二三年腊月廿五."""


@dataclass(frozen=True, slots=True)
class Pillars:
    """The four pillars; each a stem and a branch."""

    year: str
    month: str
    day: str
    hour: str | None
    """None where the hour is not known."""

    @property
    def text(self) -> str:
        """The pillars with spaces between."""
        return " ".join(one for one in (self.year, self.month, self.day, self.hour) if one)

    @property
    def elements(self) -> str:
        """The element of each stem and branch, in the order of `text`."""
        return " ".join(STEMS[one[0]] + BRANCHES[one[1]] for one in self.text.split())


@dataclass(frozen=True)
class Calendar:
    """What the Chinese calendar says of a birth; what cannot be known is None or empty."""

    birth: Birth
    rules: Rules
    zodiac: str | None
    season: str | None
    """春, 夏, 秋 or 冬: from 立春, 立夏, 立秋, 立冬; by the civil month where the day is not known."""
    lunar: LunarDate | None = None
    zodiac_by_new_year: str | None = None
    zodiac_by_spring: str | None = None
    festivals: tuple[str, ...] = ()
    """Of the day, those of the lunar calendar first."""
    solar_term: str | None = None
    """The solar term that falls on the day."""
    after_term: str | None = None
    """The last solar term up to the birth."""
    pillars: Pillars | None = None
    counted: Mapping[str, int] = field(default_factory=dict)
    """Element -> how many of the stems and branches have it."""
    missing: tuple[str, ...] = ()
    """Elements that none of the stems and branches has."""
    notes: tuple[str, ...] = ()
    """What is uncertain or differs between almanacs, in Chinese."""

    @property
    def festival(self) -> str | None:
        """The first festival of the day."""
        return self.festivals[0] if self.festivals else None


def read(birth: Birth, rules: Rules | None = None) -> Calendar:
    """Return what the Chinese calendar says of a birth.

    Without the day there are only the animal and the season; without the hour the pillars are three, and the missing
    elements are those of these three.

    Args:
        birth: civil date, clock of Beijing.
        rules: where almanacs differ.

    >>> read(Birth(2024, 2, 4, 16, 28)).pillars.text, read(Birth(2024, 2, 4, 16, 28)).missing
    ('甲辰 丙寅 戊戌 庚申', ('水',))
    """
    return _read(birth, rules or Rules())


@lru_cache(maxsize=4096)
def _read(birth: Birth, rules: Rules) -> Calendar:
    if birth.date is None:
        return _in_part(birth, rules)
    lunar = _lunar(birth)
    pillars = _pillars(lunar, birth, rules)
    counted = _counted(pillars)
    by_year, by_spring = lunar.getYearShengXiao(), lunar.getYearShengXiaoExact()
    term = lunar.getJieQi() or None
    return Calendar(
        birth=birth,
        rules=rules,
        zodiac=by_spring if rules.zodiac_start == "spring" else by_year,
        season=_season(lunar),
        lunar=_lunar_date(lunar),
        zodiac_by_new_year=by_year,
        zodiac_by_spring=by_spring,
        festivals=_festivals(lunar, birth, term),
        solar_term=term,
        after_term=lunar.getPrevJieQi().getName(),
        pillars=pillars,
        counted=MappingProxyType(counted),
        missing=tuple(one for one in ELEMENTS if not counted[one]),
        notes=_notes(birth, pillars, by_year, by_spring, rules),
    )


def zodiac_of_year(year: int) -> str:
    """Return the animal of a lunar year.

    >>> zodiac_of_year(2024), zodiac_of_year(2031)
    ('龙', '猪')
    """
    return ANIMALS[(year - 2020) % 12]


def _in_part(birth: Birth, rules: Rules) -> Calendar:
    season = _SEASONS[birth.month - 1] if birth.month else None
    if birth.year is None:
        return Calendar(birth=birth, rules=rules, zodiac=None, season=season)
    early = birth.month is not None and birth.month <= 2
    year = birth.year - 1 if birth.month == 1 else birth.year
    notes = ("只知年月，生肖以农历年为准，年初出生者须核对具体日期",) if early or birth.month is None else ()
    return Calendar(birth=birth, rules=rules, zodiac=zodiac_of_year(year), season=season, notes=notes)


def _lunar(birth: Birth) -> Any:
    """Return the library's lunar moment; noon where the hour is not known."""
    hour = 12 if birth.hour is None else birth.hour
    solar = lunar_library().Solar.fromYmdHms(birth.year, birth.month, birth.day, hour, birth.minute or 0, 0)
    return solar.getLunar()


def _lunar_date(lunar: Any) -> LunarDate:
    month = lunar.getMonth()
    return LunarDate(lunar.getYear(), abs(month), lunar.getDay(), month < 0, lunar.toString())


def _pillars(lunar: Any, birth: Birth, rules: Rules) -> Pillars:
    eight = lunar.getEightChar()
    eight.setSect(1 if rules.day_start == "zi-hour" else 2)
    hour = None if birth.hour is None else eight.getTime()
    return Pillars(eight.getYear(), eight.getMonth(), eight.getDay(), hour)


def _counted(pillars: Pillars) -> dict[str, int]:
    found = Counter(pillars.elements.replace(" ", ""))
    return {one: found[one] for one in ELEMENTS}


def _season(lunar: Any) -> str:
    starts = {"立春": "春", "立夏": "夏", "立秋": "秋", "立冬": "冬"}
    table = lunar.getJieQiTable()
    day = lunar.getSolar().toYmd()
    begun = [(table[term].toYmd(), season) for term, season in starts.items() if table[term].toYmd() <= day]
    return max(begun)[1] if begun else "冬"


def _festivals(lunar: Any, birth: Birth, term: str | None) -> tuple[str, ...]:
    of_month = _FESTIVALS.get((lunar.getMonth(), lunar.getDay()))
    last_day = "除夕" if lunar.next(1).getYear() != lunar.getYear() else None
    civil = _CIVIL.get((birth.month or 0, birth.day or 0))
    found = (of_month, last_day, _TERM_FESTIVALS.get(term or ""), civil)
    return tuple(one for one in found if one)


def _notes(birth: Birth, pillars: Pillars, by_year: str, by_spring: str, rules: Rules) -> tuple[str, ...]:
    notes = []
    if by_year != by_spring:
        notes.append(f"生于立春与农历新年之间：按农历年属{by_year}，按立春属{by_spring}")
    if birth.hour is None:
        notes.append("时辰未知，只排年月日三柱")
    if birth.hour == 23:
        notes.append(f"生于夜子时，{DAY_STARTS[rules.day_start]}")
    if _turns(birth, pillars):
        notes.append("出生当日交节气，时刻不详，年柱或月柱可能不同")
    if 1986 <= (birth.year or 0) <= 1991 and 4 <= (birth.month or 0) <= 9:
        notes.append("当年实行夏令时，若为夏令时钟点应减一小时")
    return tuple(notes)


def _turns(birth: Birth, pillars: Pillars) -> bool:
    """Whether the pillars of year and month change within the hour or the day that is known."""
    if birth.minute is not None:
        return False
    hours = (0, 23) if birth.hour is None else (birth.hour, birth.hour)
    moments = (
        Birth(birth.year, birth.month, birth.day, hour, minute) for hour, minute in zip(hours, (0, 59), strict=True)
    )
    found = {(one.year, one.month) for one in (_pillars(_lunar(moment), moment, Rules()) for moment in moments)}
    return len(found | {(pillars.year, pillars.month)}) > 1


def element_of(sign: str) -> str:
    """Return the element of a stem or a branch; DataError for anything else."""
    found = STEMS.get(sign) or BRANCHES.get(sign)
    if found is None:
        raise DataError("neither a stem nor a branch", found=repr(sign), where="pillars", expected="甲 to 癸, 子 to 亥")
    return found
