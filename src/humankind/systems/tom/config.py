"""Settings of an evaluation: which suite, which model, how it decodes, how its choice is read."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le

from humankind.spine.config import Config
from humankind.systems.tom.data import Language

Asked = Literal["auto", "text", "likelihood", "constrained"]
"""How a choice is read; `auto` takes the best that model and policy allow."""


class TomConfig(Config):
    """One model on one suite under one decoding policy."""

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"limit": 20, "max_new_tokens": 96},
        "small": {"limit": 100, "max_new_tokens": 256},
        "paper": {"limit": 0, "max_new_tokens": 2048},
    }

    suite: str = "hitom"
    """Name of a suite, or path of a file or folder of questions."""
    language: Language = "en"
    """Language of the questions; suites without the other language have `en` alone."""
    model: str = "humankind/smollm2"
    """Model, as Inspect names it."""
    policy: str = "plain"
    """How the model decodes: plain, cot, nothink, cap:N, s2f:N, t2m:N, or several with `+`."""
    way: Asked = "auto"
    """How the choice is read: from text, from option likelihoods, or from output held to the letters."""
    limit: Annotated[int, Ge(0)] = 0
    """Most questions asked, drawn by the seed in proportion to ability, order and language; 0 asks all."""
    order: Literal["source", "shuffled"] = "source"
    """Order of the options: as in the source, or shuffled by the seed, another for each question."""
    max_new_tokens: Annotated[int, Ge(1)] = 256
    """Most tokens a reply may have, thinking included. Third-party summary of the paper: 2048."""
    temperature: Annotated[float, Ge(0)] = 0.0
    """0 takes the likeliest token. Third-party summary of the paper: 0."""
    top_p: Annotated[float, Gt(0), Le(1)] = 1.0
    """Part of the probability that sampling draws from. Third-party summary of the paper: 1."""
    connections: Annotated[int, Ge(1)] = 8
    """Questions asked at the same time; a local model answers them as one batch."""


class CapsConfig(TomConfig):
    """One model on one suite under several caps on its thinking."""

    caps: tuple[Annotated[int, Ge(1)], ...] = (64, 256, 1024)
    """Most thinking tokens, each added to the policy; without a cap the policy is asked too."""


class EffortConfig(TomConfig):
    """One model on one suite at several efforts."""

    efforts: tuple[str, ...] = ("low", "medium", "high")
    """Efforts as Inspect names them; for a local model caps on thinking stand for them."""


class ReadingConfig(Config):
    """What a study of finished runs reads."""

    runs: tuple[str, ...] = ()
    """Folders that `evaluate` wrote."""
    n_bins: Annotated[int, Ge(2)] = 5
    """Bins of replies by length, about equally many in each."""
