"""Reading the hour of a birth out of a request, with a note where it cannot be what it says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from humankind.systems.naming.numerals import CHINESE, number
from humankind.systems.naming.request import Note

_PERIODS = {
    "凌晨": "night", "清晨": "morning", "清早": "morning", "早晨": "morning", "早上": "morning", "一早": "morning",
    "上午": "forenoon", "中午": "noon", "正午": "noon", "晌午": "noon", "下午": "afternoon", "午后": "afternoon",
    "傍晚": "dusk", "黄昏": "dusk", "晚上": "evening", "晚间": "evening", "夜里": "evening", "夜间": "evening",
    "深夜": "evening", "夜晚": "evening", "当晚": "evening", "半夜": "midnight", "午夜": "midnight",
    "子夜": "midnight", "早": "morning", "晚": "evening", "夜": "evening",
}  # fmt: skip
_PERIOD = "|".join(sorted(_PERIODS, key=len, reverse=True))
_N = rf"(?:\d{{1,2}}|[{CHINESE}]{{1,3}})"
_TAIL = rf"(?P<minute>{_N}(?=分)|\d{{2}}|[零〇]{_N}|[一二三四五]?十[一二三四五六七八九]?)?"
_CLOCK = re.compile(
    rf"(?P<period>{_PERIOD})?\s*(?:的|约|大约|差不多)?\s*(?:"
    rf"(?P<hour>{_N})\s*(?:点钟?(?!水)|时(?!间|候|辰|常|节|刻|光|代))\s*(?:(?P<about>多|左右|许|来钟)|(?P<half>半)|(?P<quarter>[一三])刻|{_TAIL})"
    r"|(?<!\d)(?P<digital>\d{1,2}:\d{2})(?::\d{2})?\s*(?P<meridiem>[ap]m)?)",
    re.IGNORECASE,
)
_ENGLISH = re.compile(r"(?<!\d)(?P<hour>\d{1,2})\s*(?P<meridiem>[ap]m)", re.IGNORECASE)
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_BRANCH = re.compile(rf"([{_BRANCHES}])(?:时(?!间)|正)")


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour that was told."""

    hour: int | None = None
    minute: int | None = None
    next_day: bool = False
    """Whether the clock time belongs to the day after the date that was told."""
    notes: tuple[Note, ...] = ()


def read_hour(text: str) -> Hour:
    """Return the hour that a text tells.

    >>> read_hour("下午3点半出生"), read_hour("戌时生")
    (Hour(hour=15, minute=30, next_day=False, notes=()), Hour(hour=20, minute=None, next_day=False, notes=()))
    >>> read_hour("凌晨10点").notes[0].text
    '没有凌晨10点，按上午10点理解'
    """
    best = max(_clocks(text), key=lambda match: (_sure(match), -match.start()), default=None)
    if best is not None:
        return _of_clock(best)
    english = _ENGLISH.search(text)
    if english:
        return _settled("", _meridiem(int(english["hour"]), english["meridiem"]), 0)
    branch = _BRANCH.search(text)
    if branch:
        return _of_branch(branch[1])
    return _of_period(text)


def _clocks(text: str) -> list[re.Match[str]]:
    return [match for match in _CLOCK.finditer(text) if _is_clock(match, text)]


def _is_clock(match: re.Match[str], text: str) -> bool:
    """Return whether a match is a time at all: 温柔一点 and 早一点 are none."""
    hour = match["hour"]
    if hour is None or hour.isdigit():
        return True
    if hour in ("一", "两") or hour.endswith("一"):
        if hour == "一" and (match["period"] or "") in ("", "早", "晚", "夜"):
            return bool(match["minute"] or match["half"] or match["quarter"]) or text[match.end() :].startswith("整")
        return True
    return True


def _sure(match: re.Match[str]) -> int:
    return 2 * bool(match["period"]) + bool(match["digital"] or match["minute"])


def _of_clock(match: re.Match[str]) -> Hour:
    if match["digital"]:
        hour, minute = (int(part) for part in match["digital"].split(":"))
        if match["meridiem"]:
            hour = _meridiem(hour, match["meridiem"])
    else:
        hour = number(match["hour"])
        minute = _minute(match)
    if hour is None or hour > 24 or (minute or 0) > 59:
        return Hour(notes=(Note("hour", f"没有{match[0].strip()}这个时刻，时辰按未知处理"),))
    return _settled(match["period"] or "", hour, minute)


def _minute(match: re.Match[str]) -> int | None:
    if match["about"]:
        return None
    if match["half"]:
        return 30
    if match["quarter"]:
        return 15 if match["quarter"] == "一" else 45
    return number(match["minute"]) if match["minute"] else 0


def _meridiem(hour: int, half: str) -> int:
    return hour % 12 + (12 if half.lower() == "pm" else 0) if hour <= 12 else hour


def _settled(period: str, hour: int, minute: int | None) -> Hour:
    """Return the hour of the day, from the part of the day and the hour on the clock."""
    kind = _PERIODS.get(period, "")
    told = f"{period}{hour}点"
    if hour == 24:
        return Hour(0, minute, True, (Note("hour", f"{told}即次日零点，按次日计算"),))
    if kind == "night":
        if hour > 6 and hour != 12:
            return Hour(hour, minute, notes=(Note("hour", f"没有{told}，按{_plain(hour)}理解"),))
        return Hour(hour % 12, minute)
    if kind in ("morning", "forenoon"):
        odd = hour >= 12 or hour == 0
        return Hour(hour, minute, notes=(Note("hour", f"没有{told}，按{_plain(hour)}理解"),) if odd else ())
    if kind == "noon":
        late = hour + 12 if hour < 9 else hour
        odd = not 10 <= late <= 14
        return Hour(late, minute, notes=(Note("hour", f"{told}不合常理，按{_plain(late)}理解"),) if odd else ())
    if kind in ("afternoon", "dusk"):
        late = hour + 12 if hour < 12 else hour
        odd = late > 20 or hour == 0
        return Hour(
            late % 24, minute, notes=(Note("hour", f"{told}不合常理，按{_plain(late % 24)}理解"),) if odd else ()
        )
    if kind == "evening":
        return _evening(told, hour, minute)
    if kind == "midnight":
        note = (Note("hour", f"{told}按当日零点理解；若指次日零点，请改日期"),) if hour in (0, 12) else ()
        return Hour(hour % 12 if hour in (0, 12) or hour <= 5 else hour + 12 if hour < 12 else hour, minute, notes=note)
    return Hour(hour, minute)


def _evening(told: str, hour: int, minute: int | None) -> Hour:
    if hour in (0, 12):
        return Hour(0, minute, True, (Note("hour", f"{told}即次日零点，按次日计算"),))
    if hour < 5:
        return Hour(hour, minute, notes=(Note("hour", f"{told}按当日凌晨{hour}点理解；若指次日凌晨，请改日期"),))
    return Hour(hour + 12 if hour < 12 else hour, minute)


def _plain(hour: int) -> str:
    if hour == 0:
        return "零点"
    if hour <= 12:
        return f"{'上午' if hour < 12 else '中午'}{hour}点"
    return f"{'下午' if hour < 18 else '晚上'}{hour - 12}点"


def _of_branch(branch: str) -> Hour:
    """Return the middle of a double hour; 子 begins at 23:00 of the day before."""
    hour = 2 * _BRANCHES.index(branch)
    notes = (Note("hour", "子时跨两日，按当日零点理解；若为夜子时（23点后），请写明"),) if branch == "子" else ()
    return Hour(hour, None, notes=notes)


def _of_period(text: str) -> Hour:
    if re.search("零点|零时", text):
        return Hour(0, 0)
    if re.search("午夜|子夜", text):
        return Hour(0, None, notes=(Note("hour", "午夜按当日零点理解；若指次日零点，请改日期"),))
    if re.search("正午|中午|晌午", text):
        return Hour(12, None)
    told = re.search("凌晨|清晨|清早|早晨|早上|上午|下午|傍晚|黄昏|晚上|夜里|深夜|半夜", text)
    if told:
        return Hour(notes=(Note("assumed", f"只知生于{told[0]}，时辰按未知处理"),))
    return Hour()
