"""What the verbs say to a person: plain text from facts that are ready for JSON."""

from __future__ import annotations

from typing import Any

_HEADS = (("jaccard", "patient"), ("f1", "patient"), ("prauc", "patient"), ("ddi_rate", "patient"),
          ("ddi_rate", "pooled"), ("n_drugs", "patient"))  # fmt: skip
_TITLES = ("Jaccard", "F1", "PRAUC", "DDI rate", "DDI pooled", "drugs")


def told_training(result: dict[str, Any]) -> str:
    sizes = f"{result['patients']:,} patients with {result['visits']:,} visits, {result['drugs']} drugs"
    chosen = f"epoch {result['epoch']}, threshold {result['threshold']:g}, Jaccard {result['validation_jaccard']:.3f}"
    lines = [f"trained on {sizes}, {result['interacting_pairs']} interacting pairs", f"chosen on validation: {chosen}"]
    return "\n".join([*lines, result["notice"]])


def told_figures(result: dict[str, Any]) -> str:
    lines = [f"{result['patients']:,} patients, {result['visits']:,} visits"]
    lines += [result["codes"]] if result["codes"] else []
    if result["target_ddi"] is not None:
        lines.append(f"HypeMed held to a rate of {result['target_ddi']:g} on its validation patients")
    lines += ["", f"{'mean over patients':<22}" + "".join(f"{title:>12}" for title in _TITLES)]
    for name, rows in result["figures"].items():
        found = {(row["measure"], row["average"]): row for row in rows}
        lines.append(f"{name:<22}" + "".join(f"{found[head]['value']:>12.4f}" for head in _HEADS))
        if name == "HypeMed":
            spread = [found[head] for head in _HEADS]
            lines.append(f"{'  95 % from':<22}" + "".join(f"{_number(row['low'])}" for row in spread))
            lines.append(f"{'  to':<22}" + "".join(f"{_number(row['high'])}" for row in spread))
            lines.append(f"{'  ten rounds: mean':<22}" + "".join(f"{row['rounds_mean']:>12.4f}" for row in spread))
            lines.append(f"{'  and deviation':<22}" + "".join(f"{row['rounds_std']:>12.4f}" for row in spread))
    if result["against"]:
        lines += ["", "HypeMed minus, Jaccard, with 95 % interval over patients"]
        lines += [f"  {name:<22}{told_ends(ends)}" for name, ends in result["against"].items()]
    return "\n".join([*lines, "", result["notice"]])


def _number(value: float | None) -> str:
    return f"{'-':>12}" if value is None else f"{value:>12.4f}"


def told_ends(ends: list[float | None]) -> str:
    """Return a difference and its interval as text.

    >>> told_ends([0.5, 0.25, 0.75]), told_ends([1.0, None, None])
    ('+0.5000  [+0.2500, +0.7500]', '+1.0000  (one value, no interval)')
    """
    value, low, high = ends
    if low is None or high is None:
        return f"{value:+.4f}  (one value, no interval)"
    return f"{value:+.4f}  [{low:+.4f}, {high:+.4f}]"


def told_recommendation(result: dict[str, Any]) -> str:
    lines = [result["codes"]] if result["codes"] else []
    for patient in result["patients"]:
        for visit in patient["visits"]:
            lines += ["", f"patient {patient['patient']}, visit {visit['visit']}", *_told_visit(visit)]
    return "\n".join([*lines, "", result["notice"]]).lstrip()


def _told_visit(visit: dict[str, Any]) -> list[str]:
    lines = [f"  {drug['code']:<8}{drug['probability']:.3f}" for drug in visit["drugs"]]
    lines = lines or ["  no drug: no probability reaches the threshold"]
    lines.append("interacting pairs among them" + ("" if visit["interactions"] else ": none known"))
    for pair in visit["interactions"]:
        said = ", ".join(pair[key] for key in ("severity", "source") if pair[key]) or "no more is known"
        lines.append(f"  {pair['a']} with {pair['b']}: {said}")
    gate = visit["gate"]
    lines.append(f"gate: own course {gate['own_course']:.2f}, similar visits {gate['similar_visits']:.2f}")
    for near in visit["neighbours"]:
        drugs = " ".join(near["drugs"][:12]) + (" ..." if len(near["drugs"]) > 12 else "")
        lines.append(f"  {near['weight']:.3f}  patient {near['patient_id']}, visit {near['visit_id']}: {drugs}")
    return lines


def told_explanation(result: dict[str, Any]) -> str:
    lines = [told_recommendation(result), "", "what changes when one thing is left out (what the model used, no cause)"]
    for row in result["without"]:
        moved = ", ".join(f"{one['drug']} {one['change']:+.3f}" for one in row["changes"])
        lines.append(f"  {row['left_out']} {row['code']}: {moved}")
    lines += [] if result["without"] else ["  nothing was known that could be left out"]
    return "\n".join(lines)


def told_ablation(result: dict[str, Any]) -> str:
    lines = [f"{'variant':<18}{'Jaccard':>10}{'F1':>10}{'PRAUC':>10}{'DDI rate':>10}   full minus this, Jaccard"]
    for name, row in result["variants"].items():
        values = "".join(f"{row[key][0]:>10.4f}" for key in ("jaccard", "f1", "prauc", "ddi_rate"))
        lines.append(f"{name:<18}{values}   {told_ends(row['full_minus_this']) if 'full_minus_this' in row else ''}")
    return "\n".join(lines)
