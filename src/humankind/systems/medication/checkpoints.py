"""A training on disk, so that one that was cut off goes on: arrays beside JSON, the JSON written last."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from humankind.spine.runs import write_text

KEEP_EVERY_S = 15.0
"""Seconds between checkpoints; what was done since the last one is done again."""


class Checkpoints:
    """The checkpoints of one training; without a folder nothing is kept.

    Args:
        folder: where they are.
        model: what is trained, in place.
        optimiser: Adam or AdamW over the model's parameters.
    """

    def __init__(self, folder: Path | None, model: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        self.folder, self.model, self.optimiser = folder, model, optimiser
        self.kept_at = time.monotonic()

    def due(self) -> bool:
        """Return whether the last checkpoint is long enough ago."""
        return self.folder is not None and time.monotonic() - self.kept_at > KEEP_EVERY_S

    def keep(self, number: int, facts: dict[str, Any], more: dict[str, Tensor] | None = None) -> None:
        """Write model, optimiser and facts.

        Args:
            number: of the step or pass; names the file.
            facts: ready for JSON.
            more: further arrays, by names without a dot in front.
        """
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        arrays = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        arrays |= {f"more.{name}": value for name, value in (more or {}).items()}
        for place, state in self.optimiser.state_dict()["state"].items():
            arrays |= {f"adam.{place}.{name}": torch.as_tensor(value) for name, value in state.items()}
        name = f"at-{number}.safetensors"
        save_file({key: value.detach().cpu().clone().contiguous() for key, value in arrays.items()}, self.folder / name)
        write_text(self.folder / "training.json", json.dumps({"arrays": name, "facts": facts}) + "\n")
        for old in self.folder.glob("at-*.safetensors"):
            if old.name != name:
                old.unlink()
        self.kept_at = time.monotonic()

    def resume(self) -> tuple[dict[str, Any], dict[str, Tensor]] | None:
        """Bring model and optimiser to the last checkpoint; return its facts and further arrays, None for none."""
        if self.folder is None or not (self.folder / "training.json").exists():
            return None
        told = json.loads((self.folder / "training.json").read_text(encoding="utf-8"))
        arrays = load_file(self.folder / told["arrays"])
        self.model.load_state_dict(_part(arrays, "model"))
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in _part(arrays, "adam").items():
            place, name = key.split(".", 1)
            state.setdefault(int(place), {})[name] = value
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": state, "param_groups": groups})
        return told["facts"], _part(arrays, "more")


def _part(arrays: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key[len(name) + 1 :]: value for key, value in arrays.items() if key.startswith(f"{name}.")}
