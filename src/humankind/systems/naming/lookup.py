"""Looking for text in one long array of character codes that offsets cut into rows."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import cached_property

import numpy as np


class Blob:
    """R rows of text: codes of all characters, one row after the other.

    Args:
        codes: uint16 [N].
        starts: uint32 [R + 1]: offsets into `codes`.
        alphabet: code -> character, the most frequent first.
    """

    def __init__(self, codes: np.ndarray, starts: np.ndarray, alphabet: str) -> None:
        self.codes, self.starts, self.alphabet = codes, starts, alphabet

    def __getitem__(self, row: int) -> str:
        return "".join([self.alphabet[code] for code in self.codes[self.starts[row] : self.starts[row + 1]].tolist()])

    @cached_property
    def code(self) -> dict[str, int]:
        """Character -> code."""
        return {character: code for code, character in enumerate(self.alphabet)}

    def places(self, text: str) -> np.ndarray:
        """Return where the text begins, int64 [found]; it may go over the ends of rows."""
        wanted = [self.code.get(character, -1) for character in text]
        if -1 in wanted or not wanted or len(wanted) > len(self.codes):
            return np.empty(0, dtype=np.int64)
        rarest = int(np.argmax(wanted))  # codes are ordered by frequency
        places = np.flatnonzero(self.codes == wanted[rarest]) - rarest
        places = places[(places >= 0) & (places + len(wanted) <= len(self.codes))]
        for ahead, code in enumerate(wanted):
            places = places[self.codes[places + ahead] == code]
        return places

    def rows(self, places: np.ndarray) -> np.ndarray:
        """Return the row of each place, int64."""
        return np.searchsorted(self.starts, places, side="right") - 1

    def nearest(self, text: str, n: int) -> np.ndarray:
        """Return up to n rows that share the most distinct characters with the text, weighed against their length."""
        codes = np.array([self.code[character] for character in set(text) if character in self.code], dtype=np.int64)
        if not len(codes) or len(self.codes) == 0:
            return np.empty(0, dtype=np.int64)
        wanted = np.zeros(len(self.alphabet), dtype=np.uint8)
        wanted[codes] = 1
        shared = np.concatenate([[0], np.cumsum(wanted[self.codes], dtype=np.int64)])
        starts = np.asarray(self.starts, dtype=np.int64)
        lengths = np.diff(starts)
        likeness = 2 * np.diff(shared[starts]) / (lengths + len(text))
        best = np.argpartition(-likeness, min(n, len(likeness) - 1))[:n]
        return best[np.lexsort((best, -likeness[best]))]


def likeness(one: str, other: str) -> float:
    """Return how alike two texts are, 0 to 1: the share of characters that can be matched in order.

    >>> likeness("举头望明月", "举头望山月")
    0.8
    """
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
