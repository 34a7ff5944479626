"""A request for a name, as understood: what is asked, what is known of the child, what does not fit together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from humankind.spine.errors import DataError
from humankind.systems.naming.births import Birth
from humankind.systems.naming.calendars import ANIMALS, ELEMENTS
from humankind.systems.naming.characters import character, simplified
from humankind.systems.naming.shapes import STRUCTURES
from humankind.systems.naming.surnames import checked_surname

Sex = Literal["boy", "girl"]
NoteKind = Literal["surname", "sex", "date", "hour", "zodiac", "contradiction", "assumed", "ignored"]
LONGEST = 2
"""Characters of a given name, at most."""


class Generation(NamedTuple):
    """A generation character and its place in the given name."""

    char: str
    slot: int
    """1 the first character of the given name, 2 the second."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the reader of a request should know."""

    kind: NoteKind
    text: str


@dataclass(frozen=True, slots=True)
class NameRequest:
    """What parents ask for; text is simplified except `text`. Build it with `parsing.parse` or `form`."""

    text: str = ""
    """The request as it was written."""
    surname: str = ""
    """Empty where none was found."""
    sex: Sex | None = None
    birth: Birth | None = None
    wishes: tuple[str, ...] = ()
    """Words of meaning, such as 勇敢."""
    given_length: int | None = None
    total_length: int | None = None
    structure: str | None = None
    """One of `shapes.STRUCTURES`, or 包围 for any enclosure; for every character of the given name."""
    radical: str | None = None
    """At least one character of the given name has it."""
    without_radicals: tuple[str, ...] = ()
    generation: Generation | None = None
    required: tuple[str, ...] = ()
    """Characters that the given name must hold."""
    forbidden: tuple[str, ...] = ()
    """Characters that it must not hold, those of ancestors among them."""
    ancestors: tuple[str, ...] = ()
    """Names of relatives whose characters are avoided."""
    poem: str | None = None
    """Title of a poem."""
    author: str | None = None
    book: str | None = None
    """A collection: 诗经, 楚辞, 唐诗, 宋词 ..."""
    verse: str | None = None
    """A verse that the parents quote."""
    dynasty: str | None = None
    season: str | None = None
    """春 夏 秋 冬, where the request says it."""
    festival: str | None = None
    zodiac_claimed: str | None = None
    """One of 鼠牛虎兔龙蛇马羊猴鸡狗猪."""
    elements_wished: tuple[str, ...] = ()
    elements_unwanted: tuple[str, ...] = ()
    wants_elements: bool = False
    """Whether pillars or five elements are spoken of at all."""
    tones: str | None = None
    """平 level and 仄 oblique for the given name, such as 平仄; None where nothing is asked."""
    sounds: tuple[str, ...] = ()
    """Wishes about the sound: 好听, 响亮, 柔和, 朗朗上口, 押韵, 平仄, 叠字, 谐音 (no bad homophone)."""
    simple: bool = False
    """Whether characters that are easy to write and to know are asked for."""
    unusual: bool = False
    """Whether a name that few others have is asked for."""
    notes: tuple[Note, ...] = ()

    @property
    def given_lengths(self) -> tuple[int, ...]:
        """The lengths that a given name may have, the preferred first; empty where none can meet the request."""
        wanted = {1, 2}
        if self.given_length is not None:
            wanted &= {self.given_length}
        if self.total_length is not None:
            wanted &= {self.total_length - len(self.surname)}
        least = len(set(self.required) | ({self.generation.char} if self.generation else set()))
        if self.generation:
            least = max(least, self.generation.slot, 2 if not (self.given_length or self.total_length) else 1)
        return tuple(sorted((length for length in wanted if length >= least), reverse=True))

    @property
    def contradictions(self) -> tuple[str, ...]:
        """Sentences on what cannot hold together; empty where everything can."""
        return tuple(note.text for note in self.notes if note.kind == "contradiction")

    def noted(self, kind: NoteKind, text: str) -> NameRequest:
        """Return a copy with one more note."""
        return replace(self, notes=(*self.notes, Note(kind, text)))

    def record(self) -> dict[str, Any]:
        """Return everything that is set, for JSON."""
        from dataclasses import asdict

        return {key: value for key, value in asdict(self).items() if value not in (None, (), "", False)}


def form(surname: str, **asked: Any) -> NameRequest:
    """Return a checked request made of fields instead of a text.

    Args:
        surname: one character or a compound surname; traditional forms are simplified.
        **asked: any field of `NameRequest`; text fields may hold several characters where a tuple is expected.

    Raises:
        DataError: a field that does not exist or cannot be what it says.

    >>> form("陳", sex="girl", required="月").required
    ('月',)
    """
    from humankind.systems.naming.contradictions import diagnosed

    unknown = sorted(set(asked) - set(NameRequest.__slots__) | {"surname", "notes"} & set(asked))
    if unknown:
        raise DataError(
            "there is no such field",
            found=", ".join(unknown),
            where="request",
            expected=", ".join(name for name in NameRequest.__slots__ if name != "notes"),
        )
    fields = {key: value for key, value in asked.items() if value is not None}
    for key in ("required", "forbidden", "elements_wished", "elements_unwanted", "wishes", "ancestors", "sounds"):
        if key in fields:
            fields[key] = _several(key, fields[key])
    if "without_radicals" in fields:
        fields["without_radicals"] = tuple(fields["without_radicals"])
    if "generation" in fields:
        fields["generation"] = _generation(fields["generation"])
    request = NameRequest(surname=checked_surname(surname), **fields)
    _check(request)
    return diagnosed(request)


def _several(key: str, value: Any) -> tuple[str, ...]:
    """Return a tuple of single characters, or of words for the fields that hold words."""
    parts = (value,) if isinstance(value, str) else tuple(value)
    if key not in {"wishes", "ancestors", "sounds"}:
        parts = tuple(one for part in parts for one in part)
    table = simplified()
    return tuple("".join(table.get(one, one) for one in part) for part in parts)


def _generation(value: Any) -> Generation:
    char, slot = (value, 1) if isinstance(value, str) else value
    char = simplified().get(char, char)
    if slot not in (1, 2):
        raise DataError(
            "a generation character has no such place", found=slot, where="generation", expected="1 or 2, the place "
            "in the given name"
        )  # fmt: skip
    character(char)
    return Generation(char, slot)


def _check(request: NameRequest) -> None:
    for char in request.required:
        character(char)
    _one_of("sex", request.sex, ("boy", "girl"))
    _one_of("structure", request.structure, (*STRUCTURES, "包围"))
    _one_of("zodiac_claimed", request.zodiac_claimed, ANIMALS)
    for element in (*request.elements_wished, *request.elements_unwanted):
        _one_of("elements", element, ELEMENTS)
    if request.given_length is not None and not 1 <= request.given_length <= LONGEST:
        raise DataError(
            "no given name of that length is made", found=request.given_length, where="given_length", expected="1 or 2"
        )
    for part in request.tones or "":
        _one_of("tones", part, "平仄")


def _one_of(where: str, value: str | None, known: Any) -> None:
    if value is not None and (value not in known or not value):
        raise DataError("a field has a value that it cannot have", found=value, where=where, expected=" ".join(known))
