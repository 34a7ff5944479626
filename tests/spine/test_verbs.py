"""What verbs share: the run folder around them, what is printed, what is left behind when they end early."""

from __future__ import annotations

import json
import shlex
import signal

import pytest
import typer

from humankind.spine.config import Config
from humankind.spine.errors import DataError, RunError
from humankind.spine.runs import DONE, INTERRUPTED, Run, find_runs
from humankind.spine.verbs import Settings, emit, new_app, terminate_as_interrupt, verb_run, with_settings


class Toy(Config):
    """Settings of a toy verb."""

    size: int = 3
    """How much of it."""


def opened(out, *, resume=False, command="humankind toy make"):
    return verb_run("toy", Toy(), out, resume, command)


def test_a_run_that_ends_well_is_done_and_its_folder_is_told(tmp_path, capsys):
    with opened(tmp_path / "r") as (run, _):
        run.log(loss=1.0)
    assert Run.read(tmp_path / "r").status == DONE
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"run folder: {tmp_path / 'r'}\n"


def test_without_out_the_folder_is_made_under_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with opened(None):
        pass
    assert [run.path.name.startswith("toy-") for run in find_runs("runs")] == [True]


@pytest.mark.parametrize(
    "given", ["humankind toy make", "humankind toy make --out '{}'", "humankind toy make --out '{}' --resume"]
)
def test_an_interrupted_run_prints_the_command_that_goes_on(tmp_path, capsys, given):
    out = tmp_path / "with space"
    with pytest.raises(KeyboardInterrupt), opened(out, command=given.format(out)):
        raise KeyboardInterrupt
    assert Run.read(out).status == INTERRUPTED
    again = shlex.split(capsys.readouterr().err.splitlines()[-1])
    assert sorted(again) == sorted(["humankind", "toy", "make", "--out", str(out), "--resume"])
    with opened(out, resume=True):
        pass
    assert Run.read(out).status == DONE


def test_the_signal_to_end_is_an_interrupt_for_the_time_of_a_block():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), terminate_as_interrupt():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == before


def refuse_after(out, keep, *, resume=False):
    """Meet wrong input in an open run, after a result if `keep`."""
    with opened(out, resume=resume) as (run, _):
        if keep:
            run.once("part", lambda: 1)
        raise DataError("bad row")


@pytest.mark.parametrize("keep", [False, True])
def test_wrong_input_leaves_a_folder_only_where_there_are_results(tmp_path, keep):
    with pytest.raises(DataError):
        refuse_after(tmp_path / "r", keep)
    assert (tmp_path / "r").exists() == keep


def test_wrong_input_never_removes_an_earlier_run(tmp_path):
    with opened(tmp_path / "r"):
        pass
    with pytest.raises(DataError):
        refuse_after(tmp_path / "r", False, resume=True)
    assert (tmp_path / "r" / "run.json").exists()


def test_resume_needs_a_folder_and_out_is_no_file(tmp_path):
    with pytest.raises(RunError, match="--resume needs"), opened(None, resume=True):
        pass
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RunError, match="is a file"), opened(tmp_path / "file"):
        pass
    assert (tmp_path / "file").read_text() == "mine"


def test_one_object_or_the_text(capsys):
    def never() -> str:
        raise AssertionError("the text is not made where JSON is asked for")

    emit({"name": "Žofie", "rows": [1, None]}, True, never)
    assert json.loads(capsys.readouterr().out) == {"name": "Žofie", "rows": [1, None]}
    emit({}, False, lambda: "for people")
    assert capsys.readouterr().out == "for people\n"
    with pytest.raises(ValueError):
        emit({"loss": float("nan")}, True, "")
    assert capsys.readouterr().out == ""


def test_help_ends_with_the_settings(capsys):
    app = new_app()

    @app.command("make", cls=with_settings(f"{__name__}:Toy"))
    def make(settings: Settings = None) -> None:
        """Make it."""

    typer.main.get_command(app).main(["--help"], standalone_mode=False)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "seed = 0 Seed of every random stream of the run. [int]" in lines
    assert "size = 3 How much of it. [int]" in lines
