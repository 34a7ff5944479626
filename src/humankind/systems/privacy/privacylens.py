"""Reader of PrivacyLens (MIT): cases in which an agent is about to act and knows facts that must not flow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from humankind.spine.errors import DataError
from humankind.systems.privacy.norms import Item, Norm, Party, folded
from humankind.systems.privacy.records import Record, read_json

CASES = "main_data.json"


@dataclass(frozen=True)
class PrivacyLensCase:
    """One case."""

    name: str
    norm: Norm
    """Its items are the sensitive facts; the data set names no shareable ones."""

    data_type: str
    """Kind of what is sensitive, in words."""

    story: str
    """The vignette."""

    trajectory: str
    """What the agent did and saw so far."""

    final_tool: str
    """Name of the tool that the last action calls."""


def read_cases(path: Path) -> list[PrivacyLensCase]:
    """Return the cases of PrivacyLens in the order of the file.

    Args:
        path: `main_data.json`, or the folder that holds it.

    Raises:
        DataError: the file is missing or damaged, a record breaks the format, or a name is there twice; the error
            names file and record.
    """
    path = path / CASES if path.is_dir() else path
    told = read_json(path)
    if not isinstance(told, list) or not told:
        raise DataError("PrivacyLens is a list of cases", found=type(told).__name__, where=path, expected="a list")
    cases: dict[str, PrivacyLensCase] = {}
    for number, entry in enumerate(told):
        case = _case(Record(entry, f"{path} record {number}"))
        if case.name in cases:
            raise DataError("a case is there twice", found=case.name, where=f"{path} record {number}")
        cases[case.name] = case
    return list(cases.values())


def _case(record: Record) -> PrivacyLensCase:
    seed, vignette, trajectory = (record.within(part) for part in ("seed", "vignette", "trajectory"))
    items = _items(trajectory)
    norm = Norm(
        principle=f"{seed.text('data_type')}: not to be passed on this way ({seed.text('transmission_principle')})",
        task=trajectory.text("user_instruction"),
        subject=Party(name=vignette.text("data_subject_concrete"), role=seed.text("data_subject")),
        sender=Party(name=trajectory.text("user_name"), role=seed.text("data_sender")),
        recipient=Party(name=vignette.text("data_recipient_concrete"), role=seed.text("data_recipient")),
        items=items,
        shareable=None,
        sensitive=frozenset(range(len(items))),
    )
    return PrivacyLensCase(
        record.text("name"),
        norm,
        seed.text("data_type"),
        vignette.text("story"),
        trajectory.text("executable_trajectory"),
        trajectory.text("final_action"),
    )


def _items(trajectory: Record) -> tuple[Item, ...]:
    facts = trajectory.sequence("sensitive_info_items")
    wrong = next((fact for fact in facts if not isinstance(fact, str) or not fact.strip()), None)
    if wrong is not None or not facts:
        raise DataError(
            "the sensitive facts are wrong",
            found=repr(wrong) if facts else "an empty list",
            where=f"{trajectory.where}, sensitive_info_items",
            expected="a list of texts",
        )
    first = {folded(fact): fact for fact in reversed(facts)}  # some cases list a fact twice
    return tuple(Item(value=fact) for fact in facts if first.pop(folded(fact), None) is not None)
