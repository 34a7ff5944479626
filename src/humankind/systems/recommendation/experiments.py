"""Trains and measures every method that the claims compare, on one data set and one seed.

Each method is kept as soon as it is measured: figures of every user as arrays, the rest as JSON. A run that was
cut off goes on with the methods that are missing.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from humankind.spine.progress import Progress
from humankind.spine.runs import write_text
from humankind.systems.recommendation import snr
from humankind.systems.recommendation.baselines import LABELS, fit_baseline
from humankind.systems.recommendation.config import SaDConfig
from humankind.systems.recommendation.datasets import DATASETS
from humankind.systems.recommendation.dense import make_dense
from humankind.systems.recommendation.evaluate import evaluate
from humankind.systems.recommendation.fusion import Fused
from humankind.systems.recommendation.metrics import bucket_recall
from humankind.systems.recommendation.sad import SaD
from humankind.systems.recommendation.snr import BUCKETS, popularity_thirds
from humankind.systems.recommendation.split import Split
from humankind.systems.recommendation.store import Store
from humankind.systems.recommendation.topk import Scorer

KS = (10, 20)
NAMES = {
    **LABELS,
    "sad-mf": "SaD",
    "sad-als": "SaD with ALS",
    "sad-lightgcn": "SaD with LightGCN",
    "plain-mf": "SaD, no alignment",
    "s2d-mf": "SaD, only sparse to dense",
    "d2s-mf": "SaD, only dense to sparse",
    "sparse-view": "sparse view of SaD",
    "dense-view": "dense view of SaD",
}
_OFF: dict[str, dict[str, Any]] = {
    "plain-mf": {"structural_users": 0, "semantic": (0, 0)},
    "s2d-mf": {"semantic": (0, 0)},
    "d2s-mf": {"structural_users": 0},
}


@dataclass(frozen=True)
class Measured:
    """What one method did on one data set with one seed."""

    figures: dict[str, np.ndarray]
    """`recall@20` and so on: one value for each user with held-out items; `tail` is NaN for users without a
    held-out item in the tail."""
    facts: dict[str, Any]
    """Seconds, settings chosen, figures beyond accuracy, SNR."""


@dataclass(frozen=True)
class Lab:
    """One data set, one seed, and the folder where results are kept."""

    name: str
    split: Split
    config: SaDConfig
    folder: Path
    device: str
    progress: Progress

    @property
    def scale(self) -> str:
        """Data, sizes and protocol, for the report."""
        train = self.split.train
        return (
            f"{self.name}: {train.n_users:,} users, {train.n_items:,} items, {train.n_interactions:,} training and "
            f"{self.split.test.nnz:,} test interactions; {DATASETS[self.name].protocol}"
        )

    def measured(self, method: str) -> Measured:
        """Return what a method did: read if it was measured before, trained and measured otherwise."""
        store = Store(self.folder)
        path = self.folder / f"{method}.json"
        if not path.exists():  # written last, so it marks a method as whole
            self.progress.say(f"{self.name}, seed {self.config.seed}: {NAMES[method]}")
            self.folder.mkdir(parents=True, exist_ok=True)
            for name, (figures, facts) in self._run(method).items():
                store.write(name, figures)
                write_text(self.folder / f"{name}.json", json.dumps(facts) + "\n")
        figures = store.read(method)
        assert figures is not None
        return Measured(figures, json.loads(path.read_text(encoding="utf-8")))

    def _run(self, method: str) -> dict[str, tuple[dict[str, np.ndarray], dict[str, Any]]]:
        """Return figures and facts of a method; a full SaD run brings its views along, itself last."""
        start = time.perf_counter()
        if method in LABELS:
            model = fit_baseline(
                method, self.split.train.matrix, self.config, self._make_dense, device=self.device,
                progress=self.progress,
            )  # fmt: skip
            return {method: self._measure(model, start)}
        dense = method.partition("-")[2]
        config = self.config.replaced("dense", dense)
        for key, value in _OFF.get(method, {}).items():
            config = config.replaced(key, value)
        sad = SaD(config, device=self.device).fit(self.split.train, progress=self.progress)
        figures, facts = self._measure(sad, start)
        facts |= {
            "beta": sad.choice.beta.value,
            "beta_curve": sad.choice.beta.curve,
            "epochs": sad.choice.epochs,
            "semantic": sad.choice.config.semantic,
            "config": json.loads(sad.choice.config.model_dump_json()),
        }
        if method != "sad-mf":
            return {method: (figures, facts)}
        views = {"sparse-view": sad.views.sparse, "dense-view": sad.views.dense}
        facts |= {"snr": signal_to_noise(sad, self.split)}
        return {
            **{name: self._measure(view, start) for name, view in views.items()},
            method: (figures, facts),
        }

    def _make_dense(self, config: SaDConfig) -> Any:
        return make_dense(config, self.device)

    def _measure(self, model: Scorer, start: float) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        seconds = time.perf_counter() - start
        X, test = self.split.train.matrix, self.split.test
        result = evaluate(model, X, test, KS, self.config.seed, self.progress)
        tail = bucket_recall(result.lists, test[result.users], popularity_thirds(X), max(KS))[:, BUCKETS.index("tail")]
        facts = {
            "seconds": seconds,
            "beyond": result.beyond,
            "buckets": {row.bucket: None if row.recall is None else asdict(row.recall) for row in result.buckets},
        }
        return {**result.values, "tail": tail}, facts


def signal_to_noise(sad: SaD, split: Split) -> dict[str, Any]:
    """Return the SNR report of a model, and what the closed form of one half of the users is worth on the other.

    Moments, the predicted ratio and the weight that reaches it come from the first half. The model is fused anew
    with that weight and scored for the second half, so the weight may fail to carry over and a wrong formula shows.
    Where no positive weight of both views is predicted to help, the model is measured as it scores.
    """
    X, test, seed = split.train.matrix, split.test, sad.config.seed

    def margins_of(fused: snr.Scorer) -> tuple[snr.Margins, snr.Margins]:
        views = snr.Views(sad.views.sparse, sad.views.dense, fused)
        return snr.halves(snr.draw_margins(views, X, test, seed), seed)

    first, second = margins_of(sad.fused)
    theory = snr.moments(first)
    if theory.best_beta is not None:
        first, second = margins_of(Fused(sad.views.sparse, sad.views.dense, theory.best_beta))
    predicted, measured = snr.bootstrap(first, seed)["best"], snr.bootstrap(second, seed)
    better = np.maximum(measured["sparse"], measured["dense"])
    own = {name: snr.snr(getattr(second, name)) for name in ("sparse", "dense", "fused")}
    return {
        "report": asdict(sad.snr_report(test)),
        "best_beta": theory.best_beta,
        "users": [len(np.unique(half.user)) for half in (first, second)],
        "predicted": [theory.best_snr, *_ends(predicted)],
        "measured": [own["fused"], *_ends(measured["fused"])],
        "sparse": [own["sparse"], *_ends(measured["sparse"])],
        "dense": [own["dense"], *_ends(measured["dense"])],
        "gain": [own["fused"] - max(own["sparse"], own["dense"]), *_ends(measured["fused"] - better)],
        # The halves share no user, so pairing their draws at random is as good as any.
        "off": [own["fused"] - theory.best_snr, *_ends(measured["fused"] - predicted)],
        "reachable": snr.moments(second).best_snr,
    }


def _ends(values: np.ndarray) -> list[float]:
    return [float(end) for end in np.quantile(values, [0.025, 0.975])]


def over_seeds(labs: list[Lab], method: str) -> Measured:
    """Return a method's figures with each user's value averaged over seeds; facts are those of the first seed."""
    runs = [lab.measured(method) for lab in labs]
    mean = {name: np.mean([run.figures[name] for run in runs], axis=0) for name in runs[0].figures}
    return Measured(mean, runs[0].facts)
