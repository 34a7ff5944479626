"""The ways of naming that a benchmark runs: the method, its ablations, and the six baselines on the same backend."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from humankind.spine.config import Section
from humankind.spine.errors import ConfigError
from humankind.spine.progress import SILENT, Progress
from humankind.systems.naming.baselines import NAMES as BASELINES
from humankind.systems.naming.bench import Bench, Case, Row, Strategy
from humankind.systems.naming.bench_config import BenchConfig
from humankind.systems.naming.comparing import FULL, Gap, Summary, gaps, summaries
from humankind.systems.naming.config import RULES, NamingConfig

ABLATIONS: dict[str, dict[str, Any]] = {
    "no_retrieval": {"retrieval": "none"},
    "no_retrieval_evaluation": {"retrieval": "first"},
    "no_implicit": {"loop.stages": ("facts", "explicit")},
    "no_explicit": {"loop.stages": ("facts", "implicit")},
    "no_evaluation": {"loop.stages": ()},
}
"""What each ablation changes in the configuration of the method."""
MEASURED = ("emoc", "cmoc")
"""What the method is compared on with every other way."""
ROWS = "rows.jsonl"


class BenchFound(Section):
    """What a benchmark found."""

    suite: str
    requests: int
    backend: str
    seconds: float
    summaries: tuple[Summary, ...]
    gaps: tuple[Gap, ...]
    """The method minus each other way."""
    judged: tuple[Summary, ...] = ()
    """The same by a judge model; empty without one."""
    judged_gaps: tuple[Gap, ...] = ()
    agreement: dict[str, float] = Field(default_factory=dict)
    """Pearson's r of rules and judge by measure."""
    remarks: tuple[str, ...] = ()

    def summary(self, way: str) -> Summary | None:
        """Return the summary of a way of naming; None where it did not run."""
        return next((one for one in self.summaries if one.strategy == way), None)

    def gap(self, other: str, measure: str) -> Gap | None:
        """Return how the method differs from another way on a measure."""
        return next((one for one in self.gaps if (one.other, one.measure) == (other, measure)), None)


def ways_of(names: str) -> tuple[str, ...]:
    """Return the ways of naming that a setting asks for, the method first.

    >>> ways_of("ablations")[:2]
    ('full', 'no_retrieval')
    """
    known = {"all": (*BASELINES, *ABLATIONS), "baselines": BASELINES, "ablations": tuple(ABLATIONS)}
    if names in known:
        return (FULL, *known[names])
    asked = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in asked if name not in (FULL, *known["all"])]
    if unknown or not asked:
        raise ConfigError(
            "there is no such way of naming",
            found=", ".join(unknown) or "nothing",
            where="--ways",
            expected=", ".join((*known, FULL, *known["all"])),
        )
    return tuple(dict.fromkeys(asked))


def ablated(config: NamingConfig, changes: Mapping[str, Any]) -> NamingConfig:
    """Return a configuration with some of its keys changed."""
    for key, value in changes.items():
        config = config.replaced(key, value)
    return config


def strategies_of(config: BenchConfig) -> dict[str, Strategy]:
    """Return the ways of naming that a config asks for, each on the config's backend."""
    from humankind.systems.naming import suggesting

    naming = config.naming.model_copy(update={"backend": config.backend, "n_names": 1, "seed": config.seed})
    method: dict[str, Callable[[], Strategy]] = {FULL: lambda: suggesting.method(naming)}
    for name, changes in ABLATIONS.items():
        method[name] = lambda changes=changes: suggesting.method(ablated(naming, changes))
    asked = ways_of(config.ways)
    baselines = suggesting.baselines(naming) if set(asked) & set(BASELINES) else {}
    return {name: method[name]() if name in method else baselines[name] for name in asked}


def run_bench(config: BenchConfig, cases: Sequence[Case], folder: Path, progress: Progress = SILENT) -> BenchFound:
    """Return how ways of naming do on requests; every row is kept in a file of the folder.

    Args:
        config: which ways, which backend, which judge.
        cases: requests with their gold.
        folder: where the rows are kept; what is there is not made again.
        progress: told of every row.
    """
    from humankind.systems.naming import suggesting

    began = time.monotonic()
    settings = config.model_dump_json(exclude={"suite", "ways", "limit", "judge", "at_once"})
    bench = Bench(folder / ROWS, suggesting.examiner(config.naming), settings)
    at_once = 1 if config.backend == RULES else config.at_once
    rows = bench.run(strategies_of(config), cases, progress, at_once)
    found = found_in(rows, config, len(cases), time.monotonic() - began)
    return found if not config.judge else _judged(found, rows, cases, config, folder, progress)


def found_in(rows: Sequence[Row], config: BenchConfig, requests: int, seconds: float) -> BenchFound:
    """Return the figures of rows."""
    ways = dict.fromkeys(row.strategy for row in rows)
    others = [name for name in ways if name != FULL]
    failed = sum(bool(row.failed) for row in rows)
    remarks = [f"{failed} of {len(rows)} answers failed and are not scored."] if failed else []
    return BenchFound(
        suite=config.suite,
        requests=requests,
        backend=config.backend,
        seconds=round(seconds, 2),
        summaries=tuple(summaries(rows, config.seed, (FULL, *BASELINES))),
        gaps=tuple(gaps(rows, others, MEASURED, seed=config.seed)),
        remarks=tuple(remarks),
    )


def _judged(
    found: BenchFound,
    rows: Sequence[Row],
    cases: Sequence[Case],
    config: BenchConfig,
    folder: Path,
    progress: Progress,
) -> BenchFound:
    """Return the figures with those of a judge model beside them; judgements are kept like rows."""
    from humankind.systems.naming import suggesting
    from humankind.systems.naming.judging import agreement, judge_all, judged_rows

    told = judge_all(rows, cases, suggesting.asker(config.judge), folder / "judged.jsonl", progress, config.at_once)
    changed = judged_rows(rows, told)
    others = [one.strategy for one in found.summaries if one.strategy != FULL]
    agreed = {name: agreement(rows, changed, name) for name in ("emoc", "crc", "lr", "cmoc")}
    unscored = sum(bool(one.unscored) for one in told)
    remark = f"The judge {config.judge} left {unscored} of {len(told)} answers unscored."
    return found.model_copy(
        update={
            "judged": tuple(summaries(changed, config.seed, (FULL, *BASELINES))),
            "judged_gaps": tuple(gaps(changed, others, MEASURED, seed=config.seed)),
            "agreement": {name: round(value, 4) for name, value in agreed.items() if value is not None},
            "remarks": (*found.remarks, remark),
        }
    )
