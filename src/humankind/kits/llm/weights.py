"""Where an embedded model's weights are, whether they are the right ones, and their conversion for training."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from contextlib import redirect_stderr
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
"""Beside converted weights: what they were converted from, and its licence."""


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
    with path.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != model.sha256:
        raise DataError(
            "the weights are not the known ones",
            found=f"SHA-256 {found}",
            where=path,
            expected=model.sha256,
            remedy=f"install the package anew: humankind models install {model.name}",
        )
    return path


def install(model: EmbeddedModel) -> Path:
    """Install the package that carries a model's weights, without what it depends on, and return their path.

    Raises:
        ResourceError: the installer failed; its last words are in the message.
    """
    wanted = f"{model.distribution}=={model.version}"
    command = [*_installer(), "--no-deps", wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise ResourceError(
            f"{wanted} could not be installed",
            found=last[0] if last else f"exit code {done.returncode}",
            remedy=f"try by hand: {' '.join(['pip', 'install', '--no-deps', wanted])}",
        )
    return verify(model)


def _installer() -> list[str]:
    """Return the words that install into this Python: pip, or uv where the environment has no pip."""
    if find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable]


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
    if (folder / ORIGIN).exists():
        return folder
    import filelock

    folder.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(folder.parent / f".{folder.name}.lock"):
        if not (folder / ORIGIN).exists():
            source = verify(model)
            folder_once(folder, lambda new: _convert(model, source, new))
    return folder


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
