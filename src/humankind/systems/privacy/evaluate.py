"""How well an instructor decides on tasks it has never seen, beside simple rules, with intervals by task."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from humankind.spine.progress import SILENT, Progress
from humankind.spine.seeds import stream
from humankind.spine.stats import Interval
from humankind.systems.privacy.guidance import plain_key
from humankind.systems.privacy.metrics import figure_of, resampled_sums
from humankind.systems.privacy.norms import Norm
from humankind.systems.privacy.train import (
    Held,
    InstructorSettings,
    cross_validate,
    same_domain,
    same_recipient,
)
from humankind.systems.privacy.views import Seen, Table, View, context_of, with_neutral_keys

if TYPE_CHECKING:
    import numpy as np

    from humankind.systems.privacy.instructor import EmbeddedInstructor

SHOWN = ("privacy", "helpfulness", "disclosure")
NEUTRAL, SHUFFLED, OTHER_ROLES = "neutral keys", "shuffled context", "shuffled roles, no task"


@dataclass(frozen=True)
class Decisions:
    """What a way of deciding shares, beside what it should."""

    share: np.ndarray
    """True where it shares, shape (n_items,)."""

    labels: np.ndarray
    """True where sharing is appropriate."""

    owner: np.ndarray
    """Task of each item."""

    def figures(self, seed: int, n_resamples: int = 2000) -> dict[str, Interval]:
        """Return privacy preservation, helpfulness and appropriate disclosure with 95 % intervals by task."""
        import numpy as np

        sums = self._sums()
        draws = resampled_sums(sums, seed, n_resamples)
        found = {}
        for name in SHOWN:
            value = float(figure_of(sums.sum(axis=0), name))
            low, high = np.nanquantile(figure_of(draws, name), [0.025, 0.975])
            method = f"bootstrap over tasks, {n_resamples} resamples"
            found[name] = Interval(value, float(low), float(high), 0.95, method, len(sums))
        return found

    def above(self, other: Decisions, seed: int, figure: str = "disclosure", n_resamples: int = 2000) -> Interval:
        """Return by how much a figure is above that of another way on the same tasks, resampled together."""
        import numpy as np

        mine, theirs = self._sums(), other._sums()
        width = mine.shape[1]
        draws = resampled_sums(np.hstack([mine, theirs]), seed, n_resamples)
        spread = figure_of(draws[:, :width], figure) - figure_of(draws[:, width:], figure)
        value = float(figure_of(mine.sum(axis=0), figure) - figure_of(theirs.sum(axis=0), figure))
        low, high = np.nanquantile(spread, [0.025, 0.975])
        return Interval(value, float(low), float(high), 0.95, "paired bootstrap over tasks", len(mine))

    def _sums(self) -> np.ndarray:
        import numpy as np

        tasks, rows = np.unique(self.owner, return_inverse=True)
        sums = np.zeros((len(tasks), 6))
        counts = (self.share & self.labels, self.share & ~self.labels, self.labels, ~self.labels)
        for place, flags in enumerate(counts):
            np.add.at(sums[:, place], rows, flags)
        return sums


def evaluate_instructor(
    norms: Sequence[Norm], settings: InstructorSettings, seed: int, n_folds: int = 5, progress: Progress = SILENT
) -> dict[str, Any]:
    """Return the figures of instructors trained on other tasks, of ablations and of simple rules, ready for JSON.

    Args:
        norms: labelled, for example those of CI-RL.
        settings: how the instructor is trained.
        seed: of folds, shuffles and resampling.
        n_folds: folds by task.
        progress: told how far it is.
    """
    table, held = cross_validate(norms, settings, seed, n_folds, _ablated(norms, seed), progress=progress)
    ways = _ways(norms, table, held)
    by_key, _ = _only_keys(norms, settings, seed, n_folds, progress)
    ways["key words only"] = Decisions(by_key, table.labels, table.owner)
    instructor = ways["instructor"]
    return {
        "n_tasks": len(norms),
        "n_items": len(table.labels),
        "n_shareable": int(table.labels.sum()),
        "n_folds": n_folds,
        "seed": seed,
        "ways": {name: in_json(decisions.figures(seed)) for name, decisions in ways.items()},
        "above": in_json(
            {name: instructor.above(decisions, seed) for name, decisions in ways.items() if name != "instructor"}
        ),
        "auroc": auroc(held.logits["whole"], table.labels),
        "auroc_neutral_keys": auroc(held.logits[NEUTRAL], table.labels),
        "asked": float(_asked(held).mean()),
        "changed_by_context": float((instructor.share != ways[SHUFFLED].share).mean()),
        "contested_keys": contested(norms, table, instructor.share),
    }


def evaluate_unseen(
    norms: Sequence[Norm], settings: InstructorSettings, seed: int, progress: Progress = SILENT
) -> dict[str, Any]:
    """Return the figures where no training task had the same recipient's role, or came from the same field of life."""
    found = {}
    for name, group, n_folds in (("recipients", same_recipient, 5), ("domains", same_domain, 9)):
        table, held = cross_validate(norms, settings, seed, n_folds, group=group, progress=progress)
        decisions = Decisions(_probabilities(held, "whole") >= held.middle, table.labels, table.owner)
        found[name] = in_json(decisions.figures(seed))
    return found


def evaluate_secrets(instructor: EmbeddedInstructor, norms: Sequence[Norm]) -> dict[str, float | int]:
    """Return how many sensitive items an instructor withholds or asks about when it is not told that they are.

    For PrivacyLens, which names sensitive facts alone and says nothing about helpfulness.
    """
    counts: Counter[str] = Counter()
    for norm in norms:
        guidance = instructor.decide(norm.blind())
        secret = norm.sensitive or frozenset()
        counts["items"] += len(secret)
        counts["withheld"] += len(secret & set(guidance.withhold))
        counts["asked"] += len(secret & set(guidance.ask_consent))
    share = {name: counts[name] / counts["items"] for name in ("withheld", "asked")}
    return {"n_items": counts["items"], **share}


def contested(norms: Sequence[Norm], table: Table, share: np.ndarray) -> dict[str, float | int]:
    """Return how often decisions are right on keys that may flow in one task and not in another.

    Beside it the most that any rule by key alone could reach on the same items.
    """
    keys = [plain_key(norms[task].items[place].key) for task, place in _places(norms)]
    by_key: dict[str, list[int]] = defaultdict(list)
    for row, key in enumerate(keys):
        by_key[key].append(row)
    rows = [found for found in by_key.values() if 0 < table.labels[found].sum() < len(found)]
    right = sum(int((share[found] == table.labels[found]).sum()) for found in rows)
    best = sum(max(int(table.labels[found].sum()), int((~table.labels[found]).sum())) for found in rows)
    total = sum(map(len, rows))
    return {"n_keys": len(rows), "n_items": total, "right": right / total, "best_by_key": best / total} if total else {}


def in_json(intervals: dict[str, Interval]) -> dict[str, dict[str, float]]:
    """Return intervals as value, low and high."""
    return {name: {"value": at.value, "low": at.low, "high": at.high} for name, at in intervals.items()}


def auroc(scores: np.ndarray, labels: np.ndarray) -> float:
    """Return how often a positive scores above a negative, ties counted half.

    >>> import numpy as np
    >>> auroc(np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, True, False, True]))
    0.875
    """
    import numpy as np
    from scipy.stats import rankdata

    n_positive = int(labels.sum())
    n_negative = len(labels) - n_positive
    ranks = rankdata(np.asarray(scores))
    return float((ranks[labels].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def _ways(norms: Sequence[Norm], table: Table, held: Held) -> dict[str, Decisions]:
    import numpy as np

    shared = {
        "instructor": _probabilities(held, "whole") >= held.middle,
        "instructor, asked items withheld": _probabilities(held, "whole") >= held.share,
        "share all": np.ones_like(table.labels),
        "withhold all": np.zeros_like(table.labels),
        "majority of the domain": _by_domain(norms, table, held),
    }
    shared |= {
        name: _probabilities(held, name) >= held.middle
        for name in (NEUTRAL, "without keys", "without task", SHUFFLED, OTHER_ROLES)
    }
    return {name: Decisions(share, table.labels, table.owner) for name, share in shared.items()}


def _ablated(norms: Sequence[Norm], seed: int) -> dict[str, View]:
    order = stream(seed, "privacy.shuffle").permutation(len(norms))
    other = {id(norm): norms[place] for norm, place in zip(norms, order, strict=True)}

    def shuffled(norm: Norm) -> Seen:
        return norm.items, context_of(norm, other[id(norm)])

    def other_roles(norm: Norm) -> Seen:
        return norm.items, context_of(norm, other[id(norm)]).model_copy(update={"task": ""})

    return {NEUTRAL: with_neutral_keys, SHUFFLED: shuffled, OTHER_ROLES: other_roles}


def _only_keys(
    norms: Sequence[Norm], settings: InstructorSettings, seed: int, n_folds: int, progress: Progress
) -> tuple[np.ndarray, Held]:
    """Return what a model shares that sees the words of the keys and nothing else."""
    nothing_else = dict.fromkeys(("value", "key_context", "value_context", "match"), 0.0)
    features = settings.features.model_copy(update=nothing_else)
    bare = settings.model_copy(update={"features": features})
    _, held = cross_validate(norms, bare, seed, n_folds, progress=progress)
    return _probabilities(held, "whole") >= held.middle, held


def _by_domain(norms: Sequence[Norm], table: Table, held: Held) -> np.ndarray:
    """Return what the majority of the other folds' items of the same domain says."""
    import numpy as np

    domains = np.array([same_domain(norms[task]) for task in table.owner])
    share = np.zeros_like(table.labels)
    for number in np.unique(held.fold):
        under_test, rest = held.fold == number, held.fold != number
        for domain in np.unique(domains[under_test]):
            known = table.labels[rest & (domains == domain)]
            share[under_test & (domains == domain)] = known.mean() >= 0.5 if len(known) else True
    return share


def _places(norms: Sequence[Norm]) -> list[tuple[int, int]]:
    """Return norm and place of each row of a table, in its order."""
    listed: Callable[[Norm], list[int]] = lambda norm: sorted(  # noqa: E731
        (norm.shareable or frozenset()) | (norm.sensitive or frozenset())
    )
    return [(task, place) for task, norm in enumerate(norms) for place in listed(norm)]


def _asked(held: Held) -> np.ndarray:
    probabilities = _probabilities(held, "whole")
    return (probabilities >= held.withhold) & (probabilities < held.share)


def _probabilities(held: Held, view: str) -> np.ndarray:
    from scipy.special import expit

    return expit(held.logits[view])
