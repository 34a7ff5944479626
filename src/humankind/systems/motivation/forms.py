"""What the model must send back at each step of the construction: forms of JSON, checked by code.

A form that is broken says in plain words what is wrong; those words go back to the model that filled it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Self, TypeVar

from pydantic import Field, ValidationError, model_validator

from humankind.spine.config import Section
from humankind.systems.motivation.authored import N_OPTIONS, Desire, Kind, Option, Type, n_words

MAX_LENGTH_RATIO = 2.0
"""Most that the longest option of a question may exceed its shortest one, in words."""

MIN_STEM_WORDS = 30

WRONG_KINDS: tuple[Kind, ...] = ("too_rational", "too_idealistic")
"""Distractors that every question must have, so that errors can be told apart."""

Form = TypeVar("Form", bound=Section)


class UnusableReply(Exception):
    """A reply that does not fill its form; says what is wrong with it."""


class Extraction(Section):
    """A person in a situation, found in a text or invented from a persona."""

    usable: bool
    """False where the text tells of nobody who does something for a reason."""
    identity: str
    """Who the person is."""
    scenario: str
    """What happened before the deed."""
    motivation: str
    """What drives the person."""
    behaviour: str
    """What the person does."""
    desire: Desire
    """The basic desire behind the motive."""

    @model_validator(mode="after")
    def _told(self) -> Self:
        empty = [
            name for name in ("identity", "scenario", "motivation", "behaviour") if not getattr(self, name).strip()
        ]
        if self.usable and empty:
            raise ValueError(f"these parts are empty: {', '.join(empty)}")
        return self


class Draft(Section):
    """One question with its six options."""

    stem: str
    """All that a reader is told."""
    question: str = Field(min_length=1)
    options: tuple[Option, ...]

    @property
    def answer(self) -> str:
        """The text of the right option."""
        return next(option.text for option in self.options if option.kind == "gold")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        kinds = [option.kind for option in self.options]
        if len(kinds) != N_OPTIONS:
            raise ValueError(f"a question needs {N_OPTIONS} options, this one has {len(kinds)}")
        if len({option.text.strip().lower() for option in self.options}) != N_OPTIONS:
            raise ValueError("two options are the same")
        if kinds.count("gold") != 1:
            raise ValueError(f"exactly one option must be of the kind gold, {kinds.count('gold')} are")
        lacking = [kind for kind in WRONG_KINDS if kind not in kinds]
        if lacking:
            raise ValueError(f"there is no option of the kind {' and none of the kind '.join(lacking)}")
        if n_words(self.stem) < MIN_STEM_WORDS:
            raise ValueError(f"the stem has {n_words(self.stem)} words, fewer than {MIN_STEM_WORDS}")
        lengths = [n_words(option.text) for option in self.options]
        if min(lengths) == 0 or max(lengths) > MAX_LENGTH_RATIO * min(lengths):
            raise ValueError(f"the options have {lengths} words; the longest may have {MAX_LENGTH_RATIO:g} times the "
                             "words of the shortest")  # fmt: skip
        if _plain(self.answer) in _plain(self.stem):
            raise ValueError("the stem holds the right option word for word")
        return self


class Drafts(Section):
    """The three questions of one scenario."""

    motivation: Draft
    behaviour: Draft
    motivation_and_behaviour: Draft

    def of(self, kind: Type) -> Draft:
        """Return the question of a type."""
        return {
            "motivation": self.motivation,
            "behaviour": self.behaviour,
            "motivation_and_behaviour": self.motivation_and_behaviour,
        }[kind]


class Verdict(Section):
    """What a critic says."""

    no_issues: bool
    suggestion: str
    """What should change; empty where there are no issues."""

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if not self.no_issues and not self.suggestion.strip():
            raise ValueError("no_issues is false, but no suggestion says what should change")
        return self


class Adjusted(Section):
    """A question after its last revision, with a line on why each option is right or wrong."""

    stem: str
    question: str
    options: tuple[Option, ...]
    analysis: tuple[str, ...]
    """One line an option, in their order."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if len(self.analysis) != N_OPTIONS:
            raise ValueError(f"the analysis needs {N_OPTIONS} lines, one an option; it has {len(self.analysis)}")
        Draft.model_validate(self.model_dump(exclude={"analysis"}))
        return self

    @property
    def draft(self) -> Draft:
        """The question without the analysis."""
        return Draft(stem=self.stem, question=self.question, options=self.options)


HIDDEN: dict[Type, tuple[str, ...]] = {
    "motivation": ("motivation",),
    "behaviour": ("behaviour",),
    "motivation_and_behaviour": ("motivation", "behaviour"),
}
"""What the stem of each type of question must not tell, as it is asked for."""


def check_hidden(kind: Type, draft: Draft, extraction: Extraction) -> None:
    """Raise UnusableReply where a stem tells, word for word, what its question asks for."""
    for part in HIDDEN[kind]:
        if _plain(getattr(extraction, part)) in _plain(draft.stem):
            raise UnusableReply(f"the stem of the {kind} question tells the {part}, which is asked for")


def filled(form: type[Form], reply: str) -> Form:
    """Return the form that a reply fills.

    A fence of back-quotes or words around the JSON object are tolerated.

    Raises:
        UnusableReply: there is no JSON object, or it does not fit the form.

    >>> filled(Verdict, 'Sure! {"no_issues": true, "suggestion": ""}').no_issues
    True
    """
    start, end = reply.find("{"), reply.rfind("}")
    if start < 0 or end < start:
        raise UnusableReply("the reply holds no JSON object" if reply.strip() else "the reply is empty")
    try:
        found = form.model_validate_json(reply[start : end + 1])
    except ValidationError as error:
        raise UnusableReply("; ".join(_told(one) for one in error.errors(include_url=False)[:3])) from None
    echoed = _descriptions(form.model_json_schema()) & set(_texts(found.model_dump()))
    if echoed:
        raise UnusableReply(f"{min(echoed)!r} describes what belongs here; it is no content")
    return found


def shape(form: type[Section]) -> str:
    """Return the JSON schema of a form, on one line, to show it to a model."""
    return json.dumps(form.model_json_schema(), ensure_ascii=False)


def _descriptions(schema: object) -> set[str]:
    """Return every description in a JSON schema; small models copy them instead of filling the form."""
    if isinstance(schema, list):
        return {text for part in schema for text in _descriptions(part)}
    if not isinstance(schema, dict):
        return set()
    own = {schema["description"]} if isinstance(schema.get("description"), str) else set()
    return own | {text for part in schema.values() for text in _descriptions(part)}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value.strip()
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _told(error) -> str:
    place = ".".join(str(step) for step in error["loc"])
    return f"{place}: {error['msg']}" if place else error["msg"]


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
