"""Reads the stories and questions of Hi-ToM (He et al., 2023) into events, and compares its labels with the oracle.

The text says nothing of lids, so every place lies open: coming back into a room shows where its things are. Claims
work by the prompt's stated assumptions (people may lie, their own view stays; one trusts who left the room later;
everybody knows who left when; private talk is heard by nobody else), narrowed to what the labels do with them
(`kits.belief.oracle.HITOM`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from humankind.kits.belief.events import Aside, Asking, Claim, Enter, Event, Leave, Move, Place, Story, places_of
from humankind.kits.belief.oracle import HITOM, Rules, answer
from humankind.spine.config import Section
from humankind.spine.errors import DataError
from humankind.systems.tom.readers_hitom import Item, items, pairs

_NUMBER = re.compile(r"\A\d+ ")
_AND = re.compile(r", | and ")
_PEOPLE = r"([A-Z]\w*(?:(?:, | and )[A-Z]\w*)*)"
_ONE = r"([A-Z]\w*)"
_ASIDES = re.compile(
    rf"{_ONE} (?:made no movements and stayed in the \w+ for 1 minute|(?:dis)?likes the \w+|lost his \w+|saw a \w+)\."
)
_QUESTION = re.compile(r"Where (?:is|does (.+?)(?: really)? thinks?) the (\w+) (?:is|really)\?")
OUTSIDE = "waiting_room"
"""The room in which people meet between chapters; nothing is ever there."""


def story_of(text: str, where: str = "Hi-ToM story") -> Story:
    """Return the events of a story, one for each line.

    Args:
        text: lines, with or without numbers in front.
        where: what an error calls the text.

    Raises:
        DataError: a line is not of Hi-ToM's language, or cannot happen where it stands; it is quoted.

    >>> story_of("1 Ann and Ben entered the den.\\n2 The fig is in the red_box.\\n3 Ben lost his phone.").events[1]
    Place(kind='place', thing='fig', place='red_box', room='den')
    """
    events: list[Event] = []
    scene = ""
    for number, line in enumerate(text.strip().splitlines(), start=1):
        event = _event(_NUMBER.sub("", line.strip()), scene)
        if event is None:
            raise DataError(
                "a line of the story cannot be read",
                found=repr(line),
                where=f"{where}, line {number}",
                expected="a sentence of Hi-ToM: entered, exited, moved, is in, claimed, told, or an aside",
                remedy="mend the line, or get the file again from where it is published",
            )
        if isinstance(event, Enter) and event.room != OUTSIDE:
            scene = event.room
        events.append(event)
    return Story(events=tuple(events))


def asking_of(text: str, where: str = "Hi-ToM question") -> Asking:
    """Return what a question asks.

    Raises:
        DataError: it is not of Hi-ToM's language.

    >>> asking_of("Where does Ann think Ben thinks the fig is?")
    Asking(thing='fig', chain=('Ann', 'Ben'))
    """
    match = _QUESTION.fullmatch(text.strip())
    if match is None:
        raise DataError(
            "a question cannot be read",
            found=repr(text),
            where=where,
            expected="`Where is the X really?` or `Where does A think B thinks the X is?`",
        )
    chain = re.split(r" thinks? ", match[1]) if match[1] else []
    return Asking(thing=match[2], chain=tuple(chain))


def _event(line: str, scene: str) -> Event | None:
    """Return the event of a line; None where it is none. `scene` is the room that was last entered."""
    for pattern, made in _SENTENCES:
        if match := pattern.fullmatch(line):
            return made(match, scene)
    return None


_SENTENCES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str], Event | None]], ...] = (
    (
        re.compile(rf"{_PEOPLE} entered the (\w+)\."),
        lambda m, _: Enter(agents=tuple(_AND.split(m[1])), room=m[2]),
    ),
    (re.compile(rf"{_ONE} exited the (\w+)\."), lambda m, _: Leave(agents=(m[1],))),
    (re.compile(rf"{_ONE} moved the (\w+) to the (\w+)\."), lambda m, _: Move(agent=m[1], thing=m[2], place=m[3])),
    (
        re.compile(r"The (\w+) is in the (\w+)\."),
        lambda m, scene: Place(thing=m[1], place=m[2], room=scene) if scene else None,
    ),
    (
        re.compile(rf"{_ONE} publicly claimed that (?:the )?(\w+) is in the (\w+)\."),
        lambda m, _: Claim(speaker=m[1], thing=m[2], place=m[3]),
    ),
    (
        re.compile(rf"{_ONE} privately told {_ONE} that (?:the )?(\w+) is in the (\w+)\."),
        lambda m, _: Claim(speaker=m[1], hearers=(m[2],), thing=m[3], place=m[4]),
    ),
    (_ASIDES, lambda m, _: Aside(text=m[0])),
)


class Verdict(Section):
    """The label of one row beside what follows from its story."""

    id: str
    half: str
    """`CoTP` or `VP`, the prompting type of the row."""

    communication: bool
    chapters: int
    order: int
    gold: str
    oracle: str
    """Empty where nobody in the chain can know."""

    @property
    def agrees(self) -> bool:
        return self.gold == self.oracle


class Conflict(Section):
    """A label that something speaks against."""

    id: str
    half: str
    why: str
    """`halves differ` or `never there`."""

    gold: str
    oracle: str
    other: str = ""
    """The gold of the other half, where the halves differ."""


def verdicts(path: Path, rules: Rules = HITOM) -> list[Verdict]:
    """Return label and oracle for every row of a Hi-ToM file, both halves, in its order.

    Raises:
        DataError: a row cannot be read; its line is quoted.
    """
    return [_verdict(item, rules) for item in items(path)]


def conflicts(path: Path, rules: Rules = HITOM) -> list[Conflict]:
    """Return the labels that differ between the halves, and those that name a place where the thing never was.

    The first are listed once, with the label of the chain-of-thought half as `gold`; the second for each row.
    """
    split = [
        _conflict(cot, "halves differ", rules, plain.question.answer)
        for cot, plain in pairs(path)
        if cot.question.answer != plain.question.answer
    ]
    return split + [_conflict(item, "never there", rules) for item in items(path) if _never_there(item)]


def _conflict(item: Item, why: str, rules: Rules, other: str = "") -> Conflict:
    return Conflict(
        id=item.question.id,
        half=item.half,
        why=why,
        gold=item.question.answer,
        oracle=_oracle(item, rules),
        other=other,
    )


def agreement(found: Iterable[Verdict]) -> dict[tuple[str, bool, int], tuple[int, int]]:
    """Return (labels that agree with the oracle, rows) by (half, communication, order), sorted."""
    counts: dict[tuple[str, bool, int], tuple[int, int]] = {}
    for verdict in found:
        key = (verdict.half, verdict.communication, verdict.order)
        right, rows = counts.get(key, (0, 0))
        counts[key] = (right + verdict.agrees, rows + 1)
    return dict(sorted(counts.items()))


def _verdict(item: Item, rules: Rules) -> Verdict:
    question = item.question
    return Verdict(
        id=question.id,
        half=item.half,
        communication=question.category == "communication",
        chapters=int(question.labels["chapters"]),
        order=question.order or 0,
        gold=question.answer,
        oracle=_oracle(item, rules),
    )


def _oracle(item: Item, rules: Rules) -> str:
    return answer(*read(item), rules) or ""


def read(item: Item) -> tuple[Story, Asking]:
    """Return story and question of a row as events."""
    where = f"Hi-ToM {item.half} {item.question.id}"
    return story_of(item.question.story, where), asking_of(item.question.text, where)


def _never_there(item: Item) -> bool:
    story, asking = read(item)
    return item.question.answer not in set(_real_places(story, asking.thing))


def _real_places(story: Story, thing: str) -> Iterator[str]:
    return (place for number, place in places_of(story, thing) if not isinstance(story.events[number], Claim))
