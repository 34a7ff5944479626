"""Generator and evaluator on a language model, and the team of all agents on any model that Inspect knows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from humankind.systems.naming import prompts
from humankind.systems.naming.agents import (
    OBJECTIVE_NAMES,
    Brief,
    Draft,
    FactChecker,
    Feedback,
    Judgement,
    Relevance,
    Team,
)
from humankind.systems.naming.asking import Asker, Message
from humankind.systems.naming.model_drafts import drafted, names
from humankind.systems.naming.model_gate import Gate
from humankind.systems.naming.model_manager import ModelManager
from humankind.systems.naming.model_retrieval import Desk, told
from humankind.systems.naming.poems import Corpus, Poem
from humankind.systems.naming.reading_json import UnusableReply
from humankind.systems.naming.replies import Fits, Marks, Named, Rewrite

__all__ = ["Desk", "Gate", "ModelEvaluator", "ModelGenerator", "ModelManager", "model_team"]


def model_team(asker: Asker, desk: Desk, checker: FactChecker | None = None, taken: Collection[str] = ()) -> Team:
    """Return the agents of a language model for one request, with every draft held to the facts.

    Args:
        asker: the model, with its limits.
        desk: corpus, retriever, elements, almanac.
        checker: the fact checker of the rules, which has to agree besides the gate for models.
        taken: given names that must not come again.
    """
    gate = Gate(desk.corpus, desk.scheme, desk.almanac, checker)
    generator = ModelGenerator(asker, desk.corpus, taken)
    return Team(ModelManager(asker, desk), generator, ModelEvaluator(asker), gate)


class ModelGenerator:
    """Writes names with explanations for one brief by asking a language model; a `Generator`.

    Asked again it sees the first task, its last answer and the report, nothing else (released code: memory of one).
    Names that were refused or given already, and poems that were left, stay out.

    Args:
        asker: the model.
        corpus: where the verses that it names are looked up.
        taken: given names that were given already.
    """

    def __init__(self, asker: Asker, corpus: Corpus, taken: Collection[str] = ()) -> None:
        self.asker, self.corpus = asker, corpus
        self.dropped = set(taken)
        self.left: set[int] = set()

    def draft(self, brief: Brief, feedback: Feedback | None) -> Draft:
        """Return the draft that the model writes; Unanswered where it writes nothing usable."""
        if feedback is not None:
            self.dropped |= {change.detail for change in feedback.asks("drop-candidate")}
        messages: list[Message] = [("system", prompts.SYSTEM), ("user", task(brief))]
        if feedback is not None:
            messages += [("assistant", _answer(feedback.draft)), ("user", self._report(brief, feedback))]
        elif self.dropped:
            messages[1] = ("user", f"{task(brief)}\n\n{self._refused()}")
        kept = feedback.draft if feedback is not None and feedback.rewrite == "explanation" else None

        def usable(reply: Named) -> None:
            surname, given = names(reply.name, brief.request.surname)
            if kept is not None and kept.given:
                if given != kept.given:
                    raise UnusableReply(f"名字须仍为“{kept.name}”，只改解释")
            elif {given, surname + given} & self.dropped:
                raise UnusableReply(f"“{given}”已被否定或已经用过，请另起一个名字")

        return drafted(self.asker.fill("draft", messages, Named, usable), brief, self.corpus)

    def _report(self, brief: Brief, feedback: Feedback) -> str:
        if feedback.rewrite == "explanation":
            return prompts.REPORT_EXPLANATION.format(report=feedback.report, name=feedback.draft.name)
        parts = [f"须做到：{change.detail}。" for change in feedback.asks("add-constraint") if change.detail]
        heavier = [OBJECTIVE_NAMES[one.objective] for one in feedback.asks("reweight") if one.objective is not None]
        parts += [f"更看重{'、'.join(heavier)}。"] if heavier else []
        parts += [self._refused()] if self.dropped else []
        poem = self._next_poem(brief, feedback)
        parts += [prompts.OTHER_POEM.format(poem=told(poem))] if poem else []
        return prompts.REPORT_NAME.format(report=feedback.report, change="".join(parts))

    def _refused(self) -> str:
        return prompts.NOT_AGAIN.format(given="、".join(sorted(self.dropped)))

    def _next_poem(self, brief: Brief, feedback: Feedback) -> Poem | None:
        """Return the poem to take the name from; None where the last one may stay or no other is left."""
        if not feedback.asks("other-poem"):
            return None
        if feedback.draft.source is None:
            return brief.poem
        self.left.add(feedback.draft.source.poem)
        return next((poem for poem in (brief.poem, *brief.alternatives) if poem and poem.id not in self.left), None)


def task(brief: Brief) -> str:
    """Return the task of the generator as text."""
    return prompts.NAME.format(
        request=prompts.quoted(brief.request.text), information="\n".join(brief.information) or "（无）",
        poem=told(brief.poem) if brief.poem else "（没有选诗）", goals=_goals(brief),
    )  # fmt: skip


def _answer(draft: Draft) -> str:
    """Return a draft in the form in which it was written."""
    told = {fact.kind: fact.value for fact in reversed(draft.facts)}
    parts = {kind: told.get(kind, "") for kind in ("title", "author", "dynasty", "verse")}
    return Named(name=draft.name or "？", **parts, explanation=draft.explanation or ("",) * 5).model_dump_json()


class ModelEvaluator:
    """Judges drafts by asking a language model; an `Evaluator`.

    One call grades all five objectives, as the judge of the benchmark does; the released code makes five.

    Args:
        asker: the model.
    """

    def __init__(self, asker: Asker) -> None:
        self.asker = asker

    def implicit(self, brief: Brief, draft: Draft) -> tuple[Judgement, ...]:
        """Return completeness and clarity of each paragraph; a missing paragraph has nothing of either."""
        prompt = prompts.IMPLICIT.format(
            request=prompts.quoted(brief.request.text), name=draft.name, paragraphs=_paragraphs(brief, draft)
        )
        found = self.asker.fill("implicit", _said(prompt), Marks, temperature=self.asker.settings.judge_temperature)
        return tuple(
            Judgement(mark.completeness, mark.clarity, mark.advice) if text.strip() else Judgement(0, 0, "缺这一段")
            for mark, text in zip(found.marks, draft.explanation, strict=True)
        )

    def explicit(self, brief: Brief, draft: Draft) -> tuple[Relevance, ...]:
        """Return how well the name serves each objective."""
        known = "\n".join(brief.information) or "（无）"
        prompt = prompts.EXPLICIT.format(**_shown(brief, draft), information=known, goals=_goals(brief))
        found = self.asker.fill("explicit", _said(prompt), Fits, temperature=self.asker.settings.judge_temperature)
        return tuple(Relevance(one.score, one.advice) for one in found.scores)

    def summarise(self, brief: Brief, draft: Draft, relevance: tuple[Relevance, ...]) -> Literal["all", "explanation"]:
        """Return whether the name is open again, or only its explanation."""
        scores = "\n".join(
            f"{number}. {name}：{one.score:g}。{one.advice}"
            for number, (name, one) in enumerate(zip(OBJECTIVE_NAMES, relevance, strict=True), start=1)
        )
        prompt = prompts.SUMMARISE.format(**_shown(brief, draft), scores=scores)
        told = self.asker.fill("summarise", _said(prompt), Rewrite, temperature=self.asker.settings.judge_temperature)
        return told.rewrite


def _shown(brief: Brief, draft: Draft) -> dict[str, str]:
    return {
        "request": prompts.quoted(brief.request.text),
        "name": draft.name,
        "paragraphs": _paragraphs(brief, draft),
    }


def _goals(brief: Brief) -> str:
    return "\n".join(
        prompts.GOAL.format(
            number=goal.objective + 1, name=OBJECTIVE_NAMES[goal.objective], preference=goal.preference,
            goal=goal.goal, requirement=goal.requirement,
        )
        for goal in brief.goals
    )  # fmt: skip


def _paragraphs(brief: Brief, draft: Draft) -> str:
    return "\n".join(
        prompts.PARAGRAPH.format(
            number=goal.objective + 1, name=OBJECTIVE_NAMES[goal.objective], requirement=goal.requirement,
            text=text or "（缺）",
        )
        for goal, text in zip(brief.goals, draft.explanation, strict=False)
    )  # fmt: skip


def _said(prompt: str) -> list[Message]:
    return [("system", prompts.SYSTEM), ("user", prompt)]
