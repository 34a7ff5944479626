"""Our own scenarios in MotiveBench's form, with levels, desires and labelled distractors; shipped with the package."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal, Self, get_args

from pydantic import Field, ValidationError, model_validator

from humankind.spine.config import Section
from humankind.spine.errors import DataError

Level = Literal["physiological", "safety", "love_and_belonging", "esteem", "self_actualization"]
"""Maslow's five levels, lowest first."""

Desire = Literal[
    "eating",
    "physical_activity",
    "order",
    "saving",
    "tranquility",
    "family",
    "romance",
    "social_contact",
    "acceptance",
    "honor",
    "independence",
    "power",
    "status",
    "vengeance",
    "curiosity",
    "idealism",
]
"""Reiss's sixteen basic desires."""

Type = Literal["motivation", "behaviour", "motivation_and_behaviour"]
"""What a question asks for, in the paper's order."""

Kind = Literal["gold", "too_rational", "too_idealistic", "other_desire", "surface", "opposite"]
"""What an option is: the answer, or in which way it is wrong."""

LEVELS: tuple[Level, ...] = get_args(Level)
TYPES: tuple[Type, ...] = get_args(Type)
KINDS: tuple[Kind, ...] = get_args(Kind)

DESIRES: dict[Level, tuple[Desire, ...]] = {
    "physiological": ("eating", "physical_activity"),
    "safety": ("order", "saving", "tranquility"),
    "love_and_belonging": ("family", "romance", "social_contact", "acceptance"),
    "esteem": ("honor", "independence", "power", "status", "vengeance"),
    "self_actualization": ("curiosity", "idealism"),
}
"""The sixteen desires nested in the five levels, as in the paper's figure."""

N_OPTIONS = 6
MIN_STEM_WORDS, MAX_STEM_WORDS = 60, 150
MAX_LENGTH_RATIO = 1.4
"""Most that the longest option of a question may exceed its shortest one, in words."""

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


class Option(Section):
    """One answer to choose from."""

    text: str = Field(min_length=1)
    kind: Kind


class Item(Section):
    """One question about a scenario, with six options."""

    type: Type

    stem: str
    """All that the reader may know: identity, scenario and, by type, the behaviour, the motive or neither."""

    question: str = Field(min_length=1)
    options: tuple[Option, ...]

    @property
    def gold(self) -> int:
        """The position of the answer, from 0."""
        return next(i for i, option in enumerate(self.options) if option.kind == "gold")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        kinds = [option.kind for option in self.options]
        if len(kinds) != N_OPTIONS or len({option.text for option in self.options}) != N_OPTIONS:
            raise ValueError(f"{self.type}: needs {N_OPTIONS} different options")
        if kinds.count("gold") != 1 or not {"too_rational", "too_idealistic"} <= set(kinds):
            raise ValueError(f"{self.type}: needs one gold, a too_rational and a too_idealistic option, has {kinds}")
        if not MIN_STEM_WORDS <= n_words(self.stem) <= MAX_STEM_WORDS:
            raise ValueError(f"{self.type}: the stem has {n_words(self.stem)} words")
        lengths = [n_words(option.text) for option in self.options]
        if max(lengths) > MAX_LENGTH_RATIO * min(lengths):
            raise ValueError(f"{self.type}: option lengths {lengths} give the answer's length away")
        return self


class Scenario(Section):
    """A person in a situation, what moves them and what they do, and three questions about it."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    title: str = Field(min_length=1)
    level: Level
    desire: Desire
    """The one desire that the authors meant; nested in `level`."""

    identity: str = Field(min_length=1)
    scenario: str = Field(min_length=1)
    motivation: str = Field(min_length=1)
    behaviour: str = Field(min_length=1)
    questions: tuple[Item, Item, Item]
    """In the order of `TYPES`."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.desire not in DESIRES[self.level]:
            raise ValueError(f"the desire {self.desire} does not belong to the level {self.level}")
        if tuple(item.type for item in self.questions) != TYPES:
            raise ValueError(f"questions must be of the types {', '.join(TYPES)}, in this order")
        known = f"{self.identity} {self.scenario}"
        told = (f"{known} {self.behaviour}", f"{known} {self.motivation}", known)
        for item, stem in zip(self.questions, told, strict=True):
            if item.stem != stem:
                raise ValueError(f"{item.type}: the stem tells more or less than this type of question may")
        return self


def n_words(text: str) -> int:
    """Return how many words a text has; a hyphenated word counts once.

    >>> n_words("It's a half-truth, no more.")
    5
    """
    return len(_WORD.findall(text))


def load() -> tuple[Scenario, ...]:
    """Return the shipped scenarios, level by level, each file in its own order.

    Raises:
        DataError: a file is missing or damaged, or an item breaks a rule of the set.

    >>> len(load())
    75
    """
    folder = files("humankind.systems.motivation") / "scenarios"
    return _unique(scenario for level in LEVELS for scenario in read(folder / f"{level}.json", level))


def read(file: Traversable, level: Level) -> tuple[Scenario, ...]:
    """Return the checked scenarios of one file, all of which must be of `level`.

    Raises:
        DataError: no such file, not a JSON list, a broken item, or one of another level.
    """
    return tuple(_checked(row, f"{file.name}, scenario {n}", level) for n, row in enumerate(_rows(file), start=1))


def _rows(file: Traversable) -> list[Any]:
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _broken("a file of scenarios cannot be read", str(error), file.name) from error
    if not isinstance(rows, list) or not rows:
        raise _broken("a file of scenarios must hold a list that is not empty", type(rows).__name__, file.name)
    return rows


def _checked(row: Any, where: str, level: Level) -> Scenario:
    try:
        scenario = Scenario.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise _broken("a scenario is broken", first["msg"], f"{where} {place}".strip()) from error
    if scenario.level != level:
        raise _broken("a scenario is in the file of another level", scenario.level, f"{where} ({scenario.id})")
    return scenario


def _unique(scenarios: Iterable[Scenario]) -> tuple[Scenario, ...]:
    by_id: dict[str, Scenario] = {}
    for scenario in scenarios:
        if scenario.id in by_id:
            raise _broken("two scenarios have the same id", scenario.id, "scenarios")
        by_id[scenario.id] = scenario
    return tuple(by_id.values())


def _broken(problem: str, found: str, where: str) -> DataError:
    return DataError(problem, found=found, where=where, remedy="install the package again or mend the file")
