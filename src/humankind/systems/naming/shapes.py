"""Shapes of characters: how a character is put together, and whether it has a radical or a structure one asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LEFT_RIGHT, LEFT_MIDDLE_RIGHT = "左右", "左中右"
TOP_BOTTOM, TOP_MIDDLE_BOTTOM = "上下", "上中下"
HALF_ENCLOSED, ENCLOSED = "半包围", "全包围"
TRIPLE, INLAID, WHOLE = "品字", "镶嵌", "独体"
STRUCTURES = (
    LEFT_RIGHT, LEFT_MIDDLE_RIGHT, TOP_BOTTOM, TOP_MIDDLE_BOTTOM, HALF_ENCLOSED, ENCLOSED, TRIPLE, INLAID, WHOLE,
)  # fmt: skip
_WIDER = {
    "左右": {LEFT_RIGHT, LEFT_MIDDLE_RIGHT},
    "上下": {TOP_BOTTOM, TOP_MIDDLE_BOTTOM, TRIPLE},
    "包围": {HALF_ENCLOSED, ENCLOSED},
    "品": {TRIPLE},
}
"""What a name of a structure takes in besides itself."""

FORMS = {
    "水": "氵氺水", "火": "灬火", "心": "忄㣺心", "手": "扌手", "艸": "艸艹", "木": "木", "金": "釒钅金", "玉": "王玉",
    "人": "亻人", "刀": "刂刀", "言": "訁讠言", "糸": "糹纟糸", "辵": "⻌辶", "阜": "阝", "邑": "阝", "犬": "犭犬",
    "衣": "衤衣", "示": "礻示", "肉": "月肉", "竹": "⺮竹", "食": "飠饣食", "网": "罒网", "疒": "疒", "牛": "牜牛",
    "足": "⻊足", "攴": "攵攴", "老": "耂老", "卩": "㔾卩", "彐": "彑彐", "羊": "羊", "車": "車车", "貝": "貝贝",
    "門": "門门", "馬": "馬马", "鳥": "鳥鸟", "魚": "魚鱼", "頁": "頁页", "風": "風风", "見": "見见", "龍": "龍龙",
    "韋": "韋韦", "齊": "齊齐", "齒": "齒齿", "龜": "龜龟", "麥": "麥麦", "長": "長长", "鹵": "鹵卤", "黽": "黽黾",
    "飛": "飛飞",
}  # fmt: skip
"""Kangxi radical -> the forms it takes in characters, the one shown when nothing else is known last."""
_BASE = {form: base for base, forms in FORMS.items() for form in forms if form not in "阝月王"} | {
    "月": "月", "王": "玉", "艹": "艸", "辶": "辵", "草": "艸", "草字头": "艸", "三点水": "水",
    "言字旁": "言", "金字旁": "金",
    "提手旁": "手", "竖心旁": "心", "单人旁": "人", "宝盖": "宀", "宝盖头": "宀", "绞丝旁": "糸",
    "走之": "辵", "走之底": "辵",
    "四点底": "火", "竹字头": "竹", "斜玉旁": "玉", "王字旁": "玉", "双人旁": "彳", "示字旁": "示", "衣字旁": "衣",
}  # fmt: skip

_ALONE = frozenset(
    "一乙二十丁厂七卜八人入儿九几了力乃刀又三干于亏士土工才下寸丈大与万上小口山巾千川个么久丸夕及广亡门义"
    "之尸已巳弓己卫也女飞刃习叉马乡丰王开井天夫元无云专丐廿五不犬太歹尤车巨牙屯戈互瓦止少曰日中贝内水见手"
    "午牛毛气壬升夭长片斤爪父月氏丹乌为斗户心尹尺夬丑巴办予书毋玉末未击正甘世本术石戊龙平东凸业目且甲申电"
    "田由央史冉皿凹四生矢失乍禾丘白斥瓜乎用甩乐匆册鸟主立半头必永民弗出矛母耳亚臣吏再西百而页夹夷曳虫曲肉"
    "年朱臼自血囟舟兆产亥羊米州农严更束两酉来芈串我身豆里事雨果垂秉隶承重革面韭禺鬼象鼠弋子孑文方火木衣非"
    "鱼鹿龟"
)
_BESIDE = frozenset("衍衎衒衔街衙衠衡衢班斑瓣辩辨辫辬")
_STACKED = frozenset("衮衰衷袤裒哀裹褒亵襄器嚣噩嚚")
_STROKES = frozenset("丨丿丶亅乛𠃌") | {chr(code) for code in range(0x31C0, 0x31E4)}
_ENCLOSING = ("stl", "sbl", "str", "st", "sb", "sl", "sbr", "sr", "rst", "rstl")
_KINDS = {
    "ra": LEFT_RIGHT,
    "rrefl": LEFT_RIGHT,
    "rd": TOP_BOTTOM,
    "r3tr": TRIPLE,
    "s": ENCLOSED,
    "rs": ENCLOSED,
    "r4sq": TOP_BOTTOM,
}


@dataclass(frozen=True)
class Part:
    """One line of cjk-decomp."""

    kind: str
    """How the components are joined: `a` across, `d` downwards, `s...` surrounding, `w...` within, `r...` repeated."""
    parts: tuple[str, ...]
    """Characters, or numbers of parts that are no characters."""


def structure_of(character: str, parts: Mapping[str, Part]) -> str | None:
    """Return the structure of a character, one of `STRUCTURES`; None where its composition is not known."""
    if character in _ALONE:
        return WHOLE
    if character in _BESIDE:
        return LEFT_MIDDLE_RIGHT
    if character in _STACKED:
        return TOP_MIDDLE_BOTTOM
    part = parts.get(character)
    if part is None:
        return None
    kind = part.kind.partition("/")[0]
    if kind in _ENCLOSING:
        return HALF_ENCLOSED
    if kind == "a":
        return LEFT_RIGHT if len(part.parts) < 3 else LEFT_MIDDLE_RIGHT
    if kind == "d":
        return TOP_BOTTOM if len(part.parts) < 3 else TOP_MIDDLE_BOTTOM
    return _KINDS.get(kind, INLAID if kind == "w" else WHOLE)


def components_of(character: str, parts: Mapping[str, Part]) -> tuple[str, ...]:
    """Return the characters and radicals a character is put together from, in writing order.

    A part that is no character is taken apart once more; single strokes are left out, and a character that has no
    other parts is its own component.
    """
    part = parts.get(character)
    if part is None or part.kind.startswith("m"):
        return (character,)
    repeats = {"ra": 2, "rd": 2, "r3tr": 3, "r4sq": 4, "r3a": 3, "r3d": 3}.get(part.kind, 1)
    inner = [leaf for text in part.parts for leaf in ((text,) if not text.isascii() else _inside(text, parts))]
    found = tuple(leaf for leaf in inner if not leaf.isascii() and leaf not in _STROKES) * repeats
    return found or (character,)


def _inside(number: str, parts: Mapping[str, Part]) -> tuple[str, ...]:
    part = parts.get(number)
    whole = part is not None and not any(text.isascii() or text in _STROKES for text in part.parts)
    return part.parts if part is not None and whole else ()


def base_radical(radical: str) -> str:
    """Return the Kangxi radical that a form or its spoken name stands for; what is not known stays as it is.

    >>> base_radical("氵"), base_radical("三点水"), base_radical("木字旁"), base_radical("草")
    ('水', '水', '木', '艸')
    """
    text = radical.strip()
    if text not in _BASE:
        text = text.removesuffix("旁").removesuffix("底").removesuffix("头").removesuffix("部").removesuffix("字")
    return _BASE.get(text, text)


def has_radical(radical: str, components: tuple[str, ...], wanted: str) -> bool:
    """Return whether a character is filed under the wanted radical or shows it as a component.

    >>> has_radical("氵", ("氵", "青"), "水"), has_radical("心", ("彗", "心"), "竖心旁")
    (True, True)
    """
    base = base_radical(wanted)
    return any(base_radical(one) == base for one in (radical, *components))


def fits_structure(structure: str | None, wanted: str) -> bool:
    """Return whether a structure is of the wanted kind; 左右 takes in 左中右, 包围 takes in 半包围 and 全包围.

    >>> fits_structure("左中右", "左右结构"), fits_structure("全包围", "半包围"), fits_structure(None, "上下")
    (True, False, False)
    """
    kind = wanted.strip().removesuffix("结构").removesuffix("型")
    return structure in _WIDER.get(kind, {kind})
