"""The loop of generation and evaluation (section on iterative optimisation; thresholds after the released code).

A draft passes three stages: facts, implicit score, explicit score. Each of the two scores has its own counter and its
own falling threshold; a draft that fails the facts moves neither. What comes back is the best draft seen, not the last.
A round in which an agent did not answer is unscored: it moves no counter, and the next draft is told what the last was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from humankind.systems.naming.agents import (
    HIGHEST,
    OBJECTIVES,
    Brief,
    Change,
    Draft,
    FactError,
    Feedback,
    Judgement,
    Relevance,
    Team,
    Unanswered,
)
from humankind.systems.naming.request import NameRequest
from humankind.systems.naming.settings import LoopSettings, Stage


class Flag(IntEnum):
    """How a round ended."""

    REWRITE = 0
    """Name and explanation anew."""
    MEND = 1
    """Keep the name, mend the explanation."""
    ACCEPTED = 2
    BEST_OF_HISTORY = 3
    """An earlier draft is returned."""
    NONE = 4
    """No draft ever reached the explicit score."""


@dataclass(frozen=True, slots=True)
class Round:
    """What happened to one draft."""

    index: int
    draft: Draft
    flag: Flag
    stage: Stage | None
    """The stage that decided; None where none was in use."""
    errors: tuple[FactError, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    relevance: tuple[Relevance, ...] = ()
    implicit: float | None = None
    implicit_threshold: float | None = None
    explicit: float | None = None
    explicit_threshold: float | None = None
    feedback: Feedback | None = None
    """What the next draft was told; None where there was none."""
    problem: str = ""
    """Why the round is unscored: which agent did not answer. Empty where all did."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the loop returns."""

    draft: Draft | None
    """None only with `Flag.NONE`."""
    flag: Flag
    brief: Brief
    trace: tuple[Round, ...]
    """Every round, in order."""
    chosen: int | None
    """The round that wrote `draft`."""

    @property
    def score(self) -> float | None:
        """The explicit score of the draft, 0 to 1; the implicit one where no explicit score is in use."""
        if self.chosen is None:
            return None
        made = self.trace[self.chosen]
        return made.implicit if made.explicit is None else made.explicit

    @property
    def problem(self) -> str:
        """Why there is no draft: what the last round lacked; empty where there is one."""
        if self.draft is not None or not self.trace:
            return ""
        last = self.trace[-1]
        return last.problem or (last.feedback.report if last.feedback else "")


def run_loop(
    request: NameRequest,
    team: Team,
    settings: LoopSettings | None = None,
    on_round: Callable[[Round], None] | None = None,
) -> Outcome:
    """Return the best name for a request, with the trace of every round.

    Args:
        request: what is asked.
        team: the agents.
        settings: thresholds and bounds.
        on_round: is told of each round when it is over.
    """
    return refine(team.manager.prepare(request), team, settings or LoopSettings(), on_round)


def refine(
    brief: Brief, team: Team, settings: LoopSettings, on_round: Callable[[Round], None] | None = None
) -> Outcome:
    """Return the best draft for a brief that is ready."""
    state = _State(brief, team, settings)
    for index in range(settings.rounds):
        done = state.round(index)
        state.trace.append(done)
        if on_round:
            on_round(done)
        if done.flag in (Flag.ACCEPTED, Flag.BEST_OF_HISTORY):
            return state.outcome(done.flag)
    return state.outcome(Flag.NONE if state.best is None else Flag.BEST_OF_HISTORY)


class _State:
    """Counters and history of one run of the loop."""

    def __init__(self, brief: Brief, team: Team, settings: LoopSettings) -> None:
        self.brief, self.team, self.settings = brief, team, settings
        self.trace: list[Round] = []
        self.counts = {"implicit": 0, "explicit": 0}
        self.history: list[tuple[float, int]] = []
        """Score and round of every draft that passed all stages before the last and was scored by it."""

    @property
    def best(self) -> int | None:
        """The round with the highest score, the earliest of equals."""
        return min(self.history, key=lambda item: (-item[0], item[1]))[1] if self.history else None

    def outcome(self, flag: Flag) -> Outcome:
        chosen = len(self.trace) - 1 if flag is Flag.ACCEPTED else self.best if flag is Flag.BEST_OF_HISTORY else None
        draft = None if chosen is None else self.trace[chosen].draft
        return Outcome(draft, flag, self.brief, tuple(self.trace), chosen)

    def round(self, index: int) -> Round:
        told = self.trace[-1].feedback if self.trace else None
        draft = Draft(self.brief.request.surname, "", ())
        try:
            draft = self.team.generator.draft(self.brief, told)
            return self._judged(index, draft)
        except Unanswered as error:
            return Round(index, draft, Flag.REWRITE, None, feedback=told, problem=str(error))

    def _judged(self, index: int, draft: Draft) -> Round:
        stages = self.settings.stages
        if "facts" in stages:
            errors = self.team.checker.check(self.brief, draft)
            if errors:
                return Round(index, draft, Flag.REWRITE, "facts", errors, feedback=_of_facts(index, draft, errors))
        judgements: tuple[Judgement, ...] = ()
        implicit = bar = None
        if "implicit" in stages:
            judgements = self.team.evaluator.implicit(self.brief, draft)
            implicit, bar = implicit_score(judgements), self._bar("implicit")
            if "explicit" not in stages:
                self.history.append((implicit, index))
            if implicit < bar:
                feedback = _of_implicit(index, draft, judgements)
                return Round(
                    index, draft, Flag.REWRITE, "implicit", (), judgements, (), implicit, bar, feedback=feedback
                )
        if "explicit" not in stages:
            stage: Stage | None = "implicit" if "implicit" in stages else "facts" if "facts" in stages else None
            return Round(index, draft, Flag.ACCEPTED, stage, (), judgements, (), implicit, bar)
        return self._explicit(index, draft, judgements, implicit, bar)

    def _explicit(
        self, index: int, draft: Draft, judgements: tuple[Judgement, ...], implicit: float | None, bar: float | None
    ) -> Round:
        relevance = self.team.evaluator.explicit(self.brief, draft)
        explicit, threshold = explicit_score(self.brief.weights, relevance), self._bar("explicit")
        earlier = max((score for score, _ in self.history), default=None)
        self.history.append((explicit, index))
        feedback: Feedback | None = None
        if explicit >= threshold:
            flag = Flag.ACCEPTED
        elif earlier is not None and earlier > threshold:
            flag = Flag.BEST_OF_HISTORY
        else:
            rewrite = self.team.evaluator.summarise(self.brief, draft, relevance)
            flag = Flag.REWRITE if rewrite == "all" else Flag.MEND
            feedback = _of_explicit(index, draft, self.brief.weights, relevance, rewrite)
        return Round(
            index, draft, flag, "explicit", (), judgements, relevance, implicit, bar, explicit, threshold, feedback
        )

    def _bar(self, kind: str) -> float:
        """Return the threshold of this evaluation and count it."""
        threshold = self.settings.threshold(self.counts[kind])
        self.counts[kind] += 1
        return threshold


def implicit_score(judgements: tuple[Judgement, ...]) -> float:
    """Return the implicit score, 0 to 1: mean of completeness and clarity over the objectives.

    >>> implicit_score((Judgement(2, 2), Judgement(1, 2), Judgement(2, 1), Judgement(0, 0), Judgement(2, 2)))
    0.7
    """
    top = HIGHEST * len(OBJECTIVES)
    return 0.5 * sum(one.completeness for one in judgements) / top + 0.5 * sum(one.clarity for one in judgements) / top


def explicit_score(weights: tuple[float, ...], relevance: tuple[Relevance, ...]) -> float:
    """Return the explicit score, 0 to 1: relevance of each objective times its weight.

    >>> explicit_score((0.2, 0.4, 0.1, 0.2, 0.1), tuple(Relevance(s) for s in (2, 1, 0, 2, 2)))
    0.7
    """
    return round(sum(weight * one.score / HIGHEST for weight, one in zip(weights, relevance, strict=True)), 12)


def _of_facts(index: int, draft: Draft, errors: tuple[FactError, ...]) -> Feedback:
    report = "\n".join(f"- {error.correction}" for error in errors)
    only_text = all(error.change.kind == "mend-explanation" for error in errors)
    changes = tuple(error.change for error in errors)
    return Feedback(
        "facts", "explanation" if only_text else "all", changes, f"以下内容与事实不符：\n{report}", draft, index
    )


def _of_implicit(index: int, draft: Draft, judgements: tuple[Judgement, ...]) -> Feedback:
    lines, changes = [], []
    for objective, one in enumerate(judgements):
        if min(one.completeness, one.clarity) < HIGHEST:
            lines.append(f"- 第{objective + 1}项：完整{one.completeness:g}/2，清晰{one.clarity:g}/2。{one.advice}")
            changes += one.changes or (Change("mend-explanation", objective, one.advice),)
    report = "\n".join(lines)
    return Feedback("implicit", "all", tuple(changes), f"解释不够完整或清晰：\n{report}", draft, index)


def _of_explicit(
    index: int,
    draft: Draft,
    weights: tuple[float, ...],
    relevance: tuple[Relevance, ...],
    rewrite: Literal["all", "explanation"],
) -> Feedback:
    """Return what to change; where the evaluator proposes nothing, the weakest objective decides."""
    short = [
        (weight * (HIGHEST - one.score), objective, one)
        for objective, (weight, one) in enumerate(zip(weights, relevance, strict=True))
        if weight and one.score < HIGHEST
    ]
    short.sort(key=lambda item: (-item[0], item[1]))
    changes: list[Change] = []
    for _, objective, one in short:
        changes += one.changes or _usual(objective, one, rewrite)
    if rewrite == "all" and not any(change.kind == "drop-candidate" for change in changes):
        changes.append(Change("drop-candidate", None, draft.given))
    lines = [f"- 第{objective + 1}项：符合{one.score:g}/2。{one.advice}" for _, objective, one in short]
    return Feedback("explicit", rewrite, tuple(changes), "与要求不够相符：\n" + "\n".join(lines), draft, index)


def _usual(objective: int, one: Relevance, rewrite: Literal["all", "explanation"]) -> tuple[Change, ...]:
    if rewrite == "explanation":
        return (Change("mend-explanation", objective, one.advice),)
    if OBJECTIVES[objective] == "culture" and one.score < 1:
        return (Change("other-poem", objective, one.advice),)
    kind = "add-constraint" if OBJECTIVES[objective] in ("elements", "requirements") else "reweight"
    return (Change(kind, objective, one.advice),)
