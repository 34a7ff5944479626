"""What HypeMed answers with. Research software, not medical advice."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from humankind.systems.medication.ddi import Interaction

NOTICE = (
    "Research software, not medical advice: it repeats what was prescribed in its training data, mistakes included."
)


@dataclass(frozen=True)
class Drug:
    """One recommended drug."""

    code: str
    """ATC, 4 characters."""
    probability: float


@dataclass(frozen=True)
class Neighbour:
    """A training visit that was looked up."""

    patient_id: str
    visit_id: str
    weight: float
    """Attention on it; the weights of one recommendation sum to 1."""
    drugs: tuple[str, ...]
    """What was given there."""


@dataclass(frozen=True)
class Recommendation:
    """What is recommended at one visit, and what it rests on."""

    drugs: tuple[Drug, ...]
    """Most probable first; none where no probability reaches the threshold."""
    interactions: tuple[Interaction, ...]
    """Known interacting pairs among them."""
    neighbours: tuple[Neighbour, ...]
    """Heaviest first."""
    gate: tuple[float, float]
    """Weight of the patient's own course and of similar visits; they sum to 1."""
    notice: str = NOTICE

    def as_dict(self) -> dict[str, Any]:
        """Return it ready for JSON; the notice is said once beside all of them."""
        return {
            "drugs": [asdict(drug) for drug in self.drugs],
            "interactions": [pair._asdict() for pair in self.interactions],
            "neighbours": [asdict(neighbour) for neighbour in self.neighbours],
            "gate": {"own_course": self.gate[0], "similar_visits": self.gate[1]},
        }
