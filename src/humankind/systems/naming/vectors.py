"""Meaning of characters and words as vectors: what a wish is near to, without sharing a character with it."""

from __future__ import annotations

import json
import lzma
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from humankind.spine.errors import DataError
from humankind.systems.naming.poems import han
from humankind.systems.naming.wordbook import WORDBOOK, named, parts

SHIPPED = Path(__file__).with_name("corpus") / "vectors.xz"
_FORMAT = "humankind vectors 1"
_COMMON = 1e-4
"""Frequency above which a character counts less in a text."""


@dataclass(frozen=True)
class Vectors:
    """Unit vectors of V characters and W words of two characters."""

    alphabet: str
    """The characters, the most frequent first."""
    words: tuple[str, ...]
    matrix: np.ndarray
    """float32 [V + W, D]: the characters, then the words."""
    frequency: np.ndarray
    """float32 [V]: share of each character in the poems."""

    @classmethod
    def load(cls, path: Path | None = None) -> Vectors:
        """Return the vectors in a file, without one the shipped ones; DataError where they are damaged."""
        return _shipped() if path is None else unpacked(path.read_bytes(), path)

    @cached_property
    def rows(self) -> dict[str, int]:
        """Character or word -> its row in the matrix."""
        return {text: row for row, text in enumerate([*self.alphabet, *self.words])}

    @cached_property
    def weights(self) -> np.ndarray:
        """float32 [V]: how much a character counts in a text; common ones count less (Arora et al. 2017)."""
        return (_COMMON * 10 / (_COMMON * 10 + self.frequency)).astype(np.float32)

    def text(self, text: str) -> np.ndarray:
        """Return the unit vector of a wish or a verse, float32 [D]; zeros where nothing in it is known.

        Words of the wordbook count as the classical characters they lead to, words that have a vector with it, all
        else character by character.
        """
        total = np.zeros(self.matrix.shape[1], dtype=np.float32)
        for part in parts(han(text), self.rows):
            total += self._part(part)
        return normalised(total[None])[0]

    def _part(self, part: str) -> np.ndarray:
        leading = [self.rows[character] for character in WORDBOOK.get(part, "") if character in self.rows]
        if leading:
            return self.matrix[leading].mean(axis=0)
        row = self.rows.get(part)
        if row is None:
            return np.zeros(self.matrix.shape[1], dtype=np.float32)
        if row < len(self.alphabet):
            return self.matrix[row] * self.weights[row]
        spelled = [self.rows[character] for character in part if character in self.rows]
        return (self.matrix[row] + self.matrix[spelled].sum(axis=0)) / (1 + len(spelled))

    def cosines(self, vector: np.ndarray) -> np.ndarray:
        """Return the cosine of every character with a unit vector, float32 [V]."""
        return self.matrix[: len(self.alphabet)] @ vector

    def similarity(self, one: str, other: str) -> float:
        """Return the cosine of two texts, -1 to 1; 0 where one of them is not known."""
        return float(self.text(one) @ self.text(other))

    def characters(self, wish: str, n: int = 20) -> list[tuple[str, float]]:
        """Return the n characters nearest to a wish with their grades, best first.

        A grade is the cosine with the wish; a character that the wordbook names for the wish gets half of what is
        missing to 1 on top.
        """
        cosines = self.cosines(self.text(wish)).astype(np.float64)
        for character in named(wish, self.rows):
            if character in self.rows:
                row = self.rows[character]
                cosines[row] += (1 - cosines[row]) / 2
        best = np.argsort(-cosines, kind="stable")[:n]
        return [(self.alphabet[row], float(cosines[row])) for row in best if cosines[row] > 0]

    def packed(self) -> bytes:
        """Return the vectors as the bytes of one xz file, one signed byte a number."""
        scale = np.abs(self.matrix).max(axis=1, keepdims=True)
        scale[scale == 0] = 1
        whole = np.rint(self.matrix / scale * 127).astype(np.int8)
        head = {"format": _FORMAT, "alphabet": self.alphabet, "words": list(self.words), "shape": whole.shape}
        body = json.dumps(head, ensure_ascii=False).encode() + b"\n" + self.frequency.astype("<f4").tobytes()
        return lzma.compress(body + whole.tobytes(), format=lzma.FORMAT_XZ, preset=6)


def unpacked(data: bytes, where: object = None) -> Vectors:
    """Return the vectors in the bytes that `packed` made; DataError where they are damaged."""
    try:
        head, _, rest = lzma.decompress(data).partition(b"\n")
        facts = json.loads(head)
        if facts["format"] != _FORMAT:
            raise ValueError(f"format {facts['format']}")
        known = len(facts["alphabet"])
        frequency = np.frombuffer(rest, dtype="<f4", count=known)
        whole = np.frombuffer(rest, dtype=np.int8, offset=frequency.nbytes).reshape(facts["shape"])
    except (lzma.LZMAError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            "the vectors cannot be read",
            found=f"{type(error).__name__}: {error}",
            where=where,
            expected="a file that humankind.systems.naming.training has written",
            remedy="install the package again, or train the vectors again",
        ) from None
    return Vectors(facts["alphabet"], tuple(facts["words"]), normalised(whole.astype(np.float32)), frequency)


def normalised(matrix: np.ndarray) -> np.ndarray:
    """Return the rows at length 1; rows of zeros stay."""
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return (matrix / np.where(lengths == 0, 1, lengths)).astype(np.float32)


@cache
def _shipped() -> Vectors:
    return unpacked(SHIPPED.read_bytes(), SHIPPED)
