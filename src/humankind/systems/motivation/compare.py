"""Comparing runs on the same trials: ranks, families, and which differences are more than chance.

McNemar's test takes each trial as independent of the others; six orders of one question are not. So every pair of runs
is tested twice, by McNemar over trials and by flipping signs over whole scenarios, each corrected by Holm over all
pairs; two runs are told apart where both say so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

from humankind.kits.bench.scoring import PairedTests, mean_over_groups, paired_tests
from humankind.spine.config import Section
from humankind.spine.errors import RunError
from humankind.spine.evidence import Figure
from humankind.spine.runs import Run
from humankind.spine.stats import holm
from humankind.systems.motivation.answers import Answer, kept
from humankind.systems.motivation.config import MotivationConfig

ALPHA = 0.05


class Ranked(Section):
    """One run in the table."""

    rank: int
    run: str
    model: str
    family: str
    version: str
    """Version within the family, as the model's name says; empty where it says nothing."""
    size_b: float | None
    """Billions of parameters, as the model's name says."""
    mode: str
    way: str
    accuracy: Figure
    """Over the trials that all compared runs share and scored."""
    unscored: int
    """Of the shared trials."""


class Paired(Section):
    """Two runs on the trials that both scored."""

    a: str
    b: str
    same_family: bool
    trials: int
    only_a: int
    """Trials that a alone got right."""
    only_b: int
    difference: Figure
    """Accuracy of a minus that of b, mean over scenarios."""
    p_mcnemar: float
    """Exact, two-sided, over trials; Holm-corrected."""
    p_scenarios: float
    """Sign flips over scenarios, two-sided; Holm-corrected."""
    told_apart: bool
    """Both corrected values are at most .05."""


class Compared(Section):
    """Runs side by side, best first."""

    suite: str
    trials: int
    """Trials that all runs share."""
    runs: tuple[Ranked, ...]
    pairs: tuple[Paired, ...]
    families: dict[str, tuple[str, ...]]
    """Runs of each family with two or more, from the smallest and oldest to the largest and newest."""


class Named(Section):
    """What a model's name says of it."""

    family: str
    version: str
    size_b: float | None


_SIZE = re.compile(r"(?<![a-z0-9.])(\d+(?:\.\d+)?)x?(\d+(?:\.\d+)?)?(b|m)(?![a-z0-9])")
_FAMILY = re.compile(r"(?:meta-)?([a-z]+)-?(\d+(?:\.\d+)?[a-z]?(?![a-z0-9]))?")


def named(model: str) -> Named:
    """Return family, version and size that the name of a model tells.

    >>> named("hf/Qwen/Qwen2.5-7B-Instruct")
    Named(family='qwen', version='2.5', size_b=7.0)
    >>> named("openai/gpt-4o-mini").version, named("humankind/smollm2").family
    ('4o', 'smollm')
    """
    name = model.rstrip("/").rpartition("/")[2].lower()
    size = _SIZE.search(name)
    billions = None
    if size is not None:
        billions = float(size[1]) * float(size[2] or 1) / (1000 if size[3] == "m" else 1)
    family = _FAMILY.match(_SIZE.sub("", name))
    if family is None:
        return Named(family=name, version="", size_b=billions)
    return Named(family=family[1], version=family[2] or "", size_b=billions)


def compare(runs: Sequence[Run], seed: int = 0) -> Compared:
    """Return finished evaluations side by side.

    Args:
        runs: run folders of `evaluate`, at least two, on the same set of questions.
        seed: of bootstrap and sign flips.

    Raises:
        RunError: fewer than two runs, one without answers, one named twice, other questions, or no shared trial.
    """
    _check_comparable(runs)
    answers = {str(run.path): {one.trial: one for one in kept(run)} for run in runs}
    shared = [trial for trial in answers[str(runs[0].path)] if all(trial in own for own in answers.values())]
    if not shared:
        raise RunError(
            "these runs share no trial",
            found=", ".join(f"{run.path}: {run.config_values()['protocol']}" for run in runs),
            expected="the same scenarios under the same option orders",
            remedy="evaluate with the same --limit, --seed and --protocol",
        )
    ranked = _ranked(runs, answers, shared, seed)
    return Compared(
        suite=runs[0].facts["data"]["suite"],
        trials=len(shared),
        runs=ranked,
        pairs=_pairs(ranked, answers, shared, seed),
        families=_families(ranked),
    )


def _check_comparable(runs: Sequence[Run]) -> None:
    paths = [str(run.path.resolve()) for run in runs]
    if len(runs) < 2 or len(set(paths)) < len(paths):
        raise RunError(
            "a comparison needs two or more runs that differ", found=", ".join(str(run.path) for run in runs)
        )
    for run in runs:
        if run.facts.get("system") != "motivation" or "data" not in run.facts:
            raise RunError(
                "this is no evaluation of motivation", found=run.path,
                expected="a folder that `humankind motivation evaluate --out` made",
            )  # fmt: skip
    first = runs[0].facts["data"]
    for run in runs[1:]:
        if run.facts["data"]["sha256"] != first["sha256"]:
            raise RunError(
                "these runs were asked different questions",
                found=f"{runs[0].path}: {first['suite']}; {run.path}: {run.facts['data']['suite']}",
                expected="runs on the same set of questions",
                remedy="evaluate both models on the same --suite",
            )


def _ranked(
    runs: Sequence[Run], answers: dict[str, dict[str, Answer]], shared: Sequence[str], seed: int
) -> tuple[Ranked, ...]:
    rows = []
    for run in runs:
        own, config = answers[str(run.path)], MotivationConfig.checked(run.config_values())
        scored = [own[trial] for trial in shared if own[trial].right is not None]
        if not scored:
            raise RunError("a run has no scored reply on the shared trials", found=run.path, remedy="leave it out")
        mean = mean_over_groups([one.right for one in scored], [one.scenario for one in scored], seed)
        assert mean is not None
        rows.append(
            Ranked(
                rank=1,
                run=str(run.path),
                model=config.model,
                mode=config.mode,
                way=next(iter(own.values())).way,
                accuracy=mean.figure("accuracy"),
                unscored=len(shared) - len(scored),
                **named(config.model).model_dump(),
            )
        )
    rows.sort(key=lambda row: -row.accuracy.value)
    return tuple(row.model_copy(update={"rank": place}) for place, row in enumerate(rows, start=1))


def _pairs(
    ranked: Sequence[Ranked], answers: dict[str, dict[str, Answer]], shared: Sequence[str], seed: int
) -> tuple[Paired, ...]:
    pairs = list(combinations(ranked, 2))
    tested = [_tested(answers[a.run], answers[b.run], shared, seed) for a, b in pairs]
    if not tested:
        return ()
    by_trial = holm([one.by_trial.p_value for one in tested])
    by_scenario = holm([one.by_group.p_value for one in tested])
    return tuple(
        Paired(
            a=a.run,
            b=b.run,
            same_family=a.family == b.family,
            trials=one.n,
            only_a=one.by_trial.only_a,
            only_b=one.by_trial.only_b,
            difference=one.by_group.difference.figure("accuracy of a minus b"),
            p_mcnemar=float(p),
            p_scenarios=float(q),
            told_apart=bool(max(p, q) <= ALPHA),
        )
        for (a, b), one, p, q in zip(pairs, tested, by_trial, by_scenario)
    )


def _tested(a: dict[str, Answer], b: dict[str, Answer], shared: Sequence[str], seed: int) -> PairedTests:
    first, second = ({trial: own[trial].right for trial in shared} for own in (a, b))
    found = paired_tests(first, second, {trial: a[trial].scenario for trial in shared}, seed)
    if found is None:
        raise RunError("two runs have no trial that both scored")
    return found


def _families(ranked: Sequence[Ranked]) -> dict[str, tuple[str, ...]]:
    families: dict[str, list[Ranked]] = {}
    for row in ranked:
        families.setdefault(row.family, []).append(row)
    return {
        family: tuple(row.run for row in sorted(own, key=lambda row: (row.version, row.size_b or 0)))
        for family, own in sorted(families.items())
        if len(own) > 1
    }
