"""The metrics of CBNames as arithmetic on scores: who scores, rules or a judge model, is decided elsewhere.

Formulas after the released evaluation code; every score of an objective is 0 to 3, every metric 0 to 100 but novelty
and diversity, which are 0 to 1.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log10
from pathlib import Path
from statistics import fmean, pstdev, stdev

from humankind.spine.errors import DataError

TOP = 3
"""Highest score of one objective."""
RATINGS = ("name.valence", "name.warmth", "name.competence")
"""Columns of ChineseNames with ratings of a character, each 1 to 5."""
COHORTS = ((1960, "1930_1959"), (1970, "1960_1969"), (1980, "1970_1979"), (1990, "1980_1989"), (2000, "1990_1999"))
"""First year after a cohort of ChineseNames, and how its column is called; later births: `LAST_COHORT`."""
LAST_COHORT = "2000_2008"


@dataclass(frozen=True, slots=True)
class Quality:
    """The composite figures of one name with its explanation, 0 to 100."""

    emoc: float
    """Weighted satisfaction of the five explicit objectives."""
    emoc_std: float
    """Population standard deviation of the five."""
    crc: float
    """Completeness, readability and clarity of the explanation."""
    lr: float
    """Logical rationality of the explanation."""
    acc: float
    """Share of the kinds of facts without a false claim; what is not claimed counts as right."""
    imoc: float
    imoc_std: float
    """Sample standard deviation of acc, crc and lr."""
    cmoc: float
    cmoc_std: float
    """Sample standard deviation of emoc and imoc."""


def quality(
    objectives: Sequence[float],
    weights: Sequence[float],
    clarity: Sequence[float],
    logic: Sequence[float],
    facts: Sequence[bool],
) -> Quality:
    """Return the composite figures of one answer.

    Args:
        objectives: score of each explicit objective, 0 to 3.
        weights: share of each objective.
        clarity: score of each paragraph, 0 to 3.
        logic: score of each paragraph, 0 to 3.
        facts: for each kind of fact whether no claim of it is false.

    Raises:
        DataError: a score outside 0 to 3, or another number of weights than of scores.
    """
    explicit, spread = emoc(objectives, weights)
    parts = (accuracy(facts), mean_percent(clarity), mean_percent(logic))
    implicit = fmean(parts)
    return Quality(
        emoc=explicit,
        emoc_std=spread,
        acc=parts[0],
        crc=parts[1],
        lr=parts[2],
        imoc=implicit,
        imoc_std=stdev(parts),
        cmoc=fmean((explicit, implicit)),
        cmoc_std=stdev((explicit, implicit)),
    )


def emoc(scores: Sequence[float], weights: Sequence[float]) -> tuple[float, float]:
    """Return the weighted sum of the scores as a percentage, and their population standard deviation.

    >>> emoc((3, 3, 0, 3, 3), (0.2, 0.4, 0.1, 0.2, 0.1))
    (90.0, 40.0)
    """
    _check(scores)
    if len(scores) != len(weights):
        raise DataError("another number of weights than of scores", found=len(weights), expected=len(scores))
    shares = [100 * score / TOP for score in scores]
    return round(sum(weight * share for weight, share in zip(weights, shares, strict=True)), 10), pstdev(shares)


def mean_percent(scores: Sequence[float]) -> float:
    """Return the mean of scores of 0 to 3 as a percentage: CRC of clarity, LR of logic.

    >>> mean_percent((3, 3, 1.5, 0, 0))
    50.0
    """
    _check(scores)
    return fmean(100 * score / TOP for score in scores)


def accuracy(facts: Sequence[bool]) -> float:
    """Return ACC: the percentage of kinds of facts of which nothing false is claimed.

    >>> accuracy((True, True, True, False, True, True, True, True))
    87.5
    """
    if not facts:
        raise DataError("no kind of fact was looked at", where="accuracy")
    return 100 * fmean(map(float, facts))


def _check(scores: Sequence[float]) -> None:
    if not scores:
        raise DataError("there is no score", where="scores")
    for score in scores:
        if not 0 <= score <= TOP:
            raise DataError("a score is out of range", found=score, where="scores", expected=f"0 to {TOP}")


# -- novelty ------------------------------------------------------------------------------------------------


def uniqueness(share: float) -> float:
    """Return how rare something is, 0 (everybody) to 6 (one in a million or fewer): -log10 of the share plus 1e-6.

    >>> round(uniqueness(0.0), 6), round(uniqueness(0.001), 3)
    (6.0, 3.0)
    """
    if not 0 <= share <= 1:
        raise DataError("a share is out of range", found=share, expected="0 to 1")
    return -log10(share + 1e-6)


def scaled(value: float, low: float, high: float) -> float:
    """Return where a value lies between two ends, 0 to 1.

    >>> scaled(3.5, 1, 6), scaled(9, 1, 6)
    (0.5, 1.0)
    """
    return min(1.0, max(0.0, (value - low) / (high - low)))


def rarity(given: str, in_names: Mapping[str, float], in_texts: Mapping[str, float]) -> float:
    """Return the part of novelty that needs no ratings: mean of rarity among names and of rarity in texts, 0 to 1.

    Args:
        given: the given name.
        in_names: character -> share among the characters of names.
        in_texts: character -> share among the characters of texts.
    """
    if not given:
        raise DataError("there is no given name", where="novelty")
    names = fmean(uniqueness(in_names.get(char, 0.0)) for char in given)
    texts = fmean(uniqueness(in_texts.get(char, 0.0)) for char in given)
    return fmean((scaled(names, 1, 6), scaled(texts, 1, 6)))


class ChineseNames:
    """The table of characters of ChineseNames, from a user's own copy; for the five parts of novelty."""

    def __init__(self, rows: Mapping[str, Mapping[str, str]]) -> None:
        self.rows = rows

    @classmethod
    def load(cls, path: Path) -> ChineseNames:
        """Return the table `givenname.csv`; DataError where a column is missing."""
        cohorts = {f"ppm.{name}" for _, name in (*COHORTS, (0, LAST_COHORT))}
        wanted = {"character", "corpus.uniqueness", *RATINGS, *cohorts}
        if not path.is_file():
            raise DataError("there is no such file", found=path, expected="givenname.csv of ChineseNames")
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            lacking = sorted(wanted - set(reader.fieldnames or ()))
            if lacking:
                raise DataError("a column is missing", found=", ".join(lacking), where=path)
            return cls({row["character"]: row for row in reader})

    def novelty(self, given: str, year: int) -> float | None:
        """Return the novelty of a given name, 0 to 1; None where the table lacks one of its characters.

        The mean of uniqueness among names of the cohort of the year, uniqueness in the corpus, valence, warmth and
        competence. The released code looks every name up among those born before 1960; here the year of birth counts,
        and those born after the last cohort are compared with it.
        """
        rows = [self.rows[char] for char in given if char in self.rows]
        if not given or len(rows) < len(given):
            return None
        cohort = f"ppm.{next((name for end, name in COHORTS if year < end), LAST_COHORT)}"
        unique = fmean(uniqueness(float(row[cohort] or 0) / 1e6) for row in rows)
        corpus = fmean(float(row["corpus.uniqueness"]) for row in rows)
        parts = [scaled(unique, 1, 6), scaled(corpus, 1, 6)]
        parts += [scaled(fmean(float(row[name]) for row in rows), 1, 5) for name in RATINGS]
        return fmean(parts)


# -- diversity ----------------------------------------------------------------------------------------------


def diversity(names: Mapping[str, Sequence[str | None]]) -> dict[str, float]:
    """Return for each method the share of requests on which its name differs from those of all other methods.

    Args:
        names: method -> its name for each request, the same requests in the same order; None where it gave none,
            which counts as not different.

    >>> diversity({"a": ("王安", "李明"), "b": ("王安", "李月")})
    {'a': 0.5, 'b': 0.5}
    """
    lengths = {len(given) for given in names.values()}
    if len(lengths) != 1 or not lengths.pop():
        raise DataError("the methods have different numbers of names", found={k: len(v) for k, v in names.items()})
    found = {}
    for method, own in names.items():
        others = [other for name, other in names.items() if name != method]
        alone = [mine is not None and all(mine != other[row] for other in others) for row, mine in enumerate(own)]
        found[method] = fmean(map(float, alone))
    return found


def distinct(given: Sequence[str]) -> float:
    """Return the number of different given names divided by the number of names.

    >>> distinct(("安", "安", "宁", "月"))
    0.75
    """
    if not given:
        raise DataError("there is no name", where="distinct")
    return len(set(given)) / len(given)


def distinct_n(texts: Sequence[str], n: int = 4) -> float:
    """Return the share of different runs of n characters among all runs of the texts; 0 where all are shorter.

    >>> distinct_n(("春眠不觉晓", "春眠不觉晓"))
    0.5
    """
    runs = Counter(text[at : at + n] for text in texts for at in range(len(text) - n + 1))
    return len(runs) / runs.total() if runs else 0.0
