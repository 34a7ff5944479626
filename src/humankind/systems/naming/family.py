"""What a family asks of a name: the character of the generation, characters of elders, brothers and sisters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from humankind.systems.naming.characters import characters
from humankind.systems.naming.sounds import read_given
from humankind.systems.naming.surnames import is_common_surname


def shared_characters(given: str, elders: Iterable[str]) -> Iterator[str]:
    """Yield one Chinese sentence for each character of a given name that stands in the name of an elder.

    The surname, the first character of an elder's name of two characters or more, does not count where it is alone.

    >>> list(shared_characters("建文", ["李建国"]))
    ['“建”与长辈“李建国”用字相同，宜避讳']
    """
    for elder in elders:
        for char in dict.fromkeys(given):
            if char in _own(elder):
                yield f"“{char}”与长辈“{elder}”用字相同，宜避讳"


def shared_sounds(given: str, elders: Iterable[str]) -> Iterator[str]:
    """Yield one Chinese sentence for each character that only sounds like one of an elder's, tones aside."""
    table = characters()
    texts = [(char, one.text) for char, one in zip(given, read_given(given), strict=True)]
    for elder in elders:
        own = "".join(char for char in _own(elder) if char in table)
        sounds = {one.text: char for char, one in zip(own, read_given(own), strict=True)}
        for char, text in texts:
            if text in sounds and char not in own:
                yield f"“{char}”与长辈“{elder}”的“{sounds[text]}”音近"


def _own(elder: str) -> str:
    """Return the given name of an elder; a single character, or two that no surname begins, are taken whole."""
    for length in (2, 1):
        if len(elder) > max(length, 1) and is_common_surname(elder[:length]):
            return elder[length:]
    return elder


def generation_fault(given: str, character: str, slot: int | None) -> str | None:
    """Return what is wrong with the character of the generation in a given name, None where it stands as asked.

    Args:
        given: the given name.
        character: the character of the generation.
        slot: its place in the given name, 1 or 2; None for any place.

    >>> generation_fault("文博", "文", 1), generation_fault("文博", "文", 2)
    (None, '辈分字“文”应为名的第2字')
    """
    if character not in given:
        return f"名中没有辈分字“{character}”"
    if slot is not None and given[slot - 1 : slot] != character:
        return f"辈分字“{character}”应为名的第{slot}字"
    return None


def ties(given: str, siblings: Iterable[str]) -> Iterator[str]:
    """Yield one Chinese sentence for each tie with the given name of a brother or sister: a character or a radical.

    >>> list(ties("清越", ["澄明"]))
    ['“清”与手足“澄明”的“澄”同从氵']
    """
    table = characters()
    for sibling in siblings:
        shared = [char for char in given if char in sibling]
        yield from (f"“{char}”与手足“{sibling}”同字" for char in shared)
        for char, other in zip(given, sibling):
            if char != other and char in table and other in table and table[char].radical == table[other].radical:
                yield f"“{char}”与手足“{sibling}”的“{other}”同从{table[char].radical}"
