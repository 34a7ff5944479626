"""What this machine has: memory, threads, devices; and refusals that come before the work, not in its middle."""

from __future__ import annotations

import os
from pathlib import Path

from humankind.spine.errors import ConfigError, ResourceError

_CGROUP = Path("/sys/fs/cgroup")
# Limit, use and statistics of memory in version 2 and version 1, and the name of the file cache among the last.
_CGROUP_FILES = (
    ("memory.max", "memory.current", "memory.stat", "inactive_file"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file"),
)


def available_memory() -> int:
    """Return the bytes that can still be taken: free on the machine, and within the container's limit."""
    import psutil

    free = psutil.virtual_memory().available
    for limit_file, used_file, stat_file, cache in _CGROUP_FILES:
        limit, used = _number(_text(limit_file)), _number(_text(used_file))
        if limit is not None and used is not None:
            # Files that were read count as used, but give way as soon as the memory is asked for.
            used -= min(used, _statistic(_text(stat_file), cache))
            free = min(free, max(0, limit - used))
    return free


def require_memory(n_bytes: int, what: str, remedy: str) -> None:
    """Raise ResourceError when `what` needs more than nine tenths of the memory that is left.

    Args:
        n_bytes: the most that will live at once.
        what: the work, as a noun phrase.
        remedy: what to do instead.
    """
    free = available_memory()
    if n_bytes > 0.9 * free:
        raise ResourceError(
            f"{what} would not fit into memory",
            found=f"about {human_size(n_bytes)} needed",
            expected=f"at most {human_size(0.9 * free)}",
            remedy=remedy,
        )


def human_size(n_bytes: float) -> str:
    """Return bytes in a unit a person reads.

    >>> human_size(6.7e9)
    '6.2 GiB'
    """
    for unit in ("B", "KiB", "MiB", "GiB"):
        if n_bytes < 1024:
            return f"{n_bytes:.0f} {unit}" if unit == "B" else f"{n_bytes:.1f} {unit}"
        n_bytes /= 1024
    return f"{n_bytes:.1f} TiB"


def n_threads() -> int:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def device(preferred: str = "auto") -> str:
    """Return `cuda` or `cpu`: what is asked for, or for `auto` the GPU where torch sees one.

    Raises:
        ConfigError: a GPU is asked for and there is none, or another device than these.
    """
    if preferred not in ("auto", "cpu", "cuda"):
        raise ConfigError("there is no such device", found=repr(preferred), expected="auto, cpu or cuda")
    if preferred == "cpu":
        return "cpu"
    if _torch_sees_a_gpu():
        return "cuda"
    if preferred == "cuda":
        raise ConfigError("there is no GPU that torch can use", where="device=cuda", remedy="use device=cpu or auto")
    return "cpu"


def _torch_sees_a_gpu() -> bool:
    try:
        import torch
    except ModuleNotFoundError:
        return False
    return torch.cuda.is_available()


def _text(file: str) -> str:
    try:
        return (_CGROUP / file).read_text(encoding="ascii")
    except OSError:
        return ""


def _number(text: str) -> int | None:
    return int(text) if text.strip().isdigit() else None


def _statistic(text: str, name: str) -> int:
    """Return one number of a file of lines `name number`, 0 where it is not there."""
    found = dict(line.split() for line in text.splitlines() if len(line.split()) == 2)
    return _number(found.get(name, "")) or 0
