"""Names from the rules: true, allowed, different, and led by what the parents stress."""

from __future__ import annotations

import time

import pytest

from humankind.spine.errors import DataError
from humankind.systems.naming import claims
from humankind.systems.naming.claims import Truth
from humankind.systems.naming.config import NamingConfig
from humankind.systems.naming.gold import shipped
from humankind.systems.naming.loop import Flag
from humankind.systems.naming.namer import Namer
from humankind.systems.naming.parsing import parse
from humankind.systems.naming.request import form
from humankind.systems.naming.rubric import demanded
from humankind.systems.naming.settings import LoopSettings
from humankind.systems.naming.usage import POPULAR

SOME = shipped()[::8]


@pytest.fixture(scope="module")
def namer() -> Namer:
    return Namer(NamingConfig(n_names=2))


@pytest.fixture(scope="module")
def answers(namer: Namer):
    requests = [parse(one.text) for one in SOME]
    return [namer.suggest(request) for request in requests if request.surname]


def test_every_request_is_answered_or_diagnosed(answers) -> None:
    assert len(answers) >= 14
    assert all(found.names or found.diagnosis for found in answers)
    assert sum(bool(found.names) for found in answers) >= 0.9 * len(answers)


def test_quoted_verses_stand_in_the_corpus_with_the_characters_in_order(namer: Namer, answers) -> None:
    seen = 0
    for found in answers:
        for name in found.names:
            source = name.draft.source
            if source is None:
                continue
            seen += 1
            poem = namer.workshop.corpus[source.poem]
            assert (poem.title, poem.author, poem.dynasty) == (source.title, source.author, source.dynasty)
            assert poem.clauses[source.clause] == source.verse
            held = [source.verse[place] for place in source.positions if place is not None]
            assert held == [
                char for char, place in zip(name.draft.given, source.positions, strict=True) if place is not None
            ]
            places = [place for place in source.positions if place is not None]
            assert places == sorted(places)
    assert seen >= 15


def test_explanations_claim_nothing_false_and_leave_out_nothing(namer: Namer, answers) -> None:
    scorer = namer.workshop.scorer
    for found in answers:
        for name in found.names:
            truth = Truth(
                found.request, namer.workshop.corpus, scorer.born(found.request), namer.workshop.lattice.scheme
            )
            told = claims.verdicts(claims.read_claims(name.draft.explanation), truth)
            assert False not in told.values(), (name.draft.explanation, told)
            wanted = claims.applicable(truth, name.draft.given, found.brief.weights)
            covered = claims.coverage(told, wanted)
            assert covered is None or covered >= 0.8, (name.draft.explanation, wanted)


def test_demands_are_kept(answers) -> None:
    for found in answers:
        for name in found.names:
            kept = dict(demanded(found.request, found.request.surname, name.draft.given))
            broken = [demand for demand, holds in kept.items() if not holds and demand != "sound"]
            assert not broken, (found.request.text, name.draft.name)


def test_names_are_different_and_not_the_most_common(answers) -> None:
    given = [found.names[0].draft.given for found in answers if found.names]
    assert len(set(given)) >= 0.9 * len(given)
    assert not set(given) & set(POPULAR)
    for found in answers:
        own = [name.draft.given for name in found.names]
        assert len(set(own)) == len(own)


def test_the_same_seed_gives_the_same_names_and_another_one_may_not() -> None:
    request = "姓陆，女孩，2023年10月2日下午6点出生，名字要有诗意，希望她温柔"
    names = [
        tuple(one.draft.name for one in Namer(NamingConfig(n_names=4, seed=seed, variety=0.4)).suggest(request).names)
        for seed in (1, 1, 2)
    ]
    assert names[0] == names[1] != names[2]


@pytest.mark.parametrize("objective", [1, 2])
def test_a_boosted_objective_is_served_better(objective: int) -> None:
    boost = [1.0] * 5
    boost[objective] = 8.0
    plain, boosted = Namer(NamingConfig(variety=0)), Namer(NamingConfig(variety=0, boost=tuple(boost)))
    worse = rose = 0
    for one in shipped()[:33:3]:
        request = parse(one.text)
        if not request.surname or not request.wishes:
            continue
        before, after = (who.suggest(request, n=1).names for who in (plain, boosted))
        if before and after:
            worse += after[0].objectives[objective] < before[0].objectives[objective] - 1e-9
            rose += after[0].objectives[objective] > before[0].objectives[objective] + 1e-9
    assert worse <= 1
    assert rose >= 1


def test_the_first_draft_is_mended_before_it_is_accepted(answers) -> None:
    trace = next(found.trace for found in answers if found.names)
    assert trace[0].stage == "implicit"
    assert trace[0].flag is Flag.REWRITE
    assert trace[-1].flag in (Flag.ACCEPTED, Flag.BEST_OF_HISTORY)


def test_without_the_implicit_stage_explanations_stay_short() -> None:
    request = "姓王，男孩，2024年3月5日早上8点20分出生，希望他正直、勇敢"
    whole = Namer(NamingConfig(n_names=1)).suggest(request).names[0]
    settings = LoopSettings(stages=("facts", "explicit"))
    short = Namer(NamingConfig(n_names=1, loop=settings)).suggest(request).names[0]
    assert len("".join(short.draft.explanation)) < 0.7 * len("".join(whole.draft.explanation))


def test_a_name_without_retrieval_has_no_verse() -> None:
    found = Namer(NamingConfig(n_names=1, retrieval="none")).suggest("姓王，男孩，希望他正直、勇敢")
    assert found.names[0].draft.source is None
    assert found.names[0].objectives[0] == 0


def test_the_generation_character_and_its_place(namer: Namer) -> None:
    found = namer.suggest(form("樊", sex="boy", generation=("泽", 2), wishes=("仁爱",)))
    assert {name.draft.given[1] for name in found.names} == {"泽"}


def test_what_cannot_be_is_diagnosed(namer: Namer) -> None:
    found = namer.suggest(form("王", structure="独体", radical="水", required="江", wishes=("平安",)))
    assert not found.names
    assert "结构" in found.diagnosis
    with pytest.raises(DataError, match="surname"):
        namer.suggest("给孩子起个名字")


def test_the_poem_that_is_asked_for_is_used(namer: Namer) -> None:
    found = namer.suggest("“长风破浪会有时，直挂云帆济沧海”，就喜欢这句！能不能从这里给儿子取名，姓范")
    assert {name.draft.source.title[:3] for name in found.names} == {"行路难"}


def test_explaining_a_given_name_finds_its_verse(namer: Namer) -> None:
    told = namer.explain("李", "清扬")
    assert told.draft.source is not None
    assert "清" in told.marked
    assert "【清】【扬】" in told.marked
    with pytest.raises(DataError):
        namer.explain("李", "A")


def test_checking_warns_of_a_homophone(namer: Namer) -> None:
    assert any(one.level == "serious" for one in namer.check("杨伟"))
    assert not any(one.level == "serious" for one in namer.check("林清越"))


def test_comparing_puts_the_better_first(namer: Namer) -> None:
    request = parse("姓李，女孩，希望她温柔美好")
    best = namer.compare([("李", "刚强"), ("李", "清婉")], request)
    assert best[0].draft.given == "清婉"


def test_a_suggestion_takes_less_than_two_seconds(namer: Namer) -> None:
    began = time.perf_counter()
    namer.suggest("姓高，男孩，2025年1月18日下午3点出生，希望他聪明好学", n=1)
    assert time.perf_counter() - began < 2
