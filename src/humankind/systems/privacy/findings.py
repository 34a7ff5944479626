"""From results to verdicts: one finding for each claim on the card.

Two kinds of evidence stand behind them. Decisions: what instructors release on labelled tasks that they did not see; no
agent has a part in it. Played runs: scripted subjects, senders and recipients. How far a scripted sender heeds what
it is told is a setting, so they show what a defence can do for such a sender, not how a language model behaves.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from humankind.spine.evidence import NEEDS, NOT_SUPPORTED, SUPPORTED, Figure, Finding
from humankind.systems.privacy.experiments import BOTH_STAGES, FIRST_STAGE, SECOND_ONLY, SHARE_ALL
from humankind.systems.privacy.playing import BLIND, LISTED
from humankind.systems.privacy.protecting import BOTH, GUARDING, GUIDANCE, NOTHING, PROMPTING

Verdict = Literal["supported", "not supported at this scale", "needs"]

WRITTEN = {
    "privacy": "privacy preservation",
    "helpfulness": "helpfulness",
    "disclosure": "appropriate disclosure",
    "leak": "leak score",
}
ABSENT = "data: CI-RL is not on this machine; it is open, under Apache-2.0."
GET = "humankind data get cirl --from PATH"


@dataclass(frozen=True)
class Results:
    """Everything that was run, ready for verdicts; what needs absent data is None."""

    preset: str
    seed: int
    tasks: Mapping[str, Any] | None
    recipients: Mapping[str, Any] | None
    schedules: Mapping[str, Any] | None
    judge: Mapping[str, Any]
    secrets: Mapping[str, Any]
    played: Mapping[str, Any] | None
    attacked: Mapping[str, Any] | None

    @property
    def command(self) -> str:
        """What makes the figures again."""
        words = ["humankind", "reproduce", "privacy", "--preset", self.preset, "--seed", str(self.seed)]
        return shlex.join(words)

    @property
    def tasks_scale(self) -> str:
        """Data and sizes of the decisions."""
        if self.tasks is None:
            return ""
        return (
            f"CI-RL: {self.tasks['n_tasks']} tasks, {self.tasks['n_items']} labelled attributes, "
            f"{self.tasks['n_folds']} folds by task; embedded instructor; seed {self.seed}"
        )

    @property
    def played_scale(self) -> str:
        """Scenarios and backends of the played runs."""
        return str(self.played["scale"]) if self.played else ""

    @property
    def schedules_scale(self) -> str:
        """Tasks and seeds of training by reward."""
        if self.schedules is None:
            return ""
        first, seeds = self.schedules["seeds"][0], [str(one["seed"]) for one in self.schedules["seeds"]]
        return (
            f"CI-RL: {first['n_train']} tasks trained on, {first['n_held_out']} kept aside; item policy; "
            f"seeds {', '.join(seeds)}"
        )


def all_findings(results: Results) -> tuple[Finding, ...]:
    """Return the verdicts in the order of the card."""
    return (
        better_balance(results),
        guidance_over_static(results),
        learns_from_failures(results),
        robust_to_attack(results),
        generalises(results),
        two_stage_reward(results),
    )


def better_balance(results: Results) -> Finding:
    """Return the verdict on the best balance; where it holds it still lacks a trained prompt, which needs a model."""
    if results.played is None:
        return Finding(claim="better-balance", verdict=NEEDS, note=ABSENT, command=GET)
    by_sender, rivals = results.played[BLIND], (GUARDING, PROMPTING)
    holding = {
        name: all(is_above(figure_at("", found["above"][rival]["disclosure"])) for rival in rivals)
        for name, found in by_sender.items()
    }
    first = next(iter(by_sender.values()))
    verdict, said = over_senders(holding, NEEDS)
    lead = "model: to train a prompt takes a language model. " if all(holding.values()) else ""
    return Finding(
        claim="better-balance",
        verdict=verdict,
        figures=(
            *(
                figure_at(f"CDI minus {rival}, appropriate disclosure", first["above"][rival]["disclosure"])
                for rival in rivals
            ),
            *_figures(first["ways"][GUIDANCE], "CDI"),
        ),
        baselines=tuple(
            figure_at(f"{name}, appropriate disclosure", first["ways"][name]["disclosure"])
            for name in (BOTH, GUARDING, PROMPTING, NOTHING)
        ),
        scale=results.played_scale,
        note=(
            f"{lead}{said} CDI and guarding share one trained instructor, which is not told what is sensitive; the "
            "prompt is a fixed text. Senders by script mend a blocked message as they are told, which flatters "
            "guarding; the package's own default is both together."
        ),
        command=results.command,
    )


def guidance_over_static(results: Results) -> Finding:
    """Return the verdict on untrained guidance beside a privacy prompt and a guard, all told what is sensitive."""
    if results.played is None:
        return Finding(claim="guidance-over-static-defences", verdict=NEEDS, note=ABSENT, command=GET)
    by_sender, rivals = results.played[LISTED], (PROMPTING, GUARDING)
    holding = {
        name: all(
            is_above(figure_at("", found["above"][rival]["privacy"]))
            and not is_below(figure_at("", found["above"][rival]["helpfulness"]))
            for rival in rivals
        )
        for name, found in by_sender.items()
    }
    first = next(iter(by_sender.values()))
    verdict, said = over_senders(holding, SUPPORTED)
    return Finding(
        claim="guidance-over-static-defences",
        verdict=verdict,
        figures=(
            *(
                figure_at(f"CDI minus {rival}, {WRITTEN[figure]}", first["above"][rival][figure])
                for figure in ("privacy", "helpfulness")
                for rival in rivals
            ),
            *_figures(first["ways"][GUIDANCE], "CDI")[:2],
        ),
        baselines=tuple(figure for name in (PROMPTING, GUARDING) for figure in _figures(first["ways"][name], name)[:2]),
        scale=results.played_scale,
        note=(
            f"{said} All read the norm's lists, so nothing is learned. The guard is the package's own: it tells the "
            "sender how to mend a message, never gives up, and is stronger than the paper's."
        ),
        command=results.command,
    )


def over_senders(holding: Mapping[str, bool], where_it_holds: Verdict) -> tuple[Verdict, str]:
    """Return the verdict over several senders by script, and a sentence on which ones it holds with.

    Args:
        holding: for each sender whether the claim held.
        where_it_holds: the verdict where it held with all.

    >>> over_senders({"a": True, "b": False}, SUPPORTED)
    ('needs', 'model: it hangs on how the sender reacts: it holds with a, not with b.')
    """
    yes = [name for name, held in holding.items() if held]
    no = [name for name, held in holding.items() if not held]
    if not no:
        return where_it_holds, f"It holds with every sender by script: {', '.join(yes)}."
    if not yes:
        return NOT_SUPPORTED, f"It holds with no sender by script: {', '.join(no)}."
    said = f"model: it hangs on how the sender reacts: it holds with {', '.join(yes)}, not with {', '.join(no)}."
    return NEEDS, said


def learns_from_failures(results: Results) -> Finding:
    """Return the verdict on training in environments made from the policy's own leaks, measured on tasks kept aside."""
    if results.schedules is None:
        return Finding(claim="learns-from-failures", verdict=NEEDS, note=ABSENT, command=GET)
    seeds = results.schedules["seeds"]
    gains = [
        figure_at(
            f"trained minus untrained, appropriate disclosure, seed {one['seed']}",
            one["differences"]["disclosure, trained - before"],
        )
        for one in seeds
    ]
    first = seeds[0]
    return Finding(
        claim="learns-from-failures",
        verdict=SUPPORTED if gains and all(map(is_above, gains)) else NOT_SUPPORTED,
        figures=(*gains, *_figures(first["ways"][BOTH_STAGES], "trained")),
        baselines=_figures(first["ways"][SHARE_ALL], "untrained, shares everything")[2:],
        scale=results.schedules_scale,
        note=(
            "The item policy begins by sharing everything, so it leaks in every task that holds a secret; each such "
            "task is one environment, and the reward comes from what a sender by script then shares. It is a bandit "
            "on labels, not the paper's conversations; published figures are for a language model that starts "
            "much better."
        ),
        command=results.command,
    )


def robust_to_attack(results: Results) -> Finding:
    """Return the verdict on the drop of privacy under a search of equal effort against each defence."""
    if results.attacked is None:
        return Finding(claim="robust-to-attack", verdict=NEEDS, note=ABSENT, command=GET)
    senders = results.attacked["senders"]
    rivals = (PROMPTING, GUARDING)
    holding = {
        name: all(is_above(figure_at("", found["spared"][rival])) for rival in rivals)
        for name, found in senders.items()
    }
    first = next(iter(senders.values()))
    verdict, said = over_senders(holding, SUPPORTED)
    ways = "; ".join(f"against {name} {', '.join(row['ways'])}" for name, row in first["rows"].items())
    return Finding(
        claim="robust-to-attack",
        verdict=verdict,
        figures=(
            *(figure_at(f"drop under {rival} minus drop under CDI", first["spared"][rival]) for rival in rivals),
            figure_at("CDI, drop of privacy preservation", first["rows"][GUIDANCE]["drop"]),
            figure_at("CDI, privacy preservation that is left", first["rows"][GUIDANCE]["after"]["privacy"]),
        ),
        baselines=tuple(
            figure_at(f"{name}, {words}", at)
            for name in (PROMPTING, GUARDING, BOTH)
            for words, at in (
                ("drop of privacy preservation", first["rows"][name]["drop"]),
                ("privacy preservation that is left", first["rows"][name]["after"]["privacy"]),
            )
        ),
        scale=str(results.attacked["scale"]),
        note=(
            f"{said} Weaknesses are planted: the sender gives in to one way of asking, and words facts past the guard "
            f"when asked to; the search is not told. It found, in this order of rounds: {ways}. Requests are combined "
            "from fixed ways of asking; the paper's are written by a language model. A defence that keeps little to "
            "begin with has little to lose, so read the drop beside what is left."
        ),
        command=results.command,
    )


def generalises(results: Results) -> Finding:
    """Return the verdict on decisions for recipients' roles and scenarios that training never met."""
    if results.recipients is None or results.played is None:
        return Finding(claim="generalises", verdict=NEEDS, note=ABSENT, command=GET)
    unseen, own = results.recipients, next(iter(results.played[BLIND].values()))
    figures = (
        figure_at("recipients never met: trained minus sharing all, appropriate disclosure", unseen["above"]),
        figure_at("tasks never met, played: CDI minus no defence, appropriate disclosure",
                  own["above"][NOTHING]["disclosure"]),
    )  # fmt: skip
    secrets = results.secrets
    far = (
        f" On PrivacyLens, whose facts are written in another style, the shipped instructor withholds "
        f"{secrets['withheld']:.0%} of {secrets['n_items']} sensitive facts, asks about {secrets['asked']:.0%} and "
        "would share the rest: list what is known."
        if secrets
        else ""
    )
    return Finding(
        claim="generalises",
        verdict=SUPPORTED if all(map(is_above, figures)) else NOT_SUPPORTED,
        figures=(*figures, *_figures(unseen["figures"], "recipients never met")),
        baselines=(figure_at("sharing all, appropriate disclosure", unseen["share all"]["disclosure"]),),
        scale=f"{results.tasks_scale}; {unseen['n_roles']} roles of recipients. {results.played_scale}",
        note=f"Another sender model was not tried: the sender is scripted.{far}",
        command=results.command,
    )


def two_stage_reward(results: Results) -> Finding:
    """Return the verdict on privacy first, disclosure after: the first stage silences, the second restores help."""
    if results.schedules is None:
        return Finding(claim="two-stage-reward", verdict=NEEDS, note=ABSENT, command=GET)
    seeds = results.schedules["seeds"]
    lost, restored = "help, privacy stage - before", "help, second stage - privacy stage"
    falls = [figure_at(f"helpfulness, privacy stage minus before, seed {one['seed']}", one["differences"][lost])
             for one in seeds]  # fmt: skip
    rises = [figure_at(f"helpfulness, second stage minus first, seed {one['seed']}", one["differences"][restored])
             for one in seeds]  # fmt: skip
    holds = all(map(is_below, falls)) and all(map(is_above, rises))
    first = seeds[0]
    alone = [one["differences"]["disclosure, two stages - one"]["value"] for one in seeds]
    return Finding(
        claim="two-stage-reward",
        verdict=SUPPORTED if holds else NOT_SUPPORTED,
        figures=(*falls, *rises, *_figures(first["ways"][BOTH_STAGES], BOTH_STAGES)),
        baselines=(
            *_figures(first["ways"][FIRST_STAGE], FIRST_STAGE)[1:2],
            *_figures(first["ways"][SECOND_ONLY], SECOND_ONLY)[2:],
            *_figures(first["ways"][SHARE_ALL], SHARE_ALL)[2:],
        ),
        scale=results.schedules_scale,
        note=(
            "The rewards come from labels and a sender that follows each instruction with a fixed chance, so this is "
            "a contextual bandit and not the paper's setting. The collapse and its cure show all the same; the benefit "
            f"of beginning with privacy does not: two stages minus disclosure from the start, {_signed(alone)} in "
            "appropriate disclosure."
        ),
        command=results.command,
    )


def figure_at(label: str, at: Mapping[str, float | None]) -> Figure:
    """Return a figure of JSON's value, low and high."""
    value = at["value"]
    assert value is not None
    return Figure(label=label, value=value, low=at.get("low"), high=at.get("high"))


def is_above(figure: Figure) -> bool:
    """Say whether the whole interval lies above zero."""
    return figure.low is not None and figure.low > 0


def is_below(figure: Figure) -> bool:
    """Say whether the whole interval lies below zero."""
    return figure.high is not None and figure.high < 0


def _figures(way: Mapping[str, Any], name: str) -> tuple[Figure, ...]:
    """Return privacy, helpfulness and disclosure of one way."""
    return tuple(
        figure_at(f"{name}, {WRITTEN[figure]}", way[figure])
        for figure in ("privacy", "helpfulness", "disclosure")
        if figure in way
    )


def _signed(values: list[float]) -> str:
    return ", ".join(f"{value:+.3f}" for value in values)
