"""The experiment behind every claim of the Theory-of-Mind study, at three scales.

`HUMANKIND_TOM_MODEL` names another model than the embedded one, as Inspect does: a transformers folder
(`humankind/FOLDER`), whose tokens can be watched, or a remote model, which is asked in two calls.
"""

from __future__ import annotations

from pathlib import Path

from humankind.kits.bench.models import model_of
from humankind.spine.errors import DataError
from humankind.spine.evidence import Evidence
from humankind.spine.progress import Progress
from humankind.spine.runs import Run
from humankind.systems.tom import findings, suites
from humankind.systems.tom.data import Suite
from humankind.systems.tom.findings import Bench, Judged
from humankind.systems.tom.lab import Lab, Scale
from humankind.systems.tom.sampling import stratified

SCALES = {
    "tiny": Scale(questions={"generated": 12}, caps=(4, 12, 32), max_new_tokens=40),
    "small": Scale(questions={"generated": 24, "tombench": 12, "hitom": 6}, caps=(4, 16, 48), max_new_tokens=64),
    "paper": Scale(
        questions={"generated": 600, "tombench": 0, "hitom": 0, "tomato": 0}, caps=(256, 512, 1500),
        max_new_tokens=2048,
    ),
}  # fmt: skip
"""Third-party summaries of the paper: Hi-ToM, ToMATO, ToMBench whole; 2,048 tokens; best cap of Qwen3-8B near 1,500."""


def reproduce(run: Run, folder: Path, preset: str, seed: int, progress: Progress) -> Evidence:
    """Return what every claim's experiment found.

    Args:
        run: the run folder; one line a claim is added to its metrics.
        folder: where this system's replies are kept.
        preset: `tiny`, `small` or `paper`.
        seed: of samples, draws and intervals.
        progress: where to report.
    """
    model, scale = model_of("tom"), SCALES[preset]
    labs, missing = [], []
    for name, limit in scale.questions.items():
        try:
            labs.append(Lab(model, _sample(name, limit, seed), scale, seed, folder / preset, progress))
        except DataError as error:
            if name == suites.GENERATED:  # it comes with the package
                raise
            missing.append(f"{name} was left out: {error.problem}; {error.remedy}")
    judged = _judged(Bench(labs, preset), run, progress)
    studies = [study for one in judged for study in one.studies]
    return Evidence(
        system="tom",
        preset=preset,
        findings=tuple(one.finding for one in judged),
        tables=tuple(table for study in studies for table in study.tables),
        charts=tuple(chart for study in studies for chart in study.charts),
        remarks=(*dict.fromkeys(remark for study in studies for remark in study.remarks), *missing),
    )


def _sample(name: str, limit: int, seed: int) -> Suite:
    """Return a suite cut to a sample, in English."""
    whole = suites.load(name, "en", suites.Making(n_questions=limit or 600, seed=seed))
    return whole.model_copy(update={"questions": stratified(whole.questions, limit, seed)})


def _judged(bench: Bench, run: Run, progress: Progress) -> list[Judged]:
    steps = (
        findings.reasoning_not_better,
        findings.slow_thinking_collapses,
        findings.larger_budget_hurts,
        findings.cap_helps,
        findings.complementary_success,
        findings.option_matching,
        lambda bench: findings.mitigates(bench, "s2f"),
        lambda bench: findings.mitigates(bench, "t2m"),
    )
    judged = []
    with progress.task(f"claims on {bench.model}", len(steps)) as task:
        for step in steps:
            one = step(bench)
            run.log(event="claim", claim=one.finding.claim, verdict=one.finding.verdict)
            judged.append(one)
            task.advance()
    return judged
