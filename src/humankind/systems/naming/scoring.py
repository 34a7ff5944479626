"""How well a name serves the five objectives, and how well it is made: bounded functions, none of them learned.

Every objective is 0 to 1. O1 culture: how the name stands in its verse and how the poem suits. O2 wishes: how near its
characters are to the meaning that is wished. O3 elements: whether it supplies what the birth lacks. O4 person: whether
it suits the child's sex and the season. O5 requirements: the share of demands that it keeps. Beside them stands the
craft of the name itself: sound, taste of today, places in which they stand well, nothing serious to warn of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from humankind.systems.naming import calendars
from humankind.systems.naming.agents import Source
from humankind.systems.naming.calendars import Calendar, Rules
from humankind.systems.naming.checks import Options, check
from humankind.systems.naming.lattice import NOTHING, Candidates, Lattice
from humankind.systems.naming.meanings import gloom, is_mourning
from humankind.systems.naming.pleasing import is_master, is_thing, place_cost
from humankind.systems.naming.request import NameRequest
from humankind.systems.naming.rhythm import rhythm
from humankind.systems.naming.rubric import demanded
from humankind.systems.naming.sounds import read_name
from humankind.systems.naming.usage import POPULAR, fits_sex
from humankind.systems.naming.vectors import Vectors

NEUTRAL = ("美好", "平安")
"""What is wished where nothing is said."""
SERVING = (10, 45)
"""Among so many characters nearest to a wish one serves it fully; from the second number on not at all."""
_LOOKED_AT = 1_500
_LEANS = 0.3
_SEASONS = {
    "春": "春芳柳桃晓萌芽茵燕莺萱",
    "夏": "夏荷莲芙蓉蓁阳葵榴晖",
    "秋": "秋菊桂枫实爽明霜月",
    "冬": "冬雪梅松霜晶竹凌",
}


@dataclass(frozen=True)
class Craft:
    """How well a name is made, each 0 to 1."""

    sound: float
    taste: float
    place: float
    safe: float
    """1 without a serious warning, 0 with one."""

    @property
    def whole(self) -> float:
        """Sound and taste evenly, less where the places are wrong, nothing where a warning is serious."""
        return self.safe * self.place * (0.5 * self.sound + 0.5 * self.taste)


class Scorer:
    """Scores names for one corpus and one almanac.

    Args:
        lattice: the characters with what is known of them.
        vectors: what wishes are near to.
        almanac: how a birth is read where almanacs differ.
    """

    def __init__(self, lattice: Lattice, vectors: Vectors, almanac: Rules | None = None) -> None:
        self.lattice, self.vectors, self.almanac = lattice, vectors, almanac or Rules()
        self.serving = lru_cache(maxsize=512)(self._serving)
        self.gloom_of = lru_cache(maxsize=50_000)(self._gloom_of)

    def born(self, request: NameRequest) -> Calendar | None:
        """Return what the calendar says of the birth."""
        return calendars.read(request.birth, self.almanac) if request.birth else None

    def wanted_elements(self, request: NameRequest) -> tuple[str, ...]:
        """Return the elements that a name should supply: those wished, else those that the birth lacks."""
        if request.elements_wished:
            return request.elements_wished
        born = self.born(request)
        return born.missing if born else ()

    def _serving(self, wish: str) -> np.ndarray:
        """Return how well each character serves a wish, 0 to 1, float64 [alphabet]."""
        found = np.zeros(len(self.lattice.alphabet))
        usable = self.lattice.usable
        near = [char for char, _ in self.vectors.characters(wish, _LOOKED_AT)]
        codes = [self.lattice.code[char] for char in near if char in self.lattice.code]
        ranks = np.array([code for code in codes if usable[code]], dtype=np.int64)
        fully, end = SERVING
        found[ranks] = np.clip((end - np.arange(len(ranks))) / (end - fully), 0, 1)
        found[[self.lattice.code[char] for char in wish if char in self.lattice.code]] = 1.0
        return found

    def _gloom_of(self, poem: int) -> float:
        found = self.lattice.corpus[poem]
        return 1.0 if is_mourning(found.title) else gloom([found.title, *found.clauses])

    # -- many at once ---------------------------------------------------------------------------------------

    def wishes(self, request: NameRequest, names: Candidates) -> np.ndarray:
        """Return O2 of candidates: the mean over as many wishes as the name has characters, the best served first."""
        grades = np.stack([self._either(self.serving(wish), names) for wish in request.wishes or NEUTRAL])
        length = 1 if len(names) and names.second[0] == NOTHING else 2
        return np.sort(grades, axis=0)[::-1][: max(1, min(length, len(grades)))].mean(axis=0)

    def elements(self, request: NameRequest, names: Candidates) -> np.ndarray:
        """Return O3 of candidates: 1 where a wanted element is supplied or none is wanted, else 0."""
        wanted = self.wanted_elements(request)
        if not wanted:
            return np.ones(len(names))
        return self._either(np.isin(self.lattice.elements, wanted).astype(float), names)

    def person(self, request: NameRequest, names: Candidates) -> np.ndarray:
        """Return O4 of candidates: 1 for a name that suits the sex; a hint of the season adds up to .2, held at 1."""
        found = np.full(len(names), 0.9)
        if request.sex:
            lean = self._mean(self.lattice.lean, names) * (1 if request.sex == "boy" else -1)
            found = np.where(lean > -_LEANS, 0.85 + 0.1 * np.clip(lean, -0.5, 1), 0.0)
        born = self.born(request)
        season = request.season or (born.season if born else None)
        if season:
            hints = np.array([char in _SEASONS[season] for char in self.lattice.alphabet], dtype=float)
            found = found + np.where(found > 0, 0.1 * self._either(hints, names), 0)
        return np.clip(found, 0, 1)

    def culture(self, names: Candidates) -> np.ndarray:
        """Return O1 of candidates: half for standing in a verse, half for a poem that is not sad."""
        poems = self.lattice.corpus.clauses.poems
        found = np.zeros(len(names))
        placed = np.flatnonzero(names.clause != NOTHING)
        sad = {poem: self.gloom_of(poem) for poem in np.unique(poems[names.clause[placed]]).tolist()}
        found[placed] = [1 - 0.5 * min(1.0, sad[int(poems[clause])] / 0.3) for clause in names.clause[placed]]
        return found

    def taste(self, names: Candidates) -> np.ndarray:
        """Return how the characters sound to parents of today, 0 to 1; the worse of the two counts more."""
        one = self.lattice.taste[names.first]
        other = np.where(names.second == NOTHING, one, self.lattice.taste[names.second])
        return 0.4 * np.maximum(one, other) + 0.6 * np.minimum(one, other)

    def kinship(self, names: Candidates) -> np.ndarray:
        """Return how near the two characters are in meaning, 0 to 1; 1 for a single one."""
        rows = self._vector_rows
        one, other = rows[names.first], rows[np.where(names.second == NOTHING, names.first, names.second)]
        return np.clip((one * other).sum(axis=1), 0, 1)

    @cached_property
    def _vector_rows(self) -> np.ndarray:
        return np.stack([self.vectors.text(char) for char in self.lattice.alphabet])

    def _either(self, grades: np.ndarray, names: Candidates) -> np.ndarray:
        other = np.where(names.second == NOTHING, 0.0, grades[names.second])
        return np.maximum(grades[names.first], other)

    def _mean(self, grades: np.ndarray, names: Candidates) -> np.ndarray:
        one = grades[names.first]
        return np.where(names.second == NOTHING, one, (one + grades[names.second]) / 2)

    # -- one at a time --------------------------------------------------------------------------------------

    def craft(self, request: NameRequest, given: str) -> Craft:
        """Return how well one name is made."""
        surname = request.surname or "李"
        warned = check(surname, given, birth=request.birth, options=Options(sex=request.sex))
        popular = given in POPULAR
        place = 0.0 if is_thing(given) or is_master(surname, given) else 1 - place_cost(given)
        return Craft(
            sound=rhythm(read_name(surname, given)).score,
            taste=float(self.taste(self._one(given))[0]),
            place=place,
            safe=float(not popular and not any(one.level == "serious" for one in warned)),
        )

    def objectives(self, request: NameRequest, given: str, source: Source | None) -> tuple[float, ...]:
        """Return O1 to O5 of one name."""
        names = self._one(given)
        demands = dict(demanded(request, request.surname, given))
        person = float(self.person(request, names)[0]) if not request.sex or fits_sex(given, request.sex) else 0.0
        return (
            self._culture_of(request, given, source),
            float(self.wishes(request, names)[0]),
            float(self.elements(request, names)[0]),
            person,
            sum(demands.values()) / len(demands) if demands else 1.0,
        )

    def _culture_of(self, request: NameRequest, given: str, source: Source | None) -> float:
        if source is None:
            return 0.0
        held = sum(place is not None for place in source.positions) / len(given)
        asked = any((request.poem, request.author, request.book, request.dynasty, request.verse))
        suits = suited(request, self.lattice, source.poem) if asked else self.gloom_of(source.poem) < 0.3
        return 0.5 * held + 0.5 * suits

    def _one(self, given: str) -> Candidates:
        codes = [self.lattice.code[char] for char in given]
        second = codes[1] if len(codes) > 1 else NOTHING
        return Candidates(np.array(codes[:1]), np.array([second]), np.array([NOTHING]))


def suited(request: NameRequest, lattice: Lattice, poem: int) -> bool:
    """Return whether a poem is one of those that the request names."""
    from humankind.systems.naming.rubric import culture

    # The rubric grades a true verse 1, the name in it 1, and the poem asked for 1.
    return culture(request, [(1.0, lattice.corpus[poem])]) > 2


def ranking(weights: Sequence[float], grades: Sequence[np.ndarray]) -> np.ndarray:
    """Return the weighted sum of objectives over candidates."""
    return np.sum([weight * grade for weight, grade in zip(weights, grades, strict=True)], axis=0)
