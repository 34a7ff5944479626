"""The three agents without a language model: everything they say is computed from corpus, tables and calendar.

The manager weighs the objectives and chooses the poem by the names it holds. The generator takes the best candidate
that the feedback leaves and explains it. The evaluator grades explanation and name, and says what to change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from humankind.spine.seeds import stream
from humankind.systems.naming import facts
from humankind.systems.naming.agents import (
    HIGHEST,
    OBJECTIVES,
    Brief,
    Change,
    Draft,
    Feedback,
    Goal,
    Judgement,
    Relevance,
    Source,
)
from humankind.systems.naming.claims import Truth
from humankind.systems.naming.config import NamingConfig
from humankind.systems.naming.explaining import ALL, Subject, Writer
from humankind.systems.naming.lattice import NOTHING, Candidates, Lattice
from humankind.systems.naming.poems import Corpus
from humankind.systems.naming.preferences import predict_preferences
from humankind.systems.naming.request import NameRequest
from humankind.systems.naming.retrieval import Retriever
from humankind.systems.naming.rubric import clear
from humankind.systems.naming.scoring import NEUTRAL, Scorer, suited

_SHORTLIST = 120
"""Candidates whose craft is looked at one by one."""
_OBJECTIVES, _CRAFT, _TASTE, _KINSHIP = 1.6, 0.5, 0.4, 0.2
"""What the weighted objectives, craft, the taste of today and kindred meaning count."""
_GOOD = 0.75
"""From here on an objective is served; below, the name itself has to change."""
FAMOUS = ("诗经", "楚辞", "唐诗三百首", "宋词三百首", "千家诗", "古诗十九首")
"""Collections and selections that people know."""
BOOK_DYNASTIES = {"唐诗": "唐", "宋词": "宋", "宋诗": "宋", "元曲": "元"}
_SAYS = {
    "culture": ("取自经典，意境美好", "说明出处、作者与原句"),
    "wishes": ("寄托父母的期望", "说明每个字如何呼应期望"),
    "elements": ("补益五行", "说明四柱、所缺与字的五行"),
    "person": ("合乎孩子的性别与生辰", "说明生肖、季节与节气"),
    "requirements": ("满足其他要求", "说明读音、笔画与各项要求"),
}


@dataclass
class Pool:
    """The candidates of one request with their grades; shared by the agents of that request."""

    names: Candidates
    objectives: tuple[np.ndarray, ...]
    """O1 to O4 of each candidate, float64 [K] each."""
    luck: np.ndarray
    """What chance adds, float64 [K]."""
    taste: np.ndarray
    kinship: np.ndarray
    craft: dict[str, float] = field(default_factory=dict)


class Workshop:
    """Everything that all requests share: corpus, vectors, scores, writer.

    Args:
        corpus: of poems.
        retriever: over it.
        scorer: of names.
        config: the settings.
    """

    def __init__(self, corpus: Corpus, retriever: Retriever, scorer: Scorer, config: NamingConfig) -> None:
        self.corpus, self.retriever, self.scorer, self.config = corpus, retriever, scorer, config
        self.writer = Writer(scorer.lattice.scheme, scorer.almanac)
        self.checker = facts.Checker(corpus, scorer.lattice.scheme, scorer.born)

    @property
    def lattice(self) -> Lattice:
        """The characters with what is known of them."""
        return self.scorer.lattice

    # -- poems ----------------------------------------------------------------------------------------------

    def poems(self, request: NameRequest) -> tuple[list[int], list[str]]:
        """Return poems for a request, in the order in which they were found, and notes on how."""
        config, notes = self.config, []
        if config.retrieval == "none":
            return [], ["不检索诗文"]
        found = self._named(request)
        if found:
            notes.append(f"按所指定的诗文找到{len(found)}篇")
        portion = max(1, config.n_poems // config.retrieval_rounds)
        shelf = _shelf(request)
        passed_over = set() if shelf or found else self._passed_over(request)
        for number in range(config.retrieval_rounds):
            wish = query(request, number)
            # Every second round keeps to the selections that people know, unless the request names a shelf itself.
            where: dict[str, Any] = shelf or ({"collections": FAMOUS} if number % 2 else {})
            hits = self.retriever.search(wish, n=portion, exclude=passed_over | set(found), **where)
            found += [hit.poem.id for hit in hits]
            notes.append(f"第{number + 1}轮检索“{wish}”，得{len(hits)}篇")
        return found, notes

    def _passed_over(self, request: NameRequest) -> set[int]:
        """Return the poems that this family is not shown, drawn from seed and request.

        Without it all who wish the same would be given the same few verses.
        """
        rng = stream(self.config.seed, f"poems {request.text} {request.surname}")
        return set(np.flatnonzero(rng.random(len(self.corpus)) >= self.config.share_of_poems).tolist())

    def _named(self, request: NameRequest) -> list[int]:
        if not (request.poem or request.verse):
            return []
        found = self.corpus.find(title=request.poem, author=request.author, verse=request.verse)
        return [poem.id for poem in found[:3]]

    def anywhere(self, request: NameRequest, shown: Sequence[int]) -> list[int]:
        """Return poems whose clauses hold what the request demands, wherever they stand."""
        chars = {char for char, one in zip(self.lattice.alphabet, self.lattice.usable, strict=True) if one}
        if request.structure or request.radical:
            known = zip(self.lattice.alphabet, self.lattice.table, strict=True)
            chars &= {
                char for char, one in known
                if one is not None
                and (not request.structure or one.fits_structure(request.structure))
                and (not request.radical or one.has_radical(request.radical))
            }  # fmt: skip
        if not chars:
            return []
        hits = self.retriever.search(query(request, 0), n=120, exclude=set(shown), characters=chars)
        return [hit.poem.id for hit in hits]

    # -- candidates -----------------------------------------------------------------------------------------

    def pool(self, request: NameRequest, poems: Sequence[int]) -> Pool:
        """Return the candidates of some poems, or names without a verse where no poem is given, with their grades."""
        names = self.lattice.of_poems(request, poems) if poems else self.lattice.without_poems(request)
        return self._graded(request, names)

    def _graded(self, request: NameRequest, names: Candidates) -> Pool:
        scorer, config = self.scorer, self.config
        grades = (
            scorer.culture(names),
            scorer.wishes(request, names),
            scorer.elements(request, names),
            scorer.person(request, names),
        ) if len(names) else (np.empty(0),) * 4  # fmt: skip
        luck = stream(config.seed, f"luck {request.text} {request.surname}").random(len(names)) * config.variety
        empty = np.empty(0)
        taste, kinship = (scorer.taste(names), scorer.kinship(names)) if len(names) else (empty, empty)
        return Pool(names, grades, luck, taste, kinship)

    def craft(self, request: NameRequest, pool: Pool, row: int) -> float:
        """Return how well a candidate is made, 0 to 1."""
        given = self.lattice.given(pool.names, row)
        if given not in pool.craft:
            made = self.scorer.craft(request, given)
            asked = given in request.text or set(given) <= set(request.required)
            pool.craft[given] = made.whole if made.safe or not asked else 0.5
        return pool.craft[given]

    def ranked(self, request: NameRequest, pool: Pool, weights: Sequence[float]) -> list[int]:
        """Return the rows of the best candidates, best first; names with a serious warning are left out."""
        if not len(pool.names):
            return []
        base = sum(weight * grade for weight, grade in zip(weights, pool.objectives, strict=False))
        total = _OBJECTIVES * base + _TASTE * pool.taste + _KINSHIP * pool.kinship + pool.luck
        short = np.argsort(-total, kind="stable")[:_SHORTLIST].tolist()
        craft = {row: self.craft(request, pool, row) for row in short}
        return sorted((row for row in short if craft[row]), key=lambda row: -(total[row] + _CRAFT * craft[row]))

    def poem_of(self, pool: Pool, row: int) -> int | None:
        """Return the poem of a candidate, None for a name without a verse."""
        clause = int(pool.names.clause[row])
        return None if clause == NOTHING else int(self.corpus.clauses.poems[clause])


def _shelf(request: NameRequest) -> dict[str, Any]:
    """Return the filters of a search that keep to the author, dynasty or book that a request names."""
    shelf: dict[str, Any] = {}
    if request.author:
        shelf["authors"] = [request.author]
    dynasty = request.dynasty or BOOK_DYNASTIES.get(request.book or "")
    if dynasty:
        shelf["dynasty"] = dynasty
    elif request.book:
        shelf["collections"] = [request.book]
    return shelf


def query(request: NameRequest, number: int) -> str:
    """Return what is searched for in a round: all wishes at first, then one after the other, and the season."""
    wishes = request.wishes or NEUTRAL
    own = [part for part in (request.season, request.festival) if part]
    if number == 0:
        return " ".join((*wishes, *own))
    return " ".join((wishes[(number - 1) % len(wishes)], *(own if number % 2 else ())))


def boosted(preferences: Sequence[int], boost: Sequence[float]) -> tuple[float, ...]:
    """Return the weights of the objectives: preferences times factors, as shares of their sum."""
    raised = [preference * factor for preference, factor in zip(preferences, boost, strict=True)]
    total = sum(raised)
    return tuple(one / total for one in raised) if total else (0.2,) * len(raised)


class RuleManager:
    """Prepares the brief of one request; leaves the candidates in `pool` for the generator."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.pool: Pool | None = None

    def prepare(self, request: NameRequest) -> Brief:
        """Return goals with weights, the poem that holds the best name, and the poems to move to."""
        shop, bare = self.workshop, self.brief(request)
        weights = bare.weights
        poems, notes = shop.poems(request)
        order: list[int] = []
        asked = [poem for poem in poems if suited(request, shop.lattice, poem)] if _asks(request) else []
        for lot in (asked, poems):
            if lot and not order:
                self.pool = shop.pool(request, lot)
                order = self._order(request, lot, weights)
        if asked and order and not set(order) & set(asked):
            notes.append("所指定的诗文里没有合乎要求的名字，改用其他诗文")
        if not order and poems:
            poems = shop.anywhere(request, poems)
            notes.append(f"前述诗文里没有合乎要求的名字，改按用字检索，得{len(poems)}篇")
            self.pool = shop.pool(request, poems) if poems else self.pool
            order = self._order(request, poems, weights)
        if not order:
            self.pool = shop.pool(request, ())
            notes.append("不取自诗句，由字义相合")
        chosen = [shop.corpus[poem] for poem in order]
        return replace(bare, poem=chosen[0] if chosen else None, alternatives=tuple(chosen[1:]), notes=tuple(notes))

    def brief(self, request: NameRequest) -> Brief:
        """Return the goals of a request with their weights and what the calendar adds, without any poem."""
        preferences = predict_preferences(request)
        weights = boosted(preferences, self.workshop.config.boost)
        goals = tuple(
            Goal(number, preferences[number], weights[number], *_SAYS[name]) for number, name in enumerate(OBJECTIVES)
        )
        return Brief(request, goals, information=_information(self.workshop, request))

    def _order(self, request: NameRequest, poems: Sequence[int], weights: Sequence[float]) -> list[int]:
        """Return poems that hold a name: by their best one, or as found where retrieval is not evaluated."""
        shop, pool = self.workshop, self.pool
        if pool is None or not poems:
            return []
        rows = shop.ranked(request, pool, weights)
        held = list(dict.fromkeys(poem for row in rows if (poem := shop.poem_of(pool, row)) is not None))
        return held if shop.config.retrieval == "evaluated" else [poem for poem in poems if poem in set(held)]


def _asks(request: NameRequest) -> bool:
    """Return whether a request names where the name should come from."""
    return any((request.poem, request.author, request.book, request.dynasty, request.verse))


def _information(shop: Workshop, request: NameRequest) -> tuple[str, ...]:
    born = shop.scorer.born(request)
    if born is None:
        return ()
    said = [born.lunar.text if born.lunar else "", f"生肖{born.zodiac}" if born.zodiac else "", *born.notes]
    said.append(f"四柱{born.pillars.text}" if born.pillars else "")
    return tuple(one for one in said if one)


class RuleGenerator:
    """Writes drafts for one brief; what the feedback refused stays refused.

    Args:
        workshop: what all requests share.
        manager: of the same request; it holds the candidates.
        taken: names that were given already.
    """

    def __init__(self, workshop: Workshop, manager: RuleManager, taken: Sequence[str] = ()) -> None:
        self.workshop, self.manager = workshop, manager
        self.dropped = set(taken)
        self.left: set[int] = set()
        self.full: frozenset[int] = frozenset()
        self.factors = [1.0] * len(OBJECTIVES)
        self.must_supply = False
        self.row: int | None = None

    def draft(self, brief: Brief, feedback: Feedback | None) -> Draft:
        """Return the best candidate that is left, explained as fully as was asked for."""
        if feedback is not None:
            self._heed(feedback)
        if feedback is None or (feedback.rewrite == "all" and self._open(feedback)):
            self.row = self._best(brief)
        pool, shop = self.manager.pool, self.workshop
        request = brief.request
        if self.row is None or pool is None:
            return Draft(request.surname, "", ("",) * len(OBJECTIVES))
        given = shop.lattice.given(pool.names, self.row)
        source = shop.lattice.source(pool.names, self.row)
        return explained(shop, brief, given, source, self.full)

    def _open(self, feedback: Feedback) -> bool:
        """Return whether the feedback asks for another name and not just for other words."""
        return any(change.kind != "mend-explanation" for change in feedback.changes)

    def _heed(self, feedback: Feedback) -> None:
        for change in feedback.changes:
            match change.kind:
                case "mend-explanation":
                    self.full = ALL  # what is asked of one paragraph is better told in all
                case "drop-candidate":
                    self.dropped.add(change.detail or feedback.draft.given)
                case "other-poem":
                    if feedback.draft.source is not None:
                        self.left.add(feedback.draft.source.poem)
                case "reweight":
                    if change.objective is not None:
                        self.factors[change.objective] *= 1.5
                case "add-constraint":
                    self.must_supply |= change.objective == OBJECTIVES.index("elements")

    def _best(self, brief: Brief) -> int | None:
        pool, shop = self.manager.pool, self.workshop
        if pool is None:
            return None
        request = brief.request
        weights = [weight * factor for weight, factor in zip(brief.weights, self.factors, strict=True)]
        rows = [
            row for row in shop.ranked(request, pool, weights)
            if shop.lattice.given(pool.names, row) not in self.dropped and shop.poem_of(pool, row) not in self.left
        ]  # fmt: skip
        if self.must_supply:
            rows = [row for row in rows if pool.objectives[2][row] > 0] or rows
        poems = [None if brief.poem is None else brief.poem.id, *(poem.id for poem in brief.alternatives)]
        for poem in poems:
            inside = [row for row in rows if shop.poem_of(pool, row) in (poem, None)]
            if inside:
                return inside[0]
        return rows[0] if rows else None


def explained(shop: Workshop, brief: Brief, given: str, source: Source | None, full: frozenset[int] = ALL) -> Draft:
    """Return a draft of a given name with its explanation."""
    request, scorer = brief.request, shop.scorer
    subject = Subject(
        brief=brief,
        given=given,
        source=source,
        poem=None if source is None else shop.corpus[source.poem],
        born=scorer.born(request),
        served=_served(scorer, request, given),
        wanted=scorer.wanted_elements(request),
    )
    rng = stream(shop.config.seed, f"words {request.text} {request.surname}{given}")
    paragraphs, told = shop.writer.write(subject, full, rng)
    return Draft(request.surname, given, paragraphs, source, told)


def _served(scorer: Scorer, request: NameRequest, given: str) -> tuple[tuple[str, str, float], ...]:
    """Return for each wish the character of the name that serves it best; the best served first."""
    code = scorer.lattice.code
    found = []
    for wish in request.wishes:
        grades = scorer.serving(wish)
        best = max(given, key=lambda char: grades[code[char]])
        found.append((wish, best, float(grades[code[best]])))
    return tuple(sorted(found, key=lambda one: -one[2]))


class RuleEvaluator:
    """Grades explanations by what they leave out, and names by the five objectives."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop

    def implicit(self, brief: Brief, draft: Draft) -> tuple[Judgement, ...]:
        """Return completeness (facts and wishes told) and clarity (length, sentences) of each paragraph."""
        scorer = self.workshop.scorer
        truth = Truth(brief.request, self.workshop.corpus, scorer.born(brief.request), scorer.lattice.scheme)
        lacking = {facts.PLACE[kind] for kind in facts.missing_facts(brief, draft, truth)}
        found = []
        for number in range(len(OBJECTIVES)):
            text = draft.explanation[number]
            told = number not in lacking and not self._silent(brief, draft, number, text)
            clarity = HIGHEST * clear(draft.explanation, number) / 3
            advice = "" if told else f"请写全：{_SAYS[OBJECTIVES[number]][1]}"
            changes = () if told and clarity == HIGHEST else (Change("mend-explanation", number, advice),)
            found.append(Judgement(float(HIGHEST) if told else 0.5, clarity, advice, changes))
        return tuple(found)

    def _silent(self, brief: Brief, draft: Draft, number: int, text: str) -> bool:
        """Return whether a paragraph leaves out what the request speaks of."""
        request = brief.request
        if OBJECTIVES[number] == "wishes":
            return bool(request.wishes) and not any(wish in text for wish in request.wishes)
        if OBJECTIVES[number] == "requirements":
            return "声调" not in text or (brief.goals[number].preference >= 2 and "要求" not in text)
        return False

    def explicit(self, brief: Brief, draft: Draft) -> tuple[Relevance, ...]:
        """Return how well the name serves each objective, with what to change where it does not."""
        if not draft.given:
            return tuple(Relevance(0.0) for _ in OBJECTIVES)
        grades = self.workshop.scorer.objectives(brief.request, draft.given, draft.source)
        return tuple(
            Relevance(
                HIGHEST * grade, "" if grade >= _GOOD else f"{_SAYS[name][0]}尚有不足", _changes(name, grade, draft)
            )
            for name, grade in zip(OBJECTIVES, grades, strict=True)
        )

    def summarise(self, brief: Brief, draft: Draft, relevance: tuple[Relevance, ...]) -> Literal["all", "explanation"]:
        """Return `all` where an objective that counts is not served: other words would not help."""
        short = [one for weight, one in zip(brief.weights, relevance, strict=True) if weight and one.score < _GOOD * 2]
        return "all" if short else "explanation"


def _advice(name: str, grade: float) -> str:
    return "" if grade >= _GOOD else f"{_SAYS[name][0]}尚有不足"


def _changes(name: str, grade: float, draft: Draft) -> tuple[Change, ...]:
    """Return what would serve an objective better."""
    if grade >= _GOOD:
        return ()
    number = OBJECTIVES.index(name)
    kinds = {
        "culture": Change("other-poem", number, draft.source.verse if draft.source else ""),
        "wishes": Change("reweight", number),
        "elements": Change("add-constraint", number, "补所缺五行"),
        "person": Change("reweight", number),
        "requirements": Change("drop-candidate", number, draft.given),
    }
    return (kinds[name],)
