"""What in a request cannot hold together, told in Chinese sentences."""

from __future__ import annotations

from collections.abc import Iterator

from humankind.systems.naming import calendars
from humankind.systems.naming.characters import characters
from humankind.systems.naming.request import LONGEST, NameRequest


def diagnosed(request: NameRequest) -> NameRequest:
    """Return the request with a note for every contradiction in it.

    >>> from humankind.systems.naming.request import form
    >>> form("李", required="月", forbidden="月").contradictions
    ('“月”既要求用，又要求避开',)
    """
    for text in (*_lengths(request), *_characters(request), *_slots(request), *_elements(request)):
        request = request.noted("contradiction", text)
    for text in _zodiac(request):
        request = request.noted("zodiac", text)
    return request


def _lengths(request: NameRequest) -> Iterator[str]:
    surname = len(request.surname)
    if request.total_length is not None and surname:
        left = request.total_length - surname
        if not 1 <= left <= LONGEST:
            yield (
                f"全名要{request.total_length}个字，姓“{request.surname}”占{surname}个字，"
                f"名字应为{left}个字，而名字只能是一至两个字"
            )
        elif request.given_length is not None and request.given_length != left:
            yield (
                f"全名要{request.total_length}个字，姓“{request.surname}”占{surname}个字，"
                f"与名字要{request.given_length}个字不能同时满足"
            )
    elif request.given_length is not None and not 1 <= request.given_length <= LONGEST:
        yield f"名字要{request.given_length}个字，而名字只能是一至两个字"


def _characters(request: NameRequest) -> Iterator[str]:
    wanted = dict.fromkeys((*request.required, *((request.generation.char,) if request.generation else ())))
    table = characters()
    for char in wanted:
        if char in request.forbidden:
            yield f"“{char}”既要求用，又要求避开"
        if char not in table:
            yield f"“{char}”不在规范汉字之内，不能用于起名"
        elif any(table[char].has_radical(radical) for radical in request.without_radicals):
            yield f"要求用的“{char}”含有要求避开的偏旁"
        elif request.structure and not table[char].fits_structure(request.structure):
            yield f"要求用的“{char}”不是{request.structure}结构"
    if request.radical and request.radical in request.without_radicals:
        yield f"偏旁“{request.radical}”既要求用，又要求避开"
    for element in request.elements_wished:
        if element in request.elements_unwanted:
            yield f"五行“{element}”既要求补，又要求避开"


def _slots(request: NameRequest) -> Iterator[str]:
    wanted = set(request.required) | ({request.generation.char} if request.generation else set())
    lengths = [length for length in (request.given_length, _left(request)) if length is not None]
    longest = min(lengths, default=LONGEST)
    if 1 <= longest <= LONGEST and len(wanted) > longest:
        yield f"名字至多{longest}个字，放不下要求用的{'、'.join(sorted(wanted))}"
    elif request.generation and longest < request.generation.slot:
        yield f"名字只有{longest}个字，辈分字“{request.generation.char}”放不到第{request.generation.slot}个字"


def _left(request: NameRequest) -> int | None:
    return request.total_length - len(request.surname) if request.total_length and request.surname else None


def _elements(request: NameRequest) -> Iterator[str]:
    if request.tones:
        lengths = [length for length in (request.given_length, _left(request)) if length is not None]
        if lengths and len(request.tones) != lengths[0]:
            yield f"名字{lengths[0]}个字，与平仄“{request.tones}”的字数不同"


def _zodiac(request: NameRequest) -> Iterator[str]:
    """Yield one sentence where the animal that is claimed is not that of the birth."""
    if not request.zodiac_claimed or request.birth is None or request.birth.year is None:
        return
    true = calendars.read(request.birth).zodiac
    if true and true != request.zodiac_claimed:
        yield f"按出生日期属{true}，而要求中说属{request.zodiac_claimed}"
