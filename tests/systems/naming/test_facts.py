"""The fact gate lets nothing false through: every way to be wrong is tried."""

from __future__ import annotations

from dataclasses import replace

import pytest

from humankind.systems.naming.agents import Draft, Fact
from humankind.systems.naming.config import NamingConfig
from humankind.systems.naming.namer import Namer


@pytest.fixture(scope="module")
def namer() -> Namer:
    return Namer(NamingConfig(n_names=1))


@pytest.fixture(scope="module")
def made(namer: Namer):
    found = namer.suggest("姓王，男孩，2024年3月5日早上8点20分出生，希望他正直、勇敢")
    return found.brief, found.names[0].draft


def errors(namer: Namer, made, **changes):
    brief, draft = made
    return namer.workshop.checker.check(brief, replace(draft, **changes))


def test_a_true_draft_passes(namer: Namer, made) -> None:
    assert errors(namer, made) == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "静夜思"),
        ("author", "李白"),
        ("dynasty", "清"),
        ("verse", "床前看月光"),
        ("clause", 400),
        ("poem", -1),
    ],
)
def test_a_wrong_source_is_named(namer: Namer, made, field: str, value) -> None:
    source = made[1].source
    assert getattr(source, field) != value
    assert errors(namer, made, source=replace(source, **{field: value}))


def test_characters_out_of_order_are_named(namer: Namer, made) -> None:
    source = made[1].source
    assert errors(namer, made, source=replace(source, positions=source.positions[::-1]))


@pytest.mark.parametrize(
    "fact",
    [
        Fact("element", "火", "海"),
        Fact("zodiac", "兔"),
        Fact("season", "冬"),
        Fact("pillars", "甲辰 丙寅 戊辰 丁巳"),
        Fact("missing", "木"),
        Fact("lunar_date", "二〇二四年正月廿六"),
        Fact("strokes", "3", "瑾"),
        Fact("reading", "jīn", "瑾"),
        Fact("verse", "床前看月光"),
        Fact("author", "杜甫", "床前明月光"),
        Fact("festival", "春节"),
        Fact("solar_term", "立夏"),
    ],
)
def test_a_false_fact_is_named(namer: Namer, made, fact: Fact) -> None:
    found = errors(namer, made, facts=(*made[1].facts, fact))
    assert [error.fact for error in found] == [fact]
    assert found[0].correction


@pytest.mark.parametrize(
    ("paragraph", "words"),
    [
        (0, "取自唐代李白《静夜思》中的“床前看月光”。"),
        (0, "取自唐代杜甫《静夜思》：“床前明月光”。"),
        (2, "“海”属火。"),
        (3, "孩子生肖属兔。"),
        (3, "时值冬季。"),
        (2, "五行俱全。"),
    ],
)
def test_words_are_read_whatever_is_declared(namer: Namer, made, paragraph: int, words: str) -> None:
    told = list(made[1].explanation)
    told[paragraph] += words
    assert errors(namer, made, explanation=tuple(told))


def test_a_broken_demand_and_a_common_name(namer: Namer) -> None:
    found = namer.suggest("姓王，男孩，名字里不要出现“强”字，希望他勇敢")
    draft = Draft("王", "自强", found.names[0].draft.explanation)
    assert any("forbidden" in error.correction for error in namer.workshop.checker.check(found.brief, draft))
