"""What the three agents hand to each other, and what each of them must be able to do.

The manager prepares a brief, the generator writes drafts, the evaluator judges them, the fact checker refuses false
claims. The loop and both backends know only these types.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from humankind.spine.errors import InputError, InternalError
from humankind.systems.naming.poems import Poem
from humankind.systems.naming.request import NameRequest

OBJECTIVES = ("culture", "wishes", "elements", "person", "requirements")
"""The five explicit objectives O1 to O5."""
OBJECTIVE_NAMES = ("文化内涵", "父母期望", "五行八字", "个人特征", "其他要求")
HIGHEST = 2
"""Top of the scale on which the evaluator grades: 0 missing, 1 partly, 2 fully; values between are allowed."""

FactKind = Literal[
    "verse", "title", "author", "dynasty", "element", "zodiac", "season", "festival", "solar_term", "lunar_date",
    "pillars", "missing", "strokes", "reading", "structure", "radical", "length",
]  # fmt: skip
ChangeKind = Literal["add-constraint", "reweight", "other-poem", "drop-candidate", "mend-explanation"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One claim that an explanation makes and that can be checked."""

    kind: FactKind
    value: str
    """What is claimed: a verse, an author, 木, 兔 ..."""
    subject: str = ""
    """What it is claimed of: a character for `element`, `strokes`, `reading` ..., the verse for `title`, `author` and
    `dynasty`; empty for verse and birth."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the characters of a given name stand in a poem."""

    poem: int
    """Its id in the corpus."""
    title: str
    author: str
    dynasty: str
    clause: int
    """Which clause of the poem."""
    verse: str
    """The clause, without punctuation."""
    positions: tuple[int | None, ...]
    """For each character of the given name its place in the clause; None where it is not taken from it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A name with its explanation, one paragraph for each of the five objectives."""

    surname: str
    given: str
    explanation: tuple[str, ...]
    source: Source | None = None
    facts: tuple[Fact, ...] = ()
    """Every checkable claim of the explanation."""

    @property
    def name(self) -> str:
        """Surname and given name."""
        return self.surname + self.given


@dataclass(frozen=True, slots=True)
class Goal:
    """What one objective means for this request."""

    objective: int
    """0 to 4, the place in `OBJECTIVES`."""
    preference: int
    """0 ignored, 1 latent, 2 mentioned, 3 wished, 4 stressed."""
    weight: float
    """Share of the preference in the sum, 0 to 1."""
    goal: str
    """What the name must bring."""
    requirement: str
    """What its paragraph must say."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What the manager prepares once for a request."""

    request: NameRequest
    goals: tuple[Goal, ...]
    poem: Poem | None = None
    """The one poem that was chosen; None where nothing is retrieved."""
    alternatives: tuple[Poem, ...] = ()
    """Poems to move to, best first."""
    information: tuple[str, ...] = ()
    """What the calendar adds to the request, as sentences."""
    notes: tuple[str, ...] = ()
    """How the brief came about: rounds of retrieval, repairs."""

    @property
    def weights(self) -> tuple[float, ...]:
        """The weight of each objective."""
        return tuple(goal.weight for goal in self.goals)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that the next draft must do otherwise."""

    kind: ChangeKind
    objective: int | None = None
    detail: str = ""
    """The constraint, the character or name to drop, or what to mend."""


@dataclass(frozen=True, slots=True)
class FactError:
    """A claim that is not true, or a rule that the name breaks."""

    fact: Fact | None
    correction: str
    """What is true instead, as a sentence for the generator."""
    change: Change


@dataclass(frozen=True, slots=True)
class Judgement:
    """How complete and clear the paragraph on one objective is, 0 to 2 each."""

    completeness: float
    clarity: float
    advice: str = ""
    changes: tuple[Change, ...] = ()

    def __post_init__(self) -> None:
        graded(self.completeness, "completeness")
        graded(self.clarity, "clarity")


@dataclass(frozen=True, slots=True)
class Relevance:
    """How well the draft serves one objective, 0 to 2."""

    score: float
    advice: str = ""
    changes: tuple[Change, ...] = ()

    def __post_init__(self) -> None:
        graded(self.score, "relevance")


@dataclass(frozen=True, slots=True)
class Feedback:
    """Why a draft did not pass, and what to change."""

    stage: Literal["facts", "implicit", "explicit"]
    rewrite: Literal["all", "explanation"]
    """Whether the name is open again, or stays while its explanation is mended."""
    changes: tuple[Change, ...]
    report: str
    """The same for a language model, as text."""
    draft: Draft
    """The draft it speaks of."""
    round: int = field(default=0)

    def asks(self, kind: ChangeKind) -> tuple[Change, ...]:
        """Return the changes of one kind."""
        return tuple(change for change in self.changes if change.kind == kind)


class Unanswered(InputError):
    """A language model gave no usable reply within its attempts; the loop goes on with the next round."""


class Manager(Protocol):
    """Understands the request and prepares everything that is done once."""

    def prepare(self, request: NameRequest) -> Brief:
        """Return goals with weights, the information of the calendar and the chosen poem."""
        ...


class Generator(Protocol):
    """Writes names with explanations."""

    def draft(self, brief: Brief, feedback: Feedback | None) -> Draft:
        """Return a draft; `feedback` is None in the first round."""
        ...


class Evaluator(Protocol):
    """Judges drafts."""

    def implicit(self, brief: Brief, draft: Draft) -> tuple[Judgement, ...]:
        """Return one judgement of the explanation for each goal."""
        ...

    def explicit(self, brief: Brief, draft: Draft) -> tuple[Relevance, ...]:
        """Return one relevance for each goal."""
        ...

    def summarise(self, brief: Brief, draft: Draft, relevance: tuple[Relevance, ...]) -> Literal["all", "explanation"]:
        """Return what a draft that fell short needs: everything anew, or only another explanation."""
        ...


class FactChecker(Protocol):
    """Compares claims with the corpus, the tables and the calendar."""

    def check(self, brief: Brief, draft: Draft) -> tuple[FactError, ...]:
        """Return every false claim and broken rule of a draft; empty where all hold."""
        ...


@dataclass(frozen=True, slots=True)
class Team:
    """The agents of one backend."""

    manager: Manager
    generator: Generator
    evaluator: Evaluator
    checker: FactChecker


def graded(value: float, what: str) -> float:
    """Return a grade; InternalError outside 0 to 2: an agent must not hand such a grade to the loop."""
    if not 0 <= value <= HIGHEST:
        raise InternalError(f"a grade of {what} is out of range", found=value, where="evaluator", expected="0 to 2")
    return value


def weights_of(preferences: tuple[int, ...]) -> tuple[float, ...]:
    """Return the share of each preference in their sum; equal shares where all are 0.

    >>> weights_of((2, 4, 1, 2, 1))
    (0.2, 0.4, 0.1, 0.2, 0.1)
    """
    total = sum(preferences)
    if not total:
        return (round(1 / len(preferences), 4),) * len(preferences)
    return tuple(round(preference / total, 4) for preference in preferences)
