"""`humankind doctor`: what this machine has, what is missing, and the command that gets it."""

from __future__ import annotations

import platform
import shutil
from importlib import metadata, util
from typing import Any

from humankind.spine.resources import available_memory, human_size, n_threads
from humankind.spine.verbs import Json, emit
from humankind.systems import cards

_PACKAGES = (
    "numpy",
    "scipy",
    "polars",
    "pydantic",
    "matplotlib",
    "numba",
    "implicit",
    "torch",
    "safetensors",
)
_NEEDED = {"recommendation": ("implicit", "numba", "threadpoolctl", "torch")}


def doctor(json: Json = False) -> None:
    """Say what is installed, what is missing and how to get it."""
    result = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": n_threads(),
        "memory": human_size(available_memory()),
        "disk": human_size(shutil.disk_usage(".").free),
        "gpu": _gpu(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "systems": {card.noun: _system(card.noun, card.built, card.extra) for card in cards()},
        "data": _data(),
    }
    emit(result, json, lambda: _text(result))


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _gpu() -> str:
    if util.find_spec("torch") is None:
        return "unknown: torch is not installed"
    import torch

    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none that torch can use"


def _system(noun: str, built: bool, extra: str) -> str:
    if not built:
        return "announced, not built yet"
    missing = [name for name in _NEEDED.get(extra, ()) if util.find_spec(name) is None]
    return f'missing {", ".join(missing)}: pip install "humankind[{extra}]"' if missing else "ready"


def _data() -> dict[str, str]:
    from humankind.spine.sources import status

    named = sorted({name for card in cards() if card.built for name in card.sources})
    return {name: status(name) for name in named}


def _text(result: dict[str, Any]) -> str:
    lines = [f"{key:<8} {result[key]}" for key in ("python", "system", "cores", "memory", "disk", "gpu")]
    lines += ["", "packages"]
    lines += [f"  {name:<14} {version or 'not installed'}" for name, version in result["packages"].items()]
    lines += ["", "systems"]
    lines += [f"  {noun:<15} {state}" for noun, state in result["systems"].items()]
    lines += ["", "data of built systems (`humankind data get NAME --from PATH`)"]
    lines += [f"  {name:<20} {state}" for name, state in result["data"].items()]
    return "\n".join(lines)
