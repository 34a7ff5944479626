"""The verbs on a small cohort: train, evaluate, recommend, explain, ablate; and wrong input at the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from humankind.spine.errors import DataError, RunError
from humankind.spine.runs import Run
from humankind.systems.medication import measuring, workflow
from humankind.systems.medication.answers import NOTICE
from humankind.systems.medication.data import Cohort
from humankind.systems.medication.rows import rows_of
from humankind.testing.commands import done
from humankind.testing.conformance import refusal

BRIEF = ("embedding_dim=8", "n_heads=2", "medrep.steps=3", "simmr.epochs=4", "simmr.n_neighbours=4")
WORDS = ("--preset", "tiny", *(word for setting in BRIEF for word in ("--set", setting)))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, make_cohort: Callable[..., Cohort]) -> Path:
    """A folder with a cohort, a list of interactions, a trained model and a patient."""
    folder = tmp_path_factory.mktemp("medication")
    make_cohort(60, seed=0).save(folder / "cohort")
    (folder / "ddi.csv").write_text("atc_a,atc_b,severity\nA01A,A02A,major\nA03A,A04A,\n")
    visits = [{"diagnoses": ["101", "102"], "drugs": ["A01A"]}, {"diagnoses": ["103"], "procedures": ["31.1"]}]
    (folder / "patient.json").write_text(json.dumps(visits))
    done(*("medication", "train", folder / "cohort", "--ddi", folder / "ddi.csv"), *WORDS, "--out", folder / "model")
    return folder


def test_training_leaves_a_model_and_its_course(home: Path) -> None:
    run = Run.read(home / "model")
    assert [line["epoch"] for line in run.metrics() if line["event"] == "validation"] == [1, 2, 3, 4]
    assert not (home / "model" / "artifacts" / "stages").exists()
    ids = json.loads((home / "model" / "artifacts" / "model" / "patients.json").read_text())
    assert [len(ids[part]) for part in ("train", "validation", "test")] == [42, 6, 12]
    assert len({name for part in ids.values() for name in part}) == 60


def test_evaluate_gives_every_figure_with_interval_and_rounds(home: Path) -> None:
    told = done("medication", "evaluate", home / "model", home / "cohort", "--baselines", "popularity", "--json").json
    assert told["patients"] == 12
    assert set(told["figures"]) == {"HypeMed", "popularity", "prescribed"}
    found = {(row["measure"], row["average"]): row for row in told["figures"]["HypeMed"]}
    for head in (("jaccard", "patient"), ("f1", "patient"), ("prauc", "patient"), ("n_drugs", "patient")):
        assert found[head]["low"] < found[head]["value"] < found[head]["high"]
        assert found[head]["rounds_std"] > 0
    assert {("ddi_rate", "patient"), ("ddi_rate", "pooled")} <= set(found)
    assert {row["value"] for row in told["figures"]["prescribed"] if row["measure"] == "jaccard"} == {1.0}
    assert len(told["against"]["popularity"]) == 3
    assert told["notice"] == NOTICE


def test_evaluate_equals_the_library(home: Path) -> None:
    told = done("medication", "evaluate", home / "model", home / "cohort", "--json").json
    model = workflow.load_model(home / "model")
    cohort = workflow.unseen(home / "model", model, Cohort.load(home / "cohort"))
    probs = model.predict(cohort)
    chosen, given = probs >= model.threshold, cohort.drugs.matrix().toarray() > 0
    jaccard = (chosen & given).sum(1) / (chosen | given).sum(1)
    by_patient = [jaccard[list(cohort.visits_of(patient))].mean() for patient in range(cohort.n_patients)]
    (row,) = (r for r in told["figures"]["HypeMed"] if (r["measure"], r["average"]) == ("jaccard", "patient"))
    assert row["value"] == pytest.approx(np.mean(by_patient))


def test_a_drug_that_the_model_does_not_know_counts_as_missed(home: Path) -> None:
    model = workflow.load_model(home / "model")
    cohort = Cohort.load(home / "cohort").subset(range(5))
    codes = (*cohort.drugs.codes[:-1], "V99Z")  # the last drug under a name that nobody knows
    renamed = cohort.with_sets(drugs=cohort.drugs.recoded(codes, np.arange(len(codes))))
    scores = np.ones((cohort.n_visits, model.training.n_drugs), np.float32)
    for own in (cohort, renamed):
        held = measuring.held_out(model.training, model.ddi, own)
        recall = held.figures(scores, scores > 0)
        given = own.drugs.matrix().toarray() > 0
        known = given[:, :-1].sum(1) + (given[:, -1] if own is cohort else 0)
        everything = len(model.training.drugs.codes) + (own is renamed) * given[:, -1]
        np.testing.assert_allclose(recall.jaccard, known / everything)


def test_recommend_says_what_it_rests_on(home: Path) -> None:
    told = done("medication", "recommend", home / "model", home / "patient.json", "--json").json
    (patient,) = told["patients"]
    (visit,) = patient["visits"]
    assert visit["visit"] == "2"
    assert 0 < len(visit["neighbours"]) <= 4
    assert sum(near["weight"] for near in visit["neighbours"]) == pytest.approx(1, abs=1e-4)
    assert sum(visit["gate"].values()) == pytest.approx(1, abs=1e-4)
    codes = {drug["code"] for drug in visit["drugs"]}
    assert {frozenset((p["a"], p["b"])) for p in visit["interactions"]} == {
        pair for pair in (frozenset(("A01A", "A02A")), frozenset(("A03A", "A04A"))) if pair <= codes
    }
    assert told["notice"] == NOTICE
    text = done("medication", "recommend", home / "model", home / "patient.json").stdout
    assert text.rstrip().endswith(NOTICE)


def test_what_was_given_at_the_last_visit_is_not_looked_at(home: Path, tmp_path: Path) -> None:
    visits = json.loads((home / "patient.json").read_text())
    visits[-1]["drugs"] = ["A05A", "A06A"]
    (tmp_path / "given.json").write_text(json.dumps({"visits": visits}))
    found = []
    for path in (home / "patient.json", tmp_path / "given.json"):
        told = done("medication", "recommend", home / "model", path, "--json").json
        found.append(told["patients"][0]["visits"][0])
    one, other = ({drug["code"]: drug["probability"] for drug in visit["drugs"]} for visit in found)
    assert one == pytest.approx(other, abs=1e-5)
    assert [near["visit_id"] for near in found[0]["neighbours"]] == [
        near["visit_id"] for near in found[1]["neighbours"]
    ]


def test_a_target_of_nothing_leaves_no_interacting_pair(home: Path) -> None:
    words = ("medication", "recommend", home / "model", home / "cohort", "--every-visit", "--json")
    free, safe = done(*words).json, done(*words, "--target-ddi", "0").json
    pairs = [[v["interactions"] for p in told["patients"] for v in p["visits"]] for told in (free, safe)]
    assert any(pairs[0])
    assert not any(pairs[1])


def test_unknown_codes_are_told(home: Path, tmp_path: Path) -> None:
    visits = [{"diagnoses": ["101.5", "ICD10CM:I50.9"], "drugs": ["aspirin"]}, {"diagnoses": ["102"]}]
    (tmp_path / "strange.json").write_text(json.dumps(visits))
    told = done("medication", "recommend", home / "model", tmp_path / "strange.json", "--json").json
    assert (told["codes_replaced"], told["codes_left_out"]) == (1, 2)
    assert "aspirin" in told["codes"]


def test_explain_shows_what_each_known_thing_moves(home: Path) -> None:
    told = done("medication", "explain", home / "model", home / "patient.json", "--json", "-k", "2").json
    left_out = {(row["left_out"], row["code"]) for row in told["without"]}
    assert left_out == {
        ("diagnosis", "ICD9CM:103"),
        ("procedure", "ICD9PROC:31.1"),
        ("drugs of the visit before", "A01A"),
    }
    sizes = [abs(row["changes"][0]["change"]) for row in told["without"]]
    assert sizes == sorted(sizes, reverse=True)
    assert all(len(row["changes"]) == 2 for row in told["without"])
    model = workflow.load_model(home / "model")
    visits = workflow.read_visits(home / "patient.json", None, ())
    before = model.predict(visits)[1]
    bare = Cohort.from_visits({"patient": [visits.visit(0), visits.visit(1).model_copy(update={"diagnoses": ()})]})
    (row,) = (row for row in told["without"] if row["left_out"] == "diagnosis")
    change = (model.predict(bare)[1] - before)[model.training.drugs.lookup[row["changes"][0]["drug"]]]
    assert row["changes"][0]["change"] == pytest.approx(float(change), abs=1e-5)


def test_ablate_compares_variants_and_resumes(home: Path, tmp_path: Path) -> None:
    words = ("medication", "ablate", home / "cohort", "--ddi", "none", "--only", "history", *WORDS)
    words = (*words, "--out", tmp_path / "run", "--json")
    told = done(*words).json["variants"]
    assert list(told) == ["full", "history"]
    full, history = (told[name]["jaccard"][0] for name in told)
    assert told["history"]["full_minus_this"][0] == pytest.approx(full - history, abs=1e-9)
    kept = tmp_path / "run" / "artifacts" / "variants" / "history.json"
    before = kept.stat().st_mtime_ns
    assert done(*words, "--resume").json["variants"] == told
    assert kept.stat().st_mtime_ns == before


def test_raw_tables_train_as_a_prepared_cohort_does(home: Path, tmp_path: Path) -> None:
    rows_of(Cohort.load(home / "cohort")).write_csv(tmp_path / "rows.csv")
    words = ("--ddi", home / "ddi.csv", *WORDS, "--out", tmp_path / "run", "--json")
    told = done("medication", "train", tmp_path / "rows.csv", "--from", "csv", *words).json
    assert (told["patients"], told["interacting_pairs"]) == (42, 2)


# -- wrong input ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "no visit"),
        ("{", "cannot be read"),
        ('[{"diagnosis": ["428.0"]}]', "cannot be read"),
        ('[{"diagnoses": ["V10.1"]}]', "ICD-9 and of ICD-10"),
    ],
)
def test_wrong_visits(home: Path, tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "wrong.json").write_text(text)
    told = refusal(["medication", "recommend", home / "model", tmp_path / "wrong.json"])
    assert problem in told["problem"]
    assert "wrong.json" in told["where"]


def test_wrong_words(home: Path, tmp_path: Path) -> None:
    model, cohort, out = home / "model", home / "cohort", tmp_path / "out"
    assert "no such patient" in refusal(["medication", "recommend", model, cohort, "--patient", "nobody"])["problem"]
    assert "several patients" in refusal(["medication", "explain", model, cohort])["problem"]
    assert "no HypeMed model" in refusal(["medication", "recommend", tmp_path, cohort])["problem"]
    assert "no such baseline" in refusal(["medication", "evaluate", model, cohort, "--baselines", "magic"])["problem"]
    assert "not a prepared cohort" in refusal(["medication", "train", tmp_path, "--out", out], out)["problem"]
    told = refusal(["medication", "ablate", cohort, "--only", "gate", "--ddi", "none", "--out", out], out)
    assert "no such variant" in told["problem"]


def test_evaluate_refuses_patients_that_were_learned_from(home: Path, tmp_path: Path) -> None:
    model = workflow.load_model(home / "model")
    words = ["medication", "evaluate", home / "model", home / "model" / "artifacts" / "model" / "training"]
    assert "learned from" in refusal(words)["problem"]
    assert workflow.unseen(home / "model", model, Cohort.load(home / "cohort")).n_patients == 12


def test_a_damaged_model_is_told(home: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(home / "model" / "artifacts" / "model", tmp_path / "model")
    (tmp_path / "model" / "hypemed.safetensors").write_bytes(b"broken")
    with pytest.raises(RunError, match="damaged"):
        workflow.load_model(tmp_path / "model")


def test_without_a_list_of_interactions_the_remedy_names_the_way_out(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUMANKIND_DATA", "")
    with pytest.raises(DataError, match="--ddi none"):
        workflow.interactions(Cohort.load(home / "cohort"), None)


def test_too_few_patients_to_split(make_cohort: Callable[..., Cohort], tmp_path: Path) -> None:
    make_cohort(2, seed=0).save(tmp_path / "few")
    out = tmp_path / "out"
    told = refusal(["medication", "train", tmp_path / "few", "--ddi", "none", "--out", out], out)
    assert "too few patients" in told["problem"]
