"""The embedded instructor: it learns a planted rule of context, chooses its bounds unseen, and survives the disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random_array

from humankind.spine.errors import ConfigError, DataError, RunError
from humankind.systems.privacy.evaluate import Decisions, auroc, evaluate_instructor
from humankind.systems.privacy.features import FeatureSettings, matrix_of, rows_of
from humankind.systems.privacy.instructor import EMBEDDED, Bounds, EmbeddedInstructor
from humankind.systems.privacy.logistic import fit_logistic
from humankind.systems.privacy.norms import Item, Norm, Party
from humankind.systems.privacy.train import (
    InstructorSettings,
    choose_bounds,
    cross_validate,
    folds_of,
    same_task,
    train_instructor,
)
from humankind.systems.privacy.views import context_of, with_neutral_keys, without_keys

SETTINGS = InstructorSettings(features=FeatureSettings(bits=13), inner_folds=2, most_steps=20)


@pytest.fixture(scope="module")
def trained(planted_norms: list[Norm]) -> EmbeddedInstructor:
    return train_instructor(planted_norms[:60], SETTINGS, seed=0)


def test_the_fit_is_that_of_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    rows = csr_matrix(random_array((120, 30), density=0.3, rng=rng))
    labels = rng.random(120) < 1 / (1 + np.exp(-(rows @ rng.normal(0, 2, 30))))
    counts = rng.random(120) + 0.5
    expected = (
        LogisticRegression(C=2.0, fit_intercept=False, tol=1e-8, max_iter=5000).fit(rows, labels, counts).coef_[0]
    )
    assert fit_logistic(rows, labels, 2.0, counts) == pytest.approx(expected, abs=2e-3)


def test_one_class_alone_is_refused() -> None:
    with pytest.raises(DataError, match="one kind"):
        fit_logistic(csr_matrix(np.eye(3)), np.array([True] * 3), 1.0)


def test_the_same_fact_is_decided_by_who_asks(trained: EmbeddedInstructor, planted_norms: list[Norm]) -> None:
    norm = planted_norms[70].blind()
    by_role = {}
    for role in ("doctor", "hotel staff", "bank clerk"):
        guidance = trained.decide(norm.model_copy(update={"recipient": Party(role=role)}))
        by_role[role] = {norm.items[place].key for place in guidance.share}
    assert by_role["doctor"] == {"diagnosis", "allergies", "medication"}
    assert by_role["hotel staff"] == {"room type", "check in date", "late arrival"}
    assert by_role["bank clerk"] == {"account number", "monthly income", "open loan"}


def test_context_is_what_it_has_learned_and_keys_alone_cannot(planted_norms: list[Norm]) -> None:
    found = evaluate_instructor(planted_norms, SETTINGS, seed=0, n_folds=3)
    figure = {name: way["disclosure"]["value"] for name, way in found["ways"].items()}
    assert figure["instructor"] > 0.95
    assert figure["shuffled context"] < 0.75
    assert figure["key words only"] < 0.6, "each key may flow to one recipient of three"
    assert figure["share all"] == pytest.approx(0.5)
    assert figure["withhold all"] == 0
    assert found["above"]["shuffled context"]["low"] > 0.1
    assert found["contested_keys"]["right"] > 0.9 > 0.75 > found["contested_keys"]["best_by_key"]
    json.dumps(found, allow_nan=False)


def test_labels_without_a_rule_are_not_learned(planted_norms: list[Norm]) -> None:
    rng = np.random.default_rng(0)
    noise = []
    for norm in planted_norms:
        share = frozenset(np.flatnonzero(rng.random(9) < 0.5).tolist())
        noise.append(norm.model_copy(update={"shareable": share, "sensitive": frozenset(range(9)) - share}))
    table, held = cross_validate(noise, SETTINGS, seed=0, n_folds=3)
    assert auroc(held.logits["whole"], table.labels) == pytest.approx(0.5, abs=0.08)


def test_folds_never_part_tasks_of_the_same_words() -> None:
    norms = [Norm(task=f"Task {number % 7}.") for number in range(40)]
    fold = folds_of(norms, 3, seed=0)
    by_task = {same_task(norm): set(fold[[same_task(other) == same_task(norm) for other in norms]]) for norm in norms}
    assert all(len(found) == 1 for found in by_task.values())
    with pytest.raises(DataError, match="fewer tasks"):
        folds_of(norms, 8, seed=0)


def test_bounds_are_where_privacy_meets_helpfulness() -> None:
    rng = np.random.default_rng(0)
    labels = rng.random(4000) < 0.5
    probabilities = np.clip(rng.normal(np.where(labels, 0.7, 0.3), 0.2), 0, 1)
    middle, bounds = choose_bounds(probabilities, labels, asked=0.1)
    assert middle == pytest.approx(0.5, abs=0.03)
    between = (probabilities >= bounds.withhold) & (probabilities < bounds.share)
    assert between.mean() == pytest.approx(0.1, abs=0.01)


def test_bounds_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(ConfigError, match="wrong way"):
        Bounds(share=0.2, withhold=0.8)


def test_what_the_norm_lists_is_never_overruled(trained: EmbeddedInstructor, planted_norms: list[Norm]) -> None:
    norm = planted_norms[70]
    turned = norm.model_copy(update={"shareable": norm.sensitive, "sensitive": norm.shareable})
    guidance = trained.decide(turned)
    assert set(guidance.share) == norm.sensitive
    assert set(guidance.withhold) == norm.shareable
    partly = norm.model_copy(update={"shareable": None, "sensitive": frozenset({0})})
    assert 0 in trained.decide(partly).withhold


def test_the_lists_do_not_reach_the_features(planted_norms: list[Norm]) -> None:
    norm = planted_norms[0]
    assert rows_of(norm, SETTINGS.features) == rows_of(norm.blind(), SETTINGS.features)
    order = tuple(reversed(norm.items))
    turned = rows_of(norm.blind().model_copy(update={"items": order}), SETTINGS.features)
    assert turned == rows_of(norm, SETTINGS.features)[::-1], "the order of items tells nothing"


def test_rows_are_the_same_in_every_process() -> None:
    """Python shuffles sets anew in each process; an order that leaked into sums would change the last digits."""
    script = (
        "from humankind.systems.privacy.features import *; from humankind.systems.privacy.norms import *;"
        "norm = Norm(task='Book a quiet room', items=(Item(key='check in date', value='3 May or the week after'),));"
        "print(list(rows_of(norm, FeatureSettings())[0].items()))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", script], env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


def test_between_the_bounds_the_subject_is_asked(trained: EmbeddedInstructor, planted_norms: list[Norm]) -> None:
    wide = EmbeddedInstructor(trained.weights, trained.settings, Bounds(share=1.0, withhold=0.0))
    norm = planted_norms[70].blind()
    guidance = wide.decide(norm)
    assert len(guidance.ask_consent) == len(norm.items)
    assert not guidance.share


def test_saved_and_loaded_it_decides_the_same(
    trained: EmbeddedInstructor, planted_norms: list[Norm], tmp_path: Path
) -> None:
    loaded = EmbeddedInstructor.load(trained.save(tmp_path / "here", made_by="a test"))
    for norm in planted_norms[60:]:
        assert loaded.decide(norm.blind()) == trained.decide(norm.blind())
    assert not list(tmp_path.rglob("*.pkl"))


def test_the_same_seed_gives_the_same_instructor(planted_norms: list[Norm]) -> None:
    first, again = (train_instructor(planted_norms[:40], SETTINGS, seed=4) for _ in range(2))
    assert (first.weights == again.weights).all()
    assert first.bounds == again.bounds


@pytest.mark.parametrize("damage", ["json", "weights", "format", "missing"])
def test_a_damaged_instructor_is_refused(trained: EmbeddedInstructor, tmp_path: Path, damage: str) -> None:
    folder = trained.save(tmp_path / "here")
    if damage == "json":
        (folder / "instructor.json").write_text("{", encoding="utf-8")
    elif damage == "weights":
        (folder / "instructor.safetensors").write_bytes(b"abc")
    elif damage == "format":
        facts = json.loads((folder / "instructor.json").read_text()) | {"format": 99}
        (folder / "instructor.json").write_text(json.dumps(facts), encoding="utf-8")
    else:
        (folder / "instructor.json").unlink()
    with pytest.raises(RunError):
        EmbeddedInstructor.load(folder)


def test_weights_of_another_width_are_refused(trained: EmbeddedInstructor) -> None:
    with pytest.raises(DataError, match="do not fit"):
        EmbeddedInstructor(trained.weights[:-1], trained.settings, trained.bounds)


def test_views(planted_norms: list[Norm]) -> None:
    norm, other = planted_norms[:2]
    assert not any(item.key for item in without_keys(norm)[0])
    assert [item.key for item in with_neutral_keys(norm)[0]][:2] == ["attribute 1", "attribute 2"]
    turned = context_of(norm, other)
    assert (turned.task, turned.recipient, turned.items) == (other.task, other.recipient, norm.items)


def test_an_empty_norm_gets_guidance(trained: EmbeddedInstructor) -> None:
    assert trained.decide(Norm(recipient=Party(name="Bo"))).share == ()


def test_paired_figures_of_the_same_decisions_differ_by_nothing() -> None:
    rng = np.random.default_rng(0)
    labels, owner = rng.random(60) < 0.5, np.repeat(np.arange(12), 5)
    same = Decisions(labels, labels, owner)
    gap = same.above(Decisions(labels, labels, owner), seed=0)
    assert (gap.value, gap.low, gap.high) == (0, 0, 0)
    assert same.figures(seed=0)["disclosure"].value == 1


# -- what comes with the package ---------------------------------------------------------------------------------


def test_the_shipped_instructor_is_small_and_says_how_it_was_made() -> None:
    assert sum(path.stat().st_size for path in EMBEDDED.iterdir()) < 3_000_000
    assert {path.suffix for path in EMBEDDED.iterdir()} <= {".json", ".safetensors", ".md"}
    recipe = json.loads((EMBEDDED / "instructor.json").read_text())["recipe"]
    assert recipe["n_tasks"] == 729
    assert len(recipe["sha256"]) == 64
    evaluation = json.loads((EMBEDDED / "evaluation.json").read_text())
    assert evaluation["n_items"] == 4024


def test_the_shipped_instructor_decides_in_milliseconds() -> None:
    instructor = EmbeddedInstructor.load()
    norms = [
        Norm(
            task=f"Write to the hotel staff about my booking {number}.",
            recipient=Party(role="hotel staff"),
            items=(
                Item(key="check in date", value="3 May"),
                Item(key="passport number", value="P1234567"),
                Item(key="doctor chat", value="Hi Dr. Wells, my hypertension is worse and I need a new prescription."),
            ),
        )
        for number in range(40)
    ]
    spent = []
    for norm in norms:
        begun = time.perf_counter()
        guidance = instructor.decide(norm)
        spent.append(time.perf_counter() - begun)
        assert 0 in guidance.share
        assert 2 in guidance.withhold
    assert sorted(spent)[len(spent) // 2] < 0.03


@pytest.mark.slow
@pytest.mark.data
def test_the_whole_evaluation_on_ci_rl(data_home: Path) -> None:
    from humankind.systems.privacy.cirl import read_tasks

    norms = [task.norm for task in read_tasks(data_home / "cirl")]
    found = evaluate_instructor(norms, InstructorSettings(), seed=0)
    way = found["ways"]["instructor"]
    assert way["disclosure"]["value"] >= 0.87
    assert way["privacy"]["value"] >= 0.86
    assert way["helpfulness"]["value"] >= 0.86
    assert found["ways"]["neutral keys"]["disclosure"]["value"] >= 0.80
    assert found["ways"]["share all"]["disclosure"]["value"] == pytest.approx(0.688, abs=0.001)
    assert found["above"]["shuffled context"]["low"] > 0.03
    shipped = json.loads((EMBEDDED / "evaluation.json").read_text())["ways"]["instructor"]
    assert way["disclosure"]["value"] == pytest.approx(shipped["disclosure"]["value"], abs=0.002)


@pytest.mark.data
def test_a_model_of_four_fifths_decides_the_rest_of_ci_rl(data_home: Path) -> None:
    """One fold of five, features of 2**16 columns: quick, and on tasks that were not trained on."""
    from humankind.systems.privacy.cirl import read_tasks

    norms = [task.norm for task in read_tasks(data_home / "cirl")][::2]
    fold = folds_of(norms, 5, seed=0)
    settings = InstructorSettings(features=FeatureSettings(bits=16), inner_folds=2, most_steps=30)
    instructor = train_instructor([norm for norm, at in zip(norms, fold) if at], settings, seed=0)
    rest = [norm for norm, at in zip(norms, fold) if not at]
    rows = matrix_of([row for norm in rest for row in rows_of(norm, settings.features)], settings.features)
    labels = np.array([place in (norm.shareable or ()) for norm in rest for place in range(len(norm.items))])
    assert auroc(rows @ instructor.weights, labels) > 0.92
