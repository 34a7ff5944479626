"""The verb `prepare`."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from humankind.spine.errors import DataError
from humankind.systems.medication.commands import app
from humankind.systems.medication.data import Cohort
from humankind.systems.medication.rows import rows_of


@pytest.fixture
def table(tmp_path, make_cohort):
    rows_of(make_cohort(9, seed=0)).write_csv(tmp_path / "rows.csv")
    return tmp_path / "rows.csv"


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_prepare_writes_a_cohort_and_prints_one_object(table, tmp_path):
    done = run("prepare", table, "--from", "csv", "--out", tmp_path / "cohort", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    cohort = Cohort.load(tmp_path / "cohort")
    assert told["digest"] == cohort.digest
    assert told["n_patients"] == 9
    assert told["funnel"]["tables"][0]["rows_in"] > 0


def test_prepare_prints_the_funnel_for_people(table, tmp_path):
    with table.open("a") as file:
        file.write("x,1,,drug,aspirin\n")
    done = run("prepare", table, "--from", "csv", "--out", tmp_path / "cohort", "--set", "min_visits=2")
    assert "neither an ATC code nor a number" in done.stdout
    assert "fewer than 2 such visits" in done.stdout


def test_a_folder_in_use_is_refused_before_any_work(tmp_path):
    (tmp_path / "cohort").mkdir()
    (tmp_path / "cohort" / "mine.txt").write_text("keep me")
    done = run("prepare", tmp_path / "nowhere", "--from", "csv", "--out", tmp_path / "cohort")
    assert isinstance(done.exception, DataError)
    assert "not empty" in str(done.exception)
    assert (tmp_path / "cohort" / "mine.txt").read_text() == "keep me"


def test_help_loads_nothing_heavy():
    script = (
        "import sys; from humankind.systems.medication.commands import app;"
        "print([m for m in ('numpy', 'polars', 'torch', 'scipy', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
