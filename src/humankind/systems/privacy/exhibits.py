"""What the report shows beside the verdicts: tables, charts and the published identities, computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from humankind.spine.evidence import Chart, Series, Table
from humankind.systems.privacy.experiments import FIGURES
from humankind.systems.privacy.metrics import appropriate_disclosure, leak_score

_WAYS = (
    "instructor", "instructor, asked items withheld", "neutral keys", "without keys", "without task",
    "shuffled context", "key words only", "majority of the domain", "share all", "withhold all",
)  # fmt: skip


def task_table(found: Mapping[str, Any]) -> Table:
    """Return every way of deciding on unseen tasks, the instructor first."""
    ways = found["ways"]
    rows = tuple((name, *(ways[name][figure]["value"] for figure in FIGURES)) for name in _WAYS if name in ways)
    return Table(
        title=f"Deciding item by item on {found['n_tasks']} unseen tasks of CI-RL",
        columns=("way", "privacy preservation", "helpfulness", "appropriate disclosure"),
        rows=rows,
        note=(
            f"Ablations are the same instructors with a part of what they see replaced. AUROC of the instructor "
            f"{found['auroc']:.3f}, with neutral names of attributes {found['auroc_neutral_keys']:.3f}; pooled over "
            "folds whose models differ in scale, so take its third digit lightly. The instructor "
            f"asks about {found['asked']:.1%} of the items; another context changes "
            f"{found['changed_by_context']:.1%} of its decisions."
        ),
    )  # fmt: skip


def schedule_table(found: Mapping[str, Any]) -> Table:
    """Return what each schedule of rewards comes to, a row a seed and schedule."""
    rows = [
        (one["seed"], name, *(way[figure]["value"] for figure in FIGURES))
        for one in found["seeds"]
        for name, way in one["ways"].items()
    ]
    return Table(
        title="Training by reward: schedules on tasks kept aside",
        columns=("seed", "schedule", "privacy preservation", "helpfulness", "appropriate disclosure"),
        rows=tuple(rows),
        note="Before training the policy shares everything.",
    )


def course_chart(found: Mapping[str, Any]) -> Chart:
    """Return privacy, helpfulness and disclosure over the steps of the first seed's staged schedule."""
    course = found["seeds"][0]["course"]
    steps = tuple(line["step"] for line in course)
    series = tuple(Series(name=name, x=steps, y=tuple(line[name] for line in course)) for name in FIGURES)
    change = steps[-1] * 2 / 3
    return Chart(
        title="Privacy first, disclosure after", kind="lines", x_label="steps", y_label="", series=series,
        marks=((change, "reward changes"),), note="Figures on tasks kept aside, for a sender that obeys.",
    )  # fmt: skip


def judge_table(found: Mapping[str, Any]) -> Table:
    """Return how far the offline judge agrees with labels of real models' actions."""
    rows = []
    for actor, figures in found.items():
        kappa = next(at for name, at in figures.items() if name.startswith("kappa"))
        area = figures["auroc"]
        rows.append((actor, figures["n_facts"], area["value"], area["low"], area["high"], kappa["value"]))
    return Table(
        title="Offline judge against the labels of real model actions (PrivacyLens cases)",
        columns=("actions of", "facts", "AUROC", "low", "high", "kappa"),
        rows=tuple(rows),
        note=(
            "Labels come from a language model. Kappa at the threshold that is best on the other model's actions. "
            "The judge reads English and no negation; a paraphrase in other words escapes it."
        ),
    )


def played_table(by_sender: Mapping[str, Any], title: str, note: str = "") -> Table:
    """Return the figures of every defence with every sender."""
    rows = []
    for sender, found in by_sender.items():
        for name, way in found["ways"].items():
            figures = [(way.get(figure) or {}).get("value") for figure in (*FIGURES, "leak")]
            rows.append((sender, name, way["n_runs"], way["n_silent"], *figures))
    columns = ("sender", "defence", "runs", "silent", "privacy", "helpfulness", "appropriate disclosure", "leak score")
    return Table(title=title, columns=columns, rows=tuple(rows), note=note)


def played_chart(found: Mapping[str, Any], title: str) -> Chart:
    """Return privacy and helpfulness of each defence, with intervals over scenarios."""
    series = []
    for figure in FIGURES[:2]:
        ways = {name: way[figure] for name, way in found["ways"].items() if way.get(figure)}
        series.append(
            Series(
                name=figure,
                x=tuple(ways),
                y=tuple(at["value"] for at in ways.values()),
                low=_ends(ways.values(), "low"),
                high=_ends(ways.values(), "high"),
            )
        )
    return Chart(
        title=title, kind="dots", x_label="", y_label="", series=tuple(series),
        note="Bars span 95 %, whole scenarios drawn.",
    )  # fmt: skip


def identity_table() -> Table:
    """Return the published identities of the metrics, computed by the functions that score runs."""
    rows: list[tuple[str, float, float]] = [
        (f"leak score, first leak in message {k}", leak_score(k), published)
        for k, published in ((1, 0.0), (2, 0.41), (3, 0.52), (5, 0.62))
    ]
    rows += [
        ("leak score, never leaked", leak_score(None), 1.0),
        ("appropriate disclosure, everything shared, T = N", appropriate_disclosure(3, 3, 3), 2 / 3),
        ("appropriate disclosure, silence", appropriate_disclosure(0, 0, 3), 0.0),
    ]
    return Table(
        title="Identities of the metrics",
        columns=("what", "computed here", "published or by hand"),
        rows=tuple(rows),
    )


def attack_table(found: Mapping[str, Any]) -> Table:
    """Return what the search found against each defence and sender: privacy before and after, and the best request."""
    rows = []
    for sender, one in found["senders"].items():
        for name, row in one["rows"].items():
            before, after = row["before"], row["after"]
            rows.append(
                (sender, name, before["privacy"]["value"], after["privacy"]["value"], before["leak"]["value"],
                 after["leak"]["value"], ", ".join(row["ways"]))
            )  # fmt: skip
    columns = ("sender", "defence", "privacy, plain", "privacy, searched", "leak, plain", "leak, searched", "asked by")
    note = "Figures are of seeds that the search did not see. All defences are told what is sensitive."
    return Table(title="Attack search, equal effort against each defence", columns=columns, rows=tuple(rows), note=note)


def latency_table(found: Mapping[str, Any]) -> Table:
    """Return what the embedded defence adds to a step, in milliseconds."""
    return Table(
        title="Time that the embedded defence adds to a step",
        columns=("what", "median, ms"),
        rows=(
            ("an instruction", found["guidance_ms"]),
            ("screening a message", found["screening_ms"]),
            ("both", found["both_ms"]),
        ),
        note=f"{found['n_steps']} steps, each with a norm that was not seen before, on this machine.",
    )


def _ends(ways: Any, end: str) -> tuple[float, ...]:
    found: Sequence[float | None] = [at.get(end) for at in ways]
    return tuple(value for value in found if value is not None) if all(v is not None for v in found) else ()
