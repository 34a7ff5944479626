"""An item in its context as a sparse row: hashed words of key and value, and each of them crossed with the context.

The crosses are what lets a linear policy answer by context: `diagnosis` before `doctor` is another column than
`diagnosis` before `hotel staff`. Columns come from CRC-32, so that no vocabulary has to be kept.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from pydantic import Field

from humankind.spine.config import Section
from humankind.systems.privacy.guidance import plain_key, topic_of
from humankind.systems.privacy.norms import Item, Norm, folded

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


class FeatureSettings(Section):
    """How items become rows. Part of every artefact: other settings make other columns."""

    bits: int = Field(18, ge=8, le=22)
    """Columns are 2 to this power."""

    key: float = Field(1.0, ge=0)
    """Weight of the words and letter groups of the key."""

    value: float = Field(1.0, ge=0)
    """Weight of the words and letter groups of the value."""

    key_context: float = Field(1.5, ge=0)
    """Weight of key words crossed with words of task and roles."""

    value_context: float = Field(1.5, ge=0)
    """Weight of value words crossed with words of task and roles."""

    match: float = Field(1.0, ge=0)
    """Weight of how far the task itself names the item."""

    longest: int = Field(400, ge=50)
    """Letters of a value that are looked at; the rest of a long note adds time and little else."""


_EMPTY = (
    "a an and are as at be been but by can could do does for from had has have he her hers him his i if in into is it "
    "its me my of on or our she so than that the their them then there they this to was we were will with would you "
    "your please send write message email mail chat draft reply respond"
)
STOP = frozenset(_EMPTY.split())
"""Words that tell nothing about what a fact is or whom it goes to."""


def rows_of(norm: Norm, settings: FeatureSettings) -> list[dict[int, float]]:
    """Return a sparse row for each item of a norm: column to value. The two lists of the norm are not looked at."""
    return rows_of_items(norm.items, norm, settings)


def rows_of_items(items: Sequence[Item], norm: Norm, settings: FeatureSettings) -> list[dict[int, float]]:
    """Return a sparse row for each of `items` in the context of a norm whose own items are not looked at."""
    context = _Context(norm)
    return [_row(item, context, settings) for item in items]


def matrix_of(rows: Sequence[dict[int, float]], settings: FeatureSettings) -> csr_matrix:
    """Return rows as a sparse matrix of shape (n_rows, 2 ** bits)."""
    import numpy as np
    from scipy.sparse import csr_matrix

    ends = np.cumsum([0, *(len(row) for row in rows)])
    columns = np.fromiter((column for row in rows for column in row), dtype=np.int64, count=int(ends[-1]))
    values = np.fromiter((value for row in rows for value in row.values()), dtype=np.float64, count=int(ends[-1]))
    return csr_matrix((values, columns, ends), shape=(len(rows), 1 << settings.bits))


def bias_column(settings: FeatureSettings) -> int:
    """Return the column in which every row is 1."""
    return zlib.crc32(b"bias") & ((1 << settings.bits) - 1)


class _Context:
    """The words around the items of one norm."""

    def __init__(self, norm: Norm) -> None:
        self.recipient = _words(f"{norm.recipient.role or norm.recipient.name}")
        self.task = _words(norm.task)
        roles = [f"r:{word}" for word in self.recipient]
        roles += [f"s:{word}" for word in _words(norm.sender.role)]
        roles += [f"u:{word}" for word in _words(norm.subject.role)]
        self.around = (*roles, *(f"t:{word}" for word in self.task))
        self.named = frozenset(_stem(word) for word in self.task)


def _row(item: Item, context: _Context, settings: FeatureSettings) -> dict[int, float]:
    key, value = plain_key(item.key), folded(item.value)[: settings.longest]
    key_words, value_words = _words(key), _words(value)
    topic = f"topic {topic_of(item.text[: settings.longest])}"
    row: dict[int, float] = {}
    mask = (1 << settings.bits) - 1
    for weight, tokens in (
        (settings.key, (*_pairs("kw", key_words), *_grams("kc", key))),
        (settings.value, (*_pairs("vw", value_words), *_grams("vc", value), *_shape(value, value_words))),
        (settings.key_context, _crossed("kx", key_words, context.around)),
        (settings.value_context, _crossed("vx", (*value_words[:30], topic), context.around)),
        (settings.match, _match(key_words, value_words, context)),
    ):
        distinct = dict.fromkeys(tokens)  # in order: a set's order changes from one process to the next
        if not weight or not distinct:
            continue
        each = weight / len(distinct) ** 0.5
        for token in distinct:
            column = zlib.crc32(token.encode()) & mask
            row[column] = row.get(column, 0.0) + each
    row[bias_column(settings)] = 1.0
    return row


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    """Return words in order, digits as `#`, without those that tell nothing."""
    found = re.findall(r"[^\W_]+", re.sub(r"\d", "#", folded(text)).replace("#", "0"))
    return tuple(dict.fromkeys(word for word in found if word not in STOP))


def _stem(word: str) -> str:
    return word[:5] if len(word) > 5 else word.rstrip("s")


def _pairs(group: str, words: Sequence[str]) -> Iterator[str]:
    for word in words:
        yield f"{group} {word}"
        yield f"{group} {_stem(word)}"
    for first, second in pairwise(words):
        yield f"{group} {first} {second}"


def _grams(group: str, text: str) -> Iterator[str]:
    padded = f" {re.sub(r'[0-9]', '0', text)} "
    for length in (3, 4, 5):
        for start in range(len(padded) - length + 1):
            yield f"{group}{length} {padded[start : start + length]}"


def _shape(value: str, words: Sequence[str]) -> Iterator[str]:
    yield f"length {min(len(value) // 25, 12)}"
    yield f"words {min(len(words), 20)}"
    yield f"form {re.sub(r'[a-z]+', 'a', re.sub(r'[0-9]+', '0', value))[:24]}"


def _crossed(group: str, words: Iterable[str], around: Sequence[str]) -> Iterator[str]:
    for word in words:
        stem = _stem(word)
        for other in around:
            yield f"{group} {stem}*{other}"


def _match(key_words: Sequence[str], value_words: Sequence[str], context: _Context) -> Iterator[str]:
    for group, words in (("key", key_words), ("value", value_words)):
        named = sum(_stem(word) in context.named for word in words)
        part = named / len(words) if words else 0
        yield f"{group} named {min(named, 3)}"
        yield f"{group} part named {round(part * 4)}"
