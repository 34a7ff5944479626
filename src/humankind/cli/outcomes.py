"""How the systems of a reproduction ended, and how that is told: lines at the terminal and `--json`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from humankind.spine.cards import Card
from humankind.spine.evidence import NEEDS, NOT_SUPPORTED, SUPPORTED, Evidence
from humankind.spine.numerals import decimals_for, write


@dataclass(frozen=True)
class Outcome:
    """How one system's experiment ended."""

    card: Card
    evidence: Evidence | None
    error: dict[str, str]
    exit_code: int


def claim_lines(outcome: Outcome) -> list[str]:
    """Return one line for each claim: verdict, id, our first figure and the first baseline."""
    if outcome.evidence is None:
        return [f"  failed: {outcome.error['problem']}"]
    lines = []
    for finding in outcome.evidence.findings:
        parts = []
        for figure in (*finding.figures[:1], *finding.baselines[:1]):
            digits = decimals_for(figure.value, figure.low, figure.high)
            text = f"{figure.label} {write(figure.value, digits)}"
            if figure.low is not None and figure.high is not None:
                text += f" [{write(figure.low, digits)}, {write(figure.high, digits)}]"
            parts.append(text)
        told = "; ".join(parts) or finding.note
        lines.append(f"  {finding.verdict + ':':<29} {finding.claim}{f' ({told})' if told else ''}")
    return lines


def counts(outcome: Outcome) -> dict[str, int]:
    """Return how many claims of a system have each verdict, and how many none."""
    verdicts = [finding.verdict for finding in outcome.evidence.findings] if outcome.evidence else []
    tally = {verdict: verdicts.count(verdict) for verdict in (SUPPORTED, NOT_SUPPORTED, NEEDS)}
    return tally | {"not run": len(outcome.card.claims) - len(verdicts)}


def summary(outcomes: Sequence[Outcome], known: Sequence[Card]) -> list[str]:
    """Return one line for each system that ran, and one that names those not built."""
    lines = []
    for outcome in outcomes:
        tally = ", ".join(f"{number} {word}" for word, number in counts(outcome).items() if number)
        told = tally if outcome.evidence else f"failed: {outcome.error['problem']}"
        lines.append(f"{outcome.card.name} ({outcome.card.noun}): {told}")
    announced = [card.noun for card in known if not card.built]
    if announced:
        lines.append(f"announced, not built yet: {', '.join(announced)}")
    return lines


def as_json(
    folder: Path, report: Path, outcomes: Sequence[Outcome], known: Sequence[Card], exit_code: int
) -> dict[str, Any]:
    """Return the whole reproduction as one JSON object."""
    return {
        "run": str(folder),
        "report": str(report),
        "status": "failed" if exit_code else "done",
        "systems": {
            outcome.card.noun: {
                "status": "done" if outcome.evidence else "failed",
                "counts": counts(outcome),
                "verdicts": {f.claim: f.verdict for f in outcome.evidence.findings} if outcome.evidence else {},
                **({"error": outcome.error} if outcome.error else {}),
            }
            for outcome in outcomes
        },
        "not_built": [card.noun for card in known if not card.built],
    }
