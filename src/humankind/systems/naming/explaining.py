"""Explanations: one paragraph for each objective, true, in plain Chinese, worded anew for every family.

Everything a paragraph claims comes from the source of the name, the tables or the calendar, and is declared as a fact.
A first draft is short; what the evaluator finds wanting is told in full the next time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from humankind.systems.naming.agents import Brief, Fact, Source
from humankind.systems.naming.calendars import Calendar, Rules
from humankind.systems.naming.characters import characters
from humankind.systems.naming.elements import Scheme
from humankind.systems.naming.pleasing import gloss
from humankind.systems.naming.poems import Poem
from humankind.systems.naming.request import NameRequest
from humankind.systems.naming.sounds import read_name, spelled, tones_text
from humankind.systems.naming.usage import leaning

ALL = frozenset(range(5))
_ANONYMOUS = ("", "佚名", "无名氏", "不详")
_BY_TONE = {1: "阴平", 2: "阳平", 3: "上声", 4: "去声"}


@dataclass
class Paragraph:
    """Sentences of one paragraph with the facts they claim."""

    sentences: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)

    def say(self, sentence: str, *facts: Fact) -> None:
        """Add a sentence and what it claims."""
        self.sentences.append(sentence)
        self.facts += facts

    @property
    def text(self) -> str:
        """The paragraph."""
        return "".join(self.sentences)


@dataclass(frozen=True)
class Subject:
    """What is explained."""

    brief: Brief
    given: str
    source: Source | None
    poem: Poem | None
    born: Calendar | None
    served: tuple[tuple[str, str, float], ...]
    """Wish, the character that serves it best, how well (0 to 1)."""
    wanted: tuple[str, ...]
    """Elements that the name should supply."""

    @property
    def request(self) -> NameRequest:
        return self.brief.request


class Writer:
    """Writes explanations.

    Args:
        scheme: of the five elements; its sentence stands in every paragraph on them.
        almanac: its two rules are named where the calendar is told in full.
    """

    def __init__(self, scheme: Scheme, almanac: Rules) -> None:
        self.scheme, self.almanac = scheme, almanac

    def write(
        self, subject: Subject, full: Collection[int], rng: np.random.Generator
    ) -> tuple[tuple[str, ...], tuple[Fact, ...]]:
        """Return the five paragraphs and every fact they claim.

        Args:
            subject: what is explained.
            full: the objectives whose paragraphs are told in full; the others are short.
            rng: chooses between wordings.
        """
        writers: Sequence[Callable[[Subject, bool, np.random.Generator], Paragraph]] = (
            self._culture, self._wishes, self._elements, self._person, self._requirements,
        )  # fmt: skip
        found = [write(subject, number in full, rng) for number, write in enumerate(writers)]
        return tuple(one.text for one in found), tuple(dict.fromkeys(fact for one in found for fact in one.facts))

    # -- O1 -------------------------------------------------------------------------------------------------

    def _culture(self, subject: Subject, full: bool, rng: np.random.Generator) -> Paragraph:
        made, source, poem = Paragraph(), subject.source, subject.poem
        if source is None or poem is None:
            chars = "、".join(_meaning(char) for char in subject.given)
            made.say(f"“{subject.given}”不取自某一句诗文，而由字义相合而成：{chars}。")
            return made
        verse = _with_neighbour(poem, source.clause) if full else source.verse
        facts = [Fact("verse", source.verse), Fact("title", source.title, source.verse)]
        if poem.author not in _ANONYMOUS:
            facts.append(Fact("author", source.author, source.verse))
        facts.append(Fact("dynasty", source.dynasty, source.verse))
        held = [char for char, place in zip(subject.given, source.positions, strict=True) if place is not None]
        outside = [char for char in subject.given if char not in held]
        name = f"“{subject.given}”" if not outside else f"“{'”“'.join(held)}”字"
        opening = _one_of(
            rng,
            f"{name}出自{_told_of(poem)}：“{verse}”。",
            f"{name}取自{_told_of(poem)}中的“{verse}”。",
            f"{_told_of(poem)}有句：“{verse}”，{name}即从中来。",
        )
        made.say(opening, *facts)
        if full and len(held) == 2:
            made.say(
                _one_of(
                    rng,
                    f"“{held[0]}”“{held[1]}”二字依次见于同一句。",
                    f"先见“{held[0]}”，后见“{held[1]}”，次序与原句一致。",
                    "两字在句中一前一后，读名字便能想起原句。",
                )
            )
        if full and poem.anthologies:
            made.say(f"此篇收入《{poem.anthologies[0]}》，流传甚广。")
        if outside:
            made.say(f"“{'”“'.join(outside)}”{_reason_outside(subject.request, outside)}。")
        return made

    # -- O2 -------------------------------------------------------------------------------------------------

    def _wishes(self, subject: Subject, full: bool, rng: np.random.Generator) -> Paragraph:
        made = Paragraph()
        if not full:
            made.say(f"{'，'.join(_meaning(char) for char in subject.given)}，寓意美好，寄托父母的期望。")
            return made
        wishes = subject.request.wishes
        if wishes:
            made.say(f"父母{_one_of(rng, '希望孩子', '期望的是', '寄望于孩子的是')}{'、'.join(wishes)}。")
        told: list[str] = []
        for wish, char, grade in subject.served:
            if grade >= 0.5 and char not in told:
                made.say(_serving(char, wish, rng))
                told.append(char)
        for char in subject.given:
            if char not in told:
                ending = _one_of(rng, "为名字添一份美好的祝愿", "与之相互映衬", "使寓意更为完整")
                made.say(f"{_meaning(char)}，{ending}。")
        return made

    # -- O3 -------------------------------------------------------------------------------------------------

    def _elements(self, subject: Subject, full: bool, rng: np.random.Generator) -> Paragraph:
        made, born = Paragraph(), subject.born
        if full and born and born.pillars:
            pillars = born.pillars.text
            lack = f"五行缺{'、'.join(born.missing)}" if born.missing else "五行俱全"
            if born.pillars.hour is None:
                made.say(f"因时辰不详，只排得三柱：{pillars}，缺什么不作定论。", Fact("pillars", pillars))
            else:
                made.say(
                    f"生辰四柱为{pillars}，{lack}。",
                    Fact("pillars", pillars),
                    Fact("missing", "".join(born.missing)),
                )
        owned = [(char, element) for char in subject.given if (element := self.scheme.element(char))]
        facts = [Fact("element", element, char) for char, element in owned]
        said = "，".join(f"“{char}”属{element}" for char, element in owned)
        if said:
            made.say(f"{said}{self._supplies(subject, owned) if full else ''}。", *facts)
        else:
            made.say(f"“{subject.given}”在此种五行取法中没有归属，名字不以五行取胜。")
        if full or not said:
            made.say(f"{self.scheme.says}。" if not self.scheme.says.endswith("。") else self.scheme.says)
        return made

    def _supplies(self, subject: Subject, owned: Sequence[tuple[str, str]]) -> str:
        supplied = [element for _, element in owned if element in subject.wanted]
        if supplied:
            wished = "所愿补的" if subject.request.elements_wished else "命局所需的"
            return f"，正合{wished}{'、'.join(dict.fromkeys(supplied))}"
        return "" if subject.wanted else "，五行平和相生即可"

    # -- O4 -------------------------------------------------------------------------------------------------

    def _person(self, subject: Subject, full: bool, rng: np.random.Generator) -> Paragraph:
        made, request, born = Paragraph(), subject.request, subject.born
        sex = {"boy": "男孩", "girl": "女孩"}.get(request.sex or "", "孩子")
        lean = leaning(subject.given)
        manner = "气质偏于阳刚" if lean > 0.3 else "气质偏于柔美" if lean < -0.3 else "男女皆宜"
        if full and born:
            self._birth(made, born)
        elif full and request.season:
            made.say(f"孩子出生在{request.season}天。", Fact("season", request.season))
        given = subject.given
        made.say(
            _one_of(rng, f"“{given}”{manner}，给{sex}用很合适。", f"作为{sex}的名字，“{given}”{manner}。")
            if request.sex
            else f"“{given}”{manner}，可按孩子的性别斟酌。"
        )
        return made

    def _birth(self, made: Paragraph, born: Calendar) -> None:
        if born.lunar and born.zodiac:
            made.say(
                f"孩子生于农历{born.lunar.text}，生肖属{born.zodiac}。",
                Fact("lunar_date", born.lunar.text),
                Fact("zodiac", born.zodiac),
            )
        elif born.zodiac:
            made.say(f"孩子生肖属{born.zodiac}。", Fact("zodiac", born.zodiac))
        if born.season:
            made.say(f"时值{born.season}季。", Fact("season", born.season))
        if born.solar_term:
            made.say(f"当日正值{born.solar_term}节气。", Fact("solar_term", born.solar_term))
        if born.festival:
            made.say(f"恰逢{born.festival}。", Fact("festival", born.festival))

    # -- O5 -------------------------------------------------------------------------------------------------

    def _requirements(self, subject: Subject, full: bool, rng: np.random.Generator) -> Paragraph:
        made, request, given = Paragraph(), subject.request, subject.given
        surname = request.surname
        syllables = read_name(surname, given)
        made.say(f"全名“{surname}{given}”读作{spelled(surname, given)}。")
        if not full:
            return made
        made.say(
            f"声调为{'、'.join(_BY_TONE.get(one.tone, '轻声') for one in syllables)}，平仄是{tones_text(syllables)}。"
        )
        table = characters()
        strokes = "、".join(f"“{char}”{table[char].strokes}画" for char in given if char in table)
        easy = all(table[char].strokes <= 12 and table[char].level == 1 for char in given if char in table)
        made.say(
            f"{strokes}，{'常见好写' if easy else '字形端正'}。",
            *(Fact("strokes", str(table[char].strokes), char) for char in given if char in table),
        )
        kept = _kept(request, given)
        if kept:
            made.say(f"按照要求，{'，'.join(kept)}。")
        return made


def _kept(request: NameRequest, given: str) -> list[str]:
    table = characters()
    found = []
    if request.given_length or request.total_length:
        found.append(f"名字用{'单字' if len(given) == 1 else '两个字'}")
    if request.structure:
        found.append(f"用的是{request.structure}结构的字")
    if request.radical:
        held = [char for char in given if char in table and table[char].has_radical(request.radical)]
        found.append(f"“{'”“'.join(held)}”带有所要的偏旁")
    if request.generation:
        found.append(f"字辈“{request.generation.char}”在名中")
    if request.required:
        found.append(f"用了“{'”“'.join(request.required)}”字")
    if request.forbidden or request.ancestors or request.without_radicals:
        found.append("避开了不愿用的字")
    if request.tones:
        found.append("平仄合乎要求")
    return found


def _serving(char: str, wish: str, rng: np.random.Generator) -> str:
    if char in wish:
        return f"“{char}”字直接取自“{wish}”。"
    meaning = gloss(char)
    if meaning is None or meaning in wish or wish in meaning:
        return f"“{char}”正是{wish}之意。" if meaning else f"“{char}”常与{wish}之意相连。"
    return _one_of(
        rng,
        f"“{char}”意为{meaning}，与“{wish}”相通。",
        f"以“{char}”之{meaning}，寄托“{wish}”的愿望。",
        f"“{char}”有{meaning}之义，呼应“{wish}”。",
    )


def _meaning(char: str) -> str:
    meaning = gloss(char)
    return f"“{char}”意为{meaning}" if meaning else f"“{char}”字清雅"


def _told_of(poem: Poem) -> str:
    """Return dynasty, author and title as one says them, such as 唐代王维《山居秋暝》."""
    dynasty = poem.dynasty if poem.dynasty in ("先秦", "两汉", "魏晋", "南北朝", "五代") else f"{poem.dynasty}代"
    dynasty = dynasty if poem.dynasty else ""
    return f"{dynasty}《{poem.title}》" if poem.author in _ANONYMOUS else f"{dynasty}{poem.author}《{poem.title}》"


def _with_neighbour(poem: Poem, clause: int) -> str:
    """Return a clause with the one that completes its sentence."""
    closing = "。！？；"
    if poem.marks[clause] not in closing and clause + 1 < len(poem.clauses):
        return f"{poem.clauses[clause]}{poem.marks[clause]}{poem.clauses[clause + 1]}"
    if clause and poem.marks[clause - 1] not in closing:
        return f"{poem.clauses[clause - 1]}{poem.marks[clause - 1]}{poem.clauses[clause]}"
    return poem.clauses[clause]


def _reason_outside(request: NameRequest, chars: Sequence[str]) -> str:
    if request.generation and request.generation.char in chars:
        return "是家中字辈"
    if set(chars) & set(request.required):
        return "是父母指定的字"
    return "另取其义"


def _one_of(rng: np.random.Generator, *wordings: str) -> str:
    return wordings[int(rng.integers(len(wordings)))]
