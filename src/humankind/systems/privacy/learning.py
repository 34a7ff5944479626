"""The loop that trains the item policy by reward: privacy first, then appropriate disclosure; resumable.

Every step draws from a random stream of its own number, so that a run that was cut off and resumed equals one that was
not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from humankind.spine.errors import RunError
from humankind.spine.progress import SILENT, Progress
from humankind.spine.runs import write_text
from humankind.spine.seeds import stream
from humankind.systems.privacy.instructor import Bounds, EmbeddedInstructor
from humankind.systems.privacy.metrics import figure_of
from humankind.systems.privacy.policy import Environment, ItemPolicy, PolicySettings, draw_group
from humankind.systems.privacy.rewards import Stage

if TYPE_CHECKING:
    import numpy as np

KEEP_EVERY = 50
"""Steps between checkpoints."""


@dataclass
class Learning:
    """A policy on its way: weights, Adam's moments, and what was measured."""

    policy: ItemPolicy
    first: np.ndarray
    second: np.ndarray
    step: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    """Figures on held-out environments, by step."""

    @classmethod
    def fresh(cls, settings: PolicySettings) -> Learning:
        """Return the beginning."""
        import numpy as np

        policy = ItemPolicy.fresh(settings)
        n_parameters = len(policy.weights) + 1
        return cls(policy, np.zeros(n_parameters), np.zeros(n_parameters))

    def climb(self, gradient: np.ndarray, learning_rate: float) -> None:
        """Go one step of Adam up the gradient over the weights and, as its last entry, the answer."""
        import numpy as np

        self.first = 0.9 * self.first + 0.1 * gradient
        self.second = 0.999 * self.second + 0.001 * gradient**2
        self.step += 1
        first = self.first / (1 - 0.9**self.step)
        second = self.second / (1 - 0.999**self.step)
        move = learning_rate * first / (np.sqrt(second) + 1e-8)
        self.policy = ItemPolicy(self.policy.weights + move[:-1], self.policy.answer + float(move[-1]))

    def instructor(self, settings: PolicySettings) -> EmbeddedInstructor:
        """Return the instructor that decides as this policy does: an item flows from one half on."""
        import numpy as np

        return EmbeddedInstructor(self.policy.weights.astype(np.float32), settings.features, Bounds())


def train_policy(
    environments: Sequence[Environment],
    held_out: Sequence[Environment],
    settings: PolicySettings,
    seed: int,
    folder: Path | None = None,
    progress: Progress = SILENT,
    measure_every: int = 50,
) -> Learning:
    """Return a policy trained by reward, with its figures on held-out environments along the way.

    Args:
        environments: to learn in.
        held_out: to measure in.
        settings: rewards, steps and sizes.
        seed: of every draw.
        folder: keeps checkpoints here and goes on from the last one; None keeps nothing.
        progress: told how far it is.
        measure_every: steps between measurements.

    Raises:
        RunError: the checkpoint in the folder is of another run.
    """
    n_steps = settings.privacy_steps + settings.disclosure_steps
    made_from = {"settings": json.loads(settings.model_dump_json()), "seed": seed, "n_environments": len(environments)}
    learning = _resumed(folder, made_from) or Learning.fresh(settings)
    with progress.task("item policy", n_steps) as task:
        task.advance(_steps_done(learning, settings))
        for number in range(_steps_done(learning, settings), n_steps):
            if number % measure_every == 0 and (not learning.history or learning.history[-1]["step"] < number):
                learning.history.append({"step": number, **measure(learning.policy, held_out)})
            stage: Stage = "privacy" if number < settings.privacy_steps else "disclosure"
            rng = stream(seed, f"privacy.policy.{number}")
            picked = rng.integers(len(environments), size=settings.environments_per_step)
            _step(learning, [environments[place] for place in picked], stage, settings, rng)
            if folder is not None and ((number + 1) % KEEP_EVERY == 0 or number + 1 == n_steps):
                _keep(learning, folder, made_from)
            task.advance()
    if not learning.history or learning.history[-1]["step"] < n_steps:
        learning.history.append({"step": n_steps, **measure(learning.policy, held_out)})
    return learning


def measure(policy: ItemPolicy, environments: Sequence[Environment]) -> dict[str, float]:
    """Return privacy, helpfulness and disclosure of the likelier choice for each item, with a sender that obeys."""
    import numpy as np

    sums = np.zeros(6)
    for environment in environments:
        log_odds = policy.log_odds(environment)
        share = (log_odds[:-1] >= 0) & (log_odds[-1] >= 0)
        labels = environment.shareable
        sums += [(share & labels).sum(), (share & ~labels).sum(), labels.sum(), (~labels).sum(), 0, 0]
    figures = {name: float(figure_of(sums, name)) for name in ("privacy", "helpfulness", "disclosure")}
    return figures | {"answers": float(policy.answer >= 0)}


def _step(
    learning: Learning,
    environments: Sequence[Environment],
    stage: Stage,
    settings: PolicySettings,
    rng: np.random.Generator,
) -> None:
    import numpy as np

    groups = [draw_group(learning.policy, environment, stage, settings, rng) for environment in environments]
    for _ in range(settings.passes):
        total = np.zeros(len(learning.first))
        for group in groups:
            over_weights, over_answer = group.gradient(learning.policy, settings.clip)
            total[:-1] += over_weights
            total[-1] += over_answer
        learning.climb(total / len(groups), settings.learning_rate)


def _steps_done(learning: Learning, settings: PolicySettings) -> int:
    return learning.step // settings.passes


def _keep(learning: Learning, folder: Path, made_from: dict[str, Any]) -> None:
    """Write a checkpoint; the JSON comes last and names the arrays that belong to it."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    name = f"policy-{learning.step}.safetensors"
    arrays = {"weights": learning.policy.weights, "first": learning.first, "second": learning.second}
    save_file(arrays, folder / name)
    facts = {"arrays": name, "step": learning.step, "answer": learning.policy.answer, "history": learning.history}
    write_text(folder / "policy.json", json.dumps(facts | {"made_from": made_from}) + "\n")
    for old in folder.glob("policy-*.safetensors"):
        if old.name != name:
            old.unlink()


def _resumed(folder: Path | None, made_from: dict[str, Any]) -> Learning | None:
    if folder is None or not (folder / "policy.json").exists():
        return None
    from safetensors.numpy import load_file

    facts = json.loads((folder / "policy.json").read_text(encoding="utf-8"))
    if facts["made_from"] != made_from:
        raise RunError(
            "the policy in this folder was trained with other settings",
            found=facts["made_from"],
            where=folder,
            expected="the same settings, seed and environments",
            remedy="choose another folder",
        )
    arrays = load_file(folder / facts["arrays"])
    policy = ItemPolicy(arrays["weights"], facts["answer"])
    return Learning(policy, arrays["first"], arrays["second"], facts["step"], facts["history"])
