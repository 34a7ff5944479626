"""What the verbs say to a person: plain text from models, lists, figures and reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from humankind.spine.progress import Progress
from humankind.systems.recommendation.answers import Explanation, Recommended
from humankind.systems.recommendation.snr import Report
from humankind.systems.recommendation.workflow import SHOWN


def tell_notes(notes: tuple[str, ...], progress: Progress) -> None:
    """Tell what reading or splitting left out."""
    for note in notes:
        progress.say(f"note: {note}")


def told(facts: dict[str, Any], out: Path) -> str:
    lines = [f"{facts[key]:>12,} {key}" for key in ("users", "items", "training", "test")]
    return "\n".join([*lines, *(f"note: {note}" for note in facts["notes"]), f"written to {out}"])


def told_choices(result: dict[str, Any]) -> str:
    """Return what validation chose; a choice that the model does not have (epochs of ALS) is left out."""
    chosen = {key: value for key, value in result.items() if key not in ("model", "run") and value is not None}
    return "chosen on validation: " + ", ".join(f"{key} {_short(value)}" for key, value in chosen.items())


def told_interval(ends: list[float | None], form: str = ".4f") -> str:
    """Return value and interval as text; without interval where one value alone leaves its ends open.

    >>> told_interval([0.5, 0.25, 0.75]), told_interval([1.0, None, None])
    ('0.5000  [0.2500, 0.7500]', '1.0000  (one value, no interval)')
    """
    value, low, high = ends
    if low is None or high is None:
        return f"{value:{form}}  (one value, no interval)"
    return f"{value:{form}}  [{low:{form}}, {high:{form}}]"


def told_figures(result: dict[str, Any]) -> str:
    lines = [f"{result['users']:,} users with held-out items"]
    lines += [f"{name:<14} {told_interval(ends)}" for name, ends in result["figures"].items()]
    lines += [f"{name:<14} {value:.4f}" for name, value in result["beyond"].items()]
    lines += [
        "",
        "recall@20 by popularity of the held-out item (head, mid, tail: a third of interactions each)",
    ]
    for row in result["buckets"]:
        recall = "-" if row["recall@20"] is None else told_interval(row["recall@20"])
        lines.append(f"  {row['bucket']:<6} {recall}   {row['items']} items, {row['share_of_lists']:.0%} of lists")
    return "\n".join(lines)


def told_lists(lists: dict[str, list[Recommended]]) -> str:
    blocks = []
    for user, items in lists.items():
        rows = [f"  {rank:>3}  {r.score:>9.4f}  {r.item_id}  {r.name}".rstrip() for rank, r in enumerate(items, 1)]
        blocks.append("\n".join([user, *rows] if rows else [user, "  nothing left to recommend"]))
    return "\n".join(blocks)


def told_explanation(why: Explanation) -> str:
    lines = [f"{why.item_id} {why.name} for {why.user_id}: score {why.score:.4f}"]
    lines += [f"  {r.share:+9.4f}  because of {r.item_id} {r.name}".rstrip() for r in why.history]
    rest = why.score - why.dense - why.injected - sum(r.share for r in why.history)
    if abs(rest) > 1e-6:
        lines.append(f"  {rest:+9.4f}  other items of the history")
    if abs(why.injected) > 1e-6:
        lines.append(f"  {why.injected:+9.4f}  pairs the dense view added")
    lines.append(f"  {why.dense:+9.4f}  dense view")
    return "\n".join(lines)


def told_snr(report: Report) -> str:
    lines = [f"{'items':<6}{'triples':>9}{'sparse':>9}{'dense':>9}{'corr.':>8}{'best possible':>15}{'SaD':>9}"]
    lines += [
        f"{r.bucket:<6}{r.n:>9}{r.sparse:>9.3f}{r.dense:>9.3f}{r.rho:>8.2f}{r.predicted:>15.3f}{r.fused:>9.3f}"
        for r in report.rows
    ]
    best = report.rows[0].best_beta
    told_best = "no positive weight" if best is None else f"{best:.3g}"
    return "\n".join([*lines, f"beta: {report.beta:.3g} in the model, {told_best} for the best SNR"])


def told_run(result: dict[str, Any]) -> str:
    lines = [
        told_choices({k: v for k, v in result.items() if k not in ("test", "SaD minus, ndcg@20", "snr", "notes")}),
        "",
    ]
    lines.append(f"{'test data':<14}" + "".join(f"{name:>12}" for name in SHOWN))
    for name, row in result["test"].items():
        lines.append(f"{name:<14}" + "".join(f"{row[metric]:>12.4f}" for metric in SHOWN))
    lines += ["", "SaD minus, ndcg@20, with 95 % interval"]
    lines += [f"  {name:<14}{told_interval(ends, '+.4f')}" for name, ends in result["SaD minus, ndcg@20"].items()]
    return "\n".join(lines)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
