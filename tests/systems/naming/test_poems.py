"""The corpus that is shipped: size, famous verses, exact and fuzzy lookup."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.systems.naming import poems
from humankind.systems.naming.poems import Corpus, dynasty_named, han
from humankind.systems.naming.simplifying import simplify

CORPUS = Corpus.load()
FAMOUS = [
    ("海内存知己，天涯若比邻", "杜少府之任蜀州", "王勃", "唐"),
    ("大漠孤烟直", "使至塞上", "王维", "唐"),
    ("会当凌绝顶，一览众山小。", "望岳", "杜甫", "唐"),
    ("但愿人长久，千里共婵娟", "水调歌头", "苏轼", "宋"),
    ("昨夜西风凋碧树", "蝶恋花", "晏殊", "宋"),
    ("青青子衿", "子衿", "佚名", "先秦"),
    ("路漫漫其修远兮", "离骚", "屈原", "先秦"),
    ("老骥伏枥，志在千里", "龟虽寿", "曹操", "汉"),
    ("人生若只如初见", "木兰", "纳兰性德", "清"),
    ("小桥流水人家", "天净沙", "马致远", "元"),
    ("问君能有几多愁", "虞美人", "李煜", "五代"),
    ("床前明月光", "静夜思", "李白", "唐"),
    ("举頭望明月", "静夜思", "李白", "唐"),
]


@pytest.mark.parametrize(("verse", "title", "author", "dynasty"), FAMOUS)
def test_famous_verses_have_their_authors(verse: str, title: str, author: str, dynasty: str) -> None:
    found = CORPUS.verbatim(verse)
    assert any(title in poem.title and (poem.author, poem.dynasty) == (author, dynasty) for poem in found), [
        (poem.title, poem.author, poem.dynasty) for poem in found
    ]


@pytest.mark.parametrize(
    "verse",
    [
        "春风送暖智慧开",
        "海内存知己，天涯若毗邻",
        "知己天涯",  # the end of one clause and the beginning of the next
        "海内存，知己天涯若比邻",  # broken where no clause ends
        "",
        "，。",
        "hello",
        "🙂",
        "月" * 40,
    ],
)
def test_invented_and_torn_verses_are_nowhere(verse: str) -> None:
    assert CORPUS.verbatim(verse) == []


def test_it_is_large_clean_and_each_poem_once() -> None:
    assert len(CORPUS) >= 17_000
    texts = ["".join(poem.clauses) for poem in CORPUS]
    assert len(set(texts)) == len(texts)
    assert not re.search("[^\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af〇々]", "".join(texts))
    assert all(poem.title and poem.author and poem.dynasty for poem in CORPUS)
    assert len({poem.author for poem in CORPUS}) > 1_000
    share = sum(poem.dynasty == "唐" for poem in CORPUS) / len(CORPUS)
    assert 0.3 < share < 0.6


def test_it_is_small_and_its_notice_says_what_is_in_it() -> None:
    folder = Path(poems.__file__).with_name("corpus")
    assert (folder / "poems.xz").stat().st_size <= 6_000_000
    notice = (folder / "NOTICE.txt").read_text(encoding="utf-8")
    assert f"{len(CORPUS):,}" in notice
    assert "JackeyGao" in (folder / "LICENSE-chinese-poetry.txt").read_text(encoding="utf-8")


@given(st.integers(0, len(CORPUS) - 1), st.data())
def test_every_verse_is_found_in_its_poem(number: int, data: st.DataObject) -> None:
    poem = CORPUS[number]
    first = data.draw(st.integers(0, len(poem.clauses) - 1))
    last = data.draw(st.integers(first, min(first + 2, len(poem.clauses) - 1)))
    assert poem in CORPUS.verbatim("，".join(poem.clauses[first : last + 1]))
    assert poem in CORPUS.verbatim("".join(poem.clauses[first : last + 1]))
    assert poem in CORPUS.find(verse=poem.clauses[first], author=poem.author, dynasty=poem.dynasty)


@given(st.integers(0, len(CORPUS) - 1))
def test_every_poem_is_found_by_its_title(number: int) -> None:
    poem = CORPUS[number]
    assert 0 <= poem.popularity <= 1
    assert len(poem.marks) == len(poem.clauses)
    assert han(poem.text) == "".join(poem.clauses)
    if han(poem.title):
        found = CORPUS.find(title=poem.title, author=poem.author)
        assert poem in found
        assert all(other.author == poem.author for other in found)


def test_no_character_has_a_simpler_form() -> None:
    alphabet = CORPUS.labels.alphabet
    changed = {one: simplify(one) for one in alphabet if simplify(one) != one}
    assert set(changed) <= {"乾", "徵"}, "these two stay inside 乾坤 and 角徵"


def test_slips_and_other_names_still_find() -> None:
    assert CORPUS.find(title="靜夜思", author="李太白", dynasty="唐代")[0].author == "李白"
    assert CORPUS.find(title="关雎")[0].collection == "诗经"
    assert CORPUS.find(title="水调歌头", author="苏东坡", verse="明月几时有")[0].dynasty == "宋"
    assert CORPUS.find(verse="举头望明夜")[0].title == "静夜思"
    assert CORPUS.find(title="黄鹤楼送孟浩然之广林")[0].author == "李白"
    assert CORPUS.find(title="静夜思", author="杜甫") == []
    assert CORPUS.find(author="佐佐木") == []
    assert CORPUS.find() == []
    assert CORPUS.find(title="") == []


def test_lists_begin_with_the_popular() -> None:
    found = CORPUS.find(author="杜甫")
    assert len(found) > 300
    assert [poem.popularity for poem in found] == sorted((poem.popularity for poem in found), reverse=True)
    assert {"唐诗三百首"} <= {name for poem in found[:200] for name in poem.anthologies}


def test_a_place_outside_is_an_error() -> None:
    for place in (-1, len(CORPUS)):
        with pytest.raises(IndexError):
            CORPUS[place]


def test_arrays_say_what_the_poems_say() -> None:
    clauses = CORPUS.clauses
    assert len(clauses.starts) == len(clauses.poems) + 1
    for row in range(0, len(clauses.poems), 9973):
        codes = clauses.codes[clauses.starts[row] : clauses.starts[row + 1]]
        poem = CORPUS[int(clauses.poems[row])]
        first = int(CORPUS.columns.poem_starts[poem.id])
        assert "".join(clauses.alphabet[code] for code in codes) == poem.clauses[row - first]


@pytest.mark.parametrize(
    ("name", "known"),
    [("唐朝", "唐"), ("南宋", "宋"), ("宋", "宋"), ("东汉", "汉"), ("三国", "汉"), ("五代", "五代"), ("清代", "清")],
)
def test_dynasties_have_other_names(name: str, known: str) -> None:
    assert dynasty_named(name) == known
