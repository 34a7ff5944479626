"""The embedded instructor: decides item by item what may flow to whom, without any language model.

A linear policy on the columns of `features`, trained on CI-RL by `train` or by group-relative policy gradient in
`policy`; both save the same files. It reads the norm alone, never the conversation, so that nothing a recipient
writes can talk it round.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from pydantic import Field, model_validator

from humankind.spine.config import Section
from humankind.spine.errors import ConfigError, DataError, RunError
from humankind.spine.runs import write_text
from humankind.systems.privacy.features import FeatureSettings, rows_of
from humankind.systems.privacy.guidance import Guidance, label_of, write_guidance
from humankind.systems.privacy.norms import Norm

if TYPE_CHECKING:
    import numpy as np

EMBEDDED = Path(__file__).parent / "embedded"
"""Folder of the instructor that comes with the package."""

FORMAT = 1


class Instructor(Protocol):
    """Whoever tells an agent what may flow."""

    def instruct(self, norm: Norm, messages: Sequence[Any] = ()) -> Guidance:
        """Return guidance for the next step, given the norm and the messages so far."""
        ...


class Bounds(Section):
    """From probabilities to decisions."""

    share: float = Field(0.5, ge=0, le=1)
    """Items at least this probable may flow."""

    withhold: float = Field(0.5, ge=0, le=1)
    """Items below this must not; between the two the subject is to be asked."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.withhold > self.share:
            raise ConfigError(
                "the bounds are the wrong way round",
                found=f"withhold below {self.withhold}, share from {self.share}",
                expected="withhold <= share",
            )
        return self


class EmbeddedInstructor:
    """A linear item policy.

    Args:
        weights: one for each column of the features.
        settings: how items become rows.
        bounds: when to share, withhold or ask.
    """

    def __init__(self, weights: np.ndarray, settings: FeatureSettings, bounds: Bounds) -> None:
        import numpy as np

        if weights.shape != (1 << settings.bits,) or not np.isfinite(weights).all():
            raise DataError(
                "the weights do not fit",
                found=f"shape {weights.shape}",
                expected=f"{1 << settings.bits} finite numbers",
            )
        self.weights, self.settings, self.bounds = weights.astype(np.float32), settings, bounds
        self._decided = lru_cache(maxsize=1024)(self._decide)  # of this instructor alone, and gone with it
        self._lookup = self.weights.tolist()  # reading a list is several times faster than indexing an array

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """Return the instructor of a folder, or the one that comes with the package.

        Raises:
            RunError: there is none, it is damaged, or it is of another version.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        folder = EMBEDDED if folder is None else folder
        try:
            facts = json.loads((folder / "instructor.json").read_text(encoding="utf-8"))
            weights = load_file(folder / "instructor.safetensors")["weights"]
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise RunError(
                "there is no instructor here",
                found=f"{type(error).__name__}: {error}",
                where=folder,
                expected="a folder with instructor.json and instructor.safetensors",
                remedy="name the folder that `humankind privacy train --out` made",
            ) from None
        if facts.get("format") != FORMAT:
            raise RunError("the instructor was written by another version", found=facts.get("format"), expected=FORMAT)
        return cls(weights, FeatureSettings.model_validate(facts["features"]), Bounds.model_validate(facts["bounds"]))

    def save(self, folder: Path, **recipe: Any) -> Path:
        """Write the instructor into a folder and return it; the JSON comes last, so that it marks a whole one.

        Args:
            folder: made if it is not there.
            recipe: how it was made, ready for JSON.
        """
        from safetensors.numpy import save_file

        folder.mkdir(parents=True, exist_ok=True)
        save_file({"weights": self.weights}, folder / "instructor.safetensors")
        (folder / "instructor.safetensors").chmod(0o644)
        facts = {
            "format": FORMAT,
            "features": json.loads(self.settings.model_dump_json()),
            "bounds": json.loads(self.bounds.model_dump_json()),
            "recipe": recipe,
        }
        write_text(folder / "instructor.json", json.dumps(facts, indent=1) + "\n")
        return folder

    def logits(self, norm: Norm) -> list[float]:
        """Return for each item the log-odds that sharing it is appropriate, from its words and context alone."""
        weights = self._lookup
        return [sum(weights[column] * value for column, value in row.items()) for row in rows_of(norm, self.settings)]

    def probabilities(self, norm: Norm) -> tuple[float, ...]:
        """Return for each item how probable it is that sharing it is appropriate.

        What the norm lists as shareable or sensitive is certain and gets 1 or 0.
        """
        known = {place: 1.0 for place in norm.shareable or ()} | {place: 0.0 for place in norm.sensitive or ()}
        if len(known) == len(norm.items):
            return tuple(known[place] for place in range(len(norm.items)))
        return tuple(known.get(place, _sigmoid(logit)) for place, logit in enumerate(self.logits(norm)))

    def decide(self, norm: Norm) -> Guidance:
        """Return what may flow, what not, and what the subject must be asked about first, with the words for it."""
        return self._decided(norm)

    def instruct(self, norm: Norm, messages: Sequence[Any] = ()) -> Guidance:
        """Return the guidance of `decide`; the messages are not read."""
        return self.decide(norm)

    def _decide(self, norm: Norm) -> Guidance:
        probabilities = self.probabilities(norm)
        known = (norm.shareable or frozenset()) | (norm.sensitive or frozenset())
        share, withhold, ask = [], [], []
        for place, probability in enumerate(probabilities):
            if place in known:
                (share if probability else withhold).append(place)
            elif probability >= self.bounds.share:
                share.append(place)
            else:
                (withhold if probability < self.bounds.withhold else ask).append(place)
        return write_guidance(norm, share, withhold, ask, probabilities, _rationale(norm, probabilities, known))


def _rationale(norm: Norm, probabilities: Sequence[float], known: frozenset[int]) -> str:
    """Return for each item where its decision comes from, without its value."""
    told = [
        f"{label_of(norm, place)}: {'listed in the norm' if place in known else f'appropriate with {probability:.2f}'}"
        for place, probability in enumerate(probabilities)
    ]
    return "; ".join(told)


def _sigmoid(logit: float) -> float:
    from math import exp

    return 1 / (1 + exp(-logit)) if logit >= 0 else exp(logit) / (1 + exp(logit))
