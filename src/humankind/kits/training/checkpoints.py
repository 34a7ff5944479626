"""A training on disk, so that one that was cut off goes on: arrays beside JSON, the JSON written last."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from humankind.spine.runs import write_text

KEEP_EVERY_S = 15.0
"""Seconds between checkpoints; what was done since the last one is done again."""
_TOLD = "training.json"


class Checkpoints:
    """The checkpoints of one training; without a folder nothing is kept.

    Args:
        folder: where they are.
        networks: what is trained, in place, by name.
        optimisers: Adam or AdamW, by name.
    """

    def __init__(
        self,
        folder: Path | None,
        networks: Mapping[str, nn.Module],
        optimisers: Mapping[str, torch.optim.Optimizer],
    ) -> None:
        self.folder, self.networks, self.optimisers = folder, networks, optimisers
        self.kept_at = time.monotonic()

    def due(self) -> bool:
        """Return whether the last checkpoint is long enough ago."""
        return self.folder is not None and time.monotonic() - self.kept_at > KEEP_EVERY_S

    def keep(self, number: int, facts: dict[str, Any], more: Mapping[str, Tensor] | None = None) -> None:
        """Write networks, optimisers and facts.

        Args:
            number: of the step or pass; names the file.
            facts: ready for JSON.
            more: further arrays.
        """
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        arrays = {f"more.{name}": value for name, value in (more or {}).items()}
        for name, network in self.networks.items():
            arrays |= {f"network.{name}.{key}": value for key, value in network.state_dict().items()}
        for name, optimiser in self.optimisers.items():
            for place, state in optimiser.state_dict()["state"].items():
                arrays |= {f"adam.{name}.{place}.{key}": torch.as_tensor(value) for key, value in state.items()}
        file = f"at-{number}.safetensors"
        save_file({key: value.detach().cpu().clone().contiguous() for key, value in arrays.items()}, self.folder / file)
        write_text(self.folder / _TOLD, json.dumps({"arrays": file, "facts": facts}) + "\n")
        for old in self.folder.glob("at-*.safetensors"):
            if old.name != file:
                old.unlink()
        self.kept_at = time.monotonic()

    def resume(self) -> tuple[dict[str, Any], dict[str, Tensor]] | None:
        """Bring everything to the last checkpoint; return its facts and further arrays, None where there is none."""
        if self.folder is None or not (self.folder / _TOLD).exists():
            return None
        told = json.loads((self.folder / _TOLD).read_text(encoding="utf-8"))
        arrays = load_file(self.folder / told["arrays"])
        for name, network in self.networks.items():
            network.load_state_dict(_part(arrays, f"network.{name}"))
        for name, optimiser in self.optimisers.items():
            _restore(optimiser, _part(arrays, f"adam.{name}"))
        return told["facts"], _part(arrays, "more")


def _restore(optimiser: torch.optim.Optimizer, arrays: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in arrays.items():
        place, name = key.split(".", 1)
        state.setdefault(int(place), {})[name] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})


def _part(arrays: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key[len(name) + 1 :]: value for key, value in arrays.items() if key.startswith(f"{name}.")}
