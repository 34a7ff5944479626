"""A trained HypeMed on disk: hypemed.json, hypemed.safetensors, and the training and validation visits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors.torch import load_file, save_file
from torch import Tensor

from humankind.spine.errors import RunError
from humankind.spine.runs import write_text
from humankind.systems.medication.answers import NOTICE
from humankind.systems.medication.config import HypeMedConfig
from humankind.systems.medication.data import KINDS, Cohort
from humankind.systems.medication.ddi import DDIGraph, Interaction
from humankind.systems.medication.medrep import Embeddings
from humankind.systems.medication.train import Course

if TYPE_CHECKING:
    from humankind.systems.medication.hypemed import HypeMed

FORMAT = 1


def save_model(model: HypeMed, folder: Path) -> Path:
    """Write a trained model into a folder and return it; the JSON comes last, so that it marks a whole one."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, cohort in (("training", model.training), ("validation", model.validation)):
        cohort.save(folder / name)
    arrays = {name: value.cpu().contiguous() for name, value in model.model.state_dict().items()}
    save_file(arrays, folder / "hypemed.safetensors")
    facts = {
        "format": FORMAT,
        "notice": NOTICE,
        "config": json.loads(model.config.model_dump_json()),
        "threshold": model.threshold,
        "best_epoch": model.course.best_epoch,
        "best_jaccard": model.course.best_jaccard,
        "log": model.course.log,
        "interactions": [list(model.ddi.interaction(number)) for number in range(model.ddi.n_pairs)],
    }
    write_text(folder / "hypemed.json", json.dumps(facts, indent=1) + "\n")
    return folder


def load_model(kind: type[HypeMed], folder: Path, device: str) -> HypeMed:
    """Return the model of a folder.

    Raises:
        RunError: there is none, or it is of another version.
        DataError: the visits beside it are damaged.
    """
    try:
        facts = json.loads((folder / "hypemed.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise RunError(
            "there is no HypeMed model here",
            found=folder,
            expected="a folder with hypemed.json and hypemed.safetensors",
            remedy="name the folder that `humankind medication train --out` made",
        ) from None
    if facts["format"] != FORMAT:
        raise RunError("the model was written by another version", found=facts["format"], expected=FORMAT)
    made = kind(HypeMedConfig.checked(facts["config"]), device)
    made.training, made.validation = (Cohort.load(folder / name) for name in ("training", "validation"))
    made.ddi = DDIGraph.from_pairs(made.training.drugs.codes, [Interaction(*entry) for entry in facts["interactions"]])
    arrays = load_file(folder / "hypemed.safetensors")
    made.model = made.fresh(_shapes(arrays)).to(made.device)
    made.model.load_state_dict(arrays)
    made.threshold = facts["threshold"]
    made.course = Course(facts["best_epoch"], facts["best_epoch"], facts["best_jaccard"], facts["log"])
    return made


def _shapes(arrays: Mapping[str, Tensor]) -> dict[str, Embeddings]:
    """Return embeddings of the right shapes; `load_state_dict` fills them."""
    return {kind: Embeddings(arrays[f"visit.{kind}.table.weight"], arrays[f"memory.{kind}"]) for kind in KINDS}
