"""Three seeds of 2,000 simulated visits at preset `small`: what conjunctions and targets do. Minutes long."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from humankind.spine.progress import SILENT
from humankind.systems.medication.experiments import PRESCRIBED, TARGETS
from humankind.systems.medication.findings import RIVAL, TOLERANCE, Bench, sweep, widening
from humankind.systems.medication.reproduce import simulated_lab
from humankind.systems.medication.variants import FULL

SEEDS = (0, 1, 2)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where measurements of this module stay, so that none is made twice."""
    return tmp_path_factory.mktemp("labs")


def bench(kept: Path, share: float) -> Bench:
    """Return the three seeds with so many conjunctions among the rules."""
    return Bench(tuple(simulated_lab(kept, "small", 2_000, seed, share, SILENT) for seed in SEEDS), "small")


def test_more_conjunctions_widen_the_lead_over_logistic_regression(kept: Path) -> None:
    plain, rich = bench(kept, 0.0), bench(kept, 0.8)
    for one in (plain, rich):
        lead = one.difference(FULL, RIVAL, "jaccard")
        assert lead.low is not None
        assert lead.low > 0
    gain = widening(plain, rich)
    assert gain.low is not None
    assert gain.low > 0


@pytest.mark.parametrize("share", [0.0, 0.8])
def test_rates_follow_their_targets_and_cost_accuracy(kept: Path, share: float) -> None:
    """Each seed's penalty rests on some 200 validation visits: single rates get half as much leeway again."""
    whole = bench(kept, share)
    for lab in whole.labs:
        rows = lab.measured(FULL).facts["sweep"]
        assert [row["target"] for row in rows] == list(TARGETS)
        assert all(abs(row["pooled"] - row["target"]) <= 1.5 * TOLERANCE for row in rows)
        assert all(a["pooled"] < b["pooled"] and a["jaccard"] < b["jaccard"] for a, b in pairwise(rows))
        given = lab.measured(PRESCRIBED).figures
        assert given["interacting"].sum() / given["pairs"].sum() > TARGETS[-1] + TOLERANCE  # all targets mean work
    assert all(abs(row["pooled"] - row["target"]) <= TOLERANCE for row in sweep(whole))
