"""From measurements to verdicts: one finding for each claim on the card, with tables and charts."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from humankind.spine.evidence import NEEDS, NOT_SUPPORTED, SUPPORTED, Chart, Figure, Finding, Series, Table
from humankind.spine.stats import bootstrap_mean, paired_difference
from humankind.systems.recommendation.experiments import NAMES, Lab, Measured, over_seeds
from humankind.systems.recommendation.snr import BUCKETS

RANKED = ("recall@20", "ndcg@20")
WRITTEN = {"recall@20": "Recall@20", "ndcg@20": "NDCG@20", "tail": "Recall@20 on tail items"}
NOT_IN_PAPER = "msweb"
TOLERANCE = 0.01
"""How far the measured SNR may lie from the closed form."""


@dataclass(frozen=True)
class Bench:
    """All measurements on one data set, over its seeds."""

    labs: list[Lab]
    methods: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    """Baselines that were not run at this preset, each with the reason."""

    @property
    def name(self) -> str:
        return self.labs[0].name

    @property
    def seed(self) -> int:
        return self.labs[0].config.seed

    def of(self, method: str) -> Measured:
        """Return a method's figures averaged over seeds."""
        return over_seeds(self.labs, method)

    def figure(self, method: str, metric: str) -> Figure:
        """Return the mean of a metric with its bootstrap interval over users."""
        values = self.of(method).figures[metric]
        label = f"{NAMES[method]}, {WRITTEN[metric]}, {self.name}"
        return bootstrap_mean(values[~np.isnan(values)], self.seed).figure(label)

    def difference(self, method: str, other: str, metric: str) -> Figure:
        """Return the paired difference of two methods with its interval over users."""
        a, b = self.of(method).figures[metric], self.of(other).figures[metric]
        known = ~np.isnan(a)
        label = f"{NAMES[method]} minus {NAMES[other]}, {WRITTEN[metric]}, {self.name}"
        return paired_difference(a[known], b[known], self.seed).difference.figure(label)


def above_zero(figure: Figure) -> bool:
    """Say whether the whole interval lies above zero."""
    return figure.low is not None and figure.low > 0


def contest(claim: str, benches: Sequence[Bench], method: str, others: Sequence[str], metrics=RANKED) -> Finding:
    """Return the verdict on `method is better than each of others`: every interval above zero where it is judged."""
    usable = [bench for bench in benches if {method, *others} <= set(bench.methods)]
    if not usable:
        return Finding(claim=claim, verdict=NEEDS, note=f"data: no data set here was run with {NAMES[method]}")
    differences: list[Figure] = []
    holds: dict[str, bool] = {}
    for bench in usable:
        found = [bench.difference(method, other, metric) for other in others for metric in metrics]
        holds[bench.name] = all(above_zero(figure) for figure in found)
        differences += found
    figures = (*differences, *(bench.figure(method, metrics[0]) for bench in usable))
    baselines = tuple(bench.figure(other, metrics[0]) for bench in usable for other in others)
    return Finding(
        claim=claim,
        verdict=_verdict(holds),
        figures=figures,
        baselines=baselines,
        scale=_scale(usable),
        note=_noted(_told(holds), (*figures, *baselines)),
        command=_command(usable),
    )


def best_baseline(benches: Sequence[Bench]) -> Finding:
    """Return the verdict on `better than the best baseline`, the best one picked by its own test figures."""
    claim = "beats-baselines"
    differences, shown, holds = [], [], {}
    for bench in benches:
        rivals = [name for name in bench.methods if "-" not in name]
        holds[bench.name] = True
        for metric in RANKED:
            best = max(rivals, key=lambda name: np.mean(bench.of(name).figures[metric]))
            difference = bench.difference("sad-mf", best, metric)
            holds[bench.name] &= above_zero(difference)
            differences.append(difference)
            shown.append(bench.figure(best, metric))
    ours = [bench.figure("sad-mf", metric) for bench in benches for metric in RANKED]
    return Finding(
        claim=claim,
        verdict=_verdict(holds),
        figures=(*differences, *ours),
        baselines=tuple(shown),
        scale=_scale(benches),
        note=_noted(
            " ".join(
                [
                    _told(holds),
                    "The rival is the best of the baselines on the test data itself, which favours it.",
                    *(f"Not run on {b.name}: {'; '.join(b.left_out)}." for b in benches if b.left_out),
                ]
            ),
            (*differences, *ours, *shown),
        ),
        command=_command(benches),
    )


def snr_formula(benches: Sequence[Bench]) -> Finding:
    """Return the verdict on the closed form of one half of the users, judged on the other half.

    It fails where the gain over the better view is not clear of zero, where the weight leaves more than TOLERANCE of
    what the second half's own closed form says can be reached, or where the measured ratio is clearly further than
    TOLERANCE from the predicted one.
    """
    figures, baselines, holds, told = [], [], {}, []
    for bench in benches:
        facts, name = bench.labs[0].measured("sad-mf").facts["snr"], bench.name
        fused = facts["best_beta"] is not None
        gain = _triple(facts["gain"], f"{'fused' if fused else 'SaD'} SNR minus the better view's, {name}")
        off = _triple(facts["off"], f"measured SNR minus the closed form's, {name}")
        holds[name] = fused and carries_over(facts)
        figures += [_triple(facts["measured"], f"SNR of {'the fused scores' if fused else 'SaD as it scores'}, {name}")]
        figures += [gain, off] if fused else [gain]
        baselines.append(_triple(facts["predicted"], f"closed form of the first half, {name}"))
        baselines += [_triple(facts[view], f"{view} view's SNR, {name}") for view in ("sparse", "dense")]
        told.append(_told_snr(name, facts))
    return Finding(
        claim="snr-formula",
        verdict=_verdict(holds),
        figures=tuple(figures),
        baselines=tuple(baselines),
        scale=_scale(benches),
        note=_noted(" ".join([_told(holds), *told]), (*figures, *baselines)),
        command=_command(benches),
    )


def carries_over(facts: dict[str, Any]) -> bool:
    """Say whether the closed form of one half of the users held on the other: the ratio, and the weight for it."""
    _, low, high = facts["off"]
    near = low <= TOLERANCE and high >= -TOLERANCE
    return near and facts["gain"][1] > 0 and facts["reachable"] - facts["measured"][0] <= TOLERANCE


def _told_snr(name: str, facts: dict[str, Any]) -> str:
    first, second = facts["users"]
    if facts["best_beta"] is None:
        return (
            f"On {name} the moments of {first:,} users say that no positive weight of both views raises the ratio, so "
            f"the closed form gives the better view's, {facts['predicted'][0]:.3f}; nothing was fused anew."
        )
    return (
        f"On {name} the weight and the closed form come from {first:,} users; the model was fused anew with that "
        f"weight and measured on the other {second:,}, whose own closed form is {facts['reachable']:.3f}."
    )


def method_table(bench: Bench) -> Table:
    """Return all methods on one data set, best NDCG@20 first."""
    rows = []
    for method in bench.methods:
        found = bench.of(method)
        means = [float(np.mean(found.figures[name])) for name in ("recall@10", "ndcg@10", "recall@20", "ndcg@20")]
        beyond = found.facts["beyond"]
        rows.append(
            (
                NAMES[method],
                *means,
                float(np.nanmean(found.figures["tail"])) if np.isfinite(found.figures["tail"]).any() else None,
                beyond["coverage@20"],
                beyond["gini@20"],
                beyond["novelty@20"],
                found.facts["seconds"],
            )
        )
    rows.sort(key=lambda row: float(row[4] or 0), reverse=True)
    columns = ("method", "Recall@10", "NDCG@10", "Recall@20", "NDCG@20", "tail Recall@20", "coverage", "Gini",
               "novelty (bits)", "seconds")  # fmt: skip
    note = "Views of SaD are measured with the model they belong to; their seconds count its whole training."
    return Table(title=f"All methods on {bench.name}", columns=columns, rows=tuple(rows), note=note)


def method_chart(bench: Bench) -> Chart:
    """Return NDCG@20 of all methods with intervals, best first."""
    found = sorted(((NAMES[m], bench.figure(m, "ndcg@20")) for m in bench.methods), key=lambda pair: -pair[1].value)
    series = Series(
        name="NDCG@20",
        x=tuple(name for name, _ in found),
        y=tuple(figure.value for _, figure in found),
        low=tuple(figure.value if figure.low is None else figure.low for _, figure in found),
        high=tuple(figure.value if figure.high is None else figure.high for _, figure in found),
    )
    return Chart(
        title=f"NDCG@20 on {bench.name}", kind="dots", x_label="", y_label="NDCG@20", series=(series,),
        note="Bars span 95 % over users; methods are compared by paired differences, which are narrower.",
    )  # fmt: skip


def bucket_chart(bench: Bench) -> Chart:
    """Return recall by popularity of the held-out item, for SaD and its two views."""
    series = []
    for method in ("sad-mf", "sparse-view", "dense-view"):
        rows = bench.of(method).facts["buckets"]
        kept = [name for name in BUCKETS if rows.get(name)]
        series.append(
            Series(
                name=NAMES[method],
                x=tuple(kept),
                y=tuple(rows[name]["value"] for name in kept),
                low=tuple(rows[name]["low"] for name in kept),
                high=tuple(rows[name]["high"] for name in kept),
            )
        )
    return Chart(
        title=f"Recall@20 by popularity on {bench.name}", kind="bars", x_label="popularity of the held-out item",
        y_label="Recall@20", series=tuple(series),
        note="Head, mid and tail items each hold a third of the training interactions.",
    )  # fmt: skip


def snr_chart(bench: Bench) -> Chart:
    """Return SNR against the fusion weight, with the model's own and the best weight marked."""
    facts = bench.labs[0].measured("sad-mf").facts["snr"]
    curve = facts["report"]["curve"]
    x = tuple(float(np.log2(beta)) for beta, _ in curve)
    row = facts["report"]["rows"][0]
    series = (
        Series(name="fused", x=x, y=tuple(value for _, value in curve)),
        Series(name="sparse view", x=(x[0], x[-1]), y=(row["sparse"], row["sparse"])),
        Series(name="dense view", x=(x[0], x[-1]), y=(row["dense"], row["dense"])),
    )
    marks = [(float(np.log2(facts["report"]["beta"])), "chosen on validation")]
    if row["best_beta"]:
        marks.append((float(np.log2(row["best_beta"])), "best by the formula"))
    return Chart(
        title=f"Signal to noise on {bench.name}", kind="lines", x_label="log2 of the weight of the sparse view",
        y_label="SNR of the margin", series=series, marks=tuple(m for m in marks if x[0] <= m[0] <= x[-1]),
    )  # fmt: skip


def _triple(values: list[float], label: str) -> Figure:
    return Figure(label=label, value=values[0], low=values[1], high=values[2])


def _judged(holds: dict[str, bool]) -> list[str]:
    """Return the data sets the verdict hangs on: the paper's own where any was run, what there is otherwise."""
    return [name for name in holds if name != NOT_IN_PAPER] or list(holds)


def _verdict(holds: dict[str, bool]) -> Literal["supported", "not supported at this scale"]:
    return SUPPORTED if all(holds[name] for name in _judged(holds)) else NOT_SUPPORTED


def _told(holds: dict[str, bool]) -> str:
    yes, no = ([name for name, held in holds.items() if held is wanted] for wanted in (True, False))
    parts = [f"Holds on {', '.join(yes)}."] if yes else []
    parts += [f"Does not hold on {', '.join(no)}."] if no else []
    if len(_judged(holds)) < len(holds):
        parts.append(f"The verdict hangs on the paper's own data sets; {NOT_IN_PAPER} is shown beside them.")
    return " ".join(parts)


def _noted(note: str, figures: Sequence[Figure]) -> str:
    """Return the note, and why an interval has no width where one has none."""
    flat = dict.fromkeys(figure.label for figure in figures if figure.flat)
    if not flat:
        return note
    return (
        f"{note} The interval of {' and of '.join(flat)} has no width: every user has the same value, so resampling "
        "users cannot show how uncertain it is."
    )


def _scale(benches: Sequence[Bench]) -> str:
    parts = [
        f"{bench.labs[0].scale}; seeds {', '.join(str(lab.config.seed) for lab in bench.labs)}" for bench in benches
    ]
    return " | ".join(parts)


def _command(benches: Sequence[Bench]) -> str:
    preset = benches[0].labs[0].folder.parent.name
    return shlex.join(["humankind", "reproduce", "recommendation", "--preset", preset, "--seed", str(benches[0].seed)])
