"""Verdicts from made-up evaluations: planted effects are supported, absent ones are not, guessing is not judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from humankind.kits.bench.questions import Reply, Trial
from humankind.spine.charts import svg
from humankind.spine.evidence import NEEDS, NOT_SUPPORTED, SUPPORTED, Figure
from humankind.systems.motivation import findings
from humankind.systems.motivation.card import CARD
from humankind.systems.motivation.config import MotivationConfig
from humankind.systems.motivation.data import kinds_of, load, own
from humankind.systems.motivation.evaluate import score
from humankind.systems.motivation.experiments import MAIN, Asked
from humankind.systems.motivation.protocol import make_trials

TRIALS = make_trials(own().questions, "quick", "base")
CONFIG = MotivationConfig(protocol="quick")
BARS = (Figure(label="chance", value=1 / 6), Figure(label="shortcut: longest", value=0.2))

Wrong = Callable[[Trial, np.random.Generator], int]


def evenly(trial: Trial, rng: np.random.Generator) -> int:
    return int(rng.choice([place for place in range(6) if place != trial.question.gold]))


def of_kind(kind: str, share: float) -> Wrong:
    """Errors that fall on a kind with a probability, evenly otherwise."""
    return lambda trial, rng: (
        kinds_of(trial.question).index(kind) if rng.random() < share else evenly(trial, rng)
    )  # fmt: skip


def asked(skill: Callable[[Trial], float], wrong: Wrong = evenly) -> Asked:
    rng = np.random.default_rng(0)
    replies = []
    for trial in TRIALS:
        right = bool(rng.random() < skill(trial))
        choice = trial.question.gold if right else wrong(trial, rng)
        replies.append(Reply(trial=trial.id, choice=choice, right=right, way="likelihood"))
    return Asked(MAIN, CONFIG, score(CONFIG, "own", TRIALS, replies))


def level_is(trial: Trial, level: str) -> bool:
    return trial.question.labels["level"] == level


GUESSING = asked(lambda trial: 1 / 6)
ABLE = asked(lambda trial: 0.6)


def test_a_planted_hardest_level_is_supported() -> None:
    hard = asked(lambda trial: 0.35 if level_is(trial, "love_and_belonging") else 0.8)
    found = findings.hardest_level(hard, BARS)
    assert found.verdict == SUPPORTED
    assert found.figures[0].high is not None
    assert found.figures[0].high < 0


def test_another_hard_level_and_none_are_not() -> None:
    other = asked(lambda trial: 0.35 if level_is(trial, "esteem") else 0.8)
    assert findings.hardest_level(other, BARS).verdict == NOT_SUPPORTED
    assert findings.hardest_level(ABLE, BARS).verdict == NOT_SUPPORTED


@pytest.mark.parametrize("kind", ["too_rational", "too_idealistic"])
def test_a_planted_liking_is_supported_and_its_absence_is_not(kind: str) -> None:
    claim = kind.replace("_", "-")
    liking = asked(lambda trial: 0.5, of_kind(kind, 0.5))
    assert findings.favoured(claim, kind, liking, BARS).verdict == SUPPORTED
    assert findings.favoured(claim, kind, ABLE, BARS).verdict == NOT_SUPPORTED
    other = "too_idealistic" if kind == "too_rational" else "too_rational"
    assert findings.favoured(other.replace("_", "-"), other, liking, BARS).verdict == NOT_SUPPORTED


def test_who_guesses_is_not_judged_whatever_the_errors_look_like() -> None:
    biased = asked(lambda trial: 1 / 6, of_kind("too_rational", 0.9))
    for found in (
        findings.favoured("too-rational", "too_rational", biased, BARS),
        findings.hardest_level(GUESSING, BARS),
    ):
        assert found.verdict == NEEDS
        assert found.note.startswith("model")
        assert found.figures, "what was measured is shown all the same"
        assert found.command == (
            "HUMANKIND_MOTIVATION_MODEL=hf/Qwen/Qwen2.5-7B-Instruct humankind reproduce motivation --preset paper"
        )


def with_model(found: Asked, model: str) -> Asked:
    return replace(found, config=found.config.replaced("model", model), preset="paper")


def test_a_stronger_model_is_judged_on_falling_short_and_the_embedded_one_is_not() -> None:
    assert findings.models_fall_short(ABLE, BARS).verdict == NEEDS
    strong = findings.models_fall_short(with_model(ABLE, "openai/o9"), BARS)
    assert strong.verdict == SUPPORTED
    assert strong.command == (
        "HUMANKIND_MOTIVATION_MODEL=openai/o9 humankind reproduce motivation --preset paper --seed 0"
    )
    perfect = with_model(asked(lambda trial: 1.0), "openai/o9")
    assert findings.models_fall_short(perfect, BARS).verdict == NOT_SUPPORTED
    assert findings.models_fall_short(with_model(GUESSING, "openai/o9"), BARS).verdict == NEEDS
    assert findings.hardest_level(with_model(ABLE, "openai/o9"), BARS).command == strong.command


def test_a_better_shortcut_raises_the_bar() -> None:
    assert findings.able(ABLE, BARS)
    assert not findings.able(ABLE, (*BARS, Figure(label="shortcut: oracle", value=0.6)))
    assert not findings.able(GUESSING, BARS)


def test_nothing_scored_is_not_judged() -> None:
    silent = [Reply(trial=trial.id, unscored="no letter") for trial in TRIALS]
    found = Asked(MAIN, CONFIG, score(CONFIG, "own", TRIALS, silent))
    assert not findings.able(found, BARS)
    assert findings.hardest_level(found, BARS).verdict == NEEDS
    assert findings.models_fall_short(found, BARS).figures == ()


def test_composition_is_counted_where_the_files_are_and_needs_them_elsewhere(release: Path) -> None:
    whole = load(str(release))
    assert findings.composition(whole, own()).verdict == SUPPORTED
    assert [figure.value for figure in findings.composition(whole, own()).figures] == [200, 600]
    fewer = whole.model_copy(update={"questions": whole.questions[:-3]})
    assert findings.composition(fewer, own()).verdict == NOT_SUPPORTED
    absent = findings.composition(None, own())
    assert absent.verdict == NEEDS
    assert absent.note.startswith("data")
    assert absent.command == "humankind data get motivebench --from PATH"
    assert [figure.value for figure in absent.baselines] == [75, 225]


def test_every_claim_has_a_finding_and_needs_name_a_command_that_exists() -> None:
    from humankind.testing.conformance import verbs_in_app

    found = [
        findings.composition(None, own()),
        findings.models_fall_short(ABLE, BARS),
        findings.hardest_level(ABLE, BARS),
        findings.favoured("too-rational", "too_rational", ABLE, BARS),
        findings.favoured("too-idealistic", "too_idealistic", ABLE, BARS),
        findings.scale_and_version(ABLE),
    ]
    assert [one.claim for one in found] == [claim.id for claim in CARD.claims]
    for one in found:
        for command in one.command.split(" && "):
            words = command.split()
            words = words[1:] if words[0].startswith("HUMANKIND_MOTIVATION_MODEL=") else words
            assert words[0] == "humankind"
            assert words[1] != "motivation" or words[2] in verbs_in_app("motivation")


def test_charts_can_be_drawn_and_tables_have_chance_beside() -> None:
    for chart in (findings.type_chart([ABLE]), findings.level_chart(ABLE), findings.mistake_chart(ABLE)):
        assert "<svg" in svg(chart, "p")
    table = findings.accuracy_table([ABLE, GUESSING])
    assert [row[0] for row in table.rows] == [MAIN, MAIN, "chance"]
    assert {len(row) for row in table.rows} == {len(table.columns)}
    assert table.rows[-1][table.columns.index("all three right")] == pytest.approx(1 / 216)


def test_charts_of_an_evaluation_without_scores_are_left_out() -> None:
    silent = [Reply(trial=trial.id, unscored="no letter") for trial in TRIALS]
    nothing = Asked("text", CONFIG, score(CONFIG, "own", TRIALS, silent))
    assert [series.name for series in findings.type_chart([ABLE, nothing]).series] == ["main, likelihood", "chance"]
