"""Settings of a benchmark run."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le

from humankind.spine.config import Config
from humankind.systems.naming.config import RULES, NamingConfig


class BenchConfig(Config):
    """Which requests, which ways of naming, who judges."""

    presets: ClassVar[dict[str, dict[str, Any]]] = {"tiny": {"limit": 24}, "small": {}, "paper": {"suite": "cbnames"}}

    suite: str = "own"
    """The requests: `own`, `cbnames`, or the path of a file of CBNames. Paper: CBNames, 500 requests."""
    ways: str = "all"
    """`all`, `baselines` (and the method), `ablations` (and the method), or names with commas."""
    limit: Annotated[int, Ge(0)] = 0
    """Most requests, drawn evenly from the whole; 0 takes all."""
    backend: str = RULES
    """Who names, in the method and in the baselines: rules, a model as Inspect names it, or hybrid:MODEL."""
    judge: str = ""
    """Model that scores beside the rules, as Inspect names it; empty for none. Paper: moonshot-v1-8k."""
    at_once: Annotated[int, Ge(1), Le(256)] = 8
    """Requests under way at the same time where a model is asked."""
    naming: NamingConfig = NamingConfig(n_names=1)
    """Settings of the method."""
