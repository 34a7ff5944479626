"""Between the namer and those who use it: records for the verbs, ways of naming for the benchmark."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from humankind.systems.naming import elements
from humankind.systems.naming.agents import OBJECTIVE_NAMES, Brief, Unanswered
from humankind.systems.naming.baselines import NAMES as BASELINES
from humankind.systems.naming.baselines import Baselines
from humankind.systems.naming.bench import Given, Strategy
from humankind.systems.naming.calendars import Rules
from humankind.systems.naming.config import RULES, NamingConfig
from humankind.systems.naming.lattice import why_none
from humankind.systems.naming.loop import Flag
from humankind.systems.naming.model_baselines import Ask, Message
from humankind.systems.naming.namer import Namer, Suggestion
from humankind.systems.naming.parsing import parse
from humankind.systems.naming.poems import Corpus
from humankind.systems.naming.request import NameRequest
from humankind.systems.naming.retrieval import Found, Retriever
from humankind.systems.naming.rubric import Examiner
from humankind.systems.naming.rule_agents import Pool, RuleManager, Workshop, explained
from humankind.systems.naming.scoring import Scorer
from humankind.systems.naming.shown import (
    FLAGS,
    ShownGoal,
    ShownName,
    ShownRound,
    Suggested,
    shown_name,
    shown_round,
)
from humankind.systems.naming.vectors import Vectors

if TYPE_CHECKING:
    from humankind.systems.naming.asking import Asked

HYBRID = "hybrid:"
NO_SURNAME = "请求没有说明姓氏"


# -- for the verbs ------------------------------------------------------------------------------------------


def worker(config: NamingConfig) -> Namer:
    """Return the namer of a configuration; it serves any number of requests, and without a model is made only once."""
    return _made_once(config) if config.backend == RULES else Namer(config)


@lru_cache(maxsize=2)
def _made_once(config: NamingConfig) -> Namer:
    return Namer(config)


def suggested(namer: Namer, request: NameRequest, name: str = "", avoid: Collection[str] = ()) -> Suggested:
    """Return the names for a request as they are shown.

    Args:
        namer: of some configuration.
        request: checked; one without a surname is told so in `problem`.
        name: the id of the request in a file.
        avoid: given names to pass over while there are others.
    """
    record = {key: value for key, value in request.record().items() if key not in ("text", "notes")}
    notes = tuple(note.text for note in request.notes)
    if not request.surname:
        return Suggested(id=name, text=request.text, understood=record, notes=notes, problem=NO_SURNAME)
    found = namer.suggest(request, avoid=avoid)
    corpus = namer.workshop.corpus
    return Suggested(
        id=name,
        text=request.text,
        understood=record,
        notes=notes,
        goals=_goals(found.brief),
        names=tuple(_shown(one) for one in found.names),
        trace=_trace(found.names),
        flag=_flag(found.names),
        problem=found.diagnosis,
        facts={
            "后端": namer.config.backend,
            "五行取法": namer.workshop.lattice.scheme.says,
            "诗库": f"{len(corpus):,}篇",
        },
    )


def explained_name(namer: Namer, surname: str, given: str, request: NameRequest) -> ShownName:
    """Return a name that was given, explained for a request."""
    return _shown(namer.explain(surname, given, request))


def _shown(one: Suggestion) -> ShownName:
    return shown_name(one.draft, one.warnings, one.objectives, one.score)


def _goals(brief: Brief | None) -> tuple[ShownGoal, ...]:
    if brief is None:
        return ()
    return tuple(
        ShownGoal(name=OBJECTIVE_NAMES[g.objective], preference=g.preference, weight=round(g.weight, 4), goal=g.goal)
        for g in brief.goals
    )


def _trace(names: Sequence[Suggestion]) -> tuple[ShownRound, ...]:
    outcome = names[0].outcome if names else None
    return tuple(shown_round(one) for one in outcome.trace) if outcome else ()


def _flag(names: Sequence[Suggestion]) -> str:
    outcome = names[0].outcome if names else None
    return FLAGS[outcome.flag if outcome else Flag.NONE]


# -- for the benchmark --------------------------------------------------------------------------------------


class Remembering(Retriever):
    """A retriever that keeps the last results: ablations and other weights ask the same of the same requests."""

    def __init__(self, corpus: Corpus, vectors: Vectors) -> None:
        super().__init__(corpus, vectors)
        self._kept = lru_cache(maxsize=4096)(self._searched)

    def search(
        self,
        wish: str,
        *,
        n: int = 5,
        exclude: Collection[int] = frozenset(),
        characters: Collection[str] | None = None,
        authors: Collection[str] | None = None,
        dynasty: str | None = None,
        collections: Collection[str] | None = None,
    ) -> list[Found]:
        """Return what `Retriever.search` returns."""
        sets = (None if one is None else frozenset(one) for one in (characters, authors, collections))
        return list(self._kept(wish, n, frozenset(exclude), dynasty, *sets))

    def _searched(
        self,
        wish: str,
        n: int,
        exclude: frozenset[int],
        dynasty: str | None,
        characters: frozenset[str] | None,
        authors: frozenset[str] | None,
        collections: frozenset[str] | None,
    ) -> tuple[Found, ...]:
        found = super().search(
            wish, n=n, exclude=exclude, characters=characters, authors=authors, dynasty=dynasty, collections=collections
        )
        return tuple(found)


class SharedWorkshop(Workshop):
    """A workshop that keeps the candidates of each request, which do not depend on weights or stages of the loop."""

    def pool(self, request: NameRequest, poems: Sequence[int]) -> Pool:
        """Return what `Workshop.pool` returns."""
        key = (self.config.seed, self.config.variety, request, tuple(poems))
        if key not in _POOLS:
            if len(_POOLS) >= _MOST_POOLS:
                _POOLS.pop(next(iter(_POOLS)))
            _POOLS[key] = super().pool(request, poems)
        return _POOLS[key]


_POOLS: dict[tuple[Any, ...], Pool] = {}
_MOST_POOLS = 1_000


def _sharing(config: NamingConfig) -> Namer:
    """Return a namer that shares what it looks up with all others of the same corpus, scheme and almanac."""
    namer = Namer(config)
    shop = namer.workshop
    key = (config.corpus, config.scheme, config.almanac)
    if key not in _SHARED:
        _POOLS.clear()
        _SHARED.clear()  # one at a time: a corpus with its tables takes some 100 MB
        _SHARED[key] = (Remembering(shop.corpus, shop.scorer.vectors), shop.scorer)
    retriever, scorer = _SHARED[key]
    namer.workshop = SharedWorkshop(shop.corpus, retriever, scorer, config)
    return namer


_SHARED: dict[tuple[str, str, Rules], tuple[Remembering, Scorer]] = {}


def method(config: NamingConfig) -> Strategy:
    """Return the method as a way of naming: the first name for a request."""
    namer = _sharing(config)

    def named(text: str) -> Given:
        request = parse(text)
        if not request.surname:
            return Given(note=NO_SURNAME)
        found = namer.suggest(request, 1)
        if not found.names and config.backend != RULES and not request.contradictions:
            raise Unanswered("the language model led to no name", found=found.diagnosis, where=config.backend)
        if not found.names:
            return Given(surname=request.surname, note=found.diagnosis)
        one = found.names[0]
        rounds = len(one.outcome.trace) if one.outcome else 1
        note = one.outcome.flag.name.lower() if one.outcome else ""
        return Given(
            surname=one.draft.surname,
            given=one.draft.given,
            explanation=one.draft.explanation,
            note=note,
            rounds=rounds,
        )

    return named


def baselines(config: NamingConfig) -> dict[str, Strategy]:
    """Return the six baselines on a backend: their deterministic forms, or ways of asking its model."""
    if config.backend == RULES:
        return _without_model(_sharing(config))
    from humankind.systems.naming.model_baselines import strategies

    namer = _sharing(config.replaced("backend", RULES))
    return strategies(asker(config.backend.removeprefix(HYBRID)), namer.workshop.retriever)


def _without_model(namer: Namer) -> dict[str, Strategy]:
    """Return the deterministic forms; each explains its name in full, with the writer that the method has."""
    shop = namer.workshop
    chooser = Baselines(shop.corpus, shop.scorer.vectors, shop.lattice.scheme)
    chooser.retriever = shop.retriever

    def of(name: str) -> Strategy:
        def named(text: str) -> Given:
            request = parse(text)
            if not request.surname:
                return Given(note=NO_SURNAME)
            if request.contradictions:
                return Given(surname=request.surname, note="；".join(request.contradictions))
            choice = chooser.choose(name, request)
            if choice is None:
                return Given(surname=request.surname, note=why_none(request, shop.lattice))
            draft = explained(shop, RuleManager(shop).brief(request), choice.given, choice.source)
            return Given(surname=draft.surname, given=draft.given, explanation=draft.explanation)

        return named

    return {name: of(name) for name in BASELINES}


def examiner(config: NamingConfig) -> Examiner:
    """Return the examiner for the corpus and the scheme of a configuration."""
    corpus = Corpus.load(Path(config.corpus) if config.corpus else None)
    return Examiner(corpus, Vectors.load(), elements.scheme(config.scheme))


def replies_of(namer: Namer) -> tuple[Asked, ...]:
    """Return every reply that a language model gave so far, usable or not; none for the rules."""
    if namer.config.backend == RULES:
        return ()
    from humankind.systems.naming.model_teams import replies

    return replies(namer.workshop)


def asker(model: str) -> Ask:
    """Return what asks a language model for text."""
    from humankind.systems.naming.asking import Asker

    say: Callable[[Sequence[Message]], str] = Asker(model).say
    return say
