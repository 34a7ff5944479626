"""A training that is killed and resumed leaves the same weights as one that was not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from humankind.spine.progress import SILENT
from humankind.spine.runs import DONE, Run
from humankind.systems.medication import keeping
from humankind.systems.medication import reproduce as experiment
from humankind.systems.medication.config import HypeMedConfig
from humankind.systems.medication.data import Cohort
from humankind.systems.medication.variants import FULL
from humankind.testing.commands import done, in_process, kill_when

SETTINGS = ("embedding_dim=16", "medrep.steps=20", "simmr.epochs=8", "simmr.batch_size=4")


@pytest.mark.parametrize("kinds_done", [1, 3])
def test_killed_and_resumed_gives_the_same_weights(
    tmp_path: Path, make_cohort: Callable[..., Cohort], kinds_done: int
) -> None:
    """SIGKILL after the first of three hypergraphs, and after all of them while stage 2 is at work."""
    make_cohort(120, seed=0).save(tmp_path / "cohort")
    words = ["medication", "train", tmp_path / "cohort", "--ddi", "none", "--preset", "tiny", "--seed", "5"]
    words += [word for setting in SETTINGS for word in ("--set", setting)]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    done(*words, "--out", whole)

    def ready() -> bool:
        return len(list(killed.glob("artifacts/stages/medrep/*/training.json"))) >= kinds_done

    assert kill_when(in_process(*words, "--out", killed), ready), "training ended before it was killed"
    assert Run.read(killed).status != DONE
    assert not (killed / "artifacts" / "model").exists()
    done(*words, "--out", killed, "--resume")
    for name in ("hypemed.safetensors", "hypemed.json", "patients.json"):
        one, other = (folder / "artifacts" / "model" / name for folder in (whole, killed))
        assert one.read_bytes() == other.read_bytes(), name


def test_an_experiment_cut_off_while_it_saves_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    little = {"embedding_dim": 8, "medrep": {"steps": 2}, "simmr": {"epochs": 2}}
    monkeypatch.setitem(HypeMedConfig.presets, "tiny", little)

    def cut_off(*words: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(keeping, "save_file", cut_off)
        with pytest.raises(KeyboardInterrupt):
            experiment.simulated_lab(tmp_path, "tiny", 120, 0, None, SILENT).measured(FULL)
    measured = experiment.simulated_lab(tmp_path, "tiny", 120, 0, None, SILENT).measured(FULL)
    (model,) = tmp_path.glob(f"*/models/{FULL}/hypemed.json")
    assert json.loads(model.read_text())["best_epoch"] == measured.facts["epoch"]
