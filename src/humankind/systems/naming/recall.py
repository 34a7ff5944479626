"""What a well-read person knows by heart: pairs of characters in the clauses of the best-known poems.

The deterministic forms of the baselines draw on it, as a language model that retrieves nothing draws on what it has
learnt; what they recall is word for word, which is more than such a model can do.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property

import numpy as np

from humankind.systems.naming.agents import Source
from humankind.systems.naming.characters import Character, characters
from humankind.systems.naming.elements import Scheme
from humankind.systems.naming.meanings import banned, doubtful
from humankind.systems.naming.poems import Corpus
from humankind.systems.naming.request import NameRequest
from humankind.systems.naming.usage import commonness, leaning
from humankind.systems.naming.vectors import Vectors

KNOWN_BOOKS = ("诗经", "楚辞")
"""Known by heart besides the poems of the well-known selections."""
GAP = 3
"""Two characters of a name stand at most so far apart in their clause."""
LEAST_USED = 30.0
"""Per million characters of names; rarer characters do not come to mind."""
_LEANS = 0.3
_NEAREST = 300


class Recall:
    """Pairs of characters from the clauses of some poems, as arrays; P pairs over V distinct characters.

    Args:
        corpus: where the poems stand.
        vectors: what wishes are near to.
        scheme: of the five elements.
        poems: their ids; None for the best-known ones.
    """

    def __init__(self, corpus: Corpus, vectors: Vectors, scheme: Scheme, poems: Collection[int] | None = None) -> None:
        self.corpus, self.vectors, self.scheme = corpus, vectors, scheme
        self._poems = well_known(corpus) if poems is None else np.asarray(sorted(poems), dtype=np.int64)
        clauses, alphabet = corpus.clauses, corpus.clauses.alphabet
        usable = np.array([comes_to_mind(char) for char in alphabet])
        first, last = corpus.columns.poem_starts[self._poems], corpus.columns.poem_starts[self._poems + 1]
        rows = np.concatenate([np.arange(a, b) for a, b in zip(first.tolist(), last.tolist(), strict=True)] or [[]])
        one, other, clause = [], [], []
        for row in rows.astype(np.int64).tolist():
            codes = clauses.codes[clauses.starts[row] : clauses.starts[row + 1]].astype(np.int64)
            for gap in range(1, GAP + 1):
                a, b = codes[:-gap], codes[gap:]
                kept = usable[a] & usable[b] & (a != b)
                one.append(a[kept])
                other.append(b[kept])
                clause.append(np.full(int(kept.sum()), row))
        self.first, self.second, self.clause = (_joined(parts) for parts in (one, other, clause))
        """Codes of the two characters and the clause, int64 [P] each."""

    @cached_property
    def table(self) -> list[Character | None]:
        """The facts of each character of the alphabet."""
        known = characters()
        return [known.get(char) for char in self.corpus.clauses.alphabet]

    @cached_property
    def lean(self) -> np.ndarray:
        """How much each character leans to boys (1) or girls (-1), float64 [alphabet]."""
        return np.array([leaning(char) for char in self.corpus.clauses.alphabet])

    @cached_property
    def common(self) -> np.ndarray:
        """How usual each character is in names, 0 to 1, float64 [alphabet]."""
        return np.array([commonness(char) for char in self.corpus.clauses.alphabet])

    @cached_property
    def fame(self) -> np.ndarray:
        """How well known the poem of each pair is, 0 to 1, float64 [P]."""
        return self.corpus.columns.popularity[self.corpus.clauses.poems[self.clause]] / 255

    def elements(self, wanted: Collection[str]) -> np.ndarray:
        """Return which characters of the alphabet have one of these elements, bool [alphabet]."""
        return np.array([self.scheme.element(char) in wanted for char in self.corpus.clauses.alphabet])

    def fit(self, wishes: Sequence[str]) -> np.ndarray:
        """Return how near each character of the alphabet is to the nearest wish, 0 to 1, float64 [alphabet]."""
        codes = {char: code for code, char in enumerate(self.corpus.clauses.alphabet)}
        found = np.zeros(len(codes))
        for wish in wishes:
            for char, grade in self.vectors.characters(wish, _NEAREST):
                if char in codes:
                    found[codes[char]] = max(found[codes[char]], grade)
        return found

    def suits(self, sex: str | None) -> np.ndarray:
        """Return which pairs do not lean to the other sex, bool [P]."""
        if sex is None:
            return np.ones(len(self.first), dtype=bool)
        lean = (self.lean[self.first] + self.lean[self.second]) / 2
        return lean > -_LEANS if sex == "boy" else lean < _LEANS

    def permitted(self, request: NameRequest) -> np.ndarray:
        """Return which pairs keep what a request demands of characters, bool [P]."""
        chars = np.array([permits(request, one) for one in self.table])
        kept = chars[self.first] & chars[self.second]
        if request.radical:
            with_radical = np.array([one is not None and one.has_radical(request.radical) for one in self.table])
            kept &= with_radical[self.first] | with_radical[self.second]
        for char in request.required:
            kept &= self._is(self.first, char) | self._is(self.second, char)
        if request.generation:
            place = self.first if request.generation.slot == 1 else self.second
            kept &= self._is(place, request.generation.char)
        return kept

    def _is(self, codes: np.ndarray, char: str) -> np.ndarray:
        return codes == self.corpus.clauses.alphabet.find(char)

    def given(self, pair: int, length: int = 2, better: np.ndarray | None = None) -> str:
        """Return the given name of a pair; of length 1, the character that is better by the grades [alphabet]."""
        one, other = int(self.first[pair]), int(self.second[pair])
        alphabet = self.corpus.clauses.alphabet
        if length == 2:
            return alphabet[one] + alphabet[other]
        return alphabet[other] if better is not None and better[other] > better[one] else alphabet[one]

    def source(self, pair: int, given: str) -> Source:
        """Return where a given name that was made of a pair stands."""
        return source_of(self.corpus, int(self.clause[pair]), given)


def source_of(corpus: Corpus, clause: int, given: str) -> Source:
    """Return where the characters of a given name stand in a clause of the corpus."""
    poem = corpus[int(corpus.clauses.poems[clause])]
    index = clause - int(corpus.columns.poem_starts[poem.id])
    verse = poem.clauses[index]
    places: list[int | None] = []
    after = 0
    for char in given:
        place = verse.find(char, after)
        places.append(place if place >= 0 else None)
        after = place + 1 if place >= 0 else after
    return Source(poem.id, poem.title, poem.author, poem.dynasty, index, verse, tuple(places))


def well_known(corpus: Corpus) -> np.ndarray:
    """Return the ids of the poems in well-known selections and in the two oldest books, int64."""
    columns, labels = corpus.columns, corpus.labels
    books = [code for code, name in enumerate(labels.collections) if name in KNOWN_BOOKS]
    return np.flatnonzero((columns.anthologies > 0) | np.isin(columns.collections, books))


def comes_to_mind(char: str) -> bool:
    """Return whether a character is one that people think of for a name."""
    one = characters().get(char)
    if one is None or one.level > 2 or one.per_million < LEAST_USED:
        return False
    return not banned(char) and not doubtful(char)


def permits(request: NameRequest, one: Character | None) -> bool:
    """Return whether a request lets a character stand in the name."""
    if one is None or one.char in request.forbidden or one.char in request.surname:
        return False
    if request.structure and not one.fits_structure(request.structure):
        return False
    return not any(one.has_radical(radical) for radical in request.without_radicals)


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts).astype(np.int64) if parts else np.empty(0, dtype=np.int64)
