"""Building a corpus from the package `chinese-poetry`: clauses, simplified characters, popularity, selection.

python -m humankind.systems.naming.building PATH_OF_THE_PACKAGE TARGET_FILE
python -m humankind.systems.naming.building PATH_OF_THE_PACKAGE TARGET_FOLDER --full
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from humankind.spine.errors import DataError
from humankind.spine.progress import SILENT, Progress
from humankind.spine.runs import folder_once
from humankind.systems.naming.chinese_poetry import ENGINES, PACKAGE, VERSION, Entry, entries, opened
from humankind.systems.naming.packing import MARKS, Columns, Labels, alphabet_of, encode, offsets, pack, write_folder
from humankind.systems.naming.simplifying import simplify

ORIGIN = f"npm {PACKAGE} {VERSION} (MIT, copyright 2016 JackeyGao)"
MISSING = "□"
"""Stands for a character that the source lost or could not print."""
SHARES = {"全唐诗": 11_000, "宋词": 7_000, "全宋诗": 6_000}
"""How many poems of each large collection are shipped: the most popular ones."""
ANTHOLOGIES = ("唐诗三百首", "宋词三百首", "千家诗", "水墨唐诗")
"""In the order of their bits."""
WHOLE = ("诗经", "楚辞", "曹操诗集", "花间集", "南唐二主词", "纳兰词", *ANTHOLOGIES)
"""Collections that are shipped whole."""

_ENGINE = ENGINES.index("so360")
"""Of the five engines this one tells the poems of the anthologies from the rest best: area under the curve .89 for
the poems of the Tang, .83 for the lyrics and .89 for the poems of the Song; the mean of all has .81, .73 and .84."""
_FALLBACK, _TOO_MANY = ENGINES.index("baidu"), 10_000_000
"""Counts from here on are failures of that engine (100,000,000 for a poem nobody quotes); the other one stands in."""
_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af〇々"
_CLEAN = re.compile(f"[{_HAN}，。？！；：、\n]*")
_NOTE = re.compile(r"（[^（）]*）|\([^()]*\)|〖[^〖〗]*〗|〔[^〔〕]*〕|<[^<>]*>")
_STAGE = re.compile(r"［[^［］]*］")
_COMPOSED = re.compile(r"\{[^{}]*\}|[⿰-⿻].{2}")
_CLAUSE = re.compile(rf"([^{MARKS}\n…]+)([{MARKS}\n…]?)")
_NUMBER = re.compile("〖[^〗]*〗|[0-9]+")
_DROPPED = re.compile("[、「」『』《》〈〉“”‘’\"'\\[\\]［］（）()〖〗〔〕·・．0-9\\- \t\u3000]")
_WESTERN = str.maketrans(",?!;:", "，？！；：")
_MARK = {mark: place for place, mark in enumerate(MARKS)} | {"\n": 1, "…": 1, "": 1}


@dataclass(slots=True)
class Draft:
    """One poem on its way into the corpus."""

    title: str
    author: str
    dynasty: str
    collection: str
    clauses: list[str]
    marks: list[int]
    clean: bool
    """The source has nothing but characters and plain punctuation."""
    anthologies: int = 0
    hits: float | None = None
    popularity: float = 0.0

    @property
    def text(self) -> str:
        """All characters, without punctuation."""
        return "".join(self.clauses)


def build(path: Path, progress: Progress = SILENT) -> list[Draft]:
    """Return every poem of the package that has any text, with its popularity and anthologies.

    Args:
        path: the tarball of the package or the folder it unpacks to.
        progress: told how many poems have been read.

    Raises:
        DataError: the package is not there, is damaged or holds no poem.
    """
    drafts = []
    with opened(path) as package, progress.task("reading poems", 345_338) as task:
        for entry in entries(package):
            draft = drafted(entry)
            if draft.clauses:
                drafts.append(draft)
            task.advance()
    if not drafts:
        raise DataError("there are no poems in the package", where=path, expected=f"the files of {ORIGIN}")
    mark_anthologies(drafts)
    set_popularity(drafts)
    return drafts


def build_full(path: Path, folder: Path, progress: Progress = SILENT) -> Path:
    """Return the folder of the whole corpus, built from the package unless it is there already."""
    return folder_once(folder, lambda target: write_folder(to_columns(build(path, progress)), target))


def build_default(path: Path, progress: Progress = SILENT) -> bytes:
    """Return the packed bytes of the selection that is shipped."""
    return pack(to_columns(selected(build(path, progress))))


def drafted(entry: Entry) -> Draft:
    """Return an entry simplified and split into clauses."""
    raw = "\n".join(entry.paragraphs)
    raw = _STAGE.sub("", raw) if entry.collection == "元曲" else raw
    clauses, marks = split(raw)
    title = " ".join(simplify(entry.title).split()) or "失题"
    author = _NUMBER.sub("", simplify(entry.author)).strip() or "佚名"
    if entry.collection in ("宋词", "宋词三百首") and clauses:
        tune = title.rpartition("・")[2]  # `another name・the usual name`
        title = f"{tune}·{clauses[0]}"  # a tune alone names hundreds of poems
    hits = _credible(entry.hits) if entry.hits else None
    return Draft(title, author, entry.dynasty, entry.collection, clauses, marks, bool(_CLEAN.fullmatch(raw)), hits=hits)


def _credible(hits: tuple[int, ...]) -> float:
    """Return the logarithm of the hits that can be believed."""
    count = hits[_ENGINE] if hits[_ENGINE] < _TOO_MANY else hits[_FALLBACK]
    return float(np.log1p(count))


def split(text: str) -> tuple[list[str], list[int]]:
    """Return the simplified clauses of a text and, for each, the index of the mark that ends it.

    Editors' notes are left out, the pause 、 inside a clause and quotation marks are dropped, and what is neither a
    Chinese character nor a mark becomes □, so that no gap looks like a whole verse.

    >>> split("雲想衣裳花想容，春風拂檻露華濃。")
    (['云想衣裳花想容', '春风拂槛露华浓'], [0, 1])
    """
    previous = None
    while previous != text:
        previous, text = text, _NOTE.sub("", text)
    text = _COMPOSED.sub(MISSING, text.translate(_WESTERN))
    text = _DROPPED.sub("", text)
    text = re.sub(f"[^{_HAN}{MARKS}\n…]", MISSING, text)
    found = [(simplify(clause), _MARK[mark]) for clause, mark in _CLAUSE.findall(text)]
    return [clause for clause, _ in found], [mark for _, mark in found]


def mark_anthologies(drafts: Sequence[Draft]) -> None:
    """Set the anthology bits of the poems whose first two clauses open a poem of an anthology."""
    opening: dict[tuple[str, ...], int] = defaultdict(int)
    for draft in drafts:
        if draft.collection in ANTHOLOGIES:
            opening[tuple(draft.clauses[:2])] |= 1 << ANTHOLOGIES.index(draft.collection)
    for draft in drafts:
        draft.anthologies = opening.get(tuple(draft.clauses[:2]), 0)


def set_popularity(drafts: Sequence[Draft]) -> None:
    """Set the popularity: the rank by search hits among the poems of the same collection, 0 to 1.

    Hits were counted for author and title, so poems that share both share them. Where the package counts none, .8
    stands for the collections shipped whole and .5 for the others. A poem of an anthology is at least at .9, and the
    anthology's own wording at least at .95.
    """
    sharing = Counter((draft.author, draft.title.partition("·")[0], draft.collection) for draft in drafts)
    grouped: dict[str, list[tuple[float, Draft]]] = defaultdict(list)
    for draft in drafts:
        if draft.hits is None:
            draft.popularity = 0.8 if draft.collection in WHOLE else 0.5
        else:
            shared = sharing[draft.author, draft.title.partition("·")[0], draft.collection]
            grouped[draft.collection].append((draft.hits - float(np.log(shared)), draft))
    for members in grouped.values():
        for rank, (_, draft) in enumerate(sorted(members, key=lambda pair: pair[0])):
            draft.popularity = rank / max(1, len(members) - 1)
    for draft in drafts:
        if draft.anthologies:
            least = 0.95 if draft.collection in ANTHOLOGIES else 0.9
            draft.popularity = least + (1 - least) * draft.popularity


def selected(drafts: Sequence[Draft]) -> list[Draft]:
    """Return the poems that are shipped, each text once: whole small collections, anthologies, the most popular."""
    fit = [draft for draft in drafts if is_fit(draft)]
    chosen = [draft for draft in fit if draft.collection in WHOLE or draft.anthologies]
    for collection, share in SHARES.items():
        ranked = [draft for draft in fit if draft.collection == collection]
        chosen += sorted(ranked, key=lambda draft: -draft.popularity)[:share]
    chosen += [draft for draft in fit if draft.collection == "元曲" and is_song(draft)]
    kept = {id(draft) for draft in each_once(chosen)}
    return [draft for draft in drafts if id(draft) in kept]


def each_once(drafts: Sequence[Draft]) -> list[Draft]:
    """Return the drafts without other editions of a poem; an anthology's wording wins, then the more popular one.

    Two editions have the same text, or the same author and the same first, second or last clause of at least five
    characters; shorter ones recur by themselves.
    """
    seen: set[tuple[str, str]] = set()
    kept = []
    for draft in sorted(drafts, key=lambda draft: (draft.collection not in ANTHOLOGIES, -draft.popularity)):
        marks = {draft.clauses[0], draft.clauses[1 % len(draft.clauses)], draft.clauses[-1]}
        keys = {(draft.author, mark) for mark in marks if len(mark) >= 5} | {("", draft.text)}
        if not keys & seen:
            kept.append(draft)
        seen |= keys
    return kept


def is_fit(draft: Draft) -> bool:
    """Return whether a poem is whole, plainly printed and of a length that can be read at once."""
    if MISSING in draft.text or draft.author == "不详" or len(draft.author) < 2 or re.match("句( |$)", draft.title):
        return False  # an author of one character has lost one; a couplet alone goes by the title 句
    whole = draft.collection in WHOLE
    return whole or (draft.clean and 2 <= len(draft.clauses) <= 80 and all(2 <= len(c) <= 13 for c in draft.clauses))


def is_song(draft: Draft) -> bool:
    """Return whether a piece of the Yuan is a song by a known author rather than an aria of a play."""
    tune, _, subject = draft.title.partition("·")
    return len(tune) <= 5 and bool(subject) and "，" not in subject and "/" not in subject and draft.author != "无名氏"


def to_columns(drafts: Sequence[Draft]) -> Columns:
    """Return the columns of a corpus that holds the poems in the given order."""
    texts = [draft.text for draft in drafts]
    alphabet = alphabet_of([*texts, *(draft.title for draft in drafts)])
    authors, author_codes = _coded(drafts, lambda draft: draft.author)
    dynasties, dynasty_codes = _coded(drafts, lambda draft: draft.dynasty)
    collections, collection_codes = _coded(drafts, lambda draft: draft.collection)
    lengths = [len(clause) for draft in drafts for clause in draft.clauses]
    return Columns(
        Labels(alphabet, authors, dynasties, collections, ANTHOLOGIES, ORIGIN),
        characters=encode("".join(texts), alphabet),
        clause_starts=offsets(lengths),
        marks=np.array([mark for draft in drafts for mark in draft.marks], dtype=np.uint8),
        poem_starts=offsets([len(draft.clauses) for draft in drafts]),
        titles=encode("".join(draft.title for draft in drafts), alphabet),
        title_starts=offsets([len(draft.title) for draft in drafts]),
        authors=author_codes.astype(np.uint16),
        dynasties=dynasty_codes.astype(np.uint8),
        collections=collection_codes.astype(np.uint8),
        anthologies=np.array([draft.anthologies for draft in drafts], dtype=np.uint16),
        popularity=np.array([round(255 * draft.popularity) for draft in drafts], dtype=np.uint8),
    )


def _coded(drafts: Sequence[Draft], label: Callable[[Draft], str]) -> tuple[tuple[str, ...], np.ndarray]:
    labels = tuple(sorted({label(draft) for draft in drafts}))
    place = {name: code for code, name in enumerate(labels)}
    return labels, np.array([place[label(draft)] for draft in drafts], dtype=np.int64)


if __name__ == "__main__":
    if sys.argv[3:] == ["--full"]:
        build_full(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        Path(sys.argv[2]).write_bytes(build_default(Path(sys.argv[1])))
