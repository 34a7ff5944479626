"""What the verbs do between the command line and the work: run folders in and out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from humankind.spine.progress import Progress
from humankind.spine.runs import Run, write_text
from humankind.spine.verbs import about
from humankind.systems.motivation import data
from humankind.systems.motivation.answers import ANSWERS, Answer, answers_of, kept
from humankind.systems.motivation.compare import Compared, compare
from humankind.systems.motivation.config import BuildConfig, MotivationConfig
from humankind.systems.motivation.data import QuestionSet
from humankind.systems.motivation.evaluate import Evaluation, ask_all, score, trials_of

if TYPE_CHECKING:
    from humankind.spine.config import Section
    from humankind.systems.motivation.build import Text

FIGURES, SCENARIOS, TRAILS, REJECTED = "figures", "scenarios.json", "trails.jsonl", "rejected.jsonl"


# -- evaluate ---------------------------------------------------------------------------------------------


def questions_for(config: MotivationConfig) -> QuestionSet:
    """Return the set that a config names, whole."""
    with about("--suite"):
        return data.load(config.suite)


def evaluate_in(run: Run, config: MotivationConfig, whole: QuestionSet, progress: Progress) -> Evaluation:
    """Return how a model does on a set, all inside a run folder.

    The folder has every reply as it came (artifacts/replies), what was chosen (artifacts/answers.json) and the figures
    (artifacts/figures.json). What a killed run finished is not asked again.
    """
    run.check_data(suite=whole.name, questions=len(whole.questions), sha256=whole.digest)
    trials = trials_of(config, whole)

    def measure() -> dict:
        replies = ask_all(config, trials, run.artifacts / "replies", progress)
        run.once(ANSWERS, lambda: [one.model_dump(mode="json") for one in answers_of(trials, replies)])
        found = score(config, whole.name, trials, replies)
        for figure in found.figures:
            run.log(event="figure", label=figure.label, value=figure.value, low=figure.low, high=figure.high)
        return found.model_dump(mode="json")

    return Evaluation.model_validate(run.once(FIGURES, measure))


# -- compare and explain ----------------------------------------------------------------------------------


def compare_runs(paths: Sequence[Path], seed: int) -> Compared:
    """Return finished evaluations side by side."""
    return compare([Run.read(path) for path in paths], seed)


def explained(path: Path, only: str, limit: int) -> list[Answer]:
    """Return the answers of a run.

    Args:
        path: its folder.
        only: `all`, `wrong`, `right`, `unscored`, or a kind of distractor.
        limit: most answers returned; 0 returns all.
    """
    from humankind.spine.errors import ConfigError
    from humankind.systems.motivation.mistakes import WRONG

    tests = {
        "all": lambda one: True,
        "wrong": lambda one: one.right is False,
        "right": lambda one: one.right is True,
        "unscored": lambda one: one.right is None,
    }
    if only not in tests and only not in WRONG:
        raise ConfigError(
            "there is no such kind of answer", found=repr(only), where="--only", expected=", ".join((*tests, *WRONG))
        )
    test = tests.get(only, lambda one: one.right is False and one.kind == only)
    found = [one for one in kept(Run.read(path)) if test(one)]
    return found[:limit] if limit else found


# -- build ------------------------------------------------------------------------------------------------


def texts_for(path: Path, config: BuildConfig) -> list[Text]:
    """Return the texts to make scenarios of."""
    from humankind.systems.motivation.texts import read_texts

    with about("TEXTS"):
        return read_texts(path, config.limit)


def build_in(run: Run, config: BuildConfig, texts: Sequence[Text], progress: Progress) -> dict:
    """Return what was made of texts, all inside a run folder.

    The folder has the scenarios (artifacts/scenarios.json, which `evaluate --suite` reads), the trail of each
    (artifacts/trails.jsonl), the texts that gave none with the reason (artifacts/rejected.jsonl), and every reply as it
    came (artifacts/journal.jsonl), from which a killed run goes on without asking again.
    """
    digest = sha256(json.dumps([text.model_dump() for text in texts]).encode()).hexdigest()
    run.check_data(texts=len(texts), sha256=digest)
    return run.once("summary", lambda: _built(run, config, texts, progress))


def _built(run: Run, config: BuildConfig, texts: Sequence[Text], progress: Progress) -> dict:
    from humankind.kits.bench.session import usable
    from humankind.systems.motivation.build import assembled, build
    from humankind.systems.motivation.calls import Journal

    journal = Journal(run.artifacts / "journal.jsonl")
    made, rejected = build(texts, usable(config.model), journal, config, progress)
    records, trails = assembled(made, config.seed)
    rows = [record.model_dump(mode="json") for record in records]
    write_text(run.artifacts / SCENARIOS, json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    write_text(run.artifacts / TRAILS, _lines(trails))
    write_text(run.artifacts / REJECTED, _lines(rejected))
    return {
        "texts": len(texts),
        "accepted": len(made),
        "agreed": sum(trail.agreed for trail in trails),
        "rejected": {one.id: one.reason for one in rejected},
        "calls": len(journal.kept),
        "refused_replies": sum(len(step.refused) for one in (*trails, *rejected) for step in one.steps)
        + sum(len(one.refused) for one in rejected),
        "scenarios": str(Path("artifacts") / SCENARIOS),
    }


def _lines(records: Sequence[Section]) -> str:
    return "".join(record.model_dump_json() + "\n" for record in records)
