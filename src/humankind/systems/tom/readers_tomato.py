"""Reads ToMATO (Shinoda et al., 2025): what speakers in a role-played dialogue think, feel, want, know and intend."""

from __future__ import annotations

from pathlib import Path

from humankind.kits.bench.questions import Question
from humankind.spine.errors import DataError
from humankind.systems.tom.data import Suite, check_ids, counted, digest_of
from humankind.systems.tom.rows import Row, json_rows

NAME = "tomato"
WHOLE = "tomato.json"
PARTS = ("tomato_first.json", "tomato_second.json", "tomato_fb.json")
STATES = ("belief", "desire", "emotion", "intention", "knowledge")
_OPTIONS = ("a0", "a1", "a2", "a3")


def read(path: Path) -> Suite:
    """Return the questions of a ToMATO file or folder; a question that is in several files is kept once.

    Raises:
        DataError: names file and row of what cannot be a ToMATO record.
    """
    files = _files(path)
    rows = [row for file in files for row in json_rows(file)]
    kept = {question.id: question for question in map(_question, rows)}
    notes = [f"ToMATO: read from {', '.join(file.name for file in files)}."]
    if repeats := len(rows) - len(kept):
        notes.append(f"ToMATO: {counted(repeats, 'row')} repeating a question of another file; each is kept once.")
    return Suite(
        name=NAME,
        title="ToMATO: mental states of speakers in a dialogue, orders 1 and 2",
        questions=check_ids(str(path), kept.values()),
        notes=tuple(notes),
    )


def _files(path: Path) -> list[Path]:
    """Return the file that has everything, or else its parts."""
    if path.is_file():
        return [path]
    folder = path / "dataset" if (path / "dataset").is_dir() else path
    found = (
        [folder / WHOLE]
        if (folder / WHOLE).is_file()
        else [folder / name for name in PARTS if (folder / name).is_file()]
    )
    if not found:
        raise DataError("there is no ToMATO file here", found=path, expected=f"{WHOLE}, or any of {', '.join(PARTS)}")
    return found


def _question(row: Row) -> Question:
    options = row.unlike(tuple(row.text(key) for key in _OPTIONS))
    gold, answer = row.whole("a_idx"), row.text("a_str")
    if not 0 <= gold < len(options) or options[gold] != answer:
        raise row.wrong(
            "the right answer is not the option it points to",
            found=f"a_idx {gold}, a_str {answer!r}",
            expected=list(options),
        )
    state, conversation = row.text("mental_state"), row.text("conversation")
    if state not in STATES:
        raise row.wrong("the mental state is not known", found=repr(state), expected=", ".join(STATES))
    return Question(
        id=row.text("q_id"),
        suite=NAME,
        story=conversation,
        text=row.text("q"),
        options=options,
        gold=gold,
        answer=answer,
        group=digest_of(conversation),
        category=state,
        order=row.whole("order"),
        labels={"false belief": "yes" if row.flag("false_belief") else "no", "personality": row.optional("big_five")},
    )
