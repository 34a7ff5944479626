"""Norms: overlap and doubles are refused, files are read strictly, nothing is guessed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.spine.errors import DataError
from humankind.systems.privacy.norms import Item, Norm, Party, folded, norm_of, read_norms

ITEMS = (Item(key="name", value="Ann"), Item(key="illness", value="asthma"), Item(key="city", value="Graz"))


def test_overlapping_lists_are_refused_without_naming_the_value() -> None:
    with pytest.raises(DataError, match="both lists") as caught:
        Norm(items=ITEMS, shareable=frozenset({0, 1}), sensitive=frozenset({1}))
    assert "item 1 (illness)" in str(caught.value)
    assert "asthma" not in str(caught.value)


def test_the_same_fact_in_both_lists_of_words_is_refused() -> None:
    with pytest.raises(DataError, match="both lists"):
        Norm.of_facts(["Ann has  Asthma"], ["ann has asthma"])


@pytest.mark.parametrize("places", [{3}, {-1}])
def test_a_position_beyond_the_items_is_refused(places: set[int]) -> None:
    with pytest.raises(DataError, match="not there"):
        Norm(items=ITEMS, shareable=frozenset(places))


def test_a_fact_twice_and_an_empty_fact_are_refused() -> None:
    with pytest.raises(DataError, match="twice"):
        Norm(items=(ITEMS[0], Item(key="NAME", value=" ann ")))
    with pytest.raises(DataError, match="empty"):
        Item(key="name", value="  ")


def test_none_is_not_the_empty_list() -> None:
    assert Norm(items=ITEMS).undecided == {0, 1, 2}
    assert Norm(items=ITEMS, shareable=frozenset({0}), sensitive=frozenset()).undecided == {1, 2}
    assert Norm(items=ITEMS, shareable=frozenset({0}), sensitive=frozenset({1, 2})).undecided == frozenset()


@given(n_items=st.integers(0, 6), data=st.data())
def test_the_lists_and_the_undecided_part_the_items(n_items: int, data: st.DataObject) -> None:
    items = tuple(Item(value=f"fact {number}") for number in range(n_items))
    kind = data.draw(st.lists(st.sampled_from("sxu"), min_size=n_items, max_size=n_items))
    share = frozenset(place for place, at in enumerate(kind) if at == "s")
    secret = frozenset(place for place, at in enumerate(kind) if at == "x")
    norm = Norm(items=items, shareable=share, sensitive=secret)
    assert norm.undecided | share | secret == set(range(n_items))
    assert not norm.undecided & (share | secret)


def test_a_norm_survives_its_own_json(tmp_path: Path) -> None:
    norm = Norm(
        items=ITEMS,
        shareable=frozenset({0}),
        sensitive=frozenset({1}),
        recipient=Party(name="Bo", addresses=("b@x.org",)),
    )
    path = tmp_path / "norms.json"
    path.write_text(f"[{norm.model_dump_json()}]", encoding="utf-8")
    assert read_norms(path) == [norm]
    path.write_text(norm.model_dump_json(), encoding="utf-8")
    assert read_norms(path)[0].digest == norm.digest


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "JSONDecodeError"),
        (json.dumps([{"items": [{"value": "x"}], "sharable": [0]}]), "norm 0"),
        (json.dumps([{"items": [{"value": "x"}]}, 7]), "norm 1"),
        (json.dumps({"items": [{"value": "x"}], "shareable": [0], "sensitive": [0]}), "norm 0"),
    ],
)
def test_a_damaged_file_is_named_with_its_record(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "norms.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_norms(path)
    assert str(path) in str(caught.value)
    assert told in str(caught.value)


def test_blind_keeps_all_but_the_lists() -> None:
    norm = Norm(items=ITEMS, shareable=frozenset({0}), sensitive=frozenset({1}))
    assert norm.blind() == Norm(items=ITEMS)


def test_folded_evens_unicode() -> None:
    assert folded("ＡＮＮ\u00a0 Müller") == "ann müller"


def test_norm_of_needs_an_object() -> None:
    with pytest.raises(DataError, match="wrong"):
        norm_of(None, "here")
