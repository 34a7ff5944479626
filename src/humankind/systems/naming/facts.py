"""The fact gate of the loop: what a draft declares and what its words claim, against corpus, tables and calendar.

A claim that is false never passes; each error says what is true instead, so that the next draft can be mended. The
examiner of the benchmark (`claims`) reads the words of the explanation again, by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from humankind.systems.naming import claims
from humankind.systems.naming.agents import Brief, Change, Draft, Fact, FactError, Source
from humankind.systems.naming.calendars import Calendar
from humankind.systems.naming.characters import characters
from humankind.systems.naming.claims import Truth
from humankind.systems.naming.elements import Scheme
from humankind.systems.naming.poems import Corpus
from humankind.systems.naming.request import NameRequest
from humankind.systems.naming.rubric import demanded
from humankind.systems.naming.sounds import read_given
from humankind.systems.naming.usage import POPULAR

PLACE = {"poem": 0, "element": 2, "pillars": 2, "missing": 2, "zodiac": 3, "season": 3, "solar_term": 3, "festival": 3}
_KNOWN = {"poem": "诗文出处", "element": "字的五行", "zodiac": "生肖", "season": "季节", "solar_term": "节气",
          "festival": "节日", "pillars": "四柱", "missing": "五行所缺"}  # fmt: skip


class Checker:
    """Checks drafts for one corpus, one scheme of the elements and one almanac.

    Args:
        corpus: where verses are looked up.
        scheme: of the five elements.
        born: reads the calendar of a request.
    """

    def __init__(self, corpus: Corpus, scheme: Scheme, born: Callable[[NameRequest], Calendar | None]) -> None:
        self.corpus, self.scheme, self.born = corpus, scheme, born

    def check(self, brief: Brief, draft: Draft) -> tuple[FactError, ...]:
        """Return every false claim and broken demand of a draft; empty where all hold."""
        request = brief.request
        truth = Truth(request, self.corpus, self.born(request), self.scheme)
        return (
            *_broken(request, draft),
            *self._source(draft.source, draft.given),
            *(error for fact in draft.facts if (error := self._fact(fact, truth)) is not None),
            *_said(draft, truth),
        )

    def _source(self, source: Source | None, given: str) -> Iterator[FactError]:
        if source is None:
            return
        change = Change("other-poem", 0, source.verse)
        if not 0 <= source.poem < len(self.corpus):
            yield FactError(None, "所引诗文不在语料之中", change)
            return
        poem = self.corpus[source.poem]
        true = (poem.title, poem.author, poem.dynasty)
        if (source.title, source.author, source.dynasty) != true:
            yield FactError(None, f"该诗是{poem.dynasty}{poem.author}《{poem.title}》", change)
        if not 0 <= source.clause < len(poem.clauses) or poem.clauses[source.clause] != source.verse:
            yield FactError(None, f"“{source.verse}”不是《{poem.title}》的原句", change)
            return
        places = [place for place in source.positions if place is not None]
        if len(source.positions) != len(given) or places != sorted(set(places)):
            yield FactError(None, "名字与诗句的对应有误", change)
        for char, place in zip(given, source.positions, strict=False):
            if place is not None and (place >= len(source.verse) or source.verse[place] != char):
                yield FactError(None, f"“{source.verse}”第{place + 1}字不是“{char}”", change)

    def _fact(self, fact: Fact, truth: Truth) -> FactError | None:
        true = self.true_value(fact, truth)
        if true is not None and fact.value in true:
            return None
        told = "、".join(sorted(true)) if true else "无从得知"
        place = PLACE.get(fact.kind, 4 if fact.kind in ("strokes", "reading", "structure", "radical", "length") else 0)
        of = f"“{fact.subject}”" if fact.subject else ""
        return FactError(fact, f"{of}{fact.kind}应为{told}，而非{fact.value}", Change("mend-explanation", place))

    def true_value(self, fact: Fact, truth: Truth) -> set[str] | None:
        """Return what a fact may truly say; None where nothing can be known of it."""
        born, known = truth.calendar, characters().get(fact.subject)
        match fact.kind:
            case "verse":
                return {fact.value} if truth.corpus.verbatim(fact.value) else set()
            case "title":
                return {poem.title for poem in truth.corpus.verbatim(fact.subject)} if fact.subject else None
            case "author":
                return {poem.author for poem in truth.corpus.verbatim(fact.subject)} if fact.subject else None
            case "dynasty":
                return {poem.dynasty for poem in truth.corpus.verbatim(fact.subject)} if fact.subject else None
            case "element":
                return {element} if (element := truth.scheme.element(fact.subject)) else None
            case "zodiac":
                return _some(born and born.zodiac, truth.request.zodiac_claimed if not born else None)
            case "season":
                return _some(born and born.season, truth.request.season)
            case "festival":
                return {*(born.festivals if born else ()), *_some(truth.request.festival)}
            case "solar_term":
                return _some(born and born.solar_term, born and born.after_term)
            case "lunar_date":
                return _some(born and born.lunar and born.lunar.text)
            case "pillars":
                return _some(born and born.pillars and born.pillars.text)
            case "missing":
                return {"".join(born.missing)} if born and born.pillars else None
            case "strokes":
                return {str(known.strokes)} if known else None
            case "structure":
                return _some(known and known.structure)
            case "radical":
                return _some(known and known.radical)
            case "reading":
                return {one.marked for one in read_given(fact.subject)} if known else None
            case "length":
                return {str(len(fact.subject))}


def _some(*values: object) -> set[str]:
    return {str(value) for value in values if value}


def _broken(request: NameRequest, draft: Draft) -> Iterator[FactError]:
    """Yield the demands that the name breaks, each with what to change."""
    for demand, kept in demanded(request, draft.surname, draft.given):
        if not kept:
            yield FactError(None, f"名字不合要求：{demand}", Change("drop-candidate", 4, draft.given))
    if draft.given in POPULAR and draft.given not in request.text:
        yield FactError(None, f"“{draft.given}”是最常见的名字之一", Change("drop-candidate", 4, draft.given))


def _said(draft: Draft, truth: Truth) -> Iterator[FactError]:
    """Yield what the words of the explanation claim falsely, whatever the draft declares."""
    told = claims.read_claims(draft.explanation)
    for kind, right in claims.verdicts(told, truth).items():
        if right is False:
            wrong = "、".join(dict.fromkeys(claim.value for claim in told if claim.kind == kind))
            yield FactError(None, f"解释中的{_KNOWN[kind]}不属实：{wrong}", Change("mend-explanation", PLACE[kind]))


def missing_facts(brief: Brief, draft: Draft, truth: Truth) -> tuple[str, ...]:
    """Return the kinds of facts that an explanation of this name should mention and does not, or tells wrongly."""
    told = claims.verdicts(claims.read_claims(draft.explanation), truth)
    wanted = claims.applicable(truth, draft.given, brief.weights)
    return tuple(kind for kind in wanted if told[kind] is not True)
