"""What the verbs show of suggested names, as plain records: for the screen, for JSON, Markdown and HTML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from humankind.spine.config import Section
from humankind.systems.naming.agents import OBJECTIVE_NAMES, Draft
from humankind.systems.naming.checks import Warning
from humankind.systems.naming.loop import Flag, Round
from humankind.systems.naming.sounds import passport, read_name, spelled, tones_text

FLAGS = {
    Flag.REWRITE: "重写",
    Flag.MEND: "改解释",
    Flag.ACCEPTED: "通过",
    Flag.BEST_OF_HISTORY: "取历轮最佳",
    Flag.NONE: "无可用之名",
}
STAGES = {"facts": "事实", "implicit": "解释", "explicit": "目标"}


class ShownSource(Section):
    """The verse that a name comes from."""

    title: str
    author: str
    dynasty: str
    verse: str
    positions: tuple[int | None, ...]
    """For each character of the given name its place in the verse."""

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """The verse cut into runs, each with whether it is a character of the name.

        >>> source = ShownSource(title="", author="", dynasty="", verse="明月松间照", positions=(0, 2))
        >>> source.pieces
        [('明', True), ('月', False), ('松', True), ('间照', False)]
        """
        held = {place for place in self.positions if place is not None}
        found: list[tuple[str, bool]] = []
        for place, char in enumerate(self.verse):
            if found and found[-1][1] == (place in held) and not found[-1][1]:
                found[-1] = (found[-1][0] + char, False)
            else:
                found.append((char, place in held))
        return found

    @property
    def cited(self) -> str:
        """Dynasty, author and title."""
        by = f"{self.dynasty}·{self.author}" if self.author else self.dynasty
        return f"{by}《{self.title}》"


class ShownWarning(Section):
    """One thing to know about a name."""

    level: str
    kind: str
    text: str


class ShownName(Section):
    """One name with all that belongs to it."""

    name: str
    surname: str
    given: str
    pinyin: str
    """With tone marks."""
    passport: str
    """As passports spell it."""
    tones: str
    """Level and oblique tones."""
    score: float | None = None
    """Weighted relevance, 0 to 1."""
    objectives: tuple[float, ...] = ()
    """Relevance of each objective, 0 to 1."""
    source: ShownSource | None = None
    explanation: tuple[str, ...] = ()
    """One paragraph for each objective."""
    warnings: tuple[ShownWarning, ...] = ()


class ShownRound(Section):
    """One round of the loop."""

    round: int
    """From 1."""
    name: str
    stage: str
    flag: str
    implicit: float | None = None
    implicit_threshold: float | None = None
    explicit: float | None = None
    explicit_threshold: float | None = None
    told: str = ""
    """What the next draft was told."""
    changes: tuple[str, ...] = ()


class ShownGoal(Section):
    """What one objective means for the request."""

    name: str
    preference: int
    """0 ignored, 4 stressed."""
    weight: float
    goal: str


class Suggested(Section):
    """Everything that came of one request."""

    id: str = ""
    text: str
    understood: dict[str, Any]
    notes: tuple[str, ...] = ()
    """What is doubtful or contradictory in the request."""
    goals: tuple[ShownGoal, ...] = ()
    names: tuple[ShownName, ...] = ()
    trace: tuple[ShownRound, ...] = ()
    flag: str = ""
    problem: str = ""
    """Why there is no name."""
    facts: dict[str, str] = Field(default_factory=dict)
    """Backend, scheme of the elements, corpus."""


def shown_name(
    draft: Draft, warnings: Sequence[Warning], objectives: Sequence[float] = (), score: float | None = None
) -> ShownName:
    """Return a draft as it is shown.

    Args:
        draft: name and explanation.
        warnings: on the name.
        objectives: relevance of each, 0 to 1.
        score: their weighted sum, 0 to 1.
    """
    syllables = read_name(draft.surname, draft.given)
    source = draft.source
    return ShownName(
        name=draft.name,
        surname=draft.surname,
        given=draft.given,
        pinyin=spelled(draft.surname, draft.given),
        passport=passport(draft.surname, draft.given),
        tones=tones_text(syllables),
        score=None if score is None else round(score, 4),
        objectives=tuple(round(value, 4) for value in objectives),
        source=None
        if source is None
        else ShownSource(
            title=source.title,
            author=source.author,
            dynasty=source.dynasty,
            verse=source.verse,
            positions=source.positions,
        ),
        explanation=draft.explanation,
        warnings=tuple(ShownWarning(level=one.level, kind=one.kind, text=one.text) for one in warnings),
    )


def shown_round(one: Round) -> ShownRound:
    """Return a round of the loop as it is shown."""
    changes = one.feedback.changes if one.feedback else ()
    return ShownRound(
        round=one.index + 1,
        name=one.draft.name,
        stage=STAGES.get(one.stage or "", ""),
        flag=FLAGS[one.flag],
        implicit=_short(one.implicit),
        implicit_threshold=_short(one.implicit_threshold),
        explicit=_short(one.explicit),
        explicit_threshold=_short(one.explicit_threshold),
        told=one.feedback.report if one.feedback else "",
        changes=tuple(_change(change.kind, change.objective, change.detail) for change in changes),
    )


def _change(kind: str, objective: int | None, detail: str) -> str:
    words = {
        "add-constraint": "增加约束", "reweight": "加重", "other-poem": "换诗", "drop-candidate": "弃用",
        "mend-explanation": "改解释",
    }  # fmt: skip
    about = "" if objective is None else f"（{OBJECTIVE_NAMES[objective]}）"
    return f"{words[kind]}{about}{'：' if detail else ''}{detail}"


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
