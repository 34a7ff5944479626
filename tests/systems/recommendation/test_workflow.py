"""What lies between the verbs and the model: splits on disk, models in run folders, what validation may see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from humankind.spine.errors import ConfigError, DataError, RunError
from humankind.spine.progress import SILENT
from humankind.spine.runs import Run
from humankind.systems.recommendation import telling, workflow
from humankind.systems.recommendation.config import SaDConfig
from humankind.systems.recommendation.data import Interactions, Log
from humankind.systems.recommendation.split import Split

SETTINGS = (
    "dense=als",
    "metric=recall",
    "als.embedding_dim=4",
    "als.epochs=3",
    "als.weight_decay=10",
    "slim.alpha=0.01",
)


@pytest.fixture
def config() -> SaDConfig:
    return SaDConfig.from_preset("tiny", SETTINGS)


@pytest.fixture
def split() -> Split:
    rng = np.random.default_rng(4)
    pairs = {
        (user, (user % 4) * 5 + int(item) if rng.random() < 0.8 else int(rng.integers(20)))
        for user in range(60)
        for item in rng.integers(5, size=8)
    }
    users, items = zip(*sorted(pairs))
    log = Log(Interactions.from_pairs([f"u{u}" for u in users], [f"i{i}" for i in items]), None, ("read in a hurry",))
    return workflow.split_log(log, "random", 0.25, 1)


def run_at(path: Path, config: SaDConfig, resume: bool = False):
    return Run.start(path, command="test", config=config, resume=resume)


def test_a_split_comes_back_from_disk(split: Split, tmp_path: Path) -> None:
    workflow.save_split(split, tmp_path / "s")
    again = workflow.load_split(tmp_path / "s")
    assert (again.train.matrix != split.train.matrix).nnz == 0
    assert (again.test != split.test).nnz == 0
    assert again.train.item_ids.tolist() == split.train.item_ids.tolist()


def test_notes_of_reading_stay_with_the_split(split: Split) -> None:
    assert split.notes[0] == "read in a hurry"


def test_a_split_of_unlike_parts_is_refused(split: Split, tmp_path: Path) -> None:
    workflow.save_split(split, tmp_path / "s")
    from scipy.sparse import save_npz

    save_npz(tmp_path / "s" / "test.npz", split.test[:, :5])
    with pytest.raises(DataError, match="do not belong together"):
        workflow.load_split(tmp_path / "s")


def test_a_trained_model_comes_back_equal_and_is_not_trained_twice(
    split: Split, config: SaDConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with run_at(tmp_path / "m", config) as run:
        model = workflow.train_in(run, config, split.train, SILENT)
    users = np.arange(split.train.n_users)
    loaded = workflow.load_model(tmp_path / "m")
    np.testing.assert_array_equal(loaded.score(users), model.score(users))
    assert not (tmp_path / "m" / "artifacts" / "stages").exists()

    monkeypatch.setattr(workflow.SaD, "fit", lambda *_, **__: pytest.fail("trained a second time"))
    with run_at(tmp_path / "m", config, resume=True) as run:
        again = workflow.train_in(run, config, split.train, SILENT)
    np.testing.assert_array_equal(again.score(users), model.score(users))
    assert sum(line["event"] == "chosen" for line in Run.read(tmp_path / "m").metrics()) == 1


def test_a_run_begun_on_other_data_is_not_continued(split: Split, config: SaDConfig, tmp_path: Path) -> None:
    with run_at(tmp_path / "m", config) as run:
        workflow.train_in(run, config, split.train, SILENT)
    other = split.train.with_matrix(split.train.matrix[::-1])
    with pytest.raises(RunError, match="other data"), run_at(tmp_path / "m", config, resume=True) as run:
        workflow.train_in(run, config, other, SILENT)


def test_test_data_have_no_say_in_what_is_chosen(split: Split, config: SaDConfig, tmp_path: Path) -> None:
    """With the test pairs shuffled among the users, beta, epochs and every weight stay what they were."""
    shuffled = split.test[np.random.default_rng(0).permutation(split.test.shape[0])]
    shuffled = shuffled - shuffled.multiply(split.train.matrix != 0)
    shuffled.eliminate_zeros()
    chosen, figures = [], []
    for name, test in (("true", split.test), ("shuffled", shuffled.tocsr())):
        with run_at(tmp_path / name, config) as run:
            result = workflow.run_in(run, config, Split(split.train, test), SILENT)
        chosen.append({key: result[key] for key in ("beta", "epochs", "semantic", "slim.alpha")})
        figures.append(result["test"]["SaD"]["recall@10"])
    assert chosen[0] == chosen[1]
    assert figures[0] > figures[1] + 0.1, "shuffled labels must measure worse, or the figures are not of the test data"


def test_held_out_pairs_are_found_by_id_whatever_the_numbering(split: Split, config: SaDConfig, tmp_path: Path) -> None:
    with run_at(tmp_path / "m", config) as run:
        model = workflow.train_in(run, config, split.train, SILENT)
    order = np.random.default_rng(2).permutation(split.train.n_items)
    renumbered = Split(split.train.select(np.arange(split.train.n_users), order), split.test[:, order].tocsr())
    workflow.save_split(renumbered, tmp_path / "s")
    found = workflow.held_out_for(model, tmp_path / "s", None, None, None)
    assert (found.test != split.test).nnz == 0


def test_options_without_effect_are_refused() -> None:
    workflow.refuse_options("data", split=None, threshold=None)
    with pytest.raises(ConfigError, match="option") as caught:
        workflow.refuse_options("data", split=None, threshold=0.0)
    assert caught.value.found == "--threshold"


def test_the_table_shows_each_model_once(split: Split, config: SaDConfig, tmp_path: Path) -> None:
    with run_at(tmp_path / "r", config) as run:
        result = workflow.run_in(run, config, split, SILENT)
    lines = telling.told_run(result).splitlines()
    for name, row in result["test"].items():
        told = [line for line in lines if line.startswith(f"{name:<14}")]
        assert len(told) == 1
        assert f"{row['ndcg@20']:.4f}" in told[0]


def test_one_measured_user_has_no_interval(split: Split, config: SaDConfig, tmp_path: Path) -> None:
    with run_at(tmp_path / "m", config) as run:
        model = workflow.train_in(run, config, split.train, SILENT)
    alone = split.test.tolil()
    alone[1:] = 0
    measured = workflow.measure(model, Split(split.train, alone.tocsr()), SILENT)
    assert measured["users"] == 1
    assert measured["figures"]["recall@10"][1:] == [None, None]
    assert "no interval" in telling.told_figures(measured)
