"""HypeMed as a person uses it: fit, predict, recommend, save and load. Research software, not medical advice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from humankind.spine.errors import ConfigError, RunError
from humankind.spine.progress import SILENT, Progress
from humankind.spine.resources import device as best_device
from humankind.spine.runs import write_text
from humankind.systems.medication.align import Alignment, align, seen_only
from humankind.systems.medication.answers import Drug, Neighbour, Recommendation
from humankind.systems.medication.choosing import best_threshold
from humankind.systems.medication.config import HypeMedConfig
from humankind.systems.medication.data import KINDS, Cohort, Visit
from humankind.systems.medication.ddi import DDIGraph
from humankind.systems.medication.ddi_target import choose, penalty_for
from humankind.systems.medication.encodings import tree_distances
from humankind.systems.medication.medrep import Embeddings, pretrain
from humankind.systems.medication.ontology import paths
from humankind.systems.medication.simmr import Output, SimMR
from humankind.systems.medication.split import check_disjoint
from humankind.systems.medication.threads import threads_for
from humankind.systems.medication.train import Course, train
from humankind.systems.medication.visits import hypergraph_of, laid_out, log_odds, owners_of

Paths = Callable[[Iterable[str]], Sequence[Sequence[str] | None]]
"""From codes to their ways down the ontology; None for a code that it does not hold."""

_OF_ONE_TRAINING = ("_memory", "validation_probs", "interacts")
"""Properties that are kept once known, and that another `fit` makes wrong."""


class HypeMed:
    """Drug sets from visit histories: MedRep's vectors, then SimMR's retrieval and gate.

    Args:
        config: all settings.
        device: `auto`, `cpu` or `cuda`.
    """

    model: SimMR
    training: Cohort
    """The memory; its codes are the model's vocabularies."""
    validation: Cohort
    """What epoch, threshold and the penalty for interactions are chosen by."""
    ddi: DDIGraph
    course: Course
    threshold: float

    def __init__(self, config: HypeMedConfig | None = None, device: str = "auto") -> None:
        self.config = config or HypeMedConfig()
        self.device = best_device(device)

    # -- training ------------------------------------------------------------------------------------------

    def fit(
        self,
        cohort: Cohort,
        validation: Cohort,
        ddi: DDIGraph | None = None,
        *,
        tree: Paths = paths,
        embeddings: Mapping[str, Embeddings] | None = None,
        folder: Path | None = None,
        progress: Progress = SILENT,
    ) -> HypeMed:
        """Return self, trained.

        Diagnoses and procedures that no training visit has are unknown to the model, also where the cohort's
        vocabulary lists them; the drugs' vocabulary stays whole.

        Args:
            cohort: the training patients; their visits become the memory.
            validation: other patients, to choose epoch, threshold and DDI penalty by.
            ddi: the interacting pairs; those of other drugs than the cohort's are left out. The default list where not
                given.
            tree: the ontologies.
            embeddings: what `pretrain` gave for the same cohort and settings, to go on from it.
            folder: for checkpoints; a second call with the same folder goes on where it stopped.
            progress: where to report.

        Raises:
            DataError: a patient is in both cohorts.
            RunError: the folder holds the checkpoints of other cohorts.
        """
        check_disjoint(cohort, validation)
        if folder is not None:
            _check_same_data(folder, cohort, validation)
        for name in _OF_ONE_TRAINING:
            self.__dict__.pop(name, None)
        self.training = seen_only(cohort)
        self.ddi = DDIGraph.default(cohort.drugs.codes) if ddi is None else ddi.over(cohort.drugs.codes)
        self.validation, _ = self.aligned(validation)
        start = embeddings or self.pretrain(cohort, tree=tree, folder=folder, progress=progress)
        self.model = self.fresh(start).to(self.device)
        with threads_for(cohort.n_visits):
            self.course = train(
                self.model,
                self.training,
                laid_out(self.validation, self._memory).to(self.device),
                torch.from_numpy(self.interacts).to(self.device),
                self.config,
                target_ddi=self.ddi.target(self.config.simmr.target_ddi, self.training.drugs),
                folder=None if folder is None else folder / "simmr",
                progress=progress,
            )
        self.threshold = self._best_threshold()
        return self

    def pretrain(
        self, cohort: Cohort, *, tree: Paths = paths, folder: Path | None = None, progress: Progress = SILENT
    ) -> dict[str, Embeddings]:
        """Return MedRep's vectors of the codes and visits of a training cohort, by kind; see `fit`."""
        seen, found = seen_only(cohort), {}
        for number, kind in enumerate(KINDS):
            distances = tree_distances(tree(seen.sets(kind).codes))
            kept = None if folder is None else folder / "medrep" / kind
            graph, seed = hypergraph_of(seen, kind), self.config.seed + number
            with threads_for(cohort.n_visits):
                found[kind] = pretrain(graph, distances, self.config, seed, self.device, folder=kept, progress=progress)
        return found

    def fresh(self, embeddings: Mapping[str, Embeddings]) -> SimMR:
        """Return the untrained second stage on these vectors; the same for the same seed."""
        with torch.random.fork_rng():
            torch.manual_seed(self.config.seed)
            return SimMR(dict(embeddings), log_odds(self.training), owners_of(self.training), self.config)

    def _best_threshold(self) -> float:
        if self.config.threshold != "auto":
            return float(self.config.threshold)
        return best_threshold(self.validation_probs, self.validation.drugs, self.validation.patient_of)

    def _needs(self, part: str) -> None:
        if part not in self.__dict__:
            raise RunError(
                "the model has not learned anything yet",
                found=f"{type(self).__name__} without fit",
                expected="a fitted model",
                remedy="call fit(training, validation) first, or take a saved one: HypeMed.load(folder)",
            )

    # -- using ---------------------------------------------------------------------------------------------

    def aligned(self, visits: Cohort | Sequence[Visit]) -> tuple[Cohort, Alignment]:
        """Return visits in the model's vocabularies, and what became of codes that it does not know.

        Args:
            visits: a cohort, or the visits of one patient, first visit first.
        """
        self._needs("training")
        return align(as_cohort(visits), self.training)

    @torch.no_grad()
    def run(self, visits: Cohort | Sequence[Visit]) -> Output:
        """Return all that the model says of a cohort's visits, on the CPU."""
        self._needs("model")
        cohort = as_cohort(visits)
        if any(cohort.sets(kind).codes != self.training.sets(kind).codes for kind in KINDS):
            cohort, _ = self.aligned(cohort)
        self.model.eval()
        output = self.model(laid_out(cohort, self._memory).to(self.device))
        return Output(**{name: value.cpu() for name, value in vars(output).items()})

    def predict(self, visits: Cohort | Sequence[Visit]) -> np.ndarray:
        """Return the probability of each drug at each visit, float32 (n_visits, n_drugs).

        The drugs of a visit itself are not looked at; those of earlier visits are. Drugs are numbered as in
        `training.drugs`. Codes that training did not have are replaced or left out, as `aligned` tells.
        """
        return self.run(visits).logits.sigmoid().numpy()

    def choose(self, probs: np.ndarray, target_ddi: float | None = None) -> np.ndarray:
        """Return which drugs are recommended, bool, same shape as `probs`.

        Args:
            probs: (n, n_drugs).
            target_ddi: share of interacting pairs to stay at or under, 0 to 1, calibrated on the validation patients;
                None for the threshold alone.

        Raises:
            ConfigError: the target is outside 0 to 1.
            RunError: the model is not fitted.
        """
        self._needs("threshold")
        penalty = 0.0
        if target_ddi is not None:
            if not 0 <= target_ddi <= 1:
                raise ConfigError(
                    "the target for interacting pairs is no share",
                    found=target_ddi,
                    where="target_ddi",
                    expected="a number from 0 to 1, such as .06",
                )
            penalty = penalty_for(self.validation_probs, self.threshold, self.interacts, target_ddi)
        return choose(probs, self.threshold, self.interacts, penalty)

    def recommend(self, visits: Cohort | Sequence[Visit], target_ddi: float | None = None) -> list[Recommendation]:
        """Return one recommendation for each visit, in their order; what was given at the visit itself is ignored."""
        output = self.run(visits)
        probs = output.logits.sigmoid().numpy()
        chosen = self.choose(probs, target_ddi)
        return [self._told(output, probs[visit], chosen[visit], visit) for visit in range(len(probs))]

    def _told(self, output: Output, probs: np.ndarray, chosen: np.ndarray, visit: int) -> Recommendation:
        picked = sorted(np.flatnonzero(chosen), key=lambda drug: -probs[drug])
        codes = self.training.drugs.codes
        present = output.present[visit]
        rows, weights = output.neighbours[visit][present].tolist(), output.weights[visit][present].tolist()
        found = sorted(zip(rows, weights), key=lambda pair: -pair[1])
        course, similar = output.gate[visit].tolist()
        return Recommendation(
            drugs=tuple(Drug(codes[drug], float(probs[drug])) for drug in picked),
            interactions=self.ddi.pairs_in([int(drug) for drug in picked]),
            neighbours=tuple(self._neighbour(row, weight) for row, weight in found),
            gate=(course, similar),
        )

    def _neighbour(self, row: int, weight: float) -> Neighbour:
        patient = self.training.patient_ids[self.training.patient_of[row]]
        return Neighbour(patient, self.training.visit_ids[row], weight, self.training.drugs.names(row))

    @cached_property
    def _memory(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.training.patient_ids)}

    @cached_property
    def validation_probs(self) -> np.ndarray:
        """Probabilities on the validation patients, (n_visits, n_drugs)."""
        return self.predict(self.validation)

    @cached_property
    def interacts(self) -> np.ndarray:
        """Interacting pairs, symmetric 0/1, float32 (n_drugs, n_drugs)."""
        return self.ddi.matrix.toarray().astype(np.float32)

    # -- keeping -------------------------------------------------------------------------------------------

    def save(self, folder: Path | str) -> Path:
        """Write the model into a new folder (safetensors, Parquet and JSON) and return it.

        The folder holds the training and validation visits: it is as confidential as they are.
        """
        from humankind.systems.medication.keeping import save_model

        self._needs("threshold")
        return save_model(self, Path(folder))

    @classmethod
    def load(cls, folder: Path | str, device: str = "auto") -> HypeMed:
        """Return the model that `save` wrote; RunError where there is none."""
        from humankind.systems.medication.keeping import load_model

        return load_model(cls, Path(folder), device)


def _check_same_data(folder: Path, cohort: Cohort, validation: Cohort) -> None:
    """Note in a folder of checkpoints which cohorts they are of; RunError where they are of others."""
    file, own = folder / "cohorts.json", {"training": cohort.digest, "validation": validation.digest}
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_text(file, json.dumps(own) + "\n")
        return
    noted = json.loads(file.read_text(encoding="utf-8"))
    if noted != own:
        raise RunError(
            "these checkpoints are of other cohorts",
            found=noted,
            where=folder,
            expected=own,
            remedy="give another folder, or the cohorts that the training was started on",
        )


def as_cohort(visits: Cohort | Sequence[Visit]) -> Cohort:
    """Return visits as a cohort; a plain sequence is one patient's course."""
    return visits if isinstance(visits, Cohort) else Cohort.from_visits({"patient": visits})
