"""Settings of `prepare`."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge

from humankind.spine.config import Config


class PrepareConfig(Config):
    """Which rows and visits become part of a cohort."""

    first_hours: Annotated[float, Ge(0)] = 0
    """Keep drugs that start within so many hours of admission; 0 keeps all. GAMENet: 24. MIMIC only."""
    min_visits: Annotated[int, Ge(1)] = 1
    """Keep patients with at least so many visits. The field's protocol says 2, but applies it before visits go."""
    needs_diagnosis: bool = False
    """Drop visits that have procedures but no diagnosis."""
