"""`humankind doctor`: what this machine has, what is missing, and the command that gets it."""

from __future__ import annotations

import platform
import shutil
from typing import Any

from humankind.spine import extras
from humankind.spine.resources import available_memory, human_size, n_threads
from humankind.spine.verbs import Json, emit
from humankind.systems import cards


def doctor(json: Json = False) -> None:
    """Say what is installed, what is missing and how to get it."""
    result = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": n_threads(),
        "memory": human_size(available_memory()),
        "disk": human_size(shutil.disk_usage(".").free),
        "gpu": _gpu(),
        "packages": _packages(),
        "systems": {card.noun: _system(card.noun, card.built, card.extra) for card in cards()},
        "models": _models(),
        **_data(),
    }
    emit(result, json, lambda: _text(result))


def _packages() -> dict[str, str]:
    named = [extras.requirements(), *(extras.requirements(card.extra) for card in cards() if card.extra)]
    return {name: extras.version(name) for name in sorted({name for names in named for name in names})}


def _gpu() -> str:
    if not extras.version("torch"):
        return "unknown: torch is not installed"
    import torch

    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none that torch can use"


def _system(noun: str, built: bool, extra: str) -> str:
    if not built:
        return "announced, not built yet"
    missing = extras.missing(extra)
    return f"missing {', '.join(missing)}: {extras.install_command(extra)}" if missing else "ready"


def _models() -> dict[str, str]:
    from humankind.cli.models import state
    from humankind.kits.llm.registry import MODELS

    told = {name: state(model) for name, model in MODELS.items()}
    return {name: f"{how}: humankind models install {name}" if how == "absent" else how for name, how in told.items()}


def _data() -> dict[str, dict[str, str]]:
    from humankind.spine.sources import remedy, status

    named = sorted({name for card in cards() if card.built for name in card.sources})
    states: dict[str, str] = {name: status(name) for name in named}
    return {"data": states, "to_get": {name: remedy(name) for name, state in states.items() if state == "absent"}}


def _text(result: dict[str, Any]) -> str:
    lines = [f"{key:<8} {result[key]}" for key in ("python", "system", "cores", "memory", "disk", "gpu")]
    lines += ["", "packages"]
    lines += [f"  {name:<15} {version or 'not installed'}" for name, version in result["packages"].items()]
    lines += ["", "systems"]
    lines += [f"  {noun:<15} {state}" for noun, state in result["systems"].items()]
    lines += ["", "language models"]
    lines += [f"  {name:<15} {state}" for name, state in result["models"].items()]
    lines += ["", "data of built systems"]
    lines += [
        f"  {name:<20} {state:<10} {result['to_get'].get(name, '')}".rstrip() for name, state in result["data"].items()
    ]
    return "\n".join(lines)
