"""Names for a request: the agents, the loop and what is shown of its results."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from humankind.spine.errors import DataError
from humankind.systems.naming import elements
from humankind.systems.naming.agents import HIGHEST, Brief, Draft, Team
from humankind.systems.naming.characters import characters
from humankind.systems.naming.checks import Options, Warning, check
from humankind.systems.naming.config import RULES, NamingConfig
from humankind.systems.naming.lattice import Lattice, why_none
from humankind.systems.naming.loop import Flag, Outcome, Round, refine
from humankind.systems.naming.pareto import ordered
from humankind.systems.naming.parsing import parse
from humankind.systems.naming.poems import Corpus
from humankind.systems.naming.recall import source_of
from humankind.systems.naming.request import NameRequest
from humankind.systems.naming.retrieval import Retriever
from humankind.systems.naming.rule_agents import (
    RuleEvaluator,
    RuleGenerator,
    RuleManager,
    Workshop,
    explained,
)
from humankind.systems.naming.scoring import Craft, Scorer
from humankind.systems.naming.sounds import read_name, spelled, tones_text
from humankind.systems.naming.surnames import checked_surname, split_surname
from humankind.systems.naming.vectors import Vectors

_MORE = 2.0
"""So many times as many names are tried as are wanted."""


@dataclass(frozen=True)
class Suggestion:
    """One name with everything that is shown of it."""

    draft: Draft
    pinyin: str
    """Such as `Wáng Zhèngzhí`."""
    tones: str
    """平 level and 仄 oblique, surname first."""
    objectives: tuple[float, ...]
    """O1 to O5, 0 to 1 each."""
    score: float
    """The objectives by the weights of the request, 0 to 1."""
    craft: Craft
    warnings: tuple[Warning, ...]
    marked: str
    """The source verse with 【】 around the characters of the name; empty where there is none."""
    outcome: Outcome | None = None
    """How the loop came to it; None for a name that was given."""


@dataclass(frozen=True)
class Suggestions:
    """The answer to a request."""

    request: NameRequest
    brief: Brief | None
    names: tuple[Suggestion, ...]
    """Best first: those that none other beats in everything stand before the rest."""
    diagnosis: str = ""
    """Why there is no name; empty where there is one."""

    @property
    def trace(self) -> tuple[Round, ...]:
        """The rounds that led to the first name that was found."""
        found = [one.outcome for one in self.names if one.outcome is not None]
        return found[0].trace if found else ()


class Namer:
    """Suggests, checks and explains names. Making one takes about half a second.

    Args:
        config: the settings; the defaults where None.

    Raises:
        DataError: the corpus of the settings cannot be read.
        ConfigError: there is no such scheme of the five elements.
    """

    def __init__(self, config: NamingConfig | None = None) -> None:
        self.config = config or NamingConfig()
        corpus = Corpus.load(Path(self.config.corpus) if self.config.corpus else None)
        scheme = elements.scheme(self.config.scheme)
        vectors = Vectors.load()
        scorer = Scorer(Lattice(corpus, scheme), vectors, self.config.almanac)
        self.workshop = Workshop(corpus, Retriever(corpus, vectors), scorer, self.config)

    def suggest(self, request: NameRequest | str, n: int | None = None, avoid: Collection[str] = ()) -> Suggestions:
        """Return up to `n` different names.

        Args:
            request: a form, or a request as parents write it.
            n: how many; that of the settings where None.
            avoid: given names that others have been given; passed over as long as there are more.

        Raises:
            DataError: the request names no surname.
        """
        request = parse(request) if isinstance(request, str) else request
        if not request.surname:
            raise DataError(
                "the request names no surname", found=request.text or "nothing", where="request",
                expected="such as 姓王", remedy="add 姓 and the surname to the request, or use the form",
            )  # fmt: skip
        if request.contradictions:
            return Suggestions(request, None, (), "；".join(request.contradictions))
        manager = RuleManager(self.workshop)
        brief = self._team(manager, []).manager.prepare(request)
        wanted = self.config.n_names if n is None else n
        names, taken, problem = [], list(avoid), ""
        for _ in range(int(wanted * _MORE) + 2):
            outcome = refine(brief, self._team(manager, taken), self.config.loop)
            problem = outcome.problem
            last = outcome.draft or (outcome.trace[-1].draft if outcome.trace else None)
            if last is None or not last.given:
                if names or not avoid:
                    break
                taken, avoid = [], ()  # nothing else is left: better a name that somebody has than none
                continue
            taken.append(last.given)
            if outcome.draft is not None:
                names.append(self.shown(brief, self._in_full(brief, outcome.draft), outcome))
            if len(names) >= wanted:
                break
        if not names:
            return Suggestions(request, brief, (), problem or why_none(request, self.workshop.lattice))
        points = [(*one.objectives, one.craft.whole) for one in names]
        scores = [one.score + 0.3 * one.craft.whole for one in names]
        return Suggestions(request, brief, tuple(names[place] for place in ordered(points, scores)))

    def _in_full(self, brief: Brief, draft: Draft) -> Draft:
        """Return an accepted draft told in full; the threshold lets explanations through that leave things out."""
        shop = self.workshop
        if self.config.backend != RULES or "implicit" not in self.config.loop.stages:
            return draft
        if all(one.completeness == HIGHEST for one in RuleEvaluator(shop).implicit(brief, draft)):
            return draft
        whole = explained(shop, brief, draft.given, draft.source)
        return draft if shop.checker.check(brief, whole) else whole

    def _team(self, manager: RuleManager, taken: Sequence[str]) -> Team:
        evaluator = RuleEvaluator(self.workshop)
        rules = Team(manager, RuleGenerator(self.workshop, manager, taken), evaluator, self.workshop.checker)
        return rules if self.config.backend == RULES else self._with_model(rules)

    def _with_model(self, rules: Team) -> Team:
        """Return the agents of a language model, or rules whose explanations a model polishes."""
        from humankind.systems.naming import model_teams

        return model_teams.team(self.config.backend, rules, self.workshop)

    def shown(self, brief: Brief, draft: Draft, outcome: Outcome | None = None) -> Suggestion:
        """Return a draft with everything that is shown of it."""
        request, given = brief.request, draft.given
        grades = self.workshop.scorer.objectives(request, given, draft.source)
        return Suggestion(
            draft=draft,
            pinyin=spelled(request.surname, given),
            tones=tones_text(read_name(request.surname, given)),
            objectives=grades,
            score=sum(weight * grade for weight, grade in zip(brief.weights, grades, strict=True)),
            craft=self.workshop.scorer.craft(request, given),
            warnings=tuple(self._warnings(request, given)),
            marked=_marked(draft),
            outcome=outcome,
        )

    def check(self, name: str, request: NameRequest | None = None) -> list[Warning]:
        """Return what is to be known about a full name, the most serious first.

        Raises:
            DataError: the name is not written in Chinese characters, or has no given name.
        """
        surname, given = split_surname(name)
        return self._warnings(request or NameRequest(surname=surname), given)

    def _warnings(self, request: NameRequest, given: str) -> list[Warning]:
        options = Options(
            sex=request.sex,
            ancestors=request.ancestors,
            generation=request.generation.char if request.generation else None,
            generation_slot=_slot(request),
            scheme=self.config.scheme,
            rules=self.config.almanac,
        )
        return check(request.surname, given, birth=request.birth, options=options)

    def explain(self, surname: str, given: str, request: NameRequest | None = None) -> Suggestion:
        """Return a name that was given with its explanation; its verse is the best known that holds its characters.

        Raises:
            DataError: a character is not one of the 8,105 of the standard.
        """
        from dataclasses import replace

        for char in given:
            if char not in characters():
                from humankind.systems.naming.characters import character

                character(char)
        asked = replace(request or NameRequest(), surname=checked_surname(surname))
        brief = RuleManager(self.workshop).brief(asked)
        draft = explained(self.workshop, brief, given, self._verse_of(given))
        return self.shown(brief, draft)

    def _verse_of(self, given: str):
        """Return where all characters of a given name stand in one clause, in order; the best-known poem first."""
        corpus = self.workshop.corpus
        found: list[tuple[float, int]] = []
        for clause in self.workshop.lattice.clauses_with(given):
            poem = corpus[int(corpus.clauses.poems[clause])]
            found.append((poem.popularity + bool(poem.anthologies), clause))
        return source_of(corpus, max(found)[1], given) if found else None

    def compare(self, names: Sequence[tuple[str, str]], request: NameRequest | None = None) -> tuple[Suggestion, ...]:
        """Return several names (surname, given name) with their explanations, best first."""
        shown = [self.explain(surname, given, request) for surname, given in names]
        points = [(*one.objectives, one.craft.whole) for one in shown]
        return tuple(shown[place] for place in ordered(points, [one.score + 0.3 * one.craft.whole for one in shown]))


def _slot(request: NameRequest) -> Literal[1, 2] | None:
    if not request.generation or 2 not in request.given_lengths:
        return None
    return 1 if request.generation.slot == 1 else 2


def _marked(draft: Draft) -> str:
    """Return the source verse with the characters of the name in brackets."""
    if draft.source is None:
        return ""
    places = {place for place in draft.source.positions if place is not None}
    return "".join(f"【{char}】" if place in places else char for place, char in enumerate(draft.source.verse))


__all__ = ["Flag", "Namer", "Suggestion", "Suggestions"]
