"""Settings of an evaluation (what is asked, how, of which model) and of the construction of new scenarios."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le

from humankind.spine.config import Config

Protocol = Literal["paper", "quick"]
"""`paper`: every question under six option orders. `quick`: every question once, gold letters balanced."""

Mode = Literal["base", "cot"]
"""`base`: the letter alone. `cot`: reasons first, the letter on the last line."""

Asked = Literal["auto", "likelihood", "constrained", "text"]
"""How a choice is read; `auto` takes the surest way that model and mode allow."""


class MotivationConfig(Config):
    """One model on one set of questions under one protocol."""

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"protocol": "quick", "limit": 10, "max_new_tokens": 256},
        "small": {"protocol": "quick", "max_new_tokens": 1024},
        "paper": {"protocol": "paper", "suite": "motivebench"},
    }

    suite: str = "own"
    """The questions: `own`, `motivebench`, or the path of a file or folder."""
    model: str = "humankind/smollm2"
    """Model, as Inspect names it."""
    protocol: Protocol = "paper"
    """paper: six option orders a question; quick: one, chosen so that the right letters are balanced."""
    mode: Mode = "base"
    """base asks for the letter alone, cot for reasons first. Paper: both."""
    way: Asked = "auto"
    """How the choice is read: option likelihoods, output held to the letters, or free text. Paper: text."""
    limit: Annotated[int, Ge(0)] = 0
    """Most scenarios asked (three questions each), drawn by the seed in proportion to source and level; 0 asks all."""
    temperature: Annotated[float, Ge(0)] = 0.0
    """0 takes the likeliest token. Released code: 0."""
    top_p: Annotated[float, Gt(0), Le(1)] = 1.0
    """Part of the probability that sampling draws from. Released code: 1."""
    max_new_tokens: Annotated[int, Ge(1)] = 4096
    """Most tokens of a reply, thinking included; likelihoods need none. Released code: 4096."""
    connections: Annotated[int, Ge(1)] = 16
    """Questions asked at the same time; a local model answers them as one batch."""


class BuildConfig(Config):
    """The pipeline that turns texts into scenarios with three questions each."""

    presets: ClassVar[dict[str, dict[str, Any]]] = {"tiny": {"limit": 2}, "small": {"limit": 50}, "paper": {}}

    model: str = "humankind/smollm2"
    """Model that writes, criticises and adjusts, as Inspect names it. 135M parameters are too few for this work."""
    kind: Literal["text", "persona"] = "text"
    """What the input is: texts that tell of something real, or short descriptions of persons to invent from."""
    limit: Annotated[int, Ge(0)] = 0
    """Most texts taken, in their order; 0 takes all."""
    rounds: Annotated[int, Ge(0), Le(10)] = 2
    """Most rounds of three critics and a modifier. Released code: 2."""
    attempts: Annotated[int, Ge(1), Le(20)] = 4
    """Most replies asked for at one step, the first included, until one fits the form. Released code: without end."""
    temperature: Annotated[float, Ge(0)] = 0.8
    """Temperature of every step. Released code: .8."""
    top_p: Annotated[float, Gt(0), Le(1)] = 0.85
    """Part of the probability that sampling draws from. Released code: .85."""
    max_new_tokens: Annotated[int, Ge(1)] = 4096
    """Most tokens of a reply. Released code: 4096."""
    structured: Literal["auto", "off"] = "auto"
    """auto sends the JSON schema along, and providers that can hold replies to it; off for servers that refuse it."""
    connections: Annotated[int, Ge(1)] = 8
    """Texts worked on at the same time."""
