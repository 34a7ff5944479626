"""The records of a benchmark: a question, one way of asking it, and what came back."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from humankind.spine.config import Section

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

ERROR = "error"
"""Key of a reply's facts: how its call failed, with what was found and expected."""


class Question(Section):
    """One question about a story, with lettered options or open."""

    id: str = Field(min_length=1)
    """Unique within the suite; stable from run to run."""

    suite: str = Field(min_length=1)
    """Name of the question set, as in the catalog of sources."""

    story: str = ""
    """What a reader must know before the question; empty where the question holds it all."""

    text: str = Field(min_length=1)
    """The question itself, without options."""

    options: tuple[str, ...] = ()
    """Option texts without letters, in the source's order; empty for an open question."""

    gold: int | None = None
    """Position of the right option; None for an open question."""

    answer: str = ""
    """The right answer as text; for a question with options it is the text of the gold option."""

    group: str = ""
    """Questions of one group share a scenario: they are resampled together and may be scored as all-correct."""

    category: str = ""
    """The source's own label: ability, question type."""

    order: int | None = Field(None, ge=0)
    """Depth of nested belief: 0 asks for a fact, 1 for what A thinks, 2 for what A thinks B thinks."""

    language: str = "en"
    """BCP 47 tag."""

    labels: dict[str, str] = Field(default={})
    """Further labels by name, for example `level` and `desire`."""

    @model_validator(mode="after")
    def _gold_is_an_option(self) -> Self:
        if self.options and (self.gold is None or not 0 <= self.gold < len(self.options)):
            raise ValueError(f"gold {self.gold} is not one of {len(self.options)} options")
        if not self.options and self.gold is not None:
            raise ValueError("an open question has no gold option")
        plain = [option.strip().casefold() for option in self.options]
        if len(plain) == 1 or not all(plain):
            raise ValueError("an option is empty, or there is only one")
        if len(set(plain)) < len(plain):
            raise ValueError("two options are the same")
        if len(self.options) > len(LETTERS):
            raise ValueError(f"{len(self.options)} options, more than there are letters")
        return self

    @property
    def chance(self) -> float:
        """The accuracy of a blind guess, 0 for an open question."""
        return 1 / len(self.options) if self.options else 0.0


class Trial(Section):
    """One way of asking a question: the options in one order, and the prompt made of them."""

    id: str
    """Unique within a run: question, option order, and whatever else varies."""

    question: Question

    shown: tuple[int, ...] = ()
    """`shown[i]` is the position, in the question's own order, of the option behind the i-th letter."""

    system: str = ""
    """System message; empty for none."""

    prompt: str
    """User message, options included where the way of asking shows them."""

    @property
    def target(self) -> str:
        """The right letter as shown; empty for an open question."""
        return LETTERS[self.shown.index(self.question.gold)] if self.question.gold is not None else ""


Way = Literal["text", "likelihood", "constrained"]
"""How a choice was read: from free text, from option log-probabilities, from output held to a schema."""


class Reply(Section):
    """What a model did with one trial."""

    trial: str
    """`Trial.id`."""

    text: str = ""
    """The completion as it came; empty where none was written (likelihood)."""

    choice: int | None = None
    """Position of the chosen option in the question's own order; None where unscored or open."""

    right: bool | None = None
    """None where unscored."""

    unscored: str = ""
    """Why there is no verdict; empty where there is one. Never a zero and never a guess."""

    way: Way = "text"

    log_likelihoods: tuple[float, ...] = ()
    """Log-probability of each option in the question's own order, natural logarithm; empty for other ways."""

    n_prompt_tokens: int | None = None
    n_tokens: int | None = None
    """Completion tokens, thinking included; None where the model does not tell."""

    n_thinking_tokens: int | None = None
    stop_reason: str = ""
    facts: dict[str, str | int | float | bool] = Field(default={})
    """Further facts by name, for example how often a decoding policy stepped in."""

    @property
    def reason(self) -> str:
        """Why there is no verdict, at length: where the prompt did not fit, both lengths too."""
        told = str(self.facts.get(ERROR, ""))
        return told if self.unscored and told.startswith(self.unscored) else self.unscored
