"""Reads EmoBench (Sabour et al., 2024): what to do (EA) and what is felt and why (EU), in English and Chinese.

An EU record gives two questions of one group, emotion and cause; its authors count it as solved when both are right.
The wording of the questions is ours; the files hold scenarios and options alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from humankind.kits.bench.questions import Question
from humankind.spine.errors import DataError
from humankind.systems.tom.data import Suite, check_ids, counted
from humankind.systems.tom.rows import Row, jsonl_rows

NAME = "emobench"
FILES = ("EA.jsonl", "EU.jsonl")
_ASKED = {
    ("en", "Action"): "What is the most effective thing for {} to do?",
    ("en", "Response"): "What is the most effective thing for {} to say?",
    ("en", "emotion"): "What does {} feel in the end?",
    ("en", "cause"): "Why does {} feel this way?",
    ("zh", "Action"): "{}怎么做最有效？",
    ("zh", "Response"): "{}怎么说最有效？",
    ("zh", "emotion"): "{}最终的感受是什么？",
    ("zh", "cause"): "{}为什么会有这样的感受？",
}


def read(path: Path) -> Suite:
    """Return all questions of a folder with EA.jsonl and EU.jsonl, or of one of the two files.

    Raises:
        DataError: names file and row of what cannot be an EmoBench record.
    """
    files = [path] if path.is_file() else [path / name for name in FILES if (path / name).is_file()]
    if not files:
        raise DataError("there is no EmoBench file here", found=path, expected=" or ".join(FILES))
    rows = [row for file in files for row in jsonl_rows(file)]
    questions = check_ids(str(path), [question for row in rows for question in _questions(row)])
    n_pairs = sum("emotion_choices" in row.values for row in rows)
    notes = (
        (f"EmoBench: {counted(n_pairs, 'record')} of EU give two questions each, emotion and cause.",)
        if n_pairs
        else ()
    )
    return Suite(name=NAME, title="EmoBench: emotional understanding and application", questions=questions, notes=notes)


def _questions(row: Row) -> Iterator[Question]:
    if "emotion_choices" in row.values:
        fine = {"kind": row.text("finegrained_category")}
        for asked in ("emotion", "cause"):
            yield _question(row, f"understanding: {asked}", asked, f"{asked}_choices", f"{asked}_label", fine)
    else:
        asked = row.text("question type")
        if asked not in ("Action", "Response"):
            raise row.wrong("the question type is not known", found=repr(asked), expected="Action or Response")
        yield _question(row, "application", asked, "choices", "label", {"kind": row.text("category"), "asked": asked})


def _question(row: Row, category: str, asked: str, choices: str, label: str, labels: dict[str, str]) -> Question:
    language, task = row.text("language"), "EA" if category == "application" else "EU"
    if language not in ("en", "zh"):
        raise row.wrong("the language is not known", found=repr(language), expected="en or zh")
    options, answer = row.texts(choices), row.text(label)
    record = f"{task}-{row.text('qid')}"
    return Question(
        id=f"{record}-{asked.lower()}-{language}",
        suite=NAME,
        story=row.text("scenario"),
        text=_ASKED[language, asked].format(row.text("subject")),
        options=options,
        gold=row.gold(options, answer),
        answer=answer,
        group=record,
        category=category,
        language=language,
        labels=labels,
    )
