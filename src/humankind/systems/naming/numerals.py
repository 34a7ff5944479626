"""Chinese numerals as they stand in dates."""

from __future__ import annotations

_DIGITS = {char: value for value, chars in enumerate(("〇零○", "一", "二两", "三", "四", "五", "六", "七", "八", "九")) for char in chars}  # fmt: skip  # noqa: E501
_TENS = {"十": 10, "廿": 20, "卅": 30}
CHINESE = "〇零○一二两三四五六七八九十廿卅"


def number(text: str) -> int | None:
    """Return the number that a numeral says, None where it says none.

    >>> number("二〇二四"), number("廿三"), number("十一"), number("三十"), number("08"), number("二四"), number("千")
    (2024, 23, 11, 30, 8, 24, None)
    """
    if text.isascii():
        return int(text) if text.isdigit() else None
    if all(char in _DIGITS for char in text):
        return int("".join(str(_DIGITS[char]) for char in text))
    total, pending = 0, 0
    for char in text:
        if char == "十":
            total += 10 * (pending or 1)
            pending = 0
        elif char in _TENS:
            total += _TENS[char]
        elif char in _DIGITS:
            pending = _DIGITS[char]
        else:
            return None
    return total + pending
