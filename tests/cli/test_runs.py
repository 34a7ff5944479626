"""`humankind runs` reads run folders, whole and damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from humankind.spine.runs import Run
from humankind.systems.recommendation.config import SaDConfig
from humankind.testing.commands import done, say
from humankind.testing.conformance import refusal


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two runs that differ in a setting and a measurement, and one that failed."""
    for name, dim, value in (("a", 16, 0.25), ("b", 32, 0.5)):
        config = SaDConfig.from_preset("tiny", [f"mf.embedding_dim={dim}"])
        with Run.start(tmp_path / name, command=f"make {name}", config=config) as run:
            run.log(event="test", recall=0.125, final=False)
            run.log(event="test", recall=value)
    with pytest.raises(ZeroDivisionError), Run.start(tmp_path / "c", command="make c", config=SaDConfig()):
        raise ZeroDivisionError
    return tmp_path


def test_runs_are_listed_with_their_status(root: Path) -> None:
    rows = done("runs", "--root", root, "--json").json["runs"]
    assert {(Path(row["path"]).name, row["status"]) for row in rows} == {("a", "done"), ("b", "done"), ("c", "failed")}
    text = done("runs", "--root", root).stdout
    assert all(f"make {name}" in text for name in "abc")


def test_a_damaged_folder_does_not_hide_the_others(root: Path) -> None:
    (root / "c" / "run.json").write_text("{ half")
    assert len(done("runs", "--root", root, "--json").json["runs"]) == 2


def test_no_runs_is_said(tmp_path: Path) -> None:
    assert "no runs" in done("runs", "--root", tmp_path).stdout
    assert done("runs", "--root", tmp_path / "gone", "--json").json == {"runs": []}


def test_show_tells_facts_settings_and_measurements(root: Path) -> None:
    shown = done("runs", "show", root / "a", "--json").json
    assert shown["facts"]["command"] == "make a"
    assert shown["settings"]["mf"]["embedding_dim"] == 16
    assert [line["recall"] for line in shown["metrics"]] == [0.125, 0.25]
    assert "mf.embedding_dim = 16" in done("runs", "show", root / "a").stdout


def test_compare_tells_what_differs_and_nothing_else(root: Path) -> None:
    differing = done("runs", "compare", root / "a", root / "b", "--json").json["differing"]
    assert differing == {"mf.embedding_dim": [16, 32], "test:recall": [0.25, 0.5]}
    assert "do not differ" in done("runs", "compare", root / "a", root / "a").stdout


@pytest.mark.parametrize("words", [["show", "{0}/gone"], ["compare", "{0}/a", "{0}"], ["show", "{0}/file"]])
def test_what_is_no_run_is_refused(words: list[str], root: Path) -> None:
    (root / "file").write_text("x")
    error = refusal(["runs", *(word.format(root) for word in words)])
    assert error["error"] == "RunError"
    assert str(root) in error["found"]


def test_settings_that_are_gone_are_refused_not_crashed(root: Path) -> None:
    (root / "a" / "config.json").unlink()
    assert say("runs", "show", root / "a").code == 2
