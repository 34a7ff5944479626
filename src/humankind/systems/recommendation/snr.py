"""The signal-to-noise theory of SaD, as a diagnostic: how much is fusion worth, and at which weight?

For a user, a held-out item i+ and an unseen item i-, a view's margin is its score difference. Over many such
triples, SNR = mean / standard deviation of the margin. For a fused margin a*D_s + b*D_d of two views with SNRs s
and d and margin correlation rho,

    best SNR^2 = (s^2 + d^2 - 2 rho s d) / (1 - rho^2),   at  a : b = (s - rho d)/sigma_s : (d - rho s)/sigma_d,

which exceeds both unless the weaker view is rho times the stronger.

Paper: the fusion theorem (weakly correlated views give a strictly higher SNR). This closed form is the standard
one; the paper's own wording could not be read, see NOTES.md.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
from scipy.sparse import csr_matrix

from humankind.spine.seeds import stream

MAX_TRIPLES = 200_000
_TRIES = 16  # draws of i- a triple; a user who has seen nearly everything may use them all up


class Scorer(Protocol):
    """Anything that scores all items for some users."""

    def score(self, users: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class Views:
    """What is diagnosed: the two views and the model that fuses them."""

    sparse: Scorer
    dense: Scorer
    fused: Scorer


@dataclass(frozen=True)
class Margins:
    """Margins of both views and of the model itself on the same triples."""

    sparse: np.ndarray
    dense: np.ndarray
    fused: np.ndarray
    user: np.ndarray
    positive: np.ndarray
    """Item index of i+, to sort triples by popularity."""
    negative: np.ndarray

    def only(self, mask: np.ndarray) -> Margins:
        """Return the triples where `mask` holds."""
        return Margins(*(getattr(self, f.name)[mask] for f in fields(self)))


@dataclass(frozen=True)
class Moments:
    """What the theorem needs: means, deviations and correlation of two margins."""

    n: int
    mean_sparse: float
    mean_dense: float
    sd_sparse: float
    sd_dense: float
    rho: float

    @property
    def snr_sparse(self) -> float:
        return _ratio(self.mean_sparse, self.sd_sparse)

    @property
    def snr_dense(self) -> float:
        return _ratio(self.mean_dense, self.sd_dense)

    @property
    def best_snr(self) -> float:
        """The highest SNR that weights without a minus can reach: the closed form, or the better view alone."""
        s, d, rho = self.snr_sparse, self.snr_dense, self.rho
        if self.best_beta is None or abs(rho) > 1 - 1e-9:
            return max(s, d)
        return float(np.sqrt((s * s + d * d - 2 * rho * s * d) / (1 - rho * rho)))

    @property
    def best_beta(self) -> float | None:
        """The weight beta of beta*S + D that reaches it; None where no positive weight of both views does."""
        a = _ratio(self.snr_sparse - self.rho * self.snr_dense, self.sd_sparse)
        b = _ratio(self.snr_dense - self.rho * self.snr_sparse, self.sd_dense)
        return a / b if a >= 0 and b > 0 else None

    def snr_at(self, beta: float) -> float:
        """Return the SNR of beta*S + D."""
        mean = beta * self.mean_sparse + self.mean_dense
        covariance = self.rho * self.sd_sparse * self.sd_dense
        variance = (beta * self.sd_sparse) ** 2 + self.sd_dense**2 + 2 * beta * covariance
        return _ratio(mean, float(np.sqrt(max(variance, 0.0))))


def snr(margin: np.ndarray) -> float:
    """Return mean / standard deviation of a margin."""
    return _ratio(float(margin.mean()), float(margin.std()))


def moments(margins: Margins) -> Moments:
    """Return the moments of two margins on the same triples."""
    s, d = margins.sparse.astype(np.float64), margins.dense.astype(np.float64)
    rho = float(np.corrcoef(s, d)[0, 1]) if s.std() > 0 and d.std() > 0 else 0.0
    return Moments(len(s), float(s.mean()), float(d.mean()), float(s.std()), float(d.std()), rho)


def draw_margins(views: Views, X: csr_matrix, held_out: csr_matrix, seed: int) -> Margins:
    """Return margins for every held-out pair against one unseen item drawn at random.

    At most MAX_TRIPLES, from users taken in random order. i- is in neither X nor `held_out`.
    """
    rng = stream(seed, "snr-triples")
    known = (X + held_out).tocsr()
    users = rng.permutation(np.flatnonzero(np.diff(held_out.indptr)))
    block_size = max(1, int(16_000_000 // X.shape[1]))
    parts, total = [], 0
    for first in range(0, len(users), block_size):
        block = np.sort(users[first : first + block_size])
        part = _block_margins(views, known, held_out, block, rng)
        parts.append(part)
        total += len(part.user)
        if total >= MAX_TRIPLES:
            break
    return Margins(*(np.concatenate([getattr(p, f.name) for p in parts])[:MAX_TRIPLES] for f in fields(Margins)))


def _block_margins(
    views: Views, known: csr_matrix, held_out: csr_matrix, block: np.ndarray, rng: np.random.Generator
) -> Margins:
    rows = held_out[block]
    row = np.repeat(np.arange(len(block)), np.diff(rows.indptr))
    positive = rows.indices
    taken = known[block].toarray() > 0
    negative = rng.integers(known.shape[1], size=len(row))
    for _ in range(_TRIES):
        clash = np.flatnonzero(taken[row, negative])
        if not len(clash):
            break
        negative[clash] = rng.integers(known.shape[1], size=len(clash))
    fine = ~taken[row, negative]
    row, positive, negative = row[fine], positive[fine], negative[fine]
    scores = (views.sparse.score(block), views.dense.score(block), views.fused.score(block))
    return Margins(*(Y[row, positive] - Y[row, negative] for Y in scores), block[row], positive, negative)


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator > 0 else 0.0


@dataclass(frozen=True)
class ReportRow:
    """The signal-to-noise facts of one group of triples."""

    bucket: str
    n: int
    sparse: float
    dense: float
    rho: float
    predicted: float
    """The best SNR any weighting can reach, from the closed form."""
    best_beta: float | None
    """The weight that reaches it."""
    at_best: float | None
    """SNR measured on the margins fused with `best_beta`."""
    fused: float
    """SNR measured on the margins of the model as it scores."""


@dataclass(frozen=True)
class Report:
    """SNR over all triples and by popularity of the held-out item."""

    rows: tuple[ReportRow, ...]
    curve: tuple[tuple[float, float], ...]
    """(beta, SNR of beta*S + D) over a grid, from the moments."""
    beta: float
    """The model's own weight, or its mean."""


def report(views: Views, beta: float, X: csr_matrix, held_out: csr_matrix, seed: int) -> Report:
    """Return the SNR report of a fitted model on held-out pairs.

    Args:
        views: both views and the fused model.
        beta: the model's own weight, or its mean, for the plot.
        X: training matrix; popularity buckets are thirds of its interactions.
        held_out: pairs that were not trained on.
        seed: of the drawn negatives.
    """
    margins = draw_margins(views, X, held_out, seed)
    groups = popularity_thirds(X)[margins.positive]
    rows = [_report_row("all", margins)]
    rows += [_report_row(name, margins.only(groups == g)) for g, name in enumerate(BUCKETS) if (groups == g).sum() > 1]
    whole = moments(margins)
    middle = whole.best_beta or beta or 1.0
    grid = [middle * 2 ** (e / 4) for e in range(-16, 17)]
    return Report(tuple(rows), tuple((b, whole.snr_at(b)) for b in grid), beta)


BUCKETS = ("head", "mid", "tail")


def popularity_thirds(X: csr_matrix) -> np.ndarray:
    """Return the bucket of each item: 0 head, 1 mid, 2 tail, each holding a third of all interactions."""
    degree = np.bincount(X.indices, minlength=X.shape[1])
    order = np.argsort(-degree, kind="stable")
    before = np.cumsum(degree[order]) - degree[order]
    bucket = np.empty(X.shape[1], np.int64)
    bucket[order] = np.minimum(3 * before // max(1, degree.sum()), 2)
    return bucket


def _report_row(name: str, margins: Margins) -> ReportRow:
    m = moments(margins)
    S, D = margins.sparse.astype(np.float64), margins.dense.astype(np.float64)
    at_best = None if m.best_beta is None else snr(m.best_beta * S + D)
    return ReportRow(name, m.n, m.snr_sparse, m.snr_dense, m.rho, m.best_snr, m.best_beta, at_best, snr(margins.fused))


def halves(margins: Margins, seed: int) -> tuple[Margins, Margins]:
    """Return the triples of one random half of the users, and those of the others."""
    users = stream(seed, "snr-halves").permutation(np.unique(margins.user))
    first = np.isin(margins.user, users[: (len(users) + 1) // 2])
    return margins.only(first), margins.only(~first)


def bootstrap(margins: Margins, seed: int, n_resamples: int = 1000) -> dict[str, np.ndarray]:
    """Return resampled SNRs of `sparse`, `dense` and `fused`, and the closed form (`best`), each (n_resamples,).

    Users are drawn, not triples, since triples of one user share their scores; all see the same draws, so their
    differences are paired.
    """
    user, index = np.unique(margins.user, return_inverse=True)
    drawn = stream(seed, "snr-bootstrap").multinomial(len(user), np.full(len(user), 1 / len(user)), size=n_resamples)
    count = drawn @ np.bincount(index)

    def mean(values: np.ndarray) -> np.ndarray:
        return drawn @ np.bincount(index, values) / count

    views = {name: getattr(margins, name).astype(np.float64) for name in ("sparse", "dense", "fused")}
    means = {name: mean(m) for name, m in views.items()}
    sds = {name: np.sqrt(np.maximum(mean(m * m) - means[name] ** 2, 1e-300)) for name, m in views.items()}
    covariance = mean(views["sparse"] * views["dense"]) - means["sparse"] * means["dense"]
    rho = covariance / (sds["sparse"] * sds["dense"])
    facts = zip(means["sparse"], means["dense"], sds["sparse"], sds["dense"], rho)
    best = np.array([Moments(0, *map(float, moment)).best_snr for moment in facts])
    return {name: means[name] / sds[name] for name in views} | {"best": best}
