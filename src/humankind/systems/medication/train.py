"""The loop of stage 2: patients in batches, the validation Jaccard after each pass, the best pass kept.

Every pass draws its order and its dropout from (seed, pass), so a run that was cut off and resumed ends with the same
weights as one that was not.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from humankind.spine.progress import SILENT, Progress
from humankind.spine.runs import write_text
from humankind.systems.medication.choosing import THRESHOLDS
from humankind.systems.medication.config import HypeMedConfig
from humankind.systems.medication.data import Cohort
from humankind.systems.medication.objective import total_loss
from humankind.systems.medication.simmr import SimMR
from humankind.systems.medication.visits import Visits, training_visits

_KEEP_EVERY_S = 15.0
"""Seconds between checkpoints; a pass cut off in between is done again."""
DECISION = 0.5
"""Probability from which a drug counts as chosen for the interaction rate of a batch."""


@dataclass
class Course:
    """How a training went so far."""

    epoch: int = 0
    best_epoch: int = 0
    best_jaccard: float = -1.0
    log: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)


def train(
    model: SimMR,
    cohort: Cohort,
    validation: Visits,
    interacts: Tensor,
    config: HypeMedConfig,
    *,
    folder: Path | None = None,
    progress: Progress = SILENT,
) -> Course:
    """Train the model in place and leave it at its best pass.

    Args:
        model: fresh, on its device; its memory is that of `cohort`.
        cohort: the training patients.
        validation: other patients, to choose the pass by.
        interacts: 0/1, float (n_drugs, n_drugs).
        config: all settings.
        folder: where to keep checkpoints; a second call with the same folder goes on where it stopped.
        progress: where to report.

    Returns:
        The course of the training: one line a pass, and which was best.
    """
    settings = config.simmr
    optimiser = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimiser, settings.restart_epochs, T_mult=2)
    course = _resumed(folder, model, optimiser) or Course()
    kept_at = time.monotonic()
    with progress.task("SimMR", settings.epochs) as task:
        task.advance(course.epoch)
        while course.epoch < settings.epochs and course.epoch - course.best_epoch < settings.patience:
            schedule.step(course.epoch)
            facts = _one_pass(model, cohort, interacts, optimiser, config, course.epoch)
            course.epoch += 1
            jaccard = _validation_jaccard(model, validation)
            course.log.append({"epoch": course.epoch, "jaccard": jaccard, **facts})
            if jaccard > course.best_jaccard:
                course.best_jaccard, course.best_epoch = jaccard, course.epoch
                course.best = {name: value.detach().clone() for name, value in model.state_dict().items()}
            if folder is not None and time.monotonic() - kept_at > _KEEP_EVERY_S:
                _keep(folder, model, optimiser, course)
                kept_at = time.monotonic()
            task.advance()
    if folder is not None:
        _keep(folder, model, optimiser, course)
    model.load_state_dict(course.best)
    model.eval()
    return course


def _one_pass(
    model: SimMR, cohort: Cohort, interacts: Tensor, optimiser: torch.optim.Optimizer, config: HypeMedConfig, epoch: int
) -> dict[str, float]:
    """Go once over all training patients; return the mean loss and the mean interaction rate of the batches."""
    order = np.random.default_rng((config.seed, epoch)).permutation(cohort.n_patients)
    size = config.simmr.batch_size
    losses, rates = [], []
    model.train()
    with torch.random.fork_rng():
        torch.manual_seed(int(np.random.SeedSequence((config.seed, epoch)).generate_state(1)[0]))
        for start in range(0, len(order), size):
            batch = training_visits(cohort, order[start : start + size]).to(interacts.device.type)
            loss, rate = total_loss(model, model(batch), batch, interacts, DECISION)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
            rates.append(rate)
    return {"loss": float(np.mean(losses)), "ddi_rate": float(np.mean(rates))}


@torch.no_grad()
def _validation_jaccard(model: SimMR, validation: Visits) -> float:
    model.eval()
    probs = model(validation).logits.sigmoid()
    return best_jaccard(probs, validation.targets(probs.shape[1]) > 0)


def best_jaccard(probs: Tensor, given: Tensor) -> float:
    """Return the mean Jaccard over visits at the threshold that suits it best, of those that may be served.

    Where most drugs are rare, few reach .5 while they are already ranked rightly.
    """
    return max(jaccard(probs >= threshold, given).mean().item() for threshold in THRESHOLDS)


def jaccard(chosen: Tensor, given: Tensor) -> Tensor:
    """Return |chosen and given| / |chosen or given| of each row, 1 where both are empty.

    Shapes: both bool (n, n_drugs); result (n,).
    """
    union = (chosen | given).sum(1)
    return torch.where(
        union > 0, (chosen & given).sum(1) / union.clamp(min=1), torch.ones_like(union, dtype=torch.float)
    )


# -- checkpoints -------------------------------------------------------------------------------------------


def _keep(folder: Path, model: SimMR, optimiser: torch.optim.Optimizer, course: Course) -> None:
    """Write the state of the training; the JSON comes last and names the arrays that belong to it."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {f"model.{name}": value for name, value in model.state_dict().items()}
    arrays |= {f"best.{name}": value for name, value in course.best.items()}
    for number, state in optimiser.state_dict()["state"].items():
        arrays |= {f"adam.{number}.{name}": torch.as_tensor(value) for name, value in state.items()}
    name = f"epoch-{course.epoch}.safetensors"
    save_file({key: value.detach().cpu().clone().contiguous() for key, value in arrays.items()}, folder / name)
    facts = {
        "arrays": name,
        "epoch": course.epoch,
        "best_epoch": course.best_epoch,
        "best_jaccard": course.best_jaccard,
        "log": course.log,
    }
    write_text(folder / "training.json", json.dumps(facts, indent=1) + "\n")
    for old in folder.glob("epoch-*.safetensors"):
        if old.name != name:
            old.unlink()


def _resumed(folder: Path | None, model: SimMR, optimiser: torch.optim.Optimizer) -> Course | None:
    if folder is None or not (folder / "training.json").exists():
        return None
    facts = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    arrays = load_file(folder / facts["arrays"])
    model.load_state_dict(_part(arrays, "model"))
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in _part(arrays, "adam").items():
        number, name = key.split(".", 1)
        state.setdefault(int(number), {})[name] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    return Course(facts["epoch"], facts["best_epoch"], facts["best_jaccard"], facts["log"], _part(arrays, "best"))


def _part(arrays: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key[len(name) + 1 :]: value for key, value in arrays.items() if key.startswith(f"{name}.")}
