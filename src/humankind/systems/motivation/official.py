"""Reader of the official MotiveBench files, which carry no licence and are read from a user's own copy.

Three JSON lists, one for each source: `Persona_questions.json`, `Amazon_questions.json`, `Blog_questions.json`. An item
has an `idx` and, for each of three questions, its text, six options behind the letters A to F, and the letter of the
answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from humankind.kits.bench.questions import LETTERS, Question
from humankind.spine.errors import DataError
from humankind.systems.motivation.authored import N_OPTIONS, TYPES, Type
from humankind.systems.motivation.data import OFFICIAL, QuestionSet, read_rows

SIZES = {"Persona": 100, "Amazon": 50, "Blog": 50}
"""Scenarios of each source set. Paper and released files: 200 in all."""

FIELDS: dict[Type, tuple[str, str, str]] = {
    "motivation": ("Motivation Reasoning Question", "Options 1", "Correct Answer 1"),
    "behaviour": ("Behavior Reasoning Question", "Options 2", "Correct Answer 2"),
    "motivation_and_behaviour": ("Motivation and Behavior Reasoning Question", "Options 3", "Correct Answer 3"),
}
_KEYS = {"idx", *(field for fields in FIELDS.values() for field in fields)}
_LETTERED = re.compile(r"\s*([A-Z])\s*[.)]\s*(.*\S)\s*", re.DOTALL)
_GET = f"get the files again: humankind data get {OFFICIAL} --from PATH"


def looks_official(rows: Sequence[Any]) -> bool:
    """Say whether rows are of the official form, by the fields of the first."""
    return isinstance(rows[0], dict) and bool(_KEYS - {"idx"} & rows[0].keys()) and "questions" not in rows[0]


def read_folder(folder: Path) -> QuestionSet:
    """Return the whole official set.

    Args:
        folder: holds the three files, each directly or in a folder named for its source (as in the release).

    Raises:
        DataError: a file is missing or damaged, an item is wrong, or there are not 200 scenarios.
    """
    questions: list[Question] = []
    for source, expected in SIZES.items():
        path = _file_of(folder, source)
        rows = read_rows(path)
        if len(rows) != expected:
            raise DataError(
                "a file of the official set has another number of scenarios", found=len(rows), where=path,
                expected=expected, remedy=f"{_GET}; a part of the set is read by the path of its file",
            )  # fmt: skip
        questions += _questions(path, rows, source)
    return QuestionSet(name=OFFICIAL, title="MotiveBench, official release", questions=tuple(questions))


def of_rows(path: Path, rows: Sequence[Any]) -> QuestionSet:
    """Return the questions of one file of the official form, however many there are; DataError for a wrong item."""
    source = next((name for name in SIZES if path.stem.lower().startswith(name.lower())), path.stem)
    return QuestionSet(
        name=path.stem, title=f"{path.name}, in the official form", questions=tuple(_questions(path, rows, source))
    )


def _file_of(folder: Path, source: str) -> Path:
    name = f"{source}_questions.json"
    for path in (folder / source / name, folder / name):
        if path.is_file():
            return path
    raise DataError(
        "a file of the official set is missing", found=folder, expected=f"{source}/{name} or {name}", remedy=_GET
    )


def _questions(path: Path, rows: Sequence[Any], source: str) -> list[Question]:
    seen: dict[int, int] = {}
    made = []
    for number, row in enumerate(rows):
        item = _Item(path, number, row)
        idx = item.index()
        if idx in seen:
            raise item.wrong("idx", "two scenarios have the same index", idx, "indices that all differ")
        seen[idx] = number
        made += [item.question(kind, f"{source.lower()}-{idx}", source) for kind in TYPES]
    return made


class _Item:
    """One item of a file, which knows where it stands, so that an error can say so."""

    def __init__(self, path: Path, number: int, row: Any) -> None:
        self.path, self.number, self.row = path, number, row
        if not isinstance(row, dict):
            raise self.wrong("", "an item is not an object", type(row).__name__, "an object with idx and questions")
        missing = sorted(_KEYS - row.keys())
        if missing:
            raise self.wrong(missing[0], "a field is missing", ", ".join(map(str, row)), ", ".join(sorted(_KEYS)))

    def wrong(self, field: str, problem: str, found: object, expected: str) -> DataError:
        where = f"{self.path}, item {self.number}" + (f", field {field!r}" if field else "")
        return DataError(problem, found=found, where=where, expected=expected, remedy=f"mend the file, or {_GET}")

    def index(self) -> int:
        idx = self.row["idx"]
        if not isinstance(idx, int) or isinstance(idx, bool) or idx < 0:
            raise self.wrong("idx", "an index is not a whole number", repr(idx), "a whole number, 0 or more")
        return idx

    def question(self, kind: Type, group: str, source: str) -> Question:
        text_field, options_field, answer_field = FIELDS[kind]
        options = self.options(options_field)
        gold = self.gold(answer_field)
        return Question(
            id=f"{group}:{kind}",
            suite=OFFICIAL,
            text=self.text(text_field),
            options=options,
            gold=gold,
            answer=options[gold],
            group=group,
            category=kind,
            labels={"source": source},
        )

    def text(self, field: str) -> str:
        text = self.row[field]
        if not isinstance(text, str) or not text.strip():
            raise self.wrong(field, "a question is not a text", repr(text), "a text that is not empty")
        return text.strip()

    def options(self, field: str) -> tuple[str, ...]:
        listed = self.row[field]
        if not isinstance(listed, list) or len(listed) != N_OPTIONS:
            found = f"{len(listed)} options" if isinstance(listed, list) else repr(listed)
            raise self.wrong(field, "a question has another number of options", found, f"a list of {N_OPTIONS}")
        options = tuple(self.option(field, place, text) for place, text in enumerate(listed))
        for place, text in enumerate(options):
            if text in options[:place]:
                raise self.wrong(field, "two options are the same", repr(text), f"{N_OPTIONS} different options")
        return options

    def option(self, field: str, place: int, text: Any) -> str:
        lettered = _LETTERED.fullmatch(text) if isinstance(text, str) else None
        if lettered is None or lettered[1] != LETTERS[place]:
            form = f"a text that starts with `{LETTERS[place]}. `"
            raise self.wrong(field, f"option {place + 1} does not have its letter", repr(text), form)
        return lettered[2]

    def gold(self, field: str) -> int:
        answer = self.row[field]
        allowed = LETTERS[:N_OPTIONS]
        if not isinstance(answer, str) or len(answer.strip()) != 1 or answer.strip() not in allowed:
            raise self.wrong(field, "the answer is not one of the options", repr(answer), f"one letter of {allowed}")
        return allowed.index(answer.strip())
