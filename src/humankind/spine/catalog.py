"""Every data set the ten systems know: version, licence, permitted use, checksums, where a person gets it.

The facts are in `catalog.json` beside this file, so that they can be read and checked without running anything.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One data set."""

    name: str
    title: str
    version: str
    licence: str
    licence_note: str
    permitted: frozenset[str]
    """`train`, `evaluate` or both: what the licence or the authors' wish allows."""
    how_to_get: str
    """Where a person gets it."""
    systems: tuple[str, ...]
    """Nouns of the systems that use it."""
    folder: str
    """Name of its folder in a data home."""
    files: dict[str, str]
    """Relative path -> SHA-256 of the files we have seen; empty where we have not."""
    archive: dict[str, str]
    """`url` and `checksum` of a public zip archive that may be fetched; empty where there is none."""


def _read() -> dict[str, Source]:
    facts = json.loads((Path(__file__).with_name("catalog.json")).read_text(encoding="utf-8"))
    for name, fact in facts.items():
        fact |= {"name": name, "permitted": frozenset(fact["permitted"]), "systems": tuple(fact["systems"])}
    return {name: Source(**fact) for name, fact in facts.items()}


CATALOG: dict[str, Source] = _read()
