"""The corpus of classical poems: reading it, and finding poems and verses in it, exactly or nearly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from humankind.systems.naming.lookup import Blob, likeness
from humankind.systems.naming.packing import MARKS, Columns, read_folder, unpack
from humankind.systems.naming.simplifying import simplify

SHIPPED = Path(__file__).with_name("corpus") / "poems.xz"
NEAR = 0.6
"""How alike a title or verse must be, 0 to 1, to be taken for a slip of the one that was asked for."""

DYNASTIES = {
    "周": "先秦", "战国": "先秦", "春秋": "先秦", "汉魏": "汉", "三国": "汉",
    "魏": "汉", "后蜀": "五代", "南唐": "五代",
}  # fmt: skip
"""Other names of the dynasties; a closing 代 or 朝 and an opening 大, 北, 南, 西 or 东 are taken away before."""
AUTHORS = {
    "李太白": "李白", "太白": "李白", "杜子美": "杜甫", "白乐天": "白居易", "香山居士": "白居易",
    "东坡": "苏轼", "苏东坡": "苏轼", "东坡居士": "苏轼", "易安居士": "李清照", "李易安": "李清照",
    "稼轩": "辛弃疾", "辛稼轩": "辛弃疾", "放翁": "陆游", "陆放翁": "陆游", "王摩诘": "王维",
    "孟襄阳": "孟浩然", "李义山": "李商隐", "杜牧之": "杜牧", "韩退之": "韩愈", "柳子厚": "柳宗元",
    "李后主": "李煜", "纳兰容若": "纳兰性德", "纳兰": "纳兰性德", "王荆公": "王安石", "欧阳永叔": "欧阳修",
    "柳三变": "柳永", "柳耆卿": "柳永", "黄山谷": "黄庭坚", "曹孟德": "曹操", "魏武帝": "曹操",
    "唐太宗": "太宗皇帝", "李世民": "太宗皇帝", "唐玄宗": "明皇帝", "李隆基": "明皇帝", "武则天": "则天皇后",
}  # fmt: skip
"""Other names of authors -> the name in the corpus."""

_NOT_HAN = re.compile("[^\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af〇々]")


@dataclass(frozen=True, slots=True)
class Poem:
    """One poem; all text simplified."""

    id: int
    """Its place in the corpus it was taken from."""
    title: str
    author: str
    dynasty: str
    collection: str
    clauses: tuple[str, ...]
    """Without punctuation."""
    marks: str
    """The punctuation after each clause, one character a clause."""
    popularity: float
    """0 to 1: rank by search hits within its collection."""
    anthologies: tuple[str, ...] = ()
    """Well-known selections in which it stands."""

    @property
    def text(self) -> str:
        """The poem with its punctuation."""
        return "".join(clause + mark for clause, mark in zip(self.clauses, self.marks, strict=True))


@dataclass(frozen=True, slots=True)
class Clauses:
    """All clauses of a corpus as arrays, for scanning; C clauses, N characters."""

    codes: np.ndarray
    """uint16 [N]: `alphabet[code]` is the character."""
    starts: np.ndarray
    """uint32 [C + 1]: offsets into `codes`."""
    poems: np.ndarray
    """int32 [C]: the poem that each clause belongs to."""
    alphabet: str


class Corpus:
    """Poems by their place, with exact and fuzzy lookup."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.labels = columns.labels
        self._verses = Blob(columns.characters, columns.clause_starts, columns.labels.alphabet)
        self._titles = Blob(columns.titles, columns.title_starts, columns.labels.alphabet)

    @classmethod
    def load(cls, folder: Path | None = None) -> Corpus:
        """Return the corpus in a folder that `data build --full` wrote, or without one the shipped one.

        Raises:
            DataError: the folder holds no corpus, or a damaged one.
        """
        return _shipped() if folder is None else cls(read_folder(folder))

    def __len__(self) -> int:
        return len(self.columns.authors)

    def __getitem__(self, poem: int) -> Poem:
        columns, labels = self.columns, self.labels
        if not 0 <= poem < len(self):
            raise IndexError(f"there is no poem {poem} among {len(self)}")
        first, last = int(columns.poem_starts[poem]), int(columns.poem_starts[poem + 1])
        bits = int(columns.anthologies[poem])
        return Poem(
            id=int(poem),
            title=self._titles[poem],
            author=labels.authors[columns.authors[poem]],
            dynasty=labels.dynasties[columns.dynasties[poem]],
            collection=labels.collections[columns.collections[poem]],
            clauses=tuple(self._verses[clause] for clause in range(first, last)),
            marks="".join(MARKS[mark] for mark in columns.marks[first:last]),
            popularity=float(columns.popularity[poem]) / 255,
            anthologies=tuple(name for bit, name in enumerate(labels.anthologies) if bits >> bit & 1),
        )

    def __iter__(self) -> Iterator[Poem]:
        return (self[poem] for poem in range(len(self)))

    @cached_property
    def clauses(self) -> Clauses:
        """All clauses as arrays."""
        columns = self.columns
        counts = np.diff(columns.poem_starts.astype(np.int64))
        owners = np.repeat(np.arange(len(self), dtype=np.int32), counts)
        return Clauses(columns.characters, columns.clause_starts, owners, self.labels.alphabet)

    def verbatim(self, verse: str) -> list[Poem]:
        """Return the poems in which a verse stands word for word, the most popular first.

        The verse may be part of one clause, or go over several: then it begins where a clause begins, and each of
        its own punctuation marks stands between two clauses. Traditional characters are read as simplified ones.
        """
        parts = [part for part in (han(piece) for piece in re.split("[，。？！；：,.?!;:\\s]", verse)) if part]
        whole = "".join(parts)
        if not whole:
            return []
        breaks = np.cumsum([len(part) for part in parts])[:-1]
        found = self._verses.places(whole)
        owners = {self._owner(at, len(whole), breaks) for at in found.tolist()} - {None}
        return self._popular([poem for poem in owners if poem is not None])

    def find(
        self,
        *,
        title: str | None = None,
        author: str | None = None,
        dynasty: str | None = None,
        verse: str | None = None,
    ) -> list[Poem]:
        """Return the poems that fit everything that is given, exact ones first, then the most popular.

        Titles and verses that are nowhere word for word are looked for with slips; `author` and `dynasty` may be other
        names of the same (东坡, 唐代). Nothing given: an empty list.
        """
        allowed = self._allowed(author, dynasty)
        given = [(self._titles, title, False), (self._verses, verse, True)]
        wanted = [(blob, han(text), in_clauses) for blob, text, in_clauses in given if text is not None]
        if not wanted:
            named = author is not None or dynasty is not None
            return self._popular(np.flatnonzero(allowed).tolist()) if named else []
        grades = [self._graded(blob, text, allowed, in_clauses) for blob, text, in_clauses in wanted]
        both = set.intersection(*(set(grade) for grade in grades))
        grade = {poem: sum(graded[poem] for graded in grades) for poem in both}
        return [self[poem] for poem in sorted(both, key=lambda p: (-grade[p], -int(self.columns.popularity[p]), p))]

    def author_named(self, name: str) -> str | None:
        """Return the author of the corpus who is called by this name, None where there is none."""
        plain = simplify(name).strip()
        return next((author for author in (plain, AUTHORS.get(plain, "")) if author in self._author_codes), None)

    @cached_property
    def _author_codes(self) -> dict[str, int]:
        return {author: code for code, author in enumerate(self.labels.authors)}

    def _allowed(self, author: str | None, dynasty: str | None) -> np.ndarray:
        allowed = np.ones(len(self), dtype=bool)
        if author is not None:
            allowed &= self.columns.authors == self._author_codes.get(self.author_named(author) or "", -1)
        if dynasty is not None:
            named = dynasty_named(dynasty)
            allowed &= self.columns.dynasties == (
                self.labels.dynasties.index(named) if named in self.labels.dynasties else -1
            )
        return allowed

    def _graded(self, blob: Blob, text: str, allowed: np.ndarray, in_clauses: bool) -> dict[int, float]:
        """Return poem -> 3 the very text, 2 a part of it, below 1 alike."""
        if not text:
            return {}
        if in_clauses:
            exact = {poem.id: 3.0 for poem in self.verbatim(text) if allowed[poem.id]}
        else:
            parts = [part for part in np.unique(blob.rows(blob.places(text))).tolist() if allowed[part]]
            exact = {part: 3.0 if _is_name(text, blob[part]) else 2.0 for part in parts}
        return exact or self._near(blob, text, allowed, in_clauses)

    def _near(self, blob: Blob, text: str, allowed: np.ndarray, in_clauses: bool) -> dict[int, float]:
        near: dict[int, float] = {}
        for row in blob.nearest(text, 400).tolist():
            poem = int(self.clauses.poems[row]) if in_clauses else row
            grade = likeness(text, han(blob[row]))
            if allowed[poem] and grade >= NEAR and grade > near.get(poem, 0.0):
                near[poem] = grade * 0.99
        return near

    def _owner(self, at: int, length: int, breaks: np.ndarray) -> int | None:
        """Return the poem that holds the characters [at, at + length), None where they are no verse of it."""
        columns = self.columns
        first = int(np.searchsorted(columns.clause_starts, at, side="right")) - 1
        last = int(np.searchsorted(columns.clause_starts, at + length, side="left")) - 1
        inside = columns.clause_starts[first + 1 : last + 1].astype(np.int64) - at
        poem = int(self.clauses.poems[first])
        if poem != int(self.clauses.poems[last]) or not np.isin(breaks, inside).all():
            return None
        return poem if len(inside) == len(breaks) or int(columns.clause_starts[first]) == at else None

    def _popular(self, poems: list[int]) -> list[Poem]:
        return [self[poem] for poem in sorted(poems, key=lambda poem: (-int(self.columns.popularity[poem]), poem))]


def han(text: str) -> str:
    """Return the Chinese characters of a text, simplified.

    >>> han("《靜夜思》, 李白")
    '静夜思李白'
    """
    return simplify(_NOT_HAN.sub("", text))


def dynasty_named(name: str) -> str:
    """Return the name that a dynasty has in the corpus.

    >>> dynasty_named("唐代"), dynasty_named("北宋"), dynasty_named("战国")
    ('唐', '宋', '先秦')
    """
    plain = re.sub("(?<=.)[代朝]$", "", simplify(name).strip()) if name != "五代" else name
    plain = DYNASTIES.get(plain, plain)
    return re.sub("^[大北南西东两](?=.)", "", plain)


def _is_name(text: str, title: str) -> bool:
    """Return whether a text is the title, or one of the parts that `·` joins in it, or its beginning."""
    return text == han(title) or text in (han(part) for part in re.split("[· ]", title))


@cache
def _shipped() -> Corpus:
    return Corpus(unpack(SHIPPED.read_bytes(), SHIPPED))
