"""What the verbs do between the command line and the study: suites in, run folders and figures out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from humankind.spine.errors import ConfigError, DataError
from humankind.spine.progress import Progress
from humankind.spine.runs import Run, write_text
from humankind.spine.verbs import about
from humankind.systems.tom import suites
from humankind.systems.tom.config import TomConfig
from humankind.systems.tom.data import Language, Suite
from humankind.systems.tom.evaluate import Evaluation, evaluate, figures, samples
from humankind.systems.tom.policies import parse

if TYPE_CHECKING:
    from humankind.spine.config import Section
    from humankind.systems.tom.audit import Audit

MOST_ORDER = 4
"""Deepest nesting of belief that stories are made for."""


# -- evaluate ---------------------------------------------------------------------------------------------


def questions_for(config: TomConfig) -> Suite:
    """Return the suite that a config names, whole; its sample is drawn when it is asked.

    Raises:
        ConfigError: the suite or the policy is unknown.
        DataError: the data are not on this machine, or wrong.
    """
    parse(config.policy)
    making = suites.Making(n_questions=config.limit or 500, seed=config.seed)
    with about("--suite"):
        return suites.load(config.suite, config.language, making)


def evaluate_in(run: Run, config: TomConfig, suite: Suite, progress: Progress) -> Evaluation:
    """Return how a model does on a suite, all inside a run folder.

    The folder has every reply as it came (artifacts/replies), one line a question in samples.jsonl, the figures in
    metrics.jsonl and artifacts/figures.json. What a killed run finished is not asked again.
    """
    for note in suite.notes:
        progress.say(f"note: {note}")
    run.check_data(suite=suite.name, questions=len(suite.questions), sha256=suite.digest)
    trials, replies = evaluate(config, suite, run.artifacts / "replies", progress)
    values = run.once("figures", lambda: figures(config, suite, trials, replies).model_dump(mode="json"))
    found = Evaluation.model_validate(values)
    kept = len(run.samples())  # a killed run may have kept some already
    for sample in list(samples(trials, replies))[kept:]:
        run.keep(**sample)
    if not any(line.get("event") == "evaluation" for line in run.metrics()):
        run.log(event="evaluation", **values)
    return found


# -- audit ------------------------------------------------------------------------------------------------


def audit(name: str, language: str, against: list[str] | None) -> Audit:
    """Return what is wrong with a suite, looked at beside other suites.

    Args:
        name: a suite or a path.
        language: `en`, `zh` or `all`.
        against: suites it might share stories with; None takes those that are on this machine.
    """
    from humankind.systems.tom.audit import audit as look

    chosen = language_of(language)
    with about("SUITE"):
        suite = suites.load(name, chosen)
    if against is None:
        others = [other for other in _present() if other.name != suite.name]
    else:
        with about("--against"):
            others = [suites.load(other, "all") for other in against]
    found = look(suite, others)
    if suite.name == "hitom":
        from humankind.systems.tom.audit_hitom import with_labels

        found = with_labels(found, suites.where(name))
    return found


def _present() -> list[Suite]:
    """Return the suites that are on this machine and can be read."""
    from contextlib import suppress

    found = []
    for name in suites.READERS:
        with suppress(DataError):
            found.append(suites.load(name, "all"))
    return found


def language_of(text: str) -> Language:
    """Return a language, checked."""
    known = {language: language for language in get_args(Language)}
    if text not in known:
        raise ConfigError(
            "there is no such language", found=repr(text), where="--language", expected=", ".join(get_args(Language))
        )
    return known[text]


# -- stories ----------------------------------------------------------------------------------------------


def write_stories(out: Path, n: int, orders: str, seed: int) -> dict[str, Any]:
    """Write questions of generated stories, one JSON object a line, and return what was written."""
    check_file(out)
    made = suites.generated(suites.Making(n_questions=n, orders=orders_of(orders), seed=seed))
    write_text(out, "".join(question.model_dump_json() + "\n" for question in made.questions))
    counts: dict[int | None, int] = {}
    for question in made.questions:
        counts[question.order] = counts.get(question.order, 0) + 1
    return {
        "out": str(out),
        "questions": len(made.questions),
        "stories": len({question.group for question in made.questions}),
        "orders": {str(order): number for order, number in sorted(counts.items(), key=str)},
        "seed": seed,
    }


def orders_of(text: str) -> tuple[int, ...]:
    """Return the depths that a text names.

    >>> orders_of("0-4"), orders_of("3,0,3")
    ((0, 1, 2, 3, 4), (0, 3))
    """
    try:
        ends = [[int(end) for end in part.split("-")] for part in text.split(",")]
        found = {order for part in ends for order in range(part[0], part[-1] + 1)}
    except ValueError:
        found = set()
    if not found or min(found) < 0 or max(found) > MOST_ORDER:
        raise ConfigError(
            "these are no depths of belief",
            found=repr(text),
            where="--orders",
            expected=f"0 to {MOST_ORDER}, as 0-4 or 0,2",
        )
    return tuple(sorted(found))


# -- files ------------------------------------------------------------------------------------------------


def write_json(out: Path, record: Section) -> None:
    """Write a record as JSON, atomically."""
    check_file(out)
    write_text(out, record.model_dump_json(indent=1) + "\n")


def check_file(out: Path) -> None:
    """Raise DataError where a file cannot be written."""
    if out.is_dir() or not out.parent.is_dir():
        raise DataError(
            "this is no place for a file", found=out, where="--out", expected="a file in a folder that exists"
        )
