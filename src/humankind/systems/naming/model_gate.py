"""The fact gate for what a language model writes: its name against the request, its text against what is known.

Claims are read from the text itself, so that nothing passes by not being declared. Where a further fact checker is
given, the one of the rules, it has to agree too.
"""

from __future__ import annotations

from collections.abc import Iterator

from humankind.systems.naming import calendars
from humankind.systems.naming.agents import Brief, Change, Draft, Fact, FactChecker, FactError
from humankind.systems.naming.calendars import Calendar, Rules
from humankind.systems.naming.characters import characters
from humankind.systems.naming.checks import Options, check
from humankind.systems.naming.claims import Claim, Truth, read_claims, true_together, verdicts
from humankind.systems.naming.elements import Scheme
from humankind.systems.naming.poems import Corpus, han
from humankind.systems.naming.request import LONGEST, NameRequest
from humankind.systems.naming.rubric import demanded

_POETRY = ("verse", "title", "author", "dynasty")
_TELLS = {
    "surname": "姓须为“{request.surname}”",
    "given_length": "名字（不含姓）须为{request.given_length}个字",
    "total_length": "全名须为{request.total_length}个字",
    "structure": "名字的每个字都须是{request.structure}结构",
    "radical": "名字须有带偏旁“{request.radical}”的字",
    "without": "名字不能有带偏旁“{detail}”的字",
    "generation": "辈分字“{request.generation.char}”须在它的位置上",
    "required": "名字须有“{detail}”",
    "forbidden": "名字不能用{forbidden}中的字",
    "tones": "名字的平仄须为{request.tones}",
}
"""Demands that a name must keep; others (sound, easy and unusual characters) are graded."""


class Gate:
    """Refuses drafts with false claims or broken demands; a `FactChecker`.

    Args:
        corpus: where verses are looked up.
        scheme: of the five elements.
        almanac: how a birth is read where almanacs differ.
        further: another checker that has to agree.
    """

    def __init__(
        self, corpus: Corpus, scheme: Scheme, almanac: Rules | None = None, further: FactChecker | None = None
    ) -> None:
        self.corpus, self.scheme, self.almanac, self.further = corpus, scheme, almanac, further

    def check(self, brief: Brief, draft: Draft) -> tuple[FactError, ...]:
        """Return every broken demand and false claim of a draft."""
        faults = tuple(name_faults(brief.request, draft))
        if faults and not draft.given:
            return faults
        own = (*faults, *self.false_claims(brief.request, draft))
        if own or self.further is None:
            return own
        return self.further.check(brief, draft)

    def false_claims(self, request: NameRequest, draft: Draft) -> tuple[FactError, ...]:
        """Return the false claims of a draft: of its text, and of the poem that it names as its source."""
        born = calendars.read(request.birth, self.almanac) if request.birth else None
        truth = Truth(request, self.corpus, born, self.scheme)
        told = read_claims(draft.explanation)
        found = {error.correction: error for error in _wrong_facts(told, truth)}
        for claims in (_of_source(draft), *([c for c in told if c.paragraph == number] for number in range(5))):
            found |= {error.correction: error for error in _wrong_poem(claims, truth)}
        if not any(error.fact and error.fact.kind == "verse" for error in found.values()):
            found |= {error.correction: error for error in _not_in_verse(request, draft)}
        return tuple(found.values())


def name_faults(request: NameRequest, draft: Draft) -> Iterator[FactError]:
    """Yield what is wrong with a name before its explanation is read: form, demands, serious warnings."""
    again = Change("drop-candidate", None, draft.given)
    if not draft.given or any(char not in characters() for char in draft.given):
        yield FactError(None, f"“{draft.given}”不是由规范汉字组成的名字", again)
        return
    allowed = request.given_lengths or tuple(range(1, LONGEST + 1))
    if len(draft.given) not in allowed:
        told = "或".join(str(length) for length in sorted(allowed))
        yield FactError(None, f"名字（不含姓）须为{told}个字", Change("add-constraint", 4, f"名字{told}个字"))
        return
    for name, kept in demanded(request, draft.surname, draft.given):
        kind, _, detail = name.partition(" ")
        # Demands that contradict one another cannot all be kept; the request tells its reader which.
        if not kept and kind in _TELLS and (kind == "surname" or not request.contradictions):
            text = _TELLS[kind].format(request=request, detail=detail, forbidden="、".join(request.forbidden))
            yield FactError(None, text, Change("add-constraint", 4, text))
    if draft.surname:
        for warning in check(draft.surname, draft.given, birth=request.birth, options=Options(sex=request.sex)):
            if warning.level == "serious":
                yield FactError(None, warning.text, again)


def _wrong_facts(told: tuple[Claim, ...], truth: Truth) -> Iterator[FactError]:
    for claim in told:
        if claim.kind == "poem" or verdicts([claim], truth)[claim.kind] is not False:
            continue
        (fact,) = _facts(claim)
        yield FactError(fact, correction(fact, truth), Change("mend-explanation", _objective(claim.kind), claim.value))


def _facts(claim: Claim) -> tuple[Fact, ...]:
    return (Fact(claim.kind, claim.value, claim.subject),)  # ty: ignore[invalid-argument-type]


def _objective(kind: str) -> int:
    return 2 if kind in ("element", "pillars", "missing") else 3


def correction(fact: Fact, truth: Truth) -> str:
    """Return in one Chinese sentence what is true instead of a claim on characters or the calendar."""
    if fact.kind == "element":
        return f"“{fact.subject}”按所用的五行方案属{truth.scheme.element(fact.subject)}，不属{fact.value}"
    born = truth.calendar
    known = _known(fact.kind, born) if born else ""
    names = {
        "zodiac": "生肖", "season": "出生的季节", "solar_term": "节气", "festival": "节日", "pillars": "四柱",
        "missing": "五行所缺",
    }  # fmt: skip
    what = names.get(fact.kind, fact.kind)
    told = fact.value or "五行俱全"
    return f"{what}不是“{told}”，应为“{known}”" if known else f"{what}无从得知，不要写“{told}”"


def _known(kind: str, born: Calendar) -> str:
    if kind == "missing":
        return ("".join(born.missing) or "五行俱全") if born.pillars else ""
    if kind == "pillars":
        return born.pillars.text if born.pillars else ""
    return {
        "zodiac": born.zodiac, "season": born.season, "solar_term": born.solar_term, "festival": born.festival,
    }.get(kind) or ""  # fmt: skip


def _of_source(draft: Draft) -> list[Claim]:
    """Return what a draft tells of its source as the claims of one paragraph."""
    told = {fact.kind: fact.value for fact in reversed(draft.facts) if fact.kind in _POETRY}
    told = {kind: value for kind, value in told.items() if value}
    title = told.get("title", "")
    return [Claim("poem", value, kind, title if kind in ("author", "dynasty") else "") for kind, value in told.items()]


def _wrong_poem(claims: list[Claim], truth: Truth) -> Iterator[FactError]:
    """Yield what is false of the poems of one paragraph: verses that stand nowhere, else what does not go together."""
    poetry = [claim for claim in claims if claim.kind == "poem"]
    if not poetry or true_together(poetry, truth):
        return
    clean = True
    for claim in poetry:
        if claim.subject == "verse" and not true_together([claim], truth):
            clean = False
            fact = Fact("verse", claim.value)
            text = f"诗库里没有“{claim.value}”这一句{_nearest(claim.value, truth.corpus)}"
            yield FactError(fact, text, Change("other-poem", 0, claim.value))
    if clean:
        yield _not_together(poetry, truth)


def _nearest(verse: str, corpus: Corpus) -> str:
    found = corpus.find(verse=verse) if len(han(verse)) >= 4 else []
    if not found:
        return ""
    poem = found[0]
    near = max(poem.clauses, key=lambda clause: len(set(clause) & set(han(verse))))
    return f"；相近的原句是{poem.dynasty}·{poem.author}《{poem.title}》的“{near}”"


def _not_together(poetry: list[Claim], truth: Truth) -> FactError:
    told = {claim.subject: claim.value for claim in poetry}
    named = "、".join(f"{told[kind]}" for kind in ("dynasty", "author", "title", "verse") if kind in told)
    holding = truth.corpus.verbatim(told["verse"]) if "verse" in told else truth.corpus.find(title=told.get("title"))
    true = f"；原作是{holding[0].dynasty}·{holding[0].author}《{holding[0].title}》" if holding else ""
    kind = "title" if "title" in told else poetry[0].subject
    fact = Fact(kind, told.get("title", poetry[0].value))  # ty: ignore[invalid-argument-type]
    return FactError(fact, f"朝代、作者、篇名与诗句对不上：{named}{true}", Change("mend-explanation", 0, named))


def _not_in_verse(request: NameRequest, draft: Draft) -> Iterator[FactError]:
    """Yield an error where characters that the request leaves free do not stand in the quoted verse, in order."""
    verse = next((fact.value for fact in draft.facts if fact.kind == "verse"), "")
    fixed = {*request.required, *((request.generation.char,) if request.generation else ())}
    at, text = 0, han(verse)
    for char in (char for char in draft.given if char not in fixed):
        place = text.find(char, at)
        if verse and place < 0:
            told = f"“{draft.given}”的字没有依次出现在所引的“{verse}”里"
            yield FactError(Fact("verse", verse), told, Change("add-constraint", 0, told))
            return
        at = place + 1
