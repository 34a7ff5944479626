"""Six ways of asking for a name without the method, in forms that need no language model.

Each does what its idea allows, with the same understanding of the request, the same vectors, tables and hard
constraints as the method, and with the same writer of true explanations. What a model would know by heart is here the
well-known poems, word for word; only `query to keywords` retrieves, as it does in the paper.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from humankind.systems.naming import calendars
from humankind.systems.naming.agents import Source
from humankind.systems.naming.elements import Scheme
from humankind.systems.naming.poems import Corpus
from humankind.systems.naming.recall import Recall
from humankind.systems.naming.request import NameRequest
from humankind.systems.naming.retrieval import Retriever
from humankind.systems.naming.rhythm import rhythm
from humankind.systems.naming.sounds import read_name
from humankind.systems.naming.vectors import Vectors

NAMES = ("plain", "chain_of_thought", "take_a_breath", "few_shot", "query_to_keywords", "discussion")
_SHORTLIST = 40
_VOICES = 20
"""Proposals of each voice in a discussion."""
_NEUTRAL = ("美好", "平安")
"""What is wished where nothing is said."""


@dataclass(frozen=True, slots=True)
class Example:
    """One worked example of the few-shot form: for whom, from where, in which manner."""

    wishes: tuple[str, ...]
    sex: str
    books: tuple[str, ...]
    """Where its name was taken from."""


EXAMPLES = (
    Example(("志向远大", "坚强"), "boy", ("唐诗三百首", "千家诗")),
    Example(("温柔", "美好"), "girl", ("诗经", "宋词三百首")),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A given name and where it stands."""

    given: str
    source: Source | None


@dataclass(frozen=True, slots=True)
class View:
    """One request before one set of pairs: what is allowed, and every criterion on a scale of 0 to 1."""

    recall: Recall
    allowed: np.ndarray
    """Which pairs keep the demands and suit the sex, bool [P]."""
    wish: np.ndarray
    """Mean nearness of the two characters to the wishes, float64 [P]."""
    element: np.ndarray
    """1 where a character supplies an element that is missing or wished, float64 [P]."""
    fit: np.ndarray
    """Nearness of every character, float64 [alphabet]."""
    request: NameRequest

    @property
    def common(self) -> np.ndarray:
        """How usual the characters are in names, float64 [P]."""
        return (self.recall.common[self.recall.first] + self.recall.common[self.recall.second]) / 2

    def best(self, score: np.ndarray, n: int) -> list[int]:
        """Return up to n allowed pairs with different names, best first."""
        order = np.argsort(np.where(self.allowed, -score, np.inf), kind="stable")
        found: dict[str, int] = {}
        for pair in order[: 50 * n].tolist():
            if not self.allowed[pair] or len(found) == n:
                break
            found.setdefault(self.recall.given(pair), pair)
        return list(found.values())

    def sound(self, pair: int) -> float:
        """Return how well the full name of a pair is said, 0 to 1."""
        return rhythm(read_name(self.request.surname or "李", self.recall.given(pair))).score


Pick = Callable[[View], "int | None"]
"""Returns the pair that a baseline chooses, None where it finds none."""


class Baselines:
    """The six baselines over one corpus.

    Args:
        corpus: of poems.
        vectors: what wishes are near to.
        scheme: of the five elements.
    """

    def __init__(self, corpus: Corpus, vectors: Vectors, scheme: Scheme) -> None:
        self.corpus, self.vectors, self.scheme = corpus, vectors, scheme
        self.known = Recall(corpus, vectors, scheme)
        self.retriever = Retriever(corpus, vectors)

    def choose(self, name: str, request: NameRequest) -> Choice | None:
        """Return the name that a baseline chooses; None where none keeps the demands.

        Args:
            name: one of `NAMES`.
            request: as parsed.
        """
        if name == "query_to_keywords":
            choice = self._retrieved(request)
            return choice or self._picked(self.view(request), plain)
        return self._picked(self.view(request), PICKS[name])

    def view(self, request: NameRequest, recall: Recall | None = None) -> View:
        """Return what a request makes of the pairs that are known by heart, or of others."""
        recall = recall or self.known
        fit = recall.fit(request.wishes or _NEUTRAL)
        wanted = recall.elements(wanted_elements(request))
        unwanted = recall.elements(request.elements_unwanted)
        first, second = recall.first, recall.second
        allowed = recall.permitted(request) & recall.suits(request.sex)
        if request.elements_unwanted:
            allowed &= ~(unwanted[first] | unwanted[second])
        return View(
            recall=recall,
            allowed=allowed,
            wish=(fit[first] + fit[second]) / 2,
            element=(wanted[first] | wanted[second]).astype(float),
            fit=fit,
            request=request,
        )

    def _picked(self, view: View, pick: Pick) -> Choice | None:
        lengths = view.request.given_lengths
        if not lengths:
            return None
        pair = pick(view) if view.allowed.any() else None
        if pair is None:
            return self._spelled(view.request)
        given = _of_length(view, pair, lengths[0])
        return Choice(given, view.recall.source(pair, given))

    def _spelled(self, request: NameRequest) -> Choice | None:
        """Return a name without a verse, of single characters: the nearest to the wishes that keep the demands."""
        from humankind.systems.naming.characters import characters
        from humankind.systems.naming.recall import comes_to_mind, permits

        fixed = [*([request.generation.char] if request.generation else []), *request.required]
        usual = [one for one in characters().values() if comes_to_mind(one.char) and permits(request, one)]
        fit = {char: grade for wish in request.wishes or _NEUTRAL for char, grade in self.vectors.characters(wish, 300)}
        ranked = sorted(usual, key=lambda one: -fit.get(one.char, 0.0))
        with_radical = [one for one in ranked if request.radical and one.has_radical(request.radical)]
        chars = list(dict.fromkeys([*fixed, *(one.char for one in with_radical[:1]), *(one.char for one in ranked)]))
        length = request.given_lengths[0]
        if len(chars) < length:
            return None
        name = chars[:length]
        if request.generation and length == 2:
            other = next(char for char in name if char != request.generation.char)
            name = (
                [request.generation.char, other] if request.generation.slot == 1 else [other, request.generation.char]
            )
        return Choice("".join(name), None)

    def _retrieved(self, request: NameRequest) -> Choice | None:
        """Return the best pair of the one poem that the keywords of the request find first."""
        words = " ".join((*request.wishes, *(part for part in (request.season, request.festival) if part)))
        found = []
        if request.poem or request.verse:
            found = self.corpus.find(title=request.poem, author=request.author, verse=request.verse)[:1]
        if not found:
            books = None if request.book is None else [request.book]
            authors = None if request.author is None else [request.author]
            hits = self.retriever.search(
                words or "美好", n=1, authors=authors, dynasty=request.dynasty, collections=books
            ) or self.retriever.search(words or "美好", n=1)
            found = [hit.poem for hit in hits]
        if not found:
            return None
        view = self.view(request, Recall(self.corpus, self.vectors, self.scheme, [found[0].id]))
        if not request.given_lengths or not view.allowed.any():
            return None
        return self._picked(view, plain)


def wanted_elements(request: NameRequest) -> tuple[str, ...]:
    """Return the elements that a name should supply: those that are wished, else those that the birth lacks."""
    if request.elements_wished:
        return request.elements_wished
    return calendars.read(request.birth).missing if request.birth else ()


# -- how each of them picks ---------------------------------------------------------------------------------


def plain(view: View) -> int | None:
    """Say at once what comes to mind: the pair nearest to the wishes."""
    return _first(view.best(view.wish + 0.1 * view.common, 1))


def chain_of_thought(view: View) -> int | None:
    """Go through the objectives one after the other and keep at each step what serves it, while anything does."""
    allowed = view.allowed.copy()
    with_element = allowed & (view.element > 0)
    if with_element.any():
        allowed = with_element
    step = View(view.recall, allowed, view.wish, view.element, view.fit, view.request)
    near = step.best(view.wish, _SHORTLIST)
    usual = sorted(near, key=lambda pair: -view.common[pair])[: max(1, len(near) // 2)]
    return max(usual, key=view.sound, default=None)


def take_a_breath(view: View) -> int | None:
    """Take time: weigh all criteria at once, evenly, over everything that comes to mind."""
    near = view.best(view.wish + view.element + view.common + view.recall.fame, _SHORTLIST)
    total = view.wish + view.element + view.common + view.recall.fame
    return max(near, key=lambda pair: total[pair] + view.sound(pair), default=None)


def few_shot(view: View) -> int | None:
    """Do as in the nearer of two worked examples: take the name from the same books, in the same manner."""
    request, vectors = view.request, view.recall.vectors
    wishes = "".join(request.wishes or _NEUTRAL)

    def likeness(example: Example) -> float:
        return vectors.similarity(wishes, "".join(example.wishes)) + (example.sex == request.sex)

    books = max(EXAMPLES, key=likeness).books
    inside = np.isin(view.recall.corpus.clauses.poems[view.recall.clause], _poems_of(view.recall.corpus, books))
    shelf = View(view.recall, view.allowed & inside, view.wish, view.element, view.fit, request)
    near = shelf.best(view.wish + 0.5 * view.common, _SHORTLIST // 4) or view.best(view.wish, 1)
    return max(near, key=lambda pair: view.wish[pair] + 0.5 * view.sound(pair), default=None)


def discussion(view: View) -> int | None:
    """Let three voices propose, and take what stands highest in the sum of their rankings (two rounds)."""
    voices: Sequence[np.ndarray] = (
        view.wish + view.recall.fame,
        view.wish + view.element,
        view.wish + view.common,
    )
    proposed = {pair for voice in voices for pair in view.best(voice, _VOICES)}
    if not proposed:
        return None
    pairs = sorted(proposed)
    sounds = np.array([view.sound(pair) for pair in pairs])
    ranks = [_ranks(voice[pairs]) for voice in voices]
    ranks.append(_ranks(sounds))
    return pairs[int(np.argmin(np.sum(ranks, axis=0)))]


PICKS: dict[str, Pick] = {
    "plain": plain,
    "chain_of_thought": chain_of_thought,
    "take_a_breath": take_a_breath,
    "few_shot": few_shot,
    "discussion": discussion,
}
"""Baselines that draw on what is known by heart."""


def _first(pairs: list[int]) -> int | None:
    return pairs[0] if pairs else None


def _ranks(scores: np.ndarray) -> np.ndarray:
    """Return the place of each score, 0 for the highest; equal scores share the better place."""
    return np.array([(scores > score).sum() for score in scores])


def _poems_of(corpus: Corpus, books: Sequence[str]) -> np.ndarray:
    columns, labels = corpus.columns, corpus.labels
    codes = [code for code, name in enumerate(labels.collections) if name in books]
    bits = sum(1 << bit for bit, name in enumerate(labels.anthologies) if name in books)
    return np.flatnonzero(np.isin(columns.collections, codes) | ((columns.anthologies & bits) > 0))


def _of_length(view: View, pair: int, length: int) -> str:
    """Return the given name of a pair, one character alone where that is asked; what is demanded stays in it."""
    if length == 2:
        return view.recall.given(pair)
    request, chars = view.request, view.recall.given(pair)
    fixed = {*request.required, *([request.generation.char] if request.generation else [])}
    for char in chars:
        one = view.recall.table[view.recall.corpus.clauses.alphabet.index(char)]
        if char in fixed or (not fixed and request.radical and one is not None and one.has_radical(request.radical)):
            return char
    return view.recall.given(pair, 1, view.fit)
