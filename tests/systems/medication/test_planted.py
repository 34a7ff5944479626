"""On simulated visits, where the truth is known: what is learned, what a target does, how baselines are tuned."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from humankind.spine.progress import SILENT
from humankind.systems.medication import medrep, tuned
from humankind.systems.medication.config import HypeMedConfig, RecurrentSection
from humankind.systems.medication.ddi_target import pooled_rate
from humankind.systems.medication.encoder import place_of
from humankind.systems.medication.encodings import tree_distances
from humankind.systems.medication.hypemed import HypeMed
from humankind.systems.medication.metrics import visit_figures
from humankind.systems.medication.ontology import paths
from humankind.systems.medication.recurrent import Recurrent
from humankind.systems.medication.simulate import Simulation, SimulationConfig, simulate
from humankind.systems.medication.split import split_by_patient
from humankind.systems.medication.visits import hypergraph_of


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(SimulationConfig(n_visits=900), seed=5)


@pytest.fixture(scope="module")
def parts(simulation: Simulation):
    return split_by_patient(simulation.cohort, (0.5, 0.25, 0.25), seed=5)


def test_two_views_of_a_visit_are_told_from_other_visits(simulation: Simulation) -> None:
    """By its codes alone, a visit in one view is nearer to itself in another one than to nine of ten other visits."""
    config = HypeMedConfig.from_preset("tiny", ["embedding_dim=32"])
    graph = hypergraph_of(simulation.cohort, "diagnosis")
    place = place_of(graph, 32, tree_distances(paths(simulation.cohort.diagnoses.codes)))

    def auc(steps: int) -> float:
        torch.manual_seed(0)
        model = medrep._Model(graph, place, config)
        medrep._train(model, graph, config.medrep.model_copy(update={"steps": steps}), 0, None, SILENT)
        model.eval()
        # A visit's own row in the table is the same in both views: it alone would tell them, untrained too.
        model.encoder.edges.weight.data.zero_()
        generator = torch.Generator().manual_seed(1)
        with torch.no_grad():
            views = [graph.thinned(0.4, generator) for _ in range(2)]
            one, two = (F.normalize(model.edge_head(model.encoder(v.with_loops())[1]), dim=1) for v in views)
        kept = torch.nonzero((views[0].sizes > 0) & (views[1].sizes > 0)).squeeze(1)
        cosine = one[kept] @ two[kept].T
        own = cosine.diagonal().unsqueeze(1)
        return ((own > cosine).sum(1) / (len(kept) - 1)).mean().item()

    before, after = auc(0), auc(60)
    assert after > 0.9
    assert after > before + 0.02


def test_a_target_for_interacting_pairs_is_kept_on_new_patients(simulation: Simulation, parts) -> None:
    train, validation, test = parts
    config = HypeMedConfig.from_preset("tiny", ["medrep.structure=none", "simmr.epochs=8", "embedding_dim=32"])
    model = HypeMed(config, "cpu").fit(train, validation, simulation.ddi)
    probs = model.predict(test)
    targets = (0.0, 0.02, 0.06, 0.10)
    rates = [pooled_rate(model.choose(probs, target), model.interacts) for target in targets]
    assert rates == sorted(rates)
    assert rates[0] == 0
    assert all(rate <= target + 0.01 for rate, target in zip(rates, targets))
    free = pooled_rate(model.choose(probs), model.interacts)
    truth = simulation.ddi.pooled_rate(test.drugs)
    assert free > rates[-1]
    assert abs(free - truth) < 0.05


@pytest.mark.parametrize("name", ["logistic regression", "nearest visits"])
def test_a_baseline_takes_the_setting_that_validation_likes_best(simulation: Simulation, parts, name: str) -> None:
    train, validation, _ = parts

    def reached(model, threshold: float) -> float:
        scores = model.scores(validation)
        return float(visit_figures(validation.drugs, scores, scores >= threshold, simulation.ddi).jaccard.mean())

    best = tuned.tuned(name, train, validation, simulation.ddi, RecurrentSection(), 0)
    for told, make in tuned._GRIDS[name]:
        model = make().fit(train)
        for threshold in (0.1, 0.2, 0.3, 0.4, 0.5):
            # Thresholds are chosen by the mean over patients, settings by the mean over visits.
            assert reached(best.model, best.threshold) >= reached(model, threshold) - 0.01, (told, threshold)


def test_networks_start_at_the_base_rates_and_do_not_collapse(simulation: Simulation, parts) -> None:
    """With a target far below the data's rate, the share of the prediction in the loss goes to nothing."""
    train, validation, _ = parts
    settings = RecurrentSection(epochs=15, learning_rate=3e-3)
    network = Recurrent("gamenet", simulation.ddi, settings).fit(train, validation)
    assert network.target == simulation.ddi.pooled_rate(train.drugs)
    assert network.best_epoch > 3
    fresh = Recurrent("safedrug", simulation.ddi, settings)._fresh(train, torch.zeros(train.n_drugs, train.n_drugs))
    share = (np.bincount(train.drugs.indices, minlength=train.n_drugs) + 1) / (train.n_visits + 2)
    np.testing.assert_allclose(fresh.last.bias.detach().sigmoid().numpy(), share, rtol=1e-4)
