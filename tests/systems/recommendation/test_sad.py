"""SaD whole: choices on validation, resume, save and load, plug-ins, explanations, refusals, ablations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from humankind.spine.errors import ConfigError, DataError, RunError
from humankind.spine.progress import Progress
from humankind.systems.recommendation.config import SaDConfig
from humankind.systems.recommendation.data import Interactions
from humankind.systems.recommendation.evaluate import evaluate
from humankind.systems.recommendation.fusion import Fold, choose_beta, fuse
from humankind.systems.recommendation.sad import SaD
from humankind.systems.recommendation.simulate import simulate
from humankind.systems.recommendation.split import Split, random_per_user

QUICK = SaDConfig.checked(
    {
        "slim": {"alpha": 0.01, "n_neighbors": 40},
        "mf": {"embedding_dim": 8, "epochs": 8, "weight_decay": 0.2},
        "als": {"embedding_dim": 8, "weight_decay": 20.0},
        "lightgcn": {"embedding_dim": 8, "epochs": 4},
        "semantic": (2, 5),
        "held_out_pairs": 500,
    }
)


@pytest.fixture(scope="module")
def split() -> Split:
    log, _ = simulate(400, 90, 6_000, 0)
    return random_per_user(log, 0.2, seed=0)


@pytest.fixture(scope="module")
def model(split) -> SaD:
    return SaD(QUICK).fit(split.train)


def scores(model: SaD) -> np.ndarray:
    return model.score(np.arange(model.log.n_users))


# -- training ----------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_model_and_another_seed_another(split, model):
    assert (scores(SaD(QUICK).fit(split.train)) == scores(model)).all()
    assert (scores(SaD(QUICK, seed=1).fit(split.train)) != scores(model)).any()


class Killed(Exception):
    """Stands for the end of the process."""


class KillingProgress(Progress):
    """Raises when a stage says it begins."""

    def __init__(self, at: str) -> None:
        self.at = at

    def say(self, text: str) -> None:
        if self.at in text:
            raise Killed


@pytest.mark.parametrize("dense", ["mf", "als", "lightgcn"])
def test_a_killed_training_goes_on_and_equals_an_uninterrupted_one(split, tmp_path, dense):
    config = QUICK.replaced("dense", dense)
    with pytest.raises(Killed):
        SaD(config).fit(split.train, checkpoint=tmp_path, progress=KillingProgress("all training data"))
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.safetensors")}
    assert len(kept) >= 4
    resumed = SaD(config).fit(split.train, checkpoint=tmp_path)
    assert (scores(resumed) == scores(SaD(config).fit(split.train))).all()
    assert {path: path.stat().st_mtime_ns for path in kept} == kept  # finished stages were read, not made again


def test_given_validation_is_used_and_training_data_kept_whole(split):
    chosen = SaD(QUICK).fit(split.train, validation=split.test)
    assert chosen.views.sparse_before.history.nnz == split.train.n_interactions
    assert chosen.choice.beta.value > 0


@pytest.mark.parametrize(
    ("held_out", "told"),
    [
        (lambda X: csr_matrix(np.ones((3, 3), np.float32)), "differ in shape"),
        (lambda X: csr_matrix((X.shape[1], X.shape[0]), dtype=np.float32), "differ in shape"),
        (lambda X: X, "also in the training data"),
        (lambda X: csr_matrix(([1.0], ([X.nonzero()[0][7]], [X.nonzero()[1][7]])), shape=X.shape), "1 pairs"),
    ],
)
def test_validation_of_another_shape_or_from_the_training_data_is_refused(split, tmp_path, held_out, told):
    model = SaD(QUICK)
    with pytest.raises(DataError) as caught:
        model.fit(split.train, validation=held_out(split.train.matrix), checkpoint=tmp_path / "c")
    assert told in str(caught.value)
    assert caught.value.where == "validation"
    assert not hasattr(model, "views")
    assert not (tmp_path / "c").exists()


def test_each_alignment_changes_what_it_should(split, model):
    plain = SaD(QUICK.replaced("structural_users", 0).replaced("semantic", (0, 0))).fit(split.train)
    assert len(plain.views.structural[0]) == 0
    assert plain.views.semantic.nnz == 0
    assert len(model.views.structural[0]) == 5 * split.train.n_items
    assert model.views.semantic.nnz > 0
    assert (model.views.sparse.weights != model.views.sparse_before.weights).nnz > 0
    assert (plain.views.sparse.weights != plain.views.sparse_before.weights).nnz == 0
    one_way = SaD(QUICK.replaced("structural_users", 0)).fit(split.train)
    assert (scores(one_way) != scores(model)).any()
    assert (scores(one_way) != scores(plain)).any()


def test_scoring_pairs_change_the_histories_that_vote(split):
    with_pairs = SaD(QUICK.replaced("scoring", (0, 3))).fit(split.train)
    extra = with_pairs.views.sparse.history - split.train.matrix
    assert extra.nnz > 0
    assert set(np.round(extra.data, 4)) <= {np.float32(0.3)}


# -- beta --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folds(split, model) -> list[Fold]:
    return [Fold(split.train.matrix, split.test, model.views.sparse, model.views.dense)]


def test_auto_beta_is_near_the_best_of_the_grid(folds):
    chosen = choose_beta(folds, QUICK)
    at_choice = min(chosen.curve, key=lambda point: abs(point[0] - chosen.value))[1]
    assert at_choice >= 0.99 * chosen.best


def test_beta_does_not_depend_on_the_scale_of_a_view(folds):
    class Scaled:
        def __init__(self, view) -> None:
            self.view = view

        def score(self, users):
            return 1000 * self.view.score(users)

    grown = choose_beta([replace(folds[0], dense=Scaled(folds[0].dense))], QUICK)
    assert grown.value == pytest.approx(1000 * choose_beta(folds, QUICK).value, rel=1e-3)


def test_a_given_beta_is_kept(split, folds):
    chosen = choose_beta(folds, QUICK.replaced("beta", 2.5))
    assert (chosen.beta == np.float32(2.5)).all()
    assert chosen.curve == ()


def test_beta_by_popularity_differs_between_buckets_only(split, folds):
    chosen = choose_beta(folds, QUICK.replaced("beta_by_popularity", True))
    assert 1 <= len(np.unique(chosen.beta)) <= 3
    degree = split.train.item_degrees
    for value in np.unique(degree):
        assert len(np.unique(chosen.beta[degree == value])) == 1


def test_fusion_is_a_weighted_sum(model):
    users = np.arange(7)
    S, D = model.views.sparse.score(users), model.views.dense.score(users)
    assert model.score(users) == pytest.approx(model.choice.beta.value * S + D, abs=1e-4)
    assert fuse(S, D, 0.0) == pytest.approx(D)


# -- using -------------------------------------------------------------------------------------------------


def test_lists_hold_only_unseen_items_in_falling_order(split, model):
    for user, places in zip(split.train.user_ids, model.recommend(k=15)):
        row = split.train.matrix[int(split.train.user_indices([user])[0])]
        seen = {str(split.train.item_ids[i]) for i in row.indices}
        assert not seen & {place.item_id for place in places}
        assert [p.score for p in places] == sorted((p.score for p in places), reverse=True)
        assert len(places) == min(15, split.train.n_items - len(seen))


def test_lists_are_short_where_little_is_left(split, model):
    user = str(split.train.user_ids[0])
    left = split.train.n_items - split.train.matrix[0].nnz
    assert len(model.recommend([user], k=10_000)[0]) == left


def test_candidates_are_respected(split, model):
    allowed = [str(item) for item in split.train.item_ids[:7]]
    places = model.recommend([str(split.train.user_ids[3])], k=20, candidates=allowed, exclude_seen=False)[0]
    assert {place.item_id for place in places} == set(allowed)


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.recommend(["nobody"]),
        lambda m: m.recommend(k=0),
        lambda m: m.similar_items("nothing"),
        lambda m: m.explain("nobody", "nothing"),
        lambda m: m.recommend_new([]),
        lambda m: m.recommend_new(["nothing"]),
        lambda m: m.recommend(candidates=["nothing"]),
        lambda m: m.similar_items(str(m.log.item_ids[0]), 0),
        lambda m: m.similar_items(str(m.log.item_ids[0]), -1),
        lambda m: m.recommend_new([str(m.log.item_ids[0])], k=0),
        lambda m: m.snr_report(csr_matrix(m.log.matrix.shape, dtype=np.float32)),
    ],
)
def test_unknown_ids_and_empty_asks_are_refused(model, call):
    with pytest.raises(DataError):
        call(model)


def test_nothing_is_injected_where_scoring_injects_nothing(split, model):
    """Exactly nothing: rounding of float32 sums is no share of a score."""
    users, items = split.train.user_ids[:40], split.train.item_ids
    told = [model.explain(user, items[n % len(items)]) for n, user in enumerate(users)]
    assert {why.injected for why in told} == {0.0}
    assert any(why.history for why in told)


def test_empty_candidates_are_refused(model):
    for ask in (
        lambda: model.recommend(None, 3, candidates=[]),
        lambda: model.recommend_new(["item0"], 3, candidates=[]),
    ):
        with pytest.raises(DataError, match="at least one candidate"):
            ask()


def test_an_explanation_adds_up(split, model):
    user = str(split.train.user_ids[5])
    item = model.recommend([user], k=1)[0][0]
    why = model.explain(user, item.item_id, top=10_000)
    assert why.score == pytest.approx(item.score, abs=1e-3)
    assert sum(r.share for r in why.history) + why.injected + why.dense == pytest.approx(why.score, abs=1e-3)
    seen = {str(split.train.item_ids[i]) for i in split.train.matrix[5].indices}
    assert {reason.item_id for reason in why.history} <= seen


def test_every_share_of_an_explanation_is_beta_times_the_weight_of_that_item(split, model):
    """Checked one by one: a sum alone would hide a wrong share in the part called injected."""
    user, item = str(split.train.user_ids[5]), model.recommend([str(split.train.user_ids[5])], k=1)[0][0].item_id
    why = model.explain(user, item, top=10_000)
    i = int(split.train.item_indices([item])[0])
    weight = model.views.sparse.weights.toarray()[:, i]
    expected = {
        str(split.train.item_ids[j]): model.choice.beta.value * weight[j] for j in split.train.matrix[5].indices
    }
    assert {r.item_id: r.share for r in why.history} == pytest.approx(
        {name: share for name, share in expected.items() if share > 0}, rel=1e-4
    )
    assert len(why.history) > 1
    assert why.injected == pytest.approx(0, abs=1e-4)
    assert why.dense == pytest.approx(float(model.views.dense.score(np.array([5]))[0, i]), abs=1e-4)


def test_an_item_is_not_similar_to_itself_even_where_all_are_asked_for(split, model):
    for item in split.train.item_ids[:8]:
        found = [place.item_id for place in model.similar_items(str(item), 10_000)]
        assert sorted(found) == sorted(set(split.train.item_ids) - {item})


def test_similar_items_are_others(split, model):
    item = str(split.train.item_ids[4])
    found = [place.item_id for place in model.similar_items(item, 10)]
    assert len(found) == len(set(found)) == 10
    assert item not in found


def test_a_new_person_with_a_known_history_gets_like_lists(split, model):
    overlaps = []
    for u in range(30):
        history = [str(split.train.item_ids[i]) for i in split.train.matrix[u].indices]
        new = {place.item_id for place in model.recommend_new(history, k=10)}
        known = {place.item_id for place in model.recommend([str(split.train.user_ids[u])], k=10)[0]}
        assert not new & set(history)
        overlaps.append(len(new & known) / max(1, len(known)))
    assert np.mean(overlaps) > 0.6


# -- keeping and plugging in -------------------------------------------------------------------------------


@pytest.mark.parametrize(("sparse", "dense"), [("fsslim", "mf"), ("itemknn", "als"), ("ease", "lightgcn")])
def test_a_loaded_model_scores_and_folds_in_as_the_saved_one(split, tmp_path, sparse, dense):
    config = QUICK.replaced("sparse", sparse).replaced("dense", dense).replaced("ease.ridge", 20.0)
    model = SaD(config.replaced("scoring", (0, 2))).fit(split.train)
    loaded = SaD.load(model.save(tmp_path / "model"))
    assert (scores(loaded) == scores(model)).all()
    assert loaded.fold_in(split.train.matrix[:5]) == pytest.approx(model.fold_in(split.train.matrix[:5]), abs=1e-5)
    assert loaded.recommend(["0"] if "0" in split.train.user_ids else None, k=3)
    assert not list(tmp_path.rglob("*.pkl"))


def test_loading_from_nowhere_is_refused(tmp_path):
    with pytest.raises(RunError, match="no SaD model"):
        SaD.load(tmp_path)


class Plugged:
    """A dense view from outside: popularity of the positives it is given."""

    def fit(self, X, extra_pairs=None):
        self.counts = np.bincount(X.indices, minlength=X.shape[1]).astype(np.float32)
        if extra_pairs is not None:
            np.add.at(self.counts, extra_pairs[1], 1)

    def score(self, users):
        return np.repeat(self.counts[None], len(users), axis=0)


def test_any_object_with_fit_and_score_is_a_dense_view(split, tmp_path):
    model = SaD(QUICK, dense=Plugged()).fit(split.train)
    degree = split.train.item_degrees
    assert (model.views.dense.score(np.array([0]))[0] == degree + 5).all()  # five structural users an item
    assert evaluate(model, split.train.matrix, split.test).mean("recall@20") > 0
    with pytest.raises(ConfigError, match="plugged-in"):
        model.save(tmp_path / "no")


@pytest.mark.parametrize(
    ("matrix", "told"),
    [(np.ones((1, 5)), "one user"), (np.ones((5, 1)), "one item"), (np.ones((4, 4)), "every")],
)
def test_data_with_nothing_to_rank_are_refused(matrix, told):
    X = csr_matrix(matrix.astype(np.float32))
    ids = [np.array([str(n) for n in range(size)], dtype=object) for size in X.shape]
    with pytest.raises(DataError):
        SaD(QUICK).fit(Interactions(X, *ids))


# -- does it really learn ----------------------------------------------------------------------------------


def test_on_data_with_both_kinds_of_structure_the_whole_beats_its_parts():
    """Tastes of low rank plus pairs of items bought together, which no low-rank model can hold."""
    log, _ = simulate(1_500, 300, 30_000, 3)
    split = random_per_user(log, 0.2, seed=0)
    X = split.train.matrix
    model = SaD(QUICK.replaced("mf.epochs", 20)).fit(split.train)
    fused, sparse, dense = (
        evaluate(m, X, split.test, (20,)).mean("ndcg@20") for m in (model, model.views.sparse_before, model.views.dense)
    )
    assert fused > max(sparse, dense)
