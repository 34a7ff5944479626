"""Which model an experiment asks: the embedded one, or the one that an environment variable names for a system."""

from __future__ import annotations

import os
import shlex

EMBEDDED = "humankind/smollm2"
"""The model that comes with the package, so that a reproduction needs no network and no key."""


def variable_of(noun: str) -> str:
    """Return the environment variable that names the model of a system's experiments.

    >>> variable_of("tom")
    'HUMANKIND_TOM_MODEL'
    """
    return f"HUMANKIND_{noun.upper()}_MODEL"


def model_of(noun: str) -> str:
    """Return the model that a system's experiments ask, as Inspect names it."""
    return os.environ.get(variable_of(noun), "").strip() or EMBEDDED


def reproduction(noun: str, model: str, preset: str, seed: int | None = None) -> str:
    """Return the command that runs a system's experiments with a model.

    >>> reproduction("tom", "hf/some model", "paper", seed=3)
    "HUMANKIND_TOM_MODEL='hf/some model' humankind reproduce tom --preset paper --seed 3"
    """
    start = [] if model == EMBEDDED else [f"{variable_of(noun)}={shlex.quote(model)}"]
    seeded = [] if seed is None else ["--seed", str(seed)]
    return " ".join([*start, "humankind", "reproduce", noun, "--preset", preset, *seeded])
