"""The house keeps its own rules: arrows, style, size, and words that must not be in it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src" / "humankind").rglob("*.py"))
MOST_LINES = 450

# Spelled in two parts, so that this file does not hold what it forbids.
FORBIDDEN = {
    "pickle" + ".load": "models are safetensors and JSON",
    "import " + "pickle": "models are safetensors and JSON",
    "allow_pickle=" + "True": "arrays are plain",
    "shell=" + "True": "commands are lists of words",
    "NotImplemented" + "Error": "nothing pretends",
    "TO" + "DO": "what is missing is on a card or in the issue",
    "FIX" + "ME": "what is missing is on a card or in the issue",
    "/work" + "/": "no path of one machine",
    "pypi" + ".org": "no host of a package registry",
    "python" + "hosted": "no host of a package registry",
    "download." + "pytorch": "no host of a package registry",
    "hugging" + "face.co": "models come with packages or are named by the user",
}
CALLS = ("ev" + "al", "ex" + "ec")


def tool(*words: str) -> subprocess.CompletedProcess[str]:
    path = Path(sys.executable).parent / words[0]
    if not path.exists():
        pytest.skip(f"{words[0]} is not installed beside this Python")
    return subprocess.run([str(path), *words[1:]], cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_sources_are_found() -> None:
    assert len(SOURCES) >= 60
    assert len({path.parent.name for path in SOURCES} & {"spine", "cli", "testing", "recommendation"}) == 4


def test_import_contracts_hold() -> None:
    ended = tool("lint-imports", "--no-cache")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "3 kept, 0 broken" in ended.stdout


def test_ruff_is_content() -> None:
    ended = tool("ruff", "check", "--no-cache", ".")
    assert ended.returncode == 0, ended.stdout[-3000:]


def test_types_fit() -> None:
    ended = tool("ty", "check", "--output-format", "concise")
    assert ended.returncode == 0, ended.stdout[-3000:]


def test_no_file_is_tiring() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in SOURCES
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert not long


def test_no_forbidden_words() -> None:
    found = []
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        found += [f"{path.relative_to(ROOT)}: {word} ({why})" for word, why in FORBIDDEN.items() if word in text]
        found += [f"{path.relative_to(ROOT)}: {call}(" for call in CALLS if re.search(rf"(?<![\w.]){call}\(", text)]
    assert not found


def test_every_module_says_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.read_text(encoding="utf-8").strip() and not path.read_text(encoding="utf-8").startswith('"""')
    ]
    assert not silent
