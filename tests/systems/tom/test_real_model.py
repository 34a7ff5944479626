"""The embedded model really answers Hi-ToM under S2F, with sockets blocked: transcripts, not a stand-in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from humankind.testing.commands import done

pytestmark = [pytest.mark.slow, pytest.mark.data]


def samples(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "samples.jsonl").read_text(encoding="utf-8").splitlines()]


def test_a_hundred_questions_of_hitom_under_s2f(data_home: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ["tom", "evaluate", "--suite", "hitom", "--model", "humankind/smollm2", "--policy", "s2f:3"]
    words += ["--limit", "100", "--max-new-tokens", "96", "--out", str(out)]
    found = done(*words, "--json").json
    assert found["overall"]["n"] == 100
    assert found["overall"]["scored"] + sum(found["unscored"].values()) == 100
    assert {order: one["n"] for order, one in found["by"]["order"].items()} == dict.fromkeys("01234", 20)
    kept = samples(out)
    assert len({sample["text"] for sample in kept}) > 10, "a real model says different things about different stories"
    for sample in kept:
        assert sample["facts"]["hesitations"] <= 2
        assert sample["text"].count("now I go with my first intuition") == (sample["facts"]["injected_at"] >= 0)
        assert len(sample["log_likelihoods"]) in (0, 15)
    logs = list((out / "artifacts" / "replies" / "inspect").glob("*.eval"))
    assert len(logs) == 1
    from inspect_ai.log import read_eval_log

    log = read_eval_log(str(logs[0]))
    assert log.status == "success"
    assert len(log.samples or []) == 100


def test_seeds_differ_above_temperature_zero_and_repeat_themselves(data_home: Path, tmp_path: Path) -> None:
    texts = []
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        words = ["tom", "evaluate", "--suite", str(data_home / "emobench"), "--way", "text", "--temperature", "1"]
        words += ["--set", "limit=4", "--max-new-tokens", "24", "--policy", "cot", "--out", str(tmp_path / name)]
        done(*words, "--seed", str(seed), "--json")
        texts.append({sample["id"]: sample["text"] for sample in samples(tmp_path / name)})
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]
