"""HypeMed with one part switched off: every variant trained on the same patients and measured on the same others."""

from __future__ import annotations

from typing import Any

import numpy as np

from humankind.spine.errors import ConfigError
from humankind.spine.progress import Progress
from humankind.spine.runs import Run
from humankind.spine.stats import bootstrap_mean, paired_difference
from humankind.systems.medication.config import HypeMedConfig
from humankind.systems.medication.data import Cohort
from humankind.systems.medication.ddi import DDIGraph
from humankind.systems.medication.evaluate import patient_means
from humankind.systems.medication.hypemed import HypeMed
from humankind.systems.medication.measuring import ends, held_out
from humankind.systems.medication.workflow import split

FULL = "full"
ABLATIONS: dict[str, dict[str, Any]] = {
    FULL: {},
    "no-pretraining": {"medrep.structure": "none"},
    "pairs": {"medrep.structure": "pairs"},
    "no-knowledge": {"medrep.knowledge": "none"},
    "history": {"simmr.channels": "history"},
    "retrieval": {"simmr.channels": "retrieval"},
}
"""What each variant changes."""
TOLD = {
    FULL: "HypeMed",
    "no-pretraining": "HypeMed without pre-training",
    "pairs": "HypeMed on pairs of codes",
    "no-knowledge": "HypeMed without the code tree",
    "history": "HypeMed, own course only",
    "retrieval": "HypeMed, similar visits only",
}
MEASURED = ("jaccard", "f1", "prauc", "ddi_rate", "n_drugs")


def changed(config: HypeMedConfig, variant: str) -> HypeMedConfig:
    """Return the settings of a variant."""
    if variant not in ABLATIONS:
        raise ConfigError("there is no such variant", found=repr(variant), expected=", ".join(ABLATIONS))
    for key, value in ABLATIONS[variant].items():
        config = config.replaced(key, value)
    return config


def ablate_in(
    run: Run, config: HypeMedConfig, cohort: Cohort, ddi: DDIGraph, variants: list[str], progress: Progress
) -> dict[str, Any]:
    """Return the test figures of the full model and of variants; each is kept in the run folder once measured."""
    run.check_data(**cohort.facts(), interactions=ddi.n_pairs)
    configs = {name: changed(config, name) for name in dict.fromkeys([FULL, *variants])}
    parts = split(cohort, config.seed)
    found = {}
    with progress.task("variants", len(configs)) as task:
        for name, own in configs.items():
            task.note(name)
            found[name] = run.once(f"variants/{name}", lambda own=own: _measured(own, parts, ddi, run, progress))
            task.advance()
    return {"run": str(run.path), "variants": {name: _summary(found, name, config.seed) for name in found}}


def _measured(
    config: HypeMedConfig, parts: dict[str, Cohort], ddi: DDIGraph, run: Run, progress: Progress
) -> dict[str, Any]:
    """Return one number a test patient of each measure."""
    model = HypeMed(config).fit(parts["train"], parts["validation"], ddi, progress=progress)
    held = held_out(model.training, model.ddi, parts["test"])
    probs = model.predict(held.cohort)
    figures = held.figures(probs, model.choose(probs))
    values = {name: patient_means(held.given, getattr(figures, name)) for name in MEASURED}
    return {name: [None if np.isnan(one) else float(one) for one in value] for name, value in values.items()}


def _summary(found: dict[str, dict[str, list[float]]], name: str, seed: int) -> dict[str, Any]:
    means = {key: _known(found[name][key]) for key in MEASURED}
    row: dict[str, Any] = {key: ends(bootstrap_mean(values, seed)) for key, values in means.items()}
    if name != FULL:
        minus = paired_difference(found[FULL]["jaccard"], found[name]["jaccard"], seed).difference
        row["full_minus_this"] = ends(minus)
    return row


def _known(values: list[float]) -> list[float]:
    return [value for value in values if value is not None]
