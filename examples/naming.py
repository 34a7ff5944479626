"""Suggest Chinese names for one request, and show that every verse they come from stands in the corpus.

    python examples/naming.py

No language model, nothing leaves this machine; it takes a few seconds.
"""

from humankind.systems.naming.config import NamingConfig
from humankind.systems.naming.namer import Namer
from humankind.systems.naming.poems import Corpus

REQUEST = "姓王，女孩，2025年5月5日上午8点出生，希望她温柔、聪明，名字要有诗意，不要“娜”字。"


def main() -> None:
    """Suggest three names, check their verses, explain the first, and show what a request that cannot be says."""
    namer, corpus = Namer(NamingConfig(n_names=3)), Corpus.load()
    print(f"{len(corpus):,} poems\n{REQUEST}\n")

    found = namer.suggest(REQUEST)
    for one in found.names:
        source = one.draft.source
        verse = "no verse"
        if source is not None:
            known = corpus[source.poem].title == source.title and bool(corpus.verbatim(source.verse))
            verse = f"{one.marked} {source.dynasty}·{source.author}《{source.title}》 {'true' if known else 'FALSE'}"
        print(f"{one.draft.name} {one.pinyin:<16} {one.score:.2f}  {verse}")

    print()
    for paragraph in found.names[0].draft.explanation:
        print(paragraph)

    print()
    for done in found.trace:
        bar = done.explicit_threshold if done.explicit_threshold is not None else done.implicit_threshold
        print(f"round {done.index + 1}: {done.draft.name}, {done.flag.name.lower()}, threshold {bar}")

    print()
    for warning in namer.check("杨伟")[:1]:
        print(f"杨伟: {warning.level}: {warning.text}")
    print(namer.suggest("姓李，单姓，男孩，全名要4个字。").diagnosis)


if __name__ == "__main__":
    main()
