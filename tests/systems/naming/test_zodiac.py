"""Folk rules of the zodiac."""

import pytest

from humankind.spine.errors import DataError
from humankind.systems.naming.calendars import ANIMALS
from humankind.systems.naming.characters import characters
from humankind.systems.naming.zodiac import liking, suits


@pytest.mark.parametrize("animal", ANIMALS)
def test_every_animal_likes_and_dislikes_different_things(animal):
    one = liking(animal)
    assert one.liked
    assert one.disliked
    assert not set(one.liked) & set(one.disliked)


def test_a_character_suits_by_radical_or_component():
    table = characters()
    assert suits(table["清"], "龙") == 1
    assert suits(table["狄"], "龙") == -1
    assert suits(table["之"], "龙") == 0


def test_other_animals_are_refused():
    with pytest.raises(DataError):
        liking("熊")
