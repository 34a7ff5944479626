"""What an experiment found, as plain data: findings about claims, tables, charts.

A system's `reproduce` writes `artifacts/evidence.json` into its run folder; report and studio draw it.
"""

from __future__ import annotations

from typing import Final, Literal

from humankind.spine.config import Section

SUPPORTED: Final = "supported"
NOT_SUPPORTED: Final = "not supported at this scale"
NEEDS: Final = "needs"


class Figure(Section):
    """One measured number with its interval."""

    label: str
    """What it is the figure of: method and measure, for example `SaD, Recall@20`."""
    value: float
    low: float | None = None
    high: float | None = None
    """Ends of the interval; None where none can be given (say why in the finding's note)."""
    level: float = 0.95
    """Coverage of the interval."""

    @property
    def flat(self) -> bool:
        """Whether the interval has ends but no width to see, as where every subject has the same value."""
        if self.low is None or self.high is None:
            return False
        return self.high - self.low <= 1e-12 * max(1.0, abs(self.value))


class Finding(Section):
    """The verdict on one claim."""

    claim: str
    """Id of the claim on the system's card."""
    verdict: Literal["supported", "not supported at this scale", "needs"]
    """`needs` goes with a note that starts with data, GPU or model."""
    figures: tuple[Figure, ...] = ()
    """Ours first: the figure the verdict hangs on."""
    baselines: tuple[Figure, ...] = ()
    """What it is compared with."""
    scale: str = ""
    """Data, sizes, seeds, device: what a reader needs to judge the figure."""
    note: str = ""
    """Why the verdict is what it is, and what limits it."""
    command: str = ""
    """A command that makes this figure again."""


class Table(Section):
    """A small table; numbers stay numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | int | None, ...], ...]
    note: str = ""


class Series(Section):
    """One line, or one set of bars or points, of a chart."""

    name: str
    x: tuple[float | str, ...]
    y: tuple[float | None, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


class Chart(Section):
    """What to draw; the report draws it with matplotlib, the studio with its own means."""

    title: str
    kind: Literal["bars", "dots", "lines"]
    """`dots`: one labelled row per x with its interval, best for comparing methods."""
    x_label: str
    """What x says: of `dots` what the rows are, often empty, as they name themselves."""
    y_label: str
    """What y says: the measure. Of `dots` it stands under the drawing, where the values run."""
    series: tuple[Series, ...]
    note: str = ""
    marks: tuple[tuple[float, str], ...] = ()
    """Vertical lines on a `lines` chart: position and label."""


class Evidence(Section):
    """Everything one system's experiment found in one run."""

    system: str
    preset: str
    findings: tuple[Finding, ...]
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    remarks: tuple[str, ...] = ()
    """Plain sentences shown under the claims: surprises, negative results, limits."""
