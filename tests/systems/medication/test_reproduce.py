"""The experiment as a whole on very few visits, and going on with what was kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from humankind.spine.progress import SILENT
from humankind.systems.medication import reproduce as experiment
from humankind.systems.medication.card import CARD
from humankind.systems.medication.config import HypeMedConfig
from humankind.systems.medication.hypemed import HypeMed
from humankind.systems.medication.tuned import NAMES

LITTLE: dict[str, Any] = {
    "embedding_dim": 8,
    "medrep": {"steps": 2},
    "simmr": {"epochs": 2},
    "recurrent": {"embedding_dim": 8, "epochs": 2},
}


class Notebook:
    """Keeps what is logged."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def log(self, **line: Any) -> None:
        self.lines.append(line)


def test_every_claim_is_answered_and_a_second_run_trains_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(HypeMedConfig.presets, "tiny", LITTLE)
    monkeypatch.setitem(experiment.SCALES, "tiny", experiment.Scale(120, 1, (0.8,)))
    notebook: Any = Notebook()
    evidence = experiment.reproduce(notebook, tmp_path, "tiny", 0, SILENT)
    assert [finding.claim for finding in evidence.findings] == [claim.id for claim in CARD.claims]
    assert {line["method"] for line in notebook.lines} == set(experiment.METHODS)
    assert set(NAMES) < set(experiment.METHODS)
    assert len(evidence.tables) == 5
    assert all(figure.low is not None for finding in evidence.findings for figure in finding.figures)

    def refuse(*words: Any, **more: Any) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(HypeMed, "fit", refuse)
    monkeypatch.setattr(HypeMed, "pretrain", refuse)
    again: Any = Notebook()
    assert experiment.reproduce(again, tmp_path, "tiny", 0, SILENT) == evidence
