"""The construction of new scenarios: extract, write, three critics and a modifier, one adjuster a question.

    text -> {identity, scenario, motivation, behaviour} -> three questions
         -> at most `rounds` times: three critics; all content: on; otherwise the modifier revises
         -> an adjuster for each question -> options put into an order that balances the right letters

Each step's reply must fill a form (`forms.py`); each accepted scenario carries the trail of its steps.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from humankind.spine.config import Section
from humankind.spine.progress import Progress, Task
from humankind.spine.seeds import stream
from humankind.systems.motivation import wording
from humankind.systems.motivation.authored import DESIRES, N_OPTIONS, TYPES, Option, Type
from humankind.systems.motivation.calls import Caller, GaveUp, Journal, Step
from humankind.systems.motivation.config import BuildConfig
from humankind.systems.motivation.data import ScenarioRecord, TypedQuestion
from humankind.systems.motivation.forms import Adjusted, Draft, Drafts, Extraction, Verdict, check_hidden

if TYPE_CHECKING:
    from inspect_ai.model import Model

LETTERS = "ABCDEFGHIJKLMNOPRSTVW"
"""Initials of invented names; those with hardly a name are left out."""


class Text(Section):
    """Something to make a scenario of."""

    id: str
    text: str


class Trail(Section):
    """How a scenario came to be."""

    id: str
    model: str
    rounds: int
    """Rounds of criticism."""
    agreed: bool
    """Whether all three critics were content in the end; False where the rounds ran out before."""
    analysis: dict[Type, tuple[str, ...]]
    """Why each option is right or wrong, as the adjuster said it, in the order of the options."""
    steps: tuple[Step, ...]


class Made(Section):
    """An accepted scenario, its options not yet in their last order."""

    text_id: str
    extraction: Extraction
    questions: dict[Type, Adjusted]
    trail: Trail


class Rejected(Section):
    """A text that gave no scenario."""

    id: str
    reason: str
    refused: tuple[str, ...] = ()
    """Why each reply of the step that failed was not usable; empty where no step failed."""
    steps: tuple[Step, ...]
    """The steps that were answered."""


def build(
    texts: Sequence[Text], model: Model, journal: Journal, config: BuildConfig, progress: Progress
) -> tuple[list[Made], list[Rejected]]:
    """Return the scenarios made of texts, and the texts that gave none, each in the order of the texts.

    Args:
        texts: what to make scenarios of; ids differ.
        model: any model that Inspect knows.
        journal: replies that are there already are not asked for again.
        config: rounds, attempts, sampling.
        progress: told of each text.
    """
    with progress.task("texts", total=len(texts)) as task:
        ended = asyncio.run(_all(texts, model, journal, config, task))
    made = [one for one in ended if isinstance(one, Made)]
    return made, [one for one in ended if isinstance(one, Rejected)]


async def _all(
    texts: Sequence[Text], model: Model, journal: Journal, config: BuildConfig, task: Task
) -> list[Made | Rejected]:
    room = asyncio.Semaphore(config.connections)

    async def one(text: Text) -> Made | Rejected:
        async with room:
            ended = await _one(text, model, journal, config)
        task.advance()
        return ended

    return list(await asyncio.gather(*(one(text) for text in texts)))


async def _one(text: Text, model: Model, journal: Journal, config: BuildConfig) -> Made | Rejected:
    caller = Caller(model, journal, config, text.id)
    try:
        extraction = await caller.ask("extract", _extracting(text, config), Extraction)
        if not extraction.usable:
            return Rejected(
                id=text.id, reason="the text tells of nobody who acts for a reason", steps=tuple(caller.steps)
            )
        drafts = await _written(caller, extraction)
        drafts, rounds, agreed = await _criticised(caller, drafts, extraction, config.rounds)
        adjusted = {kind: await _adjusted(caller, kind, drafts.of(kind), extraction) for kind in TYPES}
    except GaveUp as error:
        return Rejected(id=text.id, reason=str(error), refused=error.refused, steps=tuple(caller.steps))
    trail = Trail(
        id=text.id,
        model=config.model,
        rounds=rounds,
        agreed=agreed,
        analysis={kind: one.analysis for kind, one in adjusted.items()},
        steps=tuple(caller.steps),
    )
    return Made(text_id=text.id, extraction=extraction, questions=adjusted, trail=trail)


def _extracting(text: Text, config: BuildConfig) -> str:
    letter = LETTERS[int(stream(config.seed, f"motivation.build.name.{text.id}").integers(len(LETTERS)))]
    return wording.EXTRACT[config.kind].format(letter=letter, text=text.text)


async def _written(caller: Caller, extraction: Extraction) -> Drafts:
    parts = extraction.model_dump(include={"identity", "scenario", "motivation", "behaviour"})
    return await caller.ask("write", wording.WRITE.format(**parts), Drafts, partial(_check_all, extraction))


async def _criticised(caller: Caller, drafts: Drafts, extraction: Extraction, rounds: int) -> tuple[Drafts, int, bool]:
    """Return the questions after criticism, the rounds it took, and whether all critics were content."""
    for number in range(1, rounds + 1):
        shown = drafts.model_dump_json(indent=1)
        verdicts = [
            await caller.ask(
                f"critic-{number}.{which}", wording.CRITICISE.format(task=task, drafts=shown), Verdict
            )
            for which, task in enumerate(wording.CRITICS, start=1)
        ]  # fmt: skip
        objections = [verdict.suggestion for verdict in verdicts if not verdict.no_issues]
        if not objections:
            return drafts, number, True
        listed = "\n".join(f"{place}. {objection}" for place, objection in enumerate(objections, start=1))
        prompt = wording.MODIFY.format(drafts=shown, suggestions=listed)
        drafts = await caller.ask(f"modify-{number}", prompt, Drafts, partial(_check_all, extraction))
    return drafts, rounds, False


async def _adjusted(caller: Caller, kind: Type, draft: Draft, extraction: Extraction) -> Adjusted:
    prompt = wording.adjust(kind, draft.model_dump_json(indent=1))
    return await caller.ask(
        f"adjust-{kind}", prompt, Adjusted, lambda form: check_hidden(kind, form.draft, extraction)
    )  # fmt: skip


def _check_all(extraction: Extraction, drafts: Drafts) -> None:
    for kind in TYPES:
        check_hidden(kind, drafts.of(kind), extraction)


# -- the last order of options -----------------------------------------------------------------------------


def assembled(made: Sequence[Made], seed: int) -> tuple[list[ScenarioRecord], list[Trail]]:
    """Return the scenarios as records, right letters balanced within each type, with trails in the same order.

    The trail's analysis is put into the order of the options, so that the two stay in step.
    """
    records, trails = [], []
    targets = {
        kind: stream(seed, f"motivation.build.letters.{kind}").permutation(len(made)) % N_OPTIONS for kind in TYPES
    }
    for place, one in enumerate(made):
        orders = {kind: _order(one, kind, int(targets[kind][place]), seed) for kind in TYPES}
        records.append(_record(one, orders))
        analysis = {kind: tuple(one.questions[kind].analysis[i] for i in orders[kind]) for kind in TYPES}
        trails.append(one.trail.model_copy(update={"analysis": analysis}))
    return records, trails


def _order(made: Made, kind: Type, target: int, seed: int) -> list[int]:
    """Return an order of options that puts the right one at `target` and the others anyhow."""
    options = made.questions[kind].options
    gold = next(place for place, option in enumerate(options) if option.kind == "gold")
    shuffled = stream(seed, f"motivation.build.order.{made.text_id}.{kind}").permutation(len(options))
    others = [int(place) for place in shuffled if place != gold]
    return [*others[:target], gold, *others[target:]]


def _record(made: Made, orders: dict[Type, list[int]]) -> ScenarioRecord:
    told = made.extraction
    level = next(level for level, desires in DESIRES.items() if told.desire in desires)
    return ScenarioRecord(
        id=made.text_id,
        level=level,
        desire=told.desire,
        labelled_by=made.trail.model,
        identity=told.identity,
        scenario=told.scenario,
        motivation=told.motivation,
        behaviour=told.behaviour,
        questions=tuple(_typed(kind, made.questions[kind], orders[kind]) for kind in TYPES),
    )


def _typed(kind: Type, adjusted: Adjusted, order: list[int]) -> TypedQuestion:
    options: tuple[Option, ...] = tuple(adjusted.options[place] for place in order)
    return TypedQuestion(type=kind, stem=adjusted.stem, question=adjusted.question, options=options)
