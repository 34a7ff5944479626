"""How numbers are written for people: as many digits as the interval justifies, no more."""

from __future__ import annotations

import math
from collections.abc import Iterable

_ROUNDING = 1e-13
"""Below this a figure of ours, a mean or a difference of shares, is noise of the arithmetic."""
_MINUS, _THIN_SPACE = "\N{MINUS SIGN}", "\N{NARROW NO-BREAK SPACE}"


def decimals_for(value: float, low: float | None = None, high: float | None = None) -> int:
    """Return how many decimals to write: two digits of the interval's half width, else four digits in all.

    >>> decimals_for(0.27591, 0.2731, 0.2787), decimals_for(0.27591), decimals_for(1834.0, 1790.0, 1880.0)
    (4, 4, 0)
    """
    if low is not None and high is not None and high > low:
        return _within_reason(1 - _exponent((high - low) / 2))
    return _within_reason(3 - _exponent(value))


def column_decimals(values: Iterable[float]) -> int:
    """Return one number of decimals for a whole column: four digits of its largest value.

    >>> column_decimals([0.2759, 0.134]), column_decimals([12.5, 3.25]), column_decimals([])
    (4, 2, 0)
    """
    largest = max((abs(value) for value in values), default=0.0)
    return min(4, _within_reason(3 - _exponent(largest))) if largest else 0


def write(value: float, decimals: int) -> str:
    """Return `value` with this many decimals, a true minus sign and thin spaces between thousands.

    A value that is not zero is never written as zero, unless it is the rounding error of a sum.

    >>> write(0.27591, 4), write(0.00002, 3), write(-0.5, 1), write(2.8e-18, 2)
    ('0.2759', '2e-05', '−0.5', '0.00')
    """
    if abs(value) < _ROUNDING:
        value = 0.0
    if value and abs(value) < 0.5 * 10**-decimals:
        return f"{value:.2g}".replace("-", _MINUS, int(value < 0))
    text = f"{abs(value):,.{decimals}f}"
    text = text.replace(",", _THIN_SPACE if abs(value) >= 10_000 else "")
    return (_MINUS if value < 0 else "") + text


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def _within_reason(decimals: int) -> int:
    return max(0, min(6, decimals))
