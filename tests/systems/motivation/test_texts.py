"""What new scenarios are made of: every form that is read, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("inspect_ai")

from humankind.spine.errors import DataError
from humankind.systems.motivation.texts import read_texts


def written(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_a_folder_of_text_files(tmp_path: Path) -> None:
    written(tmp_path, "b.txt", "Second.")
    written(tmp_path, "a.txt", "First.")
    written(tmp_path, "note.md", "Not this.")
    assert [(one.id, one.text) for one in read_texts(tmp_path)] == [("a", "First."), ("b", "Second.")]


def test_a_list_and_lines_of_objects(tmp_path: Path) -> None:
    listed = read_texts(written(tmp_path, "x.json", '["One.", {"id": 7, "text": "Two."}]'))
    assert [(one.id, one.text) for one in listed] == [("x-1", "One."), ("7", "Two.")]
    lines = read_texts(written(tmp_path, "y.jsonl", '{"id": "k", "text": "Line\\u2028break."}\n\n"Two."\n'))
    assert [(one.id, one.text) for one in lines] == [("k", "Line\u2028break."), ("y-2", "Two.")]


def test_a_limit_takes_the_first(tmp_path: Path) -> None:
    path = written(tmp_path, "x.json", '["One.", "Two.", "Three."]')
    assert [one.text for one in read_texts(path, 2)] == ["One.", "Two."]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.json", "[", "not JSON"),
        ("x.json", "{}", "holds no list"),
        ("x.json", "[]", "there are no texts"),
        ("x.json", '[{"body": "One."}]', "an entry has no text"),
        ("x.json", "[3]", "an entry has no text"),
        ("x.json", '["One.", "  "]', "a text is empty"),
        ("x.jsonl", '{"id": "a", "text": "x"}\n{"id": "a", "text": "y"}\n', "two texts have the same id"),
        ("x.jsonl", '{"id": "a", "text": "x"}\n{"id"\n', "not JSON"),
        ("x.docx", "x", "no file of texts"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, name: str, content: str, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        read_texts(written(tmp_path, name, content))
    assert name in f"{caught.value.where} {caught.value.found}"


def test_missing_foreign_and_empty_places_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_texts(tmp_path / "x.txt")
    with pytest.raises(DataError, match="there are no texts"):
        read_texts(tmp_path)
    path = tmp_path / "x.txt"
    path.write_bytes(b"\xff\xfe caf\xe9")
    with pytest.raises(DataError, match="not UTF-8"):
        read_texts(path)
