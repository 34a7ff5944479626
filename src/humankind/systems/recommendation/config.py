"""Settings of SaD: both views, both alignments, the fusion. Published values carry their source."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypeVar, cast

from annotated_types import Ge, Gt, Le

from humankind.spine.config import Config, Section
from humankind.spine.errors import ConfigError

Positive = Annotated[float, Gt(0)]
NotNegative = Annotated[float, Ge(0)]
Count = Annotated[int, Ge(1)]
CountOrNone = Annotated[int, Ge(0)]
Share = Annotated[float, Ge(0), Le(1)]
Auto = Literal["auto"]

GRIDS: dict[str, tuple[float, ...]] = {
    "slim.alpha": (0.0006, 0.0025, 0.01, 0.04, 0.16, 0.64),
    "ease.ridge": (5.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 3000.0),
    "mf.weight_decay": (0.04, 0.08, 0.16, 0.4, 1.0),
    "als.weight_decay": (1.0, 10.0, 25.0, 50.0, 100.0, 200.0, 400.0),
}
"""What `auto` climbs on validation, for the settings that depend most on how dense the data are."""

SEMANTIC_GRID = ((0, 0), (0, 10), (5, 10), (5, 25))
"""(K1, K2) that `semantic=auto` tries; official presets lie between (0, 0) and (5, 25)."""


T = TypeVar("T")


def settled(value: T | Auto, key: str) -> T:
    """Return a setting's value; ConfigError where it is still `auto`."""
    if value == "auto":
        raise ConfigError(
            "a setting must be chosen before this model is trained by itself",
            found=f"{key}=auto",
            remedy="give a number, or train through SaD or a baseline, which choose it on validation",
        )
    return cast(T, value)


class SlimConfig(Section):
    """SLIM and fsSLIM."""

    n_neighbors: Count = 200
    """fsSLIM only: candidates an item, nearest by cosine."""
    alpha: Auto | Positive = "auto"
    """Elastic-net strength; `auto` chooses on validation. Official command line: 0.01."""
    l1_ratio: Share = 1e-4
    """Part of `alpha` that is l1. Official command line for ML-1M: 1e-4."""
    keep: Count = 100
    """Largest weights kept an item. Official code: 100."""


class EaseConfig(Section):
    """EASE, the closed-form item-item regression."""

    ridge: Auto | Positive = "auto"
    """Added to the diagonal of the Gram matrix; `auto` chooses on validation. 50 to 1000 in public benchmarks."""


class ItemKNNConfig(Section):
    """Cosine neighbours."""

    n_neighbors: Count = 100
    """Neighbours an item."""
    shrink: NotNegative = 0.0
    """Added to the denominator of the cosine."""


class MFConfig(Section):
    """Matrix factorisation under SaD's loss."""

    embedding_dim: Annotated[int, Ge(2)] = 64
    """Columns of P and Q. Official presets: 64, ML-1M 128."""
    epochs: Count = 60
    """Most passes over the users; validation chooses how many are used."""
    batch_users: Auto | Count = "auto"
    """Users a step; `auto` makes 64 steps an epoch, of 32 to 512 users."""
    learning_rate: Positive = 1e-3
    """Adam's step for items. Official: 1e-3."""
    user_learning_rate: Positive = 3e-2
    """Adam's step for users; larger, as a user is visited once an epoch."""
    n_negatives: CountOrNone = 0
    """Items drawn per step for the negative part; 0 takes all of them (the exact expectation)."""
    negative_weight: Positive = 200.0
    """Weight of the mean negative loss of a positive. Official: 75 to 1000 by data set, ML-1M 200."""
    w1: NotNegative = 0.0
    """Constant weight of positives. Official: 1e-8 to 1e-6."""
    w2: NotNegative = 1.0
    """Degree weight of positives. Official: 1."""
    w3: NotNegative = 0.0
    """Constant weight of negatives. Official: 1e-8 to 1e-6, Amazon Books 1."""
    w4: NotNegative = 1.0
    """Degree weight of negatives. Official: 1, Amazon Books 1e-8."""
    weight_decay: Auto | NotNegative = "auto"
    """Lambda: ridge on P and Q against the loss of one whole epoch; `auto` chooses on validation. The official gamma
    is per step; times steps an epoch it is 0.08 (ML-1M), 0.16 (Gowalla) and 0.0008 (Electronics)."""
    initial: Literal["spectral", "normal"] = "spectral"
    """Start of P and Q; `normal` is the paper's and stays at popularity for thousands of steps."""
    initial_scale: Positive = 0.5
    """Standard deviation: of the starting scores (spectral) or of the entries (normal; official 1e-4 to 1e-3)."""


class ALSConfig(Section):
    """Implicit alternating least squares, from the library `implicit`."""

    embedding_dim: Count = 64
    """Factors."""
    epochs: Count = 15
    """Alternations."""
    alpha: Positive = 10.0
    """Confidence of an observed pair over an unobserved one."""
    weight_decay: Auto | NotNegative = "auto"
    """Ridge on the factors, in units of alpha times interactions; `auto` chooses on validation."""


class LightGCNConfig(Section):
    """LightGCN: factors averaged over the layers of the user-item graph, trained by BPR."""

    embedding_dim: Count = 64
    """Columns of the factors."""
    n_layers: Count = 3
    """Propagation steps. LightGCN paper: 3."""
    epochs: Count = 60
    """Most passes over the interactions; validation chooses how many are used."""
    batch_size: Count = 8192
    """Positive pairs a step."""
    learning_rate: Positive = 1e-2
    """Adam's step."""
    weight_decay: NotNegative = 1e-3
    """L2 on the factors of the batch. LightGCN paper: 1e-4."""


class SaDConfig(Config):
    """Sparse and Dense: two views that align each other, and their fusion."""

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {
            "held_out_pairs": 5_000,
            "mf": {"epochs": 30},
            "lightgcn": {"epochs": 30},
        },
        "small": {"held_out_pairs": 8_000, "lightgcn": {"epochs": 40}},
        "paper": {"slim": {"n_neighbors": 400}, "mf": {"epochs": 200}, "lightgcn": {"epochs": 400}},
    }

    sparse: Literal["fsslim", "slim", "ease", "itemknn"] = "fsslim"
    """The sparse view: an item-item model."""
    dense: Literal["mf", "als", "lightgcn"] = "mf"
    """The dense view: a factor model."""
    slim: SlimConfig = SlimConfig()
    ease: EaseConfig = EaseConfig()
    itemknn: ItemKNNConfig = ItemKNNConfig()
    mf: MFConfig = MFConfig()
    als: ALSConfig = ALSConfig()
    lightgcn: LightGCNConfig = LightGCNConfig()

    structural_users: CountOrNone = 5
    """S to D: users with the highest sparse score appended to each item's positives; 0 switches it off. Official: 5."""
    semantic: Auto | tuple[CountOrNone, CountOrNone] = "auto"
    """D to S, (K1, K2): each user's K1 best dense items and each item's K2 best dense users are injected before the
    refit; [0,0] switches it off, `auto` chooses on validation. Official: 0 to 5 and 0 to 25 by data set."""
    semantic_weight: Positive = 0.3
    """D to S: what an injected pair adds to X. Official: 0.3."""
    scoring: tuple[CountOrNone, CountOrNone] = (0, 0)
    """(K1, K2) of the pairs injected when scoring. Official: 0 and 0, Gowalla 0 and 15, Yelp 0 and 50."""
    beta: Literal["auto"] | NotNegative = "auto"
    """Weight of the sparse view in beta*S + D; `auto` takes the best on validation."""
    beta_by_popularity: bool = False
    """Our extension, not in the paper: one beta for each popularity bucket of the item."""
    validation: Annotated[float, Gt(0), Le(0.5)] = 0.1
    """Part of every user's history held out to choose epochs and beta."""
    held_out_pairs: Count = 15_000
    """Held-out pairs that a choice should rest on; small data are carved up to five times to reach it."""
    metric: Literal["recall", "ndcg"] = "ndcg"
    """What validation maximises, at 20."""
    patience: Count = 4
    """Checks without improvement before training stops."""
    check_every: Count = 2
    """Epochs between checks on validation."""

    def open_choice(self, view: Literal["sparse", "dense"]) -> str | None:
        """Return the key that validation must still choose for a view; None where nothing is `auto`."""
        kind = self.sparse if view == "sparse" else self.dense
        key = _CHOSEN.get(kind)
        return key if key is not None and self.value(key) == "auto" else None


_CHOSEN = {
    "fsslim": "slim.alpha",
    "slim": "slim.alpha",
    "ease": "ease.ridge",
    "mf": "mf.weight_decay",
    "als": "als.weight_decay",
}
