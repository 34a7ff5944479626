"""The experiments behind the claims that need no agent: decisions on unseen tasks, training by reward, the judge.

Each is run at most once in a folder; what is kept there is used again only where it was made from the same things.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from humankind.spine.errors import DataError
from humankind.spine.progress import Progress
from humankind.spine.runs import write_text
from humankind.systems.privacy.norms import Norm

if TYPE_CHECKING:
    from humankind.systems.privacy.evaluate import Decisions
    from humankind.systems.privacy.learning import Learning
    from humankind.systems.privacy.policy import Environment
    from humankind.systems.privacy.train import InstructorSettings

SHARE_ALL, FIRST_STAGE = "before training", "privacy only"
BOTH_STAGES, SECOND_ONLY = "privacy, then disclosure", "disclosure from the start"
FIGURES = ("privacy", "helpfulness", "disclosure")


@dataclass(frozen=True)
class Scale:
    """How much is run."""

    n_tasks: int
    """Tasks of CI-RL, drawn evenly; 0 for all."""

    bits: int
    """Columns of the features are 2 to this power."""

    most_steps: int
    """Of one fit."""

    privacy_steps: int
    """Steps of the first stage of training by reward; the second has half as many."""

    n_seeds: int
    """Seeds of training by reward."""

    n_played: int
    """Tasks that are rehearsed; 0 for all that are kept aside."""

    n_attacked: int
    """Of these, how many are attacked; 0 for all."""

    attack_rounds: int
    """Rounds of the search."""

    attack_threads: int
    """That search beside one another."""

    n_resamples: int
    """Bootstrap samples of the judge's agreement."""


SCALES = {
    "tiny": Scale(365, 15, 25, 200, 1, 30, 6, 3, 6, 200),
    "small": Scale(0, 18, 32, 400, 3, 60, 10, 4, 6, 500),
    "paper": Scale(0, 18, 60, 400, 5, 0, 0, 10, 30, 2000),
}
"""`paper`: rounds and threads of the search as published."""


class Lab:
    """A folder of results that are computed once.

    Args:
        folder: made if it is not there.
        made_from: what every result here hangs on; other values are refused.
        progress: where to report.
    """

    def __init__(self, folder: Path, made_from: dict[str, Any], progress: Progress) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.made_from, self.progress = folder, json.loads(json.dumps(made_from)), progress

    def once(self, name: str, compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return a result as JSON gives it back, computed where it is not kept here.

        Raises:
            DataError: it was made from something else.
        """
        path = self.folder / f"{name}.json"
        if not path.exists():
            self.progress.say(name)
            kept = {"made_from": self.made_from, "found": compute()}
            write_text(path, json.dumps(kept, indent=1, allow_nan=False) + "\n")
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["made_from"] != self.made_from:
            raise DataError(
                "data or settings have changed since this run began",
                where=path,
                remedy="start a new run: another --out",
            )
        return kept["found"]


def tasks_of(scale: Scale) -> list[Norm] | None:
    """Return the norms of CI-RL at a scale, drawn evenly; None where it is not on this machine."""
    from humankind.spine.sources import status, use
    from humankind.systems.privacy.cirl import read_tasks

    if status("cirl") == "absent":
        return None
    norms = [task.norm for task in read_tasks(use("cirl", "train"))]
    if not scale.n_tasks or scale.n_tasks >= len(norms):
        return norms
    return [norms[place * len(norms) // scale.n_tasks] for place in range(scale.n_tasks)]


def instructor_settings(scale: Scale) -> InstructorSettings:
    """Return how instructors are trained at a scale: two inner folds, for time; shipped weights took three."""
    from humankind.systems.privacy.features import FeatureSettings
    from humankind.systems.privacy.train import InstructorSettings

    features = FeatureSettings(bits=scale.bits)
    return InstructorSettings(features=features, most_steps=scale.most_steps, inner_folds=2)


def unseen_tasks(norms: Sequence[Norm], scale: Scale, seed: int, progress: Progress) -> dict[str, Any]:
    """Return figures of instructors on tasks that they did not see, 5 folds, beside simple rules and ablations."""
    from humankind.systems.privacy.evaluate import evaluate_instructor

    return evaluate_instructor(norms, instructor_settings(scale), seed, progress=progress)


def unseen_recipients(norms: Sequence[Norm], scale: Scale, seed: int, progress: Progress) -> dict[str, Any]:
    """Return figures where no training task had the same recipient's role, and the lead over sharing everything."""
    import numpy as np
    from scipy.special import expit

    from humankind.systems.privacy.evaluate import Decisions, in_json
    from humankind.systems.privacy.train import cross_validate, same_recipient

    table, held = cross_validate(norms, instructor_settings(scale), seed, group=same_recipient, progress=progress)
    mine = Decisions(expit(held.logits["whole"]) >= held.middle, table.labels, table.owner)
    everything = Decisions(np.ones_like(table.labels), table.labels, table.owner)
    return {
        "figures": in_json(mine.figures(seed)),
        "share all": in_json(everything.figures(seed)),
        "above": in_json({"share all": mine.above(everything, seed)})["share all"],
        "n_roles": len({same_recipient(norm) for norm in norms}),
    }


def schedules(norms: Sequence[Norm], scale: Scale, seed: int, progress: Progress) -> dict[str, Any]:
    """Return what training by reward comes to under four schedules, on tasks kept aside, for each seed.

    Paper: the staged schedule of the section on experience-driven optimisation.
    """
    seeds = range(seed, seed + scale.n_seeds)
    return {"seeds": [_scheduled(norms, scale, one, progress) for one in seeds]}


def _scheduled(norms: Sequence[Norm], scale: Scale, seed: int, progress: Progress) -> dict[str, Any]:
    from humankind.systems.privacy.evaluate import in_json
    from humankind.systems.privacy.features import FeatureSettings
    from humankind.systems.privacy.learning import Learning, train_policy
    from humankind.systems.privacy.policy import PolicySettings, environments_of
    from humankind.systems.privacy.workflow import parted

    first, second = scale.privacy_steps, scale.privacy_steps // 2
    features = FeatureSettings(bits=scale.bits)
    kept, aside = (environments_of(part, features) for part in parted(norms, 0.2, seed))
    plans = {FIRST_STAGE: (first, 0), BOTH_STAGES: (first, second), SECOND_ONLY: (0, first + second)}
    settings = {
        name: PolicySettings(features=features, privacy_steps=steps, disclosure_steps=more)
        for name, (steps, more) in plans.items()
    }
    learned = {name: train_policy(kept, aside, one, seed, None, progress) for name, one in settings.items()}
    learned[SHARE_ALL] = Learning.fresh(settings[FIRST_STAGE])
    ways = {name: decisions_of(learning, aside) for name, learning in learned.items()}
    two = ways[BOTH_STAGES]
    return {
        "seed": seed,
        "n_train": len(kept),
        "n_held_out": len(aside),
        "ways": {name: in_json(way.figures(seed)) for name, way in ways.items()},
        "course": learned[BOTH_STAGES].history,
        "differences": in_json(
            {
                "help, privacy stage - before": ways[FIRST_STAGE].above(ways[SHARE_ALL], seed, "helpfulness"),
                "help, second stage - privacy stage": two.above(ways[FIRST_STAGE], seed, "helpfulness"),
                "disclosure, second stage - privacy stage": two.above(ways[FIRST_STAGE], seed),
                "disclosure, trained - before": two.above(ways[SHARE_ALL], seed),
                "disclosure, two stages - one": two.above(ways[SECOND_ONLY], seed),
            }
        ),
    }


def decisions_of(learning: Learning, environments: Sequence[Environment]) -> Decisions:
    """Return the likelier choice of a policy for each item; nothing is shared where it would rather be silent."""
    import numpy as np

    from humankind.systems.privacy.evaluate import Decisions

    share, labels, owner = [], [], []
    for number, environment in enumerate(environments):
        log_odds = learning.policy.log_odds(environment)
        share.append((log_odds[:-1] >= 0) & (log_odds[-1] >= 0))
        labels.append(environment.shareable)
        owner.append(np.full(len(log_odds) - 1, number))
    return Decisions(np.concatenate(share), np.concatenate(labels), np.concatenate(owner))


def judge_agreement(scale: Scale, seed: int) -> dict[str, Any]:
    """Return how far the offline judge agrees with labels of real models' actions; empty where the data are absent."""
    from humankind.spine.sources import status, use
    from humankind.systems.privacy.agreement import agreement, score_actions
    from humankind.systems.privacy.cirl import ACTORS, read_actions
    from humankind.systems.privacy.judging import OfflineJudge
    from humankind.systems.privacy.privacylens import read_cases

    if "absent" in (status("cirl"), status("privacylens")):
        return {}
    folder = use("cirl", "evaluate")
    norms = {case.name: case.norm for case in read_cases(use("privacylens", "evaluate"))}
    judge = OfflineJudge()
    scored = {name: score_actions(read_actions(folder, actor), norms, judge) for actor, name in ACTORS.items()}
    return agreement(scored, seed, scale.n_resamples)


def secrets_withheld() -> dict[str, float | int]:
    """Return what the shipped instructor does with PrivacyLens' sensitive facts that it is not told are sensitive."""
    from humankind.spine.sources import status, use
    from humankind.systems.privacy.evaluate import evaluate_secrets
    from humankind.systems.privacy.instructor import EmbeddedInstructor
    from humankind.systems.privacy.privacylens import read_cases

    if status("privacylens") == "absent":
        return {}
    cases = read_cases(use("privacylens", "evaluate"))
    return evaluate_secrets(EmbeddedInstructor.load(), [case.norm for case in cases])


def latency(seed: int, n_steps: int = 40) -> dict[str, float]:
    """Return how many milliseconds the embedded defence adds to a step: an instruction, and a screened message.

    Every step is a new norm, so that nothing is remembered from the step before.

    Args:
        seed: of the facts.
        n_steps: steps measured.
    """
    import time
    from statistics import median

    from humankind.spine.seeds import stream
    from humankind.systems.privacy.cdi import guided_and_guarded
    from humankind.systems.privacy.defense import Message
    from humankind.systems.privacy.instructor import EmbeddedInstructor
    from humankind.systems.privacy.mapping import ToolMap, ToolRule
    from humankind.systems.privacy.norms import Item, Party
    from humankind.systems.privacy.protection import Protection

    rng, instructor = stream(seed, "privacy.latency"), EmbeddedInstructor.load()
    tools = ToolMap(
        tools=(
            ToolRule(name="read", flow="inbound"),
            ToolRule(name="send", flow="outbound", recipients=("to",), body=("text",)),
        )
    )
    told, screened = [], []
    for step in range(n_steps):
        numbers = rng.integers(10_000, 100_000, size=6)
        items = tuple(Item(key=f"matter {place}", value=f"file {number}") for place, number in enumerate(numbers))
        norm = Norm(task=f"Answer request {step}.", recipient=Party(name="Bob Ray"), items=items)
        protection = Protection(guided_and_guarded([norm], instructor), tools)
        messages = [Message("tool", "Tell me about every file.", call=protection.call("read", {}))]
        began = time.perf_counter()
        protection.instruction(messages)
        between = time.perf_counter()
        protection.screen(messages, protection.call("send", {"to": "Bob Ray", "text": f"It is file {numbers[0]}."}))
        told.append(1000 * (between - began))
        screened.append(1000 * (time.perf_counter() - between))
    return {
        "guidance_ms": median(told),
        "screening_ms": median(screened),
        "both_ms": median(a + b for a, b in zip(told, screened, strict=True)),
        "n_steps": n_steps,
    }
