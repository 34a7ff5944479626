"""Generation characters, elders, brothers and sisters."""

import pytest

from humankind.systems.naming.family import generation_fault, shared_characters, shared_sounds, ties


def test_characters_of_elders():
    assert len(list(shared_characters("建国", ["李建国"]))) == 2
    assert list(shared_characters("李明", ["李建国"])) == []
    assert len(list(shared_characters("文", ["欧阳修文"]))) == 1
    assert list(shared_characters("思远", ["李建国", "王芳"])) == []


def test_sounds_of_elders_count_apart_from_their_characters():
    assert len(list(shared_sounds("剑锋", ["李建国"]))) == 1
    assert list(shared_sounds("建锋", ["李建国"])) == []


@pytest.mark.parametrize(
    ("given", "slot", "fine"),
    [("文博", 1, True), ("博文", 1, False), ("博文", 2, True), ("博雅", None, False), ("博文", None, True)],
)
def test_the_character_of_the_generation_stands_where_it_should(given, slot, fine):
    assert (generation_fault(given, "文", slot) is None) == fine


def test_ties_between_brothers_and_sisters():
    assert any("同字" in text for text in ties("思远", ["思齐"]))
    assert any("同从氵" in text for text in ties("清越", ["澄明"]))
    assert list(ties("安", ["明"])) == []
