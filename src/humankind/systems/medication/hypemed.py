"""HypeMed as a person uses it: fit, predict, recommend, save and load. Research software, not medical advice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from humankind.spine.errors import DataError, RunError
from humankind.spine.progress import SILENT, Progress
from humankind.spine.resources import device as best_device
from humankind.spine.runs import write_text
from humankind.systems.medication.choosing import best_threshold
from humankind.systems.medication.config import HypeMedConfig
from humankind.systems.medication.data import KINDS, Cohort, Kind
from humankind.systems.medication.ddi import DDIGraph, Interaction
from humankind.systems.medication.ddi_target import choose, penalty_for
from humankind.systems.medication.medrep import Embeddings, pretrain
from humankind.systems.medication.simmr import Output, SimMR
from humankind.systems.medication.split import check_disjoint
from humankind.systems.medication.train import Course, train
from humankind.systems.medication.visits import hypergraph_of, laid_out, owners_of

FORMAT = 1
NOTICE = (
    "Research software, not medical advice: it repeats what was prescribed in its training data, mistakes included."
)


@dataclass(frozen=True)
class Drug:
    """One recommended drug."""

    code: str
    """ATC, 4 characters."""
    probability: float


@dataclass(frozen=True)
class Neighbour:
    """A training visit that was looked up."""

    patient_id: str
    visit_id: str
    weight: float
    """Attention on it; the weights of one recommendation sum to 1."""
    drugs: tuple[str, ...]
    """What was given there."""


@dataclass(frozen=True)
class Recommendation:
    """What is recommended at one visit, and what it rests on."""

    drugs: tuple[Drug, ...]
    """Most probable first."""
    interactions: tuple[Interaction, ...]
    """Known interacting pairs among them."""
    neighbours: tuple[Neighbour, ...]
    """Heaviest first."""
    gate: tuple[float, float]
    """Weight of the patient's own course and of similar visits; they sum to 1."""
    notice: str = NOTICE


class HypeMed:
    """Drug sets from visit histories: MedRep's vectors, then SimMR's retrieval and gate.

    Args:
        config: all settings.
        device: `auto`, `cpu` or `cuda`.
    """

    model: SimMR
    training: Cohort
    ddi: DDIGraph
    course: Course
    threshold: float

    def __init__(self, config: HypeMedConfig | None = None, device: str = "auto") -> None:
        self.config = config or HypeMedConfig()
        self.device = best_device(device)
        self.validation_probs = np.empty((0, 0), np.float32)

    # -- training ------------------------------------------------------------------------------------------

    def fit(
        self,
        cohort: Cohort,
        validation: Cohort,
        ddi: DDIGraph | None = None,
        distances: Mapping[str, Tensor] | None = None,
        *,
        folder: Path | None = None,
        progress: Progress = SILENT,
    ) -> HypeMed:
        """Return self, trained.

        Args:
            cohort: the training patients; their visits become the memory.
            validation: other patients with the same vocabularies, to choose epoch, threshold and DDI penalty by.
            ddi: the interacting pairs; the default list where not given.
            distances: tree distances of the codes by kind; from the code names where not given.
            folder: for checkpoints; a second call with the same folder goes on where it stopped.
            progress: where to report.

        Raises:
            DataError: a patient is in both cohorts, the vocabularies differ, or there is no visit.
        """
        check_disjoint(cohort, validation)
        _check_vocabularies(cohort, validation)
        self.training, self.ddi = cohort, ddi or DDIGraph.default(cohort.drugs.codes)
        embeddings = self._pretrained(cohort, distances, folder, progress)
        self.model = self._fresh(embeddings).to(self.device)
        held_out = laid_out(validation, self._memory).to(self.device)
        interacts = torch.from_numpy(self.interacts).to(self.device)
        stage = None if folder is None else folder / "simmr"
        self.course = train(self.model, cohort, held_out, interacts, self.config, folder=stage, progress=progress)
        self._settle(validation)
        return self

    def _pretrained(
        self, cohort: Cohort, distances: Mapping[str, Tensor] | None, folder: Path | None, progress: Progress
    ) -> dict[str, Embeddings]:
        """Return stage 1's vectors; a kind that is finished in the folder is read from there."""
        found = {}
        for number, kind in enumerate(KINDS):
            path = None if folder is None else folder / "medrep" / f"{kind}.safetensors"
            if path is not None and path.exists():
                kept = load_file(path)
                found[kind] = Embeddings(kept["nodes"], kept["edges"], tuple(kept["losses"].tolist()))
                continue
            known = distances[kind] if distances is not None else _distances(cohort, kind)
            graph = hypergraph_of(cohort, kind)
            made = pretrain(graph, known, self.config, self.config.seed + number, self.device, progress)
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                save_file(
                    {"nodes": made.nodes, "edges": made.edges, "losses": torch.tensor(made.losses)},
                    path.with_suffix(".part"),
                )
                path.with_suffix(".part").replace(path)
            found[kind] = made
        return found

    def _fresh(self, embeddings: Mapping[str, Embeddings]) -> SimMR:
        with torch.random.fork_rng():
            torch.manual_seed(self.config.seed)
            return SimMR(dict(embeddings), _log_odds(self.training), owners_of(self.training), self.config)

    def _settle(self, validation: Cohort) -> None:
        """Choose the threshold on validation data, and keep its probabilities for DDI targets."""
        self.validation_probs = self.predict(validation)
        if self.config.threshold == "auto":
            self.threshold = best_threshold(self.validation_probs, validation.drugs, validation.patient_of)
        else:
            self.threshold = float(self.config.threshold)

    # -- using ---------------------------------------------------------------------------------------------

    @torch.no_grad()
    def run(self, cohort: Cohort) -> Output:
        """Return all that the model says of a cohort's visits, on the CPU."""
        _check_vocabularies(self.training, cohort)
        self.model.eval()
        output = self.model(laid_out(cohort, self._memory).to(self.device))
        return Output(**{name: value.cpu() for name, value in vars(output).items()})

    def predict(self, cohort: Cohort) -> np.ndarray:
        """Return the probability of each drug at each visit, float32 (n_visits, n_drugs).

        The drugs of a visit itself are not looked at; those of earlier visits are.
        """
        return self.run(cohort).logits.sigmoid().numpy()

    def choose(self, probs: np.ndarray, target_ddi: float | None = None) -> np.ndarray:
        """Return which drugs are recommended, bool, same shape as `probs`.

        Args:
            probs: (n, n_drugs).
            target_ddi: share of interacting pairs to stay at or under, calibrated on the validation patients; None
                for the threshold alone.
        """
        penalty = 0.0 if target_ddi is None else self._penalty(target_ddi)
        return choose(probs, self.threshold, self.interacts, penalty)

    def _penalty(self, target: float) -> float:
        return penalty_for(self.validation_probs, self.threshold, self.interacts, target)

    def recommend(self, cohort: Cohort, target_ddi: float | None = None) -> list[Recommendation]:
        """Return one recommendation for each visit of a cohort, in its order."""
        output = self.run(cohort)
        probs = output.logits.sigmoid().numpy()
        chosen = self.choose(probs, target_ddi)
        return [self._told(output, probs[visit], chosen[visit], visit) for visit in range(cohort.n_visits)]

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
    def interacts(self) -> np.ndarray:
        """Interacting pairs, symmetric 0/1, float32 (n_drugs, n_drugs)."""
        return self.ddi.matrix.toarray().astype(np.float32)

    # -- keeping -------------------------------------------------------------------------------------------

    def save(self, folder: Path | str) -> Path:
        """Write the model into a folder (safetensors, Parquet and JSON) and return it."""
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        if not (path / "training").exists():
            self.training.save(path / "training")
        arrays = {name: value.cpu().contiguous() for name, value in self.model.state_dict().items()}
        arrays["validation_probs"] = torch.from_numpy(self.validation_probs)
        save_file(arrays, path / "hypemed.safetensors")
        facts = {
            "format": FORMAT,
            "notice": NOTICE,
            "config": json.loads(self.config.model_dump_json()),
            "threshold": self.threshold,
            "best_epoch": self.course.best_epoch,
            "best_jaccard": self.course.best_jaccard,
            "log": self.course.log,
            "interactions": [list(self.ddi.interaction(n)) for n in range(self.ddi.n_pairs)],
        }
        write_text(path / "hypemed.json", json.dumps(facts, indent=1) + "\n")
        return path

    @classmethod
    def load(cls, folder: Path | str, device: str = "auto") -> HypeMed:
        """Return the model that `save` wrote; RunError where there is none."""
        path = Path(folder)
        try:
            facts = json.loads((path / "hypemed.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise RunError(
                "there is no HypeMed model here",
                found=path,
                expected="a folder with hypemed.json and hypemed.safetensors",
                remedy="name the folder that `humankind medication train --out` made",
            ) from None
        if facts["format"] != FORMAT:
            raise RunError("the model was written by another version", found=facts["format"], expected=FORMAT)
        made = cls(HypeMedConfig.checked(facts["config"]), device)
        made.training = Cohort.load(path / "training")
        made.ddi = DDIGraph.from_pairs(
            made.training.drugs.codes, [Interaction(*entry) for entry in facts["interactions"]]
        )
        arrays = load_file(path / "hypemed.safetensors")
        made.validation_probs = arrays.pop("validation_probs").numpy()
        made.model = made._fresh(_shapes(arrays)).to(made.device)
        made.model.load_state_dict(arrays)
        made.threshold = facts["threshold"]
        made.course = Course(facts["best_epoch"], facts["best_epoch"], facts["best_jaccard"], facts["log"])
        return made


def _shapes(arrays: Mapping[str, Tensor]) -> dict[str, Embeddings]:
    """Return embeddings of the right shapes; `load_state_dict` fills them."""
    return {kind: Embeddings(arrays[f"visit.{kind}.table.weight"], arrays[f"memory.{kind}"]) for kind in KINDS}


def _log_odds(cohort: Cohort) -> Tensor:
    """Return each drug's log-odds in the training visits, (n_drugs,), with one visit more of either kind."""
    count = np.bincount(cohort.drugs.indices, minlength=cohort.n_drugs)
    share = (count + 1) / (cohort.n_visits + 2)
    return torch.from_numpy(np.log(share / (1 - share))).float()


def _distances(cohort: Cohort, kind: Kind) -> Tensor:
    from humankind.systems.medication.encodings import tree_distances
    from humankind.systems.medication.ontology import paths

    return tree_distances(paths(cohort.sets(kind).codes))


def _check_vocabularies(cohort: Cohort, other: Cohort) -> None:
    for kind in KINDS:
        if cohort.sets(kind).codes != other.sets(kind).codes:
            raise DataError(
                f"the {kind} codes of two cohorts are numbered differently",
                found=f"{cohort.sets(kind).n_codes} and {other.sets(kind).n_codes} codes",
                expected="parts of one cohort, or visits aligned with the training vocabulary",
            )
