"""Finding poems for a wish: by shared characters and words (BM25) and by meaning (vectors), none shown twice."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from humankind.spine.errors import ConfigError
from humankind.systems.naming.lookup import Blob
from humankind.systems.naming.poems import Corpus, Poem, dynasty_named, han
from humankind.systems.naming.vectors import Vectors
from humankind.systems.naming.wordbook import parts

_LEXICAL, _MEANING, _POEM, _FAME = 0.35, 0.65, 0.3, 0.1
"""Weights of the shared characters, of the meaning, of the whole poem beside its best clause, and of popularity."""
_KNOWN = 0.2
"""What a poem of an anthology has on top of its popularity."""
_B, _K = 0.5, 1.2
"""Usual constants of BM25: how much a long clause counts less, and how soon repeats count no more."""
_SHORTEST = 5
"""Clauses below this length count as this long, so that a fragment of two characters does not win by its shortness."""
_GLOOM = "不未无莫非休难恐愁泪哭死亡悲病恨孤哀怨仇坟鬼祭葬衰残败老何岂谁"
"""Characters that turn a clause away from a good wish: refusal, sorrow, death, doubt."""
_DOUBT = ("安得", "安能", "焉得", "焉能", "宁知", "宁为", "宁许", "几时", "能几")
"""Questions that mean no: here 安 and 宁 are not peace."""
_GLOOMY = 0.6
"""What is left of the score of such a clause, unless the wish itself has the character."""
_QUOTED = 4
"""From so many characters on, a part of the wish that stands in a clause is taken for a quotation."""
_NEAREST = 60
"""How many characters near to the wish make up its meaning."""


@dataclass(frozen=True, slots=True)
class Found:
    """A poem found for a wish."""

    poem: Poem
    clause_index: int
    """The clause that fits best."""
    score: float
    """Comparable within one search only."""


class Retriever:
    """Search over one corpus; all poems of it are scored, so that a filter never leaves too few.

    Args:
        corpus: where to look.
        vectors: what makes meaning comparable; None for shared characters alone.
    """

    def __init__(self, corpus: Corpus, vectors: Vectors | None = None) -> None:
        self.corpus, self.vectors = corpus, vectors
        self._clauses = corpus.clauses
        self._blob = Blob(self._clauses.codes, self._clauses.starts, self._clauses.alphabet)
        self._starts = np.asarray(self._clauses.starts, dtype=np.int64)

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
        """Return up to n poems, best first; fewer only where fewer pass the filters.

        Args:
            wish: any text; words such as 希望孩子 are passed over. Empty: the most popular poems.
            n: how many.
            exclude: ids of poems already shown.
            characters: the clause must hold one of these.
            authors: names of authors, also other names of the same (东坡).
            dynasty: one dynasty (唐, 唐代).
            collections: names of collections or anthologies.

        Raises:
            ConfigError: n is below 1.
        """
        if n < 1:
            raise ConfigError("at least one poem must be asked for", found=n, where="n", expected="1 or more")
        allowed = self._allowed(exclude, authors, dynasty, collections)
        clauses = self.scores(wish)
        columns = self.corpus.columns
        fame = columns.popularity / np.float32(255) + (columns.anthologies > 0) * np.float32(_KNOWN)
        scores = self._per_poem(clauses) * _POEM
        if characters is not None:
            clauses = np.where(self._holding(characters), clauses, -np.inf)
        scores += self._best(clauses) + _FAME * fame
        scores[~allowed] = -np.inf
        best = np.argpartition(-scores, min(n, len(scores) - 1))[:n]
        best = best[np.lexsort((best, -scores[best]))]
        return [self._found(int(poem), clauses, float(scores[poem])) for poem in best if scores[poem] > -np.inf]

    def scores(self, wish: str) -> np.ndarray:
        """Return how well each clause fits a wish, float32 [C]: 0 to 1, 2 where it stands in the wish word for word.

        The better of two: shared characters together with meaning, or meaning alone without the wish's own characters,
        so that verses which say the same in other words stand beside those that repeat it.
        """
        text = han(wish)
        fit = self._lexical(text)
        if self.vectors is not None:
            near = dict(self.vectors.characters(text, _NEAREST))
            other = {character: grade for character, grade in near.items() if character not in text}
            fit = np.maximum(_LEXICAL * fit + _MEANING * self._meaning(near), self._meaning(other))
        gloomy = self._gloomy if not set(text) & set(_GLOOM) else self._holding(set(_GLOOM) - set(text))
        fit = np.where(gloomy, np.float32(_GLOOMY) * fit, fit)
        for part in (han(part) for part in re.split(r"[^\w]+", wish)):
            if len(part) >= _QUOTED:
                fit[self._blob.rows(self._blob.places(part))] = 2
        return fit

    def _lexical(self, text: str) -> np.ndarray:
        """Return BM25 of the wish's characters and of its words, scaled to 1 at the best clause."""
        known = self.vectors.rows if self.vectors else {}
        words = parts(text, known)
        code = self._blob.code
        weights = np.zeros(len(code) + 1, dtype=np.float32)
        own = [code[character] for character in set("".join(words)) if character in code]
        weights[own] = self._rarity[own]
        total = self._summed(weights)
        for word in {word for word in words if len(word) > 1}:
            places = self._blob.places(word)
            rows = np.unique(self._blob.rows(places))
            if len(rows):
                total[rows] += np.float32(len(word) * np.log(len(total) / len(rows)))
        scored = total * (_K + 1) / (total + _K * self._norms) if total.any() else total
        return scored / max(float(scored.max(initial=0.0)), 1e-9)

    def _meaning(self, near: dict[str, float]) -> np.ndarray:
        """Return how much of a clause is near to a wish, from the grades of characters, scaled to 1 at the best."""
        weights = np.zeros(len(self._blob.code) + 1, dtype=np.float32)
        for character, grade in near.items():
            if character in self._blob.code:
                weights[self._blob.code[character]] = grade**2
        total = self._summed(weights) / np.sqrt(self._lengths)
        return total / max(float(total.max(initial=0.0)), 1e-9)

    def _summed(self, weights: np.ndarray) -> np.ndarray:
        """Return the sum over the distinct characters of each clause, float32 [C]."""
        return np.add.reduceat(weights[self._distinct], self._starts[:-1])

    def _best(self, clauses: np.ndarray) -> np.ndarray:
        return np.maximum.reduceat(clauses, self._poem_starts).astype(np.float32)

    def _per_poem(self, clauses: np.ndarray) -> np.ndarray:
        return (np.add.reduceat(clauses, self._poem_starts) / self._sizes).astype(np.float32)

    def _found(self, poem: int, clauses: np.ndarray, score: float) -> Found:
        first, last = self.corpus.columns.poem_starts[poem : poem + 2].astype(np.int64)
        return Found(self.corpus[poem], int(np.argmax(clauses[first:last])), score)

    def _holding(self, characters: Collection[str]) -> np.ndarray:
        wanted = np.zeros(len(self._blob.code) + 1, dtype=np.float32)
        wanted[[self._blob.code[character] for character in characters if character in self._blob.code]] = 1
        return self._summed(wanted) > 0

    def _allowed(
        self,
        exclude: Collection[int],
        authors: Collection[str] | None,
        dynasty: str | None,
        collections: Collection[str] | None,
    ) -> np.ndarray:
        columns, labels = self.corpus.columns, self.corpus.labels
        allowed = np.ones(len(self.corpus), dtype=bool)
        allowed[[poem for poem in exclude if 0 <= poem < len(self.corpus)]] = False
        if authors is not None:
            names = {self.corpus.author_named(author) for author in authors}
            allowed &= np.isin(columns.authors, [code for code, name in enumerate(labels.authors) if name in names])
        if dynasty is not None:
            wanted = dynasty_named(dynasty)
            allowed &= np.isin(columns.dynasties, [c for c, name in enumerate(labels.dynasties) if name == wanted])
        if collections is not None:
            inside = np.isin(
                columns.collections, [c for c, name in enumerate(labels.collections) if name in collections]
            )
            bits = sum(1 << bit for bit, name in enumerate(labels.anthologies) if name in collections)
            allowed &= inside | ((columns.anthologies & bits) > 0)
        return allowed

    @cached_property
    def _poem_starts(self) -> np.ndarray:
        return self.corpus.columns.poem_starts[:-1].astype(np.int64)

    @cached_property
    def _sizes(self) -> np.ndarray:
        return np.diff(self.corpus.columns.poem_starts.astype(np.int64))

    @cached_property
    def _lengths(self) -> np.ndarray:
        return np.maximum(self._counts, _SHORTEST).astype(np.float32)

    @cached_property
    def _distinct(self) -> np.ndarray:
        """The codes, with one past the alphabet where a character stands in its clause again; uint16 or int32 [N]."""
        codes, owners = self._clauses.codes, np.repeat(np.arange(len(self._lengths), dtype=np.int32), self._counts)
        again = np.zeros(len(codes), dtype=bool)
        for ahead in range(1, min(8, len(codes))):
            again[ahead:] |= (codes[ahead:] == codes[:-ahead]) & (owners[ahead:] == owners[:-ahead])
        beyond = len(self._blob.code)
        return np.where(again, beyond, codes).astype(np.uint16 if beyond < 2**16 else np.int32)

    @cached_property
    def _gloomy(self) -> np.ndarray:
        """Where a clause holds gloom or doubt, bool [C]."""
        gloomy = self._holding(_GLOOM)
        for doubt in _DOUBT:
            gloomy[self._blob.rows(self._blob.places(doubt))] = True
        return gloomy

    @cached_property
    def _counts(self) -> np.ndarray:
        return np.diff(self._starts)

    @cached_property
    def _norms(self) -> np.ndarray:
        return (1 - _B + _B * self._lengths / self._lengths.mean()).astype(np.float32)

    @cached_property
    def _rarity(self) -> np.ndarray:
        """Inverse frequency of each character, by the characters of the corpus."""
        counts = np.bincount(self._clauses.codes, minlength=len(self._blob.code))
        clauses = len(self._lengths)
        return np.log(1 + (clauses - np.minimum(counts, clauses) + 0.5) / (counts + 0.5)).astype(np.float32)
