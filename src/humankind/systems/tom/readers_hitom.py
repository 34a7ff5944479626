"""Reads Hi-ToM (He et al., 2023): 600 items, asked once for reasoning and once for a bare answer.

The golds of the two halves differ on some items. Those of the chain-of-thought half are used for both: a belief
tracker agrees with them far more often (`humankind tom audit hitom` counts it).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from humankind.kits.bench.questions import LETTERS, Question
from humankind.systems.tom.data import Suite, check_ids, counted, digest_of
from humankind.systems.tom.rows import Row, json_rows

NAME = "hitom"
FILE = "Hi-ToM_data.json"
COT, PLAIN = "CoTP", "VP"
"""Prompting types of the two halves."""
_CHOICE = re.compile(r"([A-Z])\. ")
_INSTRUCTION = re.compile(r"Read the following story[^\n]*\n")
_STRAY = re.compile(r"\s*\*+\s*\Z")


@dataclass(frozen=True)
class Item:
    """One row, read."""

    question: Question
    half: str
    place: int
    """`sample_id` of the row."""
    stray: bool
    """Whether a line of asterisks stood behind the story."""

    @property
    def key(self) -> tuple[str, str, tuple[str, ...]]:
        """What the two halves share: story, question, options."""
        return self.question.story, self.question.text, self.question.options


def read(path: Path) -> Suite:
    """Return the items of a Hi-ToM file, or of a folder that has it, each once.

    Raises:
        DataError: names file and row of what cannot be a Hi-ToM item.
    """
    everything = items(path)
    chosen = {item.key: item for item in everything} | {item.key: item for item in everything if item.half == COT}
    kept = sorted(chosen.values(), key=lambda item: item.place)
    return Suite(
        name=NAME,
        title="Hi-ToM: where somebody thinks somebody thinks an object is, orders 0 to 4",
        questions=check_ids(str(path), (item.question for item in kept)),
        notes=_notes(everything, kept),
    )


def items(path: Path) -> list[Item]:
    """Return every row of the file, both halves, in its order."""
    file = path / FILE if path.is_dir() else path
    return [_item(row) for row in json_rows(file, "data")]


def pairs(path: Path) -> list[tuple[Item, Item]]:
    """Return the items that are in both halves: (chain of thought, plain), in the order of the first."""
    everything = items(path)
    plain = {item.key: item for item in everything if item.half == PLAIN}
    return [(item, plain[item.key]) for item in everything if item.half == COT and item.key in plain]


def _item(row: Row) -> Item:
    half = row.text("prompting_type")
    if half not in (COT, PLAIN):
        raise row.wrong("the prompting type is not known", found=repr(half), expected=f"{COT} or {PLAIN}")
    text = _INSTRUCTION.sub("", row.text("story")).strip()
    story = _STRAY.sub("", text)
    options = _options(row)
    answer = row.text("answer")
    communication = row.flag("deception")
    question = Question(
        id=f"{row.whole('sample_id'):04d}",
        suite=NAME,
        story=story,
        text=row.text("question"),
        options=options,
        gold=row.gold(options, answer),
        answer=answer,
        group=digest_of(story),
        category="communication" if communication else "no communication",
        order=row.whole("question_order"),
        labels={"chapters": str(row.whole("story_length")), "half": half},
    )
    return Item(question, half, row.whole("sample_id"), story != text)


def _options(row: Row) -> tuple[str, ...]:
    """Return the texts of `A. one, B. two, ...`."""
    pieces = _CHOICE.split(row.text("choices"))
    letters, texts = pieces[1::2], [text.strip().rstrip(",") for text in pieces[2::2]]
    if pieces[0].strip() or letters != list(LETTERS[: len(letters)]) or len(letters) < 2 or not all(texts):
        raise row.wrong(
            "the options cannot be read", found=row.values["choices"], expected="A. one, B. two, C. three ..."
        )
    return tuple(texts)


def _notes(everything: list[Item], kept: list[Item]) -> tuple[str, ...]:
    golds: dict[object, set[str]] = {}
    for item in everything:
        golds.setdefault(item.key, set()).add(item.question.answer)
    told = (
        (
            len(everything) - len(kept),
            "{} repeating an item with the other prompt style; each item is kept once",
            "row",
        ),
        (
            sum(len(found) > 1 for found in golds.values()),
            "{} with two different golds; that of the chain-of-thought half is used",
            "item",
        ),
        (sum(item.stray for item in everything), "{} with asterisks behind the story, which are removed", "row"),
    )
    return tuple(f"Hi-ToM: {text.format(counted(number, noun))}." for number, text, noun in told if number)
