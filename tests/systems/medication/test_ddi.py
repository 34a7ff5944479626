"""Interactions: counting against plain Python, sources and severities, lists that are wrong."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from humankind.spine.errors import DataError
from humankind.systems.medication.data import CodeSets
from humankind.systems.medication.ddi import DDIGraph, Interaction

DRUGS = [f"A{n:02d}A" for n in range(7)]
PAIRS = [(0, 1), (0, 2), (3, 6), (4, 5)]
GRAPH = DDIGraph.from_pairs(DRUGS, [Interaction(DRUGS[a], DRUGS[b], "major", "test") for a, b in PAIRS])


@given(st.lists(st.sets(st.integers(0, 6)), max_size=6))
def test_rates_equal_counting_pairs_one_by_one(sets):
    interacting = [sum(pair in PAIRS for pair in combinations(sorted(s), 2)) for s in sets]
    pairs = [len(s) * (len(s) - 1) // 2 for s in sets]
    by_visit = [i / p if p else 0 for i, p in zip(interacting, pairs)]
    held = CodeSets.from_sets(DRUGS, sets)
    for form in (sets, held, held.matrix(), csr_matrix(held.matrix().toarray() > 0)):
        assert [counted.tolist() for counted in GRAPH.counts(form)] == [interacting, pairs]
        assert GRAPH.rate(form) == pytest.approx(np.mean(by_visit) if sets else 0)
        assert GRAPH.pooled_rate(form) == pytest.approx(sum(interacting) / max(sum(pairs), 1))
    for s, n in zip(sets, interacting):
        assert len(GRAPH.pairs_in(s)) == n


def test_the_matrix_is_symmetric_zero_one_without_diagonal():
    dense = GRAPH.matrix.toarray()
    assert (dense == dense.T).all()
    assert dense.sum() == 2 * len(PAIRS)
    assert not dense.diagonal().any()


def test_pairs_keep_severity_and_source_of_their_first_mention():
    graph = DDIGraph.from_pairs(
        ["A01A", "B01A"],
        [
            Interaction("B01A", "A01A", "major", "one"),
            Interaction("A01A", "B01A", "minor", "two"),
            Interaction("A01A", "A01A", None, None),
            Interaction("A01A", "Z99Z", None, None),
            Interaction("Z99Z", "A01A", None, None),
        ],
    )
    assert graph.pairs_in(["A01A", "B01A"]) == (Interaction("A01A", "B01A", "major", "one"),)
    assert (graph.n_pairs, graph.n_outside) == (1, 1)


def test_a_list_of_pairs_may_carry_severity_and_lower_case(tmp_path):
    (tmp_path / "ddi.csv").write_text("ATC_A,atc_b,severity,source\na01aa01,B01A,major,ANSM\n")
    graph = DDIGraph.from_csv(tmp_path / "ddi.csv", ["A01A", "B01A"])
    assert graph.interaction(0) == Interaction("A01A", "B01A", "major", "ANSM")


@pytest.mark.parametrize(
    ("text", "problem"),
    [("drug,other\nA01A,B01A\n", "column"), ("atc_a,atc_b\nA01A,\n", "not an ATC code"), ("", "cannot be read")],
)
def test_a_wrong_list_is_named(tmp_path, text, problem):
    (tmp_path / "ddi.csv").write_text(text)
    with pytest.raises(DataError, match=problem):
        DDIGraph.from_csv(tmp_path / "ddi.csv", DRUGS)


def test_unknown_drugs_are_named():
    with pytest.raises(DataError, match="not in the vocabulary"):
        GRAPH.pairs_in(["Z99Z"])


@pytest.mark.data
def test_the_default_list_has_the_published_size(data_home):
    codes = (data_home / "medcodes" / "ddi_atc4_vocabulary.txt").read_text().split()
    graph = DDIGraph.default(codes)
    assert (graph.n_drugs, graph.n_pairs, graph.n_outside) == (131, 448, 0)
    assert 2 * graph.n_pairs / 131**2 == pytest.approx(0.0522, abs=1e-4)
