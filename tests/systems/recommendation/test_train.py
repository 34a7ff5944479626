"""Training: what validation may see and decide, the order of the stages, and going on after a kill at any moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from humankind.spine.errors import DataError, RunError
from humankind.spine.progress import Progress
from humankind.systems.recommendation import fitting
from humankind.systems.recommendation.align import inject, semantic_pairs, structural_signal
from humankind.systems.recommendation.config import GRIDS, SaDConfig
from humankind.systems.recommendation.data import Interactions, id_array
from humankind.systems.recommendation.dense import make_dense
from humankind.systems.recommendation.evaluate import evaluate
from humankind.systems.recommendation.itemitem import ItemItem
from humankind.systems.recommendation.sad import SaD
from humankind.systems.recommendation.simulate import simulate
from humankind.systems.recommendation.split import Split, random_per_user
from humankind.systems.recommendation.store import Store
from humankind.systems.recommendation.train import train
from humankind.systems.recommendation.validation import EarlyStopping, Validation, carve, climb, mean_epochs

QUICK = SaDConfig.checked(
    {
        "slim": {"alpha": 0.01, "n_neighbors": 40},
        "mf": {"embedding_dim": 8, "epochs": 10, "weight_decay": 0.2},
        "als": {"embedding_dim": 8, "weight_decay": 20.0},
        "lightgcn": {"embedding_dim": 8, "epochs": 8, "batch_size": 2048},
        "semantic": (2, 5),
        "held_out_pairs": 400,
    }
)


@pytest.fixture(scope="module")
def split() -> Split:
    log, _ = simulate(300, 80, 4_500, 0)
    return random_per_user(log, 0.2, seed=0)


@pytest.fixture(scope="module")
def X(split) -> csr_matrix:
    return split.train.matrix


def scores(model: SaD) -> np.ndarray:
    return model.score(np.arange(model.log.n_users))


# -- parts -------------------------------------------------------------------------------------------------


def test_parts_are_cut_from_the_training_data_without_overlap(X):
    parts = carve(X, QUICK.replaced("held_out_pairs", 1_000_000))
    assert len(parts) == 5
    for part in parts:
        assert ((part.X + part.held_out) != X).nnz == 0
        assert part.X.multiply(part.held_out).nnz == 0
        assert part.held_out.nnz == pytest.approx(0.1 * X.nnz, rel=0.15)
    assert len({part.held_out.indices.tobytes() for part in parts}) == 5


def test_no_more_parts_than_it_takes(X):
    one = carve(X, QUICK.replaced("held_out_pairs", 1))
    assert len(one) == 1
    n = one[0].held_out.nnz
    assert len(carve(X, QUICK.replaced("held_out_pairs", n))) == 1
    assert len(carve(X, QUICK.replaced("held_out_pairs", int(1.5 * n)))) == 2


def test_seeds_give_other_parts(X):
    one, other = (carve(X, QUICK.replaced("seed", seed).replaced("held_out_pairs", 1_000_000)) for seed in (0, 1))
    drawn = [part.held_out.indices.tobytes() for part in one + other]
    assert len(set(drawn)) == len(drawn)


SINGLES = csr_matrix(np.eye(6, 4, dtype=np.float32) + np.eye(6, 4, -4, dtype=np.float32))  # an item each


@pytest.mark.parametrize("dense", ["mf", "als", "lightgcn"])
def test_histories_too_short_to_hold_anything_out_are_refused_with_the_open_settings(dense):
    log = Interactions(SINGLES, id_array(list("abcdef")), id_array(list("wxyz")))
    with pytest.raises(DataError, match="no pair could be held out") as refused:
        SaD(dense=dense).fit(log)
    assert "slim.alpha" in str(refused.value.found)
    assert "beta" in str(refused.value.found)


def test_they_can_be_trained_on_where_nothing_is_left_to_choose():
    log = Interactions(SINGLES, id_array(list("abcdef")), id_array(list("wxyz")))
    model = SaD(QUICK.replaced("beta", 1.0)).fit(log)
    assert model.views.dense.epochs_done == QUICK.mf.epochs  # nothing could end it
    assert np.isfinite(scores(model)).all()


def test_carvings_that_hold_nothing_out_judge_nothing():
    """One person with two items: a carving of a tenth holds one of them out now and then."""
    X = SINGLES.tolil()
    X[0, 1] = 1
    counts = set()
    for seed in range(20):
        parts = carve(csr_matrix(X, dtype=np.float32), QUICK.replaced("seed", seed))
        counts.add((len(parts), all(part.held_out.nnz for part in parts)))
    assert {full for n, full in counts if n > 1} == {True}
    assert counts & {(2, True), (3, True)}
    assert len(carve(SINGLES, QUICK)) == 1


def test_an_empty_validation_set_is_refused(split, X):
    with pytest.raises(DataError, match="no pair could be held out"):
        SaD(QUICK).fit(split.train, validation=csr_matrix(X.shape, dtype=np.float32))


# -- choosing ----------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=9, unique=True), st.data())
def test_climbing_finds_the_peak_of_a_hill(values, data):
    peak = data.draw(st.integers(0, len(values) - 1))
    rising, falling = sorted(values)[:peak], sorted(values)[peak:][::-1]
    hill = rising + falling
    tried = []

    def attempt(place: float) -> tuple[float, str]:
        tried.append(place)
        return hill[int(place)], f"at {place}"

    assert climb(range(len(hill)), attempt) == f"at {int(np.argmax(hill))}"
    assert len(tried) == len(set(tried))


def test_mean_epochs(X):
    stoppers = []
    for best in (4, None, 8, 7):
        stopper = EarlyStopping(Validation(X, X, QUICK), QUICK)
        stopper.best_epoch = best
        stoppers.append(stopper)
    assert mean_epochs(stoppers) == 6
    assert mean_epochs(stoppers[1:2]) is None


class Scripted:
    """A model whose metric is known beforehand and whose state changes in place."""

    def __init__(self) -> None:
        self.table = np.zeros(2)

    def state(self) -> dict[str, np.ndarray]:
        return {"table": self.table}


def watch(values: list[float], patience: int, every: int) -> tuple[EarlyStopping, int]:
    """Return the stopper after a training whose checks give `values`, and the last epoch."""
    config = QUICK.replaced("patience", patience).replaced("check_every", every)
    model, left = Scripted(), iter(values)

    class Told:
        users = np.arange(1)

        def metric(self, model) -> float:
            return next(left)

    stopper = EarlyStopping(Told(), config)
    for epoch in range(1, every * len(values) + 1):
        model.table += 1.0
        if stopper.check(model, epoch):
            return stopper, epoch
    return stopper, epoch


def test_training_ends_after_the_patience_and_keeps_the_best_state():
    stopper, last = watch([0.1, 0.3, 0.2, 0.25, 0.2, 0.9], patience=3, every=2)
    assert stopper.stopped
    assert last == 10
    assert stopper.best_epoch == 4
    assert stopper.best_state["table"].tolist() == [4.0, 4.0]
    assert stopper.curve == [(2, 0.1), (4, 0.3), (6, 0.2), (8, 0.25), (10, 0.2)]


def test_equal_figures_count_as_no_improvement():
    stopper, last = watch([0.2, 0.2, 0.2, 0.2], patience=2, every=1)
    assert (stopper.best_epoch, last, stopper.stopped) == (1, 3, True)


def test_a_stopper_goes_on_from_what_it_kept():
    half, _ = watch([0.1, 0.3, 0.2], patience=3, every=1)
    saved = half.state() | {f"best.{name}": table for name, table in half.best_state.items()}
    resumed = EarlyStopping(half.validation, half.config)
    resumed.restore(saved)
    assert resumed.curve == half.curve
    assert (resumed.best_epoch, resumed.stopped, resumed.best) == (2, False, 0.3)
    assert resumed.best_state["table"].tolist() == [2.0, 2.0]


class Tuned:
    """A dense view that is the truth plus noise; how much noise hangs on the weight decay alone."""

    def __init__(self, truth: np.ndarray, weight_decay: float, fits: list[float]) -> None:
        self.truth, self.weight_decay, self.fits = truth, weight_decay, fits

    def fit(self, X, extra_pairs=None):
        self.fits.append(self.weight_decay)
        return self

    def score(self, users):
        distance = abs(np.log(self.weight_decay / 0.08))
        noise = np.random.default_rng(0).normal(size=self.truth.shape)
        return (self.truth + 3 * distance * noise)[users].astype(np.float32)


@pytest.mark.parametrize("beta", ["auto", 1e-3])
def test_weight_decay_is_chosen_on_validation_whether_beta_is_given_or_not(split, X, beta):
    """The best value of the grid, .08, is not its middle: it is only found if the trials are judged."""
    truth = split.test.toarray() + X.toarray()
    config = QUICK.replaced("mf.weight_decay", "auto").replaced("beta", beta).replaced("semantic", (0, 0))
    assert GRIDS["mf.weight_decay"][len(GRIDS["mf.weight_decay"]) // 2] != 0.08
    fits: list[float] = []
    _, choice = train(X, config, lambda c: Tuned(truth, c.mf.weight_decay, fits))
    assert choice.config.mf.weight_decay == 0.08
    assert fits[-1] == 0.08  # the fit on everything


class Knowing:
    """A dense view that knows what is held out, so that injecting its best pairs helps a blind sparse view."""

    def __init__(self, truth: np.ndarray) -> None:
        self.truth = truth

    def fit(self, X, extra_pairs=None):
        return self

    def score(self, users):
        return self.truth[users].astype(np.float32)


def test_semantic_pairs_are_chosen_on_validation_where_beta_is_given():
    """Under so large a beta the dense view counts only through what it injects, and the data alone are noise."""
    rng = np.random.default_rng(0)
    tastes, taste_of = rng.integers(4, size=80), rng.integers(4, size=300)
    truth = (tastes[None] == taste_of[:, None]) + 0.01 * rng.random((300, 80))
    held_out = (truth > 1) & (rng.random(truth.shape) < 0.3)
    noise = (rng.random(truth.shape) < 0.05) & ~held_out
    config = QUICK.replaced("semantic", "auto").replaced("beta", 1e4).replaced("structural_users", 0)
    X, validation = (csr_matrix(pairs.astype(np.float32)) for pairs in (noise, held_out))
    _, choice = train(X, config, lambda c: Knowing(truth), validation=validation)
    assert choice.config.semantic != (0, 0)


def test_an_open_penalty_is_no_worse_on_validation_than_its_neighbours_in_the_grid(X):
    config = QUICK.replaced("slim.alpha", "auto")
    _, choice = train(X, config, lambda c: make_dense(c, "cpu"))
    grid = GRIDS["slim.alpha"]
    parts = carve(X, config)

    def figure(alpha: float) -> float:
        trial = config.replaced("slim.alpha", alpha)
        views = [ItemItem("fsslim", trial).fit(part.X) for part in parts]
        return float(np.mean([Validation(p.X, p.held_out, config).metric(v) for p, v in zip(parts, views)]))

    at = grid.index(choice.config.slim.alpha)
    for place in (at - 1, at + 1):
        if 0 <= place < len(grid):
            assert figure(grid[at]) >= figure(grid[place])


class Counting:
    """A plug-in that counts how often it is trained."""

    fits = 0

    def fit(self, X, extra_pairs=None):
        Counting.fits += 1
        self.counts = np.bincount(X.indices, minlength=X.shape[1]).astype(np.float32)

    def score(self, users):
        return np.repeat(self.counts[None], len(users), axis=0)


def test_a_plug_in_is_trained_once_a_part_and_once_in_the_end(split, X):
    config = QUICK.replaced("mf.weight_decay", "auto")
    Counting.fits = 0
    SaD(config, dense=Counting()).fit(split.train)
    assert Counting.fits == len(carve(X, config)) + 1


# -- the order of the stages -------------------------------------------------------------------------------


def test_each_view_is_taught_by_the_other_as_it_was_at_that_moment(split, X):
    model = SaD(QUICK).fit(split.train)
    views, config = model.views, model.choice.config
    before = ItemItem("fsslim", config).fit(X)
    assert (views.sparse_before.weights != before.weights).nnz == 0
    for ours, expected in zip(views.structural, structural_signal(before, X.shape, 5)):
        assert (ours == expected).all()
    M = semantic_pairs(views.dense, X.shape, 2, 5)
    assert (views.semantic != M).nnz == 0
    after = ItemItem("fsslim", config).fit(inject(X, M, 0.3))
    assert (views.sparse.weights != after.weights).nnz == 0
    assert (views.sparse.history != X).nnz == 0
    dense = make_dense(config, "cpu").fit(X, views.structural, epochs=model.choice.epochs)
    assert (dense.item_factors == views.dense.item_factors).all()
    assert views.dense.epochs_done == model.choice.epochs


def test_names_decide_nothing(split):
    log = split.train
    renamed = Interactions(
        log.matrix,
        id_array([f"gowalla-{n}" for n in range(log.n_users)]),
        id_array([f"electronics-{n}" for n in range(log.n_items)]),
    )
    one, other = SaD(QUICK).fit(log), SaD(QUICK).fit(renamed)
    assert (scores(one) == scores(other)).all()
    assert (one.choice.epochs, one.choice.beta.value) == (other.choice.epochs, other.choice.beta.value)


def test_what_the_test_pairs_say_changes_no_choice(split, X):
    rng = np.random.default_rng(0)
    found = []
    for test in (split.test, split.test[rng.permutation(X.shape[0])]):
        test = csr_matrix(test - test.multiply(X > 0))
        test.eliminate_zeros()
        model = SaD(QUICK).fit(replace(split, test=test).train)
        found.append((model.choice.epochs, model.choice.beta.value, evaluate(model, X, test).mean("recall@20")))
    assert found[0][:2] == found[1][:2]
    assert found[0][2] > found[1][2]  # the labels were really shuffled


# -- kills -------------------------------------------------------------------------------------------------


class Killed(Exception):
    """Stands for the end of the process."""


class KilledAt(Progress):
    """Counts epochs of the dense view over the whole training; raises when one too many is reported."""

    def __init__(self, epoch: int | None = None) -> None:
        self.epoch, self.done = epoch, 0

    @contextmanager
    def task(self, title: str, total: float | None = None) -> Iterator[KilledAt]:
        self.counts = title.startswith("dense view")
        self.opened = False
        yield self

    def advance(self, steps: float = 1) -> None:
        if not self.counts:
            return
        if not self.opened:  # the first call tells the epochs of a resumed state
            self.opened = True
            return
        self.done += 1
        if self.done == self.epoch:
            raise Killed

    def note(self, text: str) -> None:
        pass


@pytest.mark.parametrize("dense", ["mf", "lightgcn"])
@pytest.mark.parametrize("part", [0.0, 0.3, 0.6, 1.0])
def test_a_kill_inside_the_dense_training_costs_one_epoch_and_changes_nothing(
    split, tmp_path, monkeypatch, dense, part
):
    monkeypatch.setattr(fitting, "_SAVE_EVERY_S", 0.0)
    config = QUICK.replaced("dense", dense).replaced("patience", 2).replaced("held_out_pairs", 600)
    whole = KilledAt()
    uninterrupted = SaD(config).fit(split.train, progress=whole)
    assert whole.done >= 12
    epoch = max(1, round(part * whole.done))
    with pytest.raises(Killed):
        SaD(config).fit(split.train, checkpoint=tmp_path, progress=KilledAt(epoch))
    rest = KilledAt()
    resumed = SaD(config).fit(split.train, checkpoint=tmp_path, progress=rest)
    assert rest.done == whole.done - epoch + 1
    assert (scores(resumed) == scores(uninterrupted)).all()
    assert resumed.choice.epochs == uninterrupted.choice.epochs
    assert resumed.choice.curve == uninterrupted.choice.curve
    assert (resumed.choice.beta.beta == uninterrupted.choice.beta.beta).all()
    assert not list(tmp_path.rglob("*-progress.safetensors"))


def test_a_finished_checkpoint_is_read_whole(split, tmp_path):
    first = SaD(QUICK).fit(split.train, checkpoint=tmp_path)
    again = KilledAt(1)
    second = SaD(QUICK).fit(split.train, checkpoint=tmp_path, progress=again)
    assert again.done == 0
    assert (scores(first) == scores(second)).all()
    assert first.choice.curve == second.choice.curve


def test_stages_of_other_data_or_settings_are_refused_and_left_alone(split, tmp_path):
    SaD(QUICK).fit(split.train, checkpoint=tmp_path)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    other, _ = simulate(300, 80, 4_500, 1)
    for config, log, validation, told in (
        (QUICK, other, None, "other data"),
        (QUICK, split.train, split.test, "other data"),
        (QUICK.replaced("slim.alpha", 0.64), split.train, None, "other settings"),
        (QUICK.replaced("seed", 1), split.train, None, "other settings"),
    ):
        with pytest.raises(RunError, match="made from something else") as refused:
            SaD(config).fit(log, validation=validation, checkpoint=tmp_path)
        assert refused.value.found == told
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == kept


def test_without_a_store_nothing_is_written(X, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train(X, QUICK, lambda c: make_dense(c, "cpu"), store=Store(None))
    assert not list(tmp_path.iterdir())
