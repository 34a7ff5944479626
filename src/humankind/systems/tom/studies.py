"""What the study verbs do between the command line and the studies: runs in, a study, its tables and plots out."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from humankind.spine import charts
from humankind.spine.errors import ConfigError
from humankind.spine.progress import Progress, for_person
from humankind.spine.runs import Run, write_text
from humankind.spine.verbs import about, verb_run
from humankind.systems.tom.config import CapsConfig, EffortConfig, ReadingConfig, TomConfig
from humankind.systems.tom.data import Suite
from humankind.systems.tom.study import Study, read_run
from humankind.systems.tom.workflow import questions_for

SYSTEM = "tom"


# -- studies of finished runs -----------------------------------------------------------------------------


def lengths(path: Path, config: ReadingConfig, out: Path | None) -> Study:
    """Return how accuracy goes with length in a finished run; kept in a run folder where `out` names one."""
    from humankind.systems.tom.lengths import run_lengths

    with about("RUN"):
        answers = read_run(path)
    with _reading_run(config, out) as (run, progress):
        return with_plots(run, run_lengths(answers, title_of(path), run, progress, config.n_bins), out)


def overlap(first: Path, second: Path, again: Path | None, config: ReadingConfig, out: Path | None) -> Study:
    """Return which questions two finished runs solve alone or together; `again` is the first with another seed."""
    from humankind.systems.tom.overlap import Named, run_overlap

    with about("RUN"):
        named = [Named(title_of(path), read_run(path)) for path in (first, second)]
        third = None if again is None else Named(title_of(again), read_run(again))
    with _reading_run(config, out) as (run, progress):
        return with_plots(run, run_overlap(named[0], named[1], run, progress, third), out)


@contextmanager
def _reading_run(config: ReadingConfig, out: Path | None) -> Generator[tuple[Run, Progress]]:
    """Open a run folder at `out`, or one that is gone afterwards."""
    if out is not None:
        with verb_run(SYSTEM, config, out, resume=False) as opened:
            yield opened
        return
    with (
        tempfile.TemporaryDirectory() as place,
        for_person() as progress,
        Run.start(Path(place) / "run", command="", config=config, system=SYSTEM) as run,
    ):
        yield run, progress


def title_of(path: Path) -> str:
    """Return model, suite and policy of a run.

    Raises:
        RunError: it is no run folder, or its settings are gone.
    """
    values = Run.read(path).config_values()
    told = [str(values[key]) for key in ("model", "suite", "policy") if key in values]
    return ", ".join(text if place != 1 else Path(text).stem for place, text in enumerate(told)) or path.name


# -- studies that ask -------------------------------------------------------------------------------------


def caps(config: CapsConfig, suite: Suite, run: Run, progress: Progress) -> Study:
    """Return the accuracy under each cap, inside a run folder."""
    from humankind.systems.tom.caps import run_caps

    return with_plots(run, run_caps(config, suite, run, progress, config.caps), run.path)


def effort(config: EffortConfig, suite: Suite, run: Run, progress: Progress) -> Study:
    """Return the accuracy at each effort, inside a run folder."""
    from humankind.systems.tom.effort import run_effort

    return with_plots(run, run_effort(config, suite, run, progress, config.efforts), run.path)


def options(config: TomConfig, suite: Suite, run: Run, progress: Progress) -> Study:
    """Return the accuracy with and without options, inside a run folder."""
    from humankind.systems.tom.options import run_options

    return with_plots(run, run_options(config, suite, run, progress), run.path)


Asking = Callable[..., Study]
"""One of the three above."""


def ask(study: Asking, config: TomConfig, out: Path | None, resume: bool) -> tuple[Study, Path]:
    """Return a study that asks a model, and its run folder."""
    suite = questions_for(config)
    with verb_run(SYSTEM, config, out, resume) as (run, progress):
        run.check_data(suite=suite.name, questions=len(suite.questions), sha256=suite.digest)
        return study(config, suite, run, progress), run.path


# -- plots ------------------------------------------------------------------------------------------------


def with_plots(run: Run, study: Study, out: Path | None) -> Study:
    """Return the study after drawing its charts into artifacts/ of the run folder, where one is kept."""
    for number, chart in enumerate(study.charts if out is not None else (), start=1):
        name = f"{study.name}-{number}"
        write_text(run.artifacts / f"{name}.svg", charts.svg(chart, name) + "\n")
    return study


def numbers_of(text: str, where: str) -> tuple[int, ...]:
    """Return the whole numbers of a list written with commas.

    >>> numbers_of("64,256", "--caps")
    (64, 256)
    """
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(
            "these are no whole numbers", found=repr(text), where=where, expected="for example 64,256,1024"
        ) from None


def reading(runs: tuple[Path, ...], n_bins: int = 5, seed: int | None = None) -> ReadingConfig:
    """Return the config of a study of finished runs."""
    values: dict[str, object] = {"runs": tuple(map(str, runs)), "n_bins": n_bins}
    return ReadingConfig.checked(values if seed is None else values | {"seed": seed})
