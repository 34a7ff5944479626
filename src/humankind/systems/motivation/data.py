"""Sets of questions about motives: ours, the official one, or a file of one's own; found by name or by path."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from humankind.kits.bench.questions import Question
from humankind.spine.config import Section
from humankind.spine.errors import DataError
from humankind.systems.motivation import authored
from humankind.systems.motivation.authored import DESIRES, N_OPTIONS, TYPES, Desire, Level, Option, Type

OWN, OFFICIAL = "own", "motivebench"
NAMES = (OWN, OFFICIAL)


class QuestionSet(Section):
    """Questions that are asked and scored together."""

    name: str
    """`own`, `motivebench`, or the name of a file."""

    title: str
    """What it is, for people."""

    questions: tuple[Question, ...]
    """In the order of the source; the questions of one scenario share their `group`."""

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The ids of the scenarios, in order."""
        return tuple(dict.fromkeys(question.group for question in self.questions))

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the source sets, in order."""
        return tuple(dict.fromkeys(question.labels["source"] for question in self.questions))

    @property
    def digest(self) -> str:
        """SHA-256 over all questions: equal for equal content, whatever file it came from."""
        total = sha256()
        for question in self.questions:
            total.update(question.model_dump_json().encode())
        return total.hexdigest()


class TypedQuestion(Section):
    """One question of a scenario file: what is told, what is asked, six labelled options."""

    type: Type
    stem: str = Field(min_length=1)
    question: str = Field(min_length=1)
    options: tuple[Option, ...]

    @model_validator(mode="after")
    def _one_of_six(self) -> Self:
        if len(self.options) != N_OPTIONS or len({option.text for option in self.options}) != N_OPTIONS:
            raise ValueError(f"needs {N_OPTIONS} different options, has {len({o.text for o in self.options})}")
        golds = sum(option.kind == "gold" for option in self.options)
        if golds != 1:
            raise ValueError(f"needs exactly one option of the kind gold, has {golds}")
        return self

    @property
    def gold(self) -> int:
        """The position of the answer, from 0."""
        return next(place for place, option in enumerate(self.options) if option.kind == "gold")


class ScenarioRecord(Section):
    """One scenario with its three questions, as `build` writes it and as a file of one's own may hold it."""

    id: str = Field(min_length=1)
    title: str = ""
    level: Level | None = None
    """Maslow's level; None where nobody has labelled it."""
    desire: Desire | None = None
    """Reiss' basic desire; None where nobody has labelled it."""
    labelled_by: str = ""
    """Who gave level and desire: a model's name where a model did; empty for people."""
    identity: str = ""
    scenario: str = ""
    motivation: str = ""
    behaviour: str = ""
    questions: tuple[TypedQuestion, ...]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        types = tuple(item.type for item in self.questions)
        if types != TYPES:
            raise ValueError(f"questions must be of the types {', '.join(TYPES)}, in this order; found {types}")
        if self.desire is not None and (self.level is None or self.desire not in DESIRES[self.level]):
            raise ValueError(f"the desire {self.desire} does not belong to the level {self.level}")
        return self


def load(name: str) -> QuestionSet:
    """Return a set of questions.

    Args:
        name: `own` (comes with the package), `motivebench` (the official files, from a user's own copy), or a path: the
            folder or one file of the official release, or a JSON list of scenarios as `build` writes it.

    Raises:
        DataError: no such set, or a file, scenario or field in it is wrong.
    """
    from humankind.systems.motivation import official

    if name == OWN:
        return own()
    if name == OFFICIAL:
        from humankind.spine.sources import use

        return official.read_folder(use(OFFICIAL, "evaluate"))
    path = Path(name)
    if path.is_dir():
        return official.read_folder(path)
    if not path.is_file():
        raise DataError(
            "there is no such set of questions",
            found=repr(name),
            expected=f"{', '.join(NAMES)}, or the path of a file or folder",
        )
    rows = read_rows(path)
    return official.of_rows(path, rows) if official.looks_official(rows) else _of_scenarios(path, rows)


def own() -> QuestionSet:
    """Return the scenarios that come with the package, as questions.

    >>> len(own().questions), len(own().scenarios)
    (225, 75)
    """
    records = [ScenarioRecord.model_validate(one.model_dump()) for one in authored.load()]
    return QuestionSet(
        name=OWN, title="this package's own set",
        questions=questions_of(records, OWN, OWN),
    )  # fmt: skip


def questions_of(records: Iterable[ScenarioRecord], suite: str, source: str) -> tuple[Question, ...]:
    """Return three questions for each scenario, labelled with source, level, desire and the kinds of their options."""
    return tuple(_question(record, item, suite, source) for record in records for item in record.questions)


def _question(record: ScenarioRecord, item: TypedQuestion, suite: str, source: str) -> Question:
    labels = {"source": source, "kinds": ",".join(option.kind for option in item.options)}
    labels |= {"level": record.level} if record.level else {}
    labels |= {"desire": record.desire} if record.desire else {}
    labels |= {"labelled_by": record.labelled_by} if record.labelled_by else {}
    return Question(
        id=f"{record.id}:{item.type}",
        suite=suite,
        story=item.stem,
        text=item.question,
        options=tuple(option.text for option in item.options),
        gold=item.gold,
        answer=item.options[item.gold].text,
        group=record.id,
        category=item.type,
        labels=labels,
    )


def kinds_of(question: Question) -> tuple[str, ...]:
    """Return the kind of each option in the question's own order; empty where the options carry no labels."""
    kinds = question.labels.get("kinds", "")
    return tuple(kinds.split(",")) if kinds else ()


def _of_scenarios(path: Path, rows: Sequence[Any]) -> QuestionSet:
    """Return the questions of a file of scenarios."""
    records: dict[str, ScenarioRecord] = {}
    for number, row in enumerate(rows):
        where = f"{path.name}, scenario {number}"
        try:
            record = ScenarioRecord.model_validate(row)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(step) for step in first["loc"])
            raise DataError(
                "a scenario is broken", found=first["msg"], where=f"{where}, {field}" if field else where
            ) from None
        if record.id in records:
            raise DataError("two scenarios have the same id", found=repr(record.id), where=where)
        records[record.id] = record
    return QuestionSet(
        name=path.stem,
        title=f"scenarios of {path.name}",
        questions=questions_of(records.values(), path.stem, path.stem),
    )


def read_rows(path: Path) -> list[Any]:
    """Return the list in a JSON file; DataError where there is none."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError("a file of questions is missing", where=path) from None
    except ValueError as error:  # not UTF-8 or not JSON
        raise DataError("a file of questions is not JSON", found=error, where=path) from None
    if not isinstance(rows, list) or not rows:
        raise DataError("a file of questions must hold a list that is not empty", found=type(rows).__name__, where=path)
    return rows
