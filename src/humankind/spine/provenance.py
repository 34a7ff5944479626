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
    """Return the commit of the checkout the package runs from, with `+` where it has changes; empty for none.

    An installed package may lie inside somebody else's checkout, whose commit says nothing of it.
    """
    package = Path(humankind.__file__)
    try:
        _git(package.parent, "ls-files", "--error-unmatch", package.name)
        head = _git(package.parent, "rev-parse", "--short=12", "HEAD")
        changed = _git(package.parent, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return ""
    return head + ("+" if changed else "")


def _git(folder: Path, *words: str) -> str:
    ended = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, timeout=5, check=True)
    return ended.stdout.strip()
