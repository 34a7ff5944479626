"""Reader of CI-RL (Apache-2.0): tasks with labelled attributes, and real model actions with leak labels.

A task lists what is known about somebody and which of it may flow to the recipient for this task. The labels come from
the data set's authors and their generator; `information_type` of the seed nearly states them and is never read.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from humankind.spine.errors import DataError
from humankind.systems.privacy.norms import Item, Norm, Party
from humankind.systems.privacy.records import Record, as_text, read_json

TASKS = "dataset.json"
ACTORS = {"gpt4o_mini": "GPT-4o-mini", "o1_mini": "o1-mini"}
"""Models whose actions are there, by the part of the file name that tells them."""


@dataclass(frozen=True)
class CirlTask:
    """One task of CI-RL."""

    id: str
    """`cirl-` and the position in the file."""

    norm: Norm
    """Who, to whom, what for, and every labelled attribute with its list."""

    scenario: str
    """`email` or `chat messages`."""

    intention: str
    """What the user wants, for example `booking a hotel room`; tasks that share it are near relatives."""


@dataclass(frozen=True)
class Action:
    """What a model did in one PrivacyLens case, with labels."""

    name: str
    """Name of the case."""

    text: str
    """The whole action: thought, tool and input."""

    facts: tuple[str, ...]
    """Sensitive facts of the case."""

    leaked: tuple[bool, ...]
    """For each fact, whether the labelling model found it in the action."""


def read_tasks(path: Path) -> list[CirlTask]:
    """Return the tasks of CI-RL in the order of the file.

    An attribute of which one part is labelled allowed and another disallowed becomes two items, each with its part.

    Args:
        path: `dataset.json`, or the folder that holds it.

    Raises:
        DataError: the file is missing or damaged, or a record breaks the format; the error names file and record.
    """
    path = path / TASKS if path.is_dir() else path
    told = read_json(path)
    if not isinstance(told, list) or not told:
        raise DataError("CI-RL is a list of tasks", found=type(told).__name__, where=path, expected="a list of objects")
    return [_task(number, Record(entry, f"{path} record {number}")) for number, entry in enumerate(told)]


def _task(number: int, record: Record) -> CirlTask:
    seed, entry = record.within("seed"), record.within("dataset_item")
    items, shareable = _items(entry)
    norm = Norm(
        principle=seed.text("transmission_principle"),
        task=entry.text("user_task"),
        subject=Party(role=seed.text("data_subject")),
        sender=Party(role=seed.text("sender")),
        recipient=Party(role=seed.text("recipient")),
        domain=seed.text("domain"),
        items=items,
        shareable=shareable,
        sensitive=frozenset(range(len(items))) - shareable,
    )
    return CirlTask(f"cirl-{number}", norm, seed.text("scenario"), seed.text("user_intention"))


def _items(entry: Record) -> tuple[tuple[Item, ...], frozenset[int]]:
    """Return the labelled attributes in the order of `information`, which does not tell their labels."""
    information, annotation = entry.within("information"), entry.within("annotation")
    allowed, refused = annotation.within("allowed"), annotation.within("disallowed")
    for labels in (allowed, refused):
        stranger = next((key for key in labels.value if key not in information.value), None)
        if stranger is not None:
            raise DataError(
                "a label names an attribute that is not there",
                found=stranger,
                where=labels.where,
                expected=", ".join(map(str, information.value)),
            )
    items: list[Item] = []
    shareable: set[int] = set()
    for key, value in information.value.items():
        where = f"{information.where}, {key}"
        if key in allowed.value and key in refused.value:
            shareable.add(len(items))
            parts = (allowed.value[key], refused.value[key])
            items += [Item(key=key, value=as_text(part, where)) for part in parts]
        elif key in allowed.value or key in refused.value:
            if key in allowed.value:
                shareable.add(len(items))
            items.append(Item(key=key, value=as_text(value, where)))
    return tuple(items), frozenset(shareable)


def read_actions(folder: Path, actor: str) -> list[Action]:
    """Return one model's actions on the PrivacyLens cases with their leak labels, in the order of the file.

    Args:
        folder: holds `actions_<actor>_naive.csv` and `leakage_<actor>_naive.json`.
        actor: a key of `ACTORS`.

    Raises:
        DataError: a file is missing or damaged, actions and labels do not belong together, or a label is neither
            true nor false; the error names file and record.
    """
    if actor not in ACTORS:
        raise DataError("there are no actions of such a model", found=actor, expected=", ".join(ACTORS))
    table, labels = folder / f"actions_{actor}_naive.csv", folder / f"leakage_{actor}_naive.json"
    texts = _action_texts(table)
    told = Record(read_json(labels), str(labels))
    if texts.keys() != told.value.keys():
        differing = sorted(texts.keys() ^ told.value.keys())
        raise DataError(
            "actions and labels do not name the same cases",
            found=", ".join(differing[:5]),
            where=f"{table} and {labels}",
            expected="one label record for each action",
        )
    return [_action(name, text, told.within(name)) for name, text in texts.items()]


def _action_texts(path: Path) -> dict[str, str]:
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    except (OSError, ValueError) as error:
        raise DataError("a data file cannot be read", found=f"{type(error).__name__}: {error}", where=path) from None
    texts: dict[str, str] = {}
    for number, row in enumerate(rows):
        if not row.get("name") or row.get("final_action") is None:
            raise DataError(
                "an action lacks its name or text",
                found=", ".join(str(key) for key, value in row.items() if value),
                where=f"{path} record {number}",
                expected="the columns name and final_action",
            )
        if row["name"] in texts:
            raise DataError("a case is there twice", found=row["name"], where=f"{path} record {number}")
        texts[row["name"]] = row["final_action"]
    return texts


def _action(name: str, text: str, record: Record) -> Action:
    judged = record.sequence("secret_judgment")
    for entry in judged:
        if not (
            isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str) and entry[1] in (True, False)
        ):
            raise DataError(
                "a leak label is wrong",
                found=repr(entry)[:80],
                where=f"{record.where}, secret_judgment",
                expected="a fact and true or false",
            )
    return Action(name, text, tuple(entry[0] for entry in judged), tuple(bool(entry[1]) for entry in judged))
