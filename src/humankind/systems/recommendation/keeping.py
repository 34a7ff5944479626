"""A trained SaD on disk: safetensors and JSON, no pickle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
from scipy.sparse import csr_matrix

from humankind.spine.errors import RunError
from humankind.spine.resources import device as best_device
from humankind.spine.runs import write_text
from humankind.systems.recommendation.align import inject
from humankind.systems.recommendation.config import SaDConfig
from humankind.systems.recommendation.data import Interactions
from humankind.systems.recommendation.dense import make_dense
from humankind.systems.recommendation.fitting import KeptModel, Views
from humankind.systems.recommendation.fusion import BetaChoice
from humankind.systems.recommendation.itemitem import ItemItem
from humankind.systems.recommendation.store import Store, save_arrays
from humankind.systems.recommendation.train import Choice

FORMAT = 1


class Kept(NamedTuple):
    """What a trained model consists of."""

    log: Interactions
    views: Views
    choice: Choice


def write(path: Path, log: Interactions, views: Views, choice: Choice) -> Path:
    """Write a trained model into a folder and return it; the dense view must be one that gives its state."""
    assert isinstance(views.dense, KeptModel)
    path.mkdir(parents=True, exist_ok=True)
    log.save(path / "interactions")
    semantic = views.sparse.history - log.matrix
    arrays = {
        **_prefixed("sparse", views.sparse.state()),
        **_prefixed("before", views.sparse_before.state()),
        **_prefixed("dense", views.dense.state()),
        **_prefixed("semantic", {"indptr": views.semantic.indptr, "indices": views.semantic.indices}),
        **_prefixed("scoring", {"indptr": semantic.indptr, "indices": semantic.indices, "data": semantic.data}),
        "structural.users": views.structural[0],
        "structural.items": views.structural[1],
        "beta": choice.beta.beta,
    }
    save_arrays(path / "sad.safetensors", arrays)
    facts = {
        "format": FORMAT,
        "config": json.loads(choice.config.model_dump_json()),
        "epochs": choice.epochs,
        "beta_curve": choice.beta.curve,
        "dense_curve": choice.curve,
    }
    write_text(path / "sad.json", json.dumps(facts, indent=1) + "\n")
    return path


def read(path: Path, device: str) -> Kept:
    """Return what `write` wrote; RunError where there is none, or one of another version."""
    try:
        facts = json.loads((path / "sad.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise RunError(
            "there is no SaD model here",
            found=path,
            expected="a folder with sad.json and sad.safetensors",
            remedy="name the folder that `humankind recommendation train --out` made",
        ) from None
    if facts["format"] != FORMAT:
        raise RunError("the model was written by another version", found=facts["format"], expected=FORMAT)
    config = SaDConfig.checked(facts["config"])
    log = Interactions.load(path / "interactions")
    arrays = Store(path).read("sad")
    if arrays is None:
        raise RunError("the model's arrays are missing", where=path / "sad.safetensors")
    views = _views_from(arrays, log.matrix, config, best_device(device))
    curve = tuple((float(b), float(v)) for b, v in facts["beta_curve"])
    choice = Choice(
        config,
        facts["epochs"],
        BetaChoice(arrays["beta"], curve),
        tuple((int(e), float(v)) for e, v in facts["dense_curve"]),
    )
    return Kept(log, views, choice)


def _views_from(arrays: dict[str, np.ndarray], X: csr_matrix, config: SaDConfig, device: str) -> Views:
    def part(name: str) -> dict[str, np.ndarray]:
        return {key[len(name) + 1 :]: table for key, table in arrays.items() if key.startswith(f"{name}.")}

    scoring, semantic = part("scoring"), part("semantic")
    extra = csr_matrix((scoring["data"], scoring["indices"], scoring["indptr"]), shape=X.shape)
    ones = np.ones(len(semantic["indices"]), np.float32)
    sparse = ItemItem(config.sparse, config, device).load_state(part("sparse"), inject(X, extra, 1.0))
    before = ItemItem(config.sparse, config, device).load_state(part("before"), X)
    dense = make_dense(config, device)
    cast(KeptModel, dense).load_state(part("dense"))
    return Views(
        sparse,
        dense,
        (arrays["structural.users"], arrays["structural.items"]),
        csr_matrix((ones, semantic["indices"], semantic["indptr"]), shape=X.shape),
        before,
    )


def _prefixed(name: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{name}.{key}": table for key, table in arrays.items()}
