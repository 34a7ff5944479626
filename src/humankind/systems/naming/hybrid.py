"""Hybrid: the rules decide on name, verse and facts; a language model only makes the explanation read better.

Its text is taken where the fact checker finds nothing false in it, and where nothing is lost of what the rules told.
Otherwise, or where the model does not answer, the explanation of the rules stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from humankind.systems.naming import prompts
from humankind.systems.naming.agents import (
    OBJECTIVE_NAMES,
    Brief,
    Draft,
    FactChecker,
    Feedback,
    Generator,
    Team,
    Unanswered,
)
from humankind.systems.naming.asking import Asker
from humankind.systems.naming.claims import read_claims
from humankind.systems.naming.model_drafts import text_facts
from humankind.systems.naming.poems import han
from humankind.systems.naming.reading_json import UnusableReply
from humankind.systems.naming.replies import Polished

_MARKED = re.compile("《[^《》]{1,40}》|[“「][^“”「」]{1,60}[”」]|\\d+")
_LENGTHS = (0.4, 2.5)
"""How much shorter or longer than its original a paragraph may be."""
_SPARE = 20
"""Characters that a short paragraph may have more."""


@dataclass(frozen=True)
class Polish:
    """What became of one explanation."""

    name: str
    accepted: bool
    reason: str = ""
    """Why the model's text was refused; empty where it was taken."""


class Polisher:
    """Polishes the explanations of another generator; a `Generator`.

    Args:
        generator: decides; usually that of the rules.
        asker: the model.
        checker: refuses false claims.
        on_polish: is told what became of every explanation.
    """

    def __init__(
        self,
        generator: Generator,
        asker: Asker,
        checker: FactChecker,
        on_polish: Callable[[Polish], None] | None = None,
    ) -> None:
        self.generator, self.asker, self.checker, self.on_polish = generator, asker, checker, on_polish
        self.log: list[Polish] = []
        """Every explanation, in order."""

    def draft(self, brief: Brief, feedback: Feedback | None) -> Draft:
        """Return the draft of the rules, in the model's words where they hold."""
        return self.polished(brief, self.generator.draft(brief, feedback))

    def polished(self, brief: Brief, draft: Draft) -> Draft:
        """Return a draft in the model's words, or as it is where they do not hold."""
        made = draft

        def true(reply: Polished) -> None:
            nonlocal made
            made = reworded(draft, reply.explanation)
            lost = missing(draft, reply.explanation)
            if lost:
                raise UnusableReply(f"丢了{'、'.join(lost)}，须照原样保留")
            errors = self.checker.check(brief, made)
            if errors:
                raise UnusableReply("；".join(error.correction for error in errors))

        paragraphs = "\n".join(
            f"第{number}段（{name}）：{text}"
            for number, (name, text) in enumerate(zip(OBJECTIVE_NAMES, draft.explanation, strict=False), start=1)
        )
        prompt = prompts.POLISH.format(
            name=draft.name, request=prompts.quoted(brief.request.text), paragraphs=paragraphs
        )
        try:
            self.asker.fill("polish", [("system", prompts.SYSTEM), ("user", prompt)], Polished, true)
        except Unanswered as error:
            self._note(Polish(draft.name, False, str(error.found)))
            return draft
        self._note(Polish(draft.name, True))
        return made

    def _note(self, polish: Polish) -> None:
        self.log.append(polish)
        if self.on_polish is not None:
            self.on_polish(polish)


def hybrid_team(rules: Team, asker: Asker, on_polish: Callable[[Polish], None] | None = None) -> Team:
    """Return the agents of the rules with explanations polished by a language model.

    Args:
        rules: the deterministic agents; manager, evaluator and fact checker stay as they are.
        asker: the model.
        on_polish: is told what became of every explanation.
    """
    return replace(rules, generator=Polisher(rules.generator, asker, rules.checker, on_polish))


def reworded(draft: Draft, explanation: Sequence[str]) -> Draft:
    """Return a draft with another explanation, and with what that claims among its facts."""
    facts = dict.fromkeys((*draft.facts, *text_facts(explanation)))
    return replace(draft, explanation=tuple(explanation), facts=tuple(facts))


def missing(before: Draft, after: Sequence[str]) -> tuple[str, ...]:
    """Return what an explanation tells and its new wording does not: titles, quotations, numbers, checkable claims.

    A paragraph that has become far shorter or longer counts as lost, too.

    >>> from humankind.systems.naming.agents import Fact
    >>> draft = Draft("王", "凌", ("取自杜甫《望岳》“会当凌绝顶”。",), facts=(Fact("author", "杜甫"),))
    >>> missing(draft, ["唐人《望岳》有“会当凌绝顶”。"]), missing(draft, ["杜甫《望岳》写泰山。"])
    (('杜甫',), ('“会当凌绝顶”',))
    """
    if len(before.explanation) != len(after):
        return (f"{len(before.explanation)}段",)
    lost = []
    for number, (old, new) in enumerate(zip(before.explanation, after, strict=True), start=1):
        lost += [part for part in _MARKED.findall(old) if part not in new]
        low, high = _LENGTHS
        if han(old) and not low * len(han(old)) <= len(han(new)) <= high * len(han(old)) + _SPARE:
            lost.append(f"第{number}段的篇幅")
    old, new, told = "".join(before.explanation), "".join(after), set(_claims(after))
    lost += [fact.value for fact in before.facts if fact.value in old and fact.value not in new]
    lost += ["".join(claim[1:]) for claim in _claims(before.explanation) if claim not in told]
    return tuple(dict.fromkeys(lost))


def _claims(paragraphs: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return what is claimed of characters and birth; poems are compared by their words."""
    found = (claim for claim in read_claims(paragraphs) if claim.kind != "poem")
    return [(claim.kind, claim.subject, claim.value) for claim in found]
