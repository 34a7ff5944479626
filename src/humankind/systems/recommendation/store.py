"""Arrays on disk as safetensors: a file is there whole or not at all. Never pickle."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from humankind.spine.errors import RunError
from humankind.spine.runs import MADE_FROM, write_text

Arrays = dict[str, np.ndarray]


class Store:
    """Finished stages of a training in a folder; with no folder it keeps nothing.

    >>> Store(None).arrays("x", lambda: {"a": np.arange(2)})["a"].tolist()
    [0, 1]
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def claim(self, facts: dict[str, str]) -> None:
        """Mark the folder as made from `facts`; RunError where it was made from others."""
        if self.folder is None:
            return
        note = self.folder / MADE_FROM
        if not note.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_text(note, json.dumps(facts, indent=1) + "\n")
            return
        made_from = json.loads(note.read_text(encoding="utf-8"))
        differing = [name for name in facts if made_from.get(name) != facts[name]]
        if differing:
            raise RunError(
                "the stages in this folder were made from something else",
                found=f"other {' and other '.join(differing)}",
                where=self.folder,
                remedy="name a new folder, or train again with what it was made from",
            )

    def under(self, name: str) -> Store:
        """Return the store in a sub-folder."""
        return Store(None if self.folder is None else self.folder / name)

    def arrays(self, name: str, compute: Callable[[], Arrays]) -> Arrays:
        """Return the arrays called `name`: read if they are on disk, computed and kept otherwise."""
        kept = self.read(name)
        if kept is None:
            kept = compute()
            self.write(name, kept)
        return kept

    def read(self, name: str) -> Arrays | None:
        """Return the arrays called `name`, None where there are none."""
        if self.folder is None or not self._path(name).exists():
            return None
        return load_file(self._path(name))

    def write(self, name: str, arrays: Arrays) -> None:
        """Keep arrays under `name`, replacing what was there."""
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            save_arrays(self._path(name), arrays)

    def drop(self, name: str) -> None:
        """Forget the arrays called `name`."""
        if self.folder is not None:
            self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{name}.safetensors"


def save_arrays(path: Path, arrays: Arrays) -> None:
    """Write arrays to one safetensors file, atomically."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        save_file({name: np.asarray(array, order="C") for name, array in arrays.items()}, temporary)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
