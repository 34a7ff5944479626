"""Requests from options and files, and names as text, Markdown and HTML."""

from __future__ import annotations

import csv
import json
from html.parser import HTMLParser

import pytest

from humankind.spine.errors import DataError
from humankind.systems.naming.agents import Change, Draft, Feedback, Relevance, Source
from humankind.systems.naming.births import Birth
from humankind.systems.naming.checks import check
from humankind.systems.naming.loop import Flag, Round
from humankind.systems.naming.pages import as_html, as_markdown, as_text, rendered
from humankind.systems.naming.reading_forms import birth_in, items_in, request_of
from humankind.systems.naming.request import Generation
from humankind.systems.naming.shown import ShownGoal, Suggested, shown_name, shown_round

SOURCE = Source(0, "山居秋暝", "王维", "唐", 2, "明月松间照", (2, 4))
DRAFT = Draft("王", "松照", ("一段<b>。", "二段。", "三段。", "四段。", "五段。"), SOURCE)


@pytest.mark.parametrize(
    ("text", "birth"),
    [
        ("2024", Birth(2024)),
        ("2024-03", Birth(2024, 3)),
        ("2024-3-5", Birth(2024, 3, 5)),
        ("2024/03/05 08:20", Birth(2024, 3, 5, 8, 20)),
        ("2024-03-05T23", Birth(2024, 3, 5, 23)),
        ("lunar:2024-1-1", Birth(2024, 2, 10)),
        ("农历2023-闰2-1", Birth(2023, 3, 22)),
    ],
)
def test_births(text, birth):
    assert birth_in(text) == birth


@pytest.mark.parametrize("text", ["", "昨天", "24-3-5", "2024-02-30", "2024-13-01", "lunar:2024-leap3-1", "lunar:2024"])
def test_births_that_cannot_be(text):
    with pytest.raises(DataError):
        birth_in(text)


def test_a_form_by_the_names_of_its_options():
    request = request_of(
        {
            "surname": "陳", "sex": "女", "birth": "2024-03-05", "wish": "温柔、聪明", "generation": "文2",
            "length": "2",
            "forbid": "国强", "element": "水木", "poet": "苏轼", "radical": "", "id": "7",
        }
    )  # fmt: skip
    assert (request.surname, request.sex, request.birth) == ("陈", "girl", Birth(2024, 3, 5))
    assert request.wishes == ("温柔", "聪明")
    assert request.generation == Generation("文", 2)
    assert (request.given_length, request.forbidden, request.elements_wished) == (2, ("国", "强"), ("水", "木"))
    assert request.author == "苏轼"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"sex": "boy"},
        {"surname": "王", "colour": "red"},
        {"surname": "王", "length": "two"},
        {"surname": "王", "sex": "dog"},
        {"surname": "王", "generation": "文文文"},
        {"text": "姓王", "surname": "王"},
        {"surname": "Smith"},
    ],
)
def test_forms_that_cannot_be(fields):
    with pytest.raises(DataError):
        request_of(fields)


def test_files_of_requests(tmp_path):
    lines = tmp_path / "requests.jsonl"
    lines.write_text('{"id": "a", "text": "姓王，男孩"}\n\n{"surname": "李", "sex": "girl"}\n', encoding="utf-8")
    found = items_in(lines)
    names = [(item.id, item.request.surname, item.request.sex) for item in found]
    assert names == [
        ("a", "王", "boy"),
        ("3", "李", "girl"),
    ]
    assert found[0].digest != found[1].digest
    table = tmp_path / "requests.csv"
    with table.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([["id", "surname", "wish"], ["a", "王", "勇敢、正直"], ["b", "欧阳", ""]])
    assert [item.request.wishes for item in items_in(table)] == [("勇敢", "正直"), ()]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.txt", "姓王", "not a file of requests"),
        ("a.jsonl", "", "has no requests"),
        ("a.jsonl", "姓王", "not JSON"),
        ("a.jsonl", "[1]", "no object"),
        ("a.jsonl", '{"id": 1, "text": "姓王"}\n{"id": 1, "text": "姓李"}', "stands twice"),
        ("a.csv", "surname,sex\n王", "another number of cells"),
        ("a.csv", "colour\nred", "neither a request nor a surname"),
    ],
)
def test_files_that_cannot_be(name, text, told, tmp_path):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=told):
        items_in(path)


def test_an_error_names_file_and_row(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"surname": "王"}\n{"surname": "王", "birth": "never"}\n', encoding="utf-8")
    with pytest.raises(DataError) as caught:
        items_in(path)
    assert "a.jsonl row 2" in str(caught.value)


# -- pages --------------------------------------------------------------------------------------------------


@pytest.fixture
def found():
    name = shown_name(DRAFT, check("王", "松照"), (1.0, 0.5, 0.25, 1.0, 0.0), 0.625)
    feedback = Feedback("explicit", "all", (Change("reweight", 1, "近于勇敢"),), "与要求不够相符", DRAFT)
    relevance = (Relevance(2), Relevance(1), Relevance(0), Relevance(2), Relevance(2))
    first = Round(0, DRAFT, Flag.REWRITE, "explicit", (), (), relevance, 0.9, 0.8, 0.5, 0.8, feedback)
    last = Round(1, DRAFT, Flag.ACCEPTED, "explicit", (), (), relevance, 0.9, 0.8, 0.85, 0.8)
    return Suggested(
        text="姓王 <script>alert(1)</script> | 男孩",
        understood={"surname": "王"},
        notes=("时辰可疑",),
        goals=(ShownGoal(name="文化内涵", preference=2, weight=0.2, goal="有出处"),),
        names=(name,),
        trace=(shown_round(first), shown_round(last)),
        facts={"后端": "rules"},
    )


class Balanced(HTMLParser):
    """Refuses tags that are not closed in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in {"meta", "br", "hr", "img", "input", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_a_name_as_it_is_shown(found):
    (name,) = found.names
    assert (name.pinyin, name.name) == ("Wáng Sōngzhào", "王松照")
    assert name.source is not None
    assert name.source.pieces == [("明月", False), ("松", True), ("间", False), ("照", True)]
    assert name.source.cited == "唐·王维《山居秋暝》"
    assert [one.flag for one in found.trace] == ["重写", "通过"]
    assert found.trace[0].changes == ("加重（父母期望）：近于勇敢",)


def test_the_html_page_stands_alone(found):
    page = as_html([found, Suggested(text="姓李", understood={}, problem="做不到")])
    reader = Balanced()
    reader.feed(page)
    assert reader.open == []
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "一段&lt;b&gt;" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "<mark>松</mark>" in page
    assert "没有名字：做不到" in page
    assert page.count('class="name"') == 1
    assert as_html([found]) == as_html([found])


def test_the_other_formats_tell_the_same(found):
    text, markdown = as_text(found), as_markdown([found])
    for told in (text, markdown):
        assert "王松照" in told
        assert "Wáng Sōngzhào" in told
        assert "时辰可疑" in told
        assert "唐·王维《山居秋暝》" in told
        assert "阈值 0.800" in told
    assert "明月【松】间【照】" in text
    assert "明月**松**间**照**" in markdown
    assert "<script>" not in markdown.replace("\\<script\\>", "")
    assert json.loads(rendered([found], "json"))[0]["names"][0]["name"] == "王松照"
    assert rendered([found], "table") == text
