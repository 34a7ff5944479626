"""Every kind of bad input at the command line: exit code 2 and what is wrong where, or a result that is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from humankind.testing.commands import done
from humankind.testing.conformance import refusal

BRIEF = ("embedding_dim=8", "n_heads=2", "medrep.steps=3", "simmr.epochs=3", "simmr.n_neighbours=50")
SETTINGS = ("--preset", "tiny", *(word for setting in BRIEF for word in ("--set", setting)))
HEADER = "patient,visit,time,kind,code"


def table(path: Path, *rows: str) -> Path:
    """Write a long CSV and return its path."""
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def course(patient: int) -> list[str]:
    """Return the rows of a patient with a single visit and no procedure."""
    front = f"{patient},a,2020-01-{patient + 1:02d}"
    drugs = ("C03C" if patient % 2 else "C09A", "N02B")
    return [f"{front},dx,{401 + patient % 4}.9", *(f"{front},rx,{drug}" for drug in drugs)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of twelve single-visit patients without procedures, who are fewer than the neighbours asked for."""
    folder = tmp_path_factory.mktemp("bad")
    table(folder / "rows.csv", *(row for patient in range(12) for row in course(patient)))
    done(*train(folder, folder / "model"))
    return folder


def train(home: Path, out: Path, *more: str) -> list[Any]:
    words = ["medication", "train", home / "rows.csv", "--from", "csv", "--ddi", "none", *SETTINGS, *more]
    return [*words, "--out", out]


def recommended(home: Path, path: Path, visits: list[dict[str, list[str]]]) -> dict[str, Any]:
    path.write_text(json.dumps(visits))
    return done("medication", "recommend", home / "model", path, "--json").json


def test_single_visits_without_procedures_and_a_small_memory(home: Path, tmp_path: Path) -> None:
    told = recommended(home, tmp_path / "first.json", [{"diagnoses": ["401.9"]}])
    (visit,) = told["patients"][0]["visits"]
    assert len(visit["neighbours"]) == 8, "all training visits, where fifty were asked for"
    assert sum(near["weight"] for near in visit["neighbours"]) == pytest.approx(1, abs=1e-4)
    assert visit["drugs"]
    figures = done("medication", "evaluate", home / "model", home / "rows.csv", "--from", "csv", "--json").json
    assert (figures["patients"], figures["visits"]) == (2, 2)


def test_dots_do_not_matter(home: Path, tmp_path: Path) -> None:
    one, other = (recommended(home, tmp_path / "v.json", [{"diagnoses": [code]}]) for code in ("401.9", "4019"))
    assert one == other
    assert (one["codes_replaced"], one["codes_left_out"]) == (0, 0)


def test_a_visit_of_nothing_has_an_answer_and_an_explanation(home: Path, tmp_path: Path) -> None:
    assert recommended(home, tmp_path / "none.json", [{}])["patients"][0]["visits"][0]["drugs"]
    told = done("medication", "explain", home / "model", tmp_path / "none.json").stdout
    assert "nothing was known that could be left out" in told


def test_a_drug_that_nobody_has_seen_is_left_out_and_told(home: Path, tmp_path: Path) -> None:
    visits = [{"diagnoses": ["401.9"], "drugs": ["B01A"]}, {"diagnoses": ["401.1", "250.00"]}]
    told = recommended(home, tmp_path / "unseen.json", visits)
    assert (told["codes_replaced"], told["codes_left_out"]) == (1, 2)
    assert "B01A" in told["codes"]
    assert "250.00" in told["codes"]


def test_no_drug_reaches_the_threshold(home: Path, tmp_path: Path) -> None:
    done(*train(home, tmp_path / "shy", "--set", "threshold=0.9999"))
    (tmp_path / "p.json").write_text('[{"diagnoses": ["401.9"]}]')
    told = done("medication", "recommend", tmp_path / "shy", tmp_path / "p.json").stdout
    assert "no drug: no probability reaches the threshold" in told
    words = ("medication", "evaluate", tmp_path / "shy", home / "rows.csv", "--from", "csv", "--json")
    found = {(row["measure"], row["average"]): row["value"] for row in done(*words).json["figures"]["HypeMed"]}
    assert found["jaccard", "patient"] == found["n_drugs", "patient"] == found["ddi_rate", "pooled"] == 0


def test_rows_that_repeat_say_nothing_or_come_late_are_counted(tmp_path: Path) -> None:
    rows = ["1,b,2020-01-01,dx,401.9"] * 3 + ["1,b,2020-01-01,rx,0", "1,b,2020-01-01,rx,C03C"]
    rows += ["1,a,2019-01-01,dx,4280", "1,a,2019-01-01,rx,C03C", "1,a,2019-01-01,dx,V10.1"]
    words = ("medication", "prepare", table(tmp_path / "rows.csv", *rows), "--from", "csv", "--out", tmp_path / "c")
    told = done(*words, "--json").json
    (counted,) = told["funnel"]["tables"]
    assert (counted["rows_in"], counted["kept"], counted["repeated"]) == (8, 4, 2)
    assert {part["first_row"]: part["examples"] for part in counted["dropped"]} == {5: ["0"], 9: ["V10.1"]}
    visits = done("medication", "explain", model_of(tmp_path), tmp_path / "c", "--json").json["patients"][0]["visits"]
    assert [visit["visit"] for visit in visits] == ["b"], "the last one in time, though the first in the file"


def model_of(folder: Path) -> Path:
    table(folder / "train.csv", *(row for patient in range(12) for row in course(patient)))
    words = ("medication", "train", folder / "train.csv", "--from", "csv", "--ddi", "none", *SETTINGS)
    done(*words, "--out", folder / "m")
    return folder / "m"


@pytest.mark.parametrize(
    ("rows", "problem", "where"),
    [
        (
            ["1,a,2020-01-01,dx,401.9", "1,b,,dx,401.9", "1,b,,rx,C03C", "1,a,2020-01-01,rx,C03C"],
            "in order",
            "rows.csv",
        ),
        (["1,a,soon,dx,401.9"], "time cannot be read", "row 2"),
        (["1,a,2020-01-01,dx,401.9"], "no visit is left", "rows.csv"),
    ],
)
def test_tables_that_make_no_cohort(tmp_path: Path, rows: list[str], problem: str, where: str) -> None:
    path, out = table(tmp_path / "rows.csv", *rows), tmp_path / "out"
    told = refusal(["medication", "prepare", path, "--from", "csv", "--out", out], out)
    assert problem in told["problem"]
    assert where in told["where"]


def test_a_column_too_few(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("patient,visit,code\n1,a,401.9\n")
    told = refusal(["medication", "prepare", tmp_path / "rows.csv", "--from", "csv", "--out", tmp_path / "out"])
    assert "column is missing" in told["problem"]
    assert told["expected"] == "kind"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"visit": []}', "valid list"),
        ('[{}, "a"]', "visit 2"),
        ('[{"diagnoses": [["401.9"]]}]', "visit 1, diagnoses, 1"),
        ('[{"diagnoses": "401.9"}]', "visit 1, diagnoses"),
    ],
)
def test_a_fault_in_the_visits_is_named_by_its_place(home: Path, tmp_path: Path, text: str, found: str) -> None:
    (tmp_path / "wrong.json").write_text(text)
    assert found in refusal(["medication", "recommend", home / "model", tmp_path / "wrong.json"])["found"]


def test_files_that_are_not_there(home: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere.json"
    assert "no such file" in refusal(["medication", "recommend", home / "model", nowhere])["problem"]
    assert "no HypeMed model" in refusal(["medication", "recommend", nowhere, home / "rows.csv"])["problem"]
    out = tmp_path / "out"
    told = refusal([*train(home, out), "--ddi", tmp_path / "no.csv"], out)
    assert "no.csv" in told["where"]


@pytest.mark.parametrize("setting", ["threshold=0", "threshold=1", "n_heads=3", "simmr.target_ddi=2"])
def test_settings_out_of_range(home: Path, tmp_path: Path, setting: str) -> None:
    out = tmp_path / "out"
    told = refusal(train(home, out, "--set", setting), out)
    assert setting.partition("=")[0] in told["found"]


def test_patients_of_the_training_are_not_evaluated_on(home: Path, tmp_path: Path) -> None:
    rows = [row for patient in range(13) for row in course(patient)]
    more = table(tmp_path / "more.csv", *rows)
    told = refusal(["medication", "evaluate", home / "model", more, "--from", "csv"])
    assert "learned from" in told["problem"]
    assert "10 of 13" in told["found"]


def test_a_folder_inside_a_file_cannot_be_written(tmp_path: Path) -> None:
    rows = table(tmp_path / "rows.csv", *course(0))
    told = refusal(["medication", "prepare", rows, "--from", "csv", "--out", rows / "below"])
    assert "inside a file" in told["problem"]
    assert told["where"] == str(rows)


@pytest.mark.parametrize("time", ["inf", "-inf", "1e400"])
def test_a_time_without_end_is_refused(tmp_path: Path, time: str) -> None:
    path = table(tmp_path / "rows.csv", f"1,a,{time},dx,401.9", f"1,a,{time},rx,C03C")
    told = refusal(["medication", "prepare", path, "--from", "csv", "--out", tmp_path / "out"])
    assert "time cannot be read" in told["problem"]
    assert "row 2" in told["where"]


def test_a_column_called_row_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("row,patient,visit,kind,code\n7,1,a,dx,401.9\n8,1,a,rx,C03C\n9,1,a,rx,0\n")
    words = ("medication", "prepare", tmp_path / "rows.csv", "--from", "csv", "--out", tmp_path / "out", "--json")
    (counted,) = done(*words).json["funnel"]["tables"]
    assert (counted["kept"], counted["dropped"][0]["first_row"]) == (2, 4)


def test_no_rows_at_all_have_a_remedy(tmp_path: Path) -> None:
    told = refusal(["medication", "prepare", table(tmp_path / "r.csv"), "--from", "csv", "--out", tmp_path / "out"])
    assert told["remedy"] == "give tables with such rows"


@pytest.mark.parametrize(
    ("visits", "problem"),
    [
        ([{"diagnoses": ["ICD10CM:ZZZZ"]}], "is none of the system in front"),
        ([{"diagnoses": [""]}], "a diagnosis code is empty"),
        ([{"drugs": [" "]}, {"diagnoses": ["401.9"]}], "a drug code is empty"),
        ([{"time": 20}, {}, {"time": 10}], "not in order of time"),
    ],
)
def test_visits_that_mean_nothing(home: Path, tmp_path: Path, visits: list[dict[str, Any]], problem: str) -> None:
    (tmp_path / "v.json").write_text(json.dumps(visits))
    assert problem in refusal(["medication", "recommend", home / "model", tmp_path / "v.json"])["problem"]


def test_ablate_without_a_variant_trains_nothing(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = refusal(["medication", "ablate", home / "rows.csv", "--from", "csv", "--only", " ,", "--out", out], out)
    assert told["where"] == "--only"


def test_a_cohort_that_lost_a_part_is_told(tmp_path: Path) -> None:
    rows = table(tmp_path / "rows.csv", *course(0), *course(1))
    done("medication", "prepare", rows, "--from", "csv", "--out", tmp_path / "c")
    facts = tmp_path / "c" / "cohort.json"
    whole = json.loads(facts.read_text())
    facts.write_text(json.dumps({"format": whole["format"]}))
    assert "not a prepared cohort" in refusal(["medication", "train", tmp_path / "c"])["problem"]
    facts.write_text(json.dumps(whole))
    visits = pl.read_parquet(tmp_path / "c" / "visits.parquet")
    visits.clear().write_parquet(tmp_path / "c" / "visits.parquet")
    assert "not a prepared cohort" in refusal(["medication", "train", tmp_path / "c"])["problem"]


def test_a_model_of_mixed_parts_is_told(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "model", tmp_path / "m")
    inside = tmp_path / "m" / "artifacts" / "model"
    facts = json.loads((inside / "hypemed.json").read_text())
    facts["config"]["embedding_dim"] = 16
    (inside / "hypemed.json").write_text(json.dumps(facts))
    (tmp_path / "v.json").write_text("[{}]")
    assert "damaged" in refusal(["medication", "recommend", tmp_path / "m", tmp_path / "v.json"])["problem"]


def test_a_damaged_list_of_patients_is_told(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "model", tmp_path / "m")
    (tmp_path / "m" / "artifacts" / "model" / "patients.json").write_text("[")
    told = refusal(["medication", "evaluate", tmp_path / "m", home / "rows.csv", "--from", "csv"])
    assert "patients.json" in told["where"]
