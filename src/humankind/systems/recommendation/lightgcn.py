"""LightGCN as a dense view: factors averaged over the layers of the user-item graph, trained by BPR.

With A the graph of users and items, D its degrees and E the trained (ego) factors,

    F = mean_{k=0..K} (D^-1/2 A D^-1/2)^k E,      y_ui = f_u.f_i,
    loss = mean_(u,i,j) softplus(y_uj - y_ui)  +  lambda/2 mean (|e_u|^2 + |e_i|^2 + |e_j|^2),

where (u, i) is a positive and j an item drawn evenly from those that are no positive of u.

The propagation is linear and symmetric, so its gradient is the propagation of the gradient. It runs over the
whole graph in every step, whatever the batch: large batches are what makes training cheap.

Paper: He et al., "LightGCN: Simplifying and Powering Graph Convolution Network for Recommendation",
SIGIR 2020.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from scipy.sparse import csr_matrix

from humankind.spine.progress import SILENT, Progress
from humankind.spine.seeds import stream
from humankind.systems.recommendation.config import LightGCNConfig

_START_DEVIATION = 0.1
_TRIES = 16  # draws of a negative; a user with nearly every item as a positive may use them all up

Pairs = tuple[np.ndarray, np.ndarray]
EpochHook = Callable[["LightGCN", int], bool]


@dataclass
class LightGCN:
    """LightGCN; trained on the CPU, the same seed gives the same factors.

    After `fit`: `user_factors` (n_users, d) and `item_factors` (n_items, d), float32, averaged over layers.
    """

    config: LightGCNConfig = field(default_factory=LightGCNConfig)
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
    ) -> LightGCN:
        """Return self, trained.

        Args:
            X: users x items; every stored entry is one positive and one edge, whatever its weight.
            extra_pairs: (user_index, item_index) of further positives (structural signal, S to D). Each is
                one more training pair, also where X has it already, and an edge where X has none.
            epochs: passes over the positives; the config's number if not given.
            after_epoch: called with the model and the epoch number; returning True ends the training.
            state: what `state()` gave after some epoch, to go on from there.
            progress: where to report.
        """
        positives = _Positives(X, extra_pairs)
        graph = Graph(positives.edges, torch.device(self.device))
        epochs = self.config.epochs if epochs is None else epochs
        self._start(X.shape, state)
        with progress.task("dense view: LightGCN", epochs) as task:
            task.advance(self.epochs_done)
            while self.epochs_done < epochs:
                loss = self._epoch(positives, graph)
                self.epochs_done += 1
                task.advance()
                task.note(f"loss {loss:.4f}")
                if after_epoch is not None:
                    self._publish(graph)
                    if after_epoch(self, self.epochs_done):
                        break
        self._publish(graph)
        return self

    def score(self, users: np.ndarray) -> np.ndarray:
        """Return F[users] F_items', float32 of shape (len(users), n_items)."""
        rows = torch.from_numpy(self.user_factors[users])
        return (rows @ torch.from_numpy(self.item_factors).T).numpy()

    def fold_in(self, history: csr_matrix) -> np.ndarray:
        """Return factors of new users from their histories, without training: float32 (n_new, d).

        A new user has no factors of their own (e_u = 0); what they have is what the layers carry to them from
        their items: mean_k of sum_i e_i^(k-1) / sqrt(d_u d_i). What they would change in items is left out.
        """
        degree = np.maximum(np.diff(history.indptr), 1)[:, None]
        ones = csr_matrix((np.ones(history.nnz, np.float32), history.indices, history.indptr), history.shape)
        return np.asarray(ones @ self._item_context / np.sqrt(degree), dtype=np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """Return all that is needed to score, fold in and go on training, as named arrays."""
        return {
            "user_factors": self.user_factors,
            "item_factors": self.item_factors,
            "item_context": self._item_context,
            "epochs_done": np.array(self.epochs_done),
            **self._training,
        }

    def load_state(self, state: dict[str, np.ndarray]) -> LightGCN:
        """Return self with the factors of a `state`, ready to score and to fold in."""
        self.user_factors = state["user_factors"]
        self.item_factors = state["item_factors"]
        self._item_context = state["item_context"]
        self.epochs_done = int(state["epochs_done"])
        self._training = {name: state[name] for name in _TRAINING}
        return self

    # -- the loop ------------------------------------------------------------------------------------------

    def _start(self, shape: tuple[int, int], state: dict[str, np.ndarray] | None) -> None:
        self.epochs_done = 0
        if state is None:
            size = (sum(shape), self.config.embedding_dim)
            start = stream(self.seed, "lightgcn-start").standard_normal(size, dtype=np.float32)
            start *= _START_DEVIATION
            state = {"ego": start, "adam.step": np.array(0.0, np.float32)}
            state |= {"adam.first": np.zeros_like(start), "adam.second": np.zeros_like(start)}
        else:
            self.load_state(state)
        self._ego = torch.nn.Parameter(torch.tensor(state["ego"], device=self.device))
        self._adam = torch.optim.Adam([self._ego], lr=self.config.learning_rate)
        self._adam.state[self._ego] = {
            "step": torch.tensor(state["adam.step"]),
            "exp_avg": torch.tensor(state["adam.first"], device=self.device),
            "exp_avg_sq": torch.tensor(state["adam.second"], device=self.device),
        }

    def _epoch(self, positives: _Positives, graph: Graph) -> float:
        rng = stream(self.seed, f"lightgcn-epoch-{self.epochs_done}")  # of the epoch alone: resume is exact
        order = rng.permutation(len(positives.user))
        total, n_drawn = 0.0, 0
        for first in range(0, len(order), self.config.batch_size):
            triples = positives.triples(order[first : first + self.config.batch_size], rng)
            if not len(triples[0]):
                continue
            total += self._step(graph, triples) * len(triples[0])
            n_drawn += len(triples[0])
        return total / max(1, n_drawn)

    def _step(self, graph: Graph, triples: tuple[np.ndarray, np.ndarray, np.ndarray]) -> float:
        user, liked, other = (torch.from_numpy(index).to(self._ego.device) for index in triples)
        nodes = torch.cat([user, liked + graph.n_users, other + graph.n_users])
        self._adam.zero_grad()
        layers = _Propagation.apply(self._ego, graph, self.config.n_layers)
        f_user, f_liked, f_other = layers.index_select(0, nodes).split(len(user))
        bpr = torch.nn.functional.softplus((f_user * (f_other - f_liked)).sum(dim=1)).mean()
        ego = self._ego.index_select(0, nodes)
        loss = bpr + self.config.weight_decay * ego.square().sum() / (2 * len(user))
        loss.backward()
        self._adam.step()
        return float(bpr.detach())

    def _publish(self, graph: Graph) -> None:
        """Set the factors that score, and what going on needs, from the ego factors."""
        n_layers = self.config.n_layers
        factors = (graph.sum_of_layers(self._ego, n_layers) / (n_layers + 1)).cpu().numpy()
        # A user's layers 1..K are made of layers 0..K-1 of their items.
        context = graph.sum_of_layers(self._ego, n_layers - 1)[graph.n_users :] * graph.item_scale[:, None]
        self._item_context = (context / (n_layers + 1)).cpu().numpy()
        self.user_factors, self.item_factors = factors[: graph.n_users], factors[graph.n_users :]
        adam = self._adam.state[self._ego]
        tensors = (self._ego.detach(), adam["step"], adam["exp_avg"], adam["exp_avg_sq"])
        self._training = {name: tensor.cpu().numpy().copy() for name, tensor in zip(_TRAINING, tensors)}


_TRAINING = ("ego", "adam.step", "adam.first", "adam.second")


class Graph:
    """The normalised graph D^-1/2 A D^-1/2 of users and items; users are its first nodes.

    Args:
        edges: users x items; every stored entry is an edge of weight 1.
        device: where to propagate.
    """

    def __init__(self, edges: csr_matrix, device: torch.device | None = None) -> None:
        self.n_users, n_items = edges.shape
        user_scale = _inverse_root(np.diff(edges.indptr))
        item_scale = _inverse_root(np.bincount(edges.indices, minlength=n_items))
        row = np.repeat(np.arange(self.n_users), np.diff(edges.indptr))
        values = user_scale[row] * item_scale[edges.indices]
        to_users = csr_matrix((values, edges.indices, edges.indptr), shape=edges.shape)
        self.to_users = _sparse(to_users, device)
        self.to_items = _sparse(to_users.T.tocsr(), device)
        self.item_scale = torch.from_numpy(item_scale).to(device)

    def sum_of_layers(self, ego: torch.Tensor, n_layers: int) -> torch.Tensor:
        """Return the sum of layers 0 to `n_layers`, of the shape of `ego` (n_users + n_items, d)."""
        total = ego.detach().clone()
        users, items = total[: self.n_users], total[self.n_users :]
        layer_users, layer_items = users.clone(), items.clone()
        for _ in range(n_layers):
            layer_users, layer_items = self.to_users @ layer_items, self.to_items @ layer_users
            users += layer_users  # views: this writes into `total`
            items += layer_items
        return total


class _Propagation(torch.autograd.Function):
    """The mean of layers; its matrix is symmetric, so the gradient goes back the way the factors came."""

    @staticmethod
    def forward(ctx: Any, ego: torch.Tensor, graph: Graph, n_layers: int) -> torch.Tensor:
        ctx.graph, ctx.n_layers = graph, n_layers
        return graph.sum_of_layers(ego, n_layers).div_(n_layers + 1)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        total = ctx.graph.sum_of_layers(gradients[0], ctx.n_layers)
        return total.div_(ctx.n_layers + 1), None, None


class _Positives:
    """The positive pairs: those of X, then the extra ones; `edges` is their union."""

    def __init__(self, X: csr_matrix, extra: Pairs | None) -> None:
        user = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
        item = X.indices.astype(np.int64)
        if extra is not None:
            user, item = np.concatenate([user, extra[0]]), np.concatenate([item, extra[1]])
        self.user, self.item, self.n_items = user, item, X.shape[1]
        self._keys = np.unique(user * self.n_items + item)
        rows, columns = np.divmod(self._keys, self.n_items)
        self.edges = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=X.shape)

    def triples(self, index: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (user, positive, negative) of some positives; those with no negative left are dropped."""
        user, item = self.user[index], self.item[index]
        other = rng.integers(self.n_items, size=len(index))
        wrong = np.flatnonzero(self._known(user, other))
        for _ in range(_TRIES):
            if not len(wrong):
                return user, item, other
            other[wrong] = rng.integers(self.n_items, size=len(wrong))
            wrong = wrong[self._known(user[wrong], other[wrong])]
        fine = np.ones(len(index), bool)
        fine[wrong] = False
        return user[fine], item[fine], other[fine]

    def _known(self, user: np.ndarray, item: np.ndarray) -> np.ndarray:
        key = user * self.n_items + item
        at = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
        return self._keys[at] == key


def _inverse_root(degree: np.ndarray) -> np.ndarray:
    """Return degree^-1/2 as float32; 0 where there is no edge."""
    return np.where(degree > 0, np.maximum(degree, 1) ** -0.5, 0.0).astype(np.float32)


def _sparse(matrix: csr_matrix, device: torch.device | None) -> torch.Tensor:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta state")
        return torch.sparse_csr_tensor(
            torch.from_numpy(matrix.indptr),
            torch.from_numpy(matrix.indices),
            torch.from_numpy(matrix.data),
            size=matrix.shape,
            device=device,
            check_invariants=True,
        )
