"""Reads BigToM (Gandhi et al., 2023): a table of story templates, and makes their conditions.

A template is a story of five sentences (setting, wish, first state, first belief, change), what follows where the
change is seen or not, and an unrelated event. From it come, with and without the sentence of the first belief:

    forward belief, forward action   story, then: the change is seen (true belief) or not (false belief); controls have
                                     the unrelated event in place of the change, so the first belief stays true
    backward belief                  story, then what the person does; what did they believe?
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

from humankind.kits.bench.questions import Question
from humankind.spine.errors import DataError
from humankind.systems.tom.data import Suite, check_ids, counted
from humankind.systems.tom.rows import Row, read_text

NAME = "bigtom"
FILE = "bigtom.csv"
COLUMNS = (
    "story",
    "aware",
    "not aware",
    "action aware",
    "action not aware",
    "belief question",
    "desire question",
    "action question",
    "belief aware",
    "desire aware",
    "will do aware",
    "belief not aware",
    "desire not aware",
    "will do not aware",
    "other desire",
    "random event",
    "aware of random",
    "not aware of random",
)
"""What the columns hold, by position; the file has no head. Two more, author and version, may follow."""
N_SENTENCES = 5
VARIABLES = {"forward belief": "belief", "forward action": "will do", "backward belief": "belief"}
"""Variable -> the columns that hold its answers."""
_END = re.compile(r"(?<=[.!?])\s+|(?<=[.!?][\"'])\s+")


def read(path: Path) -> Suite:
    """Return the questions that a table of templates gives, in its order.

    Raises:
        DataError: names file and row of what cannot be a BigToM template.
    """
    file = next((found for found in (path / FILE, path / "data" / "bigtom" / FILE) if found.is_file()), path)
    if file.is_dir():
        raise DataError("there is no BigToM file here", found=path, expected=FILE)
    rows = list(_rows(file))
    usable = [row for row in rows if len(_sentences(row)) == N_SENTENCES]
    skipped = [row.number for row in rows if row not in usable]
    notes = []
    if skipped:
        numbers = ", ".join(map(str, skipped[:10])) + (" ..." if len(skipped) > 10 else "")
        notes.append(
            f"BigToM: {counted(len(skipped), 'template')} left out for a story that has not "
            f"{N_SENTENCES} sentences (row {numbers})."
        )
    questions: list[Question] = []
    n_same = 0
    for row in usable:
        made = list(_questions(row))
        questions += [question for question in made if question is not None]
        n_same += made.count(None)
    if n_same:
        notes.append(f"BigToM: {counted(n_same, 'question')} whose two answers are the same, left out.")
    notes.append(
        "BigToM: the right answer is first or second by a checksum of the question's id; the files have no order."
    )
    return Suite(
        name=NAME,
        title="BigToM: beliefs and actions with and without sight of a change",
        questions=check_ids(str(file), questions),
        notes=tuple(notes),
    )


def _rows(file: Path) -> Iterator[Row]:
    lines = csv.reader(read_text(file).splitlines(), delimiter=";")
    for number, cells in enumerate(lines, start=1):
        if not cells:
            continue
        row = Row(dict(zip(COLUMNS, cells)), file, number)
        if len(cells) < len(COLUMNS):
            raise row.wrong(
                "a template has too few columns",
                found=len(cells),
                expected=f"{len(COLUMNS)} columns, semicolons between them",
            )
        yield row


def _sentences(row: Row) -> list[str]:
    return [part.strip() for part in _END.split(row.text("story")) if part.strip()]


def _questions(row: Row) -> Iterator[Question | None]:
    """Yield every question of a template; None where its two answers are the same."""
    sentences = _sentences(row)
    for first_belief in ("shown", "hidden"):
        kept = sentences[:3] + (sentences[3:4] if first_belief == "shown" else [])
        changed, control = [*kept, sentences[4]], [*kept, row.text("random event")]
        for variable in VARIABLES:
            ends = (
                {
                    "true belief": [*changed, row.text("action aware")],
                    "false belief": [*changed, row.text("action not aware")],
                    "control": [*control, row.text("action not aware")],
                }
                if variable == "backward belief"
                else {
                    "true belief": [*changed, row.text("aware")],
                    "false belief": [*changed, row.text("not aware")],
                    "true control": [*control, row.text("aware of random")],
                    "false control": [*control, row.text("not aware of random")],
                }
            )
            for condition, story in ends.items():
                yield _question(row, variable, condition, first_belief, " ".join(story))


def _question(row: Row, variable: str, condition: str, first_belief: str, story: str) -> Question | None:
    answers = VARIABLES[variable]
    aware, unaware = row.text(f"{answers} aware"), row.text(f"{answers} not aware")
    if aware == unaware:
        return None
    right, wrong = (aware, unaware) if condition == "true belief" else (unaware, aware)
    id = "-".join([f"{row.number:03d}", *(part.replace(" ", "-") for part in (variable, condition, first_belief))])
    options = (right, wrong) if crc32(id.encode()) % 2 else (wrong, right)
    return Question(
        id=id,
        suite=NAME,
        story=story,
        text=row.text("action question" if variable == "forward action" else "belief question"),
        options=options,
        gold=options.index(right),
        answer=right,
        group=f"{row.number:03d}",
        category=variable,
        order=1,
        labels={"condition": condition, "first belief": first_belief},
    )
