"""Reading out of a request what the name itself must be: length, shape, characters, sounds, elements, zodiac."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from humankind.systems.naming.calendars import ANIMALS
from humankind.systems.naming.request import Generation
from humankind.systems.naming.shapes import base_radical
from humankind.systems.naming.surnames import is_common_surname

_CUT = re.compile("[，。；;,!！?？\\n]")
_NO = re.compile("不要|不能|不可|不用|不带|不含|不想|不得|不出现|不再|也不|避|别|忌|勿|切莫|不许|不准|去掉")
_COUNTS = {
    "一": 1,
    "1": 1,
    "单": 1,
    "两": 2,
    "二": 2,
    "双": 2,
    "2": 2,
    "三": 3,
    "3": 3,
    "四": 4,
    "4": 4,
    "五": 5,
    "5": 5,
}
_COUNT = "[" + "".join(_COUNTS) + "]"
_WHOLE = (
    rf"(?:全名|姓名|总共|一共|连名带姓|连姓|加姓|带姓)[^，。；]{{0,5}}?({_COUNT})个?字",
    rf"({_COUNT})个?字(?:的)?(?:全名|姓名)",
    r"([三四345])个?字(?:的)?(?:名字|名)",
)
_GIVEN = (
    rf"(?<!全)(?:名字|名)(?:要|只要|是|用|取|为|里|要求)*({_COUNT})个?字(?!的?辈)",
    rf"({_COUNT})个?字(?:的)?(?:名字|名)(?!\w*姓)",
)
_SHAPE = re.compile("(左中右|上中下|左右|上下|半包围|全包围|包围|独体|品字)[型形式]?(?:的)?(?:结构|字)")
_RADICALS = re.compile(
    '[“"「]?(三点水|草字头|王字|斜玉|竖心|单人|双人|提手|绞丝|走之|四点|宝盖|竹字|[^年月])[”"」]?(?:字)?(?:旁|底|头)'
    '|(三点水)|带[“"「]?(.)[”"」]?字?的(?:偏旁|部首)|(?:偏旁|部首)(?:是|为|带|含|要|用)?[“"「：:]?([^，。的])|([氵艹讠钅忄扌亻纟辶礻衤灬])'
)
_OF_RADICAL = re.compile("偏旁|部首|字旁|字底|字头")
_KNOWN = frozenset(
    "水火木金土日月山石田禾竹米艸玉王心手人言糸辵宀女子口目示衣雨风马鸟鱼彳力刀弓车贝门页犬羊羽走足白禾虫舟酉食阝大小走立巾土广走"
)
_CHAR = "\u3400-\u9fff"
_QUOTED = re.compile(rf"[“\"「『‘']([{_CHAR}])[”\"」』’']")
_PLAIN = re.compile(rf"(?:含有?|带|用|加|有|包含|叫)(?:一|上|入)?个?([{_CHAR}])字(?!旁|头|底|辈|的偏|母|典)")
_GENERATION = (
    rf"[“\"「]([{_CHAR}])[”\"」]\s*字?辈",
    rf"([{_CHAR}])字辈",
    rf"(?:辈分|辈份|字辈|班辈|派字|辈)(?:字)?(?:是|为|用|排到|：|:|\s)+[“\"「]?([{_CHAR}])",
)
_ELDERS = (
    "爷爷|奶奶|外公|外婆|姥姥|姥爷|祖父|祖母|曾祖父|曾祖母|太爷爷|太奶奶|太爷|外祖父|外祖母|父亲|母亲|爸爸|妈妈|公公|婆婆|伯父|叔叔"
    "|舅舅|长辈|祖上|先祖"
)
_ELDER = re.compile(
    rf"(?:{_ELDERS})(?:的)?(?:名字|姓名|名讳)?(?:叫做|名叫|叫|名为|名|是|为|：|:)?\s*"
    rf"[“\"「『]?([{_CHAR}]{{2,4}}?)[”\"」』]?(?=之?名讳|的名|[，。；、\s,]|和|$)"
)
_ELEMENT = "金木水火土"
_NEEDED = re.compile(
    rf"(?:缺少|缺|补足|补上|补|喜用神(?:为|是)?|用神(?:为|是)?|喜|宜|旺|需要?)([{_ELEMENT}](?:[和与、及跟，缺补喜]*[{_ELEMENT}])*)"
)
_SHUNNED = re.compile(
    rf"(?:忌|避开?|不宜|不要带?|别带|不能带)([{_ELEMENT}](?:[和与、及]?[{_ELEMENT}])*)(?!字旁|字底|字头|旁)"
)
_ABOUT_ELEMENTS = re.compile(rf"五行|八字|四柱|命理|喜用神|命里|(?:缺|补)[{_ELEMENT}]")
_DECLINED = re.compile(
    "(?:不信|不用|不考虑|不看|不讲究|无需|不必|不需要|不在意|不管|别管|忽略)[^，。；]{0,6}(?:八字|五行)"
    "|(?:八字|五行)[^，。；]{0,4}[，]?(?:不用|无所谓|不考虑|不重要|随意|不管|不必)"
)
_ZODIAC = re.compile(
    f"属(?:相)?(?:是|为)?([{ANIMALS}])|生肖(?:是|为|属|：|:)?([{ANIMALS}])"
    f"|([{ANIMALS}])(?:宝宝|年(?=[生出的，。 女男]))"
)
_SOUNDS = {
    "好听": "好听|悦耳|动听",
    "响亮": "响亮|铿锵|洪亮",
    "柔和": "(?:读音|声音|音|读起来|听起来)[^，。；]{0,6}柔",
    "朗朗上口": "朗朗上口|顺口|好读|好念|易读",
    "押韵": "押韵",
    "平仄": "平仄|声调",
    "叠字": "叠字|叠词|叠音",
    "谐音": "谐音",
}
_SIMPLE = re.compile(
    "笔画(?:要)?(?:少|简单|不要?太?多|别太多)|好写|易写|容易写|生僻字|生僻|常用字|简单好记|简单易(?:写|记)|易认"
)
_UNUSUAL = re.compile("重名|大众|烂大街|少见的|与众不同的名|撞名|网红名|爆款|太常见|不常见")


def read_demands(text: str, surname: str) -> dict[str, Any]:
    """Return the fields of a request on the name itself that a simplified text fills.

    >>> read_demands("名字里要有三点水的字，不要“强”字", "王")
    {'radical': '水', 'forbidden': ('强',)}
    """
    found = {
        **_lengths(text, surname), **_shape(text), **_radicals(text), **_characters(text, surname), **_elements(text),
        **_sound(text), "zodiac_claimed": _zodiac(text),
        "simple": bool(_SIMPLE.search(text)), "unusual": bool(_UNUSUAL.search(text)),
    }  # fmt: skip
    return {key: value for key, value in found.items() if value not in (None, (), False)}


def declines_elements(text: str) -> bool:
    """Return whether a text says that pillars and elements do not matter."""
    return _DECLINED.search(text) is not None


def _clauses(text: str) -> Iterator[str]:
    yield from (clause for clause in _CUT.split(text) if clause)


def _lengths(text: str, surname: str) -> dict[str, Any]:
    whole = _counted(_WHOLE, text)
    if re.search("单名|单字名|(?<!姓)单字", text):
        given: int | None = 1
    else:
        given = _counted(_GIVEN, text)
        if given is not None and given > 2:
            whole, given = whole or given, None
        if (
            given is not None
            and whole is not None
            and whole - len(surname) != given
            and "名字" not in _head(text, given)
        ):
            given = None
    return {"total_length": whole, "given_length": given}


def _head(text: str, given: int) -> str:
    """Return the words 名字N个字 where they stand in this order; a name of N characters may mean the full one."""
    found = re.search(_GIVEN[0], text)
    return found[0] if found and _COUNTS[found[1]] == given else ""


def _counted(patterns: tuple[str, ...], text: str) -> int | None:
    for pattern in patterns:
        found = re.search(pattern, text)
        if found:
            return _COUNTS[found[1]]
    return None


def _shape(text: str) -> dict[str, Any]:
    found = _SHAPE.search(text)
    return {"structure": found[1] if found else None}


def _radicals(text: str) -> dict[str, Any]:
    wanted: list[str] = []
    without: list[str] = []
    shunning = False
    for clause in _clauses(text):
        names = [next(part for part in match if part) for match in _RADICALS.findall(clause)]
        if shunning or names or "旁" in text:
            names += re.findall(rf"带([{_CHAR}])字的", clause)
        names = [name for name in dict.fromkeys(base_radical(name) for name in names) if name in _KNOWN]
        if names:
            shunning = _NO.search(clause) is not None
            (without if shunning else wanted).extend(name for name in names if name not in wanted + without)
    return {"radical": wanted[0] if wanted else None, "without_radicals": tuple(without)}


def _characters(text: str, surname: str) -> dict[str, Any]:
    generation = _generation(text, surname)
    required: list[str] = []
    forbidden: list[str] = []
    for clause in _clauses(re.sub(r"[“\"「].[”\"」]字?(?=旁|底|头|的偏|辈|字旁|字辈)", "", text)):
        plain = [] if _OF_RADICAL.search(text) and re.search("带.字的", clause) else _PLAIN.findall(clause)
        chars = list(dict.fromkeys(_QUOTED.findall(clause) + plain))
        (forbidden if _NO.search(clause) else required).extend(char for char in chars)
    elders = _elders(text)
    forbidden += [char for elder in elders for char in _own(elder)]
    if generation:
        required = [char for char in required if char != generation.char]
    return {
        "generation": generation, "required": tuple(dict.fromkeys(required)),
        "forbidden": tuple(dict.fromkeys(forbidden)), "ancestors": elders,
    }  # fmt: skip


def _generation(text: str, surname: str) -> Generation | None:
    for pattern in _GENERATION:
        found = re.search(pattern, text)
        if found and found[1] not in "分份字的是":
            return Generation(found[1], _slot(text, len(surname) or 1))
    return None


def _slot(text: str, surname: int) -> int:
    """Return the place in the given name that a request gives the generation character."""
    if re.search("(?:放|排|用|在|居)[^，。；]{0,4}(?:最后|末尾|末字|末位|后面|尾)|(?:最后|末)一个?字", text):
        return 2
    place = re.search(r"(?:放|排|用|在|居)[^，。；]{0,4}第([一二三四1234])个?字", text)
    if place:
        told = _COUNTS[place[1]]
        return max(1, min(2, told if "名字第" in text or "名的第" in text else told - surname))
    return 1


def _elders(text: str) -> tuple[str, ...]:
    if not re.search("避|讳|不能(?:一样|相同|同)|不要(?:一样|相同|同|重)|重复|冲突", text):
        return ()
    return tuple(dict.fromkeys(name for name in _ELDER.findall(text) if len(name) > 1))


def _own(elder: str) -> str:
    """Return the given name of an elder."""
    for length in (2, 1):
        if len(elder) > length and is_common_surname(elder[:length]):
            return elder[length:]
    return elder


def _elements(text: str) -> dict[str, Any]:
    if not _ABOUT_ELEMENTS.search(text) or _DECLINED.search(text):
        return {}
    wished = [char for part in _NEEDED.findall(text) for char in part if char in _ELEMENT]
    shunned = [char for part in _SHUNNED.findall(text) for char in part if char in _ELEMENT]
    return {
        "wants_elements": True, "elements_wished": tuple(dict.fromkeys(wished)),
        "elements_unwanted": tuple(dict.fromkeys(shunned)),
    }  # fmt: skip


def _zodiac(text: str) -> str | None:
    found = _ZODIAC.search(text)
    return next((part for part in found.groups() if part), None) if found else None


def _sound(text: str) -> dict[str, Any]:
    sounds = tuple(name for name, pattern in _SOUNDS.items() if re.search(pattern, text))
    return {"sounds": sounds, "tones": _tones(text)}


def _tones(text: str) -> str | None:
    placed = dict(re.findall("第([二三])个?字[^，。；]{0,5}?([平仄])", text))
    if placed:
        return "".join(placed[place] for place in "二三" if place in placed) if "二" in placed else None
    found = re.search(
        "(?:名字?|用|为|是|要)[^，。；]{0,4}?(平平|仄仄|仄平|平仄(?!协调|和谐|搭配|相))(?:的|格|$|，|。)", text
    )
    return found[1] if found else None
