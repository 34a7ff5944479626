"""Candidates of poems: in order, allowed, complete."""

from __future__ import annotations

import pytest

from humankind.systems.naming.characters import characters
from humankind.systems.naming.elements import scheme
from humankind.systems.naming.lattice import GAP, NOTHING, Lattice, why_none
from humankind.systems.naming.poems import Corpus
from humankind.systems.naming.request import form


@pytest.fixture(scope="module")
def lattice() -> Lattice:
    return Lattice(Corpus.load(), scheme("meaning"))


def names(lattice: Lattice, found) -> set[str]:
    return {lattice.given(found, row) for row in range(len(found))}


def test_pairs_are_those_of_the_clauses_in_order(lattice: Lattice) -> None:
    request, poems = form("李"), range(40, 60)
    found = lattice.of_poems(request, poems)
    expected = set()
    for poem in poems:
        for clause in lattice.corpus[poem].clauses:
            usable = [char in lattice.code and bool(lattice.usable[lattice.code[char]]) for char in clause]
            expected |= {
                clause[one] + clause[other]
                for one in range(len(clause))
                for other in range(one + 1, min(len(clause), one + GAP + 1))
                if usable[one] and usable[other] and clause[one] != clause[other] and "李" not in clause[one::1][0]
            }
    expected = {name for name in expected if "李" not in name}
    assert names(lattice, found) == expected
    assert len(expected) > 20


def test_single_characters(lattice: Lattice) -> None:
    found = lattice.of_poems(form("李", given_length=1), range(40, 60))
    assert (found.second == NOTHING).all()
    assert all(len(name) == 1 for name in names(lattice, found))


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        ({"structure": "左右"}, lambda name: all(characters()[c].fits_structure("左右") for c in name)),
        ({"radical": "水"}, lambda name: any(characters()[c].has_radical("水") for c in name)),
        ({"without_radicals": ("木",)}, lambda name: not any(characters()[c].has_radical("木") for c in name)),
        ({"forbidden": "清月明"}, lambda name: not set(name) & set("清月明")),
        ({"required": "宁"}, lambda name: "宁" in name),
        ({"generation": ("嘉", 1)}, lambda name: name[0] == "嘉"),
        ({"generation": ("泽", 2)}, lambda name: name[1] == "泽"),
        ({"simple": True}, lambda name: all(characters()[c].strokes <= 12 for c in name)),
    ],
)
def test_demands_hold_for_every_candidate(lattice: Lattice, asked, holds) -> None:
    found = names(lattice, lattice.of_poems(form("李", **asked), range(0, 400)))
    assert found
    assert all(holds(name) for name in found)
    without = names(lattice, lattice.without_poems(form("李", **asked)))
    assert without
    assert all(holds(name) for name in without)


def test_tones(lattice: Lattice) -> None:
    from humankind.systems.naming.sounds import read_given

    found = names(lattice, lattice.of_poems(form("李", tones="平仄"), range(0, 100)))
    assert found
    assert all([one.is_level for one in read_given(name)] == [True, False] for name in found)


def test_clauses_that_hold_a_name(lattice: Lattice) -> None:
    corpus = lattice.corpus
    codes, starts = corpus.clauses.codes, corpus.clauses.starts

    def text(clause: int) -> str:
        return "".join(corpus.clauses.alphabet[code] for code in codes[starts[clause] : starts[clause + 1]])

    texts = [text(clause) for clause in lattice.clauses_with("清扬")]
    assert "清扬婉兮" in texts
    assert all("清" in text and "扬" in text[text.index("清") :] for text in texts)


def test_why_there_is_no_name(lattice: Lattice) -> None:
    assert "结构" in why_none(form("王", structure="独体", radical="水", required="江"), lattice)
