"""What is known of a child beyond the request, as Chinese sentences for a language model; all of it computed."""

from __future__ import annotations

from collections.abc import Iterator

from humankind.systems.naming import calendars
from humankind.systems.naming.calendars import Calendar, Rules
from humankind.systems.naming.elements import Scheme
from humankind.systems.naming.request import NameRequest

CHILD = {"boy": "男孩", "girl": "女孩", None: "孩子"}
_HINTS = 30
"""Characters shown for a wanted element."""


def information(request: NameRequest, scheme: Scheme, almanac: Rules | None = None) -> tuple[str, ...]:
    """Return sentences on the child, the calendar of the birth, and what the request demands of the name.

    >>> from humankind.systems.naming.elements import SCHEMES
    >>> from humankind.systems.naming.request import form
    >>> information(form("陈", sex="girl", given_length=1), SCHEMES["meaning"])
    ('姓陈，女孩', '名字（不含姓）1个字')
    """
    born = calendars.read(request.birth, almanac) if request.birth else None
    return (*_child(request), *(_birth(born) if born else ()), *_elements(request, born, scheme), *demands(request))


def demands(request: NameRequest) -> tuple[str, ...]:
    """Return what a request demands of the name itself, one sentence a demand."""
    return tuple(_demands(request))


def wanted(request: NameRequest, born: Calendar | None) -> tuple[str, ...]:
    """Return the elements that a name should supply: those wished, else those that the birth lacks."""
    return request.elements_wished or (born.missing if born else ())


def _child(request: NameRequest) -> Iterator[str]:
    surname = f"姓{request.surname}，" if request.surname else ""
    yield f"{surname}{CHILD[request.sex]}"
    if request.wishes:
        yield f"父母的期望：{'、'.join(request.wishes)}"


def _birth(born: Calendar) -> Iterator[str]:
    if born.lunar:
        yield f"农历{born.lunar.text}"
    if born.zodiac:
        yield f"生肖属{born.zodiac}"
    if born.season:
        yield f"生于{born.season}季"
    if born.solar_term:
        yield f"当日为{born.solar_term}节气"
    if born.festivals:
        yield f"当日是{'、'.join(born.festivals)}"
    if born.pillars:
        hour = "" if born.pillars.hour else "（时辰未知，只排三柱）"
        lack = f"缺{''.join(born.missing)}" if born.missing else "五行俱全"
        yield f"四柱{born.pillars.text}{hour}，{lack}"


def _elements(request: NameRequest, born: Calendar | None, scheme: Scheme) -> Iterator[str]:
    asked = wanted(request, born)
    if asked:
        yield scheme.says
    for element in asked:
        yield f"属{element}的常用字：{''.join(scheme.characters_of(element)[:_HINTS])}等"
    if request.elements_unwanted:
        yield f"不用属{'、'.join(request.elements_unwanted)}的字"


def _demands(request: NameRequest) -> Iterator[str]:
    if request.given_length:
        yield f"名字（不含姓）{request.given_length}个字"
    if request.total_length:
        yield f"全名{request.total_length}个字"
    if request.structure:
        yield f"每个字都是{request.structure}结构"
    if request.radical:
        yield f"至少一个字有偏旁“{request.radical}”"
    if request.without_radicals:
        yield f"不用偏旁{'、'.join(request.without_radicals)}"
    if request.generation:
        yield f"辈分字“{request.generation.char}”，为名字的第{request.generation.slot}个字"
    if request.required:
        yield f"必须用{'、'.join(request.required)}"
    if request.forbidden:
        yield f"不能用{'、'.join(request.forbidden)}"
    if request.tones:
        yield f"名字的平仄为{request.tones}"
    if request.sounds:
        yield f"读音：{'、'.join(request.sounds)}"
    if request.simple:
        yield "用字笔画少、常见"
    if request.unusual:
        yield "不要常见的名字"
    for text in request.contradictions:
        yield f"要求中有矛盾：{text}"
