"""The labels of Hi-ToM against each other, against its stories, and against a tracker of beliefs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from humankind.kits.bench.questions import Question
from humankind.spine.evidence import Table
from humankind.systems.tom.audit import Audit, Check
from humankind.systems.tom.hitom_events import Conflict, Verdict, agreement, conflicts, verdicts
from humankind.systems.tom.readers_hitom import items, pairs

_OBJECT = re.compile(r"\bthe (\w+) is\?\Z|\bis the (\w+) really\?\Z")


def with_labels(found: Audit, path: Path) -> Audit:
    """Return an audit of Hi-ToM with what speaks for and against the labels of both halves.

    Args:
        found: the audit of its questions.
        path: the file or folder it was read from.
    """
    conflicting, tracked = conflicts(path), verdicts(path)
    return found.model_copy(
        update={
            "checks": (*found.checks, *_checks(path, conflicting, tracked)),
            "tables": (*found.tables, _agreement(tracked)),
            "conflicts": (*found.conflicts, *(_record(one) for one in conflicting), *_against(tracked)),
        }
    )


def _checks(path: Path, conflicting: Sequence[Conflict], tracked: Sequence[Verdict]) -> list[Check]:
    n_pairs, n = len(pairs(path)), len(tracked)
    split = [one.id for one in conflicting if one.why == "halves differ"]
    nowhere = [one.id for one in conflicting if one.why == "never there"]
    unnamed = [item.question.id for item in items(path) if never_named(item.question)]
    against = [one.id for one in tracked if not one.agrees]
    return [
        _check("gold that differs between the halves", split, n_pairs, "one is wrong; chain of thought's is used"),
        _check("row whose gold is a place where the object never was", nowhere, n, "only a false claim leads there"),
        _check("row whose gold is a place that nobody names for the object", unnamed, n, "nobody can think so"),
        _check("row whose gold a tracker of beliefs contradicts", against, n, "one of the two is wrong, or a rule is"),
    ]


def _check(name: str, ids: list[str], of: int, meaning: str) -> Check:
    return Check(name=name, found=len(ids), of=of, meaning=meaning, examples=tuple(ids))


def _record(one: Conflict) -> dict[str, str]:
    values = {"id": one.id, "kind": one.why, "half": one.half, "gold": one.gold, "tracker": one.oracle}
    return {**values, "other half": one.other} if one.other else values


def _against(tracked: Sequence[Verdict]) -> list[dict[str, str]]:
    return [
        {"id": one.id, "kind": "tracker differs", "half": one.half, "gold": one.gold, "tracker": one.oracle}
        for one in tracked
        if not one.agrees
    ]


def _agreement(tracked: Sequence[Verdict]) -> Table:
    """Return how often a tracker of beliefs agrees with the labels, by half, kind of story and order."""
    names = {True: "communication", False: "no communication"}
    return Table(
        title="Labels that a tracker of beliefs agrees with",
        columns=("half", "stories", "order", "agree", "rows"),
        rows=tuple(
            (half, names[communication], order, agree, rows)
            for (half, communication, order), (agree, rows) in agreement(tracked).items()
        ),
        note="CoTP: asked for reasoning; VP: asked for a bare answer; the items are the same",
    )


def never_named(question: Question) -> bool:
    """Return whether nothing in the story puts the object into the gold place, and nobody claims it to be there."""
    match = _OBJECT.search(question.text)
    if match is None:
        return False
    thing = re.escape(match[1] or match[2])
    named = re.findall(rf"\b{thing} is in the (\w+)|\bmoved the {thing} to the (\w+)", question.story)
    return question.answer not in {place for pair in named for place in pair}
