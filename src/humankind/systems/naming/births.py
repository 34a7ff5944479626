"""A moment of birth as it was told: parts may be unknown, a date of the lunar calendar may be given."""

from __future__ import annotations

import datetime
from calendar import monthrange
from dataclasses import dataclass
from types import ModuleType

from humankind.spine.errors import DataError
from humankind.spine.extras import missing_extra

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""Years for which new moons and solar terms have been checked against published calendars."""


@dataclass(frozen=True, slots=True)
class Birth:
    """A moment of birth in the civil calendar, clock of Beijing; unknown parts are None.

    >>> Birth(2024, 2, 30)
    Traceback (most recent call last):
    ...
    humankind.spine.errors.DataError: there is no such day
      found:    2024-02-30
      where:    birth
      expected: a day from 1 to 29
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    """0 to 23."""
    minute: int | None = None

    def __post_init__(self) -> None:
        _within("year", self.year, FIRST_YEAR, LAST_YEAR)
        _within("month", self.month, 1, 12)
        _within("hour", self.hour, 0, 23)
        _within("minute", self.minute, 0, 59)
        if self.day is not None and self.month is None:
            raise DataError("a day without its month", found=self.day, where="birth", expected="month and day")
        if self.minute is not None and self.hour is None:
            raise DataError("a minute without its hour", found=self.minute, where="birth", expected="hour and minute")
        if self.month is not None and self.day is not None:
            last = monthrange(self.year or 2024, self.month)[1]
            if not 1 <= self.day <= last:
                raise DataError(
                    "there is no such day",
                    found=f"{self.year or '????'}-{self.month:02}-{self.day:02}",
                    where="birth",
                    expected=f"a day from 1 to {last}",
                )

    @property
    def date(self) -> datetime.date | None:
        """The day, where year, month and day are known."""
        if self.year is None or self.month is None or self.day is None:
            return None
        return datetime.date(self.year, self.month, self.day)


def lunar_birth(
    year: int, month: int, day: int, *, leap: bool = False, hour: int | None = None, minute: int | None = None
) -> Birth:
    """Return the birth for a date of the lunar calendar.

    Args:
        year: lunar year, named after the civil year in which it begins.
        month: 1 to 12.
        day: 1 to 30.
        leap: the date lies in the leap month that follows the month of this number.
        hour: 0 to 23.
        minute: 0 to 59.

    Raises:
        DataError: the year has no such leap month, or the month has no such day.

    >>> lunar_birth(2024, 1, 1), lunar_birth(2023, 2, 1, leap=True)  # doctest: +NORMALIZE_WHITESPACE
    (Birth(year=2024, month=2, day=10, hour=None, minute=None),
     Birth(year=2023, month=3, day=22, hour=None, minute=None))
    """
    _within("lunar year", year, FIRST_YEAR, LAST_YEAR - 1)
    _within("lunar month", month, 1, 12)
    library = lunar_library()
    leap_month = library.LunarYear.fromYear(year).getLeapMonth()
    if leap and leap_month != month:
        raise DataError(
            "the lunar year has no such leap month",
            found=f"闰{month}月 of {year}",
            where="birth",
            expected=f"the leap month of {year} is 闰{leap_month}月" if leap_month else f"{year} has no leap month",
        )
    signed = -month if leap else month
    days = library.LunarMonth.fromYm(year, signed).getDayCount()
    if not 1 <= day <= days:
        raise DataError(
            "the lunar month has no such day",
            found=f"{year}年{'闰' if leap else ''}{month}月{day}日 (lunar)",
            where="birth",
            expected=f"a day from 1 to {days}",
        )
    solar = library.Lunar.fromYmd(year, signed, day).getSolar()
    return Birth(solar.getYear(), solar.getMonth(), solar.getDay(), hour, minute)


def lunar_library() -> ModuleType:
    """Return the module `lunar_python`; MissingExtraError where it is not installed."""
    try:
        import lunar_python
    except ImportError:
        raise missing_extra("naming", "lunar_python", "the Chinese calendar") from None
    return lunar_python


def _within(name: str, value: int | None, first: int, last: int) -> None:
    if value is not None and not first <= value <= last:
        raise DataError(f"the {name} is out of range", found=value, where="birth", expected=f"{first} to {last}")
