"""The evaluations behind the claims: which sets, protocols and ways each preset runs, each at most once in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from humankind.kits.bench.models import EMBEDDED, reproduction
from humankind.spine.config import Section
from humankind.spine.errors import DataError
from humankind.spine.progress import Progress
from humankind.spine.runs import write_text
from humankind.systems.motivation.config import MotivationConfig
from humankind.systems.motivation.data import OFFICIAL, OWN, QuestionSet, load
from humankind.systems.motivation.evaluate import Evaluation, ask_all, score, trials_of

MAIN, ORDERS, TEXT, RELEASE, REASONS = "main", "orders", "text", "release", "reasons"

PLANS: dict[str, dict[str, dict[str, object]]] = {
    "tiny": {
        MAIN: {"protocol": "quick", "limit": 15},
        ORDERS: {"protocol": "paper", "limit": 3},
        TEXT: {"protocol": "quick", "limit": 2, "way": "text", "max_new_tokens": 16},
        RELEASE: {"protocol": "quick", "limit": 4, "suite": OFFICIAL},
    },
    "small": {
        MAIN: {"protocol": "quick"},
        ORDERS: {"protocol": "paper", "limit": 6},
        TEXT: {"protocol": "quick", "limit": 4, "way": "text", "max_new_tokens": 16},
        RELEASE: {"protocol": "quick", "limit": 15, "suite": OFFICIAL},
    },
    "paper": {
        MAIN: {"protocol": "paper"},
        TEXT: {"protocol": "paper", "way": "text"},
        REASONS: {"protocol": "paper", "mode": "cot"},
        RELEASE: {"protocol": "paper", "suite": OFFICIAL},
    },
}
"""Settings of each evaluation. `main` is what the claims hang on; `orders` repeats a part of it under all six option
orders; `text` has the same model write its answers; `release` asks the official files where they are present."""


@dataclass(frozen=True)
class Asked:
    """One evaluation that was run."""

    name: str
    config: MotivationConfig
    found: Evaluation
    preset: str = "small"

    @property
    def command(self) -> str:
        """The command that makes the figures again."""
        return reproduction("motivation", self.config.model, self.preset, self.config.seed)


def official_or_none() -> QuestionSet | None:
    """Return the official set where it is on this machine."""
    from humankind.spine.sources import status

    return None if status(OFFICIAL) == "absent" else load(OFFICIAL)


def run_plan(
    folder: Path, preset: str, seed: int, release: QuestionSet | None, progress: Progress, model: str = EMBEDDED
) -> dict[str, Asked]:
    """Return the evaluations of a preset by name, those of the official files only where these are present.

    Args:
        folder: where replies and figures are kept; what is there is not asked again.
        preset: `tiny`, `small` or `paper`.
        seed: of samples, orders and intervals.
        release: the official set, or None.
        progress: told of each evaluation.
        model: who is asked, as Inspect names it.
    """
    sets = {OWN: load(OWN)} | ({OFFICIAL: release} if release is not None else {})
    asked = {}
    for name, settings in PLANS[preset].items():
        config = MotivationConfig.checked({"model": model, "seed": seed, **settings})
        if config.suite in sets:
            progress.say(f"{name}: {config.suite}, protocol {config.protocol}, mode {config.mode}")
            found = _measured(folder / preset / name, config, sets[config.suite], progress)
            asked[name] = Asked(name, config, found, preset)
    return asked


def _measured(folder: Path, config: MotivationConfig, whole: QuestionSet, progress: Progress) -> Evaluation:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "figures.json"
    made = Made(config=config, digest=whole.digest)
    if path.exists():
        before = Kept.model_validate_json(path.read_text(encoding="utf-8"))
        if before.made != made:
            raise DataError(
                "questions, settings or model have changed since this run began",
                where=folder,
                remedy="start a new run: another --out",
            )
        return before.found
    trials = trials_of(config, whole)
    replies = ask_all(config, trials, folder / "replies", progress)
    found = score(config, whole.name, trials, replies)
    write_text(path, Kept(made=made, found=found).model_dump_json(indent=1) + "\n")
    return found


class Made(Section):
    """What an evaluation was made from."""

    config: MotivationConfig
    digest: str
    """Of the whole set of questions."""


class Kept(Section):
    """An evaluation as it is kept."""

    made: Made
    found: Evaluation
