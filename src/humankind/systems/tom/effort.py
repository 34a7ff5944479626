"""The effort sweep: does a model answer better when it is told to think harder?

Remote reasoning models take the effort as a setting (`reasoning_effort`, Inspect's name). A local model has none, so a
share of its reply's tokens as cap on thinking stands for it, and is named as that.
"""

from __future__ import annotations

from collections.abc import Sequence

from humankind.spine.errors import ConfigError
from humankind.spine.evidence import Chart, Table
from humankind.spine.progress import Progress
from humankind.spine.runs import Run
from humankind.systems.tom.caps import folder_name, with_cap
from humankind.systems.tom.config import TomConfig
from humankind.systems.tom.data import Suite
from humankind.systems.tom.evaluate import Asker
from humankind.systems.tom.study import (
    ROW,
    Answered,
    Study,
    accuracy,
    ask_all,
    figure_of,
    gain,
    keep,
    mean_tokens,
    row_of,
    series_of,
)

EFFORTS = ("low", "medium", "high")
KNOWN = ("none", "minimal", "low", "medium", "high", "xhigh")
"""Efforts that Inspect passes on, least first; which of them a model knows is the provider's to say."""

SHARES = {"none": 0.02, "minimal": 0.05, "low": 0.125, "medium": 0.5, "high": 0.9, "xhigh": 0.95}
"""Part of a local model's reply that it may think for, by effort; the choice is ours."""


def run_effort(
    config: TomConfig, suite: Suite, run: Run, progress: Progress, efforts: Sequence[str] = EFFORTS
) -> Study:
    """Return accuracy and length at each effort, and the highest minus the lowest on the same questions.

    Args:
        config: model, sample and policy.
        suite: what is asked.
        run: where replies and study are kept.
        progress: told how far it is.
        efforts: at least two of `KNOWN`.

    Raises:
        ConfigError: an effort is unknown, or there is one alone.
    """
    chosen = [effort for effort in KNOWN if effort in efforts]
    unknown = sorted(set(efforts) - set(KNOWN))
    if unknown or len(chosen) < 2:
        raise ConfigError(
            "these are no efforts to compare",
            found=", ".join(efforts) or "none",
            where="--efforts",
            expected=f"two or more of {', '.join(KNOWN)}",
        )
    local = is_local(config.model)
    found: dict[str, list[Answered]] = {}
    for effort in chosen:
        changed = config.replaced("policy", local_policy(config, effort)) if local else config
        asker = None if local else _asker(effort)
        folder = run.artifacts / "replies" / (folder_name(changed.policy) if local else f"effort-{effort}")
        found[effort] = ask_all(changed, suite, folder, progress, asker)
    names = {effort: local_policy(config, effort) if local else effort for effort in chosen}
    return keep(run, effort_study(found, names, f"{config.model} on {suite.name}", config.seed, local))


def is_local(model: str) -> bool:
    """Say whether a model runs in this process, where its tokens can be watched."""
    return model.startswith("humankind/")


def local_policy(config: TomConfig, effort: str) -> str:
    """Return the policy that stands for an effort of a local model.

    >>> local_policy(TomConfig(max_new_tokens=256), "low")
    'cap:32'
    """
    return with_cap(config.policy, max(1, int(config.max_new_tokens * SHARES[effort])))


def _asker(effort: str) -> Asker:
    """Return what asks trials at an effort."""
    from humankind.systems.tom.answering import ask_with

    return ask_with(effort)


def effort_study(
    found: dict[str, list[Answered]], names: dict[str, str], title: str, seed: int, local: bool = False
) -> Study:
    """Return the study of answers by effort, least effort first.

    Args:
        found: answers by effort.
        names: what each effort was in fact.
        title: model and suite.
        seed: of the intervals.
        local: whether caps stood for efforts.
    """
    least, most = next(iter(found)), list(found)[-1]
    rows = tuple(
        (effort, names[effort], *row_of(answers, seed), mean_tokens(answers)) for effort, answers in found.items()
    )
    return Study(
        name="effort",
        figures=figure_of(gain(found[most], found[least], seed), f"accuracy at {most} minus {least} effort, {title}"),
        tables=(
            Table(
                title=f"Accuracy by effort: {title}",
                columns=("effort", "as", *ROW, "mean tokens"),
                rows=rows,
                note="caps on thinking tokens stand for efforts" if local else "",
            ),
        ),
        charts=(
            Chart(
                title=f"Accuracy by effort: {title}",
                kind="lines",
                x_label="effort",
                y_label="accuracy",
                series=(series_of("accuracy", [(effort, accuracy(some, seed)) for effort, some in found.items()]),),
                note="The band spans 95 % over stories.",
            ),
        ),
    )
