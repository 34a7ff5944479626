"""Asks a suite under a decoding policy, and turns replies into figures: accuracy, chance, unscored, lengths."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from humankind.kits.bench.questions import Question, Reply, Trial
from humankind.kits.bench.scoring import accuracy, unscored
from humankind.spine.config import Section
from humankind.spine.errors import InternalError
from humankind.spine.progress import SILENT, Progress
from humankind.spine.seeds import stream
from humankind.systems.tom.config import TomConfig
from humankind.systems.tom.data import Suite
from humankind.systems.tom.policies import ending_of
from humankind.systems.tom.sampling import stratified
from humankind.systems.tom.trials import make_trials

Asker = Callable[[Sequence[Trial], TomConfig, Path, Progress], list[Reply]]
"""Asks trials and keeps the replies in a folder; asked again with the same folder it repeats no call."""


class Score(Section):
    """Accuracy on some questions."""

    n: int
    """Questions asked."""

    scored: int
    """Questions with a verdict."""

    right: int

    accuracy: float | None
    """Right among scored; None where nothing was scored."""

    low: float | None = None
    high: float | None = None
    """95 % interval over stories; None where there is one story alone."""

    chance: float
    """Accuracy of a blind guess on the scored questions; on all where none was scored."""


class Lengths(Section):
    """Lengths of some replies in tokens, thinking included."""

    n: int
    """Replies whose length is known."""

    mean: float | None
    median: float | None
    p90: float | None


class Evaluation(Section):
    """How a model did on a suite."""

    suite: str
    model: str
    policy: str
    ways: dict[str, int]
    """How the choices were read, with counts."""

    n_suite: int
    """Questions of the suite, of which the sample was drawn."""

    overall: Score
    by: dict[str, dict[str, Score]]
    """Facet (ability, order, language, and labels of few values) -> value -> score."""

    unscored: dict[str, int]
    """Reason -> how many replies have no verdict for it."""

    lengths: dict[str, Lengths]
    """`right`, `wrong`, `unscored`, `all`."""

    notes: tuple[str, ...] = ()
    """What reading the suite mended."""


def evaluate(
    config: TomConfig, suite: Suite, folder: Path, progress: Progress = SILENT, asker: Asker | None = None
) -> tuple[list[Trial], list[Reply]]:
    """Return the trials of a sample of a suite and a model's reply to each, in the same order.

    Args:
        config: model, policy, sample, decoding.
        suite: questions, of which at most `config.limit` are asked.
        folder: where replies are kept; what is there is not asked again.
        progress: told how far it is.
        asker: how trials are asked; by default through Inspect, under the policy of `config`.

    Raises:
        ConfigError: the policy is unknown, or does not fit the model.
    """
    trials = trials_for(config, suite)
    replies = (asker or ask_under_policy)(trials, config, folder, progress)
    by_trial = {reply.trial: reply for reply in replies}
    if set(by_trial) != {trial.id for trial in trials}:
        raise InternalError("replies and trials do not belong together", found=f"{len(replies)} for {len(trials)}")
    return trials, [by_trial[trial.id] for trial in trials]


def trials_for(config: TomConfig, suite: Suite) -> list[Trial]:
    """Return the trials of a config: its sample of a suite, options ordered and lettered, prompts made."""
    questions = stratified(suite.questions, config.limit, config.seed)
    orders: dict[str, Sequence[Sequence[int]]] = {}
    if config.order == "shuffled":
        orders = {question.id: [_shuffled(question, config.seed)] for question in questions}
    return make_trials(questions, orders, ending_of(config.policy))


def _shuffled(question: Question, seed: int) -> tuple[int, ...]:
    rng = stream(seed, f"tom.order.{question.suite}.{question.id}")
    return tuple(int(place) for place in rng.permutation(len(question.options)))


def ask_under_policy(trials: Sequence[Trial], config: TomConfig, folder: Path, progress: Progress) -> list[Reply]:
    """Return the replies of a model, asked through Inspect under the policy of a config."""
    from humankind.systems.tom.answering import ask_under

    return ask_under(trials, config, folder, progress)


# -- figures ----------------------------------------------------------------------------------------------


def figures(config: TomConfig, suite: Suite, trials: Sequence[Trial], replies: Sequence[Reply]) -> Evaluation:
    """Return the figures of replies, overall and by facet.

    Args:
        config: what was asked for.
        suite: where the questions come from.
        trials: what was asked.
        replies: one for each trial, in the same order.
    """
    pairs = list(zip(trials, replies, strict=True))
    facets: dict[str, dict[str, list[tuple[Trial, Reply]]]] = defaultdict(lambda: defaultdict(list))
    for pair in pairs:
        for facet, value in _facets(pair[0].question):
            facets[facet][value].append(pair)
    return Evaluation(
        suite=suite.name,
        model=config.model,
        policy=config.policy,
        ways=dict(Counter(str(reply.way) for reply in replies)),
        n_suite=len(suite.questions),
        overall=score(pairs, config.seed),
        by={
            facet: {value: score(some, config.seed) for value, some in sorted(values.items())}
            for facet, values in facets.items()
            if 1 < len(values) <= _MOST_VALUES
        },
        unscored=unscored(replies),
        lengths=_lengths(replies),
        notes=suite.notes,
    )


_MOST_VALUES = 30
"""A label with more values than this is no facet to tell apart."""


def _facets(question: Question) -> Iterable[tuple[str, str]]:
    yield "ability", question.category
    if question.order is not None:
        yield "order", str(question.order)
    yield "language", question.language
    yield from question.labels.items()


def score(pairs: Sequence[tuple[Trial, Reply]], seed: int) -> Score:
    """Return the accuracy of some replies with its interval over groups of questions that share a story."""
    scored = [trial.question for trial, reply in pairs if reply.right is not None]
    asked = scored or [trial.question for trial, _ in pairs]
    chance = sum(question.chance for question in asked) / len(asked) if asked else 0.0
    groups = [trial.question.group for trial, _ in pairs]
    found = accuracy([reply.right for _, reply in pairs], groups, seed)
    if found is None:
        return Score(n=len(pairs), scored=0, right=0, accuracy=None, chance=chance)
    right = sum(bool(reply.right) for _, reply in pairs)
    one_story = len({question.group or question.id for question in scored}) < 2 and 0 < right < len(scored)
    low, high = (None, None) if one_story else (found.low, found.high)
    return Score(
        n=len(pairs), scored=len(scored), right=right, accuracy=found.value, low=low, high=high, chance=chance
    )  # fmt: skip


def _lengths(replies: Sequence[Reply]) -> dict[str, Lengths]:
    kinds = {"right": True, "wrong": False, "unscored": None}
    found = {name: _length([reply for reply in replies if reply.right is verdict]) for name, verdict in kinds.items()}
    return {**found, "all": _length(replies)}


def _length(replies: Sequence[Reply]) -> Lengths:
    import numpy as np

    known = [reply.n_tokens for reply in replies if reply.n_tokens is not None]
    if not known:
        return Lengths(n=0, mean=None, median=None, p90=None)
    mean, (median, p90) = float(np.mean(known)), np.quantile(known, [0.5, 0.9])
    return Lengths(n=len(known), mean=mean, median=float(median), p90=float(p90))


def samples(trials: Sequence[Trial], replies: Sequence[Reply]) -> Iterable[dict[str, object]]:
    """Yield one record a question for samples.jsonl: what was asked, what came back, the verdict."""
    for trial, reply in zip(trials, replies, strict=True):
        question = trial.question
        yield {
            "id": trial.id,
            "group": question.group,
            "ability": question.category,
            "order": question.order,
            "language": question.language,
            "prompt": trial.prompt,
            "options": [question.options[which] for which in trial.shown],
            "target": trial.target,
            **reply.model_dump(mode="json", exclude={"trial"}),
        }
