"""The recipe of the instructor that comes with the package: CI-RL in, weights and their evaluation out."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

from humankind.spine.progress import SILENT, Progress
from humankind.spine.runs import write_text
from humankind.systems.privacy.cirl import TASKS, read_tasks
from humankind.systems.privacy.evaluate import evaluate_instructor, evaluate_secrets, evaluate_unseen
from humankind.systems.privacy.instructor import EmbeddedInstructor
from humankind.systems.privacy.privacylens import read_cases
from humankind.systems.privacy.train import InstructorSettings, train_instructor


def make_instructor(
    cirl: Path,
    folder: Path,
    settings: InstructorSettings | None = None,
    seed: int = 0,
    privacylens: Path | None = None,
    progress: Progress = SILENT,
) -> EmbeddedInstructor:
    """Train on all of CI-RL, write instructor and evaluation into a folder, and return the instructor.

    The evaluation comes from other models, each trained without the tasks that it was tried on.

    Args:
        cirl: folder of CI-RL, or its `dataset.json`.
        folder: gets instructor.json, instructor.safetensors and evaluation.json.
        settings: how to train; None for the published ones.
        seed: of folds and resampling.
        privacylens: folder of PrivacyLens, whose sensitive facts are tried too; None leaves that out.
        progress: told how far it is.
    """
    settings = settings or InstructorSettings()
    source = cirl / TASKS if cirl.is_dir() else cirl
    norms = [task.norm for task in read_tasks(source)]
    begun = time.perf_counter()
    found = evaluate_instructor(norms, settings, seed, progress=progress)
    found["unseen"] = evaluate_unseen(norms, settings, seed, progress)
    instructor = train_instructor(norms, settings, seed, progress)
    if privacylens is not None:
        found["privacylens"] = evaluate_secrets(instructor, [case.norm for case in read_cases(privacylens)])
    recipe = {
        "data": "CI-RL (Apache-2.0), EricGLan/CI-RL, dataset.json",
        "sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
        "n_tasks": len(norms),
        "seed": seed,
        "settings": json.loads(settings.model_dump_json()),
        "made_by": "humankind.systems.privacy.making.make_instructor",
    }
    instructor.save(folder, **recipe)
    found["training_and_evaluation_s"] = round(time.perf_counter() - begun, 1)
    write_text(folder / "evaluation.json", json.dumps(found, indent=1) + "\n")
    return instructor
