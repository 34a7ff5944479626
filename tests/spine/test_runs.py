"""Run folders: whole after a kill, one writer, the same settings, computed once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.spine.config import Config
from humankind.spine.errors import RunError
from humankind.spine.runs import DONE, FAILED, INTERRUPTED, Run, find_runs, folder_once, new_path, write_text


class Settings(Config):
    """Settings of a toy run."""

    size: int = 1
    """How much."""


def opened(path, *, resume=False, **settings):
    return Run.start(path, command="toy", config=Settings(**settings), resume=resume)


def test_a_run_leaves_its_facts_settings_and_lines(tmp_path):
    with opened(tmp_path / "r", size=3) as run:
        run.log(event="epoch", loss=0.5)
        run.keep(text="an example")
    read = Run.read(tmp_path / "r")
    assert read.status == DONE
    assert read.facts["command"] == "toy"
    assert read.config_values() == {"seed": 0, "size": 3}
    assert [(line["event"], line["loss"]) for line in read.metrics()] == [("epoch", 0.5)]
    assert read.samples() == [{"text": "an example"}]


def test_a_result_is_computed_once_in_the_life_of_a_run(tmp_path):
    calls = []
    for resume in (False, True):
        with opened(tmp_path / "r", resume=resume) as run:
            assert run.once("answer", lambda: calls.append(1) or {"is": 42}) == {"is": 42}
    assert calls == [1]


def test_a_failed_run_says_so_and_an_interrupted_one_too(tmp_path):
    with pytest.raises(ZeroDivisionError), opened(tmp_path / "a"):
        1 / 0  # noqa: B018
    with pytest.raises(KeyboardInterrupt), opened(tmp_path / "b"):
        raise KeyboardInterrupt
    assert Run.read(tmp_path / "a").status == FAILED
    assert Run.read(tmp_path / "b").status == INTERRUPTED


def test_a_folder_in_use_is_not_overwritten(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="not empty"), opened(tmp_path):
        pass
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_other_settings_do_not_resume(tmp_path):
    with opened(tmp_path / "r", size=1):
        pass
    with pytest.raises(RunError, match="other settings") as error, opened(tmp_path / "r", resume=True, size=2):
        pass
    assert "size: 1 there, 2 now" in str(error.value)
    assert Run.read(tmp_path / "r").config_values()["size"] == 1


def test_a_second_writer_is_refused(tmp_path):
    with opened(tmp_path / "r"), pytest.raises(RunError, match="another process"), opened(tmp_path / "r", resume=True):
        pass


def test_kill_and_go_on(tmp_path):
    """A process killed while it writes leaves a folder that reads, and that a second process completes."""
    script = textwrap.dedent(f"""
        import sys, time
        from humankind.spine.config import Config
        from humankind.spine.runs import Run
        with Run.start({str(tmp_path / "r")!r}, command="toy", config=Config(), resume="again" in sys.argv) as run:
            run.once("first", lambda: "made in " + ("second" if "again" in sys.argv else "first"))
            for step in range(3 if "again" in sys.argv else 100000):
                run.log(step=step)
                time.sleep(0.005)
    """)
    process = subprocess.Popen([sys.executable, "-c", script])
    metrics = tmp_path / "r" / "metrics.jsonl"
    deadline = time.monotonic() + 30
    while not (metrics.exists() and metrics.stat().st_size > 300):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with metrics.open("a") as file:
        file.write('{"step": 99')  # the half line of a kill in the middle of a write
    before = len(Run.read(tmp_path / "r").metrics())
    subprocess.run([sys.executable, "-c", script, "again"], check=True)
    after = Run.read(tmp_path / "r")
    assert after.status == DONE
    assert len(after.metrics()) == before + 3
    assert json.loads((after.artifacts / "first.json").read_text()) == "made in first"
    assert len(after.facts["resumed"]) == 1


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text() | st.integers() | st.none(), max_size=3), max_size=4))
def test_samples_are_read_as_they_were_kept(samples):
    """Whatever a person or a model wrote, with any of the line breaks that Unicode knows."""
    with tempfile.TemporaryDirectory() as folder:
        with opened(Path(folder) / "r") as run:
            for sample in samples:
                run.keep(**sample)
        assert Run.read(Path(folder) / "r").samples() == samples


def test_line_breaks_inside_a_text_do_not_break_a_record(tmp_path):
    text = "one\u2028two\u2029three\x85four\nfive\x0csix"
    with opened(tmp_path / "r") as run:
        run.keep(text=text)
        assert run.samples() == [{"text": text}]


def test_half_a_character_at_the_end_is_not_read(tmp_path):
    with opened(tmp_path / "r") as run:
        run.log(step=1)
    with (tmp_path / "r" / "metrics.jsonl").open("ab") as file:
        file.write('{"text": "ü'.encode()[:-1])
    assert [line["step"] for line in Run.read(tmp_path / "r").metrics()] == [1]
    with opened(tmp_path / "r", resume=True) as run:
        run.log(step=2)
    assert [line["step"] for line in Run.read(tmp_path / "r").metrics()] == [1, 2]


def test_a_number_that_json_does_not_know_is_refused_and_leaves_no_half_line(tmp_path):
    with opened(tmp_path / "r") as run:
        run.log(loss=1.0)
        with pytest.raises(ValueError):
            run.log(loss=float("nan"))
        run.log(loss=2.0)
        assert [line["loss"] for line in run.metrics()] == [1.0, 2.0]


def test_other_data_do_not_resume(tmp_path):
    with opened(tmp_path / "r") as run:
        run.check_data(n_users=3, digest="ab")
    with opened(tmp_path / "r", resume=True) as run:
        run.check_data(n_users=3, digest="ab")
        with pytest.raises(RunError, match="other data") as error:
            run.check_data(n_users=4, digest="ab")
    assert error.value.found == "n_users: 3 there, 4 now"


def test_a_failed_write_leaves_the_old_text_and_no_litter(tmp_path):
    path = tmp_path / "x.json"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "\udcff")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


def test_a_folder_is_there_whole_or_not_at_all(tmp_path):
    def half(folder):
        (folder / "a").write_text("a")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        folder_once(tmp_path / "f", half)
    assert list(tmp_path.iterdir()) == []
    folder_once(tmp_path / "f", lambda folder: (folder / "a").write_text("a") and None)
    assert folder_once(tmp_path / "f", half) == tmp_path / "f"


def test_runs_are_found_newest_first_and_named_apart(tmp_path):
    for name in ("x", "y"):
        with opened(tmp_path / name):
            pass
    assert {run.path.name for run in find_runs(tmp_path)} == {"x", "y"}
    first = new_path("toy", tmp_path)
    first.mkdir()
    assert new_path("toy", tmp_path) != first


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="not a run folder"):
        Run.read(tmp_path)
