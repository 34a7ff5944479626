"""The experiment behind every claim of SaD, at three scales."""

from __future__ import annotations

from pathlib import Path

from humankind.spine.errors import DataError
from humankind.spine.evidence import Evidence
from humankind.spine.progress import Progress
from humankind.spine.resources import device
from humankind.spine.runs import Run
from humankind.systems.recommendation import findings
from humankind.systems.recommendation.baselines import LABELS
from humankind.systems.recommendation.config import SaDConfig
from humankind.systems.recommendation.datasets import load
from humankind.systems.recommendation.experiments import Lab
from humankind.systems.recommendation.findings import Bench

SETS = {
    "tiny": ("msweb",),
    "small": ("movielens-1m-m1", "amazon-electronics", "msweb"),
    "paper": (
        "movielens-1m-m1", "amazon-electronics", "gowalla-m1", "yelp18-m1", "amazon-cds-m1", "amazon-books-m1",
        "amazon-movies-m1", "amazon-beauty-m1", "msweb",
    ),
}  # fmt: skip
"""Data sets of each preset; those that are not on this machine are left out and named.

The paper's come first: verdicts hang on them where one is present, and the first figure is the one quoted."""

CORE = ("sad-mf", "sparse-view", "dense-view", "plain-mf", "popularity", "itemknn", "ease", "slim", "fsslim", "als",
        "mf", "sad-als")  # fmt: skip
GRAPH = ("lightgcn", "sad-lightgcn")
ABLATIONS = ("s2d-mf", "d2s-mf")
N_SEEDS = {"tiny": 1, "small": 1, "paper": 5}
_LARGE = 200_000
"""Interactions from which only `paper` runs LightGCN: its graph passes take an hour there."""
_MOST_ITEMS = {"ease": 12_000, "slim": 2_000}
"""Items up to which a model over all item pairs is run outside `paper`; fsSLIM stands for SLIM beyond."""


def reproduce(run: Run, folder: Path, preset: str, seed: int, progress: Progress) -> Evidence:
    """Return what every claim's experiment found.

    Args:
        run: the run folder; one line a method is added to its metrics.
        folder: where this system's results are kept.
        preset: `tiny`, `small` or `paper`.
        seed: the first seed.
        progress: where to report.
    """
    benches, missing = [], []
    for name in SETS[preset]:
        try:
            benches.append(_measured(run, folder / preset, name, preset, seed, progress))
        except DataError as error:
            if name == "msweb":  # it comes with the package
                raise
            missing.append(f"{name} was left out: {error.problem}; {error.remedy}")
    return Evidence(
        system="recommendation",
        preset=preset,
        findings=(
            findings.contest("fused-beats-views", benches, "sad-mf", ("fsslim", "mf", "sparse-view", "dense-view")),
            findings.contest("alignment-helps", benches, "sad-mf", ("plain-mf",)),
            findings.contest("unpopular-items", benches, "sad-mf", ("dense-view",), ("tail",)),
            findings.contest("plug-in-als", benches, "sad-als", ("als",)),
            findings.contest("plug-in-lightgcn", benches, "sad-lightgcn", ("lightgcn",)),
            findings.snr_formula(benches),
            findings.best_baseline(benches),
        ),
        tables=tuple(findings.method_table(bench) for bench in benches),
        charts=tuple(
            draw(bench)
            for bench in benches
            for draw in (findings.method_chart, findings.bucket_chart, findings.snr_chart)
        ),
        remarks=(*_remarks(benches), *missing),
    )


def _measured(run: Run, folder: Path, name: str, preset: str, seed: int, progress: Progress) -> Bench:
    """Return all methods measured on one data set."""
    split = load(name)
    methods = _methods(preset, split.train.n_interactions, split.train.n_items)
    labs = [
        Lab(name, split, SaDConfig.from_preset(preset, seed=s), folder / f"{name}-{s}", device(), progress)
        for s in range(seed, seed + N_SEEDS[preset])
    ]
    with progress.task(name, len(labs) * len(methods)) as task:
        for lab in labs:
            for method in methods:
                found = lab.measured(method)
                means = {key: float(found.figures[key].mean()) for key in ("recall@20", "ndcg@20")}
                run.log(event="method", data=name, seed=lab.config.seed, method=method, **means)
                task.advance()
    return Bench(labs, methods, _left_out(preset, split.train.n_interactions, split.train.n_items))


def _methods(preset: str, n_interactions: int, n_items: int) -> tuple[str, ...]:
    methods = CORE if preset == "tiny" else (*CORE, *ABLATIONS)
    barred = _barred(preset, n_interactions, n_items)
    return tuple(name for name in (*methods, *GRAPH) if name not in barred)


def _barred(preset: str, n_interactions: int, n_items: int) -> dict[str, str]:
    """Return the methods that are not run on data of this size, with the reason."""
    if preset == "paper":
        return {}
    barred = {name: f"more than {most:,} items" for name, most in _MOST_ITEMS.items() if n_items > most}
    if n_interactions >= _LARGE:
        barred |= dict.fromkeys(GRAPH, f"{_LARGE:,} interactions or more")
    return barred


def _left_out(preset: str, n_interactions: int, n_items: int) -> tuple[str, ...]:
    """Return the baselines that are not run, in words."""
    barred = _barred(preset, n_interactions, n_items)
    return tuple(
        f"{LABELS[name]} ({why}, where only preset paper runs it)" for name, why in barred.items() if name in LABELS
    )


def _remarks(benches: list[Bench]) -> list[str]:
    """Return what a reader should know of the choices that validation made."""
    told = []
    for bench in benches:
        facts = bench.labs[0].measured("sad-mf").facts
        k1, k2 = facts["semantic"]
        injected = "no pairs into the sparse view" if k1 == k2 == 0 else f"K1 = {k1} and K2 = {k2} into the sparse view"
        epochs = f"{facts['epochs']} epochs" if facts["epochs"] else "no epochs"
        told.append(f"On {bench.name} validation chose {epochs}, beta = {facts['beta']:.3g}, and injecting {injected}.")
    return told
