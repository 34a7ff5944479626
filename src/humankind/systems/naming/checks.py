"""Checking a name as parents would want it checked: every warning has a level, a kind and one Chinese sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from humankind.spine.config import Section
from humankind.systems.naming import calendars, elements, family, meanings, usage, zodiac
from humankind.systems.naming.calendars import Birth, Rules
from humankind.systems.naming.characters import Character, characters
from humankind.systems.naming.famous import KNOWN, VILLAINS
from humankind.systems.naming.homophones import homophones
from humankind.systems.naming.rhythm import rhythm
from humankind.systems.naming.sounds import read_name, readings_of_given, syllable
from humankind.systems.naming.surname_tables import READINGS
from humankind.systems.naming.surnames import checked_surname, checked_text, is_surname

Level = Literal["info", "caution", "serious"]
LEVELS: tuple[Level, ...] = ("serious", "caution", "info")
_STROKES = 15
"""More strokes in one character are hard to write for a child."""
_ROUGH = 0.6
"""Below this rhythm a name is rough to say."""
_LEANS = 0.6
_SMALL_SHARE = 2.0
"""Below so many in a million characters of names a character is one that people do not expect."""


class Options(Section):
    """What a name is checked against besides itself."""

    sex: Literal["boy", "girl"] | None = None
    """For whom the name is."""
    highest_level: Literal[1, 2, 3] = 2
    """Characters of a higher level of the national standard are answered with a warning."""
    ancestors: tuple[str, ...] = ()
    """Names of elders; their characters are not taken again."""
    ancestor_sounds: bool = False
    """Whether characters that sound like those of the elders count too."""
    generation: str | None = None
    """The character of the generation."""
    generation_slot: Literal[1, 2] | None = None
    """Its place in the given name; None leaves it open."""
    scheme: str = "meaning"
    """Name of the scheme of the five elements, or the path of a CSV file."""
    zodiac: bool = False
    """Whether the folk rules of the zodiac are looked at."""
    rules: Rules = Rules()
    """How the birth is read where almanacs differ."""


@dataclass(frozen=True, slots=True)
class Warning:
    """One thing to know about a name."""

    level: Level
    kind: str
    """length, character, rare, meaning, homophone, rhythm, reading, strokes, sex, popular, famous, family, element,
    zodiac or surname."""
    text: str
    """One Chinese sentence."""


@dataclass(frozen=True)
class _Case:
    surname: str
    given: str
    birth: Birth | None
    options: Options

    @property
    def legal(self) -> list[Character]:
        return [characters()[one] for one in self.given if one in characters()]

    @property
    def readable(self) -> bool:
        table = characters()
        return all(one in table for one in self.given) and all(one in table or one in READINGS for one in self.surname)


def check(surname: str, given: str, *, birth: Birth | None = None, options: Options | None = None) -> list[Warning]:
    """Return what is to be known about a name, the most serious first.

    Args:
        surname: Chinese characters; traditional ones are simplified.
        given: Chinese characters; traditional ones are simplified.
        birth: adds what the calendar has to say.
        options: what to check against.

    Raises:
        DataError: surname or given name is empty or not written in Chinese characters.

    >>> [(one.level, one.kind) for one in check("杨", "伟")][0]
    ('serious', 'homophone')
    """
    case = _Case(checked_surname(surname), checked_text(given, "given name"), birth, options or Options())
    found = list(dict.fromkeys(one for part in _CHECKS for one in part(case)))
    return sorted(found, key=lambda one: LEVELS.index(one.level))


def _length(case: _Case) -> Iterator[Warning]:
    total = len(case.surname) + len(case.given)
    if len(case.given) > 2:
        level: Level = "serious" if total > 6 else "caution"
        yield Warning(level, "length", f"名有{len(case.given)}字，常见为一至两字；户籍登记一般要求姓名共二至六字")


def _surname(case: _Case) -> Iterator[Warning]:
    if not is_surname(case.surname):
        double = len(case.surname) == 2 and all(map(is_surname, case.surname))
        text = f"“{case.surname}”按父母双姓理解" if double else f"“{case.surname}”不在常用姓氏之列，请核对"
        yield Warning("info" if double else "caution", "surname", text)


def _characters(case: _Case) -> Iterator[Warning]:
    for char in dict.fromkeys(case.given):
        found = characters().get(char)
        if found is None:
            extra = "，且属生僻编码，证件系统可能无法录入" if ord(char) > 0xFFFF else ""
            yield Warning("serious", "character", f"“{char}”不在《通用规范汉字表》8105字之内{extra}")
        elif found.level > case.options.highest_level:
            yield Warning("caution", "rare", f"“{char}”是规范字表第{'一二三'[found.level - 1]}级字，较为生僻")
        elif found.per_million < _SMALL_SHARE and not meanings.banned(char):
            yield Warning("info", "rare", f"“{char}”很少用于人名")


def _meanings(case: _Case) -> Iterator[Warning]:
    for char in dict.fromkeys(case.given):
        kind, second = meanings.banned(char), meanings.doubtful(char)
        if kind:
            level: Level = "serious" if kind in ("死亡", "疾病", "粗恶", "身体") else "caution"
            yield Warning(level, "meaning", f"“{char}”属{kind}类字，不宜入名")
        elif second == "死亡":
            yield Warning("info", "meaning", f"“{char}”可入名，但带有{second}一类的含义")
    if meanings.is_numeral_only(case.given):
        yield Warning("caution", "meaning", "名只由数字组成")


def _sounds(case: _Case) -> Iterator[Warning]:
    if not case.readable:
        return
    whole = read_name(case.surname, case.given)
    for one in homophones(whole, len(case.given)):
        yield Warning(one.level, "homophone", one.text)
    score, notes = rhythm(whole)
    level: Level = "caution" if score < _ROUGH else "info"
    for note in notes:
        yield Warning(level, "rhythm", note)
    for char, readings in zip(case.given, readings_of_given(case.given), strict=True):
        if len(readings) > 1:
            marked = "、".join(syllable(one).marked for one in readings)
            yield Warning("info", "reading", f"“{char}”是多音字（{marked}），可能被读错")


def _strokes(case: _Case) -> Iterator[Warning]:
    for one in dict.fromkeys(case.legal):
        if one.strokes > _STROKES:
            yield Warning("info", "strokes", f"“{one.char}”有{one.strokes}画，书写较繁")


def _sex(case: _Case) -> Iterator[Warning]:
    lean = usage.leaning(case.given)
    for_boy = case.options.sex == "boy"
    if case.options.sex and (lean < -_LEANS if for_boy else lean > _LEANS):
        yield Warning("caution", "sex", f"“{case.given}”多用于{'女' if for_boy else '男'}性")


def _known(case: _Case) -> Iterator[Warning]:
    full = case.surname + case.given
    if full in VILLAINS:
        yield Warning("serious", "famous", f"“{full}”与声名不佳的人物同名")
    elif full in KNOWN:
        yield Warning("caution", "famous", f"“{full}”与名人或作品人物同名")
    if case.given in usage.POPULAR:
        yield Warning("info", "popular", f"“{case.given}”是2021年最常见的名字之一，容易重名")


def _family(case: _Case) -> Iterator[Warning]:
    options = case.options
    yield from (Warning("serious", "family", text) for text in family.shared_characters(case.given, options.ancestors))
    if options.ancestor_sounds and case.readable:
        yield from (Warning("caution", "family", text) for text in family.shared_sounds(case.given, options.ancestors))
    if options.generation:
        text = family.generation_fault(case.given, options.generation, options.generation_slot)
        if text:
            yield Warning("serious", "family", text)


def _calendar(case: _Case) -> Iterator[Warning]:
    if case.birth is None:
        return
    calendar = calendars.read(case.birth, case.options.rules)
    yield from (Warning("info", "element", note) for note in calendar.notes)
    scheme = elements.scheme(case.options.scheme)
    borne = {scheme.element(one) for one in case.given}
    wanting = [one for one in calendar.missing if one not in borne]
    if wanting and len(wanting) == len(calendar.missing):
        yield Warning("info", "element", f"八字缺{'、'.join(wanting)}，名中未补（{scheme.says}）")
    if case.options.zodiac and calendar.zodiac:
        for one in case.legal:
            if zodiac.suits(one, calendar.zodiac) < 0:
                yield Warning("info", "zodiac", f"民间认为属{calendar.zodiac}者不宜用“{one.char}”（{zodiac.SAYS}）")


_CHECKS: tuple[Callable[[_Case], Iterator[Warning]], ...] = (
    _length, _surname, _characters, _meanings, _sounds, _strokes, _sex, _known, _family, _calendar,
)  # fmt: skip
