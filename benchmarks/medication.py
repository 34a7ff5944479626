"""HypeMed as visits grow: a pre-training step, a training epoch, a recommendation; time and peak memory, no peers.

    python -m benchmarks.medication STAGE VISITS

runs one stage on so many simulated visits in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import median

import numpy as np

from benchmarks.measure import OURS, Plan, Row, target_s

NAME = "medication"
SIZES = (1_000, 10_000, 100_000)
QUICK_SIZES = (200, 400)
STAGES = ("pre-training step", "training epoch", "recommendation")
LIMIT_S = 1_800
MOST_STEPS = 30
"""Steps of an epoch that are timed; a longer epoch is their mean times the number of its steps."""
ANSWERS = 50
"""Recommendations timed one after another; the median counts."""
UNDER_S = 0.05
TARGET_VISITS = 10_000


def run(plan: Plan) -> Iterator[Row | str]:
    """Yield one row for each size and stage, then how each stage grows."""
    seconds: dict[tuple[str, int], float] = {}
    sizes = QUICK_SIZES if plan.quick else SIZES
    for n_visits in sizes:
        for stage in STAGES:
            row = _row(stage, n_visits)
            if row.seconds is not None:
                seconds[stage, n_visits] = row.seconds
            yield row
    for stage in STAGES:
        known = [(n, seconds[stage, n]) for n in sizes if (stage, n) in seconds]
        if len(known) > 1:
            slopes = np.diff(np.log([s for _, s in known])) / np.diff(np.log([n for n, _ in known]))
            told = ", then ".join(f"visits^{slope:.2f}" for slope in slopes)
            yield f"time of {'an' if stage[0] in 'aeiou' else 'a'} {stage} grows as {told}"


def _row(stage: str, n_visits: int) -> Row:
    task, who = f"{n_visits:,} simulated visits", f"{OURS} {stage}"
    command = [sys.executable, "-m", "benchmarks.medication", stage, str(n_visits)]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return Row(NAME, task, who, None, note=f"stopped after {LIMIT_S} s")
    if ended.returncode:
        last = ended.stderr.strip().splitlines()[-1:] or ["no message"]
        return Row(NAME, task, who, None, note=f"failed with exit code {ended.returncode}: {last[0]}")
    told = json.loads(ended.stdout.splitlines()[-1])
    aimed = stage == "recommendation" and n_visits == TARGET_VISITS
    target = target_s(told["seconds"], UNDER_S if aimed else None)
    return Row(NAME, task, who, told["seconds"], (told["seconds"],), told["peak_bytes"], target, told["note"])


# -- one stage, in its own process -------------------------------------------------------------------------


def _pretraining_step(n_visits: int) -> tuple[float, str]:
    """Return the seconds of one step of all three kinds; laying out tables and spectra is not counted."""
    from humankind.systems.medication.config import HypeMedConfig
    from humankind.systems.medication.hypemed import HypeMed
    from humankind.systems.medication.simulate import SimulationConfig, simulate

    train = simulate(SimulationConfig(n_visits=n_visits), seed=0).cohort
    spent = []
    for steps in (1, 1, 4):  # the first one loads what is loaded once
        config = HypeMedConfig.from_preset("small", [f"medrep.steps={steps}"])
        start = time.perf_counter()
        HypeMed(config, "cpu").pretrain(train)
        spent.append(time.perf_counter() - start)
    return (spent[2] - spent[1]) / 3, "all three kinds of code"


def _model(n_visits: int):
    """Return an untrained model whose memory is so many visits."""
    from humankind.systems.medication.config import HypeMedConfig
    from humankind.systems.medication.hypemed import HypeMed
    from humankind.systems.medication.simulate import SimulationConfig, simulate

    made = simulate(SimulationConfig(n_visits=n_visits), seed=0)
    model = HypeMed(HypeMedConfig.from_preset("small", ["medrep.structure=none"]), "cpu")
    model.training, model.ddi, model.threshold = made.cohort, made.ddi, 0.3
    model.model = model.fresh(model.pretrain(made.cohort))
    return model


def _training_epoch(n_visits: int) -> tuple[float, str]:
    """Return the seconds of one pass over all patients."""
    import torch

    from humankind.systems.medication.objective import total_loss
    from humankind.systems.medication.threads import threads_for
    from humankind.systems.medication.visits import training_visits

    owner = _model(n_visits)
    model, cohort, size = owner.model.train(), owner.training, owner.config.simmr.batch_size
    interacts = torch.from_numpy(owner.interacts)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    order = np.random.default_rng(0).permutation(cohort.n_patients)
    n_steps = -(-len(order) // size)
    times = []
    with threads_for(n_visits):  # as `HypeMed.fit` does
        for step in range(min(n_steps, MOST_STEPS) + 1):
            start = time.perf_counter()
            place = (step * size) % len(order)
            batch = training_visits(cohort, order[place : place + size])
            loss, _ = total_loss(model, model(batch), batch, interacts, 0.5, 0.1)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            times.append(time.perf_counter() - start)
    return float(np.mean(times[1:])) * n_steps, f"{n_steps:,} steps, {min(n_steps, MOST_STEPS)} of them timed"


def _recommendation(n_visits: int) -> tuple[float, str]:
    """Return the median seconds of one recommendation for one patient's last visit."""
    from humankind.systems.medication.simulate import SimulationConfig, simulate

    model = _model(n_visits)
    others = simulate(SimulationConfig(n_visits=500), seed=1).cohort
    times = []
    for patient in range(ANSWERS + 1):
        own = others.subset([patient])
        start = time.perf_counter()
        model.recommend(own)
        times.append(time.perf_counter() - start)
    told = f"median {median(times[1:]) * 1e3:.1f} ms, slowest of {ANSWERS} {max(times[1:]) * 1e3:.0f} ms"
    return median(times[1:]), told


def main(stage: str, n_visits: str) -> None:
    """Run one stage and print what it took as one JSON object."""
    work = {STAGES[0]: _pretraining_step, STAGES[1]: _training_epoch, STAGES[2]: _recommendation}[stage]
    seconds, note = work(int(n_visits))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "note": note, "peak_bytes": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
