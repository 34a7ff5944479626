"""Cutting a log into training and test data, and a validation part out of training data.

Every split keeps three promises: training and test are disjoint; every user and every item has at least one
training interaction (test pairs that would break this are dropped and counted in the notes); the same seed
gives the same split, whatever the order of the rows in the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.sparse import csr_matrix

from humankind.spine.errors import ConfigError, DataError
from humankind.spine.seeds import stream
from humankind.systems.recommendation.data import Interactions, Log, assemble


@dataclass(frozen=True, eq=False)
class Split:
    """Training and test data over the same users and items."""

    train: Interactions
    test: csr_matrix
    """Same shape as train.matrix, values 0 or 1, disjoint from it; a user may have an empty row."""
    notes: tuple[str, ...] = ()
    """What was dropped and why, one sentence each."""


def given(train: Interactions, test: Interactions, *, unseen: Literal["drop", "error"] = "drop") -> Split:
    """Return the split that two separate logs make.

    Args:
        train: the training log.
        test: the test log; its pairs are matched to the training log by external id.
        unseen: what to do with test pairs whose user or item never occurs in training: leave them out and
            count them in the notes, or refuse.

    Raises:
        DataError: a pair is in both logs, no test pair is left, or (`unseen="error"`) an id is unseen.

    >>> split = given(Interactions.from_pairs("aab", "xyx"), Interactions.from_pairs("bc", "yy"))
    >>> split.test.toarray().tolist()
    [[0.0, 0.0], [0.0, 1.0]]
    >>> split.notes
    ('1 of 2 test pairs dropped: their user or item has no training interaction (1 user, 0 items)',)
    """
    rows = _translate(test.user_ids, train.user_ids)
    columns = _translate(test.item_ids, train.item_ids)
    pairs = test.matrix.tocoo()
    row, column = rows[pairs.row], columns[pairs.col]
    known = (row >= 0) & (column >= 0)
    if unseen == "error" and not known.all():
        _refuse_unseen(test, rows, columns)
    matrix = assemble(row[known], column[known], np.ones(known.sum()), train.matrix.shape)
    _refuse_overlap(train, matrix)
    names = {**test.item_names, **train.item_names}
    named = {item: names[item] for item in train.item_ids if item in names}
    whole = Interactions(train.matrix, train.user_ids, train.item_ids, named)
    lost = (int(len(known) - known.sum()), len(known), int((rows < 0).sum()), int((columns < 0).sum()))
    return _checked(Split(whole, matrix, _dropped(*lost)))


def random_per_user(log: Interactions, fraction: float = 0.2, *, seed: int = 0) -> Split:
    """Return a split that holds out a random part of each user's interactions.

    Of d interactions, fraction * d (rounded, halves up) are held out; one at least where d >= 2, never all.

    Args:
        log: all interactions.
        fraction: share to hold out, between 0 and 1 (both excluded).
        seed: the same seed gives the same split.

    Raises:
        ConfigError: the fraction is out of range.
        DataError: no user has two interactions.
    """
    _check_fraction(fraction)
    degrees = log.user_degrees
    n_held = np.maximum(np.floor(fraction * degrees + 0.5).astype(np.int64), 1)
    n_held = np.minimum(n_held, np.maximum(degrees - 1, 0))
    rank = _random_rank(log.matrix, seed, "test")
    return _closed(log, rank < np.repeat(n_held, degrees))


def leave_last(log: Log, *, seed: int = 0) -> Split:
    """Return a split that holds out each user's last interaction.

    Users with a single interaction stay in training and are not tested.

    Args:
        log: a log with times.
        seed: decides between interactions of one user at the same time.

    Raises:
        DataError: the log has no times, or no user has two interactions.
    """
    times = _times(log, "leave-last")
    degrees = log.interactions.user_degrees
    filled = degrees[degrees > 0]
    starts = np.cumsum(filled) - filled
    latest = times == np.repeat(np.maximum.reduceat(times, starts), filled)
    chance = np.where(latest, stream(seed, "test").random(len(times)), -1.0)
    last = chance == np.repeat(np.maximum.reduceat(chance, starts), filled)
    alone = int((degrees == 1).sum())
    notes = (f"{_count(alone, 'user')} with a single interaction not tested",) if alone else ()
    return _closed(log.interactions, last & (np.repeat(filled, filled) > 1), notes)


def temporal(log: Log, fraction: float = 0.2) -> Split:
    """Return a split at one moment for everyone: what is newer is test data.

    The newest `fraction` of the interactions are held out, or fewer: interactions at the same time are never
    torn apart (where the newest moment alone holds more than that, it is the test data). Users and items that
    appear only then are dropped and counted.

    Args:
        log: a log with times.
        fraction: share of interactions to hold out, between 0 and 1 (both excluded).

    Raises:
        ConfigError: the fraction is out of range.
        DataError: the log has no times, or nothing can be held out.
    """
    _check_fraction(fraction)
    times = _times(log, "temporal")
    n_kept = int(np.ceil((1 - fraction) * len(times)))
    last_of_training = np.partition(times, n_kept - 1)[n_kept - 1]
    held = times > last_of_training
    if not held.any():
        held = times == last_of_training
    note = f"test starts at time {times[held].min():.15g}; {held.mean():.1%} of the interactions are that new"
    return _closed(log.interactions, held, (note,))


def carve_validation(matrix: csr_matrix, fraction: float, seed: int) -> tuple[csr_matrix, csr_matrix]:
    """Return (fit_matrix, validation_matrix): `fraction` of each user's interactions held out at random.

    A user with d interactions has floor(fraction * d) or one more of them held out, at random so that the
    expectation is fraction * d, but always keeps at least one in the fit part.

    Args:
        matrix: users x items.
        fraction: share to hold out, between 0 and 1 (both excluded).
        seed: the same seed gives the same parts.

    >>> fit, held_out = carve_validation(csr_matrix(np.ones((4, 5), dtype=np.float32)), 0.2, seed=0)
    >>> fit.getnnz(axis=1).tolist(), held_out.getnnz(axis=1).tolist()
    ([4, 4, 4, 4], [1, 1, 1, 1])
    """
    _check_fraction(fraction)
    degrees = np.diff(matrix.indptr)
    share = stream(seed, "validation-counts").random(len(degrees))
    n_held = np.floor(fraction * degrees + share).astype(np.int64)
    n_held = np.minimum(n_held, np.maximum(degrees - 1, 0))
    return _cut(matrix, _random_rank(matrix, seed, "validation") < np.repeat(n_held, degrees))


def _closed(log: Interactions, held: np.ndarray, notes: tuple[str, ...] = ()) -> Split:
    """Return the split that holds out the marked entries, without users and items that training lacks."""
    train, test = _cut(log.matrix, held)
    in_training = [train.getnnz(axis=axis) > 0 for axis in (1, 0)]
    n_unseen = [int(((test.getnnz(axis=axis) > 0) & ~known).sum()) for axis, known in zip((1, 0), in_training)]
    n_before = test.nnz
    if not all(known.all() for known in in_training):
        rows, columns = (np.flatnonzero(known) for known in in_training)
        log = log.select(rows, columns)
        train, test = train[rows][:, columns], test[rows][:, columns]
    test.data[:] = 1.0
    notes += _dropped(n_before - test.nnz, n_before, *n_unseen)
    return _checked(Split(log.with_matrix(train), test, notes))


def _checked(split: Split) -> Split:
    if not split.test.nnz:
        raise DataError(
            "no test interaction is left",
            found="; ".join(split.notes) or "no user with two interactions",
            expected="users and items of the test part that occur in training too",
            remedy="hold out another share, or give users with longer histories",
        )
    return split


def _dropped(n_pairs: int, of: int, n_users: int, n_items: int) -> tuple[str, ...]:
    if not n_pairs:
        return ()
    users, items = _count(n_users, "user"), _count(n_items, "item")
    why = f"their user or item has no training interaction ({users}, {items})"
    return (f"{n_pairs} of {of} test pairs dropped: {why}",)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _translate(ids: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the position of each id among the known ones, -1 where it is not among them."""
    position = {name: index for index, name in enumerate(known)}
    return np.fromiter((position.get(name, -1) for name in ids), dtype=np.int64, count=len(ids))


def _refuse_unseen(test: Interactions, rows: np.ndarray, columns: np.ndarray) -> None:
    users, items = test.user_ids[rows < 0], test.item_ids[columns < 0]
    shown = [f"{kind} {name!r}" for kind, ids in (("user", users), ("item", items)) for name in ids[:3]]
    raise DataError(
        "the test data has users or items that training lacks",
        found=f"{_count(len(users), 'user')} and {_count(len(items), 'item')}: {', '.join(shown)}",
        expected="only ids of the training data",
        remedy="check that both files come from one log, or let unseen ids be dropped",
    )


def _refuse_overlap(train: Interactions, test: csr_matrix) -> None:
    both = (train.matrix != 0).multiply(test).tocoo()
    if not both.nnz:
        return
    pairs = list(zip(both.row[:3], both.col[:3]))
    shown = ", ".join(f"({train.user_ids[row]!r}, {train.item_ids[column]!r})" for row, column in pairs)
    raise DataError(
        "training and test data share interactions, so a test figure would measure memory",
        found=f"{both.nnz} of {test.nnz} test pairs, such as {shown}",
        expected="no (user, item) pair in both",
        remedy="remove these pairs from one of the files, or give one log and let a split be made",
    )


def _random_rank(matrix: csr_matrix, seed: int, name: str) -> np.ndarray:
    """Return the place of each stored entry in a random order of its row, counted from 0."""
    degrees = np.diff(matrix.indptr)
    rows = np.repeat(np.arange(matrix.shape[0], dtype=np.uint64), degrees)
    keys = (rows << np.uint64(32)) | stream(seed, name).integers(2**32, size=matrix.nnz, dtype=np.uint64)
    rank = np.empty(matrix.nnz, dtype=np.int64)
    rank[np.argsort(keys, kind="stable")] = np.arange(matrix.nnz)
    return rank - np.repeat(matrix.indptr[:-1], degrees)


def _times(log: Log, split: str) -> np.ndarray:
    if log.times is None:
        raise DataError(
            f"a {split} split needs the time of each interaction, and the log has none",
            expected="a column such as timestamp",
            remedy="name the column of the times, or split at random",
        )
    return log.times


def _cut(matrix: csr_matrix, held: np.ndarray) -> tuple[csr_matrix, csr_matrix]:
    """Return the matrix without the held entries, and the held entries alone."""
    return _keep(matrix, ~held), _keep(matrix, held)


def _keep(matrix: csr_matrix, mask: np.ndarray) -> csr_matrix:
    before = np.concatenate([[0], np.cumsum(mask)])
    indptr = before[matrix.indptr].astype(matrix.indptr.dtype)
    return csr_matrix((matrix.data[mask], matrix.indices[mask], indptr), shape=matrix.shape)


def _check_fraction(fraction: float) -> None:
    if not 0 < fraction < 1:
        raise ConfigError(
            "the share to hold out is out of range",
            found=fraction,
            where="fraction",
            expected="between 0 and 1, both excluded",
        )
