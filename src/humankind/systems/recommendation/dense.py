"""The dense view of the kind that a config names."""

from __future__ import annotations

from humankind.systems.recommendation.config import SaDConfig
from humankind.systems.recommendation.fitting import DenseModel


def make_dense(config: SaDConfig, device: str) -> DenseModel:
    """Return a fresh dense view of the kind that the config names."""
    if config.dense == "als":
        from humankind.systems.recommendation.als import ALS

        return ALS(config.als, config.seed)
    if config.dense == "lightgcn":
        from humankind.systems.recommendation.lightgcn import LightGCN

        return LightGCN(config.lightgcn, config.seed, device)
    from humankind.systems.recommendation.mf import MF

    return MF(config.mf, config.seed, device)
