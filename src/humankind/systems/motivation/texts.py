"""Reading what new scenarios are made of: a folder of text files, one text file, or a list in JSON or JSON lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from humankind.spine.errors import DataError
from humankind.systems.motivation.build import Text

_KINDS = ".txt, .json, .jsonl, or a folder of .txt files"


def read_texts(path: Path, limit: int = 0) -> list[Text]:
    """Return the texts at a path.

    Args:
        path: a folder of `.txt` files (id: the file's name), one `.txt` file, a `.json` list or a `.jsonl` file of
            texts or of objects with `text` and, if they have one, `id`.
        limit: most texts returned, in their order; 0 returns all.

    Raises:
        DataError: nothing there, not readable, a text that is empty, or two with the same id.
    """
    found = _read(path)
    if not found:
        raise DataError("there are no texts", where=path, expected=_KINDS)
    seen: set[str] = set()
    for text in found:
        if not text.text.strip():
            raise DataError("a text is empty", where=f"{path}, {text.id}", remedy="fill it or take it out")
        if text.id in seen:
            raise DataError("two texts have the same id", found=repr(text.id), where=path)
        seen.add(text.id)
    return found[:limit] if limit else found


def _read(path: Path) -> list[Text]:
    if path.is_dir():
        return [Text(id=file.stem, text=_content(file)) for file in sorted(path.glob("*.txt"))]
    match path.suffix.lower():
        case ".txt":
            return [Text(id=path.stem, text=_content(path))]
        case ".jsonl":
            lines = [line for line in _content(path).split("\n") if line.strip()]
            return [_text(path, number, _parsed(path, line, number)) for number, line in enumerate(lines, start=1)]
        case ".json":
            rows = _parsed(path, _content(path), 1)
            if not isinstance(rows, list):
                raise DataError("the file holds no list", found=type(rows).__name__, where=path)
            return [_text(path, number, row) for number, row in enumerate(rows, start=1)]
        case _:
            raise DataError("this is no file of texts", found=path, expected=_KINDS)


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataError("there is no such file", where=path, expected=_KINDS) from None
    except UnicodeDecodeError as error:
        raise DataError("a file is not UTF-8", found=error, where=path, remedy="convert it") from None


def _parsed(path: Path, content: str, number: int) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        raise DataError("this is not JSON", found=error, where=f"{path}, line {number}") from None


def _text(path: Path, number: int, row: Any) -> Text:
    given = {"text": row} if isinstance(row, str) else row
    if not isinstance(given, dict) or not isinstance(given.get("text"), str):
        raise DataError(
            "an entry has no text", found=repr(row)[:80], where=f"{path}, entry {number}",
            expected="a text, or an object with the fields text and, if it has one, id",
        )  # fmt: skip
    return Text(id=str(given.get("id", f"{path.stem}-{number}")), text=given["text"])
