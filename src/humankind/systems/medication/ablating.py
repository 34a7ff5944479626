"""The verb `ablate`: every variant trained on the same patients and measured on the same others."""

from __future__ import annotations

from typing import Any

import numpy as np

from humankind.spine.progress import Progress
from humankind.spine.runs import Run
from humankind.spine.stats import bootstrap_mean, paired_difference
from humankind.systems.medication.config import HypeMedConfig
from humankind.systems.medication.data import Cohort
from humankind.systems.medication.ddi import DDIGraph
from humankind.systems.medication.experiments import Lab, Measured, Parts
from humankind.systems.medication.measuring import ends
from humankind.systems.medication.metrics import MEASURES
from humankind.systems.medication.variants import FULL
from humankind.systems.medication.workflow import PARTS, split


def ablate_in(
    run: Run, config: HypeMedConfig, cohort: Cohort, ddi: DDIGraph, variants: list[str], progress: Progress
) -> dict[str, Any]:
    """Return the test figures of the full model and of variants; each is kept in the run folder once measured."""
    run.check_data(**cohort.facts(), interactions=ddi.n_pairs)
    parts = split(cohort, config.seed)
    lab = Lab(Parts("cohort", *(parts[name] for name in PARTS), ddi), config, run.artifacts / "variants", progress)
    names = list(dict.fromkeys([FULL, *variants]))
    found = {}
    with progress.task("variants", len(names)) as task:
        for name in names:
            found[name] = lab.measured(name)
            task.advance()
    return {"run": str(run.path), "variants": {name: _summary(found, name, config.seed) for name in names}}


def _summary(found: dict[str, Measured], name: str, seed: int) -> dict[str, Any]:
    own = found[name].figures
    row: dict[str, Any] = {key: ends(bootstrap_mean(own[key][~np.isnan(own[key])], seed)) for key in MEASURES}
    if name != FULL:
        minus = paired_difference(found[FULL].figures["jaccard"], own["jaccard"], seed).difference
        row["full_minus_this"] = ends(minus)
    return row
