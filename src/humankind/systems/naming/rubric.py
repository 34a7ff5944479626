"""Scores without a judge model: what the benchmark asks a model to grade, read from name and explanation by rules.

Each score is 0 to 3 as in the benchmark. The examiner compares with the request as people understood it (the gold of
the shipped requests), not as a method did, and reads explanations by `claims`, not by what a method declares.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from statistics import fmean

from humankind.systems.naming import claims as claimed
from humankind.systems.naming.characters import characters
from humankind.systems.naming.checks import Options, check
from humankind.systems.naming.claims import Claim, Truth
from humankind.systems.naming.elements import SCHEMES, Scheme
from humankind.systems.naming.family import generation_fault
from humankind.systems.naming.meanings import banned, doubtful, gloom, is_mourning
from humankind.systems.naming.metrics import TOP, Quality, quality
from humankind.systems.naming.poems import Corpus, Poem, dynasty_named, han
from humankind.systems.naming.request import NameRequest
from humankind.systems.naming.rhythm import rhythm
from humankind.systems.naming.sounds import read_given, read_name
from humankind.systems.naming.usage import POPULAR, fits_sex
from humankind.systems.naming.vectors import Vectors

RANKS = ((20, 3.0), (60, 2.0), (150, 1.0))
"""A character among the first 20 that are nearest to a wish serves it fully (3), among the first 60 well, and so on."""
GLOOMY = 0.3
"""From here on a poem is too sad a source."""
SMOOTH = 0.7
"""From here on a name is easy to say."""
EASY_STROKES = 12
_LOOKED_AT = 1200
_USED = 10.0
"""Per million characters of names; rarer ones are not counted among those that could serve a wish."""
_PARAGRAPH = (12, 400)
_LONG_SENTENCE = 80
_TOPICS = (
    "《|诗|词|典故|文化",
    "希望|期望|寓意|祝|愿|象征|期许",
    "五行|八字|命理|属[金木水火土]",
    "男|女|生肖|属[鼠牛虎兔龙蛇马羊猴鸡狗猪]|[春夏秋冬]|节气|出生|性别|儿|闺",
    "字|音|声|调|结构|偏旁|部首|辈|要求|笔画",
)
"""Words of which a paragraph on each objective has at least one."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a method gave for a request, as far as it is judged."""

    surname: str
    given: str
    explanation: tuple[str, ...]


@dataclass(frozen=True)
class Marks:
    """The examiner's scores of one answer."""

    objectives: tuple[float, ...]
    """Satisfaction of each explicit objective, 0 to 3."""
    clarity: tuple[float, ...]
    logic: tuple[float, ...]
    facts: Mapping[str, bool | None]
    """Kind of fact -> whether all claims of it are true; None where nothing is claimed."""
    coverage: float | None
    """Share of the applicable kinds of facts that are mentioned and right."""
    demands: Mapping[str, bool]
    """What the request demands of the name -> whether the name has it."""
    serious: int
    """Serious warnings on the name."""
    verse: bool
    """Whether a verse is quoted that stands in the corpus and holds the given name in order."""

    def quality(self, weights: Sequence[float]) -> Quality:
        """Return the composite figures for the weights of the objectives."""
        facts = [told is not False for told in self.facts.values()]
        return quality(self.objectives, weights, self.clarity, self.logic, facts)

    @property
    def mentioned(self) -> tuple[int, int]:
        """How many kinds of facts are right and how many are claimed."""
        told = [one for one in self.facts.values() if one is not None]
        return sum(told), len(told)


class Examiner:
    """Judges answers by rules.

    Args:
        corpus: where verses are looked up.
        vectors: what wishes are near to.
        scheme: of the five elements.
    """

    def __init__(self, corpus: Corpus, vectors: Vectors, scheme: Scheme | None = None) -> None:
        self.corpus, self.vectors, self.scheme = corpus, vectors, scheme or SCHEMES["meaning"]
        self.near = lru_cache(maxsize=4096)(self._near)

    def marks(self, request: NameRequest, weights: Sequence[float], answer: Answered) -> Marks:
        """Return the scores of an answer.

        Args:
            request: what the parents ask, as a careful reader understood it.
            weights: share of each objective.
            answer: name and explanation.
        """
        truth = Truth.of(request, self.corpus, self.scheme)
        told = claimed.read_claims(answer.explanation)
        facts = claimed.verdicts(told, truth)
        wanted = claimed.applicable(truth, answer.given, weights)
        sources = self._sources(told, answer.given, truth)
        demands = dict(demanded(request, answer.surname, answer.given))
        objectives = (
            culture(request, sources),
            self.wishes(request, answer.given),
            self.elements(truth, answer.given, facts["missing"]),
            person(request, answer.given, facts, wanted),
            TOP * fmean(map(float, demands.values())) if demands else float(TOP),
        )
        options = Options(sex=request.sex)
        warnings = check(answer.surname, answer.given, birth=request.birth, options=options) if answer.given else []
        return Marks(
            objectives=objectives,
            clarity=tuple(clear(answer.explanation, number) for number in range(5)),
            logic=tuple(logical(answer, number) for number in range(5)),
            facts=facts,
            coverage=claimed.coverage(facts, wanted),
            demands=demands,
            serious=sum(warning.level == "serious" for warning in warnings),
            verse=any(share == 1 for share, _ in sources),
        )

    # -- culture --------------------------------------------------------------------------------------------

    def _sources(self, told: Sequence[Claim], given: str, truth: Truth) -> list[tuple[float, Poem]]:
        """Return for every quoted verse of the corpus the share of the given name that it holds in order, and its poem.

        A verse that is quoted under a wrong title or author counts for nothing.
        """
        found = []
        for claim in told:
            if claim.subject != "verse":
                continue
            same = [other for other in told if other.paragraph == claim.paragraph]
            parts = [part for part in re.split("[^\u3400-\u9fff]+", claim.value) if part]
            if not claimed.true_together(same, truth):
                continue
            for poem in self.corpus.verbatim(parts[0])[:1]:
                found.append((_share_in_order(given, han(claim.value)), poem))
        return found

    # -- wishes ---------------------------------------------------------------------------------------------

    def wishes(self, request: NameRequest, given: str) -> float:
        """Return how well a given name serves the wishes, 0 to 3: the mean over as many wishes as it has characters.

        Without wishes a name is enough whose characters have no bad meaning.
        """
        if not given:
            return 0.0
        if not request.wishes:
            return float(TOP) if not any(banned(char) or doubtful(char) for char in given) else 0.0
        scores = sorted((self._serves(wish, given) for wish in request.wishes), reverse=True)
        return fmean(scores[: max(1, min(len(given), len(scores)))])

    def _serves(self, wish: str, given: str) -> float:
        if set(given) & set(wish):
            return float(TOP)
        ranks = self.near(wish)
        best = min((ranks.get(char, 10_000) for char in given), default=10_000)
        return next((score for bound, score in RANKS if best < bound), 0.0)

    def _near(self, wish: str) -> Mapping[str, int]:
        """Return the ranks of the characters that names use, by nearness to a wish."""
        table = characters()
        found = (char for char, _ in self.vectors.characters(wish, _LOOKED_AT))
        usual = [c for c in found if c in table and table[c].per_million >= _USED and not banned(c)]
        return {char: rank for rank, char in enumerate(usual[: RANKS[-1][0]])}

    # -- elements -------------------------------------------------------------------------------------------

    def elements(self, truth: Truth, given: str, told: bool | None) -> float:
        """Return 3 where a missing element is supplied or none is missing, 1 where it is only told, 0 otherwise."""
        if not given:
            return 0.0
        request, born = truth.request, truth.calendar
        wanted = set(request.elements_wished) or (set(born.missing) if born else set())
        has = {self.scheme.element(char) for char in given}
        if has & set(request.elements_unwanted):
            return 0.0
        if not wanted or has & wanted:
            return float(TOP)
        return 1.0 if told else 0.0


def culture(request: NameRequest, sources: Sequence[tuple[float, Poem]]) -> float:
    """Return 1 for a true verse, 1 for holding the given name in order, 1 for the poem asked for, or a cheerful one."""
    return max((1 + share + float(_suits(request, poem)) for share, poem in sources), default=0.0)


def _suits(request: NameRequest, poem: Poem) -> bool:
    asked = (request.poem, request.author, request.book, request.dynasty, request.verse)
    if not any(asked):
        return not is_mourning(poem.title) and gloom([poem.title, *poem.clauses]) < GLOOMY
    if request.poem and han(request.poem) not in han(poem.title) and han(poem.title) not in han(request.poem):
        return False
    if request.author and request.author != poem.author:
        return False
    if request.dynasty and dynasty_named(request.dynasty) != poem.dynasty:
        return False
    if request.verse and not any(han(part) in poem.text for part in re.split("[，。]", request.verse) if part):
        return False
    return not request.book or _in_book(request.book, poem)


def _in_book(book: str, poem: Poem) -> bool:
    kinds = {"唐诗": ("唐",), "宋词": ("宋",), "宋诗": ("宋",), "元曲": ("元",)}
    shelves = (poem.collection, *poem.anthologies)
    return book in shelves or any(book in shelf for shelf in shelves) or poem.dynasty in kinds.get(book, ())


def _share_in_order(given: str, verse: str) -> float:
    """Return the share of the given name that stands in a verse in the order of the name.

    >>> _share_in_order("明照", "明月松间照"), _share_in_order("照明", "明月松间照")
    (1.0, 0.5)
    """
    if not given:
        return 0.0
    places = [verse.find(char) for char in given]
    held = [place for place in places if place >= 0]
    if len(held) < 2 or all(one < other for one, other in pairwise(held)):
        return len(held) / len(given)
    return 1 / len(given)


def person(request: NameRequest, given: str, facts: Mapping[str, bool | None], wanted: Sequence[str]) -> float:
    """Return 1.5 for a name that suits the sex and 1.5 for a fact of the birth that is told truly."""
    if not given:
        return 0.0
    suits = request.sex is None or fits_sex(given, request.sex)
    kinds = [kind for kind in wanted if kind in ("zodiac", "season", "solar_term", "festival")]
    told = [facts[kind] for kind in ("zodiac", "season", "solar_term", "festival")]
    features = False not in told and (not kinds or any(facts[kind] for kind in kinds))
    return TOP / 2 * suits + TOP / 2 * features


# -- demands ------------------------------------------------------------------------------------------------


def demanded(request: NameRequest, surname: str, given: str) -> Iterator[tuple[str, bool]]:
    """Yield everything that a request demands of the name itself, and whether the name has it."""
    known = [characters()[char] for char in given if char in characters()]
    legal = bool(given) and len(known) == len(given)
    if request.surname:
        yield "surname", surname == request.surname
    if request.given_length:
        yield "given_length", len(given) == request.given_length
    if request.total_length:
        yield "total_length", len(surname + given) == request.total_length
    if request.structure:
        yield "structure", legal and all(one.fits_structure(request.structure) for one in known)
    if request.radical:
        yield "radical", any(one.has_radical(request.radical) for one in known)
    for radical in request.without_radicals:
        yield f"without {radical}", legal and not any(one.has_radical(radical) for one in known)
    if request.generation:
        yield "generation", generation_fault(given, request.generation.char, _slot(request, given)) is None
    for char in request.required:
        yield f"required {char}", char in given
    if request.forbidden:
        yield "forbidden", legal and not set(given) & set(request.forbidden)
    yield from _sounding(request, surname, given, legal)


def _slot(request: NameRequest, given: str) -> int | None:
    return request.generation.slot if request.generation and len(given) > 1 else None


def _sounding(request: NameRequest, surname: str, given: str, legal: bool) -> Iterator[tuple[str, bool]]:
    if request.tones:
        found = "".join("平" if one.is_level else "仄" for one in read_given(given)) if legal else ""
        yield "tones", found == request.tones
    if request.sounds:
        smooth = legal and rhythm(read_name(surname or request.surname or "李", given)).score >= SMOOTH
        yield "sound", smooth
    if request.simple:
        known = [characters()[char] for char in given] if legal else []
        yield "simple", legal and all(one.strokes <= EASY_STROKES and one.level == 1 for one in known)
    if request.unusual:
        yield "unusual", legal and given not in POPULAR


# -- the explanation ----------------------------------------------------------------------------------------


def clear(paragraphs: Sequence[str], number: int) -> float:
    """Return how readable a paragraph is, 0 to 3: 0 if it is missing, one less for each thing that is wrong with it.

    Wrong are: too short or too long, no closing mark, a sentence of more than 80 characters, mostly not Chinese, the
    same text as another paragraph.
    """
    if number >= len(paragraphs) or not han(paragraphs[number]):
        return 0.0
    text = paragraphs[number].strip()
    short, long = _PARAGRAPH
    letters = re.sub(r"[\s\d\W]", "", text)
    faults = (
        not short <= len(text) <= long,
        text[-1] not in "。！？”」",
        any(len(part) > _LONG_SENTENCE for part in re.split("[。！？；]", text)),
        len(han(text)) < 0.7 * len(letters),
        any(text == other.strip() for place, other in enumerate(paragraphs) if place != number),
    )
    return max(0.0, TOP - sum(faults))


def logical(answer: Answered, number: int) -> float:
    """Return 2 for a paragraph that speaks of its objective, 1 for one that speaks of the name; 0 if it is missing."""
    if number >= len(answer.explanation) or not answer.given:
        return 0.0
    text = answer.explanation[number]
    return 2.0 * bool(re.search(_TOPICS[number], text)) + float(any(char in text for char in answer.given))
