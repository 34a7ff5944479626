"""What the verbs that answer a single question do: check, explain, compare, parse, retrieve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from humankind.spine.errors import ConfigError, DataError
from humankind.spine.verbs import about
from humankind.systems.naming.agents import OBJECTIVE_NAMES, weights_of
from humankind.systems.naming.reading_forms import birth_in, generation_in, request_of

if TYPE_CHECKING:
    from humankind.systems.naming.poems import Corpus
    from humankind.systems.naming.shown import ShownName


# -- one name ---------------------------------------------------------------------------------------------


def checked(
    name: str,
    sex: str | None,
    birth: str | None,
    elders: Sequence[str] | None,
    generation: str | None,
    scheme: str | None,
    zodiac: bool,
) -> dict[str, Any]:
    """Return the warnings on a name, with its reading."""
    from humankind.systems.naming.checks import Options, check
    from humankind.systems.naming.elements import scheme as scheme_of
    from humankind.systems.naming.sounds import passport, read_name, spelled, tones_text
    from humankind.systems.naming.surnames import split_surname

    with about("NAME"):
        surname, given = split_surname(name)
    with about("--scheme"):
        how = scheme_of(scheme or "meaning")
    char, slot = generation_in(generation) if generation else (None, None)
    options = Options.model_validate(
        {
            "sex": _sex(sex),
            "ancestors": tuple(elders or ()),
            "generation": char,
            "generation_slot": slot,
            "scheme": scheme or "meaning",
            "zodiac": zodiac,
        }
    )
    found = check(surname, given, birth=birth_in(birth) if birth else None, options=options)
    readable = not any(one.kind == "character" and one.level == "serious" for one in found)
    sound = {}
    if readable:
        sound = {
            "pinyin": spelled(surname, given),
            "passport": passport(surname, given),
            "tones": tones_text(read_name(surname, given)),
        }
    return {
        "name": surname + given,
        "surname": surname,
        "given": given,
        **sound,
        "elements": {one: how.element(one) for one in given},
        "scheme": how.says,
        "warnings": [{"level": one.level, "kind": one.kind, "text": one.text} for one in found],
    }


def _sex(sex: str | None) -> str | None:
    known = {"boy": "boy", "girl": "girl", "男": "boy", "女": "girl", None: None}
    if sex not in known:
        raise ConfigError("there is no such sex", found=repr(sex), where="--sex", expected="boy or girl")
    return known[sex]


def explained(name: str, text: str | None, fields: Mapping[str, Any], scheme: str | None) -> ShownName:
    """Return a name with its explanation for a request."""
    return _explain([name], text, fields, scheme)[0]


def compared(names: Sequence[str], text: str | None, fields: Mapping[str, Any], scheme: str | None) -> list[ShownName]:
    """Return names side by side, the best first."""
    if len(names) < 2:
        raise ConfigError("there is nothing to compare with", found=len(names), where="NAME", expected="two names")
    found = _explain(names, text, fields, scheme)
    return sorted(found, key=lambda one: -(one.score or 0.0))


def _explain(names: Sequence[str], text: str | None, fields: Mapping[str, Any], scheme: str | None) -> list[ShownName]:
    from humankind.systems.naming.config import NamingConfig
    from humankind.systems.naming.suggesting import explained_name, worker
    from humankind.systems.naming.surnames import split_surname

    namer = worker(NamingConfig(scheme=scheme or "meaning"))
    found = []
    for name in names:
        with about("NAME"):
            surname, given = split_surname(name)
        asked = {**fields, "surname": surname} if text is None else {"text": text}
        if text is not None and any(fields.values()):
            raise ConfigError("a request and fields are given together", where="--request", expected="one of them")
        found.append(explained_name(namer, surname, given, request_of(asked)))
    return found


# -- parse and retrieve -----------------------------------------------------------------------------------


def understood(text: str) -> dict[str, Any]:
    """Return what a request was understood to ask."""
    from humankind.systems.naming import calendars
    from humankind.systems.naming.parsing import parse
    from humankind.systems.naming.preferences import predict_preferences

    with about("REQUEST"):
        request = parse(text)
    preferences = predict_preferences(request)
    record = {key: value for key, value in request.record().items() if key not in ("text", "notes")}
    born = calendars.read(request.birth) if request.birth else None
    calendar = {}
    if born is not None:
        told = {
            "lunar": born.lunar.text if born.lunar else None,
            "zodiac": born.zodiac,
            "season": born.season,
            "festivals": list(born.festivals),
            "solar_term": born.solar_term,
            "pillars": born.pillars.text if born.pillars else None,
            "missing": list(born.missing),
        }
        calendar = {key: value for key, value in told.items() if value}
    return {
        "text": text,
        "understood": record,
        "calendar": calendar,
        "preferences": dict(zip(OBJECTIVE_NAMES, preferences, strict=True)),
        "weights": dict(zip(OBJECTIVE_NAMES, weights_of(preferences), strict=True)),
        "notes": [{"kind": note.kind, "text": note.text} for note in request.notes],
        "possible": not request.contradictions,
    }


def corpus_of(folder: Path | None) -> Corpus:
    """Return a corpus from its folder, or the one that is shipped."""
    from humankind.systems.naming.poems import Corpus

    with about("--corpus"):
        return Corpus.load(folder)


def retrieved(
    wish: str,
    n: int,
    poet: str | None,
    dynasty: str | None,
    book: str | None,
    holding: str | None,
    folder: Path | None,
) -> list[dict[str, Any]]:
    """Return the poems for a wish, best first."""
    from humankind.systems.naming.retrieval import Retriever
    from humankind.systems.naming.vectors import Vectors

    corpus = corpus_of(folder)
    if poet is not None and corpus.author_named(poet) is None:
        raise DataError("the corpus has no poem by this author", found=poet, where="--poet")
    shelves = (*corpus.labels.collections, *corpus.labels.anthologies)
    if book is not None and book not in shelves:
        raise DataError("there is no such collection", found=book, where="--book", expected=" ".join(shelves))
    found = Retriever(corpus, Vectors.load()).search(
        wish,
        n=n,
        characters=set(holding) if holding else None,
        authors=[poet] if poet else None,
        dynasty=dynasty,
        collections=[book] if book else None,
    )
    return [
        {
            "id": one.poem.id,
            "title": one.poem.title,
            "author": one.poem.author,
            "dynasty": one.poem.dynasty,
            "collection": one.poem.collection,
            "verse": one.poem.clauses[one.clause_index],
            "text": one.poem.text,
            "score": round(one.score, 4),
        }
        for one in found
    ]
