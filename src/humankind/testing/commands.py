"""Runs the command line, in this process or in one of its own, and keeps what it said."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from humankind.cli.main import run


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The one JSON object on stdout; AssertionError where there is anything else."""
        lines = self.stdout.splitlines()
        assert len(lines) == 1, f"one line of JSON expected on stdout, found {self.stdout!r}"
        return json.loads(lines[0])


def say(*arguments: object) -> Said:
    """Run `humankind ARGUMENTS` in this process and return what it said.

    >>> say("systems", "--json").json["systems"][0]["noun"]
    'recommendation'
    """
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([str(argument) for argument in arguments])
    return Said(code, out.getvalue(), err.getvalue())


def done(*arguments: object) -> Said:
    """Run a command as `say` does, and return what it said; AssertionError unless it ended well."""
    said = say(*arguments)
    assert said.code == 0, f"exit code {said.code} of {arguments}\n{said.stderr}"
    return said


def in_process(*arguments: object) -> list[str]:
    """Return the words that start `humankind ARGUMENTS` in a process of its own, with this interpreter."""
    return [sys.executable, "-m", "humankind", *map(str, arguments)]


def cpu_seconds(words: Sequence[str]) -> float:
    """Return the processor time of a command; unlike wall time, other work on the machine hardly moves it."""
    before = os.times()
    subprocess.run(words, check=True, capture_output=True, timeout=60)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def fastest(words: Sequence[str], limit_s: float) -> float:
    """Return the best processor time of three runs of a command, of up to ten while none is below `limit_s`.

    A busy neighbour on the same core stretches single runs; it never makes a slow command fast.
    """
    times: list[float] = []
    while len(times) < 3 or (min(times) >= limit_s and len(times) < 10):
        times.append(cpu_seconds(words))
    return min(times)


def kill_when(words: Sequence[str], ready: Callable[[], bool], within_s: float = 60.0) -> bool:
    """Start a command and kill it (SIGKILL: it cannot clean up) as soon as `ready()`; False if it ended first.

    Args:
        words: the command.
        ready: asked every few milliseconds.
        within_s: seconds after which the command is given up with an AssertionError.
    """
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    give_up = time.monotonic() + within_s
    try:
        while process.poll() is None:
            assert time.monotonic() < give_up, f"not ready within {within_s} s: {words}"
            if ready():
                process.send_signal(signal.SIGKILL)
                return process.wait() == -signal.SIGKILL
            time.sleep(0.005)
        return False
    finally:
        process.kill()
        process.wait()
