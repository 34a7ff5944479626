"""Training the semantic vectors of characters and words on the corpus: PPMI and a truncated SVD.

python -m humankind.systems.naming.training FULL_CORPUS_FOLDER TARGET_FILE

Levy, Goldberg and Dagan (2015), "Improving distributional similarity with lessons learned from word embeddings":
smoothed contexts, positive PMI, singular values to the power 1/2.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from scipy import sparse

from humankind.spine.config import Section
from humankind.spine.progress import SILENT, Progress
from humankind.spine.seeds import stream
from humankind.systems.naming.poems import Corpus
from humankind.systems.naming.vectors import Vectors, normalised


class TrainingSettings(Section):
    """How vectors are trained."""

    characters: int = 6000
    """How many characters get a vector: the most frequent ones."""
    words: int = 8000
    """How many words of two characters get a vector."""
    dimensions: int = 128
    """Length of a vector."""
    window: int = 4
    """How far apart two characters of one clause may stand to be counted, in characters."""
    parallel: float = 2.0
    """Weight of two characters in the same place of two clauses in a row: couplets pair like with like."""
    beside: float = 0.5
    """Weight of any two characters of two clauses in a row, shared among their places."""
    smoothing: float = 0.75
    """Power to which the counts of contexts are raised."""
    common: int = 1
    """How many of the first singular directions are left out; they say how frequent a character is."""
    seed: int = 0
    """Seed of the random projection."""


def train(corpus: Corpus, settings: TrainingSettings | None = None, progress: Progress = SILENT) -> Vectors:
    """Return vectors of the characters and words of a corpus; the same corpus and settings give the same bytes."""
    settings = settings or TrainingSettings()
    size = min(settings.characters, len(corpus.labels.alphabet))
    codes, clauses = _frequent(corpus, size)
    progress.say(f"counting {len(codes):,} characters")
    counts = counted(codes, clauses, size, settings)
    contexts = counts.sum(axis=0) ** settings.smoothing
    positive = ppmi(counts, contexts)
    progress.say("reducing")
    rows, axes = reduced(positive, settings)
    pairs, around = _words(codes, clauses, size, settings)
    words = ppmi(around, contexts) @ axes
    alphabet = _alphabet(corpus, size)
    frequency = np.bincount(codes, minlength=size)[:size] / max(1, len(codes))
    return Vectors(
        alphabet=alphabet,
        words=tuple(alphabet[pair // size] + alphabet[pair % size] for pair in pairs.tolist()),
        matrix=np.vstack([normalised(rows), normalised(words)]).astype(np.float32),
        frequency=frequency.astype(np.float32),
    )


def counted(codes: np.ndarray, clauses: np.ndarray, size: int, settings: TrainingSettings) -> np.ndarray:
    """Return how often, by weight, two characters stand near each other, float32 [size, size], symmetric.

    Args:
        codes: the text as codes; `size` stands for any rarer character.
        clauses: the clause of each character, ascending; a break between poems leaves one number out.
    """
    total = np.zeros((size, size), dtype=np.float32)
    for ahead in range(1, settings.window + 1):
        near = clauses[:-ahead] == clauses[ahead:]
        _add(total, codes[:-ahead][near], codes[ahead:][near], 1.0 / ahead)
    lengths = np.bincount(clauses)
    starts = np.concatenate([[0], np.cumsum(lengths)])[:-1]
    within = np.arange(len(codes)) - starts[clauses]
    follows = np.zeros(len(lengths), dtype=bool)
    follows[:-1] = (lengths[:-1] == lengths[1:]) & (lengths[:-1] > 0)
    paired = np.flatnonzero(follows[clauses])
    length = lengths[clauses[paired]]
    _add(total, codes[paired], codes[paired + length], settings.parallel)
    for shift in range(1, 8):
        moved = (within[paired] + shift) % length + starts[clauses[paired]] + length
        kept = shift < length
        _add(total, codes[paired][kept], codes[moved[kept]], settings.beside / 7)
    return total + total.T


def ppmi(counts: np.ndarray, contexts: np.ndarray) -> sparse.csr_matrix:
    """Return the positive pointwise mutual information of rows and contexts, sparse, the shape of `counts`."""
    rows = counts.sum(axis=1, dtype=np.float64)
    found = sparse.coo_matrix(counts)
    share = contexts / contexts.sum()
    values = np.log(found.data / (rows[found.row] * share[found.col]))
    keep = values > 0
    kept = (values[keep].astype(np.float32), (found.row[keep], found.col[keep]))
    return sparse.csr_matrix(kept, shape=counts.shape)


def reduced(matrix: sparse.csr_matrix, settings: TrainingSettings) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows in the first singular directions times sqrt(singular value), and the axes that lead there.

    A randomised SVD (Halko, Martinsson and Tropp 2011) with six power iterations.
    """
    wanted = min(settings.dimensions + settings.common, min(matrix.shape))
    probes = stream(settings.seed, "svd").standard_normal((matrix.shape[1], min(wanted + 20, matrix.shape[1])))
    basis = np.linalg.qr(matrix @ probes)[0]
    for _ in range(6):
        basis = np.linalg.qr(matrix @ np.linalg.qr(matrix.T @ basis)[0])[0]
    _, singular, right = np.linalg.svd((matrix.T @ basis).T, full_matrices=False)
    strongest = np.argmax(np.abs(right), axis=1)
    right = right * np.sign(right[np.arange(len(right)), strongest])[:, None]  # a direction has no sign of its own
    axes = (right[settings.common : wanted] / np.sqrt(singular[settings.common : wanted])[:, None]).T
    return matrix @ axes, axes


def _frequent(corpus: Corpus, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return codes by frequency in the verses, `size` for the rest, and clause numbers with a gap between poems."""
    clauses = corpus.clauses
    order = np.argsort(-np.bincount(clauses.codes, minlength=len(clauses.alphabet)), kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    lengths = np.diff(np.asarray(clauses.starts, dtype=np.int64))
    numbers = np.arange(len(lengths)) + clauses.poems
    return np.minimum(rank[clauses.codes], size).astype(np.int32), np.repeat(numbers, lengths)


def _alphabet(corpus: Corpus, size: int) -> str:
    clauses = corpus.clauses
    order = np.argsort(-np.bincount(clauses.codes, minlength=len(clauses.alphabet)), kind="stable")
    return "".join(clauses.alphabet[code] for code in order[:size])


def _words(
    codes: np.ndarray, clauses: np.ndarray, size: int, settings: TrainingSettings
) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs `first * size + second` that keep together, and the counts of characters around each, [W, size]."""
    known = (clauses[:-1] == clauses[1:]) & (codes[:-1] < size) & (codes[1:] < size)
    pairs = np.where(known, codes[:-1].astype(np.int64) * size + codes[1:], -1)
    found, counts = np.unique(pairs[known], return_counts=True)
    single = np.bincount(codes, minlength=size + 1).astype(np.float64)
    bond = np.log(counts * len(codes) / (single[found // size] * single[found % size]))
    best = np.argsort(-np.sqrt(counts) * np.maximum(bond, 0), kind="stable")[: settings.words]
    chosen = np.sort(found[best])
    at = np.searchsorted(chosen, pairs)
    is_word = (at < len(chosen)) & (chosen[np.minimum(at, len(chosen) - 1)] == pairs)
    around = np.zeros((len(chosen), size), dtype=np.float32)
    for ahead in (-4, -3, -2, -1, 2, 3, 4, 5):
        places = np.flatnonzero(is_word)
        places = places[(places + ahead >= 0) & (places + ahead < len(codes))]
        near = clauses[places] == clauses[places + ahead]
        others = codes[places[near] + ahead]
        rare = others == size
        _add(around, at[places[near]][~rare], others[~rare], 1.0)
    return chosen, around


def _add(total: np.ndarray, rows: np.ndarray, columns: np.ndarray, weight: float) -> None:
    """Add the weight at every (row, column) whose two indices are inside."""
    inside = (rows < total.shape[0]) & (columns < total.shape[1])
    flat = rows[inside].astype(np.int64) * total.shape[1] + columns[inside]
    total += (weight * np.bincount(flat, minlength=total.size)).reshape(total.shape).astype(np.float32)


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(train(Corpus.load(Path(sys.argv[1]))).packed())
