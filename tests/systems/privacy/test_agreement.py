"""Agreement of the offline judge with the labels of real model actions, thresholds chosen on the other model's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from humankind.spine.errors import DataError
from humankind.systems.privacy.agreement import Scored, agreement, choose_threshold, kappa, message_of, score_actions
from humankind.systems.privacy.cirl import ACTORS, Action, read_actions
from humankind.systems.privacy.evaluate import auroc
from humankind.systems.privacy.judging import OfflineJudge
from humankind.systems.privacy.norms import Norm
from humankind.systems.privacy.privacylens import read_cases


def test_kappa_and_auroc_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import cohen_kappa_score, roc_auc_score

    rng = np.random.default_rng(0)
    labels = rng.random(200) < 0.3
    scores = np.round(rng.random(200) + 0.3 * labels, 1)
    assert kappa(scores > 0.6, labels) == pytest.approx(cohen_kappa_score(scores > 0.6, labels))
    assert auroc(scores, labels) == pytest.approx(roc_auc_score(labels, scores))


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ('Thought: Ann is ill.\nAction: X\nAction Input: {"to": "a@b", "subject": "S", "body": "B"}', "S\nB"),
        ('Action Input: {"message": "two\nlines"}', "two\nlines"),
        ('Action Input: {"message": "broken', '{"message": "broken'),
        ("no action at all", "no action at all"),
    ],
)
def test_the_message_of_an_action(action: str, message: str) -> None:
    assert message_of(action) == message


def test_a_threshold_is_chosen_where_kappa_is_highest() -> None:
    scores = np.array([0.1, 0.3, 0.6, 0.8] * 5)
    scored = Scored(scores, scores > 0.5, np.arange(20))
    assert 0.3 < choose_threshold(scored) <= 0.6
    found = agreement({"one": scored, "other": Scored(scores, ~(scores > 0.5), np.arange(20))}, seed=0, n_resamples=100)
    assert found["one"]["auroc"]["value"] == 1
    assert found["other"]["auroc"]["value"] == 0


def test_actions_without_their_case_are_refused() -> None:
    with pytest.raises(DataError, match="no case"):
        score_actions([Action("main0", "x", ("y",), (True,))], {"main1": Norm()}, OfflineJudge())


@pytest.mark.data
def test_real_actions(data_home: Path) -> None:
    norms = {case.name: case.norm for case in read_cases(data_home / "privacylens")}
    scored = {actor: score_actions(read_actions(data_home / "cirl", actor), norms, OfflineJudge()) for actor in ACTORS}
    found = agreement(scored, seed=0, n_resamples=100)
    assert found["gpt4o_mini"]["auroc"]["value"] >= 0.95
    assert found["o1_mini"]["auroc"]["value"] >= 0.94
    assert found["gpt4o_mini"]["kappa, threshold of o1_mini"]["low"] > 0.7
    assert found["o1_mini"]["kappa, threshold of gpt4o_mini"]["low"] > 0.65
    # Labels that belong to other messages are not agreed with.
    rolled = Scored(scored["o1_mini"].scores, np.roll(scored["o1_mini"].labels, 500), scored["o1_mini"].case)
    assert auroc(rolled.scores, rolled.labels) == pytest.approx(0.5, abs=0.08)
