"""What the verbs say to a person: plain text from evaluations, comparisons, answers and constructions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from humankind.spine.evidence import Figure
from humankind.systems.motivation.answers import Answer
from humankind.systems.motivation.compare import Compared
from humankind.systems.motivation.evaluate import Evaluation
from humankind.systems.motivation.mistakes import Mistake


def told_evaluation(found: Evaluation) -> str:
    """Return an evaluation as text."""
    lines = [
        f"{found.model} on {found.suite}: {found.scenarios} scenarios, {found.questions} questions",
        f"{found.trials} trials; protocol {found.protocol}, mode {found.mode}, read by {found.way}",
        *told_unscored(found),
        "",
        *(told_figure(figure) for figure in found.figures),
        f"{'chance':<28}{1 / 6:.4f}  (all three right: {(1 / 6) ** 3:.4f})",
    ]
    if found.letters:
        lines += ["", "letters chosen: " + ", ".join(f"{letter} {n}" for letter, n in found.letters.items())]
    if len(found.sources) > 1:
        for source in found.sources:
            lines += ["", f"{source.source}, {source.scenarios} scenarios"]
            lines += [f"  {told_figure(figure)}" for figure in source.figures]
    if found.levels:
        gaps = {gap.label: told_figure(gap.model_copy(update={"label": ""})).strip() for gap in found.level_gaps}
        lines += ["", f"by level of motive (labelled by {found.level_labels_by}); minus the mean of the other levels"]
        lines += [f"  {told_figure(figure)}   {gaps.get(figure.label, '')}".rstrip() for figure in found.levels]
    if found.order_sd is not None:
        told = ", ".join(f"{one.accuracy:.4f}" for one in found.orders)
        lines += ["", f"by option order: {told}; standard deviation {found.order_sd:.4f}"]
    if found.mistakes:
        lines += ["", f"{'errors by kind of distractor':<30}errors   share  even share  ratio"]
        lines += [told_mistake(row) for row in found.mistakes]
    return "\n".join(lines)


def told_unscored(found: Evaluation) -> list[str]:
    """Return a line for each reason for which trials have no verdict."""
    return [f"unscored: {count} of {found.trials}: {reason}" for reason, count in found.unscored.items()]


def told_figure(figure: Figure) -> str:
    """Return label, value and interval on one line.

    >>> told_figure(Figure(label="motivation", value=0.25, low=0.2, high=0.3))
    'motivation                  0.2500  [0.2000, 0.3000]'
    """
    line = f"{figure.label.replace('_', ' '):<28}{figure.value:.4f}"
    return line if figure.low is None or figure.high is None else f"{line}  [{figure.low:.4f}, {figure.high:.4f}]"


def told_mistake(row: Mistake) -> str:
    """Return one row of the table of errors."""
    ends = ""
    if row.ratio is not None:
        ends = f"{row.ratio.value:7.3f}"
        if row.ratio.low is not None and row.ratio.high is not None:
            ends += f"  [{row.ratio.low:.3f}, {row.ratio.high:.3f}]"
    return f"  {row.kind.replace('_', ' '):<28}{row.errors:>6}{row.share:>8.3f}{row.expected:>12.3f}{ends}"


def told_comparison(found: Compared) -> str:
    """Return a comparison as text."""
    lines = [f"{found.suite}: {found.trials} trials that all runs share", ""]
    lines.append(f"{'rank':<6}{'model':<34}{'mode':<6}{'accuracy':<28}{'unscored':>8}  run")
    for row in found.runs:
        shown = told_figure(row.accuracy.model_copy(update={"label": ""})).strip()
        lines.append(f"{row.rank:<6}{row.model:<34}{row.mode:<6}{shown:<28}{row.unscored:>8}  {row.run}")
    lines += ["", "pairs: difference of accuracy; McNemar over trials, sign flips over scenarios, both after Holm"]
    for pair in found.pairs:
        verdict = "told apart" if pair.told_apart else "not told apart"
        family = ", same family" if pair.same_family else ""
        lines.append(
            f"  {pair.a} - {pair.b}: {pair.difference.value:+.4f}; only a {pair.only_a}, only b {pair.only_b}; "
            f"p {pair.p_mcnemar:.4f} and {pair.p_scenarios:.4f}: {verdict}{family}"
        )
    for family, own in found.families.items():
        lines.append(f"family {family}, smallest and oldest first: {', '.join(own)}")
    return "\n".join(lines)


def told_answers(answers: Sequence[Answer]) -> str:
    """Return answers as text, one block each."""
    return "\n\n".join(_told_answer(one) for one in answers) or "no such answers"


def _told_answer(one: Answer) -> str:
    lines = [f"{one.trial}"]
    if one.right is None:
        lines.append(f"  unscored: {one.unscored}")
    else:
        kind = f" ({one.kind.replace('_', ' ')})" if one.kind and not one.right else ""
        lines.append(f"  {'right' if one.right else 'wrong'}: {one.letter}. {one.chosen}{kind}")
    if not one.right:
        lines.append(f"  answer: {one.right_letter}. {one.gold}")
    return "\n".join(lines)


def told_build(found: dict[str, Any], folder: Path) -> str:
    """Return what was built as text."""
    lines = [
        f"{found['accepted']} scenarios of {found['texts']} texts, {found['agreed']} with all critics content",
        f"{found['calls']} replies, {found['refused_replies']} of them refused",
        *(f"rejected: {name}: {reason}" for name, reason in found["rejected"].items()),
    ]
    if found["accepted"]:
        lines.append(f"ask them: humankind motivation evaluate --suite {folder / found['scenarios']}")
    return "\n".join(lines)
