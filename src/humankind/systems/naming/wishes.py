"""Reading out of a request the words of meaning: what parents wish for the child."""

from __future__ import annotations

import re
from functools import cache

from humankind.systems.naming.wordlists import sections

_TRIGGER = (
    "希望|期望|期盼|期待|盼|愿|寓意|象征|体现|代表|反映|让他|让她|想让|想要|要有|要|喜欢|喜爱|热爱|图个|有[^，。]{1,8}的(?:感觉|意境|气息)"
    "|最好|像|成为|志在|做|取|跟|性格|性情|与"
)
_NOT = re.compile("不要|不想|别|避免|不希望|不喜欢|(?<!能)不能|不用")
_LEAD = re.compile(
    "^(?:我们|我|家人|父母)?(?:都)?(?:欲取|以喻|希望|期望|期盼|期待|盼望|盼|愿|望|寓意着?|象征着?|体现出?|代表着?|反映出?|想让|让|使|祝)?"
    "(?:孩子|宝宝|女儿|儿子|他们?|她|其|名字|这个名字|此名|一生|一辈子|将来|以后|长大后|未来)*"
    "(?:能够|能|可以|会|要|拥有|具有|富有|充满|成为一?个?|有|是|为|更|既|又|也|且|而|并且|性情|性格|为人|如|像|做)*"
)
_TRAIL = re.compile(
    "(?:的(?:名字|人|感觉|气质|品格|品质|孩子|精神|意境|心|字|寓意|生活|人生)|一点|一些|些|就好|就行|即可|的|等)+$"
)
_SPLIT = re.compile(
    "[、，。；;,!！?？\\s]|(?<=[\u4e00-\u9fff]{2})(?:而|并且|又|且|和|与|及|以及)(?=[\u4e00-\u9fff]{2})"
)
_IDIOM = re.compile("^[\u4e00-\u9fff]{4}$")
_FORMAL = re.compile(
    "[名字姓谁古典化单起取生出点时分日月年笔划全避辈旁结构读音平仄两三个怎么请帮麻诗词爷奶爸妈我们男女孩他她《》]"
)


def read_wishes(text: str) -> tuple[str, ...]:
    """Return the words of meaning in a simplified text, in their order.

    Words of a list count wherever the request does not refuse them; some of them, such as 大海, only where something is
    wished. Idioms of four characters that follow a wish count too.

    >>> read_wishes("姓王，希望他正直、勇敢，名字不要俗气。")
    ('正直', '勇敢')
    """
    text = re.sub("《[^》]*》", "", text)
    found: list[tuple[int, str]] = []
    start, wishing = 0, False
    for clause in re.split("(?<=[，。；;!！?？\\n])", text):
        wishing = re.search(_TRIGGER, clause) is not None or (wishing and not clause.startswith(("姓", "请")))
        refused = _NOT.search(clause)
        upto = refused.start() if refused else len(clause)
        found += [(start + at, word) for at, word in _listed(clause, wishing) if at < upto]
        if wishing and not refused:
            found += [(start + at, word) for at, word in _idioms(clause)]
        if re.search("[。!！\\n]$", clause):
            wishing = False
        start += len(clause)
    words = dict.fromkeys(word for _, word in sorted(found))
    return tuple(word for word in words if not any(word != other and word in other for other in words))


def _listed(clause: str, wishing: bool) -> list[tuple[int, str]]:
    """Return the listed words of a clause with their places, the longest at each place."""
    found = []
    at = 0
    while at < len(clause):
        word = next(
            (clause[at : at + n] for n in (5, 4, 3, 2, 1) if _counts(clause[at : at + n], clause, wishing)), None
        )
        if word:
            found.append((at, word))
        at += len(word) if word else 1
    return found


def _counts(word: str, clause: str, wishing: bool) -> bool:
    meanings, places = _words()
    if word in meanings:
        return True
    if word not in places or not wishing:
        return False
    if word == "希望":
        return re.search("希望(?:的|与|和|之|、)|有希望|着希望|与希望|和希望|、希望", clause) is not None
    if len(word) == 1:
        return re.search(f"(?:与|跟|和|像|如){word}(?:有关|相关|一样|般|$|[，。])", clause) is not None
    return True


@cache
def _words() -> tuple[frozenset[str], frozenset[str]]:
    lists = sections("wishes")
    return frozenset(lists["meanings"]), frozenset(lists["places"])


def _idioms(clause: str) -> list[tuple[int, str]]:
    found = []
    for part in _SPLIT.split(clause):
        word = _TRAIL.sub("", _LEAD.sub("", part or ""))
        if _IDIOM.match(word) and not _FORMAL.search(word) and not _listed(word, True):
            found.append((clause.find(word), word))
    return found
