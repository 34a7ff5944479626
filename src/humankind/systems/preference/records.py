"""Persons, what they chose, and the examples that learning and testing are made of.

A person has preference pairs (two responses to one prompt, one of them preferred) and perhaps plain conversations. An
example shows part of a person, the context, and asks about a pair of the same person that is not in the context.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from humankind.spine.config import Section

Role = Literal["user", "assistant"]


class Pair(Section):
    """One choice: of two responses to a prompt the person prefers `chosen`."""

    prompt: str
    chosen: str
    rejected: str
    topic: str = ""
    """What the pair is about, where it is known; used to cut results, never shown to a model."""
    disputed: bool | None = None
    """Whether persons disagree on the pair; None where nobody knows."""

    @model_validator(mode="after")
    def _differs(self) -> Self:
        if self.chosen.strip() == self.rejected.strip():
            raise ValueError("chosen and rejected are the same text")
        return self

    @property
    def key(self) -> tuple[str, frozenset[str]]:
        """What makes two pairs the same question, whichever side was chosen."""
        return self.prompt, frozenset((self.chosen, self.rejected))

    def turned(self) -> Pair:
        """Return the pair with the other side preferred."""
        return self.model_copy(update={"chosen": self.rejected, "rejected": self.chosen})


class Message(Section):
    """One turn of a conversation."""

    role: Role
    text: str


class Dialogue(Section):
    """A conversation without preference labels."""

    messages: tuple[Message, ...] = Field(min_length=1)


Talk = Pair | Dialogue
"""What a context is made of."""


class Person(Section):
    """One person: pseudonymous id, choices, conversations, and the truth where a simulator knows it."""

    user_id: str = Field(min_length=1)
    pairs: tuple[Pair, ...] = ()
    dialogues: tuple[Dialogue, ...] = ()
    truth: str = ""
    """A true description of what the person values; only simulators and surveys know it. The oracle reads it."""
    attributes: dict[str, str] = Field(default_factory=dict)
    """Known attributes by name, for probes of readability; never shown to a model."""


class Example(Section):
    """A question about a person: which response of `query` is preferred, given `context`?"""

    user_id: str
    context: tuple[Talk, ...]
    """Oldest first."""
    query: Pair
    """Scored; for training the reward model learns from it."""
    reward_pair: Pair
    """Another preference of the same person: rewards the summary. Not in the context; the query where the person has
    no further pair."""
    truth: str = ""
    attributes: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _keeps_apart(self) -> Self:
        shown = {talk.key for talk in self.context if isinstance(talk, Pair)}
        if self.query.key in shown or self.reward_pair.key in shown:
            raise ValueError("the context shows a pair that is asked about")
        return self
