"""The experiment behind every claim of HypeMed, at three scales, on simulated visits with a planted truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from humankind.spine.errors import DataError
from humankind.spine.evidence import Evidence
from humankind.spine.progress import Progress
from humankind.spine.runs import Run
from humankind.systems.medication import exhibits, findings
from humankind.systems.medication.config import HypeMedConfig
from humankind.systems.medication.experiments import PRESCRIBED, SAFE, Lab, Parts
from humankind.systems.medication.findings import Bench
from humankind.systems.medication.simulate import SimulationConfig, simulate
from humankind.systems.medication.tuned import NAMES
from humankind.systems.medication.variants import ABLATIONS, FULL
from humankind.systems.medication.workflow import PARTS, split

METHODS = (*NAMES, *ABLATIONS, SAFE, PRESCRIBED)
DEMO_FOLDS = 5


@dataclass(frozen=True)
class Scale:
    """How much is run."""

    n_visits: int
    n_seeds: int
    shares: tuple[float, ...]
    """Shares of conjunction rules, beside the simulator's own, at which the lead over logistic regression is shown."""


SCALES = {"tiny": Scale(700, 1, ()), "small": Scale(1_600, 1, (0.8,)), "paper": Scale(10_000, 3, (0.0, 0.8))}


def reproduce(run: Run, folder: Path, preset: str, seed: int, progress: Progress) -> Evidence:
    """Return what every claim's experiment found.

    Args:
        run: the run folder; one line a method is added to its metrics.
        folder: where this system's results are kept.
        preset: `tiny`, `small` or `paper`.
        seed: the first seed.
        progress: where to report.
    """
    scale = SCALES[preset]
    seeds = range(seed, seed + scale.n_seeds)
    labs = [simulated_lab(folder / preset, preset, scale.n_visits, one, None, progress) for one in seeds]
    bench = Bench(tuple(labs), preset)
    _measure(run, bench, METHODS, progress)
    leads = []
    for share in scale.shares:
        own = [simulated_lab(folder / preset, preset, scale.n_visits, one, share, progress) for one in seeds]
        leads.append((share, Bench(tuple(own), preset)))
        _measure(run, leads[-1][1], (FULL, "logistic regression"), progress)
    tables = [
        exhibits.method_table(bench),
        exhibits.difference_table(bench),
        exhibits.safety_table(bench),
        exhibits.sweep_table(bench),
    ]
    if leads:
        leads.append((SimulationConfig().conjunction_share, bench))
        tables.append(exhibits.lead_table(sorted(leads, key=lambda pair: pair[0])))
    charts, remarks = [exhibits.method_chart(bench)], list(_REMARKS)
    if scale.n_seeds == 1:
        remarks.insert(0, _ONE_SEED)
    if preset == "paper":
        demo, told = _demo(run, folder / preset, preset, seed, progress)
        tables += [exhibits.method_table(demo)] if demo else []
        remarks.append(told)
    return Evidence(
        system="medication",
        preset=preset,
        findings=(
            findings.accuracy(bench),
            findings.interactions(bench),
            findings.contest("hyperedges-over-pairs", bench, ("pairs",), ("jaccard",), _PAIRS),
            findings.contest("pretraining-helps", bench, ("no-pretraining",), ("jaccard", "prauc"), _RANDOM),
            findings.knowledge(bench),
            findings.contest("retrieval-helps", bench, ("history", "retrieval"), ("jaccard",), _CHANNELS),
        ),
        tables=tuple(tables),
        charts=tuple(charts),
        remarks=tuple(remarks),
    )


def simulated_lab(folder: Path, preset: str, n_visits: int, seed: int, share: float | None, progress: Progress) -> Lab:
    """Return simulated patients, split, with a folder for their results.

    Args:
        folder: of all results; the lab's own lies in it.
        preset: settings of HypeMed and the baselines.
        n_visits: in all parts together.
        seed: of patients, rules, split and training.
        share: of conjunction rules; None for the simulator's own.
        progress: where to report.
    """
    config = SimulationConfig(n_visits=n_visits)
    name = f"{n_visits:,} simulated visits"
    if share is not None:
        config = config.model_copy(update={"conjunction_share": share})
        name += f", {share:.0%} conjunctions"
    made = simulate(config, seed)
    parts = Parts(name, *(split(made.cohort, seed)[part] for part in PARTS), ddi=made.ddi)
    place = f"simulated-{n_visits}-{seed}" + ("" if share is None else f"-{share:g}")
    return Lab(parts, HypeMedConfig.from_preset(preset, seed=seed), folder / place, progress)


def _demo(run: Run, folder: Path, preset: str, seed: int, progress: Progress) -> tuple[Bench | None, str]:
    """Return the open MIMIC-IV demo in five stated folds, where it is on this machine, and a sentence about it."""
    from humankind.spine.sources import locate
    from humankind.systems.medication.data import Cohort
    from humankind.systems.medication.ddi import DDIGraph
    from humankind.systems.medication.split import folds_by_patient, split_by_patient

    try:
        cohort = Cohort.from_mimic4(locate("mimic4-demo"))
        ddi = DDIGraph.default(cohort.drugs.codes)
    except DataError as error:
        return None, f"The MIMIC-IV demo was left out: {error.problem}; {error.remedy}"
    labs = []
    config = HypeMedConfig.from_preset("small", seed=seed)
    for fold, (rest, test) in enumerate(folds_by_patient(cohort, DEMO_FOLDS, seed=0)):
        train, validation = split_by_patient(rest, (0.875, 0.125), seed)
        parts = Parts("MIMIC-IV demo", train, validation, test, ddi)
        labs.append(Lab(parts, config, folder / f"mimic4-demo-{fold}", progress))
    bench = Bench(tuple(labs), preset)
    _measure(run, bench, METHODS, progress)
    return bench, "The MIMIC-IV demo has 100 patients: too few for a verdict; its table shows what they tell."


def _measure(run: Run, bench: Bench, methods: tuple[str, ...], progress: Progress) -> None:
    with progress.task(bench.name, len(bench.labs) * len(methods)) as task:
        for lab in bench.labs:
            for method in methods:
                found = lab.measured(method)
                facts: dict[str, Any] = {"data": bench.name, "seed": lab.config.seed, "method": method}
                run.log(event="method", **facts, jaccard=float(found.figures["jaccard"].mean()))
                task.advance()
            if set(ABLATIONS) <= set(methods):
                lab.shuffled_nearness()


_PAIRS = (
    "The control learns from the pairs of codes that meet in a visit; its memory holds the mean of a visit's codes."
)
_RANDOM = "The control starts from random vectors of the same length, and trains the second stage alike."
_CHANNELS = "Each channel alone is trained alike, with the gate closed for the other one."
_ONE_SEED = (
    f"One seed. Preset paper has {SCALES['paper'].n_seeds}, of {SCALES['paper'].n_visits:,} visits each; differences "
    "that are close to their interval's end here may come out otherwise there."
)
_REMARKS = (
    "The visits are simulated: rules, interactions and habits are planted, and the codes mean nothing.",
    "The paper's data need a credentialed account; its results table could not be read.",
    "Settings of HypeMed and grids of the baselines were chosen on simulated patients of other seeds.",
    "SafeDrug is run without its two molecular encoders.",
)
