"""Made-up files in the official form, and a model that plays all parts of the construction."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FIELDS = (
    ("Motivation Reasoning Question", "Options 1", "Correct Answer 1"),
    ("Behavior Reasoning Question", "Options 2", "Correct Answer 2"),
    ("Motivation and Behavior Reasoning Question", "Options 3", "Correct Answer 3"),
)
LETTERS = "ABCDEF"


def official_item(idx: int) -> dict[str, Any]:
    """One made-up item in the official form; the answers go round the letters."""
    item: dict[str, Any] = {"idx": idx}
    for number, (text, options, answer) in enumerate(FIELDS):
        item[text] = f"Person {idx} stands before door {number}. What is most likely?"
        item[options] = [f"{letter}. They take way {letter.lower()} to {idx}-{number}." for letter in LETTERS]
        item[answer] = LETTERS[(idx + number) % 6]
    return item


@pytest.fixture
def items() -> Callable[[int], list[dict[str, Any]]]:
    """Makes a list of official items."""
    return lambda n: [official_item(idx) for idx in range(n)]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A folder as the official release has it, with made-up items."""
    folder = tmp_path / "release"
    for source, n in (("Persona", 100), ("Amazon", 50), ("Blog", 50)):
        (folder / source).mkdir(parents=True)
        rows = [official_item(idx) for idx in range(n)]
        (folder / source / f"{source}_questions.json").write_text(json.dumps(rows), encoding="utf-8")
    return folder
