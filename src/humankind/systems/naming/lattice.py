"""Candidates: given names whose characters stand in one clause of a poem, in this order.

All clauses of some poems are laid out as pairs (or single characters) in arrays, and every demand of the request is
applied to all of them at once. What a demand fixes, such as a generation character, need not stand in the verse.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from humankind.systems.naming.agents import Source
from humankind.systems.naming.characters import Character, characters
from humankind.systems.naming.elements import Scheme
from humankind.systems.naming.meanings import banned, doubtful
from humankind.systems.naming.pleasing import pleasing, taste
from humankind.systems.naming.poems import Corpus
from humankind.systems.naming.recall import permits, source_of
from humankind.systems.naming.request import NameRequest
from humankind.systems.naming.usage import commonness, leaning

GAP = 3
"""Two characters of a name stand at most so far apart in their clause."""
LEAST_USED = 40.0
"""Per million characters of names; rarer characters are never proposed."""
NOTHING = -1


@dataclass(frozen=True)
class Candidates:
    """Given names over an alphabet; K of them."""

    first: np.ndarray
    """Code of the first character, int64 [K]."""
    second: np.ndarray
    """Code of the second, `NOTHING` for names of one character, int64 [K]."""
    clause: np.ndarray
    """Clause of the corpus, `NOTHING` where the name stands in none, int64 [K]."""

    def __len__(self) -> int:
        return len(self.first)

    def kept(self, which: np.ndarray) -> Candidates:
        """Return those that a mask or an order picks."""
        return Candidates(self.first[which], self.second[which], self.clause[which])


def joined(parts: Sequence[Candidates]) -> Candidates:
    """Return several lots of candidates as one."""
    arrays = [[getattr(part, name) for part in parts] for name in ("first", "second", "clause")]
    return Candidates(*(np.concatenate(array).astype(np.int64) if array else np.empty(0, np.int64) for array in arrays))


class Lattice:
    """Characters of a corpus with all that is known of them, and the candidates of its poems.

    Args:
        corpus: of poems.
        scheme: of the five elements.
    """

    def __init__(self, corpus: Corpus, scheme: Scheme) -> None:
        self.corpus, self.scheme = corpus, scheme
        legal = [char for char in characters() if char not in corpus.clauses.alphabet]
        self.alphabet = corpus.clauses.alphabet + "".join(legal)
        """The characters of the corpus, then the other legal ones."""
        self.code = {char: code for code, char in enumerate(self.alphabet)}

    @cached_property
    def table(self) -> list[Character | None]:
        """The facts of each character; None where it is not legal in a name."""
        known = characters()
        return [known.get(char) for char in self.alphabet]

    @cached_property
    def usable(self) -> np.ndarray:
        """Which characters may be proposed: those that parents like to give, bool [alphabet]."""
        return self.known & np.array([pleasing(char) for char in self.alphabet])

    @cached_property
    def known(self) -> np.ndarray:
        """Which characters may be proposed where those that please leave no name, bool [alphabet]."""
        return np.array([_known(one) for one in self.table])

    @cached_property
    def common(self) -> np.ndarray:
        """How usual each character is in names, 0 to 1, float64 [alphabet]."""
        return np.array([commonness(char) for char in self.alphabet])

    @cached_property
    def taste(self) -> np.ndarray:
        """How each character sounds to parents of today, 0 to 1, float64 [alphabet]."""
        return np.array([taste(char) for char in self.alphabet])

    @cached_property
    def lean(self) -> np.ndarray:
        """How much each character leans to boys (1) or girls (-1), float64 [alphabet]."""
        return np.array([leaning(char) for char in self.alphabet])

    @cached_property
    def elements(self) -> np.ndarray:
        """The element of each character, "" where the scheme says nothing, str [alphabet]."""
        return np.array([self.scheme.element(char) or "" for char in self.alphabet])

    def given(self, candidates: Candidates, row: int) -> str:
        """Return the name of a candidate."""
        second = int(candidates.second[row])
        return self.alphabet[int(candidates.first[row])] + ("" if second == NOTHING else self.alphabet[second])

    def source(self, candidates: Candidates, row: int) -> Source | None:
        """Return where a candidate stands, None where it stands in no verse."""
        clause = int(candidates.clause[row])
        return None if clause == NOTHING else source_of(self.corpus, clause, self.given(candidates, row))

    def clauses_with(self, given: str) -> list[int]:
        """Return the clauses that hold all characters of a given name in its order; all legal characters count."""
        clauses = self.corpus.clauses
        codes = [self.code[char] for char in given]
        if max(codes) >= len(clauses.alphabet):
            return []
        owner = np.searchsorted(clauses.starts, np.flatnonzero(clauses.codes == codes[0]), side="right") - 1
        found = []
        for clause in np.unique(owner).tolist():
            text = clauses.codes[clauses.starts[clause] : clauses.starts[clause + 1]].tolist()
            after = 0
            for code in codes:
                if code not in text[after:]:
                    break
                after = text.index(code, after) + 1
            else:
                found.append(clause)
        return found

    # -- candidates -----------------------------------------------------------------------------------------

    def of_poems(self, request: NameRequest, poems: Collection[int]) -> Candidates:
        """Return the names of the request's preferred length in some poems that keep every demand on characters."""
        lengths = request.given_lengths
        if not lengths:
            return joined([])
        allowed = self._allowed(request)
        fixed = _fixed(request)
        if lengths[0] == 1:
            return self._demanded(request, self._singles(poems, allowed, fixed))
        found = [self._pairs(poems, allowed)]
        if len(fixed) == 1:
            found.append(self._beside(request, fixed[0], poems, allowed))
        if len(fixed) == 2:
            found.append(self._fixed_pair(request, fixed))
        return self._demanded(request, joined(found))

    def without_poems(self, request: NameRequest) -> Candidates:
        """Return names made of single characters, whether or not a verse holds them together.

        Of all characters that are allowed those that names use most are taken, so that the pairs stay few.
        """
        lengths, fixed = request.given_lengths, _fixed(request)
        if not lengths or len(fixed) > lengths[0]:
            return joined([])
        allowed = np.flatnonzero(self._allowed(request))
        if len(allowed) < (lengths[0] if not fixed else 1):
            allowed = np.flatnonzero(self._permitted(request) & self.known)
        usual = allowed[np.argsort(-self.common[allowed], kind="stable")][:400]
        if lengths[0] == 1:
            codes = np.array([self.code[fixed[0]]]) if fixed else usual
            return self._demanded(request, _without_verse(codes, np.full(len(codes), NOTHING)))
        if len(fixed) == 2:
            return self._demanded(request, self._fixed_pair(request, fixed))
        first = np.array([self.code[fixed[0]]]) if fixed else usual
        one, other = (grid.ravel() for grid in np.meshgrid(first, usual, indexing="ij"))
        both = joined([_without_verse(one, other), _without_verse(other, one)])
        return self._demanded(request, both.kept(both.first != both.second))

    def _allowed(self, request: NameRequest) -> np.ndarray:
        """Return which characters the request lets stand in the name; what it demands itself may be unusual."""
        asked = set(_fixed(request))
        return self._permitted(request) & (self.usable | np.array([char in asked for char in self.alphabet]))

    def _permitted(self, request: NameRequest) -> np.ndarray:
        """Return which characters the request does not forbid, bool [alphabet]."""
        permitted = np.array([permits(request, one) for one in self.table])
        return permitted & ~np.isin(self.elements, list(request.elements_unwanted))

    def _rows(self, poems: Collection[int]) -> Iterator[tuple[int, np.ndarray]]:
        clauses, starts = self.corpus.clauses, self.corpus.columns.poem_starts
        for poem in poems:
            for row in range(int(starts[poem]), int(starts[poem + 1])):
                yield row, clauses.codes[clauses.starts[row] : clauses.starts[row + 1]].astype(np.int64)

    def _pairs(self, poems: Collection[int], allowed: np.ndarray) -> Candidates:
        found = []
        for row, codes in self._rows(poems):
            for gap in range(1, GAP + 1):
                one, other = codes[:-gap], codes[gap:]
                kept = allowed[one] & allowed[other] & (one != other)
                found.append(Candidates(one[kept], other[kept], np.full(int(kept.sum()), row)))
        return joined(found)

    def _singles(self, poems: Collection[int], allowed: np.ndarray, fixed: Sequence[str]) -> Candidates:
        found = []
        for row, codes in self._rows(poems):
            kept = codes[allowed[codes]]
            found.append(Candidates(kept, np.full(len(kept), NOTHING), np.full(len(kept), row)))
        if fixed:
            found.append(_without_verse(np.array([self.code[fixed[0]]]), np.array([NOTHING])))
        return joined(found)

    def _beside(self, request: NameRequest, fixed: str, poems: Collection[int], allowed: np.ndarray) -> Candidates:
        """Return names of a fixed character and one of a verse."""
        singles = self._singles(poems, allowed, ())
        singles = singles.kept(singles.first != self.code[fixed])
        own = np.full(len(singles), self.code[fixed])
        before, after = (own, singles.first), (singles.first, own)
        slots = [request.generation.slot] if request.generation else [1, 2]
        return joined([Candidates(*(before if slot == 1 else after), singles.clause) for slot in slots])

    def _fixed_pair(self, request: NameRequest, fixed: Sequence[str]) -> Candidates:
        one, other = (np.array([self.code[char]]) for char in fixed)
        if request.generation:
            return _without_verse(one, other) if request.generation.slot == 1 else _without_verse(other, one)
        return joined([_without_verse(one, other), _without_verse(other, one)])

    def _demanded(self, request: NameRequest, found: Candidates) -> Candidates:
        """Return those that keep what the request demands of the name as a whole."""
        kept = np.ones(len(found), dtype=bool)
        single = found.second == NOTHING
        if request.radical:
            held = np.array([one is not None and one.has_radical(request.radical) for one in self.table])
            kept &= held[found.first] | (~single & held[found.second])
        for char in request.required:
            code = self.code.get(char, -2)
            kept &= (found.first == code) | (found.second == code)
        if request.generation:
            slot = found.second if request.generation.slot == 2 and not single.all() else found.first
            kept &= slot == self.code[request.generation.char]
        if request.tones:
            kept &= np.array([self._tones(found, row) == request.tones for row in range(len(found))], dtype=bool)
        if request.simple:
            easy = np.array([one is not None and one.strokes <= 12 and one.level == 1 for one in self.table])
            kept &= easy[found.first] & (single | easy[found.second])
        return found.kept(kept)

    def _tones(self, found: Candidates, row: int) -> str:
        from humankind.systems.naming.sounds import read_given

        return "".join("平" if one.is_level else "仄" for one in read_given(self.given(found, row)))


def why_none(request: NameRequest, lattice: Lattice) -> str:
    """Return a Chinese sentence on the demands that leave no name: those without which there would be one."""
    from dataclasses import replace

    if not request.given_lengths:
        return "所要求的字数与必须使用的字无法同时满足"
    loosened = {
        "structure": ("字形结构", None), "radical": ("指定偏旁", None), "without_radicals": ("避开的偏旁", ()),
        "generation": ("字辈", None), "required": ("必须使用的字", ()), "forbidden": ("不可使用的字", ()),
        "tones": ("平仄", None), "simple": ("好写好认", False), "elements_unwanted": ("忌用的五行", ()),
    }  # fmt: skip
    asked = [(name, said, none) for name, (said, none) in loosened.items() if getattr(request, name) != none]
    guilty = [said for name, said, none in asked if len(lattice.without_poems(replace(request, **{name: none})))]
    named = guilty or [said for _, said, _ in asked]
    return f"这些要求放在一起没有合适的字：{'、'.join(named)}" if named else "没有合适的字"


def _fixed(request: NameRequest) -> list[str]:
    """Return the characters that must stand in the name, that of the generation first."""
    chars = [*([request.generation.char] if request.generation else []), *request.required]
    return list(dict.fromkeys(chars))


def _without_verse(one: np.ndarray, other: np.ndarray) -> Candidates:
    return Candidates(one, other, np.full(len(one), NOTHING))


def _known(one: Character | None) -> bool:
    if one is None or one.level > 2 or one.per_million < LEAST_USED:
        return False
    return not banned(one.char) and not doubtful(one.char)
