"""Rules decide, a model polishes: what it says is taken only where it is true and nothing is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from humankind.systems.naming.agents import Draft, Fact, Team
from humankind.systems.naming.asking import Asker
from humankind.systems.naming.config import NamingConfig
from humankind.systems.naming.hybrid import Polisher, hybrid_team, missing
from humankind.systems.naming.loop import Outcome, run_loop
from humankind.systems.naming.namer import Namer
from humankind.systems.naming.parsing import parse
from humankind.systems.naming.rule_agents import RuleEvaluator, RuleGenerator, RuleManager
from humankind.systems.naming.settings import AskSettings
from humankind.testing.scripted import Call, record_of, scripted

REQUEST = "姓陈，女孩，2024年3月5日早上8点20分出生，希望她聪慧温柔。"


@pytest.fixture(scope="module")
def namer() -> Namer:
    return Namer(NamingConfig(n_names=1, variety=0))


def rules(namer: Namer) -> Team:
    shop = namer.workshop
    manager = RuleManager(shop)
    return Team(manager, RuleGenerator(shop, manager), RuleEvaluator(shop), shop.checker)


def paragraphs_in(call: Call) -> list[str]:
    lines = [line for line in call.messages[1][1].splitlines() if line.startswith("第") and "段（" in line]
    return [line.split("）：", 1)[1] for line in lines]


def named(namer: Namer, say: Any) -> tuple[Outcome, Polisher, Asker]:
    asker = Asker(scripted(lambda call: json.dumps(say(call))), AskSettings(retries=0))
    team = hybrid_team(rules(namer), asker)
    outcome = run_loop(parse(REQUEST), team)
    assert isinstance(team.generator, Polisher)
    return outcome, team.generator, asker


def kindly(call: Call) -> dict[str, Any]:
    """Say the same with a friendly word at the end of each paragraph."""
    return {"explanation": [f"{text}愿她一生如此。" for text in paragraphs_in(call)]}


def test_true_words_are_taken(namer: Namer) -> None:
    plain = run_loop(parse(REQUEST), rules(namer))
    outcome, polisher, _ = named(namer, kindly)
    assert outcome.flag is plain.flag
    assert plain.draft is not None
    assert outcome.draft is not None
    assert (outcome.draft.name, outcome.draft.source) == (plain.draft.name, plain.draft.source)
    assert all(text.endswith("愿她一生如此。") for text in outcome.draft.explanation)
    assert [one.accepted for one in polisher.log] == [True] * len(outcome.trace)


@pytest.mark.parametrize(
    "added",
    ["生肖属马。", "正如杜甫《望岳》“会当凌云顶”所言。", "生于秋季。", "四柱为甲子年。"],
    ids=["animal", "verse", "season", "pillars"],
)
def test_false_words_are_refused_and_the_rules_stand(namer: Namer, added: str) -> None:
    plain = run_loop(parse(REQUEST), rules(namer))

    def lying(call: Call) -> dict[str, Any]:
        first, *rest = paragraphs_in(call)
        return {"explanation": [first, *rest[:-1], rest[-1] + added]}

    outcome, polisher, asker = named(namer, lying)
    assert plain.draft is not None
    assert outcome.draft == plain.draft
    assert not any(one.accepted for one in polisher.log)
    assert all(one.reason for one in polisher.log)
    assert {one.kind for one in asker.log} == {"unusable"}
    assert len(asker.log) == 3 * len(polisher.log)


def test_true_words_that_leave_the_facts_out_are_refused(namer: Namer) -> None:
    """Nothing in it is false, but the verse and the calendar are gone."""
    plain = run_loop(parse(REQUEST), rules(namer))
    outcome, polisher, _ = named(
        namer, lambda call: {"explanation": ["这个名字温柔聪慧，念来让人心生欢喜，愿她一生如此。" * 2] * 5}
    )
    assert plain.draft is not None
    assert outcome.draft == plain.draft
    assert not any(one.accepted for one in polisher.log)
    assert "《" in polisher.log[0].reason


def test_a_correction_is_heeded(namer: Namer) -> None:
    def learning(call: Call) -> dict[str, Any]:
        said = kindly(call)["explanation"]
        return {"explanation": said if len(call.messages) > 2 else [*said[:3], said[3] + "生肖属马。", said[4]]}

    outcome, polisher, asker = named(namer, learning)
    assert outcome.draft is not None
    assert all(one.accepted for one in polisher.log)
    assert "属马" not in "".join(outcome.draft.explanation)
    assert [one.kind for one in asker.log][:2] == ["unusable", "ok"]
    assert "马" in record_of(asker.model).calls[1].prompt


@pytest.mark.parametrize(
    "said", ["好的", TimeoutError("slow"), '{"explanation": ["短"]}'], ids=["prose", "silence", "one"]
)
def test_a_model_that_fails_changes_nothing(namer: Namer, said: Any) -> None:
    plain = run_loop(parse(REQUEST), rules(namer))
    asker = Asker(scripted(lambda call: said), AskSettings(retries=0, attempts=2))
    outcome = run_loop(parse(REQUEST), hybrid_team(rules(namer), asker))
    assert outcome.draft == plain.draft
    assert outcome.flag is plain.flag


def test_losing_a_verse_a_number_or_a_claim_counts_as_lost() -> None:
    before = Draft(
        "王", "凌",
        ("取自唐代杜甫《望岳》“会当凌绝顶”。", "“凌”属水，共10画，生肖属龙。"),
        facts=(Fact("author", "杜甫"), Fact("dynasty", "唐")),
    )  # fmt: skip
    assert missing(before, before.explanation) == ()
    changes = {
        "《望岳》": "那首诗",
        "会当凌绝顶": "会当凌顶",
        "10画": "十来画",
        "属龙": "很好",
        "杜甫": "诗人",
        "属水": "清",
    }
    for old, new in changes.items():
        changed = tuple(text.replace(old, new) for text in before.explanation)
        assert missing(before, changed), old
    assert missing(before, before.explanation[:1])
    assert missing(before, (before.explanation[0], before.explanation[1] * 5))
