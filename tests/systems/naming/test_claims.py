"""Reading claims out of explanations and comparing them with corpus, tables and calendar."""

from __future__ import annotations

import pytest

from humankind.systems.naming.births import Birth
from humankind.systems.naming.claims import Truth, applicable, coverage, read_claims, verdicts
from humankind.systems.naming.poems import Corpus
from humankind.systems.naming.request import NameRequest

EQUAL = (0.2,) * 5


@pytest.fixture(scope="module")
def truth():
    # 2024-02-10 16:28: first day of the lunar year, 甲辰 丙寅 甲辰 壬申, nothing missing
    request = NameRequest(surname="王", sex="boy", birth=Birth(2024, 2, 10, 16, 28))
    return Truth.of(request, Corpus.load())


@pytest.fixture(scope="module")
def lacking():
    # 2024-02-04 16:28: 甲辰 丙寅 戊戌 庚申, water missing; the day of 立春
    return Truth.of(NameRequest(birth=Birth(2024, 2, 4, 16, 28)), Corpus.load())


TRUE = {
    "poem": "名字出自唐·王维《山居秋暝》：“明月松间照，清泉石上流。”",
    "element": "“松”属木，“泽”字五行属水。",
    "zodiac": "孩子生肖属龙。",
    "season": "孩子出生于春季。",
    "festival": "恰逢春节。",
    "pillars": "八字为甲辰 丙寅 甲辰 壬申。",
    "missing": "五行俱全。",
}
FALSE = {
    "poem": "名字出自宋代苏轼《山居秋暝》“明月松间照”。",
    "element": "“松”属水。",
    "zodiac": "孩子生肖属兔。",
    "season": "孩子出生于冬季。",
    "festival": "恰逢端午节。",
    "pillars": "八字为癸卯 乙丑 甲辰 壬申。",
    "missing": "五行缺金。",
}


@pytest.mark.parametrize("kind", TRUE)
def test_a_true_claim_is_read_and_true(kind, truth):
    found = verdicts(read_claims([TRUE[kind]]), truth)
    assert found[kind] is True
    assert [other for other, told in found.items() if told is not None] == [kind]


@pytest.mark.parametrize("kind", FALSE)
def test_a_false_claim_is_read_and_false(kind, truth):
    assert verdicts(read_claims([FALSE[kind]]), truth)[kind] is False


@pytest.mark.parametrize(
    "text",
    [
        "取自“明月松间隐”，诗意盎然。",  # one character of the verse is another
        "出自唐代王维《山居秋暝》“床前明月光”。",  # a true verse of another poem
        "出自唐代张无名《山居秋暝》。",  # nobody of this name wrote it
        "取自宋·王维《山居秋暝》“明月松间照”。",  # wrong dynasty
        "出自杜甫《从来没有的诗》。",
    ],
)
def test_invented_poems_are_found_out(text, truth):
    assert verdicts(read_claims([text]), truth)["poem"] is False


def test_what_is_not_claimed_is_neither_true_nor_false(truth):
    assert set(verdicts(read_claims(["名字好听，希望他勇敢。"]), truth).values()) == {None}


def test_one_false_claim_spoils_its_kind(truth):
    assert verdicts(read_claims([TRUE["element"], FALSE["element"]]), truth)["element"] is False


def test_a_title_that_the_request_named_may_be_repeated():
    request = NameRequest(text="名字最好出自《从来没有的诗》")
    found = verdicts(read_claims(["您提到的《从来没有的诗》不在诗库里。"]), Truth.of(request, Corpus.load()))
    assert found["poem"] is True


def test_words_inside_a_verse_are_no_claims(truth):
    claims = read_claims(["取自《诗经》“蒹葭苍苍，白露为霜”。"])
    assert {claim.kind for claim in claims} == {"poem"}


def test_a_season_and_a_term_and_missing_elements(lacking):
    told = read_claims(["时值立春节气，孩子出生于春季，五行缺水。"])
    assert [verdicts(told, lacking)[kind] for kind in ("solar_term", "season", "missing")] == [True, True, True]
    assert verdicts(read_claims(["五行缺水、木"]), lacking)["missing"] is False
    assert verdicts(read_claims(["五行不缺"]), lacking)["missing"] is False


def test_an_element_that_the_scheme_does_not_know_is_not_counted(truth):
    assert truth.scheme.element("轩") is None
    assert verdicts(read_claims(["“轩”属土。"]), truth)["element"] is None


def test_what_is_applicable_and_how_much_of_it_is_covered(truth):
    wanted = applicable(truth, "松", EQUAL)
    assert set(wanted) == {"poem", "element", "zodiac", "season", "festival", "pillars", "missing"}
    everything = verdicts(read_claims(list(TRUE.values())[:5]), truth)
    assert coverage(everything, wanted) == pytest.approx(5 / 7)
    assert coverage(everything, ()) is None
    assert "pillars" not in applicable(truth, "松", (0.2, 0.4, 0, 0.2, 0.2))
    assert "poem" not in applicable(truth, "松", (0, 0.4, 0.2, 0.2, 0.2))


@pytest.mark.parametrize(
    "text", ["出自杜甫《望岳》“会当凌绝顶”。", "源自诗圣杜甫的《望岳》。", "语出唐代诗人杜甫的《望岳》。"]
)
def test_an_author_is_found_behind_other_words(text, truth):
    assert verdicts(read_claims([text]), truth)["poem"] is True
    assert verdicts(read_claims([text.replace("杜甫", "李白")]), truth)["poem"] is False


def test_a_solar_term_is_no_festival(truth, lacking):
    assert verdicts(read_claims(["当日正值立春节气。"]), lacking)["festival"] is None
    assert verdicts(read_claims(["当日正值立春节气。"]), lacking)["solar_term"] is True
    assert verdicts(read_claims(["时值清明节气。"]), truth)["festival"] is None


def test_a_wish_in_quotation_marks_is_no_verse():
    truth = Truth.of(NameRequest(text="希望他刚正不阿", wishes=("刚正不阿",)), Corpus.load())
    told = read_claims(["取自唐代王维《山居秋暝》“明月松间照”。", "“正”字直接取自“刚正不阿”。"])
    assert verdicts(told, truth)["poem"] is True
    assert verdicts(told[4:], truth)["poem"] is None
    assert verdicts(read_claims(["", "“正”字取自“刚正不可阿”。"]), truth)["poem"] is False
