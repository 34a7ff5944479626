"""How good a model is on held-out items: figures with intervals, by popularity, and against another model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from humankind.spine.errors import ConfigError, DataError, InternalError
from humankind.spine.progress import SILENT, Progress
from humankind.spine.stats import Comparison, Interval, bootstrap_mean, paired_difference
from humankind.systems.recommendation.metrics import (
    as_sets,
    bucket_recall,
    coverage,
    exposure,
    gini,
    novelty,
    ranking_metrics,
)
from humankind.systems.recommendation.snr import BUCKETS, popularity_thirds
from humankind.systems.recommendation.topk import Scorer, recommend


@dataclass(frozen=True)
class BucketRow:
    """What a model does for the items of one popularity bucket."""

    bucket: str
    n_items: int
    n_held_out: int
    """Held-out pairs whose item lies in the bucket."""
    share_of_lists: float
    """Part of all listed places that the bucket's items take."""
    recall: Interval | None
    """Over users with a held-out item in the bucket; None where there is no such user."""


@dataclass(frozen=True)
class Evaluation:
    """The figures of one model on one set of held-out pairs."""

    users: np.ndarray
    """User indices with held-out items, ascending; the order of every array of figures."""
    values: dict[str, np.ndarray]
    """Accuracy of each of these users, such as `recall@20`; see `metrics`."""
    beyond: dict[str, float]
    """`coverage`, `gini` and `novelty` at each k, over the lists of these users."""
    buckets: tuple[BucketRow, ...]
    """Recall at the largest k by popularity of the held-out item: head, mid and tail items each hold a third
    of the training interactions."""
    n_without_held_out: int
    """Users left out because nothing of theirs was held out."""
    lists: np.ndarray
    """What was recommended to `users`, int32 of shape (len(users), largest k)."""
    seed: int

    def mean(self, name: str) -> float:
        """Return the mean of one accuracy figure, or a figure beyond accuracy."""
        return self.beyond[name] if name in self.beyond else float(self._of(name).mean())

    def interval(self, name: str) -> Interval:
        """Return the mean of one accuracy figure over users with its bootstrap interval."""
        return bootstrap_mean(self._of(name), self.seed)

    def summary(self, names: Sequence[str] | None = None) -> dict[str, Interval]:
        """Return mean and interval of the named accuracy figures, of all if none are named.

        An interval takes about 0.2 s for 10,000 users.
        """
        return {name: self.interval(name) for name in (self.values if names is None else names)}

    def _of(self, name: str) -> np.ndarray:
        if name not in self.values:
            raise ConfigError("no such figure", found=name, expected=", ".join([*self.values, *self.beyond]))
        return self.values[name]


def evaluate(
    model: Scorer,
    train: csr_matrix,
    test: csr_matrix,
    ks: Sequence[int] = (10, 20),
    seed: int = 0,
    progress: Progress = SILENT,
) -> Evaluation:
    """Return the figures of a model, ranking all items that a user has not seen in training.

    Args:
        model: gives the scores.
        train: users x items; what lists must not contain.
        test: held-out pairs, of the same shape and disjoint from `train`.
        ks: list lengths to measure at.
        seed: of the bootstrap intervals.
        progress: where to report.

    Raises:
        DataError: `test` holds nothing, has another shape, or shares a pair with `train`.
        InternalError: a list holds a training item.
    """
    test = as_sets(test)
    _check_pairs(train, test)
    users = np.flatnonzero(np.diff(test.indptr))
    lists = recommend(model, train, users, max(ks), progress=progress)
    seen, held_out = train[users], test[users]
    _refuse_seen(lists, seen)
    degree = np.bincount(train.indices, minlength=train.shape[1])
    beyond = {}
    for k in sorted(set(ks)):
        beyond[f"coverage@{k}"] = coverage(lists[:, :k], train.shape[1])
        beyond[f"gini@{k}"] = gini(lists[:, :k], train.shape[1])
        beyond[f"novelty@{k}"] = novelty(lists[:, :k], degree, train.shape[0])
    return Evaluation(
        users=users,
        values=ranking_metrics(lists, held_out, ks),
        beyond=beyond,
        buckets=_by_bucket(lists, held_out, popularity_thirds(train), seed),
        n_without_held_out=train.shape[0] - len(users),
        lists=lists,
        seed=seed,
    )


def compare(a: Evaluation, b: Evaluation, metric: str) -> Comparison:
    """Return how `a` differs from `b` in one accuracy figure, user by user.

    Raises:
        DataError: the two were measured on different users.
        ConfigError: the figure was not measured in both.
    """
    if not np.array_equal(a.users, b.users):
        raise DataError(
            "two evaluations can only be compared on the same users",
            found=f"{len(a.users)} and {len(b.users)} users",
            remedy="evaluate both models on the same split",
        )
    return paired_difference(a._of(metric), b._of(metric), a.seed)


def _by_bucket(lists: np.ndarray, held_out: csr_matrix, bucket: np.ndarray, seed: int) -> tuple[BucketRow, ...]:
    recall = bucket_recall(lists, held_out, bucket, lists.shape[1])
    listed, wanted = exposure(lists, len(bucket)), np.bincount(held_out.indices, minlength=len(bucket))
    rows = []
    for b, name in enumerate(BUCKETS[: recall.shape[1]]):
        inside = bucket == b
        values = recall[:, b][~np.isnan(recall[:, b])]
        rows.append(
            BucketRow(
                bucket=name,
                n_items=int(inside.sum()),
                n_held_out=int(wanted[inside].sum()),
                share_of_lists=float(listed[inside].sum() / max(1, listed.sum())),
                recall=bootstrap_mean(values, seed) if values.size else None,
            )
        )
    return tuple(rows)


def _check_pairs(train: csr_matrix, test: csr_matrix) -> None:
    require_disjoint(train, test)
    if not test.nnz:
        raise DataError(
            "nothing is held out", found="an empty test set", remedy="hold out a larger part of each history"
        )


def require_disjoint(train: csr_matrix, test: csr_matrix, where: str | None = None) -> None:
    """Raise DataError unless both are pairs of the same users and items, and none is in both.

    Args:
        train: training pairs, users x items.
        test: held-out pairs.
        where: what the caller knows the held-out pairs as.
    """
    if train.shape != test.shape:
        raise DataError(
            "training and held-out pairs differ in shape", found=test.shape, where=where, expected=train.shape
        )
    shared = _shared(train, test)
    if shared.nnz:
        user, item = (int(index[0]) for index in shared.nonzero())
        raise DataError(
            "a held-out pair is also in the training data",
            found=f"{shared.nnz} pairs, the first: user index {user}, item index {item}",
            where=where,
            remedy="drop them from one side; a list never repeats what a user has seen",
        )


def _refuse_seen(lists: np.ndarray, seen: csr_matrix) -> None:
    row, place = np.nonzero(lists >= 0)
    listed = csr_matrix((np.ones(len(row), np.float32), (row, lists[row, place])), shape=seen.shape)
    leaked = _shared(seen, listed)
    if leaked.nnz:
        raise InternalError("a list holds items the user has already seen", found=f"{leaked.nnz} places")


def _shared(a: csr_matrix, b: csr_matrix) -> csr_matrix:
    return csr_matrix((a != 0).multiply(b != 0))
