"""The loader of CBNames on files of the authors' form, and on damaged ones."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from humankind.spine.errors import DataError
from humankind.systems.naming.cbnames import KEYS, load

QUERY = "请为一个于2025年5月5日上午9点出生的男孩起名，姓桂，希望他仁爱。"
POEM = "唐代·王之涣《登鹳雀楼》\n诗句：白日依山尽|黄河入海流|欲穷千里目|更上一层楼。\n赏析：登高望远，志向高远。"


def row(query: str = QUERY, values: tuple[object, ...] = (4, 3, 1, 2, 1), weights: str | None = None) -> list[str]:
    record = "{" + ", ".join(f"'{key}': {value}" for key, value in zip(KEYS, values, strict=True)) + "}"
    return [query, record, weights or "[0.3636, 0.2727, 0.0909, 0.1818, 0.0909]", POEM]


def table(
    path: Path, *rows: list[str], header: tuple[str, ...] = ("query", "user_preference", "up_w", "r_poem")
) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def test_both_files_give_the_same_requests(tmp_path: Path) -> None:
    first = load(table(tmp_path / "a.csv", row(), row("姓李，女孩")))
    twin = [{"query": one.text, "user_preference": dict(zip(KEYS, one.preferences, strict=True))} for one in first]
    (tmp_path / "a.json").write_text(json.dumps(twin, ensure_ascii=False), encoding="utf-8")
    second = load(tmp_path / "a.json")
    assert [(one.id, one.text, one.preferences, one.weights) for one in first] == [
        (one.id, one.text, one.preferences, one.weights) for one in second
    ]
    assert first[0].weights == (0.3636, 0.2727, 0.0909, 0.1818, 0.0909)
    assert [one.id for one in first] == ["cb001", "cb002"]


def test_the_reference_poem_is_taken_apart(tmp_path: Path) -> None:
    poem = load(table(tmp_path / "a.csv", row()))[0].poem
    assert poem is not None
    assert (poem.dynasty, poem.author, poem.title) == ("唐", "王之涣", "登鹳雀楼")
    assert poem.clauses == ("白日依山尽", "黄河入海流", "欲穷千里目", "更上一层楼")
    assert poem.appreciation.startswith("登高")


@pytest.mark.parametrize(
    "wrong",
    [
        row(values=(5, 3, 1, 2, 1)), row(values=(-1, 3, 1, 2, 1)), row(values=("true", 3, 1, 2, 1)), row(query=" "),
        row(values=("2.5", 3, 1, 2, 1)), row(weights="[0.2, 0.2, 0.2, 0.2, 0.2]"), row(weights="[0.3636]"),
        [QUERY, "{'文化内涵（古诗）': 4}", "", ""], [QUERY, "__import__('os')", "", ""], [QUERY], [*row(), "more"],
    ],
)  # fmt: skip
def test_damaged_rows_are_refused_with_their_place(tmp_path: Path, wrong: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        load(table(tmp_path / "a.csv", row("姓李，女孩"), wrong))
    assert "row 2" in str(caught.value)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    cases = {
        "empty.csv": "", "header.csv": "query,user_preference\n", "other.csv": "text,label\na,b\n", "bad.json": "{",
        "record.json": "{}", "keys.json": "[{}]", "none.json": "[]", "odd.txt": "x",
    }  # fmt: skip
    for name, text in cases.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        with pytest.raises(DataError):
            load(tmp_path / name)
    (tmp_path / "latin.csv").write_bytes("é".encode("latin-1"))
    for path in (tmp_path / "latin.csv", tmp_path / "missing.csv", table(tmp_path / "twice.csv", row(), row())):
        with pytest.raises(DataError):
            load(path)
