"""From planted measurements to verdicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from humankind.spine.evidence import NOT_SUPPORTED, SUPPORTED
from humankind.systems.medication import exhibits, findings
from humankind.systems.medication.card import CARD
from humankind.systems.medication.experiments import HELD, LABELS, PRESCRIBED, SAFE, TARGETS, Measured
from humankind.systems.medication.findings import Bench
from humankind.systems.medication.tuned import NAMES
from humankind.systems.medication.variants import ABLATIONS, FULL

N = 120


@dataclass
class PlantedLab:
    """A lab in which every method has the accuracy and the interaction rate that it is given."""

    jaccard: dict[str, float]
    rates: dict[str, float]
    seed: int = 0
    near: dict[str, float] = field(default_factory=lambda: {FULL: 0.9, "no-knowledge": 0.0})
    wrong: float = 0.02
    held: dict[str, float] = field(default_factory=dict)

    @property
    def config(self) -> Any:
        return SimpleNamespace(seed=self.seed)

    @property
    def parts(self) -> Any:
        return SimpleNamespace(name="planted")

    scale = "planted"

    def measured(self, method: str) -> Measured:
        noise = np.random.default_rng((self.seed, sorted(LABELS).index(method))).normal(0, 0.02, N)
        value = self.jaccard.get(method, 0.3) + noise
        rate = self.rates.get(method, 0.12)
        pairs = np.full(N, 50.0)
        figures = {
            **dict.fromkeys(("jaccard", "f1", "prauc"), value),
            HELD: self.held.get(method, 0.2) + noise,
            "ddi_rate": rate + noise / 4,
            "n_drugs": np.full(N, 9.0),
            "interacting": pairs * (rate + noise / 4),
            "pairs": pairs,
        }
        sweep = [dict.fromkeys(("pooled", "ddi_rate", "jaccard", "n_drugs"), t) | {"target": t} for t in TARGETS]
        return Measured(figures, {"seconds": 1.0, "sweep": sweep, "nearness": self.near.get(method, 0.0)})

    def shuffled_nearness(self) -> float:
        return self.wrong


def bench(jaccard: dict[str, float], rates: dict[str, float] | None = None, **more: Any) -> Bench:
    lab = PlantedLab(jaccard, {SAFE: 0.05} if rates is None else rates, **more)
    return Bench((cast(Any, lab),), "tiny")


def test_better_than_all_but_one_is_not_better() -> None:
    assert findings.accuracy(bench({FULL: 0.4})).verdict == SUPPORTED
    for rival in NAMES:
        found = findings.accuracy(bench({FULL: 0.4, rival: 0.41}))
        assert found.verdict == NOT_SUPPORTED
        assert rival in found.note
        assert len(found.figures) == 6
        assert rival in found.figures[0].label


def test_interactions_are_judged_by_both_averages_and_against_the_prescriptions() -> None:
    assert findings.interactions(bench({})).verdict == SUPPORTED
    for other in (*NAMES, PRESCRIBED):
        assert findings.interactions(bench({}, {SAFE: 0.05, other: 0.03})).verdict == NOT_SUPPORTED


def test_a_low_rate_that_pruning_a_baseline_gives_as_well_is_no_merit() -> None:
    for rival in NAMES:
        found = findings.interactions(bench({}, held={rival: 0.31}))
        assert found.verdict == NOT_SUPPORTED
        assert found.figures[-1].value == pytest.approx(-0.01, abs=0.01)
        assert rival in found.figures[-1].label


def test_the_pooled_difference_is_that_of_the_sums() -> None:
    made = bench({}, {SAFE: 0.05, PRESCRIBED: 0.12})
    figure = made.pooled_difference(SAFE, PRESCRIBED)
    sums = [made.values(m, "interacting").sum() / made.values(m, "pairs").sum() for m in (SAFE, PRESCRIBED)]
    assert figure.value == pytest.approx(sums[0] - sums[1])
    assert figure.low < figure.value < figure.high < 0


@pytest.mark.parametrize("variant", [name for name in ABLATIONS if name != FULL])
def test_a_contest_needs_every_interval_above_zero(variant: str) -> None:
    def verdict(value: float) -> str:
        made = bench({FULL: 0.4, variant: value})
        return findings.contest("retrieval-helps", made, (variant,), ("jaccard", "prauc"), "").verdict

    assert verdict(0.35) == SUPPORTED
    assert verdict(0.4) == NOT_SUPPORTED
    assert verdict(0.45) == NOT_SUPPORTED


def test_knowledge_needs_siblings_that_shuffled_names_do_not_bring_together() -> None:
    better = {FULL: 0.4, "no-knowledge": 0.35}
    assert findings.knowledge(bench(better)).verdict == SUPPORTED
    assert findings.knowledge(bench(better, wrong=0.95)).verdict == NOT_SUPPORTED
    assert findings.knowledge(bench({FULL: 0.4, "no-knowledge": 0.4})).verdict == NOT_SUPPORTED
    apart = bench(better, near={FULL: -0.1, "no-knowledge": -0.3}, wrong=-0.2)
    assert findings.knowledge(apart).verdict == NOT_SUPPORTED, "siblings farther apart than others"


def test_patients_of_several_seeds_stand_together() -> None:
    labs = tuple(cast(Any, PlantedLab({FULL: value}, {}, seed)) for seed, value in enumerate((0.2, 0.4)))
    both = Bench(labs, "small")
    assert len(both.values(FULL, "jaccard")) == 2 * N
    assert both.figure(FULL, "jaccard").value == pytest.approx(0.3, abs=0.01)


def test_tables_and_charts_name_every_method_once() -> None:
    made = bench({FULL: 0.4})
    table = exhibits.method_table(made)
    assert sorted(str(row[0]) for row in table.rows) == sorted(LABELS.values())
    assert [row[0] for row in exhibits.sweep_table(made).rows] == list(TARGETS)
    chart = exhibits.method_chart(made)
    assert len(chart.series[0].x) == len(LABELS) - 1
    assert chart.y_label == "Jaccard"
    assert len({row[0] for row in exhibits.difference_table(made).rows}) == len(NAMES) + len(ABLATIONS) - 1
    safety = {str(row[0]): row for row in exhibits.safety_table(made).rows}
    assert set(safety) == {LABELS[name] for name in (PRESCRIBED, *NAMES)}
    assert all(row[2] < row[1] < row[3] < 0 for row in safety.values())
    lead = exhibits.lead_table([(0.0, made), (0.8, made)])
    assert [row[0] for row in lead.rows] == [0.0, 0.8]


def test_a_lead_that_widens_is_told_from_one_that_does_not() -> None:
    narrow, wide = bench({FULL: 0.32}), bench({FULL: 0.35}, seed=1)
    gain = findings.widening(narrow, wide)
    assert gain.value == pytest.approx(0.03, abs=0.01)
    assert 0 < gain.low < gain.value < gain.high
    assert findings.widening(wide, narrow).high < 0
    same = findings.widening(narrow, bench({FULL: 0.32}, seed=1))
    assert same.low < 0 < same.high


def test_every_claim_of_the_card_is_judged() -> None:
    makers: list[Callable[[Bench], Any]] = [findings.accuracy, findings.interactions, findings.knowledge]
    judged = {make(bench({})).claim for make in makers} | {
        "hyperedges-over-pairs",
        "pretraining-helps",
        "retrieval-helps",
    }
    assert judged == {claim.id for claim in CARD.claims}
