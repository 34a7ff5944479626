"""The loop, driven by scripted judges: thresholds, counters, flags, best of history, and what feedback asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from humankind.spine.errors import InternalError
from humankind.systems.naming.agents import (
    Brief,
    Change,
    Draft,
    FactError,
    Feedback,
    Goal,
    Judgement,
    Relevance,
    Team,
    Unanswered,
    weights_of,
)
from humankind.systems.naming.loop import Flag, Outcome, explicit_score, implicit_score, run_loop
from humankind.systems.naming.request import NameRequest
from humankind.systems.naming.settings import LoopSettings

PUBLISHED = (0.8, 0.8, 0.7213, 0.6213, 0.5581, 0.5139, 0.4809, 0.4551, 0.4343, 0.4170)
PREFERENCES = (2, 4, 1, 2, 1)


@dataclass
class Scripted:
    """All agents at once: round k has facts[k], implicit[k], explicit[k]; scores between 0 and 1."""

    facts: list[bool] = field(default_factory=list)
    implicit_scores: list[float] = field(default_factory=list)
    explicit_scores: list[float] = field(default_factory=list)
    mend: Literal["all", "explanation"] = "all"
    drafts: list[Draft] = field(default_factory=list)
    told: list[Feedback | None] = field(default_factory=list)

    def prepare(self, request: NameRequest) -> Brief:
        shares = weights_of(PREFERENCES)
        goals = tuple(Goal(k, PREFERENCES[k], shares[k], f"goal {k}", f"say {k}") for k in range(5))
        return Brief(request, goals)

    def draft(self, brief: Brief, feedback: Feedback | None) -> Draft:
        self.told.append(feedback)
        self.drafts.append(Draft("王", f"名{len(self.drafts)}", ("",) * 5))
        return self.drafts[-1]

    def check(self, brief: Brief, draft: Draft) -> tuple[FactError, ...]:
        if self.facts.pop(0) if self.facts else True:
            return ()
        return (FactError(None, "“林”属木，不属火", Change("mend-explanation", 2, "林属木")),)

    def implicit(self, brief: Brief, draft: Draft) -> tuple[Judgement, ...]:
        score = self.implicit_scores.pop(0) if self.implicit_scores else 1.0
        return (Judgement(2 * score, 2 * score, "写全"),) * 5

    def explicit(self, brief: Brief, draft: Draft) -> tuple[Relevance, ...]:
        score = self.explicit_scores.pop(0)
        return (Relevance(2 * score, "不够"),) * 5

    def summarise(self, brief: Brief, draft: Draft, relevance: tuple[Relevance, ...]) -> Literal["all", "explanation"]:
        return self.mend


def run(script: Scripted, **settings: object) -> Outcome:
    return run_loop(NameRequest(), Team(script, script, script, script), LoopSettings.model_validate(settings))


def test_thresholds_are_those_of_the_released_code() -> None:
    settings = LoopSettings()
    assert tuple(round(settings.threshold(k), 4) for k in range(10)) == PUBLISHED
    assert settings.threshold(9) == pytest.approx(1 / log(11), abs=1e-12)


def test_accepts_the_first_draft_that_reaches_both_thresholds() -> None:
    outcome = run(Scripted(explicit_scores=[0.8]))
    assert (outcome.flag, outcome.chosen, outcome.score) == (Flag.ACCEPTED, 0, pytest.approx(0.8))
    assert len(outcome.trace) == 1


def test_the_two_counters_move_apart() -> None:
    """Two implicit failures leave the explicit counter at its start: .8 holds for the first two explicit scores."""
    outcome = run(Scripted(implicit_scores=[0.5, 0.5, 0.9, 0.9, 0.9], explicit_scores=[0.70, 0.70, 0.73]))
    bars = [(done.implicit_threshold, done.explicit_threshold) for done in outcome.trace]
    assert [round(bar[0] or 0, 4) for bar in bars] == list(PUBLISHED[:5])
    assert [bar[1] and round(bar[1], 4) for bar in bars] == [None, None, 0.8, 0.8, 0.7213]
    assert [done.flag for done in outcome.trace] == [0, 0, 0, 0, 2]
    assert outcome.chosen == 4


def test_false_facts_move_no_counter() -> None:
    outcome = run(Scripted(facts=[False] * 4, explicit_scores=[0.79, 0.8]))
    assert [done.stage for done in outcome.trace] == ["facts"] * 4 + ["explicit"] * 2
    assert [done.explicit_threshold for done in outcome.trace[4:]] == [0.8, 0.8]
    assert [done.implicit_threshold for done in outcome.trace[4:]] == [0.8, 0.8]
    assert all(done.implicit is None and done.explicit is None for done in outcome.trace[:4])


def test_returns_an_earlier_draft_when_the_threshold_has_fallen_below_it() -> None:
    """.75 fails twice under .8; the third draft fails under .7213, which the first one exceeds."""
    outcome = run(Scripted(explicit_scores=[0.75, 0.6, 0.5]))
    assert (outcome.flag, outcome.chosen) == (Flag.BEST_OF_HISTORY, 0)
    assert outcome.draft == outcome.trace[0].draft != outcome.trace[-1].draft
    assert len(outcome.trace) == 3


class Stairs(LoopSettings):
    """Thresholds .8, .8, then .5: numbers that a score can meet exactly."""

    def threshold(self, evaluation: int) -> float:
        return 0.8 if evaluation < self.warm_up else 0.5


@pytest.mark.parametrize(("earlier", "flag"), [(0.5, Flag.REWRITE), (0.5001, Flag.BEST_OF_HISTORY)])
def test_an_earlier_score_must_exceed_the_threshold_not_reach_it(earlier: float, flag: Flag) -> None:
    script = Scripted(explicit_scores=[earlier, 0.1, 0.1, 0.9])
    outcome = run_loop(NameRequest(), Team(script, script, script, script), Stairs())
    assert outcome.trace[2].flag is flag


def test_after_all_rounds_the_best_is_returned_not_the_last() -> None:
    low = [0.1, 0.2, 0.38, 0.3, 0.38, 0.1, 0.1, 0.1, 0.1, 0.05]
    outcome = run(Scripted(explicit_scores=low))
    assert (outcome.flag, outcome.chosen, len(outcome.trace)) == (Flag.BEST_OF_HISTORY, 2, 10)


def test_gives_up_when_no_draft_was_ever_scored() -> None:
    for script in (Scripted(facts=[False] * 10), Scripted(implicit_scores=[0.1] * 10)):
        outcome = run(script)
        assert (outcome.flag, outcome.draft, outcome.chosen, outcome.score) == (Flag.NONE, None, None, None)
        assert len(outcome.trace) == 10


def test_mending_keeps_the_name_open_only_for_its_explanation() -> None:
    script = Scripted(explicit_scores=[0.5, 0.9], mend="explanation")
    outcome = run(script)
    assert [done.flag for done in outcome.trace] == [Flag.MEND, Flag.ACCEPTED]
    told = script.told[1]
    assert told is not None
    assert told.rewrite == "explanation"
    assert {change.kind for change in told.changes} == {"mend-explanation"}
    assert told.draft == script.drafts[0]
    assert told.report.count("第") == 5


def test_feedback_names_the_weightiest_objective_first_and_drops_the_candidate() -> None:
    script = Scripted(explicit_scores=[0.3, 0.9])
    run(script)
    told = script.told[1]
    assert told is not None
    assert told.changes[0] == Change("reweight", 1, "不够")
    assert told.asks("other-poem") == (Change("other-poem", 0, "不够"),)
    assert told.asks("add-constraint") == (Change("add-constraint", 2, "不够"), Change("add-constraint", 4, "不够"))
    assert told.asks("drop-candidate") == (Change("drop-candidate", None, "名0"),)


def test_false_facts_tell_what_is_true() -> None:
    script = Scripted(facts=[False, True], explicit_scores=[0.9])
    run(script)
    told = script.told[1]
    assert told is not None
    assert "林" in told.report
    assert told.rewrite == "explanation"


def test_judgements_below_the_top_are_reported_and_no_others() -> None:
    from humankind.systems.naming.loop import _of_implicit

    report = _of_implicit(0, Draft("王", "宁", ()), (Judgement(2, 2, "好"),) * 4 + (Judgement(1, 2, "补上"),)).report
    assert "第5项" in report
    assert "第1项" not in report


def test_ablations_leave_out_their_stage() -> None:
    facts = run(Scripted(facts=[False]), stages=("implicit",))
    assert (facts.flag, facts.trace[0].stage, facts.score) == (Flag.ACCEPTED, "implicit", 1.0)
    none = run(Scripted(facts=[False]), stages=())
    assert (none.flag, none.trace[0].stage, len(none.trace)) == (Flag.ACCEPTED, None, 1)
    no_implicit = run(Scripted(implicit_scores=[0.0], explicit_scores=[0.9]), stages=("facts", "explicit"))
    assert no_implicit.flag == Flag.ACCEPTED
    assert no_implicit.trace[0].implicit is None


def test_ignored_objectives_do_not_count() -> None:
    relevance = (Relevance(2), Relevance(0), Relevance(2), Relevance(2), Relevance(2))
    assert explicit_score(weights_of((2, 0, 1, 2, 1)), relevance) == pytest.approx(1, abs=1e-3)
    assert explicit_score(weights_of((2, 4, 1, 2, 1)), relevance) == pytest.approx(0.6)


def test_a_missing_paragraph_counts_nothing() -> None:
    assert implicit_score((Judgement(2, 2),) * 4) == pytest.approx(0.8)


def test_grades_off_the_scale_are_our_fault() -> None:
    with pytest.raises(InternalError):
        Relevance(2.5)
    with pytest.raises(InternalError):
        Judgement(-1, 2)


@pytest.mark.parametrize("wrong", [{"rounds": 0}, {"base": 1.5}, {"decay": 0}, {"stages": ("style",)}, {"tries": 3}])
def test_settings_refuse_nonsense(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        LoopSettings.model_validate(wrong)


def silent(*rounds: int, agent: str) -> Scripted:
    """Return a script in which one agent does not answer in some rounds."""
    script = Scripted(explicit_scores=[0.5] + [0.79] * 9, facts=[False])
    usual, calls = getattr(script, agent), iter(range(99))

    def act(*given: object) -> object:
        if next(calls) in rounds:
            raise Unanswered("no usable reply", found="429")
        return usual(*given)

    setattr(script, agent, act)
    return script


def test_an_agent_that_does_not_answer_moves_no_counter_and_the_feedback_stays() -> None:
    """The first draft is false; the second never comes; the third is told what the first was."""
    script = silent(1, agent="draft")
    outcome = run(script, rounds=4)
    assert [done.stage for done in outcome.trace] == ["facts", None, "explicit", "explicit"]
    assert "429" in outcome.trace[1].problem
    assert outcome.trace[1].draft.given == ""
    assert script.told == [None, *[outcome.trace[0].feedback], outcome.trace[2].feedback]
    assert [done.explicit_threshold for done in outcome.trace] == [None, None, 0.8, 0.8]
    assert outcome.chosen == 3


@pytest.mark.parametrize("agent", ["implicit", "explicit", "check"])
def test_a_draft_that_nobody_judged_has_no_score_and_is_never_chosen(agent: str) -> None:
    outcome = run(silent(*range(99), agent=agent), rounds=3)
    assert (outcome.flag, outcome.draft, outcome.score) == (Flag.NONE, None, None)
    assert all(done.explicit is None for done in outcome.trace)
    assert "429" in outcome.problem


def test_other_errors_of_an_agent_are_not_swallowed() -> None:
    script = Scripted()
    with pytest.raises(IndexError):
        run(script)


@given(st.lists(st.floats(0, 1), min_size=10, max_size=10), st.lists(st.booleans(), min_size=10, max_size=10))
def test_what_comes_back_is_never_worse_than_what_was_seen(scores: list[float], facts: list[bool]) -> None:
    outcome = run(Scripted(facts=list(facts), explicit_scores=list(scores)))
    seen = [done.explicit for done in outcome.trace if done.explicit is not None]
    assert 1 <= len(outcome.trace) <= 10
    if outcome.flag is Flag.NONE:
        assert not seen
        assert outcome.draft is None
    elif outcome.flag is Flag.BEST_OF_HISTORY:
        assert outcome.score == max(seen)
    else:
        last = outcome.trace[-1]
        assert outcome.chosen == last.index
        assert last.explicit is not None
        assert last.explicit_threshold is not None
        assert last.explicit >= last.explicit_threshold
