"""Progress on stderr: bars with time left at a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol


class Task(Protocol):
    """A piece of work that reports how far it is."""

    def advance(self, steps: float = 1) -> None:
        """Count `steps` more as done."""
        ...

    def note(self, text: str) -> None:
        """Show a short text beside the task: a loss, a file, a round."""
        ...


class Progress:
    """Tells a person how far the work is. This base class says nothing; use it in libraries and tests."""

    @contextmanager
    def task(self, title: str, total: float | None = None) -> Generator[Task]:
        """Open a task of `total` steps (None: unknown) for the time of the `with` block."""
        yield _SilentTask()

    def say(self, text: str) -> None:
        """Print one line for the person who waits."""


class _SilentTask:
    def advance(self, steps: float = 1) -> None:
        pass

    def note(self, text: str) -> None:
        pass


SILENT = Progress()


class LogProgress(Progress):
    """One line at the start and end of a task and every `every_s` seconds between, for pipes and logs."""

    def __init__(self, every_s: float = 15.0) -> None:
        self.every_s = every_s

    @contextmanager
    def task(self, title: str, total: float | None = None) -> Generator[Task]:
        task = _LogTask(title, total, self.every_s)
        yield task
        task.close()

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


class _LogTask:
    def __init__(self, title: str, total: float | None, every_s: float) -> None:
        self.title, self.total, self.every_s = title, total, every_s
        self.done, self.text = 0.0, ""
        self.start = self.last = time.monotonic()

    def advance(self, steps: float = 1) -> None:
        self.done += steps
        now = time.monotonic()
        if now - self.last < self.every_s:
            return
        self.last = now
        part = f"{self.done:g}"
        if self.total:
            left = (now - self.start) / self.done * (self.total - self.done) if self.done else 0
            part = f"{self.done:g}/{self.total:g}, about {left:.0f} s left"
        print(f"  {self.title}: {part} {self.text}".rstrip(), file=sys.stderr, flush=True)

    def note(self, text: str) -> None:
        self.text = text

    def close(self) -> None:
        spent = time.monotonic() - self.start
        if spent >= self.every_s:
            print(f"  {self.title}: done in {spent:.0f} s {self.text}".rstrip(), file=sys.stderr, flush=True)


class BarProgress(Progress):
    """Bars with time spent and time left, by rich. Use as a context manager."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self.bars = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[text]}", markup=False),
            console=Console(stderr=True),
            transient=True,
        )

    def __enter__(self) -> BarProgress:
        self.bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bars.stop()

    @contextmanager
    def task(self, title: str, total: float | None = None) -> Generator[Task]:
        bar = self.bars.add_task(title, total=total, text="")
        try:
            yield _BarTask(self.bars, bar)
        finally:
            self.bars.remove_task(bar)

    def say(self, text: str) -> None:
        self.bars.console.print(text, markup=False, highlight=False)


class _BarTask:
    def __init__(self, bars, bar) -> None:
        self.bars, self.bar = bars, bar

    def advance(self, steps: float = 1) -> None:
        self.bars.advance(self.bar, steps)

    def note(self, text: str) -> None:
        self.bars.update(self.bar, text=text)


@contextmanager
def for_person() -> Generator[Progress]:
    """Yield bars where stderr is a terminal, log lines otherwise."""
    if sys.stderr.isatty():
        with BarProgress() as bars:
            yield bars
    else:
        yield LogProgress()
