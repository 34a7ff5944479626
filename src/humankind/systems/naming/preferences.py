"""How much each of the five objectives matters to the parents, 0 to 4, told from the request by rules."""

from __future__ import annotations

import re

from humankind.systems.naming.agents import weights_of
from humankind.systems.naming.allusions import refuses_poetry
from humankind.systems.naming.demands import declines_elements
from humankind.systems.naming.parsing import cleaned
from humankind.systems.naming.request import NameRequest

CONSTANT = (2, 4, 1, 2, 1)
"""The most common vector of requests: what a guess without reading the request would be."""
_CLASSICAL = re.compile(
    "诗意|古典|古风|典故|文化|诗词|古诗|诗歌|韵味|国学|文学(?!创作)|书卷|经典|历史人物|传统文化|圣贤|先贤|(?<!知)道家|儒家|禅"
)
_VAGUE = re.compile("有寓意|好寓意|寓意好|意义")
_HOPED = re.compile("(?:希望|期望|期待|期盼|盼|愿|祝)(?:我们的)?(?:他|她|其|孩子|宝宝|女儿|儿子|小家伙)")
"""A hope for the child, in whatever words it goes on."""
_SOFT = re.compile("参考|没有也没关系|没有也行|有的话|可以考虑|随缘|尽量|顺便")
_FROM_BIRTH = re.compile(
    "(?:体现|反映|结合|契合|符合|合其|合乎|合|根据|呼应|带有|蕴含)[^。；]{0,10}(?:生肖|属相|季节|节气|时令|出生|生辰(?!八字))"
    "|(?:春天|夏天|秋天|冬天|季节)的(?:气息|感觉|意境|特点|韵味)|生肖特|如[^，。]{0,2}马|龙马"
)
_STRESSED = re.compile("必须|一定|务必|千万|绝对|不得|必定")


def predict_preferences(request: NameRequest) -> tuple[int, int, int, int, int]:
    """Return how much each objective matters: 0 ignored, 1 latent, 2 mentioned, 3 wished, 4 stressed.

    Args:
        request: as parsed; the words of `text` are looked at too.

    >>> from humankind.systems.naming.parsing import parse
    >>> predict_preferences(parse("姓王，男孩，2024年3月5日生，名字出自《诗经》，希望他正直。"))
    (4, 3, 1, 2, 1)
    """
    text = cleaned(request.text) if request.text.strip() else ""
    culture = _culture(request, text)
    demands = _demands(request, text)
    elements = _elements(request, text)
    person = _person(request, text)
    return culture, _wishes(request, text, max(culture, elements, person), demands), elements, person, demands


def weights(preferences: tuple[int, ...]) -> tuple[float, ...]:
    """Return the share of each preference in their sum, rounded to four places as the paper does."""
    return weights_of(preferences)


def _culture(request: NameRequest, text: str) -> int:
    if refuses_poetry(text):
        return 0
    if request.poem or request.book or request.author or request.verse or request.dynasty:
        return 4
    return 3 if _CLASSICAL.search(text) else 2


def _wishes(request: NameRequest, text: str, other: int, demands: int) -> int:
    """Return 4 where wishes are what the request is about, 3 where something else is too, 1 without any."""
    if not request.wishes:
        return 3 if _HOPED.search(text) else 2 if _VAGUE.search(text) else 1
    if other >= 4 or (other >= 3 and _CLASSICAL.search(text)):
        return 3
    return 3 if demands >= 4 else 4


def _elements(request: NameRequest, text: str) -> int:
    if declines_elements(text):
        return 0
    if not (request.wants_elements or request.elements_wished):
        return 1
    return 3 if _SOFT.search(text) else 4


def _person(request: NameRequest, text: str) -> int:
    if _FROM_BIRTH.search(text):
        return 4
    if request.zodiac_claimed:
        return 3
    return 2 if request.birth or request.season or request.festival else 1


def _demands(request: NameRequest, text: str) -> int:
    """Return 1 without demands on the name, 3 with one, 4 with several, or with one that is stressed."""
    count = sum(
        bool(value)
        for value in (
            request.total_length or request.given_length,
            request.structure,
            request.radical or request.without_radicals,
            request.generation,
            request.required,
            request.forbidden,
            request.tones or request.sounds,
            request.simple,
            request.unusual,
        )
    )
    if not count:
        return 1
    binding = request.generation or request.forbidden or (_STRESSED.search(text) and request.required)
    return 4 if count > 1 or binding else 3
