"""The cap curve: accuracy over a grid of limits on thinking tokens, and whether the best limit really helps.

The best of many caps looks good by luck alone. So it is chosen on one half of the stories and judged on the other.
"""

from __future__ import annotations

from collections.abc import Sequence

from humankind.spine.errors import ConfigError
from humankind.spine.evidence import Chart, Table
from humankind.spine.progress import Progress
from humankind.spine.runs import Run
from humankind.spine.seeds import stream
from humankind.systems.tom.answering import PROVIDER, reasons
from humankind.systems.tom.config import TomConfig
from humankind.systems.tom.data import Suite
from humankind.systems.tom.policies import parse
from humankind.systems.tom.study import (
    ROW,
    Answered,
    Study,
    accuracy,
    ask_all,
    figure_of,
    gain,
    keep,
    mean_tokens,
    row_of,
    series_of,
)

CAPS = (64, 256, 1024)


def run_caps(
    config: TomConfig, suite: Suite, run: Run, progress: Progress, caps: Sequence[int] = CAPS, uncapped: str = ""
) -> Study:
    """Return the accuracy under each cap and without, and that of the chosen cap on questions it was not chosen on.

    Args:
        config: model, sample and policy; each cap is added to the policy.
        suite: what is asked.
        run: where replies and study are kept.
        progress: told how far it is.
        caps: most thinking tokens, each at least 1.
        uncapped: policy that the caps are compared with; by default the policy of `config`.

    Raises:
        ConfigError: no caps, or the policy has a cap already or none can be added.
    """
    policies = {cap: with_cap(config.policy, cap) for cap in sorted(set(caps))}
    if not policies:
        raise ConfigError("there are no caps to try", where="--caps", expected="for example --caps 64,256,1024")
    free = uncapped or config.policy
    found: dict[str, list[Answered]] = {}
    for policy in (*policies.values(), free):
        config_now = config.replaced("policy", policy)
        found[policy] = ask_all(config_now, suite, run.artifacts / "replies" / folder_name(policy), progress)
    study = cap_study(found, policies, free, f"{config.model} on {suite.name}", config.seed)
    if free == "plain" and config.model.startswith(PROVIDER) and not reasons(config.model):
        study = study.model_copy(update={"remarks": (*study.remarks, _NO_THOUGHTS)})
    return keep(run, study)


_NO_THOUGHTS = "This model does not think by itself: under `plain` it answers at once, and caps open a thinking block."


def with_cap(policy: str, cap: int) -> str:
    """Return a policy with a cap added.

    >>> with_cap("plain", 64), with_cap("s2f:3", 64)
    ('cap:64', 's2f:3+cap:64')
    """
    if cap < 1:
        raise ConfigError("a cap is below 1", found=cap, where="--caps", expected="whole numbers of 1 or more")
    return parse(f"cap:{cap}" if policy == "plain" else f"{policy}+cap:{cap}").text


def folder_name(policy: str) -> str:
    """Return a policy as the name of a folder.

    >>> folder_name("s2f:3+cap:64")
    's2f-3+cap-64'
    """
    return policy.replace(":", "-")


def cap_study(found: dict[str, list[Answered]], policies: dict[int, str], free: str, title: str, seed: int) -> Study:
    """Return the study of answers under caps.

    Args:
        found: answers by policy.
        policies: policy of each cap, smallest first.
        free: the policy without a cap.
        title: model and suite.
        seed: of the halves and the intervals.
    """
    first = half_of([one for answers in found.values() for one in answers], seed)
    chosen = max(policies, key=lambda cap: _mean(found[policies[cap]], first, seed))
    judged = [[one for one in found[policy] if _story(one) not in first] for policy in (policies[chosen], free)]
    found_gain = gain(judged[0], judged[1], seed)
    rows = [(str(cap), *row_of(found[policy], seed), mean_tokens(found[policy])) for cap, policy in policies.items()]
    rows.append((f"none ({free})", *row_of(found[free], seed), mean_tokens(found[free])))
    return Study(
        name="caps",
        figures=(
            *figure_of(found_gain, f"accuracy with cap {chosen} minus {free}, other half of the stories, {title}"),
            *figure_of(accuracy(found[policies[chosen]], seed), f"accuracy with cap {chosen}, all, {title}"),
            *figure_of(accuracy(found[free], seed), f"accuracy under {free}, all, {title}"),
        ),
        tables=(
            Table(
                title=f"Accuracy by cap on thinking tokens: {title}",
                columns=("cap", *ROW, "mean tokens"),
                rows=tuple(rows),
                note=f"cap {chosen} was chosen on one half of the stories",
            ),
        ),
        charts=(_chart(found, policies, free, title, seed),),
        remarks=(f"{title}: cap {chosen} was best on one half of the stories; the other half judges it.",),
    )


def half_of(answers: Sequence[Answered], seed: int) -> set[str]:
    """Return the stories of one half, drawn by the seed; questions without a story are their own."""
    stories = sorted({_story(one) for one in answers})
    order = stream(seed, "tom.caps.half").permutation(len(stories))
    return {stories[int(place)] for place in order[: len(stories) // 2]}


def _story(one: Answered) -> str:
    return one.group or one.id


def _mean(answers: Sequence[Answered], stories: set[str], seed: int) -> float:
    known = accuracy([one for one in answers if _story(one) in stories], seed)
    return -1.0 if known is None else known.value


def _chart(found: dict[str, list[Answered]], policies: dict[int, str], free: str, title: str, seed: int) -> Chart:
    capped = series_of("with a cap", [(float(cap), accuracy(found[policies[cap]], seed)) for cap in policies])
    level = accuracy(found[free], seed)
    flat = series_of(free, [(float(cap), level) for cap in (min(policies), max(policies))])
    return Chart(
        title=f"Accuracy by cap on thinking tokens: {title}",
        kind="lines",
        x_label="most thinking tokens",
        y_label="accuracy",
        series=(capped, flat.model_copy(update={"low": (), "high": ()})),
        note="The band spans 95 % over stories.",
    )
