"""Training and keeping: same seed same model, resumed as uninterrupted, saved as loaded, pre-training that learns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from humankind.spine.errors import DataError, RunError
from humankind.systems.medication import train as training
from humankind.systems.medication.config import HypeMedConfig
from humankind.systems.medication.data import Cohort
from humankind.systems.medication.ddi import DDIGraph, Interaction
from humankind.systems.medication.encodings import tree_distances
from humankind.systems.medication.hypemed import NOTICE, HypeMed
from humankind.systems.medication.medrep import pretrain
from humankind.systems.medication.visits import hypergraph_of

SETTINGS = ["embedding_dim=8", "n_heads=2", "medrep.steps=4", "simmr.epochs=4", "simmr.n_neighbours=4"]
KINDS = ("diagnosis", "procedure", "drug")


@pytest.fixture(scope="module")
def parts(make_cohort: Callable[..., Cohort]) -> tuple[Cohort, Cohort]:
    return make_cohort(24, seed=0), make_cohort(8, seed=1, prefix="v")


def fitted(parts: tuple[Cohort, Cohort], seed: int = 0, folder: Path | None = None, *settings: str) -> HypeMed:
    cohort, validation = parts
    codes = cohort.drugs.codes
    ddi = DDIGraph.from_pairs(codes, [Interaction(codes[0], codes[1], "major", "made up")])
    distances = {kind: tree_distances([(code[0], code) for code in cohort.sets(kind).codes]) for kind in KINDS}
    config = HypeMedConfig.from_preset("tiny", [*SETTINGS, *settings], seed)
    return HypeMed(config, "cpu").fit(cohort, validation, ddi, distances, folder=folder)


def test_same_seed_same_model_other_seed_other_model(parts: tuple[Cohort, Cohort]) -> None:
    one, same, other = fitted(parts), fitted(parts), fitted(parts, seed=1)
    assert np.array_equal(one.predict(parts[1]), same.predict(parts[1]))
    assert not np.allclose(one.predict(parts[1]), other.predict(parts[1]))


class Killed(Exception):
    """Stands for a process that ends in the middle of a pass."""


@pytest.mark.parametrize("dies_in_pass", [1, 3])
def test_resumed_equals_uninterrupted(
    parts: tuple[Cohort, Cohort], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies_in_pass: int
) -> None:
    whole = fitted(parts, 0, tmp_path / "whole", "dropout=0.3").predict(parts[1])
    monkeypatch.setattr(training, "_KEEP_EVERY_S", -1.0)
    one_pass = training._one_pass

    def dying(model, cohort, interacts, optimiser, config, epoch):
        found = one_pass(model, cohort, interacts, optimiser, config, epoch)
        if epoch == dies_in_pass:
            raise Killed
        return found

    monkeypatch.setattr(training, "_one_pass", dying)
    with pytest.raises(Killed):
        fitted(parts, 0, tmp_path / "cut", "dropout=0.3")
    monkeypatch.setattr(training, "_one_pass", one_pass)
    resumed = fitted(parts, 0, tmp_path / "cut", "dropout=0.3")
    assert np.array_equal(resumed.predict(parts[1]), whole)
    assert [line["epoch"] for line in resumed.course.log] == [1, 2, 3, 4]


def test_saved_and_loaded(parts: tuple[Cohort, Cohort], tmp_path: Path) -> None:
    model = fitted(parts)
    loaded = HypeMed.load(model.save(tmp_path / "model"), "cpu")
    assert np.array_equal(loaded.predict(parts[1]), model.predict(parts[1]))
    assert loaded.recommend(parts[1], target_ddi=0.0) == model.recommend(parts[1], target_ddi=0.0)
    with pytest.raises(RunError, match="no HypeMed model"):
        HypeMed.load(tmp_path)


def test_a_recommendation_says_what_it_rests_on(parts: tuple[Cohort, Cohort]) -> None:
    model = fitted(parts, 0, None, "threshold=0.2")
    found = model.recommend(parts[1])
    assert len(found) == parts[1].n_visits
    names = set(parts[0].patient_ids)
    for visit in found:
        probabilities = [drug.probability for drug in visit.drugs]
        assert probabilities == sorted(probabilities, reverse=True)
        assert all(p >= 0.2 for p in probabilities)
        assert sum(n.weight for n in visit.neighbours) == pytest.approx(1, abs=1e-5)
        assert {n.patient_id for n in visit.neighbours} <= names
        assert sum(visit.gate) == pytest.approx(1, abs=1e-5)
        assert visit.notice == NOTICE
    pair = set(parts[0].drugs.codes[:2])
    with_pair = [v for v in found if pair <= {d.code for d in v.drugs}]
    assert with_pair
    assert all(v.interactions[0].severity == "major" for v in with_pair)
    for visit in model.recommend(parts[1], target_ddi=0.0):
        assert not visit.interactions


def test_it_learns(make_cohort: Callable[..., Cohort]) -> None:
    cohort, validation = make_cohort(150, seed=0), make_cohort(40, seed=1, prefix="v")
    model = fitted((cohort, validation), 0, None, "embedding_dim=16", "simmr.epochs=25", "dropout=0.1")
    test = make_cohort(40, seed=2, prefix="t")
    given = test.drugs.matrix().toarray() > 0
    share = cohort.drugs.matrix().toarray().mean(0)

    def jaccard(chosen: np.ndarray) -> float:
        return float(((chosen & given).sum(1) / (chosen | given).sum(1)).mean())

    popular = max(jaccard(np.tile(share >= cut, (test.n_visits, 1))) for cut in np.linspace(0.05, 0.6, 12))
    assert jaccard(model.choose(model.predict(test))) > popular + 0.1


def test_pretraining_brings_views_of_a_code_together(parts: tuple[Cohort, Cohort]) -> None:
    graph = hypergraph_of(parts[0], "diagnosis")
    config = HypeMedConfig.from_preset("tiny", ["embedding_dim=32", "medrep.steps=150", "medrep.learning_rate=0.005"])
    made = pretrain(graph, None, config, seed=0)
    assert np.mean(made.losses[-10:]) < np.mean(made.losses[:10]) - 0.7


def test_knowledge_draws_siblings_together_and_shuffled_names_do_not() -> None:
    """Codes of one category lie nearer to one another than to others, as far as the tree says so."""
    from humankind.systems.medication.hypergraph import Hypergraph

    generator = torch.Generator().manual_seed(0)
    nodes = torch.arange(24).repeat(10)
    edges = torch.randint(0, 60, (240,), generator=generator)
    pairs = torch.unique(torch.stack([nodes, edges], 1), dim=0)
    graph = Hypergraph(pairs[:, 0], pairs[:, 1], 24, 60)
    family = torch.arange(24) // 4
    config = HypeMedConfig.from_preset("tiny", ["embedding_dim=16", "medrep.steps=60", "dropout=0"])

    def nearness(order: torch.Tensor | None) -> float:
        tree = [("T", str(int(family[i])), str(i)) for i in (range(24) if order is None else order.tolist())]
        vectors = torch.nn.functional.normalize(pretrain(graph, tree_distances(tree), config, seed=0).nodes, dim=1)
        cosine = vectors @ vectors.T
        same = family[:, None] == family[None, :]
        same.fill_diagonal_(False)
        different = family[:, None] != family[None, :]
        return (cosine[same].mean() - cosine[different].mean()).item()

    assert nearness(None) > 0.1
    assert nearness(None) > nearness(torch.randperm(24, generator=generator)) + 0.1


def test_other_vocabularies_are_refused(parts: tuple[Cohort, Cohort], make_cohort: Callable[..., Cohort]) -> None:
    model = fitted(parts)
    other = make_cohort(2, seed=5, prefix="x")
    shorter = other.with_sets(drugs=other.drugs.recoded(other.drugs.codes[:-1], np.r_[: other.n_drugs - 1, -1]))
    with pytest.raises(DataError, match="numbered differently"):
        model.predict(shorter)
