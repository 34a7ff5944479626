"""Runs the experiments of a reproduction inside one run folder, each system's at most once.

A system is a module `humankind.systems.<noun>.reproduce` with a function of the same name. What it found is
kept as soon as it is there; what it could not do is kept as an error, and the other systems go on.
"""

from __future__ import annotations

import json
import shlex
import time
import traceback
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from humankind.cli.outcomes import Outcome, claim_lines
from humankind.spine.cards import Card
from humankind.spine.config import PRESETS, Config
from humankind.spine.errors import (
    ConfigError,
    HumankindError,
    InputError,
    InternalError,
    MissingExtraError,
    NotBuiltError,
    RunError,
)
from humankind.spine.evidence import Evidence
from humankind.spine.progress import Progress
from humankind.spine.report import save_cards
from humankind.spine.runs import Run, write_text


class ReproduceConfig(Config):
    """What a reproduction runs; a resumed one has the same."""

    systems: tuple[str, ...]
    """Nouns of the systems, in the order they run."""
    preset: Literal["tiny", "small", "paper"]
    """Preset of every system's experiment."""


class SystemsFailed(Exception):
    """Some systems ended with an error; marks the run as failed once the others have ended."""


def choose(names: Iterable[str], known: Sequence[Card]) -> tuple[str, ...]:
    """Return the nouns to run, in the order of the cards: those named, or all that are built.

    Raises:
        InputError: a name is no system.
        NotBuiltError: a named system is not built yet.
    """
    named = set(names)
    nouns = [card.noun for card in known]
    for name in sorted(named):
        if name not in nouns:
            raise InputError("there is no such system", found=repr(name), expected=f"one of: {', '.join(nouns)}")
    for card in known:
        if card.noun in named and not card.built:
            raise NotBuiltError(
                f"{card.name} is announced, not built yet",
                found=card.noun,
                remedy="`humankind systems` shows which are built; without a name all of those run",
            )
    return tuple(card.noun for card in known if (card.noun in named if named else card.built))


def reproduce(
    folder: Path, config: ReproduceConfig, known: Sequence[Card], resume: bool, progress: Progress
) -> list[Outcome]:
    """Run the systems of `config` in a run folder, each at most once, and return how each ended.

    Args:
        folder: the run folder; new or empty unless `resume`.
        config: which systems, preset and seed.
        known: the cards of all systems; saved for the report.
        resume: go on with the run in the folder.
        progress: where a person sees how far it is.

    Raises:
        RunError: the folder cannot be used.
    """
    chosen = [card for card in known if card.noun in config.systems]
    outcomes: list[Outcome] = []
    try:
        with Run.start(folder, command=_command_line(config), config=config, resume=resume, system="reproduce") as run:
            save_cards(run, known)
            with progress.task("all systems", total=len(chosen)) as overall:
                for card in chosen:
                    overall.note(card.name)
                    outcomes.append(_run_one(run, card, config, progress))
                    overall.advance()
            failed = [outcome.card.noun for outcome in outcomes if outcome.exit_code]
            if failed:
                raise SystemsFailed(", ".join(failed))
    except SystemsFailed:
        pass  # the run folder says so now, and the outcomes say it to the caller
    return outcomes


def _run_one(run: Run, card: Card, config: ReproduceConfig, progress: Progress) -> Outcome:
    folder = run.artifacts / card.noun
    folder.mkdir(exist_ok=True)
    kept = (folder / "evidence.json").exists()
    for stale in ("error.json", "traceback.txt"):
        (folder / stale).unlink(missing_ok=True)
    progress.say(f"{card.name} ({card.noun}){', finished earlier' if kept else ''}")
    start, ended = time.perf_counter(), "interrupted"
    try:
        found = run.once(
            f"{card.noun}/evidence", lambda: _experiment(run, card, config, progress).model_dump(mode="json")
        )
        outcome = Outcome(card, Evidence.model_validate(found), {}, 0)
        ended = "done"
    except Exception as error:  # one system's failure must not take the others with it
        outcome = _failure(card, error, folder)
        ended = "failed"
    finally:
        if not kept:
            run.log(event="system", system=card.noun, outcome=ended, seconds=round(time.perf_counter() - start, 2))
    for line in claim_lines(outcome):
        progress.say(line)
    return outcome


def _experiment(run: Run, card: Card, config: ReproduceConfig, progress: Progress) -> Evidence:
    try:
        module = import_module(f"humankind.systems.{card.noun}.reproduce")
        evidence = module.reproduce(run, run.artifacts / card.noun, config.preset, config.seed, progress)
    except ModuleNotFoundError as error:
        if not card.extra or (error.name or "").partition(".")[0] == "humankind":
            raise
        raise MissingExtraError(
            f"{card.name} needs a package that is not installed",
            found=error.name,
            remedy=f"pip install 'humankind[{card.extra}]'",
        ) from error
    return _checked(evidence, card)


def _checked(evidence: Evidence, card: Card) -> Evidence:
    """Return the evidence if it speaks of this system's claims, each at most once."""
    claims = [finding.claim for finding in evidence.findings]
    unknown = sorted(set(claims) - {claim.id for claim in card.claims})
    twice = sorted({claim for claim in claims if claims.count(claim) > 1})
    if evidence.system != card.noun or unknown or twice:
        raise InternalError(
            "the evidence does not fit the system's card",
            found=f"system {evidence.system}, unknown claims {unknown}, claims given twice {twice}",
            where=card.noun,
        )
    return evidence


def _failure(card: Card, error: Exception, folder: Path) -> Outcome:
    if isinstance(error, HumankindError):
        told, exit_code = error.as_dict(), error.exit_code
    else:
        write_text(folder / "traceback.txt", "".join(traceback.format_exception(error)))
        told = {
            "error": type(error).__name__,
            "problem": f"the experiment ended with {type(error).__name__}: {error}",
            "where": f"artifacts/{card.noun}/traceback.txt in the run folder",
        }
        exit_code = InternalError.exit_code
    write_text(folder / "error.json", json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    return Outcome(card, None, told, exit_code)


# -- settings ----------------------------------------------------------------------------------------------


def given_settings(
    known: Sequence[Card], systems: list[str] | None, preset: str | None, seed: int | None
) -> dict[str, Any]:
    """Return the settings named on the command line, checked."""
    if preset is not None and preset not in PRESETS:
        raise ConfigError("there is no such preset", found=repr(preset), where="--preset", expected=", ".join(PRESETS))
    named = {"systems": choose(systems, known) if systems else None, "preset": preset, "seed": seed}
    return {key: value for key, value in named.items() if value is not None}


def new_config(known: Sequence[Card], given: dict[str, Any]) -> ReproduceConfig:
    """Return the settings of a new run: all built systems, tiny and seed 0 where nothing else is given."""
    defaults = {"systems": choose((), known), "preset": "tiny", "seed": 0}
    return ReproduceConfig.checked(defaults | given)


def resumed_config(out: Path | None, given: dict[str, Any]) -> ReproduceConfig:
    """Return the settings of the run in `out`, with what was given again laid over them."""
    if out is None:
        raise ConfigError(
            "--resume needs the run folder to go on with",
            where="--out",
            remedy="add --out DIR; `humankind runs` lists the folders under runs/",
        )
    values = Run.read(out).config_values()
    if not {"systems", "preset", "seed"} <= values.keys():
        raise RunError(
            "the run in this folder is not a reproduction",
            where=out,
            remedy="name a folder made by `reproduce`",
        )
    return ReproduceConfig.checked(values | given)


def _command_line(config: ReproduceConfig) -> str:
    return shlex.join(
        ["humankind", "reproduce", *config.systems, "--preset", config.preset, "--seed", str(config.seed)]
    )
