"""The dense view: matrix factorisation under SaD's weighted logistic loss.

For a user u, an observed item i and all items j, with beta_x = 1/sqrt(degree(x) + 1),

    L = sum_(u,i) [ (w1 + w2 beta_u beta_i) softplus(-p_u.q_i)
                    + m * mean_j (w3 + w4 beta_u beta_j) softplus(p_u.q_j) ]  +  lambda/2 (|P|^2 + |Q|^2).

Two things differ from the paper's training, not from its loss (see NOTES.md for the figures):

- The paper draws negatives for each positive. Their expectation depends on the user alone, so we visit users, not
  positives: one product of a block of users with the items replaces hundreds of draws a positive. With
  `n_negatives` items drawn per block (and re-weighted) the cost no longer grows with the catalogue.
- From a tiny random start the loss first spends thousands of steps on popularity. We start from the answer to that
  part (bias: the log-odds of an item's popularity) and from the singular vectors of D_u^-1/2 X D_i^-1/2, which is
  the direction of the loss's own gradient at zero. `initial="normal"` gives the paper's start.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from scipy.sparse import csr_matrix, diags

from humankind.spine.progress import SILENT, Progress
from humankind.spine.seeds import derive, stream
from humankind.systems.recommendation.config import MFConfig, settled

_ITEM_MOMENTS = (0.9, 0.99)
_USER_MOMENTS = (0.5, 0.9)  # a user is visited once an epoch, so its averages must be short
_TINY = 1e-8

Pairs = tuple[np.ndarray, np.ndarray]
EpochHook = Callable[["MF", int], bool]


@dataclass
class _Adam:
    """Adam for the rows it is given; rows that are never visited never move."""

    rate: float
    moments: tuple[float, float]
    first: torch.Tensor
    second: torch.Tensor

    @classmethod
    def like(cls, table: torch.Tensor, rate: float, moments: tuple[float, float]) -> _Adam:
        return cls(rate, moments, torch.zeros_like(table), torch.zeros_like(table))

    def whole(self, table: torch.Tensor, gradient: torch.Tensor, step: int) -> None:
        a, b = self.moments
        self.first.lerp_(gradient, 1 - a)
        self.second.mul_(b).addcmul_(gradient, gradient, value=1 - b)
        spread = (self.second / (1 - b**step)).sqrt_().add_(_TINY)
        table.addcdiv_(self.first, spread, value=-self.rate / (1 - a**step))

    def rows(self, table: torch.Tensor, index: torch.Tensor, gradient: torch.Tensor, visit: int) -> None:
        a, b = self.moments
        first = self.first[index].lerp_(gradient, 1 - a)
        second = self.second[index].mul_(b).addcmul_(gradient, gradient, value=1 - b)
        self.first[index], self.second[index] = first, second
        spread = (second / (1 - b**visit)).sqrt_().add_(_TINY)
        table[index] = table[index].addcdiv(first, spread, value=-self.rate / (1 - a**visit))


@dataclass
class MF:
    """Matrix factorisation; the default dense view.

    After `fit`: `user_factors` (n_users, d) and `item_factors` (n_items, d), float32.
    """

    config: MFConfig = field(default_factory=MFConfig)
    seed: int = 0
    device: str = "cpu"
    user_factors: np.ndarray = field(init=False, repr=False)
    item_factors: np.ndarray = field(init=False, repr=False)
    epochs_done: int = field(init=False, default=0)

    def fit(
        self,
        X: csr_matrix,
        extra_pairs: Pairs | None = None,
        *,
        epochs: int | None = None,
        after_epoch: EpochHook | None = None,
        state: dict[str, np.ndarray] | None = None,
        progress: Progress = SILENT,
    ) -> MF:
        """Return self, trained.

        Args:
            X: users x items; every stored entry is one positive, whatever its weight.
            extra_pairs: (user_index, item_index) appended to the positives (structural signal, S to D).
            epochs: passes over the users; the config's number if not given.
            after_epoch: called with the model and the epoch number; returning True ends the training.
            state: what `state()` gave after some epoch, to go on from there.
            progress: where to report.
        """
        positives = _Positives(X, extra_pairs, torch.device(self.device))
        epochs = self.config.epochs if epochs is None else epochs
        tables = self._start(X) if state is None else self._restore(state)
        self._batch = _batch_users(self.config, X.shape[0])
        work = self._batch * (self.config.n_negatives or X.shape[1])
        with torch_threads(work), progress.task("dense view: matrix factorisation", epochs) as task:
            task.advance(self.epochs_done)
            while self.epochs_done < epochs:
                self._epoch(positives, tables)
                self.epochs_done += 1
                task.advance()
                self._publish(tables)
                if after_epoch is not None and after_epoch(self, self.epochs_done):
                    break
        self._publish(tables)
        return self

    def score(self, users: np.ndarray) -> np.ndarray:
        """Return P[users] Q', float32 of shape (len(users), n_items)."""
        return product(self.user_factors[users], self.item_factors)

    def fold_in(self, history: csr_matrix, steps: int = 30) -> np.ndarray:
        """Return factors of new users from their histories, items fixed: (n_new, d) float32.

        The loss of one user given Q is convex; `steps` passes of the training's own update are made from the
        mean user.
        """
        positives = _Positives(history, None, torch.device("cpu"), self._item_degree)
        tables = _Tables.of(
            np.repeat(self.user_factors.mean(axis=0, keepdims=True), history.shape[0], axis=0),
            self.item_factors,
            self.config,
            torch.device("cpu"),
        )
        everyone = np.arange(history.shape[0])
        for visit in range(1, steps + 1):
            gradient, _ = self._gradients(positives, tables, everyone, None)
            tables.user_adam.rows(tables.P, torch.arange(history.shape[0]), gradient, visit)
        return tables.P.numpy()

    def state(self) -> dict[str, np.ndarray]:
        """Return all that is needed to score, fold in and go on training, as named arrays."""
        saved = {
            "user_factors": self.user_factors,
            "item_factors": self.item_factors,
            "item_degree": self._item_degree,
            "epochs_done": np.array(self.epochs_done),
        }
        for name in ("user_adam", "item_adam"):
            adam = getattr(self._tables, name, None) if hasattr(self, "_tables") else None
            if adam is not None:
                saved[f"{name}.first"] = adam.first.cpu().numpy()
                saved[f"{name}.second"] = adam.second.cpu().numpy()
        return saved

    def load_state(self, state: dict[str, np.ndarray]) -> MF:
        """Return self with the factors of a `state`, ready to score."""
        self.user_factors = state["user_factors"]
        self.item_factors = state["item_factors"]
        self._item_degree = state["item_degree"]
        self.epochs_done = int(state["epochs_done"])
        return self

    # -- the loop ------------------------------------------------------------------------------------------

    def _start(self, X: csr_matrix) -> _Tables:
        self._item_degree = np.bincount(X.indices, minlength=X.shape[1])
        self.epochs_done = 0
        start = spectral_start if self.config.initial == "spectral" else normal_start
        P, Q = start(X, self.config, self.seed)
        return _Tables.of(P, Q, self.config, torch.device(self.device))

    def _restore(self, state: dict[str, np.ndarray]) -> _Tables:
        self.load_state(state)
        tables = _Tables.of(self.user_factors, self.item_factors, self.config, torch.device(self.device))
        for name in ("user_adam", "item_adam"):
            adam: _Adam = getattr(tables, name)
            adam.first.copy_(torch.from_numpy(state[f"{name}.first"]))
            adam.second.copy_(torch.from_numpy(state[f"{name}.second"]))
        return tables

    def _publish(self, tables: _Tables) -> None:
        self._tables = tables
        self.user_factors = tables.P.cpu().numpy()
        self.item_factors = tables.Q.cpu().numpy()

    def _epoch(self, positives: _Positives, tables: _Tables) -> None:
        rng = stream(self.seed, f"mf-epoch-{self.epochs_done}")  # depends on the epoch alone: resume is exact
        order = rng.permutation(positives.n_users)
        visit = self.epochs_done + 1
        n_steps = -(-positives.n_users // self._batch)
        for number, first in enumerate(range(0, positives.n_users, self._batch), start=1):
            users = order[first : first + self._batch]
            drawn = self._draw_items(rng, positives.n_items)
            user_gradient, item_gradient = self._gradients(positives, tables, users, drawn)
            tables.item_adam.whole(tables.Q, item_gradient, self.epochs_done * n_steps + number)
            index = torch.from_numpy(users).to(tables.P.device)
            tables.user_adam.rows(tables.P, index, user_gradient, visit)

    def _draw_items(self, rng: np.random.Generator, n_items: int) -> np.ndarray | None:
        """Return the items whose negative part is computed in this step; None for all of them."""
        if self.config.n_negatives == 0 or self.config.n_negatives >= n_items:
            return None
        return np.sort(rng.choice(n_items, self.config.n_negatives, replace=False))

    def _gradients(
        self, positives: _Positives, tables: _Tables, users: np.ndarray, drawn: np.ndarray | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the gradients of the loss of `users` with respect to their factors and to all item factors."""
        c, device = self.config, tables.P.device
        ridge = settled(c.weight_decay, "mf.weight_decay")
        u = torch.from_numpy(users).to(device)
        p, beta_u = tables.P[u], positives.user_beta[u]
        row, item = positives.of(u)

        # Positive part: -(w1 + w2 beta_u beta_i) sigmoid(-p.q) on the observed pairs.
        p_row, q_item = p[row], tables.Q[item]
        pull = torch.sigmoid(-(p_row * q_item).sum(dim=1))
        pull *= -(c.w1 + c.w2 * beta_u[row] * positives.item_beta[item])

        # Negative part: degree_u * m/I * (w3 + w4 beta_u beta_j) sigmoid(p.q) on all (or the drawn) items.
        j = slice(None) if drawn is None else torch.from_numpy(drawn).to(device)
        Q_j = tables.Q[j]
        push = torch.sigmoid_(p @ Q_j.T)
        scale = positives.user_degree[u] * (c.negative_weight / Q_j.shape[0])
        if c.w3 == 0.0:
            push *= c.w4 * positives.item_beta[j]
            push *= (scale * beta_u)[:, None]
        else:
            push *= torch.addcmul(scale[:, None] * c.w3, (scale * beta_u)[:, None], c.w4 * positives.item_beta[j])

        user_gradient = push @ Q_j
        user_gradient.index_add_(0, row, pull[:, None] * q_item)
        user_gradient.add_(p, alpha=ridge)  # a user's whole share: it is visited once an epoch
        item_gradient = tables.Q * (ridge * len(row) / positives.n_pairs)
        item_gradient[j] += push.T @ p
        item_gradient.index_add_(0, item, pull[:, None] * p_row)
        return user_gradient, item_gradient


@dataclass
class _Tables:
    """P, Q and their optimisers."""

    P: torch.Tensor
    Q: torch.Tensor
    user_adam: _Adam
    item_adam: _Adam

    @classmethod
    def of(cls, P: np.ndarray, Q: np.ndarray, config: MFConfig, device: torch.device) -> _Tables:
        p = torch.tensor(P, dtype=torch.float32, device=device)
        q = torch.tensor(Q, dtype=torch.float32, device=device)
        return cls(
            p,
            q,
            _Adam.like(p, config.user_learning_rate, _USER_MOMENTS),
            _Adam.like(q, config.learning_rate, _ITEM_MOMENTS),
        )


def _batch_users(config: MFConfig, n_users: int) -> int:
    if config.batch_users != "auto":
        return min(config.batch_users, n_users)
    return min(n_users, max(32, min(512, n_users // 64)))


@contextmanager
def torch_threads(block: int) -> Generator[None]:
    """Use one torch thread for the time of the block where a step's scores number fewer than `_WORTH_THREADS`.

    Below that, threads cost more in waiting for each other than they save, many times more on a busy machine.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(before if block >= _WORTH_THREADS else 1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


_WORTH_THREADS = 500_000


class _Positives:
    """The positive pairs in rows by user, on the device; degrees are those of the original X."""

    def __init__(
        self, X: csr_matrix, extra: Pairs | None, device: torch.device, item_degree: np.ndarray | None = None
    ) -> None:
        self.n_users, self.n_items = X.shape
        user = np.repeat(np.arange(self.n_users), np.diff(X.indptr))
        item = X.indices
        if extra is not None:  # appended, not merged: a repeated positive counts twice, as in the paper
            user, item = np.concatenate([user, extra[0]]), np.concatenate([item, extra[1]])
            order = np.argsort(user, kind="stable")
            user, item = user[order], item[order]
        self.n_pairs = len(user)
        count = np.bincount(user, minlength=self.n_users)
        degree = np.diff(X.indptr)
        item_degree = np.bincount(X.indices, minlength=self.n_items) if item_degree is None else item_degree
        self._start = torch.from_numpy(np.concatenate([[0], np.cumsum(count)])).to(device)
        self._item = torch.from_numpy(item.astype(np.int64)).to(device)
        self.user_degree = torch.from_numpy(count.astype(np.float32)).to(device)
        self.user_beta = torch.from_numpy((degree + 1.0).astype(np.float32) ** -0.5).to(device)
        self.item_beta = torch.from_numpy((item_degree + 1.0).astype(np.float32) ** -0.5).to(device)

    def of(self, users: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (row in `users`, item) of every positive pair of these users."""
        start = self._start[users]
        count = self._start[users + 1] - start
        row = torch.repeat_interleave(torch.arange(len(users), device=users.device), count)
        before = torch.cumsum(count, 0) - count
        offset = torch.arange(len(row), device=users.device) - before[row]
        return row, self._item[start[row] + offset]


def product(P: np.ndarray, Q: np.ndarray) -> np.ndarray:
    """Return P Q' in float32, by torch's matrix product."""
    return (torch.from_numpy(np.ascontiguousarray(P)) @ torch.from_numpy(Q).T).numpy()


def normal_start(X: csr_matrix, config: MFConfig, seed: int) -> Pairs:
    """Return P and Q drawn from N(0, initial_scale^2), the paper's start."""
    rng = stream(seed, "mf-start")
    P = rng.standard_normal((X.shape[0], config.embedding_dim), dtype=np.float32) * config.initial_scale
    Q = rng.standard_normal((X.shape[1], config.embedding_dim), dtype=np.float32) * config.initial_scale
    return P, Q


def spectral_start(X: csr_matrix, config: MFConfig, seed: int) -> Pairs:
    """Return P and Q whose product is the popularity log-odds plus the leading structure of the data.

    Dimension 0 carries log(degree_i / mean degree) - log(negative_weight), at which the positive and negative
    parts of the loss balance for a user without tastes. The others carry the singular vectors 2..d of
    D_u^-1/2 X D_i^-1/2, scaled so that their scores have standard deviation `initial_scale`.
    """
    n_users, n_items = X.shape
    d = config.embedding_dim
    user_degree = np.diff(X.indptr) + 1.0
    item_degree = np.bincount(X.indices, minlength=n_items) + 1.0
    ones = csr_matrix((np.ones(X.nnz, np.float32), X.indices, X.indptr), shape=X.shape)
    normalised = (diags(user_degree**-0.5) @ ones @ diags(item_degree**-0.5)).tocsr().astype(np.float32)
    rank = min(d, min(X.shape) - 1)
    U, s, V = _leading_singular_vectors(normalised, rank, derive(seed, "mf-start"))
    P = np.zeros((n_users, d), np.float32)
    Q = np.zeros((n_items, d), np.float32)
    P[:, 1:rank] = (U * np.sqrt(s) * user_degree[:, None] ** 0.25)[:, 1:]
    Q[:, 1:rank] = (V * np.sqrt(s) * item_degree[:, None] ** 0.25)[:, 1:]
    sample = stream(seed, "mf-start-sample").integers(n_users, size=512)
    spread = float((P[sample] @ Q.T).std())
    if spread > 0:
        P *= np.sqrt(config.initial_scale / spread)
        Q *= np.sqrt(config.initial_scale / spread)
    P[:, 0] = _BIAS_COLUMN
    Q[:, 0] = (np.log(item_degree / item_degree.mean()) - np.log(config.negative_weight)) / _BIAS_COLUMN
    return P, Q


def _leading_singular_vectors(A: csr_matrix, rank: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        A = A.tocoo()
        place = torch.from_numpy(np.stack([A.row, A.col]).astype(np.int64))
        tensor = torch.sparse_coo_tensor(place, torch.from_numpy(A.data), A.shape, check_invariants=False)
        U, s, V = torch.svd_lowrank(tensor, q=rank, niter=4)
    return U.numpy(), s.numpy(), V.numpy()


_BIAS_COLUMN = 1.5  # what P carries in the bias dimension; near the norm that trained factors have
