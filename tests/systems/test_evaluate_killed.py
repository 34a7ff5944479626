"""`evaluate` killed with SIGKILL in the middle: going on gives the same scores, and no answered call is repeated."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from humankind.kits.bench.asking import JOURNAL

CHILD = """
import sys, time
from humankind.testing.scripted import at_random, scripted
from humankind.kits.bench import session

calls, *words = sys.argv[1:]
draw = at_random(seed=7)

def slowly(call):
    time.sleep(0.02)
    return draw(call)

model = scripted(slowly, name="slow", calls_file=calls)
session.get = session.usable
session.usable = lambda name: model if name == "scripted/slow" else session.get(name)

from humankind.cli.main import main
sys.argv = ["humankind", *words]
sys.exit(main())
"""
"""The whole command line in a process of its own, around a model that takes 20 ms a call and writes each call down."""

VERBS = {
    "motivation": ["--suite", "own", "--protocol", "paper", "--limit", "5", "--way", "text"],
    "tom": ["--suite", "generated", "--limit", "90", "--way", "text"],
}
N = 90
"""Trials of each: 5 scenarios of 3 questions under 6 orders; 90 questions."""


def begin(noun: str, out: Path, calls: Path, *more: str) -> subprocess.Popen[str]:
    words = [noun, "evaluate", *VERBS[noun], "--model", "scripted/slow", "--out", str(out), "--json", *more]
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(calls), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip


def finished(process: subprocess.Popen[str]) -> dict:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return {key: value for key, value in json.loads(out).items() if key != "run"}


def prompts(calls: Path) -> Counter[str]:
    lines = calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []
    return Counter(json.loads(line)["prompt"] for line in lines)


def kept(out: Path) -> set[str]:
    """Trials whose reply is on disk, half a line at the end left out."""
    journal = out / "artifacts" / "replies" / JOURNAL
    lines = journal.read_bytes().split(b"\n")[:-1] if journal.exists() else []
    return {json.loads(line)["trial"] for line in lines}


@pytest.mark.parametrize("noun", list(VERBS))
def test_a_killed_evaluation_goes_on(tmp_path: Path, noun: str) -> None:
    whole = finished(begin(noun, tmp_path / "whole", tmp_path / "whole.calls"))
    assert sum(prompts(tmp_path / "whole.calls").values()) == N

    out, calls = tmp_path / "killed", tmp_path / "killed.calls"
    process = begin(noun, out, calls)
    deadline = time.monotonic() + 60
    while len(kept(out)) < N // 4:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    before, asked = kept(out), prompts(calls)
    assert N // 4 <= len(before) < N, "it was killed in the middle"

    again = finished(begin(noun, out, calls, "--resume"))
    assert again == whole
    repeated = sum((prompts(calls) - prompts(tmp_path / "whole.calls")).values())
    assert repeated <= sum(asked.values()) - len(before), "asked again was only what had no reply on disk"
    assert set(prompts(calls)) == set(prompts(tmp_path / "whole.calls"))
    assert len(kept(out)) == N
