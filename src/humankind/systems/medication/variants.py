"""HypeMed with one part switched off: which variants there are, and what each changes."""

from __future__ import annotations

from typing import Any

from humankind.spine.errors import ConfigError
from humankind.systems.medication.config import HypeMedConfig

FULL = "full"
ABLATIONS: dict[str, dict[str, Any]] = {
    FULL: {},
    "no-pretraining": {"medrep.structure": "none"},
    "pairs": {"medrep.structure": "pairs"},
    "no-knowledge": {"medrep.knowledge": "none"},
    "history": {"simmr.channels": "history"},
    "retrieval": {"simmr.channels": "retrieval"},
}
"""What each variant changes."""
TOLD = {
    FULL: "HypeMed",
    "no-pretraining": "HypeMed without pre-training",
    "pairs": "HypeMed on pairs of codes",
    "no-knowledge": "HypeMed without the code tree",
    "history": "HypeMed, own course only",
    "retrieval": "HypeMed, similar visits only",
}


def changed(config: HypeMedConfig, variant: str) -> HypeMedConfig:
    """Return the settings of a variant."""
    if variant not in ABLATIONS:
        raise ConfigError(
            "there is no such variant", found=repr(variant), where="variant", expected=", ".join(ABLATIONS)
        )
    for key, value in ABLATIONS[variant].items():
        config = config.replaced(key, value)
    return config
