"""SaD as a person uses it: fit, recommend, explain, fold in, save and load."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from humankind.spine.errors import ConfigError, DataError
from humankind.spine.progress import SILENT, Progress
from humankind.spine.resources import device as best_device
from humankind.systems.recommendation import snr
from humankind.systems.recommendation.answers import Explanation, Reason, Recommended
from humankind.systems.recommendation.config import SaDConfig
from humankind.systems.recommendation.data import Interactions
from humankind.systems.recommendation.dense import make_dense
from humankind.systems.recommendation.evaluate import require_disjoint
from humankind.systems.recommendation.fitting import DenseModel, FoldingModel, KeptModel, Views
from humankind.systems.recommendation.fusion import Fused, fuse
from humankind.systems.recommendation.itemitem import votes
from humankind.systems.recommendation.keeping import read, write
from humankind.systems.recommendation.readers import require_learnable
from humankind.systems.recommendation.store import Store
from humankind.systems.recommendation.topk import recommend, top_scores
from humankind.systems.recommendation.train import Choice, train


class SaD:
    """Top-N recommendation from two views that align each other.

    Args:
        config: all settings; or give single ones as keywords.
        sparse: `fsslim`, `slim`, `ease` or `itemknn`.
        dense: `mf`, `als`, `lightgcn`, or any object with `fit(X, extra_pairs)` and `score(users)`; it is copied
            before each training, so the object itself stays untrained.
        device: `auto`, `cpu` or `cuda`.
        settings: other keys of SaDConfig; a double underscore walks into a section (`mf__epochs=20`).

    >>> log = Interactions.from_pairs(["a", "a", "b", "b", "c", "c"], ["x", "y", "y", "z", "x", "z"])
    >>> model = SaD(dense="als", beta=1.0, als__embedding_dim=2, als__weight_decay=1.0, slim__alpha=0.01).fit(log)
    >>> model.recommend(["a"], k=1)[0][0].item_id
    'z'
    """

    def __init__(
        self,
        config: SaDConfig | None = None,
        *,
        sparse: str | None = None,
        dense: str | DenseModel | None = None,
        device: str = "auto",
        **settings: Any,
    ) -> None:
        self.plug_in = dense if dense is not None and not isinstance(dense, str) else None
        named = {"sparse": sparse, "dense": dense if isinstance(dense, str) else None}
        config = config or SaDConfig()
        for key, value in {**{k: v for k, v in named.items() if v is not None}, **settings}.items():
            config = config.replaced(key.replace("__", "."), value)
        self.config = config
        self.device = best_device(device)
        self.log: Interactions
        self.views: Views
        self.choice: Choice

    # -- training ------------------------------------------------------------------------------------------

    def fit(
        self,
        interactions: Interactions,
        validation: csr_matrix | None = None,
        *,
        checkpoint: Path | None = None,
        progress: Progress = SILENT,
    ) -> SaD:
        """Return self, trained.

        Args:
            interactions: what to learn from.
            validation: held-out pairs for the choice of epochs and beta; carved from `interactions` if not given.
            checkpoint: folder for finished stages; a second call with the same folder goes on where it stopped.
            progress: where to report.

        Raises:
            DataError: there is nothing to learn, nothing to choose open settings by, or `validation` is of another
                shape or holds a pair of `interactions`.
            RunError: `checkpoint` holds stages of other data or settings.
        """
        require_learnable(interactions)
        if validation is not None:
            require_disjoint(interactions.matrix, validation, "validation")
        self.log = interactions
        # A plug-in has no setting of ours: with one left open it would be trained for every value of the grid.
        config = (
            self.config
            if self.plug_in is None
            else self.config.replaced("mf.weight_decay", 0.0).replaced("dense", "mf")
        )
        store = Store(checkpoint)
        store.claim(
            {
                "data": _digest(interactions.matrix, validation),
                "settings": config.model_dump_json(),
                "dense view": type(self.plug_in).__name__,
            }
        )
        self.views, self.choice = train(
            interactions.matrix,
            config,
            self._make_dense,
            validation=validation,
            store=store,
            device=self.device,
            progress=progress,
        )
        return self

    def _make_dense(self, config: SaDConfig) -> DenseModel:
        if self.plug_in is not None:
            from copy import deepcopy

            return deepcopy(self.plug_in)
        return make_dense(config, self.device)

    # -- using ---------------------------------------------------------------------------------------------

    def score(self, users: np.ndarray) -> np.ndarray:
        """Return fused scores of user indices, float32 of shape (len(users), n_items)."""
        return self.fused.score(users)

    @property
    def fused(self) -> Fused:
        """Both views together, as one scorer."""
        return Fused(self.views.sparse, self.views.dense, self.choice.beta.beta)

    def recommend(
        self,
        users: Iterable[str] | None = None,
        k: int = 10,
        *,
        exclude_seen: bool = True,
        candidates: Iterable[str] | None = None,
    ) -> list[list[Recommended]]:
        """Return up to `k` items for each user, best first.

        Args:
            users: external ids; everyone if not given.
            k: list length, at least 1; lists are shorter where fewer items are left.
            exclude_seen: leave out what the user already has.
            candidates: ids that lists may be made of; all items if not given.

        Raises:
            DataError: an id is unknown, no candidate is given, or k is below 1.
        """
        _require_place(k)
        index = np.arange(self.log.n_users) if users is None else self.log.user_indices(users)
        allowed = self._allowed(candidates)
        lists = recommend(self, self.log.matrix, index, k, exclude_seen=exclude_seen, candidates=allowed)
        scores = top_scores(self, index, lists)
        return [self._named(row, values) for row, values in zip(lists, scores)]

    def recommend_new(
        self,
        history: Iterable[str],
        k: int = 10,
        *,
        exclude_seen: bool = True,
        candidates: Iterable[str] | None = None,
    ) -> list[Recommended]:
        """Return up to `k` items for a person who was not there at training, from item ids they liked.

        Args:
            history: item ids; one that is named twice counts once.
            k: list length, at least 1.
            exclude_seen: leave out the history itself.
            candidates: ids that the list may be made of; all items if not given.

        Raises:
            DataError: an item is unknown, the history or the candidates are empty, or k is below 1.
        """
        _require_place(k)
        items = np.unique(self.log.item_indices(history))
        allowed = self._allowed(candidates)
        row = csr_matrix(
            (np.ones(len(items), np.float32), (np.zeros(len(items), int), items)), shape=(1, self.log.n_items)
        )
        scores = self.fold_in(row)
        lists = recommend(_Given(scores), row, np.array([0]), k, exclude_seen=exclude_seen, candidates=allowed)
        return self._named(lists[0], scores[0, np.maximum(lists[0], 0)])

    def fold_in(self, history: csr_matrix) -> np.ndarray:
        """Return scores of new users: the sparse view needs no training, the dense one solves for their factors.

        Args:
            history: new users x items.

        Returns:
            float32 of shape (n_new, n_items). A dense view without `fold_in` leaves the sparse part alone.
        """
        if not history.nnz:
            raise DataError("a new person needs at least one item", found="an empty history")
        S = votes(csr_matrix(history, dtype=np.float32), self.views.sparse.weights)
        if not isinstance(self.views.dense, FoldingModel):
            return S
        factors = self.views.dense.fold_in(history)
        return fuse(S, factors @ self.views.dense.item_factors.T, self.choice.beta.beta)

    def similar_items(self, item_id: str, k: int = 10) -> list[Recommended]:
        """Return the `k` items nearest to one by the sparse view's weights in both directions.

        Falls back on the dense factors' cosine where the sparse view knows fewer than k.

        Raises:
            DataError: the item is unknown, or k is below 1.
        """
        _require_place(k)
        i = int(self.log.item_indices([item_id])[0])
        W = self.views.sparse.weights
        toward, away = _column(W, i), _row(W, i)
        score = (toward + away) / 2
        factors = getattr(self.views.dense, "item_factors", None)
        if factors is not None and np.count_nonzero(score) < k:
            length = np.linalg.norm(factors, axis=1) * np.linalg.norm(factors[i]) + 1e-12
            score = score + 1e-6 * (factors @ factors[i]) / length
        score[i] = -np.inf
        order = np.argsort(-score, kind="stable")[: min(k, self.log.n_items - 1)]
        return self._named(order, score[order])

    def explain(self, user_id: str, item_id: str, top: int = 5) -> Explanation:
        """Return where a score comes from: history items and their shares, and the dense view's share."""
        u = int(self.log.user_indices([user_id])[0])
        i = int(self.log.item_indices([item_id])[0])
        beta = float(self.choice.beta.beta[i])
        weight = _column(self.views.sparse.weights, i)
        own = self.log.matrix[u]
        added = (self.views.sparse.history[u] - own).tocsr()  # pairs injected when scoring
        shares = beta * own.data * weight[own.indices]
        injected = beta * float(added.data @ weight[added.indices])
        dense = float(self.views.dense.score(np.array([u]))[0, i])
        order = np.argsort(-shares, kind="stable")[:top]
        history = tuple(
            Reason(self._id(j), self._name(j), float(share))
            for j, share in zip(own.indices[order], shares[order])
            if share > 0
        )
        return Explanation(
            user_id,
            item_id,
            self._name(i),
            float(shares.sum()) + injected + dense,
            history,
            injected,
            dense,
        )

    def snr_report(self, held_out: csr_matrix) -> snr.Report:
        """Return the signal-to-noise report on held-out pairs: both views, their correlation, the best fusion.

        Raises:
            DataError: `held_out` holds nothing.
        """
        if not held_out.nnz:
            raise DataError("signal and noise are measured on held-out pairs", found="an empty matrix")
        views = snr.Views(self.views.sparse, self.views.dense, self.fused)
        return snr.report(views, self.choice.beta.value, self.log.matrix, held_out, self.config.seed)

    # -- keeping -------------------------------------------------------------------------------------------

    def save(self, folder: Path | str) -> Path:
        """Write the model into a folder (safetensors and JSON, no pickle) and return it.

        Raises:
            ConfigError: the dense view is a plug-in that cannot give its state.
        """
        if not isinstance(self.views.dense, KeptModel) or self.plug_in is not None:
            raise ConfigError(
                "a plugged-in dense model cannot be saved with SaD",
                found=type(self.views.dense).__name__,
                remedy="save it yourself and plug it in again, or use dense=mf, als or lightgcn",
            )
        return write(Path(folder), self.log, self.views, self.choice)

    @classmethod
    def load(cls, folder: Path | str, device: str = "auto") -> SaD:
        """Return the model that `save` wrote; RunError where there is none."""
        kept = read(Path(folder), device)
        model = cls(kept.choice.config, device=device)
        model.log, model.views, model.choice = kept
        return model

    def _allowed(self, candidates: Iterable[str] | None) -> np.ndarray | None:
        """Return the items that lists may be made of; None for all."""
        if candidates is None:
            return None
        allowed = self.log.item_indices(candidates)
        if not len(allowed):
            raise DataError("a list needs at least one candidate", found="no item", expected="item ids, or none given")
        return allowed

    def _named(self, items: np.ndarray, scores: np.ndarray) -> list[Recommended]:
        return [Recommended(self._id(i), self._name(i), float(score)) for i, score in zip(items, scores) if i >= 0]

    def _id(self, item: int) -> str:
        return str(self.log.item_ids[item])

    def _name(self, item: int) -> str:
        return self.log.item_names.get(self._id(item), "")


def _require_place(k: int) -> None:
    if k < 1:
        raise DataError("a list needs at least one place", found=f"k={k}", expected="k of 1 or more")


def _digest(*matrices: csr_matrix | None) -> str:
    digest = sha256()
    for matrix in matrices:
        for array in () if matrix is None else (matrix.indptr, matrix.indices, matrix.data):
            digest.update(array.tobytes())
        digest.update(b"|")
    return digest.hexdigest()


@dataclass
class _Given:
    """Scores of people who have no row in the training data."""

    scores: np.ndarray

    def score(self, users: np.ndarray) -> np.ndarray:
        return self.scores[users]


def _column(W: Any, i: int) -> np.ndarray:
    return np.asarray(W[:, i].toarray() if hasattr(W, "toarray") else W[:, i]).ravel().astype(np.float32)


def _row(W: Any, i: int) -> np.ndarray:
    return np.asarray(W[i].toarray() if hasattr(W, "toarray") else W[i]).ravel().astype(np.float32)
