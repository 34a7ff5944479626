"""Settings of HypeMed; each published value with its source."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le, Lt
from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from humankind.spine.config import Config, Section


class MedRepSection(Section):
    """Stage 1: pre-training on the hypergraphs of the training visits."""

    structure: Literal["hypergraph", "pairs", "none"] = "hypergraph"
    """What is learned from: visits as hyperedges, pairs of codes that meet (ablation), or nothing (ablation)."""

    knowledge: Literal["tree", "none"] = "tree"
    """Whether distances in the code ontologies are used. Released code: off for MIMIC-IV, whose codes are mixed."""

    steps: int = Field(60, ge=0)
    """Full-batch steps a kind. Released code: 1,500, at a fifth of the learning rate."""

    n_layers: int = Field(2, ge=1)
    """Released code: 2."""

    learning_rate: float = Field(5e-3, gt=0)
    """AdamW. Released code: 1e-3."""

    weight_decay: float = Field(1e-5, ge=0)
    """Released code: 1e-5."""

    incidence_drop: float = Field(0.4, ge=0, lt=1)
    """Share of incidences missing from a view. Released code: .4."""

    feature_drop: float = Field(0.4, ge=0, lt=1)
    """Share of feature columns set to zero in a view. Released code: .4."""

    node_temperature: float = Field(0.5, gt=0)
    """Of the contrast of codes. Released code: .5."""

    group_temperature: float = Field(2.0, gt=0)
    """Of the contrast of visits. Released code: 2."""

    membership_temperature: float = Field(1.0, gt=0)
    """Of the contrast of members and strangers. Released code: 1."""

    group_weight: float = Field(1.0, ge=0)
    """Released code: 1."""

    membership_weight: float = Field(1.0, ge=0)
    """Released code: 1."""

    sample_size: int = Field(1_024, ge=2)
    """Visits and incidences contrasted in one step; all where there are fewer. Keeps memory flat as visits grow."""


class SimMRSection(Section):
    """Stage 2: recommendation with similar visits."""

    channels: Literal["both", "history", "retrieval"] = "both"
    """The patient's own course, similar visits of others, or both behind a gate."""

    window: int = Field(3, ge=1)
    """Visits that the course looks at: the present one and those before. Released code: 3."""

    n_neighbours: int = Field(10, ge=1)
    """Similar visits retrieved. Released code: 10."""

    code_drop: float = Field(0.3, ge=0, lt=1)
    """Share of the codes of a visit that training does not show, drawn anew each time, as in MedRep's views. Released
    code: 0."""

    epochs: int = Field(30, ge=1)
    """Most passes over the training patients. Released code: 75."""

    patience: int = Field(10, ge=1)
    """Passes without a better validation Jaccard after which training stops."""

    batch_size: int = Field(16, ge=1)
    """Patients a step. Released code: 16."""

    learning_rate: float = Field(3e-3, gt=0)
    """Adam. Released code: 1e-3, for more and longer passes."""

    weight_decay: float = Field(1e-5, ge=0)
    """Released code: 1e-5."""

    restart_epochs: int = Field(30, ge=1)
    """First period of the cosine schedule with warm restarts; each is twice as long as the last. Released code: 25."""

    margin_weight: float = Field(0.05, ge=0)
    """Of the multi-label margin loss. Released code: .05."""

    similarity_weight: float = Field(0.01, ge=0)
    """Of the self-supervised loss. Released code: .01."""

    orthogonality_weight: float = Field(100.0, ge=0)
    """Of cos^2(h, r) inside the self-supervised loss. Released code: 100."""

    similarity_temperature: float = Field(0.1, gt=0)
    """Of the InfoNCE of visits and their hyperedges. Released code: the library's default, .1."""

    target_ddi: Annotated[float, Ge(0), Le(1)] | Literal["data"] = "data"
    """Share of interacting pairs up to which no penalty acts; `data` takes that of the training visits. Released code:
    .06, a little below its data's. At recommendation time any other target can be asked for."""

    ddi_gain: float = Field(0.05, gt=0)
    """kp: the penalty's weight is .5 (rate - target) / kp above the target. Released code: .05."""


class RecurrentSection(Section):
    """The three networks that HypeMed is compared with."""

    embedding_dim: int = Field(64, ge=1)
    """Their papers: 64."""

    dropout: float = Field(0.5, ge=0, lt=1)
    """SafeDrug's released code: .5."""

    epochs: int = Field(60, ge=1)
    """Most passes."""

    patience: int = Field(10, ge=1)
    """Passes without a better validation Jaccard after which training stops."""

    batch_size: int = Field(16, ge=1)
    """Patients a step. Their released code: 1."""

    learning_rate: float = Field(1e-3, gt=0)
    """Adam. SafeDrug's released code: 5e-4 with one patient a step."""

    target_ddi: Annotated[float, Ge(0), Le(1)] | Literal["data"] = "data"
    """As for HypeMed, so that accuracies compare. SafeDrug's released code: .06, near its data's; far below it the loss
    has no share left for prediction."""

    ddi_gain: float = Field(0.05, gt=0)
    """SafeDrug's released code: .05."""


class HypeMedConfig(Config):
    """All settings of HypeMed."""

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {
            "medrep": {"steps": 30},
            "simmr": {"epochs": 16, "restart_epochs": 16, "batch_size": 8},
            "recurrent": {"epochs": 30},
        },
        "small": {},
        "paper": {
            "medrep": {"steps": 1500, "learning_rate": 1e-3},
            "simmr": {
                "epochs": 75, "patience": 75, "restart_epochs": 25, "learning_rate": 1e-3, "code_drop": 0.0,
                "target_ddi": 0.06,
            },
        },
    }  # fmt: skip

    embedding_dim: int = Field(64, ge=4, multiple_of=4)
    """Length of every vector. Released code: 64."""

    n_heads: int = Field(4, ge=1)
    """Heads of every attention; `embedding_dim` is a multiple of it. Released code: 4."""

    dropout: float = Field(0.3, ge=0, lt=1)
    """Released code: .3."""

    threshold: Annotated[float, Gt(0), Lt(1)] | Literal["auto"] = "auto"
    """Probability from which a drug is recommended; `auto` takes the best one on validation. Released code: .5."""

    medrep: MedRepSection = MedRepSection()
    """Stage 1."""

    simmr: SimMRSection = SimMRSection()
    """Stage 2."""

    recurrent: RecurrentSection = RecurrentSection()
    """RETAIN, GAMENet and SafeDrug beside it."""

    @field_validator("n_heads")
    @classmethod
    def _divides(cls, n_heads: int, before: ValidationInfo) -> int:
        dim = before.data.get("embedding_dim", n_heads)
        if dim % n_heads:
            raise PydanticCustomError("heads", "a number that divides embedding_dim, {dim}", {"dim": dim})
        return n_heads
