"""Scenario configurations: a subject with facts, a sender who learns them, a recipient who wants them all.

The schema is the one that the authors' code publishes (`simulation_config` with three agents, `principle`,
`how_to_check_leakage`), so that their files can be read as well; the 45 that are shipped are our own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from humankind.spine.config import Section
from humankind.spine.errors import DataError
from humankind.systems.privacy.apps import APPLICATIONS, address
from humankind.systems.privacy.mapping import EVERYONE
from humankind.systems.privacy.norms import Item, Norm, Party

Split = Literal["training", "unseen"]


class Actor(Section):
    """One of the three."""

    concrete_name: str = Field(min_length=1)
    social_background: str = ""
    """Who it is, told to itself."""
    public_profile: str = ""
    """Who it is, told to the others."""
    task: str = ""
    requirement: str = ""

    @property
    def party(self) -> Party:
        """Name, role and the addresses it has in the applications."""
        name = self.concrete_name
        role = self.public_profile.removeprefix(f"{name}:").strip().rstrip(".")
        return Party(name=name, role=role, addresses=(address(name), f"{address(name)}@mail.example"))


class Scenario(Section):
    """One configuration."""

    name: str = Field(min_length=1)
    domain: str = ""
    split: Split = "unseen"
    """`training`: may be searched and learned from. `unseen`: kept for showing that something carries over."""
    principle: str
    """The norm in words."""
    subject: Actor
    sender: Actor
    recipient: Actor
    shareable: tuple[str, ...] = Field(min_length=1)
    sensitive: tuple[str, ...] = Field(min_length=1)
    application: str
    """Where the recipient writes, and where leaks are looked for."""
    function: str
    """The call that carries the sender's words there."""

    @property
    def norm(self) -> Norm:
        """What may flow to the recipient: facts in a fixed order that does not tell which are sensitive."""
        facts = sorted((*self.shareable, *self.sensitive))
        kept = frozenset(self.sensitive)
        _refuse_overlap(self.name, self.shareable, kept)
        return Norm(
            items=tuple(Item(value=fact) for fact in facts),
            shareable=frozenset(place for place, fact in enumerate(facts) if fact not in kept),
            sensitive=frozenset(place for place, fact in enumerate(facts) if fact in kept),
            principle=self.principle,
            task=self.sender.task,
            domain=self.domain,
            subject=self.subject.party,
            sender=self.sender.party,
            recipient=self._recipient(),
        )

    def _recipient(self) -> Party:
        """Return the recipient; whoever reads public posts is reached by all of them."""
        party = self.recipient.party
        if self.application != "Facebook":
            return party
        return party.model_copy(update={"addresses": (*party.addresses, EVERYONE)})


def _refuse_overlap(name: str, shareable: Sequence[str], sensitive: frozenset[str]) -> None:
    both = sensitive & set(shareable)
    if both:
        raise DataError(
            "a fact is in both lists", found=", ".join(sorted(both)), where=name, expected="each fact in one of them"
        )


def load(path: Path | None = None, split: Split | None = None) -> tuple[Scenario, ...]:
    """Return scenarios in the order of their file.

    Args:
        path: a JSON file with one configuration or a list; None for those that are shipped.
        split: only those of one part.

    Raises:
        DataError: a file cannot be read, or a configuration lacks something; names file, number and key.
    """
    found = _shipped() if path is None else _read(path)
    return tuple(one for one in found if split is None or one.split == split)


@cache
def _shipped() -> tuple[Scenario, ...]:
    text = (files(__package__ or "") / "scenarios" / "own.json").read_text(encoding="utf-8")
    return tuple(_scenario(row, "own.json", number) for number, row in enumerate(json.loads(text), 1))


def _read(path: Path) -> tuple[Scenario, ...]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            "the scenarios cannot be read", found=f"{type(error).__name__}: {error}", where=path, expected="JSON"
        ) from None
    rows = told if isinstance(told, list) else [told]
    scenarios = tuple(_scenario(row, path, number) for number, row in enumerate(rows, 1))
    _refuse_twins(scenarios, path)
    return scenarios


def _refuse_twins(scenarios: Sequence[Scenario], path: object) -> None:
    names = [one.name for one in scenarios]
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins or not names:
        raise DataError(
            "scenarios need names of their own" if twins else "there is no scenario",
            found=", ".join(twins) or "an empty list",
            where=path,
            expected="one name or original_name for each",
        )


def _scenario(row: Any, where: object, number: int) -> Scenario:
    try:
        config = row["simulation_config"]
        agents = {role: config[f"data_{role}_agent"] for role in ("subject", "sender", "recipient")}
        check = config["how_to_check_leakage"]
        subject = agents["subject"]
        fields = {
            "name": row.get("name") or row.get("original_name") or f"scenario-{number}",
            "domain": row.get("domain", ""),
            "split": row.get("split", "unseen"),
            "principle": row["principle"],
            "shareable": tuple(subject["shareable_data"]["content"]),
            "sensitive": tuple(subject["sensitive_data"]["content"]),
            "application": check["application"],
            "function": check["function"],
            **{role: _actor(agent) for role, agent in agents.items()},
        }
        found = Scenario.model_validate(fields)
        _ = found.norm  # facts in both lists, or empty ones, are refused here
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(
            "a scenario lacks something", found=f"no {error}", where=f"{where}, scenario {number}",
            expected="simulation_config with data_subject_agent, data_sender_agent, data_recipient_agent and "
            "how_to_check_leakage, and principle",
        ) from None  # fmt: skip
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(
            "a scenario is wrong", found=first["msg"],
            where=f"{where}, scenario {number}, {'.'.join(map(str, first['loc']))}",
        ) from None  # fmt: skip
    if found.application not in APPLICATIONS:
        raise DataError(
            "a scenario names an application that is not played", found=found.application,
            where=f"{where}, scenario {number}", expected=", ".join(APPLICATIONS),
        )  # fmt: skip
    return found


def _actor(agent: Any) -> dict[str, Any]:
    known = set(Actor.model_fields)
    return {key: value for key, value in agent.items() if key in known and isinstance(value, str)}
