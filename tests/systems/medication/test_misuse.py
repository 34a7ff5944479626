"""HypeMed asked for what it cannot do: each is refused with what to do instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from humankind.spine.errors import ConfigError, DataError, RunError
from humankind.systems.medication.config import HypeMedConfig
from humankind.systems.medication.data import Cohort, Visit
from humankind.systems.medication.ddi import DDIGraph
from humankind.systems.medication.hypemed import HypeMed

BRIEF = HypeMedConfig.from_preset(
    "tiny", ("embedding_dim=8", "n_heads=2", "medrep.steps=2", "simmr.epochs=1", "simmr.n_neighbours=3")
)
VISITS = [Visit(diagnoses=("ICD9CM:100",))]


def fitted(train: Cohort, validation: Cohort, folder: Path | None = None) -> HypeMed:
    return HypeMed(BRIEF, "cpu").fit(train, validation, DDIGraph.from_pairs(train.drugs.codes, ()), folder=folder)


@pytest.mark.parametrize(
    "ask",
    [
        lambda model, folder: model.predict(VISITS),
        lambda model, folder: model.recommend(VISITS),
        lambda model, folder: model.aligned(VISITS),
        lambda model, folder: model.choose([[0.5]]),
        lambda model, folder: model.save(folder),
    ],
)
def test_before_fit(ask: Callable[[HypeMed, Path], object], tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not learned") as caught:
        ask(HypeMed(BRIEF, "cpu"), tmp_path / "model")
    assert "fit(" in str(caught.value.remedy)
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("target", [-0.1, 1.1, 6.0, float("nan")])
def test_a_target_that_is_no_share(make_cohort: Callable[..., Cohort], target: float) -> None:
    model = fitted(make_cohort(8, 0), make_cohort(4, 1, "v"))
    assert model.recommend(VISITS, target_ddi=0.5)
    with pytest.raises(ConfigError, match="no share"):
        model.recommend(VISITS, target_ddi=target)


def test_validation_patients_who_are_trained_on(make_cohort: Callable[..., Cohort]) -> None:
    with pytest.raises(DataError, match="in two parts"):
        fitted(make_cohort(8, 0), make_cohort(4, 1))


def test_checkpoints_of_other_patients_are_not_gone_on_from(make_cohort: Callable[..., Cohort], tmp_path: Path) -> None:
    validation = make_cohort(4, 1, "v")
    fitted(make_cohort(8, 0), validation, tmp_path)
    fitted(make_cohort(8, 0), validation, tmp_path)
    with pytest.raises(RunError, match="other cohorts"):
        fitted(make_cohort(8, 2), validation, tmp_path)
