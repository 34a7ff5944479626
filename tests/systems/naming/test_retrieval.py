"""Retrieval: by meaning and by shared characters, filtered, each poem once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from humankind.spine.errors import ConfigError
from humankind.systems.naming.building import Draft, to_columns
from humankind.systems.naming.poems import Corpus
from humankind.systems.naming.retrieval import Retriever
from humankind.systems.naming.vectors import Vectors

CORPUS = Corpus.load()
BOTH = Retriever(CORPUS, Vectors.load())
LEXICAL = Retriever(CORPUS)
PROBE: dict[str, str] = json.loads(Path(__file__).with_name("probe.json").read_text(encoding="utf-8"))["wishes"]


def verses(retriever: Retriever, wish: str, n: int = 20) -> list[str]:
    return [found.poem.clauses[found.clause_index] for found in retriever.search(wish, n=n)]


def paraphrases(retriever: Retriever) -> float:
    """Return the share of the probe's wishes with a verse that has an expected character and none of the wish."""
    reached = [
        any(set(verse) & set(expected) and not set(verse) & set(wish) for verse in verses(retriever, wish))
        for wish, expected in PROBE.items()
    ]
    return float(np.mean(reached))


def test_meaning_reaches_verses_that_share_no_character() -> None:
    assert paraphrases(BOTH) >= 0.7
    assert paraphrases(LEXICAL) <= 0.1, "shared characters alone cannot"
    brave = [verse for verse in verses(BOTH, "勇敢坚定") if not set(verse) & set("勇敢坚定")]
    assert any(set(verse) & set("毅刚志猛贞") for verse in brave)


def test_a_verse_of_the_corpus_finds_its_poem() -> None:
    for verse in ("会当凌绝顶", "大漠孤烟直", "小桥流水人家", "海上生明月"):
        for retriever in (BOTH, LEXICAL):
            best = retriever.search(verse, n=1)[0]
            assert best.poem.clauses[best.clause_index] == verse


def test_rounds_never_show_a_poem_twice() -> None:
    shown: set[int] = set()
    for _ in range(5):
        found = BOTH.search("温柔善良", n=30, exclude=frozenset(shown))
        ids = [one.poem.id for one in found]
        assert len(set(ids)) == 30
        assert not shown & set(ids)
        shown |= set(ids)
    assert len(shown) == 150


def test_filters_hold_for_every_poem() -> None:
    found = BOTH.search("志向远大", n=40, authors={"李太白", "杜甫"}, dynasty="唐代")
    assert {one.poem.author for one in found} == {"李白", "杜甫"}
    odes = BOTH.search("温柔", n=400, collections={"诗经"})
    assert len(odes) == sum(poem.collection == "诗经" for poem in CORPUS) < 400
    school = BOTH.search("春天", n=30, collections={"千家诗"})
    assert all("千家诗" in one.poem.anthologies for one in school)
    assert {one.poem.collection for one in school} > {"千家诗"}, "its poems stand in other collections too"
    for one in BOTH.search("平安", n=40, characters=set("林森木")):
        assert set(one.poem.clauses[one.clause_index]) & set("林森木")
    assert BOTH.search("平安", authors={"无此人"}) == []
    assert BOTH.search("平安", characters=set()) == []
    assert BOTH.search("平安", collections={"没有"}) == []


def test_scores_fall_and_fit_the_clause() -> None:
    found = BOTH.search("勇敢坚定", n=50)
    scores = [one.score for one in found]
    assert scores == sorted(scores, reverse=True)
    clauses = BOTH.scores("勇敢坚定")
    for one in found[:10]:
        first = int(CORPUS.columns.poem_starts[one.poem.id])
        of_poem = clauses[first : first + len(one.poem.clauses)]
        assert one.clause_index == int(np.argmax(of_poem))


def test_gloom_is_passed_over_unless_asked_for() -> None:
    gloom = set("愁泪哭死悲病恨哀")
    assert not [verse for verse in verses(BOTH, "欢乐幸福") if set(verse) & gloom]
    assert [verse for verse in verses(BOTH, "愁") if "愁" in verse]


@settings(max_examples=15)
@given(st.text(max_size=12), st.integers(1, 9))
def test_any_text_gives_poems(wish: str, n: int) -> None:
    found = BOTH.search(wish, n=n)
    assert len({one.poem.id for one in found}) == n
    assert all(np.isfinite(one.score) for one in found)


def test_without_a_wish_the_well_known_come_first() -> None:
    assert all(one.poem.anthologies for one in BOTH.search("", n=20))


def test_at_least_one_poem_must_be_asked_for() -> None:
    with pytest.raises(ConfigError):
        BOTH.search("春", n=0)


def test_rare_words_outweigh_common_ones_and_repeats_add_nothing() -> None:
    texts = ["明月照山川", "明月照江海", "明月照鲲鹏", "月月月月月", "清风过竹林"]
    drafts = [Draft(text, "某", "唐", "全唐诗", [text], [1], True) for text in texts]
    tiny = Retriever(Corpus(to_columns(drafts)))
    assert tiny.search("鲲鹏明月", n=1)[0].poem.title == "明月照鲲鹏"
    scores = tiny.scores("明月")
    assert scores[3] < scores[0]
    assert scores[4] == 0
    assert len(tiny.search("清风", n=50)) == 5
