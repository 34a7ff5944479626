"""From answers to verdicts: one finding for each claim on the card, each with the study behind it.

A claim about models that reason is never judged on one that does not: the verdict is then `needs`, and the figures show
what the stand-in did.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from humankind.kits.bench.models import reproduction
from humankind.spine.evidence import NEEDS, NOT_SUPPORTED, SUPPORTED, Figure, Finding
from humankind.systems.tom.caps import cap_study
from humankind.systems.tom.effort import EFFORTS, effort_study
from humankind.systems.tom.lab import THRESHOLD, Condition, Lab
from humankind.systems.tom.lengths import lengths_study
from humankind.systems.tom.options import options_study
from humankind.systems.tom.overlap import Named, overlap_study
from humankind.systems.tom.study import Answered, Study, accuracy, figure_of, gain, study_table

Side = Callable[[Figure], bool]


def above(figure: Figure) -> bool:
    """Say whether the whole interval lies above zero."""
    return figure.low is not None and figure.low > 0


def below(figure: Figure) -> bool:
    """Say whether the whole interval lies below zero."""
    return figure.high is not None and figure.high < 0


@dataclass(frozen=True)
class Judged:
    """A finding and the study that it hangs on, for each suite."""

    finding: Finding
    studies: tuple[Study, ...]


@dataclass(frozen=True)
class Bench:
    """The labs of one model, one a suite, and how to run them again."""

    labs: Sequence[Lab]
    preset: str

    @property
    def model(self) -> str:
        return self.labs[0].model

    @property
    def reasons(self) -> bool:
        return self.labs[0].reasons

    @property
    def command(self) -> str:
        """The command that makes the figures again."""
        return reproduction("tom", self.model, self.preset, self.labs[0].seed)

    @property
    def stronger(self) -> str:
        """The command for a model that reasons."""
        return reproduction("tom", "humankind/FOLDER", "paper")

    @property
    def scale(self) -> str:
        """Model, suites, sizes and settings."""
        parts = [f"{len(lab.answers('slow'))} questions of {lab.suite.name}" for lab in self.labs]
        lab = self.labs[0]
        read = "text" if lab.reasons else "letter likelihoods"
        think = "thinks by itself" if lab.reasons else f"thinking block opened for it, {lab.scale.caps[-1]} tokens"
        return f"{self.model} ({think}); {', '.join(parts)}; answers read by {read}; greedy; seed {lab.seed}"


NEEDS_REASONER = (
    "model: one that reasons, as a transformers folder (Qwen3-8B is the paper's) or, for effort, a remote one. "
    "{} does not reason; the figures show a stand-in whose thinking block was opened by force."
)


def judge(
    bench: Bench,
    claim: str,
    studies: Sequence[Study],
    holds: Side,
    *,
    baselines: Sequence[Figure] = (),
    needs: str = "",
    note: str = "",
) -> Judged:
    """Return the verdict: supported where the first figure of every study lies on the right side of zero.

    Args:
        bench: what was measured.
        claim: id on the card.
        studies: one a suite.
        holds: which side is right.
        baselines: what is compared with.
        needs: why no verdict is possible; empty where one is.
        note: what limits the verdict.
    """
    first = [study.figures[0] for study in studies if study.figures]
    others = [figure for study in studies for figure in study.figures[1:]]
    known = bool(first) and len(first) == len(studies)
    verdict = NEEDS if needs else SUPPORTED if known and all(map(holds, first)) else NOT_SUPPORTED
    missing = "" if known else "On some suite too few answers had a verdict for a figure. "
    finding = Finding(
        claim=claim,
        verdict=verdict,
        figures=(*first, *others),
        baselines=tuple(baselines),
        scale=bench.scale,
        note=(f"{needs} " if needs else "") + missing + note,
        command=bench.stronger if needs else bench.command,
    )
    return Judged(finding, tuple(studies))


def _compare(lab: Lab, name: str, better: Condition, worse: Condition) -> Study:
    """Return the study of two conditions on the same questions: difference, both accuracies, a table."""
    answers = {lab.policy(one): lab.answers(one) for one in (better, worse)}
    first, second = answers.values()
    told = f"{lab.policy(better)} minus {lab.policy(worse)}"
    return Study(
        name=name,
        figures=(
            *figure_of(gain(first, second, lab.seed), f"accuracy {told}, {lab.title}"),
            *figure_of(accuracy(first, lab.seed), f"accuracy under {lab.policy(better)}, {lab.title}"),
        ),
        tables=(study_table(f"{told}: {lab.title}", answers, lab.seed),),
    )


def _accuracies(bench: Bench, condition: Condition) -> list[Figure]:
    return [
        figure
        for lab in bench.labs
        for figure in figure_of(
            accuracy(lab.answers(condition), lab.seed), f"accuracy under {lab.policy(condition)}, {lab.title}"
        )
    ]


# -- one claim each ---------------------------------------------------------------------------------------


def reasoning_not_better(bench: Bench) -> Judged:
    """Thinking minus not thinking; the claim falls only where thinking is ahead on every suite."""
    studies = [_compare(lab, "twins", "slow", "fast") for lab in bench.labs]
    ahead = [bool(study.figures) and above(study.figures[0]) for study in studies]
    highs = [study.figures[0].high for study in studies if study.figures]
    refuted = [high is not None and high < GAIN for high in highs]
    needs = _unless_reasons(bench) or ("" if all(ahead) or any(refuted) else NEEDS_QUESTIONS)
    return judge(
        bench, "reasoning-not-better", studies, lambda _: any(refuted), baselines=_accuracies(bench, "fast"),
        needs=needs, note=f"Thinking is clearly ahead on {sum(ahead)} of {len(ahead)} suites; a gain of {GAIN:g} is "
        f"ruled out on {sum(refuted)}.",
    )  # fmt: skip


GAIN = 0.05
"""Gain in accuracy by thinking that has to be ruled out on a suite before the claim holds; ours."""
NEEDS_QUESTIONS = (
    "data: more questions; thinking is neither clearly ahead on every suite nor shown to gain little on one."
)


def slow_thinking_collapses(bench: Bench) -> Judged:
    """The slope of right on log length within orders, below zero."""
    studies = [lengths_study(lab.answers("slow"), lab.title, lab.seed) for lab in bench.labs]
    return judge(
        bench, "slow-thinking-collapses", studies, below, needs=_unless_reasons(bench),
        note="Slopes are taken within one order of belief, as harder questions draw longer replies anyway.",
    )  # fmt: skip


def larger_budget_hurts(bench: Bench) -> Judged:
    """The most effort minus the least, below zero."""
    studies = []
    for lab in bench.labs:
        if lab.local:
            found = {"low": lab.answers("short"), "high": lab.answers("long")}
            names = {"low": lab.policy("short"), "high": lab.policy("long")}
        else:
            found = {effort: lab.at_effort(effort) for effort in EFFORTS}
            names = {effort: effort for effort in EFFORTS}
        studies.append(effort_study(found, names, lab.title, lab.seed, lab.local))
    note = "Caps on thinking tokens stand for efforts." if bench.labs[0].local else ""
    return judge(bench, "larger-budget-hurts", studies, below, needs=_unless_reasons(bench), note=note)


def cap_helps(bench: Bench) -> Judged:
    """The chosen cap minus none on questions it was not chosen on, above zero."""
    studies = []
    for lab in bench.labs:
        conditions: tuple[Condition, ...] = ("short", "middle", "long") if lab.reasons else ("short", "middle")
        policies = dict(zip(lab.scale.caps, (lab.policy(one) for one in conditions)))
        found = {lab.policy(one): lab.answers(one) for one in (*conditions, "slow")}
        studies.append(cap_study(found, policies, lab.policy("slow"), lab.title, lab.seed))
    note = "" if bench.reasons else f"The longest block, {bench.labs[0].policy('slow')}, stands for no cap."
    return judge(bench, "cap-helps", studies, above, note=note, needs=_unless_reasons(bench))


def complementary_success(bench: Bench) -> Judged:
    """Twins differ on more questions than two runs of one model do."""
    studies = []
    for lab in bench.labs:
        named = [
            Named(f"{lab.policy(one)}{' again' if one == 'again' else ''}", lab.answers(one))
            for one in ("slow", "fast", "again")
        ]
        studies.append(overlap_study(named[0], named[1], named[2], lab.seed, lab.title))
    return judge(
        bench, "complementary-success", studies, above, needs=_unless_reasons(bench),
        note="The second run of the thinking model is sampled at temperature .6.",
    )  # fmt: skip


def option_matching(bench: Bench) -> Judged:
    """Without options minus with them, above zero."""
    shown: Condition = "slow" if bench.reasons else "fast"
    studies = [options_study(lab.answers(shown), lab.answers("bare"), lab.title, lab.seed) for lab in bench.labs]
    note = "" if bench.reasons else "Without options the likeliest option text counts, with them the likeliest letter."
    return judge(bench, "option-matching", studies, above, needs=_unless_reasons(bench), note=note)


def mitigates(bench: Bench, condition: Condition) -> Judged:
    """A gate minus thinking without one, above zero; a model that never hesitates cannot tell."""
    studies = [_compare(lab, condition, condition, "slow") for lab in bench.labs]
    answers = [one for lab in bench.labs for one in lab.answers(condition)]
    told = _triggers(answers)
    never = "" if told.get("hesitation") else _NEVER.format(bench.model, THRESHOLD, len(answers))
    needs = _unless_reasons(bench) or never
    counts = ", ".join(f"{name} {number}" for name, number in sorted(told.items()))
    return judge(
        bench, f"{condition}-mitigates", studies, above, baselines=_accuracies(bench, "slow"), needs=needs,
        note=f"What ended the thinking: {counts}.",
    )  # fmt: skip


_NEVER = (
    "model: one that hesitates while it reasons. {} never came to hesitation {} in {} thoughts, so the gate closed "
    "only at the end of thinking or at the cap."
)


def _triggers(answers: Sequence[Answered]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in answers:
        name = str(one.facts.get("trigger", "none"))
        found[name] = found.get(name, 0) + 1
    return found


def _unless_reasons(bench: Bench) -> str:
    return "" if bench.reasons else NEEDS_REASONER.format(bench.model)
