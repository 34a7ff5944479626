"""The manager on a language model: preferences, what the request tells, the poem, goals; rules where it fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from humankind.spine.errors import DataError
from humankind.systems.naming import calendars, prompts
from humankind.systems.naming.agents import Brief, Goal, Unanswered
from humankind.systems.naming.asking import Asker
from humankind.systems.naming.births import Birth
from humankind.systems.naming.contradictions import diagnosed
from humankind.systems.naming.informing import CHILD, demands, information, wanted
from humankind.systems.naming.model_retrieval import Desk, choose, told
from humankind.systems.naming.poems import han
from humankind.systems.naming.preferences import predict_preferences
from humankind.systems.naming.replies import Extraction, Goals, Preferences
from humankind.systems.naming.request import NameRequest, Note
from humankind.systems.naming.surnames import is_surname

_LONGEST_WISH = 8


class ModelManager:
    """Prepares a brief by asking a language model; a `Manager`.

    What the rules read in a request stands; the model fills what they left open. Where it gives no usable reply, the
    rules do its work, and the notes of the brief say so.

    Args:
        asker: the model.
        desk: what it works with.
    """

    def __init__(self, asker: Asker, desk: Desk) -> None:
        self.asker, self.desk = asker, desk

    def prepare(self, request: NameRequest) -> Brief:
        """Return goals with weights, what is known of the child, and the chosen poem."""
        notes: list[str] = []
        request = self._read(request, notes)
        preferences = self._preferences(request, notes)
        known = information(request, self.desk.scheme, self.desk.almanac)
        chosen = choose(request, known, self.asker, self.desk)
        poem = told(chosen.poem) if chosen.poem else "（没有选诗，可取自己熟知的诗句）"
        goals = self._goals(request, known, poem, preferences, notes)
        weights = boosted(preferences, self.desk.boost)
        made = tuple(
            Goal(number, preferences[number], weights[number], goals.goals[number], goals.requirements[number])
            for number in range(len(preferences))
        )
        return Brief(request, made, chosen.poem, chosen.others, known, (*notes, *chosen.notes))

    def _read(self, request: NameRequest, notes: list[str]) -> NameRequest:
        if not request.text or (request.surname and request.sex and request.birth and request.wishes):
            return request
        try:
            found = self.asker.fill("extract", self._said(prompts.EXTRACTION, request), Extraction)
        except Unanswered as error:
            notes.append(f"请求由规则读出：{error.found}")
            return request
        return merged(request, found)

    def _preferences(self, request: NameRequest, notes: list[str]) -> tuple[int, ...]:
        if request.text:
            try:
                return self.asker.fill("preferences", self._said(prompts.PREFERENCES, request), Preferences).preferences
            except Unanswered as error:
                notes.append(f"看重程度由规则判断：{error.found}")
        return predict_preferences(request)

    def _goals(
        self, request: NameRequest, known: tuple[str, ...], poem: str, preferences: tuple[int, ...], notes: list[str]
    ) -> Goals:
        told = "、".join(str(one) for one in preferences)
        prompt = prompts.GOALS.format(
            request=prompts.quoted(request.text), information="\n".join(known), poem=poem, preferences=told
        )
        try:
            return self.asker.fill("goals", [("system", prompts.SYSTEM), ("user", prompt)], Goals)
        except Unanswered as error:
            notes.append(f"目标由规则写出：{error.found}")
            return default_goals(request, self.desk)

    def _said(self, prompt: str, request: NameRequest) -> list[tuple[str, str]]:
        return [("system", prompts.SYSTEM), ("user", prompt.format(request=prompts.quoted(request.text)))]


def boosted(preferences: tuple[int, ...], boost: tuple[float, ...]) -> tuple[float, ...]:
    """Return the share of each preference times its factor; equal shares where all are 0.

    >>> boosted((2, 4, 1, 2, 1), (1, 1, 1, 1, 1)), boosted((2, 4, 1, 2, 1), (1, 1, 11, 1, 1))
    ((0.2, 0.4, 0.1, 0.2, 0.1), (0.1, 0.2, 0.55, 0.1, 0.05))
    """
    parts = [preference * factor for preference, factor in zip(preferences, boost, strict=True)]
    total = sum(parts)
    return tuple(round(part / total, 4) if total else round(1 / len(parts), 4) for part in parts)


def default_goals(request: NameRequest, desk: Desk) -> Goals:
    """Return plain goals and requirements made of what is known."""
    born = calendars.read(request.birth, desk.almanac) if request.birth else None
    parts = {
        "wishes": "、".join(request.wishes) or "美好吉祥",
        "missing": "".join(wanted(request, born)) or "不缺，不作要求",
        "child": CHILD[request.sex],
        "demands": "；".join(demands(request)) or "没有，读来顺口即可",
    }
    goals, requirements = zip(*prompts.DEFAULT_GOALS, strict=True)
    return Goals(goals=tuple(goal.format(**parts) for goal in goals), requirements=requirements)


def merged(request: NameRequest, found: Extraction) -> NameRequest:
    """Return a request with what a model read in it, where the rules read nothing; doubtful readings are left out."""
    new = dict(_new(request, found))
    if not new:
        return request
    told = {"surname": "姓氏", "sex": "性别", "birth": "出生时间", "season": "季节", "wishes": "期望"}
    kept = tuple(
        note
        for note in request.notes
        if not (note.kind in new and note.kind in ("surname", "sex")) and note.kind not in ("contradiction", "zodiac")
    )
    note = Note("assumed", f"{'、'.join(told[name] for name in new)}由语言模型读出，请核对")
    return diagnosed(replace(request, **new, notes=(*kept, note)))


def _new(request: NameRequest, found: Extraction) -> Iterator[tuple[str, object]]:
    surname = han(found.surname)
    if not request.surname and surname and surname in han(request.text) and is_surname(surname):
        yield "surname", surname
    if request.sex is None and found.sex and not _open(request):
        yield "sex", "boy" if found.sex == "男" else "girl"
    if request.birth is None and any(part is not None for part in found.birth):
        with suppress(DataError):
            yield "birth", Birth(*found.birth)
    if request.season is None and found.season and found.season in request.text:
        yield "season", found.season
    wishes = tuple(word for word in dict.fromkeys(map(han, found.wishes)) if 1 <= len(word) <= _LONGEST_WISH)
    if not request.wishes and wishes:
        yield "wishes", wishes


def _open(request: NameRequest) -> bool:
    """Return whether the request leaves the sex open on purpose: then nothing is missing."""
    return not any(note.kind == "sex" for note in request.notes)
