"""Progress goes to stderr, never to stdout, and says how far and how long."""

from __future__ import annotations

import pytest

from humankind.spine import progress
from humankind.spine.progress import SILENT, BarProgress, LogProgress, for_person


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_silence_says_nothing(capsys):
    with SILENT.task("work", 3) as task:
        task.advance()
        task.note("x")
    SILENT.say("hello")
    assert capsys.readouterr() == ("", "")


def test_a_log_says_how_far_and_how_long(clock, capsys):
    with LogProgress(every_s=10).task("counting", 8) as task:
        task.advance(1)
        clock[0] += 20
        task.note("loss 0.5")
        task.advance(1)
        clock[0] += 1
        task.advance(1)
    said = capsys.readouterr()
    assert said.out == ""
    # 2 of 8 took 20 s: the 6 that are left take 60.
    assert said.err.splitlines() == ["  counting: 2/8, about 60 s left loss 0.5", "  counting: done in 21 s loss 0.5"]


def test_a_log_does_not_talk_about_short_work(clock, capsys):
    with LogProgress(every_s=10).task("quick", 2) as task:
        task.advance(2)
    assert capsys.readouterr().err == ""


def test_a_task_that_broke_off_is_not_called_done(clock, capsys):
    def work() -> None:
        with LogProgress(every_s=10).task("work", 2):
            clock[0] += 50
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert "done" not in capsys.readouterr().err


@pytest.mark.parametrize(("total", "shown"), [(3, "2/3"), (None, "2/?")])
def test_bars_show_titles_and_notes_as_they_are(capsys, monkeypatch, total, shown):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "140")
    with BarProgress() as bars, bars.task("SaD [beta=auto]", total) as task:
        task.advance(2)
        task.note("[b]loss[/b] 0.5")
        bars.bars.refresh()
        bars.say("row [3] was dropped")
    said = capsys.readouterr()
    assert said.out == ""
    for part in ("SaD [beta=auto]", shown, "[b]loss[/b] 0.5", "row [3] was dropped"):
        assert part in said.err


def test_a_pipe_gets_log_lines(capsys):
    with for_person() as chosen:
        assert isinstance(chosen, LogProgress)
        chosen.say("hello")
    assert capsys.readouterr() == ("", "hello\n")
