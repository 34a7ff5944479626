"""The experiments behind the claims: one benchmark of method, baselines and ablations, and what weights do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from humankind.spine.config import Section
from humankind.spine.progress import Progress
from humankind.spine.runs import write_text
from humankind.systems.naming.agents import OBJECTIVES
from humankind.systems.naming.bench import Bench, Case, Row, cases, limited
from humankind.systems.naming.bench_config import BenchConfig
from humankind.systems.naming.benching import BenchFound, run_bench
from humankind.systems.naming.config import RULES, NamingConfig

BOOST = 4.0
"""Factor on the weight of one objective where it is asked what weights do."""
HIGHEST = 100.0 - 1e-9

PLANS: dict[str, dict[str, int]] = {
    "tiny": {"requests": 48, "boosted": 8, "asked": 8},
    "small": {"requests": 80, "boosted": 24, "asked": 40},
    "paper": {"requests": 0, "boosted": 0, "asked": 0},
}
"""Requests of the benchmark, of the trial of weights, and of the benchmark with a model; 0 takes all."""


class Weights(Section):
    """What becomes of the score of an objective when its weight is raised."""

    objective: str
    requests: int
    not_lower: int
    """Requests on which its score rose or stayed."""
    could_rise: int
    """Requests on which it was below the top before."""
    rose: int
    changed: int
    """Requests on which another name came first."""
    gain: tuple[float, ...]
    """Its score after minus before, 0 to 100, request by request."""


@dataclass(frozen=True)
class Made:
    """Everything that the experiments found."""

    rules: BenchFound
    """Method, ablations and the deterministic forms of the baselines."""
    rows: tuple[Row, ...]
    weights: tuple[Weights, ...]
    asked: BenchFound | None
    """The same with a language model on both sides; None where none is named."""
    suite: str
    preset: str
    seed: int


def run_all(folder: Path, preset: str, seed: int, model: str, progress: Progress) -> Made:
    """Return what the experiments of a preset find.

    Args:
        folder: where rows and figures are kept; what is there is not made again.
        preset: `tiny`, `small` or `paper`.
        seed: of names, intervals and tests.
        model: for the benchmark with a language model; empty for none.
        progress: told of every row.
    """
    plan, suite = PLANS[preset], _suite(preset)
    whole = cases(suite)
    config = BenchConfig(suite=suite, seed=seed)
    chosen = limited(whole, plan["requests"])
    progress.say(f"{len(chosen)} requests, twelve ways of naming, no language model")
    rules = _kept(folder / "rules", config, chosen, progress)
    weights = boosted(folder / "weights", seed, limited(whole, plan["boosted"]), progress)
    asked = None
    if model:
        few = limited(whole, plan["asked"])
        progress.say(f"{len(few)} requests with {model}")
        asked = _kept(
            folder / "model", config.model_copy(update={"backend": model, "ways": "baselines"}), few, progress
        )
    from humankind.systems.naming.bench import read_rows

    rows = read_rows(folder / "rules" / "rows.jsonl")
    return Made(rules, tuple(rows), weights, asked, suite, preset, seed)


def _suite(preset: str) -> str:
    """Return the suite: the authors' where it is on this machine and the preset is theirs, else the shipped one."""
    from humankind.spine.sources import status

    return "cbnames" if preset == "paper" and status("cbnames") != "absent" else "own"


def _kept(folder: Path, config: BenchConfig, chosen: Sequence[Case], progress: Progress) -> BenchFound:
    """Return the benchmark, from the folder where it is finished there."""
    path = folder / "bench.json"
    if path.exists():
        return BenchFound.model_validate_json(path.read_text(encoding="utf-8"))
    found = run_bench(config, chosen, folder, progress)
    write_text(path, found.model_dump_json(indent=1) + "\n")
    return found


def boosted(folder: Path, seed: int, chosen: Sequence[Case], progress: Progress) -> tuple[Weights, ...]:
    """Return what raising the weight of each objective does to its score and to the name."""
    from humankind.systems.naming import suggesting

    plain = NamingConfig(n_names=1, seed=seed)
    ways = {"even": suggesting.method(plain)}
    for k, name in enumerate(OBJECTIVES):
        boost = tuple(BOOST if place == k else 1.0 for place in range(len(OBJECTIVES)))
        ways[name] = suggesting.method(plain.replaced("boost", boost))
    bench = Bench(folder / "rows.jsonl", suggesting.examiner(plain), f"boost {BOOST} seed {seed}")
    possible = [case for case in chosen if not case.request.contradictions]
    rows = bench.run(ways, possible, progress)
    before = {row.case: row for row in rows if row.strategy == "even"}
    return tuple(
        _weights(name, f"O{k}", before, [row for row in rows if row.strategy == name])
        for k, name in enumerate(OBJECTIVES, start=1)
    )


def _weights(name: str, measure: str, before: dict[str, Row], after: Sequence[Row]) -> Weights:
    pairs = [
        (a, b, row.given != before[row.case].given)
        for row in after
        if (a := before[row.case].figures.get(measure)) is not None and (b := row.figures.get(measure)) is not None
    ]
    return Weights(
        objective=name,
        requests=len(pairs),
        not_lower=sum(b >= a - 1e-9 for a, b, _ in pairs),
        could_rise=sum(a < HIGHEST for a, _, _ in pairs),
        rose=sum(b > a + 1e-9 for a, b, _ in pairs),
        changed=sum(other for _, _, other in pairs),
        gain=tuple(round(b - a, 6) for a, b, _ in pairs),
    )


def model_named() -> str:
    """Return the language model that an environment variable names for these experiments; empty for none."""
    import os

    from humankind.kits.bench.models import variable_of

    named = os.environ.get(variable_of("naming"), "").strip()
    return "" if named == RULES else named
