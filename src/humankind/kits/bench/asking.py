"""Asking a model many questions through Inspect: each reply is on disk before the next is waited for.

A folder holds `replies.jsonl`, from which a run goes on after a kill without repeating a call, and `inspect/` with one
Inspect log for each time that something was asked. Providers, retries, time-outs and concurrency are Inspect's job.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import Field

from humankind.kits.bench.journal import Journal, digest
from humankind.kits.bench.letters import Reading
from humankind.kits.bench.questions import Reply, Trial, Way
from humankind.kits.bench.verdicts import reply_of
from humankind.kits.bench.ways import AnyWay
from humankind.spine.config import Config
from humankind.spine.errors import ConfigError
from humankind.spine.extras import require
from humankind.spine.progress import SILENT, Progress

if TYPE_CHECKING:
    from inspect_ai.model import Model
    from inspect_ai.solver import Solver

JOURNAL = "replies.jsonl"
LOGS = "inspect"


class Limits(Config):
    """How a model is asked. Whatever changes a reply is part of its key in the journal."""

    max_new_tokens: int = Field(512, ge=1)
    """Most completion tokens, thinking included."""

    temperature: float = Field(0.0, ge=0, le=2)
    """0 is greedy. Above it every trial is drawn with a seed of its own."""

    top_p: float = Field(1.0, gt=0, le=1)
    """Share of the probability kept before drawing; 1 keeps all."""

    reading: Reading = "auto"
    """Where a letter is looked for in free text; may be changed without asking again."""

    lead: str = "Answer:"
    """How the answer begins before the letter whose likelihood is taken."""

    policy: str = "plain"
    """Name of what else decides the replies: an own solver with its settings."""

    max_retries: int = Field(4, ge=0)
    """How often Inspect repeats a call after a rate limit, a time-out or a server's fault."""

    timeout_s: int | None = Field(None, ge=1)
    """Longest that one call with its repeats may take, in seconds; None for no end."""


def ask(
    trials: Sequence[Trial],
    model: str | Model,
    way: AnyWay,
    folder: Path,
    progress: Progress = SILENT,
    *,
    solver: Solver | None = None,
    max_connections: int | None = None,
    **limits: Any,
) -> list[Reply]:
    """Return a model's reply to every trial, in the order of the trials.

    What `folder` holds already is not asked again, unless its prompt, model or settings changed, or its call failed.

    Args:
        trials: each with an id of its own.
        model: as Inspect names it, for example `humankind/smollm2`, `openai/gpt-4o`; or an Inspect model.
        way: how choices are got; `auto` takes likelihoods where the model allows them, then output held to a schema,
            then text. The reply says which it was.
        folder: where replies and logs are kept; made if it is not there.
        progress: told how far it is.
        solver: an own Inspect solver in place of one plain call: it gets the prompt as messages and leaves a
            completion; `state.metadata` may carry `facts` and `n_thinking_tokens`. Needs way `text` or `auto`, and a
            name in `policy`.
        max_connections: calls at once; None leaves it to Inspect and the provider.
        limits: fields of `Limits`.

    Raises:
        ConfigError: a setting is unknown or out of range, or two trials have the same id.
        InputError: the model is unknown, its package or key is missing, or it answers no call at all.
        MissingExtraError: Inspect is not installed.
    """
    settings = Limits.checked(limits)
    way = "text" if solver is not None and way == "auto" else way
    _check(trials, settings, way, solver)
    if not trials:
        return []
    journal = Journal(folder / JOURNAL)
    keys = {trial.id: key_of(trial, str(model), way, settings) for trial in trials}
    missing = [trial for trial in trials if journal.reply(trial.id, keys[trial.id]) is None]
    if missing:
        require("llm", "inspect_ai")
        from humankind.kits.bench.session import Session

        session = Session(model, way, settings, journal, keys, solver)
        session.run(missing, folder / LOGS, progress, max_connections)
    return [reply_of(trial, journal.kept[trial.id, keys[trial.id]], settings.reading) for trial in trials]


def key_of(trial: Trial, model: str, way: AnyWay, settings: Limits) -> str:
    """Return the fingerprint of all that a reply to this trial depends on.

    Not part of it: which option is right and how the reply is read, since both can be mended afterwards; retries and
    time-outs; and what a way does not use, as the length of a reply where likelihoods are taken.
    """
    asked = [trial.system, trial.prompt, trial.shown, trial.question.options]
    used = {"policy": settings.policy}
    if way in ("likelihood", "auto"):
        used["lead"] = settings.lead
    if way != "likelihood":
        used |= settings.model_dump(include={"max_new_tokens", "temperature"})
    if settings.temperature > 0:
        used |= settings.model_dump(include={"top_p", "seed"})
    return digest(model, way, asked, used)


def _check(trials: Sequence[Trial], settings: Limits, way: AnyWay, solver: Solver | None) -> None:
    ids = {trial.id for trial in trials}
    if len(ids) < len(trials):
        raise ConfigError("two trials have the same id", found=f"{len(trials)} trials, {len(ids)} ids")
    if way not in get_args(Way) and way != "auto":
        raise ConfigError("there is no such way", found=repr(way), expected=f"auto, {', '.join(get_args(Way))}")
    if solver is not None and way != "text":
        raise ConfigError("a solver of its own leaves text", found=f"way={way}", expected="way=text or way=auto")
    if solver is not None and settings.policy == Limits().policy:
        raise ConfigError("a solver of its own needs a name", where="policy", remedy="give its name and settings")
    open_trial = next((trial for trial in trials if not trial.shown), None)
    if way in ("likelihood", "constrained") and open_trial is not None:
        raise ConfigError("this way needs options that are shown", found=open_trial.id, where=f"way={way}")
