"""Asking a model and scoring it: by type of question, all three right, by source, level and option order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from humankind.kits.bench.questions import LETTERS, Question, Reply, Trial
from humankind.kits.bench.scoring import all_right, by_order, mean_over_groups, spread, unscored
from humankind.kits.bench.ways import AnyWay
from humankind.spine.config import Section
from humankind.spine.errors import ConfigError
from humankind.spine.evidence import Figure
from humankind.spine.progress import Progress
from humankind.systems.motivation.authored import LEVELS, TYPES
from humankind.systems.motivation.config import MotivationConfig
from humankind.systems.motivation.data import QuestionSet
from humankind.systems.motivation.levels import level_gaps
from humankind.systems.motivation.mistakes import Mistake, mistakes
from humankind.systems.motivation.protocol import chosen, make_trials, order_of

ALL_THREE = "all three right"
OVERALL = "all questions"

Pair = tuple[Trial, Reply]


class OrderFigure(Section):
    """How a model did under one option order."""

    order: int
    """0 to 5, in the order of `protocol.PAPER_ORDERS`."""
    scored: int
    accuracy: float


class SourceFigures(Section):
    """How a model did on one source set."""

    source: str
    scenarios: int
    figures: tuple[Figure, ...]
    """Each type, all questions, all three right."""


class Evaluation(Section):
    """What one model did on one set under one protocol; accuracy is over scored trials, unscored ones are counted."""

    suite: str
    model: str
    protocol: str
    mode: str
    way: str
    """How the choices were read; several with commas where they differ."""
    scenarios: int
    questions: int
    trials: int
    unscored: dict[str, int]
    """Trials without a verdict, by reason."""
    letters: dict[str, int]
    """How often each letter was chosen, as shown; a model that likes one letter shows here."""
    figures: tuple[Figure, ...]
    """Each type, all questions, all three right, with bootstrap over scenarios; empty where nothing was scored."""
    sources: tuple[SourceFigures, ...]
    levels: tuple[Figure, ...]
    """By Maslow's level; empty where the questions carry no levels."""
    level_gaps: tuple[Figure, ...]
    """Each level's accuracy minus the mean of the other levels."""
    level_labels_by: str
    """Who labelled the levels: the set's own authors, or a model by name; empty without levels."""
    orders: tuple[OrderFigure, ...]
    """Under protocol `paper` alone, where every order has the same questions."""
    order_sd: float | None
    """Standard deviation of the accuracy over option orders; None where there are fewer than two."""
    mistakes: tuple[Mistake, ...]
    """Errors by kind of distractor; empty where the options carry no kinds."""

    def figure(self, label: str) -> Figure | None:
        """Return one of `figures`, None where nothing was scored."""
        return next((figure for figure in self.figures if figure.label == label), None)


def way_for(config: MotivationConfig) -> AnyWay:
    """Return how choices are to be read; reasons come before a letter only in free text.

    Raises:
        ConfigError: mode cot together with a way that leaves no room for reasons.

    >>> way_for(MotivationConfig()), way_for(MotivationConfig(mode="cot"))
    ('auto', 'text')
    """
    if config.mode == "base":
        return config.way
    if config.way not in ("auto", "text"):
        raise ConfigError(
            "reasons can be read from free text alone", found=f"way={config.way}", where="mode=cot",
            expected="way=text or auto", remedy="use --way text, or --mode base",
        )  # fmt: skip
    return "text"


def trials_of(config: MotivationConfig, whole: QuestionSet) -> list[Trial]:
    """Return what a config asks of a set."""
    questions = chosen(whole.questions, config.limit, config.seed)
    return make_trials(questions, config.protocol, config.mode, config.seed)


def ask_all(config: MotivationConfig, trials: Sequence[Trial], folder: Path, progress: Progress) -> list[Reply]:
    """Return the model's replies in the order of the trials; what `folder` holds already is not asked again."""
    from humankind.kits.bench.asking import ask

    return ask(
        trials,
        config.model,
        way_for(config),
        folder,
        progress,
        max_new_tokens=config.max_new_tokens,
        temperature=config.temperature,
        top_p=config.top_p,
        seed=config.seed,
        reading="last" if config.mode == "cot" else "first",
        max_connections=config.connections,
    )


def score(config: MotivationConfig, suite: str, trials: Sequence[Trial], replies: Sequence[Reply]) -> Evaluation:
    """Return all figures of a run.

    Args:
        config: protocol, mode, seed of the bootstrap.
        suite: name of the set, for the record.
        trials: what was asked.
        replies: in the order of the trials.
    """
    pairs = list(zip(trials, replies, strict=True))
    questions = {trial.question.id: trial.question for trial in trials}
    orders = _by_order(pairs) if config.protocol == "paper" else ()  # under `quick` orders have different questions
    return Evaluation(
        suite=suite,
        model=config.model,
        protocol=config.protocol,
        mode=config.mode,
        way=", ".join(sorted({reply.way for reply in replies})),
        scenarios=len({question.group for question in questions.values()}),
        questions=len(questions),
        trials=len(trials),
        unscored=unscored(replies),
        letters=_letters(pairs),
        figures=_figures(pairs, config.seed),
        sources=_by_source(pairs, config.seed),
        levels=_by_level(pairs, config.seed),
        level_gaps=level_gaps(pairs, config.seed),
        level_labels_by=_labellers(questions.values()),
        orders=orders,
        order_sd=spread([one.accuracy for one in orders]),
        mistakes=mistakes(trials, replies, config.seed),
    )


def _figures(pairs: Sequence[Pair], seed: int) -> tuple[Figure, ...]:
    found = [
        *(accuracy(_of_type(pairs, kind), kind, seed) for kind in TYPES),
        accuracy(pairs, OVERALL, seed),
        all_three(pairs, seed),
    ]
    return tuple(figure for figure in found if figure is not None)


def _letters(pairs: Sequence[Pair]) -> dict[str, int]:
    chosen = [LETTERS[trial.shown.index(reply.choice)] for trial, reply in pairs if reply.choice is not None]
    return {letter: chosen.count(letter) for letter in sorted(set(chosen))}


def _of_type(pairs: Sequence[Pair], kind: str) -> list[Pair]:
    return [pair for pair in pairs if pair[0].question.category == kind]


def accuracy(pairs: Sequence[Pair], label: str, seed: int) -> Figure | None:
    """Return the mean over scenarios of the part answered rightly, of scored trials; None where none is scored."""
    groups = [trial.question.group for trial, _ in pairs]
    found = mean_over_groups([reply.right for _, reply in pairs], groups, seed)
    return None if found is None else found.figure(label)


def all_three(pairs: Sequence[Pair], seed: int) -> Figure | None:
    """Return the mean over scenarios of the part of askings in which all three questions were answered rightly.

    An asking is one option order of a scenario; under `quick` there is one. It has no verdict where none of its replies
    is wrong but one is unscored.
    """
    askings = [(verdict, scenario) for scenario, verdicts in _askings(pairs).items() for verdict in verdicts]
    found = mean_over_groups([verdict for verdict, _ in askings], [scenario for _, scenario in askings], seed)
    return None if found is None else found.figure(ALL_THREE)


def _askings(pairs: Sequence[Pair]) -> dict[str, list[bool | None]]:
    replies: dict[str, dict[str, list[tuple[int, bool | None]]]] = {}
    for trial, reply in pairs:
        own = replies.setdefault(trial.question.group, {})
        own.setdefault(trial.question.category, []).append((order_of(trial.id), reply.right))
    return {
        scenario: [
            all_right(right for _, right in asking)
            for asking in zip(*(sorted(own[kind], key=_order) for kind in TYPES))
        ]
        for scenario, own in replies.items()
        if set(own) == set(TYPES)
    }


def _order(reply: tuple[int, bool | None]) -> int:
    return reply[0]


def _by_source(pairs: Sequence[Pair], seed: int) -> tuple[SourceFigures, ...]:
    return tuple(
        SourceFigures(source=source, scenarios=len({t.question.group for t, _ in own}), figures=_figures(own, seed))
        for source, own in _split(pairs, lambda question: question.labels["source"]).items()
    )


def _by_level(pairs: Sequence[Pair], seed: int) -> tuple[Figure, ...]:
    by_level = _split(pairs, lambda question: question.labels.get("level", ""))
    found = [accuracy(by_level[level], level, seed) for level in LEVELS if level in by_level]
    return tuple(figure for figure in found if figure is not None)


def _split(pairs: Sequence[Pair], label: Callable[[Question], str]) -> dict[str, list[Pair]]:
    parts: dict[str, list[Pair]] = {}
    for pair in pairs:
        parts.setdefault(label(pair[0].question), []).append(pair)
    return parts


def _by_order(pairs: Sequence[Pair]) -> tuple[OrderFigure, ...]:
    found = by_order([reply.right for _, reply in pairs], [order_of(trial.id) for trial, _ in pairs])
    return tuple(OrderFigure(order=order, scored=n, accuracy=share) for order, (n, share) in found.items())


def _labellers(questions: Iterable[Question]) -> str:
    labelled = [question for question in questions if "level" in question.labels]
    return ", ".join(sorted({question.labels.get("labelled_by", "the authors of the set") for question in labelled}))
