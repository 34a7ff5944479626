"""Running ways of naming over requests: rows that survive a kill, figures, comparisons, and the judge."""

from __future__ import annotations

import json
import threading

import pytest

from humankind.spine.errors import DataError, InputError
from humankind.systems.naming.bench import Bench, Case, Given, cases, counts, judged, limited, own_cases, read_rows
from humankind.systems.naming.cbnames import KEYS
from humankind.systems.naming.comparing import best_of, gaps, summaries
from humankind.systems.naming.judging import agreement, judge, judged_rows
from humankind.systems.naming.poems import Corpus
from humankind.systems.naming.request import NameRequest
from humankind.systems.naming.rubric import Examiner
from humankind.systems.naming.vectors import Vectors

GOOD = Given(
    surname="王",
    given="松泉",
    explanation=(
        "名字出自唐·王维《山居秋暝》“明月松间照，清泉石上流”，松与泉都是诗中之物。",
        "父母希望他坚强，松树四季常青，寓意坚韧不拔。",
        "五行一项没有要求，“泉”字五行属水。",
        "松泉之名适合男孩，清朗而不失刚健。",
        "全名三字，“松”与“泉”的声调平和，读音顺口。",
    ),
)
CASES = tuple(
    Case(f"x{k}", f"姓王，男孩，希望他坚强{k}", NameRequest(surname="王", sex="boy", wishes=("坚强",)), (2, 4, 1, 2, 1))
    for k in range(6)
)


@pytest.fixture(scope="module")
def examiner():
    return Examiner(Corpus.load(), Vectors.load())


def worse(query: str) -> Given:
    return GOOD.model_copy(update={"explanation": ("名字出自唐·王维《山居秋暝》“松间泉水深”。", *GOOD.explanation[1:])})


def test_the_shipped_requests_are_cases_with_gold():
    found = own_cases()
    assert len(found) >= 100
    assert len({case.id for case in found}) == len(found)
    assert all(sum(case.preferences) > 0 for case in found)
    assert sum(bool(case.request.contradictions) for case in found) >= 1
    assert all(case.request.text == case.text for case in found)
    assert [case.id for case in limited(found, 10)] != [case.id for case in found[:10]]
    assert len(limited(found, 10)) == 10
    assert limited(found, 0) == found


def test_a_file_of_cbnames_is_a_suite(tmp_path):
    path = tmp_path / "test_up_500.json"
    record = [{"query": "姓王，男孩，希望他勇敢。", "user_preference": dict(zip(KEYS, (2, 4, 1, 2, 1), strict=True))}]
    path.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    (case,) = cases(str(path))
    assert (case.request.surname, case.request.sex, case.weights) == ("王", "boy", (0.2, 0.4, 0.1, 0.2, 0.1))


def test_a_row_by_hand(examiner):
    row = judged("full", CASES[0], GOOD, examiner)
    assert row.name == "王松泉"
    assert row.verse
    assert row.missed == ()
    # culture 3, wishes by rank, elements 3 (nothing known), person 3, demands 3 (the surname): only O2 may fall short
    assert [row.figures[f"O{k}"] for k in (1, 3, 4, 5)] == [100] * 4
    assert row.figures["emoc"] == pytest.approx(60 + 0.4 * row.figures["O2"])
    assert row.figures["acc"] == 100
    other = judged("other", CASES[0], worse(""), examiner)
    assert other.figures["O1"] == 0
    assert other.figures["acc"] == 87.5
    assert other.figures["emoc"] == pytest.approx(row.figures["emoc"] - 20)


def test_an_impossible_request_is_not_scored_where_no_name_is_given(examiner):
    case = next(case for case in own_cases() if case.request.contradictions)
    row = judged("full", case, Given(note="不能"), examiner)
    assert (row.figures, row.possible, row.failed) == ({}, False, "")
    possible = judged("full", CASES[0], Given(note="没有"), examiner)
    assert possible.figures["emoc"] == pytest.approx(0, abs=35)  # no name where one was possible counts against


def test_rows_are_kept_and_not_made_again(tmp_path, examiner):
    calls: list[str] = []

    def counted(query: str) -> Given:
        calls.append(query)
        return GOOD

    path = tmp_path / "rows.jsonl"
    first = Bench(path, examiner).run({"full": counted}, CASES[:4])
    again = Bench(path, examiner).run({"full": counted}, CASES)
    assert calls == [case.text for case in CASES]
    assert again[:4] == first
    assert Bench(path, examiner, settings="others").run({"full": counted}, CASES[:1])[0].digest != first[0].digest
    assert len(calls) == 7


def test_a_kill_in_the_middle_loses_one_row(tmp_path, examiner):
    path = tmp_path / "rows.jsonl"
    bench = Bench(path, examiner)

    def dying(query: str) -> Given:
        if query == CASES[3].text:
            raise KeyboardInterrupt
        return GOOD

    with pytest.raises(KeyboardInterrupt):
        bench.run({"full": dying}, CASES)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"strategy": "full", "ca')  # what a kill leaves
    assert len(read_rows(path)) == 3
    rows = Bench(path, examiner).run({"full": lambda query: GOOD}, CASES)
    assert len(rows) == len(read_rows(path)) == 6


def test_a_damaged_line_is_told(tmp_path, examiner):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"strategy": 1}\n', encoding="utf-8")
    with pytest.raises(DataError, match="a row is damaged"):
        Bench(path, examiner)


def test_a_failure_is_told_not_scored_and_asked_again(tmp_path, examiner):
    def away(query: str) -> Given:
        raise InputError("the model gave no reply")

    path = tmp_path / "rows.jsonl"
    rows = Bench(path, examiner).run({"full": away}, CASES[:2])
    assert [row.failed for row in rows] == ["InputError: the model gave no reply"] * 2
    assert [row.figures for row in rows] == [{}, {}]
    assert counts(rows)["failed"] == 1
    assert Bench(path, examiner).run({"full": lambda query: GOOD}, CASES[:2])[0].given == "松泉"


def test_several_at_once_give_the_same_rows(tmp_path, examiner):
    barrier = threading.Barrier(3, timeout=10)

    def together(query: str) -> Given:
        barrier.wait()  # passes only where three are under way
        return GOOD

    rows = Bench(tmp_path / "rows.jsonl", examiner).run({"full": together}, CASES, at_once=3)
    assert [row.case for row in rows] == [case.id for case in CASES]


def test_summaries_and_gaps(tmp_path, examiner):
    ways = {"full": lambda query: GOOD, "plain": worse, "same": lambda query: GOOD}
    rows = Bench(tmp_path / "rows.jsonl", examiner).run(ways, CASES)
    full, plain, _ = summaries(rows)
    assert full.figure("acc").value == 100
    assert plain.figure("acc").value == 87.5
    assert (full.requests, full.scored, full.diversity) == (6, 6, 0)  # all three ways gave the same name
    assert full.counts["distinct_given"] == pytest.approx(1 / 6, abs=1e-6)
    assert full.counts["facts_right"] == 1 > plain.counts["facts_right"]
    worse_by, nothing = gaps(rows, ("plain", "same", "absent"))
    assert worse_by.difference.value == pytest.approx(20)
    assert worse_by.positive
    assert (worse_by.wins, worse_by.losses, worse_by.ties) == (6, 0, 0)
    assert nothing.difference.value == 0
    assert not nothing.positive
    assert nothing.p_value == 1
    assert best_of(rows, ("plain", "same"), "emoc") == "same"


# -- the judge ----------------------------------------------------------------------------------------------


def scripted(*scores):
    said = [json.dumps({"scores": one}) if isinstance(one, list) else one for one in scores]
    asked = []

    def ask(messages):
        asked.append(messages)
        return said.pop(0) if len(said) > 1 else said[0]

    return ask, asked


def test_a_judge_by_hand(examiner):
    row = judged("full", CASES[0], GOOD, examiner)
    ask, asked = scripted([3, 2, 3, 1, 3], [3, 3, 3, 3, 0], [3, 3, 2, 2, 2])
    found = judge(row, CASES[0], ask)
    # 20 + 40 * 2/3 + 10 + 20/3 + 10; facts are ours: all that is claimed is true
    assert found.figures["emoc"] == pytest.approx(73.333333)
    assert found.figures["acc"] == 100
    assert found.figures["imoc"] == pytest.approx((100 + 80 + 80) / 3)
    assert found.figures["cmoc"] == pytest.approx((73.333333 + 86.666667) / 2)
    assert len(asked) == 3
    assert all("王松泉" in messages[-1][1] and CASES[0].text in messages[-1][1] for messages in asked)


@pytest.mark.parametrize("bad", ["很好", [3, 3, 3], [4, 0, 0, 0, 0], [2.5, 0, 0, 0, 0], [True, 0, 0, 0, 0]])
def test_an_unreadable_judge_leaves_the_answer_unscored(bad, examiner):
    row = judged("full", CASES[0], GOOD, examiner)
    ask, asked = scripted(bad)
    found = judge(row, CASES[0], ask)
    assert found.figures is None
    assert found.unscored.startswith("objectives: ")
    assert len(asked) == 3
    assert judged_rows([row], [found])[0].figures == {}


def test_a_judge_that_mends_its_reply_is_taken(examiner):
    row = judged("full", CASES[0], GOOD, examiner)
    ask, asked = scripted("打分如下", [3] * 5, [3] * 5, [3] * 5)
    assert judge(row, CASES[0], ask).figures["cmoc"] == pytest.approx(100)
    assert len(asked) == 4


def test_the_judges_figures_replace_those_of_the_rules(examiner):
    rows = [judged("full", case, GOOD, examiner) for case in CASES[:4]]
    told = []
    for number, (row, case) in enumerate(zip(rows, CASES, strict=False)):
        ask, _ = scripted([number % 4] * 5)
        told.append(judge(row, case, ask))
    changed = judged_rows(rows, told)
    assert [row.figures["emoc"] for row in changed] == pytest.approx([0, 100 / 3, 200 / 3, 100])
    assert changed[0].figures["coverage"] == rows[0].figures["coverage"]
    assert agreement(rows, changed, "emoc") is None  # the rules gave the same to all
    assert agreement(changed, changed, "emoc") == pytest.approx(1)


def test_no_name_is_unscored(examiner):
    row = judged("full", CASES[0], Given(), examiner)
    ask, asked = scripted([3] * 5)
    assert judge(row, CASES[0], ask).unscored == "no name"
    assert asked == []


# -- with a model ---------------------------------------------------------------------------------------------


def test_baselines_ask_the_model_that_is_named(tmp_path, monkeypatch):
    from humankind.systems.naming import suggesting
    from humankind.systems.naming.bench_config import BenchConfig
    from humankind.systems.naming.benching import run_bench

    answer = {"name": "王松泉", "explanation": list(GOOD.explanation), "keywords": ["松"], "scores": [2] * 5}
    asked = []

    def asker(model):
        def ask(messages):
            asked.append(model)
            return json.dumps(answer, ensure_ascii=False)

        return ask

    monkeypatch.setattr(suggesting, "asker", asker)
    config = BenchConfig(backend="mockllm/namer", ways="plain,discussion", judge="mockllm/judge", at_once=3)
    found = run_bench(config, CASES[:3], tmp_path)
    assert asked.count("mockllm/namer") == 3 * (1 + 7)
    assert asked.count("mockllm/judge") == 2 * 3 * 3
    assert [one.strategy for one in found.judged] == ["plain", "discussion"]
    (figure,) = [one for one in found.judged[0].figures if one.label == "emoc"]
    assert figure.value == pytest.approx(200 / 3)
    assert found.remarks[-1] == "The judge mockllm/judge left 0 of 6 answers unscored."
    again = run_bench(config, CASES[:3], tmp_path)
    assert again.judged == found.judged
    assert len(asked) == 24 + 18  # nothing is asked twice


def test_ablations_change_what_they_say():
    from humankind.systems.naming.benching import ABLATIONS, ablated, ways_of
    from humankind.systems.naming.config import NamingConfig

    config = NamingConfig()
    changed = {name: ablated(config, changes) for name, changes in ABLATIONS.items()}
    assert changed["no_retrieval"].retrieval == "none"
    assert changed["no_retrieval_evaluation"].retrieval == "first"
    assert changed["no_implicit"].loop.stages == ("facts", "explicit")
    assert changed["no_explicit"].loop.stages == ("facts", "implicit")
    assert changed["no_evaluation"].loop.stages == ()
    assert all(one != config for one in changed.values())
    assert ways_of("baselines") == (
        "full",
        *(name for name in ways_of("all") if name not in ABLATIONS and name != "full"),
    )


def test_what_ways_share_changes_no_name():
    from humankind.systems.naming import suggesting
    from humankind.systems.naming.config import NamingConfig
    from humankind.systems.naming.namer import Namer

    boosted = NamingConfig(n_names=1, boost=(1, 1, 4, 1, 1))
    texts = [case.text for case in limited(own_cases(), 3) if case.request.surname and not case.request.contradictions]
    shared = [suggesting.method(NamingConfig(n_names=1)), suggesting.method(boosted)]
    alone = [Namer(NamingConfig(n_names=1)), Namer(boosted)]
    for text in texts:
        for way, namer in zip(shared, alone, strict=True):
            first = namer.suggest(text, 1).names[0].draft
            assert (way(text).given, way(text).explanation) == (first.given, first.explanation)
