"""Option removal: the same questions with and without their options, compared question by question.

Without options the answer is read from the reply's own words, or, for models read by likelihood, it is the option text
that the model finds likeliest without having seen the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from humankind.kits.bench.questions import Reply, Trial
from humankind.spine.errors import ConfigError
from humankind.spine.evidence import Chart
from humankind.spine.progress import Progress
from humankind.spine.runs import Run
from humankind.systems.tom.config import TomConfig
from humankind.systems.tom.data import Suite
from humankind.systems.tom.policies import parse
from humankind.systems.tom.study import (
    Answered,
    Study,
    accuracy,
    ask_all,
    by_order,
    figure_of,
    gain,
    keep,
    series_of,
    study_table,
)
from humankind.systems.tom.trials import make_trials


def run_options(config: TomConfig, suite: Suite, run: Run, progress: Progress) -> Study:
    """Return the accuracy with and without options, and the difference on the same questions.

    Args:
        config: model, sample, policy and way.
        suite: questions with options.
        run: where replies and study are kept.
        progress: told how far it is.

    Raises:
        ConfigError: the policy hides the options already.
    """
    if parse(config.policy).hides_options:
        raise ConfigError(
            "this policy hides the options itself",
            found=config.policy,
            where="--policy",
            expected="a policy without t2m",
            remedy="`humankind tom evaluate --policy t2m:3` measures it; compare with s2f:3",
        )
    shown = ask_all(config, suite, run.artifacts / "replies" / "with", progress)
    hidden = ask_all(config, suite, run.artifacts / "replies" / "without", progress, ask_without)
    return keep(run, options_study(shown, hidden, f"{config.model} on {suite.name}", config.seed))


def ask_without(trials: Sequence[Trial], config: TomConfig, folder: Path, progress: Progress) -> list[Reply]:
    """Return the replies to trials whose options are left out of the prompt."""
    from humankind.systems.tom.answering import ask_under

    return ask_under(without_options(trials), config, folder, progress)


def without_options(trials: Sequence[Trial]) -> list[Trial]:
    """Return the trials with the same ids and no options in their prompts."""
    bare = make_trials([trial.question for trial in trials], {trial.question.id: [()] for trial in trials})
    return [one.model_copy(update={"id": trial.id}) for one, trial in zip(bare, trials, strict=True)]


def options_study(shown: Sequence[Answered], hidden: Sequence[Answered], title: str, seed: int) -> Study:
    """Return the study of answers with and without options.

    Args:
        shown: answers with options in sight.
        hidden: answers to the same questions without.
        title: model and suite.
        seed: of the intervals.
    """
    kinds = {"with options": shown, "without options": hidden}
    points = {name: by_order(answers) or {"all": list(answers)} for name, answers in kinds.items()}
    series = tuple(
        series_of(name, [(order, accuracy(some, seed)) for order, some in parts.items()])
        for name, parts in points.items()
    )
    return Study(
        name="options",
        figures=(
            *figure_of(gain(hidden, shown, seed), f"accuracy without options minus with, {title}"),
            *(
                figure
                for name, answers in kinds.items()
                for figure in figure_of(accuracy(answers, seed), f"accuracy {name}, {title}")
            ),
        ),
        tables=(study_table(f"Accuracy with and without options: {title}", kinds, seed),),
        charts=(
            Chart(
                title=f"Accuracy with and without options: {title}",
                kind="dots",
                x_label="order of belief",
                y_label="accuracy",
                series=series,
                note="Bars span 95 % over stories.",
            ),
        ),
    )  # fmt: skip
