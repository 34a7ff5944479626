"""What a model answered, question by question: what a run keeps, and what `compare` and `explain` read."""

from __future__ import annotations

from collections.abc import Sequence

from humankind.kits.bench.questions import LETTERS, Reply, Trial
from humankind.spine.config import Section
from humankind.spine.errors import RunError
from humankind.spine.runs import Run
from humankind.systems.motivation.data import kinds_of

ANSWERS = "answers"


class Answer(Section):
    """One trial and how it went."""

    trial: str
    scenario: str
    type: str
    letter: str
    """The letter behind which the choice stood; empty where there is none."""
    right_letter: str
    right: bool | None
    """None where unscored."""
    chosen: str
    """The text of the chosen option."""
    gold: str
    """The text of the right option."""
    kind: str
    """Kind of the chosen option; empty where options carry no kinds or none was chosen."""
    unscored: str
    """Why there is no verdict; empty where there is one."""
    way: str
    """How the choice was read."""
    text: str
    """The completion as it came; empty for option likelihoods."""


def answers_of(trials: Sequence[Trial], replies: Sequence[Reply]) -> list[Answer]:
    """Return what was answered, in the order of the trials."""
    return [_answer(trial, reply) for trial, reply in zip(trials, replies, strict=True)]


def _answer(trial: Trial, reply: Reply) -> Answer:
    question, choice = trial.question, reply.choice
    kinds = kinds_of(question)
    return Answer(
        trial=trial.id,
        scenario=question.group,
        type=question.category,
        letter="" if choice is None else LETTERS[trial.shown.index(choice)],
        right_letter=trial.target,
        right=reply.right,
        chosen="" if choice is None else question.options[choice],
        gold=question.answer,
        kind=kinds[choice] if kinds and choice is not None else "",
        unscored=reply.reason,
        way=reply.way,
        text=reply.text,
    )


def kept(run: Run) -> list[Answer]:
    """Return the answers that a finished evaluation kept; RunError where there are none."""
    import json

    path = run.artifacts / f"{ANSWERS}.json"
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(
            "this run has no answers",
            found=f"{run.facts.get('system') or 'another'} run, {run.status}",
            where=run.path,
            expected="a finished run of `humankind motivation evaluate`",
            remedy="finish it with --resume, or name another run",
        ) from None
    return [Answer.model_validate(row) for row in rows]
