"""The word lists of this package: text files in `tables`, with sections and words between spaces."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def sections(name: str) -> dict[str, tuple[str, ...]]:
    """Return heading -> words of a list that is shipped, in the order of the file.

    Lines that begin with # are remarks, a line in square brackets is a heading.

    >>> sections("famous")["villains"][0]
    '秦桧'
    """
    text = (files(__package__ or "") / "tables" / f"{name}.txt").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    heading = ""
    for line in text.splitlines():
        if line.startswith("["):
            heading = line.strip("[]")
        elif not line.startswith("#"):
            found.setdefault(heading, []).extend(line.split())
    return {heading: tuple(words) for heading, words in found.items() if heading}
