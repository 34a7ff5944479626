"""The baselines: each does what its idea says, keeps the demands, and is not made weaker than it is."""

from __future__ import annotations

import json

import pytest

from humankind.systems.naming.agents import Unanswered
from humankind.systems.naming.baselines import NAMES, Baselines, Choice
from humankind.systems.naming.bench import own_cases
from humankind.systems.naming.elements import SCHEMES
from humankind.systems.naming.model_baselines import ATTEMPTS, strategies
from humankind.systems.naming.poems import Corpus
from humankind.systems.naming.request import Generation, NameRequest, form
from humankind.systems.naming.retrieval import Retriever
from humankind.systems.naming.rubric import demanded
from humankind.systems.naming.usage import fits_sex
from humankind.systems.naming.vectors import Vectors

REQUEST = form("王", sex="boy", wishes=("勇敢", "正直"))


@pytest.fixture(scope="module")
def corpus():
    return Corpus.load()


@pytest.fixture(scope="module")
def baselines(corpus):
    return Baselines(corpus, Vectors.load(), SCHEMES["meaning"])


def chosen(baselines: Baselines, name: str, request: NameRequest) -> Choice:
    choice = baselines.choose(name, request)
    assert choice is not None
    return choice


@pytest.mark.parametrize("name", NAMES)
def test_what_is_recalled_stands_in_the_corpus(name, baselines, corpus):
    choice = chosen(baselines, name, REQUEST)
    source = choice.source
    assert source is not None
    poem = corpus[source.poem]
    assert (poem.title, poem.author, poem.dynasty) == (source.title, source.author, source.dynasty)
    assert poem.clauses[source.clause] == source.verse
    assert "".join(source.verse[place] for place in source.positions if place is not None) == choice.given
    assert fits_sex(choice.given, "boy")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "fields",
    [
        {"generation": Generation("文", 1)},
        {"generation": Generation("明", 2)},
        {"required": ("月",)},
        {"radical": "水"},
        {"without_radicals": ("水",)},
        {"structure": "左右"},
        {"given_length": 1},
        {"given_length": 1, "radical": "木"},
        {"required": ("喆",)},
    ],
    ids=str,
)
def test_demands_are_kept(name, fields, baselines):
    request = form("王", sex="boy", wishes=("勇敢",), **fields)
    choice = chosen(baselines, name, request)
    assert [what for what, met in demanded(request, "王", choice.given) if not met] == []


def test_plain_takes_what_is_nearest_to_the_wishes(baselines):
    view = baselines.view(REQUEST)
    choice = chosen(baselines, "plain", REQUEST)
    best = max(view.wish[view.allowed])
    grade = {char: view.fit[code] for code, char in enumerate(view.recall.corpus.clauses.alphabet)}
    assert sum(grade[char] for char in choice.given) / 2 >= best - 0.1


def test_chain_of_thought_supplies_the_element_that_is_wished(baselines):
    scheme = SCHEMES["meaning"]
    for element in "木火水":
        choice = chosen(baselines, "chain_of_thought", form("王", wishes=("勇敢",), elements_wished=(element,)))
        assert element in {scheme.element(char) for char in choice.given}


def test_query_to_keywords_stays_in_the_first_poem_that_is_found(baselines, corpus):
    choice = chosen(baselines, "query_to_keywords", REQUEST)
    first = Retriever(corpus, Vectors.load()).search("勇敢 正直", n=1)[0].poem
    assert choice.source is not None
    assert choice.source.poem == first.id


def test_few_shot_follows_the_nearer_example(baselines, corpus):
    gentle = chosen(baselines, "few_shot", form("李", sex="girl", wishes=("温柔",)))
    assert gentle.source is not None
    poem = corpus[gentle.source.poem]
    assert poem.collection == "诗经" or "宋词三百首" in poem.anthologies


def test_no_name_where_none_is_possible(baselines):
    for name in NAMES:
        assert baselines.choose(name, form("李", total_length=4)) is None


def test_every_baseline_serves_the_shipped_requests(baselines):
    for name in ("plain", "discussion"):
        possible = [case for case in own_cases() if not case.request.contradictions][::6]
        answers = [baselines.choose(name, case.request) for case in possible]
        assert all(answer is not None and answer.given for answer in answers)
        assert len({answer.given for answer in answers if answer}) > len(answers) / 2


# -- with a model -------------------------------------------------------------------------------------------

ANSWER = {"name": "王松泉", "explanation": ["一。", "二。", "三。", "四。", "五。"]}


class Scripted:
    """A model that answers from a list, and remembers what it was asked."""

    def __init__(self, *replies: str) -> None:
        self.replies, self.asked = list(replies), []

    def __call__(self, messages) -> str:
        self.asked.append(list(messages))
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@pytest.fixture(scope="module")
def retriever(corpus):
    return Retriever(corpus, Vectors.load())


CALLS = {
    "plain": 1,
    "chain_of_thought": 1,
    "take_a_breath": 1,
    "few_shot": 1,
    "query_to_keywords": 2,
    "discussion": 7,
}


@pytest.mark.parametrize("name", NAMES)
def test_each_way_of_asking(name, retriever):
    both = json.dumps({**ANSWER, "keywords": ["松", "明月"]}, ensure_ascii=False)
    model = Scripted(f"想一想。```json\n{both}\n```")
    given = strategies(model, retriever)[name]("姓王，男孩")
    assert (given.surname, given.given, given.explanation) == ("王", "松泉", ("一。", "二。", "三。", "四。", "五。"))
    assert len(model.asked) == CALLS[name]
    assert all("姓王，男孩" in messages[-1][1] for messages in model.asked)


def test_the_ideas_are_in_the_prompts(retriever):
    both = json.dumps({**ANSWER, "keywords": ["松", "明月"]}, ensure_ascii=False)
    told = {}
    for name in NAMES:
        model = Scripted(both)
        strategies(model, retriever)[name]("姓王")
        told[name] = "\n".join(text for messages in model.asked for _, text in messages)
    assert "一步一步" in told["chain_of_thought"]
    assert "深呼吸" in told["take_a_breath"]
    assert told["few_shot"].count('"explanation"') == 3  # two examples and the form
    assert retriever.search("松 明月", n=1)[0].poem.title in told["query_to_keywords"]
    assert told["discussion"].count("你是古典文学教授") == 2
    assert "一步一步" not in told["plain"]


def test_a_broken_reply_is_asked_for_again_and_told_why(retriever):
    model = Scripted("我想想", '{"name": "王松泉", "explanation": ["一"]}', json.dumps(ANSWER))
    assert strategies(model, retriever)["plain"]("姓王").given == "松泉"
    assert [len(messages) for messages in model.asked] == [2, 4, 6]
    assert "没有JSON" in model.asked[1][-1][1]
    assert "不是五段" in model.asked[2][-1][1]


def test_a_model_that_never_fills_the_form_is_given_up(retriever):
    model = Scripted("不会。")
    with pytest.raises(Unanswered):
        strategies(model, retriever)["plain"]("姓王")
    assert len(model.asked) == ATTEMPTS


def test_braces_in_a_query_are_only_text(retriever):
    model = Scripted(json.dumps(ANSWER))
    strategies(model, retriever)["plain"]("姓王{form}{0}")
    assert "姓王{form}{0}" in model.asked[0][-1][1]
