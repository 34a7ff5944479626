"""Choosing the one poem: the manager writes what to look for, the evaluator chooses or asks for others, five rounds.

Paper: section on information preparation. Poems that the request names are looked up exactly; ids that were shown are
not shown again; after the last round the best of all that were seen is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from humankind.systems.naming import prompts
from humankind.systems.naming.agents import Unanswered
from humankind.systems.naming.asking import Asker
from humankind.systems.naming.calendars import Rules
from humankind.systems.naming.elements import Scheme
from humankind.systems.naming.poems import Corpus, Poem
from humankind.systems.naming.reading_json import UnusableReply
from humankind.systems.naming.replies import Choice, Query
from humankind.systems.naming.request import NameRequest
from humankind.systems.naming.retrieval import Retriever
from humankind.systems.naming.rule_agents import BOOK_DYNASTIES

SHOWN = 5
"""Poems that the evaluator sees in a round. Released code: 5."""
LONGEST_POEM = 240
"""Characters of a poem that a model is shown."""


@dataclass(frozen=True)
class Desk:
    """What the agents of a language model work with."""

    corpus: Corpus
    retriever: Retriever
    scheme: Scheme
    almanac: Rules = field(default_factory=Rules)
    retrieval: Literal["evaluated", "first", "none"] = "evaluated"
    """Whether the evaluator chooses the poem, the first one found is taken, or there is none (ablations)."""
    rounds: int = 5
    """Of retrieval."""
    boost: tuple[float, ...] = (1.0,) * 5
    """Factors on the weights of the objectives."""


@dataclass(frozen=True)
class Chosen:
    """The poem, others to move to, and how it was chosen."""

    poem: Poem | None
    others: tuple[Poem, ...] = ()
    notes: tuple[str, ...] = ()


def choose(request: NameRequest, known: Sequence[str], asker: Asker, desk: Desk) -> Chosen:
    """Return the poem for a request.

    Args:
        request: with the poem, poet, book or verse that it names.
        known: sentences on the child.
        asker: the model.
        desk: corpus, retriever, how it is chosen.
    """
    if desk.retrieval == "none":
        return Chosen(None, notes=("不检索诗句",))
    text = prompts.quoted(request.text)
    notes: list[str] = []
    try:
        query = asker.fill("query", _said(prompts.QUERY.format(request=text, information="\n".join(known))), Query)
        request, wish = _named(request, query), query.description
    except Unanswered as error:
        wish = "，".join(request.wishes) or "美好 平安"
        notes.append(f"检索词由规则写出：{error.found}")
    seen = _exact(request, desk)
    if desk.retrieval == "first":
        seen = seen or _search(wish, request, desk, 1, frozenset())
        return Chosen(seen[0] if seen else None, tuple(seen[1:]), tuple(notes))
    return _evaluated(text, request, wish, seen, notes, asker, desk)


def _evaluated(
    text: str, request: NameRequest, wish: str, exact: list[Poem], notes: list[str], asker: Asker, desk: Desk
) -> Chosen:
    seen: list[Poem] = []
    for number in range(desk.rounds):
        shown = exact[:SHOWN] if number == 0 and exact else []
        shown = shown or _search(wish, request, desk, SHOWN, frozenset(poem.id for poem in seen))
        if not shown:
            break
        seen += shown
        try:
            choice = _chosen(f"choice {number + 1}", prompts.CHOICE, text, shown, asker, 0)
        except Unanswered as error:
            return _settled(shown[0], seen, [*notes, f"第{number + 1}轮取第一首：{error.found}"])
        if choice.choice:
            return _settled(shown[choice.choice - 1], seen, [*notes, f"第{number + 1}轮选定"])
        wish = choice.description
        notes.append(f"第{number + 1}轮未选：{wish}")
    if not seen:
        return Chosen(None, notes=(*notes, "没有找到诗"))
    try:
        choice = _chosen("choice of all", prompts.CHOICE_LAST, text, seen, asker, 1)
    except Unanswered as error:
        return _settled(seen[0], seen, [*notes, f"取第一首：{error.found}"])
    return _settled(seen[choice.choice - 1], seen, [*notes, "从全部诗中选定"])


def _settled(poem: Poem, seen: list[Poem], notes: list[str]) -> Chosen:
    return Chosen(poem, tuple(other for other in seen if other.id != poem.id), tuple(notes))


def _chosen(step: str, prompt: str, text: str, shown: list[Poem], asker: Asker, least: int) -> Choice:
    def in_range(choice: Choice) -> None:
        if not least <= choice.choice <= len(shown):
            raise UnusableReply(f"choice须在{least}与{len(shown)}之间")

    poems = "\n".join(f"#{number} {told(poem)}" for number, poem in enumerate(shown, start=1))
    messages = _said(prompt.format(request=text, poems=poems))
    return asker.fill(step, messages, Choice, in_range, asker.settings.judge_temperature)


def _exact(request: NameRequest, desk: Desk) -> list[Poem]:
    """Return the poems that a request names by title or verse."""
    if not request.poem and not request.verse:
        return []
    return desk.corpus.find(
        title=request.poem, author=request.author, dynasty=request.dynasty, verse=request.verse
    ) or desk.corpus.find(title=request.poem, verse=request.verse)


def _search(wish: str, request: NameRequest, desk: Desk, n: int, shown: frozenset[int]) -> list[Poem]:
    """Return poems for a wish among those of the poet, book or dynasty that the request names, else among all."""
    dynasty = request.dynasty or BOOK_DYNASTIES.get(request.book or "")
    named = {
        "authors": [request.author] if request.author else None,
        "dynasty": dynasty,
        "collections": [request.book] if request.book and not dynasty else None,
    }
    found = desk.retriever.search(wish, n=n, exclude=shown, **named)
    if not found and any(named.values()):
        found = desk.retriever.search(wish, n=n, exclude=shown)
    return [one.poem for one in found]


def _named(request: NameRequest, query: Query) -> NameRequest:
    """Return the request with what the model read of its poems, where the rules read nothing and the text has it."""
    given = {"poem": query.title, "author": query.author, "book": query.book, "verse": query.verse}
    new = {
        name: value.strip("《》 ")
        for name, value in given.items()
        if value.strip("《》 ") and getattr(request, name) is None and value.strip("《》 ") in request.text
    }
    return replace(request, **new)


def told(poem: Poem) -> str:
    """Return a poem as a model is shown it; long ones are cut."""
    text = poem.text if len(poem.text) <= LONGEST_POEM else f"{poem.text[:LONGEST_POEM]}……"
    return f"{poem.dynasty}·{poem.author}《{poem.title}》：{text}"


def _said(prompt: str) -> list[tuple[str, str]]:
    return [("system", prompts.SYSTEM), ("user", prompt)]
