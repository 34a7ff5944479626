"""What the report shows beside the verdicts: tables and a chart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from humankind.spine.evidence import Chart, Figure, Series, Table
from humankind.systems.medication.experiments import LABELS, PRESCRIBED, SAFE
from humankind.systems.medication.findings import RIVAL, Bench, safer, sweep, widening
from humankind.systems.medication.tuned import NAMES
from humankind.systems.medication.variants import ABLATIONS, FULL

_METHODS = (*NAMES, *ABLATIONS, SAFE, PRESCRIBED)


def method_table(bench: Bench) -> Table:
    """Return all methods, best Jaccard first."""
    rows: list[tuple[str | float, ...]] = []
    for method in _METHODS:
        means = [float(np.nanmean(bench.values(method, name))) for name in ("jaccard", "f1", "prauc", "ddi_rate")]
        pooled = float(bench.values(method, "interacting").sum() / max(bench.values(method, "pairs").sum(), 1))
        drugs = float(np.nanmean(bench.values(method, "n_drugs")))
        seconds = float(np.mean([lab.measured(method).facts["seconds"] for lab in bench.labs]))
        rows.append((LABELS[method], *means, pooled, drugs, seconds))
    rows.sort(key=lambda row: -float(row[1]))
    return Table(
        title=f"All methods, {bench.name}",
        columns=("method", "Jaccard", "F1", "PRAUC", "DDI rate", "DDI rate, pooled", "drugs", "seconds"),
        rows=tuple(rows),
        note=(
            "Means over a patient's visits, then over patients; prescriptions against themselves have Jaccard 1. "
            "Seconds of variants that start from HypeMed's own pre-training leave it out."
        ),
    )


def sweep_table(bench: Bench) -> Table:
    """Return what each target rate costs."""
    rows = tuple(
        (row["target"], row["pooled"], row["ddi_rate"], row["jaccard"], row["n_drugs"]) for row in sweep(bench)
    )
    columns = ("target", "pooled rate", "rate, patient mean", "Jaccard", "drugs")
    return Table(title=f"Targets for interacting pairs, {bench.name}", columns=columns, rows=rows)


def method_chart(bench: Bench) -> Chart:
    """Return the Jaccard of all methods with intervals, best first."""
    found = [(LABELS[m], bench.figure(m, "jaccard")) for m in _METHODS if m != PRESCRIBED]
    found.sort(key=lambda pair: -pair[1].value)
    series = Series(
        name="Jaccard",
        x=tuple(name for name, _ in found),
        y=tuple(figure.value for _, figure in found),
        low=tuple(figure.value if figure.low is None else figure.low for _, figure in found),
        high=tuple(figure.value if figure.high is None else figure.high for _, figure in found),
    )
    return Chart(
        title=f"Jaccard, {bench.name}", kind="dots", x_label="", y_label="Jaccard", series=(series,),
        note="Bars span 95 % over patients; methods are compared by paired differences, which are narrower.",
    )  # fmt: skip


def lead_table(leads: Sequence[tuple[float, Bench]]) -> Table:
    """Return how the lead over logistic regression moves with the share of conjunction rules, least share first."""
    rows = []
    for share, bench in leads:
        figure = bench.difference(FULL, RIVAL, "jaccard")
        ours, theirs = (bench.figure(name, "jaccard").value for name in (FULL, RIVAL))
        rows.append((share, ours, theirs, figure.value, figure.low, figure.high))
    (least, plain), (most, rich) = leads[0], leads[-1]
    gain = widening(plain, rich)
    return Table(
        title="Lead over logistic regression by share of rules that need two conditions",
        columns=("share", "HypeMed", "logistic regression", "difference", "from", "to"),
        rows=tuple(rows),
        note=(
            f"From a share of {least:g} to {most:g} the lead changes by {gain.value:+.3f} [{gain.low:+.3f}, "
            f"{gain.high:+.3f}], patients of both resampled."
        ),
    )


def difference_table(bench: Bench) -> Table:
    """Return HypeMed's Jaccard minus that of every other method, the nearest rival first."""
    found = [(LABELS[name], bench.difference(FULL, name, "jaccard")) for name in (*NAMES, *ABLATIONS) if name != FULL]
    found.sort(key=lambda pair: pair[1].value)
    return Table(
        title=f"HypeMed minus each method, Jaccard, {bench.name}",
        columns=("method", "difference", "from", "to"),
        rows=tuple((name, *_ends(figure)) for name, figure in found),
        note="Paired by patient, 95 % from resampling patients.",
    )


def safety_table(bench: Bench) -> Table:
    """Return the interaction rate of HypeMed held to .06 minus that of every baseline and of the prescriptions."""
    rows = []
    for other in (PRESCRIBED, *NAMES):
        mean, pooled = safer(bench, other)
        rows.append((LABELS[other], *_ends(mean), *_ends(pooled)))
    return Table(
        title=f"{LABELS[SAFE]} minus each method, share of interacting pairs, {bench.name}",
        columns=("method", "patient mean", "from", "to", "pooled", "from", "to"),
        rows=tuple(rows),
        note="95 % from resampling patients.",
    )


def _ends(figure: Figure) -> tuple[float, float, float]:
    low, high = (figure.value if end is None else end for end in (figure.low, figure.high))
    return figure.value, low, high
