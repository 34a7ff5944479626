"""From what a language model wrote to a draft: its source looked up, every claim of its text made a fact to check."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from humankind.spine.errors import DataError
from humankind.systems.naming.agents import Brief, Draft, Fact, FactKind, Source
from humankind.systems.naming.claims import read_claims
from humankind.systems.naming.poems import Corpus, dynasty_named, han
from humankind.systems.naming.recall import source_of
from humankind.systems.naming.replies import Named
from humankind.systems.naming.request import LONGEST
from humankind.systems.naming.surnames import split_surname

_WHOLE = ("element", "zodiac", "season", "solar_term")
_SPLIT = re.compile("[^\u3400-\u9fff\U00020000-\U000323af]+")


def drafted(reply: Named, brief: Brief, corpus: Corpus) -> Draft:
    """Return the draft that a model wrote; its claims stay as it made them, true or false.

    The surname is put before the name where the model left it out. The source is None where the verse stands in no
    poem: then only the claims are left, for the fact checker to refuse.

    Args:
        reply: what the model filled in.
        brief: what it was asked.
        corpus: where the verse is looked up.
    """
    surname, given = names(reply.name, brief.request.surname)
    source = located(reply, given, brief, corpus)
    facts = (*source_facts(reply, source, corpus), *text_facts(reply.explanation))
    return Draft(surname, given, reply.explanation, source, facts)


def names(written: str, surname: str) -> tuple[str, str]:
    """Return surname and given name of what was written.

    >>> names("陈 思远", "陈"), names("思远", "陈"), names("欧阳明", ""), names("李思远", "陈")
    (('陈', '思远'), ('陈', '思远'), ('欧阳', '明'), ('李', '思远'))
    """
    name = re.sub(r"[\s·]", "", written)
    name = han(name) if len(han(name)) == len(name) else name
    if surname and name.startswith(surname):
        return surname, name.removeprefix(surname)
    if surname and len(name) <= LONGEST:
        return surname, name
    try:
        return split_surname(name)
    except DataError:
        return surname, name


def text_facts(paragraphs: Sequence[str]) -> tuple[Fact, ...]:
    """Return what the text of an explanation claims of characters and birth, as facts, each once.

    Poems, pillars and missing elements can be told in part; the fact checker reads those in the text itself.
    """
    found = (claim for claim in read_claims(paragraphs) if claim.kind in _WHOLE)
    return tuple(dict.fromkeys(Fact(cast(FactKind, one.kind), one.value, one.subject) for one in found))


def source_facts(reply: Named, source: Source | None, corpus: Corpus) -> tuple[Fact, ...]:
    """Return what a model claims of its source; other names of the same (东坡, 北宋) become those of the corpus."""
    verse = reply.verse.strip()
    if not verse:
        return ()
    told = {
        "title": reply.title.strip().strip("《》"),
        "author": reply.author.strip(),
        "dynasty": reply.dynasty.strip(),
    }
    if source is not None:
        title = han(told["title"])
        if title and (title in han(source.title) or han(source.title) in title):
            told["title"] = source.title
        if corpus.author_named(told["author"]) == source.author:
            told["author"] = source.author
        if told["dynasty"] and dynasty_named(told["dynasty"]) == source.dynasty:
            told["dynasty"] = source.dynasty
    facts = [Fact(cast(FactKind, kind), value, verse) for kind, value in told.items() if value]
    return (Fact("verse", verse), *facts)


def located(reply: Named, given: str, brief: Brief, corpus: Corpus) -> Source | None:
    """Return where the verse stands that a model names, None where it stands nowhere.

    Where several poems have it, the one with the title that is told comes first, then the one of the brief.
    """
    holding = corpus.verbatim(reply.verse) if reply.verse.strip() else []
    if not holding:
        return None
    title = han(reply.title)
    chosen = brief.poem.id if brief.poem else -1
    poem = min(holding, key=lambda one: (not title or title not in han(one.title), one.id != chosen))
    parts = [part for part in (han(piece) for piece in _SPLIT.split(reply.verse)) if part]
    rows = [row for row, clause in enumerate(poem.clauses) if any(part in clause or clause in part for part in parts)]
    first = int(corpus.columns.poem_starts[poem.id])
    sources = [source_of(corpus, first + row, given) for row in rows or range(len(poem.clauses))]
    return max(sources, key=lambda one: sum(place is not None for place in one.positions))
