"""How characters and names are used by people: leaning to boys or girls, how common, which names are everywhere."""

from __future__ import annotations

from math import log, log10

from humankind.systems.naming.characters import characters

POPULAR_2021 = {
    "boy": ("沐宸", "浩宇", "沐辰", "茗泽", "奕辰", "宇泽", "浩然", "奕泽", "宇轩", "沐阳"),
    "girl": ("若汐", "一诺", "艺涵", "依诺", "梓涵", "苡沫", "雨桐", "欣怡", "语桐", "语汐"),
}
"""The twenty most common given names of 2021, as the ministry reported them."""
POPULAR = frozenset(name for names in POPULAR_2021.values() for name in names)
_SMOOTHING = 0.02
_LEANS = 0.3


def leaning(given: str) -> float:
    """Return how much a given name leans to boys (1) or girls (-1), 0 where nothing is known.

    The log odds of the characters are summed, as in naive Bayes, and brought to -1 to 1.

    >>> leaning("建国") > 0.8, leaning("婷婷") < -0.9
    (True, True)
    """
    table = characters()
    shares = (table[one].male_share for one in given if one in table)
    odds = sum(log((share + _SMOOTHING) / (1 - share + _SMOOTHING)) for share in shares if share is not None)
    return 2 / (1 + 10 ** (-odds / log(10))) - 1


def fits_sex(given: str, sex: str) -> bool:
    """Return whether a given name does not lean to the other sex.

    >>> fits_sex("婷婷", "boy"), fits_sex("思远", "boy"), fits_sex("思远", "girl")
    (False, True, True)
    """
    lean = leaning(given)
    return lean > -_LEANS if sex == "boy" else lean < _LEANS


def commonness(given: str) -> float:
    """Return how usual the characters are in names, 0 (never) to 1 (as 华): the mean of log frequency.

    >>> commonness("明") > commonness("珺") > commonness("犇")
    True
    """
    table = characters()
    found = [table[one].per_million if one in table else 0.0 for one in given]
    return sum(min(1.0, log10(1 + one) / 4.25) for one in found) / len(found) if found else 0.0
