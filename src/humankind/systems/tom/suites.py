"""The suites by name, and what kind of suite a file or folder of one's own is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from humankind.kits.bench.questions import Question
from humankind.spine.errors import ConfigError, DataError
from humankind.systems.tom.data import Language, Suite, check_ids, resolve
from humankind.systems.tom.rows import Row, jsonl_rows

GENERATED = "generated"
READERS = ("tombench", "hitom", "emobench", "tomato", "bigtom", "opentom")
"""Data sets, by the name of their reader and of their entry in the catalog of sources."""


@dataclass(frozen=True)
class Making:
    """How many stories `generated` makes, and of which orders."""

    n_questions: int = 500
    orders: tuple[int, ...] = (0, 1, 2, 3, 4)
    seed: int = 0


def load(name: str, language: Language = "en", making: Making = Making()) -> Suite:
    """Return a suite by name or path, in one language or all.

    Args:
        name: one of `names()`, or the path of a file or folder.
        language: `en`, `zh` or `all`.
        making: what `generated` makes; other suites ignore it.

    Raises:
        ConfigError: there is no suite and no file of this name.
        DataError: the data are not on this machine, or wrong; the message says which row and how to mend it.
    """
    if name == GENERATED:
        return generated(making).in_language(language)
    if name in READERS:
        return _reader(name)(resolve(name)).in_language(language)
    path = Path(name)
    if not path.exists():
        near = get_close_matches(name, names(), n=2, cutoff=0.5)
        raise ConfigError(
            "there is no such suite, and no such file",
            found=repr(name),
            expected=f"one of {', '.join(names())}, or a path",
            remedy=f"did you mean {' or '.join(near)}?" if near else "check the path",
        )
    return read(path).in_language(language)


def where(name: str) -> Path:
    """Return the file or folder of a suite by name or path."""
    return resolve(name) if name in READERS else Path(name)


def names() -> tuple[str, ...]:
    """Return the names that `load` knows."""
    return (*READERS, GENERATED)


def read(path: Path) -> Suite:
    """Return the suite in a file or folder, by what it looks like.

    Raises:
        DataError: it looks like none that is known.
    """
    kind = _kind(path)
    return _own(path) if kind == "own" else _reader(kind)(path)


def generated(making: Making) -> Suite:
    """Return stories of our own with questions whose answers a belief tracker gives."""
    from humankind.kits.belief.problems import Making as Plan
    from humankind.kits.belief.problems import questions

    made = questions(Plan(orders=making.orders, seed=making.seed), making.n_questions)
    return Suite(
        name=GENERATED,
        title="stories of our own, told by a generator that knows who believes what",
        questions=check_ids(GENERATED, made),
    )


def _reader(name: str) -> Callable[[Path], Suite]:
    return import_module(f"humankind.systems.tom.readers_{name}").read


def _kind(path: Path) -> str:
    """Return the name of the reader for a file or folder, `own` for questions in our own form."""
    from humankind.systems.tom import readers_bigtom, readers_emobench, readers_hitom, readers_opentom, readers_tomato

    if path.is_dir():
        inside = {
            "hitom": [readers_hitom.FILE],
            "emobench": readers_emobench.FILES,
            "bigtom": [readers_bigtom.FILE, f"data/bigtom/{readers_bigtom.FILE}"],
            "tomato": [
                f"{folder}{file}"
                for file in (readers_tomato.WHOLE, *readers_tomato.PARTS)
                for folder in ("", "dataset/")
            ],
            "opentom": [f"{folder}{readers_opentom.STORIES}" for folder in ("", "opentom_data/", "data/opentom_data/")],
        }
        named = next((name for name, files in inside.items() if any((path / file).is_file() for file in files)), "")
        some = next(iter(sorted(path.glob("*.jsonl"))), None)
        return named or (_kind(some) if some is not None else _unknown(path))
    if path.suffix == ".csv":
        return "bigtom"
    if path.suffix == ".json":
        return "tomato" if path.name.startswith("tomato") else "hitom"
    if path.suffix == ".jsonl":
        keys = {key for row in islice(jsonl_rows(path), 1) for key in row.values}
        return next((kind for kind, key in _MARKS.items() if key in keys), "") or _unknown(path)
    return _unknown(path)


_MARKS = {"tombench": "能力\nABILITY", "emobench": "qid", "own": "suite"}
"""A key that only this kind of JSON line has."""


def _unknown(path: Path) -> str:
    raise DataError(
        "this looks like no suite that is known",
        found=path,
        expected=f"files of {', '.join(READERS)}, or JSON lines of questions as `humankind tom stories` writes them",
        remedy="name the file itself, or `--suite` by name after `humankind data get NAME --from PATH`",
    )


def _own(path: Path) -> Suite:
    """Return questions in our own form: one JSON object a line, as `humankind tom stories` writes them."""
    files = [path] if path.is_file() else sorted(path.glob("*.jsonl"))
    return Suite(
        name=path.stem,
        title=f"questions of {path.name}",
        questions=check_ids(str(path), [_own_question(row) for file in files for row in jsonl_rows(file)]),
    )


def _own_question(row: Row) -> Question:
    try:
        return Question.model_validate_json(_json(row.values))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise row.wrong(
            "this is no question",
            found=f"{key}={str(first['input'])[:80]!r}" if key else str(first["input"])[:80],
            expected=first["msg"],
            remedy="mend the row; `humankind tom stories` writes rows of the right form",
        ) from None


def _json(values: dict[str, Any]) -> str:
    import json

    return json.dumps(values, ensure_ascii=False)
