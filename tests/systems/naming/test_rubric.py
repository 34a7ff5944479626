"""Scores without a judge: planted good and bad answers, and what each score must answer to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from humankind.systems.naming.births import Birth
from humankind.systems.naming.poems import Corpus
from humankind.systems.naming.request import Generation, NameRequest
from humankind.systems.naming.rubric import Answered, Examiner, clear, demanded, logical
from humankind.systems.naming.vectors import Vectors

EQUAL = (0.2,) * 5
GOOD = (
    "名字出自唐·王维《山居秋暝》“明月松间照，清泉石上流”，松与泉都是诗中之物。",
    "父母希望他坚强，松树四季常青，寓意坚韧不拔。",
    "五行缺水，“泉”字五行属水，正补所缺。",
    "孩子生肖属龙，出生于春季，松泉之名适合男孩。",
    "全名三字，“松”与“泉”的声调平和，读音顺口。",
)
REQUEST = NameRequest(text="x", surname="王", sex="boy", birth=Birth(2024, 2, 4, 16, 28), wishes=("坚强",))


@pytest.fixture(scope="module")
def examiner():
    return Examiner(Corpus.load(), Vectors.load())


def marks(examiner, given="松泉", explanation=GOOD, request=REQUEST, surname="王"):
    return examiner.marks(request, EQUAL, Answered(surname, given, explanation))


def test_a_good_answer_is_near_the_top(examiner):
    found = marks(examiner)
    assert found.objectives[0] == 3
    assert found.objectives[2] == 3
    assert found.objectives[3] == 3
    assert found.objectives[4] == 3
    assert found.verse
    assert all(found.facts[kind] for kind in ("poem", "element", "zodiac", "season", "missing"))
    assert found.quality(EQUAL).acc == 100
    assert found.clarity == (3,) * 5
    assert found.logic == (3,) * 5


def test_no_answer_scores_nothing(examiner):
    found = marks(examiner, given="", explanation=())
    assert found.objectives[:4] == (0, 0, 0, 0)
    assert found.clarity == (0,) * 5
    assert found.logic == (0,) * 5
    assert found.coverage == 0


def test_an_invented_verse_earns_no_culture(examiner):
    false = ("名字出自唐·王维《山居秋暝》“松间泉水深”。", *GOOD[1:])
    found = marks(examiner, explanation=false)
    assert found.objectives[0] == 0
    assert found.facts["poem"] is False
    assert found.quality(EQUAL).acc == 87.5


def test_a_true_verse_without_the_name_earns_a_part(examiner):
    other = ("名字出自唐·王维《山居秋暝》“竹喧归浣女，莲动下渔舟”。", *GOOD[1:])
    found = marks(examiner, explanation=other)
    assert found.objectives[0] == 2  # a true verse, a cheerful poem, none of the name
    assert not found.verse


def test_characters_against_the_order_of_the_verse_count_half(examiner):
    assert marks(examiner, given="泉松").objectives[0] == 2.5


def test_the_poem_that_was_asked_for_is_looked_at(examiner):
    asked = replace(REQUEST, author="王维")
    assert marks(examiner, request=asked).objectives[0] == 3
    assert marks(examiner, request=replace(REQUEST, author="李白")).objectives[0] == 2
    assert marks(examiner, request=replace(REQUEST, book="诗经")).objectives[0] == 2
    assert marks(examiner, request=replace(REQUEST, book="唐诗")).objectives[0] == 3
    assert marks(examiner, request=replace(REQUEST, poem="山居秋暝")).objectives[0] == 3


def test_wishes_are_served_by_nearness(examiner):
    wish = replace(REQUEST, wishes=("勇敢",))
    assert examiner.wishes(wish, "勇") == 3
    assert examiner.wishes(wish, "毅") > examiner.wishes(wish, "兰")
    both = replace(REQUEST, wishes=("勇敢", "温柔"))
    assert examiner.wishes(both, "勇") == 3  # one character has one wish to serve
    assert examiner.wishes(both, "勇兰") < 3
    assert examiner.wishes(replace(REQUEST, wishes=()), "松泉") == 3
    assert examiner.wishes(REQUEST, "") == 0


def test_elements_missing_supplied_unwanted(examiner):
    assert marks(examiner, given="松林").objectives[2] == 1  # water is told to be missing and not supplied
    assert marks(examiner, given="松林", explanation=GOOD[:2]).objectives[2] == 0
    assert marks(examiner, request=replace(REQUEST, elements_unwanted=("木",))).objectives[2] == 0
    complete = replace(REQUEST, birth=Birth(2024, 2, 10, 16, 28))
    assert marks(examiner, given="山石", request=complete).objectives[2] == 3


def test_a_name_for_the_other_sex_loses_half_of_the_person(examiner):
    assert marks(examiner, given="婷娜").objectives[3] == 1.5
    assert marks(examiner, given="婷娜", request=replace(REQUEST, sex="girl")).objectives[3] == 3
    false = (*GOOD[:3], "孩子生肖属兔，出生于冬季。", GOOD[4])
    assert marks(examiner, explanation=false).objectives[3] == 1.5


DEMANDS = [
    ({"given_length": 2}, "松泉", "松"),
    ({"total_length": 2}, "松", "松泉"),
    ({"structure": "左右"}, "松柏", "松泉"),
    ({"radical": "木"}, "松泉", "泉石"),
    ({"without_radicals": ("水",)}, "松柏", "松泉"),
    ({"generation": Generation("文", 1)}, "文松", "松文"),
    ({"required": ("月",)}, "月松", "松泉"),
    ({"forbidden": ("国",)}, "松泉", "国松"),
    ({"tones": "平仄"}, "松柳", "柳松"),
    ({"simple": True}, "文月", "懿馨"),
    ({"unusual": True}, "松泉", "浩宇"),
]


@pytest.mark.parametrize(("fields", "met", "broken"), DEMANDS, ids=lambda value: str(value)[:20])
def test_each_demand_is_looked_at(fields, met, broken):
    request = NameRequest(surname="王", **fields)
    assert all(told for _, told in demanded(request, "王", met))
    assert [name for name, told in demanded(request, "王", broken) if not told]
    assert dict(demanded(request, "李", met))["surname"] is False


def test_demands_are_averaged(examiner):
    asked = replace(REQUEST, radical="木", given_length=1)  # surname and radical, not the length
    assert marks(examiner, request=asked).objectives[4] == pytest.approx(2)


def test_clarity_by_its_faults():
    text = "这是一个清楚而完整的段落，足够长。"
    assert clear((text,), 0) == 3
    assert clear((text[:-1],), 0) == 2  # no closing mark
    assert clear(("短。",), 0) == 2
    assert clear((text, text), 1) == 2  # the same twice
    assert clear(("好" * 90 + "。",), 0) == 2
    assert clear((text,), 1) == 0
    assert clear((" ",), 0) == 0


def test_logic_needs_topic_and_name():
    answer = Answered("王", "松泉", ("取自诗句，松为树。", "天气不错。", "松。"))
    assert [logical(answer, number) for number in range(4)] == [3, 0, 1, 0]
