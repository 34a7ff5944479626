"""`humankind systems`: the ten, from their cards."""

from __future__ import annotations

from humankind.spine.verbs import Json, emit
from humankind.systems import cards


def systems(json: Json = False) -> None:
    """List the ten systems."""
    rows = [
        {
            "noun": card.noun,
            "name": card.name,
            "job": card.job,
            "built": card.built,
            "claims": len(card.claims),
            "verbs": [verb.name for verb in card.verbs],
        }
        for card in cards()
    ]

    def text() -> str:
        lines = [
            f"{row['noun']:<15} {'built' if row['built'] else 'announced':<10} {row['name']}: {row['job']}"
            for row in rows
        ]
        built = sum(bool(row["built"]) for row in rows)
        return "\n".join([*lines, "", f"{built} of {len(rows)} built; `humankind <system> --help` shows its verbs"])

    emit({"systems": rows}, json, text)
