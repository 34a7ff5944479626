"""The gate for drafts of a language model: false claims and broken demands are refused with what is true."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from humankind.systems.naming.agents import Brief, Draft, FactError
from humankind.systems.naming.elements import SCHEMES
from humankind.systems.naming.model_drafts import drafted, names
from humankind.systems.naming.model_gate import Gate
from humankind.systems.naming.parsing import parse
from humankind.systems.naming.poems import Corpus
from humankind.systems.naming.replies import Named

BASE = "姓周，男孩，2025年3月5日早上8点出生。"
VERSE = "直挂云帆济沧海"
TEXT = (f"取自唐代李白《行路难》“{VERSE}”。", "喻志向远大。", "“海”属水。", "孩子生于春季，属蛇。", "读来顺口。")


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate(Corpus.load(), SCHEMES["meaning"])


def reply(name: str = "周云帆", **told: Any) -> Named:
    usual: dict[str, Any] = {"title": "行路难", "author": "李白", "dynasty": "唐", "verse": VERSE, "explanation": TEXT}
    return Named(name=name, **{**usual, **told})


def refused(gate: Gate, text: str, answer: Named) -> tuple[FactError, ...]:
    brief = Brief(parse(text), ())
    return gate.check(brief, drafted(answer, brief, gate.corpus))


def test_a_true_draft_passes(gate: Gate) -> None:
    assert refused(gate, BASE, reply()) == ()
    assert refused(gate, BASE, reply(author="李太白", dynasty="唐代", title="《行路难》")) == ()
    whole = "长风破浪会有时，直挂云帆济沧海"
    assert (
        refused(gate, BASE, reply("周长风", verse=whole, explanation=(f"李白《行路难》“{whole}”。", *TEXT[1:]))) == ()
    )


@pytest.mark.parametrize(
    ("told", "hint"),
    [
        ({"verse": "直挂云帆渡沧海"}, VERSE),
        ({"author": "杜甫"}, "李白"),
        ({"dynasty": "宋"}, "唐"),
        ({"title": "望岳"}, "行路难"),
    ],
)
def test_a_source_that_is_not_so_is_refused_with_the_true_one(gate: Gate, told: dict[str, Any], hint: str) -> None:
    errors = refused(gate, BASE, reply(**told))
    assert errors
    assert any(hint in error.correction for error in errors)


@pytest.mark.parametrize(
    ("place", "text", "hint"),
    [
        (0, "取自杜甫《望岳》“会当凌云顶”。", "会当凌绝顶"),
        (2, "“海”属火。", "属水"),
        (2, "四柱为甲子 乙丑 丙寅 丁卯。", "乙巳"),
        (2, "八字缺金木水火土。", "五行所缺"),
        (3, "孩子生于冬季，属蛇。", "春"),
        (3, "孩子属龙。", "蛇"),
        (3, "恰逢端午节。", "节日"),
    ],
)
def test_every_kind_of_false_claim_in_the_text_is_found(gate: Gate, place: int, text: str, hint: str) -> None:
    paragraphs = tuple(text if number == place else old for number, old in enumerate(TEXT))
    errors = refused(gate, BASE, reply(explanation=paragraphs))
    assert errors
    assert any(hint in error.correction for error in errors)


def test_characters_must_stand_in_the_verse_in_order(gate: Gate) -> None:
    assert refused(gate, BASE, reply("周云海")) == ()
    for name in ("周海云", "周云松"):
        assert any("依次" in error.correction for error in refused(gate, BASE, reply(name))), name
    assert refused(gate, BASE + "“文”字辈。", reply("周文海")) == ()
    assert refused(gate, BASE + "必须用“松”字。", reply("周云松")) == ()


@pytest.mark.parametrize(
    ("demand", "good", "bad"),
    [
        ("名字要单名。", "周海", "周云海"),
        ("全名三个字。", "周云海", "周海"),
        ("名字里要有三点水的字。", "周云海", "周云帆"),
        ("不要三点水旁的字。", "周云帆", "周云海"),
        ("不要“帆”字。", "周云海", "周云帆"),
        ("必须有“沧”字。", "周沧海", "周云海"),
        ("“云”字辈。", "周云海", "周沧海"),
        ("名字两个字都要左右结构。", "周沧海", "周云海"),
    ],
)
def test_demands_of_the_request_are_held_to(gate: Gate, demand: str, good: str, bad: str) -> None:
    assert refused(gate, BASE + demand, reply(good)) == ()
    assert refused(gate, BASE + demand, reply(bad))


def test_names_that_nobody_should_have_are_refused(gate: Gate) -> None:
    plain = {"verse": "", "title": "", "author": "", "dynasty": "", "explanation": ("好。",) * 5}
    assert refused(gate, "姓杨，男孩。", reply("杨伟", **plain))
    assert refused(gate, BASE, reply("周Tom", **plain))
    assert refused(gate, BASE, reply("李云海"))
    assert refused(gate, BASE, reply("周云帆沧海"))
    assert refused(gate, BASE, reply("周", **plain))


def test_what_contradicts_itself_is_not_held_against_the_model(gate: Gate) -> None:
    request = parse("姓周，男孩，名字必须有“云”字，但又不能用“云”。")
    assert request.contradictions
    draft = Draft("周", "云", ("好。",) * 5)
    assert gate.check(Brief(request, ()), draft) == ()


def test_a_further_checker_has_to_agree(gate: Gate) -> None:
    class Never:
        def check(self, brief: Brief, draft: Draft) -> tuple[FactError, ...]:
            from humankind.systems.naming.agents import Change

            return (FactError(None, "不行", Change("drop-candidate")),)

    strict = Gate(gate.corpus, gate.scheme, further=Never())
    assert [error.correction for error in refused(strict, BASE, reply())] == ["不行"]
    assert "不行" not in [error.correction for error in refused(strict, BASE, reply(author="杜甫"))]


def test_facts_of_the_draft_bear_the_names_of_the_corpus(gate: Gate) -> None:
    brief = Brief(parse(BASE), ())
    draft = drafted(reply(author="李太白", dynasty="唐代"), brief, gate.corpus)
    told = {fact.kind: (fact.value, fact.subject) for fact in draft.facts}
    assert told["author"] == ("李白", VERSE)
    assert told["dynasty"] == ("唐", VERSE)
    assert told["element"] == ("水", "海")
    false = drafted(reply(author="杜甫"), brief, gate.corpus)
    assert {fact.kind: fact.value for fact in false.facts}["author"] == "杜甫"
    assert drafted(reply(verse="云帆万里来"), brief, gate.corpus).source is None


def test_surnames_are_put_before_or_taken_as_they_are_written() -> None:
    assert names("云帆", "周") == ("周", "云帆")
    assert names("欧阳云帆", "欧阳") == ("欧阳", "云帆")
    assert names("周雲帆", "周") == ("周", "云帆")
    assert names("？", "周") == ("周", "？")
    assert replace(Draft("周", "云", ()), given="帆").name == "周帆"
