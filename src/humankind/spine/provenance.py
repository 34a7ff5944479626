"""What a figure hangs on beside its settings: versions, device, commit."""

from __future__ import annotations

import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import humankind
from humankind.spine.resources import n_threads

# The libraries whose versions can change a figure.
_NAMED_PACKAGES = ("numpy", "scipy", "numba", "torch", "implicit", "polars", "transformers", "trl", "inspect-ai")


def provenance() -> dict[str, Any]:
    """Return the facts of this process that go into every run folder."""
    return {
        "humankind": humankind.__version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "device": _device(),
        "packages": _versions(),
        "commit": _commit(),
    }


def _versions() -> dict[str, str]:
    versions = {}
    for name in _NAMED_PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _device() -> str:
    cores = f"{n_threads()} CPU cores"
    torch = sys.modules.get("torch")  # only where a system has loaded it: the spine stays light
    if torch is not None and torch.cuda.is_available():
        return f"{torch.cuda.get_device_name(0)}, {cores}"
    return cores


def _commit() -> str:
    """Return the commit of the checkout the package runs from, with `+` where it has changes."""
    here = Path(__file__).resolve().parent
    try:
        head = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], cwd=here, capture_output=True, text=True, timeout=5
        )
        if head.returncode:
            return ""
        changed = subprocess.run(
            ["git", "status", "--porcelain", "--untracked-files=no"],
            cwd=here,
            capture_output=True,
            text=True,
            timeout=5,
        )
        return head.stdout.strip() + ("+" if changed.stdout.strip() else "")
    except (OSError, subprocess.SubprocessError):
        return ""
