"""The labels of Hi-ToM against each other and against its stories."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from humankind.kits.bench.questions import Question
from humankind.spine.evidence import Table
from humankind.systems.tom.audit import Audit, Check
from humankind.systems.tom.readers_hitom import Item, items, pairs

_OBJECT = re.compile(r"\bthe (\w+) (?:is|are|really is)\?\Z|\bis the (\w+) really\?\Z")


def with_labels(found: Audit, path: Path) -> Audit:
    """Return an audit of Hi-ToM with what its two halves say of each other, and the stories of both.

    Args:
        found: the audit of its questions.
        path: the file or folder it was read from.
    """
    both = pairs(path)
    differing = [(cot, plain) for cot, plain in both if cot.question.answer != plain.question.answer]
    nowhere = [item for item in items(path) if never_there(item.question)]
    checks = (
        Check(
            name="gold that differs between the halves",
            found=len(differing),
            of=len(both),
            meaning="one of the two is wrong; the chain-of-thought half is used",
            examples=tuple(cot.question.id for cot, _ in differing),
        ),
        Check(
            name="row whose gold is a place where the object never was",
            found=len(nowhere),
            of=len(items(path)),
            meaning="only somebody who believes a false claim can think so",
            examples=tuple(item.question.id for item in nowhere),
        ),
        Check(
            name="row whose gold is a place that nobody names for the object",
            found=len(unnamed := [item for item in nowhere if never_named(item.question)]),
            of=len(items(path)),
            meaning="nobody in the story can think so",
            examples=tuple(item.question.id for item in unnamed),
        ),
    )
    conflicts = [_between_halves(cot, plain) for cot, plain in differing]
    conflicts += [
        {"id": item.question.id, "kind": "never there", "gold": item.question.answer, "half": item.half}
        for item in nowhere
    ]
    return found.model_copy(
        update={
            "checks": (*found.checks, *checks),
            "tables": (*found.tables, _by_order(both, differing)),
            "conflicts": (*found.conflicts, *conflicts),
        }
    )


def _between_halves(cot: Item, plain: Item) -> dict[str, str]:
    return {
        "id": cot.question.id,
        "kind": "halves differ",
        "gold": cot.question.answer,
        "other": plain.question.answer,
        "other id": plain.question.id,
    }


def never_there(question: Question) -> bool:
    """Return whether the gold is a place in which the story never puts the object that is asked about."""
    return question.answer not in _places(question, r"^\d+ The {} is in the (\w+)\.|moved the {} to the (\w+)\.")


def never_named(question: Question) -> bool:
    """Return whether the gold is a place in which nobody in the story even claims the object to be."""
    return never_there(question) and question.answer not in _places(question, r"\b{} is in the (\w+)()")


def _places(question: Question, pattern: str) -> set[str]:
    """Return the places that a pattern finds for the object that is asked about, one in each group."""
    match = _OBJECT.search(question.text)
    if match is None:
        return {question.answer}
    thing = re.escape(match[1] or match[2])
    found = re.findall(pattern.replace("{}", thing), question.story, flags=re.MULTILINE)
    return {place for groups in found for place in groups}


def _by_order(both: list[tuple[Item, Item]], differing: list[tuple[Item, Item]]) -> Table:
    asked = Counter((cot.question.category, cot.question.order or 0) for cot, _ in both)
    split = Counter((cot.question.category, cot.question.order or 0) for cot, _ in differing)
    return Table(
        title="Golds that differ between the halves",
        columns=("stories", "order", "items", "golds differ"),
        rows=tuple((*key, number, split[key]) for key, number in sorted(asked.items())),
    )
