"""What an explanation claims, read from its words alone, and whether it is true.

This is the examiner's reader, apart from the fact gate of the loop: it does not look at the facts that an author
declares, so that nobody is right by declaring little. The eight kinds are those of the released evaluation code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from humankind.systems.naming import calendars
from humankind.systems.naming.calendars import ANIMALS, Calendar
from humankind.systems.naming.elements import SCHEMES, Scheme
from humankind.systems.naming.poems import DYNASTIES, Corpus, Poem, dynasty_named, han
from humankind.systems.naming.request import NameRequest

KINDS = ("poem", "element", "zodiac", "season", "solar_term", "festival", "pillars", "missing")
_BOOKS = """
    诗经 楚辞 唐诗 宋词 元曲 唐诗三百首 宋词三百首 千家诗 花间集 全唐诗 全宋词 全宋诗 论语 孟子 大学 中庸 周易 易经 礼记
    左传 道德经 庄子 乐府 汉乐府 古诗十九首 诗品 尚书 国风 小雅 大雅 离骚 说文解字 康熙字典 通用规范汉字表
"""
BOOKS = frozenset(_BOOKS.split())
"""Titles that are not those of one poem; 离骚 is both."""
_TERMS = """
    立春 雨水 惊蛰 春分 清明 谷雨 立夏 小满 芒种 夏至 小暑 大暑
    立秋 处暑 白露 秋分 寒露 霜降 立冬 小雪 大雪 冬至 小寒 大寒
"""
TERMS = tuple(_TERMS.split())
_TITLE = re.compile("(?P<before>[^《》，。；：“”、\\s]{0,12})《(?P<title>[^《》]{1,30})》")
_QUOTED = re.compile("[“「『]([^“”「」『』]{4,80})[”」』]")
_TELLS = re.compile("[句诗词曰云]|写道|吟道|原文|出自|取自|源于|源自|化用")
_NEAR = 14
_DYNASTY = "先秦|战国|春秋|汉|魏|晋|南北朝|南朝|北朝|隋|唐|五代|南唐|北宋|南宋|宋|金|元|明|清|近代|周"
_AUTHOR = re.compile(
    f"(?:(?P<dynasty>{_DYNASTY})(?:代|朝)?(?:诗人|词人|大诗人|文学家)?[··•・]?)?(?P<author>[\u4e00-\u9fff]{{2,4}})$"
)
_AFTER_AUTHOR = re.compile("(?:的名篇|的名作|的诗作|的诗|的词|笔下的|笔下|所作的|所作|所写的|的|之|作)$")
_ELEMENT = re.compile(
    "[“「‘]?([\u4e00-\u9fff])[”」’]?(?:字|者)?(?:的)?(?:五行|本)?(?:属性)?(?:属|为|是|归|（|\\(|：)(?:于|性)?[“]?([金木水火土])(?![\u4e00-\u9fff]{0,1}[旁部头底])"
)
_NOT_A_CHARACTER = frozenset("行性缺补者字其均同皆都也又亦并分五命需喜用主局年月日时柱支干土木水火金")
_ZODIAC = re.compile(
    f"(?:生肖|属相)(?:为|是|属|：)?[“]?([{ANIMALS}])|属([{ANIMALS}])|肖([{ANIMALS}])|([{ANIMALS}])(?:年(?:出生|生|所生|之)|宝宝)"
)
_SEASON = re.compile(
    "(?:生于|出生于|出生在|生在|降生于|时值|正值|时逢|适逢|时在|时令为|时令属|季节为|季节是|季节属|出生季节：?|值)[^。；，“《]{0,10}?([春夏秋冬])(?![分至天来]?节)"
    "|([春夏秋冬])(?:季|天|日)(?:出生|降生|所生|里?生)"
)
_TERM = re.compile(
    f"(?:节气|时值|正值|恰逢|适逢|交|当日为|当天是|逢|在)[为是在：“]*({'|'.join(TERMS)})|({'|'.join(TERMS)})(?:节气|时节|当日|当天|之日|之后|前后|后)"
)
_FESTIVAL = re.compile(
    "((?<!立)春节|元宵节|龙抬头|上巳节|端午节|七夕节?|中秋节?|重阳节?|腊八节?|小年|元旦|妇女节|植树节|劳动节|青年节|儿童节|建党节"
    "|建军节|教师节|国庆节|清明节|除夕|冬至节)(?!气)"
)
_PAIR = "[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥]"
_PILLARS = re.compile(f"{_PAIR}(?:[年月日时]?柱?[\\s、，·/]*{_PAIR})+|{_PAIR}(?=年)")
_MISSING = re.compile(
    "(?<!不)(?<!无)缺(?:少|乏|失)?(?:的?五行)?(?:为|是|：)?([金木水火土](?:[、和与及，]?[金木水火土])*)"
)
_COMPLETE = re.compile("五行(?:俱全|齐全|皆全|不缺|无缺|皆备|俱备|具足)|(?:不|无|未|没有)(?:所)?缺(?!陷|点|憾)")


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement that can be checked."""

    kind: str
    """One of `KINDS`."""
    value: str
    subject: str = ""
    """Of an element: its character. Of a poem: `author`, `dynasty`, `title` or `verse`."""
    of: str = ""
    """Of author and dynasty: the title they stand with."""
    paragraph: int = 0


def read_claims(paragraphs: Sequence[str]) -> tuple[Claim, ...]:
    """Return every checkable claim of an explanation, in the order of the paragraphs.

    >>> [claim.value for claim in read_claims(["取自唐代王维《山居秋暝》“明月松间照”，“松”属木。"])]
    ['山居秋暝', '王维', '唐', '明月松间照', '木']
    """
    return tuple(claim for number, text in enumerate(paragraphs) for claim in _in_paragraph(text, number))


def _in_paragraph(text: str, number: int) -> Iterator[Claim]:
    yield from _poem_claims(text, number)
    plain = re.sub("《[^》]*》", "", _without_verses(text))
    for match in _ELEMENT.finditer(plain):
        if match[1] not in _NOT_A_CHARACTER:
            yield Claim("element", match[2], match[1], paragraph=number)
    for kind, pattern in (("zodiac", _ZODIAC), ("season", _SEASON), ("solar_term", _TERM), ("festival", _FESTIVAL)):
        for match in pattern.finditer(plain):
            yield Claim(kind, next(part for part in match.groups() if part), paragraph=number)
    for match in _PILLARS.finditer(plain):
        yield Claim("pillars", " ".join(re.findall(_PAIR, match[0])), paragraph=number)
    for match in _MISSING.finditer(plain):
        yield Claim("missing", "".join(dict.fromkeys(re.findall("[金木水火土]", match[1]))), paragraph=number)
    if _COMPLETE.search(plain):
        yield Claim("missing", "", paragraph=number)


def _poem_claims(text: str, number: int) -> Iterator[Claim]:
    for match in _TITLE.finditer(text):
        if match["title"] in BOOKS:
            continue
        yield Claim("poem", match["title"], "title", paragraph=number)
        author = _AUTHOR.search(_AFTER_AUTHOR.sub("", match["before"]))
        if author:
            yield Claim("poem", author["author"], "author", match["title"], number)
            if author["dynasty"]:
                yield Claim("poem", author["dynasty"], "dynasty", match["title"], number)
    for match in _QUOTED.finditer(text):
        if _is_verse(text, match.start(), match.end()) and len(han(match[1])) >= 4:
            yield Claim("poem", match[1], "verse", paragraph=number)


def _is_verse(text: str, start: int, end: int) -> bool:
    """Return whether what stands in quotation marks is given out as a verse: a title or a telling word is near."""
    before, after = text[max(0, start - _NEAR) : start], text[end : end + _NEAR]
    return "》" in before or "《" in after or _TELLS.search(before[-6:]) is not None


def _without_verses(text: str) -> str:
    return _QUOTED.sub(lambda match: "" if len(han(match[1])) >= 4 else match[0], text)


@dataclass(frozen=True)
class Truth:
    """What claims are compared with."""

    request: NameRequest
    corpus: Corpus
    calendar: Calendar | None
    scheme: Scheme

    @classmethod
    def of(cls, request: NameRequest, corpus: Corpus, scheme: Scheme | None = None) -> Truth:
        """Return the truth on a request."""
        calendar = calendars.read(request.birth) if request.birth else None
        return cls(request, corpus, calendar, scheme or SCHEMES["meaning"])


def verdicts(claims: Sequence[Claim], truth: Truth) -> dict[str, bool | None]:
    """Return for each kind whether all its claims are true; None where nothing is claimed."""
    found: dict[str, bool | None] = {}
    for kind in KINDS:
        own = [claim for claim in claims if claim.kind == kind]
        found[kind] = _poems_true(own, truth) if kind == "poem" else _all_true(own, truth)
    return found


def _all_true(claims: Sequence[Claim], truth: Truth) -> bool | None:
    told = [one for one in (_TESTS[claim.kind](claim, truth) for claim in claims) if one is not None]
    return all(told) if told else None


def _poems_true(claims: Sequence[Claim], truth: Truth) -> bool | None:
    titled = {claim.paragraph for claim in claims if claim.subject == "title"}
    told = [claim for claim in claims if claim.paragraph in titled or not _of_the_request(claim.value, truth.request)]
    if not told:
        return None
    paragraphs = {claim.paragraph for claim in told}
    return all(_paragraph_true([one for one in told if one.paragraph == number], truth) for number in paragraphs)


def _of_the_request(words: str, request: NameRequest) -> bool:
    """Return whether words in quotation marks are the parents' own, such as a wish of four characters."""
    return words in request.text or words in request.wishes


def _paragraph_true(claims: Sequence[Claim], truth: Truth) -> bool:
    """Return whether every poem named in a paragraph exists as told and holds the verses that are quoted."""
    holding = [_holding(claim.value, truth.corpus) for claim in claims if claim.subject == "verse"]
    quoted = {poem.id: poem for poems in holding for poem in poems}
    titled: set[int] = set()
    for claim in claims:
        if claim.subject != "title":
            continue
        beside = {other.subject: other.value for other in claims if other.of == claim.value}
        # Poems that hold the verses first: to look a title up in the whole corpus takes longer.
        poems = _known(claim.value, beside, list(quoted.values()), truth.corpus) or _known(
            claim.value, beside, truth.corpus.find(title=claim.value), truth.corpus
        )
        if not poems and not (claim.value in truth.request.text and "dynasty" not in beside):
            return False  # a title that only repeats the request says nothing of its own
        titled |= {poem.id for poem in poems}
    return all(poems and (not titled or titled & {poem.id for poem in poems}) for poems in holding)


def _holding(verse: str, corpus: Corpus) -> list[Poem]:
    """Return the poems that hold every clause of a quotation word for word."""
    parts = [part for part in re.split("[^\u3400-\u9fff]+", verse) if part]
    found = [{poem.id: poem for poem in corpus.verbatim(part)} for part in parts]
    both = set.intersection(*(set(one) for one in found))
    return [found[0][poem] for poem in sorted(both)]


def _known(title: str, beside: Mapping[str, str], among: Sequence[Poem], corpus: Corpus) -> list[Poem]:
    """Return the poems of a title among some; an author or dynasty that stands beside it must be theirs."""
    found = [poem for poem in among if _same_title(title, poem.title)]
    told = beside.get("author")
    author = _author_in(told, corpus) if told else None
    if author is None and told and "dynasty" in beside:
        return []  # somebody is named with a dynasty whom the corpus does not know
    if author is not None:
        found = [poem for poem in found if poem.author == author]
    if "dynasty" in beside:
        named = dynasty_named(DYNASTIES.get(beside["dynasty"], beside["dynasty"]))
        found = [poem for poem in found if poem.dynasty == named]
    return found


def _author_in(words: str, corpus: Corpus) -> str | None:
    """Return the author whose name closes some words, such as 出自杜甫; None where nobody's does."""
    named = (corpus.author_named(words[-length:]) for length in (4, 3, 2) if length <= len(words))
    return next((author for author in named if author), None)


def _same_title(one: str, other: str) -> bool:
    short, long = sorted((han(one), han(other)), key=len)
    return bool(short) and (short == long or (len(short) >= 2 and short in long))


def _element(claim: Claim, truth: Truth) -> bool | None:
    known = truth.scheme.element(claim.subject)
    return None if known is None else known == claim.value


def _zodiac(claim: Claim, truth: Truth) -> bool:
    born = truth.calendar
    animals = {born.zodiac, born.zodiac_by_new_year, born.zodiac_by_spring} if born else set()
    return claim.value in animals or (not animals - {None} and claim.value == truth.request.zodiac_claimed)


def _season(claim: Claim, truth: Truth) -> bool:
    known = {truth.request.season, truth.calendar.season if truth.calendar else None}
    return claim.value in known


def _term(claim: Claim, truth: Truth) -> bool:
    born = truth.calendar
    named = truth.request.festival or ""
    return claim.value in named or (born is not None and claim.value in (born.solar_term, born.after_term))


def _festival(claim: Claim, truth: Truth) -> bool:
    days = [*(truth.calendar.festivals if truth.calendar else ()), truth.request.festival or ""]
    return any(claim.value.removesuffix("节") == day.removesuffix("节") for day in days)


def _pillars(claim: Claim, truth: Truth) -> bool:
    pillars = truth.calendar.pillars if truth.calendar else None
    if pillars is None:
        return False
    told = claim.value.split()
    return told == [pillars.year] or told == pillars.text.split() or told == pillars.text.split()[:3] != []


def _missing(claim: Claim, truth: Truth) -> bool:
    known = set(truth.calendar.missing) if truth.calendar else set()
    if not claim.value:
        return truth.calendar is not None and truth.calendar.pillars is not None and not known
    return set(claim.value) <= known | set(truth.request.elements_wished)


_TESTS = {
    "element": _element, "zodiac": _zodiac, "season": _season, "solar_term": _term, "festival": _festival,
    "pillars": _pillars, "missing": _missing,
}  # fmt: skip


def applicable(truth: Truth, given: str, weights: Sequence[float]) -> tuple[str, ...]:
    """Return the kinds of facts that an explanation of this name for this request can and should mention.

    Args:
        truth: on the request.
        given: the given name.
        weights: of the five objectives; what parents refuse, such as poems or elements, is not asked for.
    """
    born, kinds = truth.calendar, []
    if weights[0]:
        kinds.append("poem")
    if weights[2] and any(truth.scheme.element(char) for char in given):
        kinds.append("element")
    if born is not None and weights[3]:
        told = {"zodiac": born.zodiac, "season": born.season, "solar_term": born.solar_term, "festival": born.festival}
        kinds += [kind for kind, value in told.items() if value]
    if born is not None and weights[2] and born.pillars is not None and born.pillars.hour is not None:
        kinds += ["pillars", "missing"]
    return tuple(kinds)


def coverage(found: Mapping[str, bool | None], wanted: Sequence[str]) -> float | None:
    """Return the share of applicable kinds that are mentioned and right, 0 to 1; None where none is applicable."""
    return sum(found[kind] is True for kind in wanted) / len(wanted) if wanted else None


def true_together(claims: Sequence[Claim], truth: Truth) -> bool:
    """Return whether the poems, authors and verses that one paragraph names belong together."""
    return _paragraph_true([claim for claim in claims if claim.kind == "poem"], truth)
