"""Trains and measures every method that the claims compare, on one set of patients and one seed.

Each method is kept as soon as it is measured: one number a test patient of each measure, and facts. A run that was cut
off goes on with the methods that are missing.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from humankind.spine.progress import Progress
from humankind.spine.runs import folder_once, write_text
from humankind.systems.medication.align import align, seen_only
from humankind.systems.medication.config import HypeMedConfig
from humankind.systems.medication.data import Cohort
from humankind.systems.medication.ddi import DDIGraph
from humankind.systems.medication.ddi_target import choose, penalty_for
from humankind.systems.medication.encodings import tree_distances
from humankind.systems.medication.evaluate import patient_means
from humankind.systems.medication.hypemed import HypeMed
from humankind.systems.medication.measuring import Held, held_out
from humankind.systems.medication.medrep import Embeddings, pretrain
from humankind.systems.medication.metrics import MEASURES, VisitFigures, truth_figures
from humankind.systems.medication.nearness import nearness
from humankind.systems.medication.ontology import paths
from humankind.systems.medication.threads import threads_for
from humankind.systems.medication.tuned import NAMES, Tuned, tuned
from humankind.systems.medication.variants import ABLATIONS, FULL, TOLD, changed
from humankind.systems.medication.visits import hypergraph_of

TARGETS = (0.02, 0.06, 0.10)
SAFE_TARGET = 0.06
"""The field's target for the share of interacting pairs."""
SAFE = "safe"
"""The full model, held to `SAFE_TARGET`."""
HELD = "held_jaccard"
"""Of a baseline: its Jaccard once it is held to `SAFE_TARGET` by the same rule."""
PRESCRIBED = "prescribed"
LABELS = {
    **TOLD,
    SAFE: "HypeMed held to .06",
    PRESCRIBED: "what was prescribed",
    **{name: name for name in NAMES},
}
_STAGE_ONE = {"history": FULL, "retrieval": FULL}
"""Variants that start from the vectors of another one."""


@dataclass(frozen=True)
class Parts:
    """Patients to learn from, to choose by and to be measured on."""

    name: str
    train: Cohort
    validation: Cohort
    test: Cohort
    ddi: DDIGraph


@dataclass(frozen=True)
class Measured:
    """What one method did."""

    figures: dict[str, np.ndarray]
    """By measure: one value a test patient (NaN where there is none); also `interacting` and `pairs`, their sums."""
    facts: dict[str, Any]
    """Seconds, choices, and what belongs to the method alone."""


@dataclass(frozen=True)
class Lab:
    """One set of patients, one seed, and the folder where results are kept."""

    parts: Parts
    config: HypeMedConfig
    folder: Path
    progress: Progress
    started: dict[str, dict[str, Embeddings]] = field(default_factory=dict)

    @property
    def scale(self) -> str:
        """Sizes, for the report."""
        own = self.parts
        return (
            f"{own.name}: {own.train.n_patients:,} training, {own.validation.n_patients:,} validation and "
            f"{own.test.n_patients:,} test patients ({own.test.n_visits:,} visits)"
        )

    def measured(self, method: str) -> Measured:
        """Return what a method did: read if it was measured before, trained and measured otherwise."""
        path = self.folder / f"{method.replace(' ', '-')}.json"
        if not path.exists():
            self.progress.say(f"{self.parts.name}, seed {self.config.seed}: {LABELS[method]}")
            self.folder.mkdir(parents=True, exist_ok=True)
            start = time.perf_counter()
            figures, facts = self._run(method)
            facts["seconds"] = time.perf_counter() - start
            rows = {name: _plain(values) for name, values in figures.items()}
            write_text(path, json.dumps({"figures": rows, "facts": facts}) + "\n")
        kept = json.loads(path.read_text(encoding="utf-8"))
        arrays = {name: np.array(values, np.float64) for name, values in kept["figures"].items()}
        return Measured(arrays, kept["facts"])

    def _run(self, method: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        if method == PRESCRIBED:
            return self._of(truth_figures(self._held.given, self._held.ddi)), {}
        if method in ABLATIONS:
            return self._hypemed(method)
        if method == SAFE:
            model = self._fitted(FULL)
            probs = model.predict(self._held.cohort)
            return self._of(self._held.figures(probs, model.choose(probs, SAFE_TARGET))), {}
        own = self._aligned
        rival = tuned(method, own.train, own.validation, own.ddi, self.config.recurrent, self.config.seed)
        scores = rival.model.scores(self._held.cohort)
        facts = {"chosen": rival.chosen, "threshold": rival.threshold}
        figures = self._of(self._held.figures(scores, rival.chosen_sets(scores)))
        return figures | {HELD: self._held_jaccard(rival, scores)}, facts

    def _held_jaccard(self, rival: Tuned, scores: np.ndarray) -> np.ndarray:
        """Return a baseline's Jaccard by patient, its interacting pairs taken out by the rule that HypeMed uses."""
        own = self._aligned
        interacts = own.ddi.over(own.train.drugs.codes).matrix.toarray().astype(np.float32)
        penalty = penalty_for(rival.model.scores(own.validation), rival.threshold, interacts, SAFE_TARGET)
        chosen = choose(scores, rival.threshold, interacts, penalty)
        return self._of(self._held.figures(scores, chosen))["jaccard"]

    def _hypemed(self, variant: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        model = self._fitted(variant)
        probs = model.predict(self._held.cohort)
        facts: dict[str, Any] = {
            "epoch": model.course.best_epoch,
            "threshold": model.threshold,
            "jaccard_by_epoch": [line["jaccard"] for line in model.course.log],
        }
        if variant == FULL:
            facts["sweep"] = [self._at(model, probs, target) for target in TARGETS]
        if variant in (FULL, "no-knowledge"):
            facts["nearness"] = nearness(model.training.diagnoses.codes, self._stage_one(variant)["diagnosis"].nodes)
        return self._of(self._held.figures(probs, model.choose(probs))), facts

    def _at(self, model: HypeMed, probs: np.ndarray, target: float) -> dict[str, float]:
        figures = self._held.figures(probs, model.choose(probs, target))
        means = {name: float(np.nanmean(values)) for name, values in self._of(figures).items() if name in MEASURES}
        return {"target": target, "pooled": float(figures.interacting.sum() / max(figures.pairs.sum(), 1)), **means}

    def shuffled_nearness(self) -> float:
        """Return the nearness of siblings where MedRep was told wrong names: each code that of another one."""
        path = self.folder / "shuffled.json"
        if not path.exists():
            codes = self._aligned.train.diagnoses.codes
            order = np.random.default_rng(self.config.seed).permutation(len(codes))
            wrong = tree_distances(paths([codes[place] for place in order]))
            graph = hypergraph_of(self._aligned.train, "diagnosis")
            with threads_for(graph.n_edges):
                made = pretrain(graph, wrong, self.config, self.config.seed, progress=self.progress)
            write_text(path, json.dumps(nearness(codes, made.nodes)) + "\n")
        return json.loads(path.read_text(encoding="utf-8"))

    # -- training ------------------------------------------------------------------------------------------

    def _fitted(self, variant: str) -> HypeMed:
        """Return a variant; kept in the folder, so that it is trained once."""
        place = self.folder / "models" / variant
        if (place / "hypemed.json").exists():
            return HypeMed.load(place)
        own = self.parts
        model = HypeMed(changed(self.config, variant))
        model.fit(own.train, own.validation, own.ddi, embeddings=self._stage_one(variant), progress=self.progress)
        if variant == FULL:  # asked for twice
            folder_once(place, lambda folder: _kept(model, folder))
        return model

    def _stage_one(self, variant: str) -> dict[str, Embeddings]:
        name = _STAGE_ONE.get(variant, variant)
        if name not in self.started:
            self.started[name] = HypeMed(changed(self.config, name)).pretrain(
                self.parts.train, folder=self.folder / "medrep" / name, progress=self.progress
            )
        return self.started[name]

    @cached_property
    def _held(self) -> Held:
        return held_out(self._aligned.train, self.parts.ddi, self.parts.test)

    @cached_property
    def _aligned(self) -> Parts:
        """The parts in the vocabularies of the training patients, as all methods get them."""
        train = seen_only(self.parts.train)
        validation, test = (align(part, train)[0] for part in (self.parts.validation, self.parts.test))
        return Parts(self.parts.name, train, validation, test, self.parts.ddi)

    def _of(self, figures: VisitFigures) -> dict[str, np.ndarray]:
        cohort = self._held.given
        sums = {
            name: np.bincount(cohort.patient_of, getattr(figures, name), minlength=cohort.n_patients)
            for name in ("interacting", "pairs")
        }
        return {name: patient_means(cohort, getattr(figures, name)) for name in MEASURES} | sums


def _kept(model: HypeMed, folder: Path) -> None:
    model.save(folder)


def _plain(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
