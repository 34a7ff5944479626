"""The columns of a corpus of poems, and how they are kept: one small file, or a folder that is memory-mapped.

Every text is one array of 16-bit codes into an alphabet ordered by frequency, cut by offsets. Nothing is pickled.
"""

from __future__ import annotations

import json
import lzma
from collections import Counter
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from humankind.spine.errors import DataError
from humankind.spine.runs import write_text

MARKS = "，。？！；："
"""The punctuation a clause can end with."""
_FORMAT = "humankind poems 1"
_OFFSETS = ("clause_starts", "poem_starts", "title_starts")


@dataclass(frozen=True, slots=True)
class Labels:
    """The texts that many poems share."""

    alphabet: str
    """Code -> character, the most frequent first."""
    authors: tuple[str, ...]
    dynasties: tuple[str, ...]
    collections: tuple[str, ...]
    anthologies: tuple[str, ...]
    """At most 16: one bit each."""
    origin: str
    """What the poems were taken from."""


@dataclass(frozen=True, slots=True)
class Columns:
    """A corpus as arrays; P poems, C clauses, N characters, T characters in titles."""

    labels: Labels
    characters: np.ndarray
    """uint16 [N]: codes of all clauses, one after the other, without punctuation."""
    clause_starts: np.ndarray
    """uint32 [C + 1]: offsets into `characters`."""
    marks: np.ndarray
    """uint8 [C]: index into MARKS of what stands after the clause."""
    poem_starts: np.ndarray
    """uint32 [P + 1]: offsets into the clauses."""
    titles: np.ndarray
    """uint16 [T]: codes of all titles."""
    title_starts: np.ndarray
    """uint32 [P + 1]: offsets into `titles`."""
    authors: np.ndarray
    """uint16 [P]"""
    dynasties: np.ndarray
    """uint8 [P]"""
    collections: np.ndarray
    """uint8 [P]"""
    anthologies: np.ndarray
    """uint16 [P]: bit i is set where the poem stands in anthology i."""
    popularity: np.ndarray
    """uint8 [P]: 255 times the popularity."""

    @classmethod
    def names(cls) -> list[str]:
        """Return the names of the arrays, in the order in which they are kept."""
        return [field.name for field in fields(cls) if field.name != "labels"]


def alphabet_of(texts: list[str]) -> str:
    """Return all characters of the texts, the most frequent first, equals in code-point order.

    Raises:
        DataError: there are more than 16-bit codes can name.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    if len(counts) > 2**16:
        raise DataError("too many different characters", found=len(counts), expected="at most 65,536")
    return "".join(sorted(counts, key=lambda character: (-counts[character], character)))


def encode(text: str, alphabet: str) -> np.ndarray:
    """Return the codes of a text, uint16 [len(text)]; every character must be in the alphabet."""
    points = np.frombuffer(alphabet.encode("utf-32-le"), dtype=np.uint32)
    order = np.argsort(points, kind="stable")
    wanted = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    return order[np.searchsorted(points[order], wanted)].astype(np.uint16)


def offsets(lengths: list[int]) -> np.ndarray:
    """Return where parts of the given lengths start, with the end last, uint32 [len(lengths) + 1]."""
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.uint32)


def pack(columns: Columns) -> bytes:
    """Return a corpus as the bytes of one xz file; the same columns give the same bytes."""
    arrays = {name: _stored(name, getattr(columns, name)) for name in Columns.names()}
    layout = {name: [array.dtype.str, len(array)] for name, array in arrays.items()}
    head = json.dumps({"format": _FORMAT, "labels": _as_dict(columns.labels), "layout": layout}, ensure_ascii=False)
    body = head.encode() + b"\n" + b"".join(array.tobytes() for array in arrays.values())
    return lzma.compress(body, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC64, preset=9 | lzma.PRESET_EXTREME)


def unpack(data: bytes, where: object = None) -> Columns:
    """Return the corpus in the bytes that `pack` made; DataError where they are damaged."""
    try:
        body = lzma.decompress(data)
        head, _, rest = body.partition(b"\n")
        facts = json.loads(head)
        labels = _labels(facts, where)
        arrays, at = {}, 0
        for name, (kind, length) in facts["layout"].items():
            array = np.frombuffer(rest, dtype=np.dtype(kind), count=length, offset=at)
            at += array.nbytes
            arrays[name] = offsets(array.tolist()) if name in _OFFSETS else array
    except (lzma.LZMAError, ValueError, KeyError, TypeError) as error:
        raise _damaged(error, where) from None
    return Columns(labels, **arrays)


def write_folder(columns: Columns, folder: Path) -> None:
    """Write a corpus as one array file a column and `labels.json`, the last of all."""
    for name in Columns.names():
        np.save(folder / f"{name}.npy", getattr(columns, name), allow_pickle=False)
    facts = {"format": _FORMAT, "labels": _as_dict(columns.labels)}
    write_text(folder / "labels.json", json.dumps(facts, ensure_ascii=False))


def read_folder(folder: Path) -> Columns:
    """Return the corpus in a folder, its arrays memory-mapped; DataError where it is none."""
    try:
        facts = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in Columns.names()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(error, folder) from None
    return Columns(_labels(facts, folder), **arrays)


def _stored(name: str, array: np.ndarray) -> np.ndarray:
    if name not in _OFFSETS:
        return array.astype(array.dtype.newbyteorder("<"))
    return np.diff(array.astype(np.int64)).astype("<u2")  # lengths compress far better than offsets


def _as_dict(labels: Labels) -> dict[str, Any]:
    return {field.name: getattr(labels, field.name) for field in fields(labels)}


def _labels(facts: dict[str, Any], where: object) -> Labels:
    if facts.get("format") != _FORMAT:
        raise DataError(
            "these poems were written by another version",
            found=facts.get("format"),
            where=where,
            expected=_FORMAT,
            remedy="build them again: humankind naming data build --full",
        )
    named: dict[str, Any] = facts["labels"]
    return Labels(
        alphabet=named["alphabet"],
        authors=tuple(named["authors"]),
        dynasties=tuple(named["dynasties"]),
        collections=tuple(named["collections"]),
        anthologies=tuple(named["anthologies"]),
        origin=named["origin"],
    )


def _damaged(error: Exception, where: object) -> DataError:
    return DataError(
        "the poems cannot be read",
        found=f"{type(error).__name__}: {error}",
        where=where,
        expected="a corpus of poems that this program has built",
        remedy="build it again: humankind naming data build --full",
    )
