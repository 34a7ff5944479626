"""Folk rules on which radicals an animal of the zodiac likes in a name; books contradict each other. Off by default."""

from __future__ import annotations

from dataclasses import dataclass

from humankind.spine.errors import DataError
from humankind.systems.naming.calendars import ANIMALS
from humankind.systems.naming.characters import Character
from humankind.systems.naming.shapes import base_radical

SAYS = "生肖喜忌出自民间说法，各书互有出入，仅供参考"

_TABLE = {
    "鼠": ("米豆禾艸宀口", "日火马"),
    "牛": ("艸禾豆氵宀车", "心月马羊"),
    "虎": ("山木王林衣月", "日火辶人"),
    "兔": ("艸木禾月口宀", "日鸟酉"),
    "龙": ("水氵王日雨辰", "犬戌艸宀"),
    "蛇": ("艸虫木宀口", "日人虎亥"),
    "马": ("艸禾木衣宀", "田火水车"),
    "羊": ("艸禾木口宀足", "心犬牛衣"),
    "猴": ("木禾口宀人", "火金豕"),
    "鸡": ("米豆虫木禾宀", "犬心月"),
    "狗": ("人宀马心月", "言木口羊"),
    "猪": ("米豆禾木宀氵", "糸石刀"),
}


@dataclass(frozen=True, slots=True)
class Liking:
    """What an animal is said to like and dislike."""

    animal: str
    liked: tuple[str, ...]
    disliked: tuple[str, ...]


def liking(animal: str) -> Liking:
    """Return what an animal is said to like and dislike; DataError for another animal.

    >>> liking("龙").liked[0]
    '水'
    """
    if animal not in _TABLE:
        raise DataError("not an animal of the zodiac", found=repr(animal), where="zodiac", expected=" ".join(ANIMALS))
    liked, disliked = _TABLE[animal]
    return Liking(animal, *(tuple(dict.fromkeys(map(base_radical, part))) for part in (liked, disliked)))


def suits(character: Character, animal: str) -> int:
    """Return 1 where the radical or a component is liked by the animal, -1 where disliked, 0 where neither or both."""
    shown = {base_radical(one) for one in (character.radical, *character.components)}
    wanted = liking(animal)
    return bool(shown & set(wanted.liked)) - bool(shown & set(wanted.disliked))
