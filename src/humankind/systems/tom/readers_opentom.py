"""Reads OpenToM (Xu et al., 2024): longer stories about one person who moves a thing and one who may see it.

The questions lie in one file a kind, the stories in `meta_data.json`, joined by key. All answers are of two or three
classes, which become the options; where an object is precisely, the options are its first and its last place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from humankind.kits.bench.questions import Question
from humankind.spine.errors import DataError
from humankind.systems.tom.data import Suite, check_ids, counted
from humankind.systems.tom.rows import Row, read_json

NAME = "opentom"
STORIES = "meta_data.json"
KINDS = (
    "location_cg_fo",
    "location_cg_so",
    "location_fg_fo",
    "location_fg_so",
    "multihop_fo",
    "multihop_so",
    "attitude",
)
CLASSES = {
    "location coarse": ("Yes", "No"),
    "fullness": ("more full", "equally full", "less full"),
    "accessibility": ("more accessible", "equally accessible", "less accessible"),
    "attitude": ("positive", "neutral", "negative"),
}
_ARTICLES = ("a ", "an ", "the ")


def read(path: Path) -> Suite:
    """Return the questions of a folder with `meta_data.json` and one file for each kind of question.

    Raises:
        DataError: names file and key of what cannot be OpenToM data.
    """
    folder = next(
        (found for found in (path, path / "opentom_data", path / "data" / "opentom_data") if _has(found)), None
    )
    if folder is None:
        raise DataError(
            "there is no OpenToM data here",
            found=path,
            expected=f"a folder with {STORIES} and {KINDS[0]}.json or others",
        )
    reader = _Reader(_stories(folder / STORIES))
    questions = check_ids(str(path), [question for file in _files(folder) for question in reader.questions(file)])
    return Suite(
        name=NAME,
        title="OpenToM: places, fullness, access and attitude in everyday stories, orders 1 and 2",
        questions=questions,
        notes=reader.notes(),
    )


def _has(folder: Path) -> bool:
    return (folder / STORIES).is_file() and bool(_files(folder))


def _files(folder: Path) -> list[Path]:
    """Return one file for each kind that is there, the mended `_new` one where there are two."""
    candidates = ([folder / f"{kind}_new.json", folder / f"{kind}.json"] for kind in KINDS)
    return [next(file for file in two if file.is_file()) for two in candidates if any(file.is_file() for file in two)]


def _stories(file: Path) -> dict[str, Row]:
    values = read_json(file)
    if not isinstance(values, dict) or not values:
        raise DataError("the stories cannot be read", where=file, expected="a JSON object of stories by key")
    return {key: Row(story, file, number) for number, (key, story) in enumerate(values.items(), start=1)}


class _Reader:
    """Joins questions with stories and counts what it had to mend or leave out."""

    def __init__(self, stories: dict[str, Row]) -> None:
        self.stories = stories
        self.mended: Counter[str] = Counter()

    def questions(self, file: Path) -> Iterator[Question]:
        """Yield the questions of one file."""
        asked = read_json(file)
        if not isinstance(asked, dict):
            raise DataError("the questions cannot be read", where=file, expected="a JSON object of lists by key")
        for key, records in asked.items():
            if key not in self.stories or not isinstance(records, list):
                raise DataError("a question has no story", found=key, where=file, expected=f"a key of {STORIES}")
            for number, values in enumerate(records, start=1):
                question = self._question(
                    self.stories[key], key, Row(values, Path(f"{file} key {key}"), number), file.stem
                )
                if question is not None:
                    yield question

    def _question(self, story: Row, key: str, row: Row, stem: str) -> Question | None:
        text, kind = row.text("question"), row.text("type")
        category = _category(stem, text)
        places = tuple(_place(story, end) for end in ("original_place", "move_to_place"))
        options = places if category == "location fine" else CLASSES[category]
        answer = self._answer(row, category)
        matches = [option for option in options if _plain(option) == _plain(answer)]
        if len(matches) != 1 or len({_plain(option) for option in options}) < len(options):
            self.mended["answer is no option"] += 1
            return None
        if category == "attitude":
            text = f"{text.rstrip('?. ')}, assuming that you saw the action?"
        return Question(
            id=f"{key}-{stem.removesuffix('_new')}-{row.number}",
            suite=NAME,
            story=story.text("narrative"),
            text=text,
            options=options,
            gold=options.index(matches[0]),
            answer=matches[0],
            group=key,
            category=category,
            order=2 if kind.endswith("-so") else 1,
            labels={"seen": "yes" if story.flag("observed") else "no"},
        )

    def _answer(self, row: Row, category: str) -> str:
        """Return the right class; the mended lists of the source are read as its own code reads them."""
        value: Any = row.values.get("answer")
        if isinstance(value, list):
            sound = [one for one in value if one != "corrupted"]
            self.mended["answer is a list"] += 1
            if len(sound) != 1:
                raise row.wrong("an answer is not one class", found=value, expected="one class beside `corrupted`")
            return str(sound[0])
        answer = row.text("answer")
        if category == "accessibility" and "|" in answer:
            self.mended["answer has a bar"] += 1
            return "equally accessible"
        return answer

    def notes(self) -> tuple[str, ...]:
        """Return one sentence for each kind of defect that was met."""
        n = self.mended
        told = (
            (n["answer is no option"], "{} whose answer is neither of its options, left out", "question"),
            (n["answer is a list"], "{} whose answer is a list with corrupted entries, which are dropped", "question"),
            (
                n["answer has a bar"],
                "{} whose answer joins two classes by a bar, read as equally accessible",
                "question",
            ),
        )
        return tuple(f"OpenToM: {text.format(counted(number, noun))}." for number, text, noun in told if number)


def _category(stem: str, text: str) -> str:
    if stem.startswith("location"):
        return "location coarse" if "_cg_" in stem else "location fine"
    if stem.startswith("multihop"):
        return "fullness" if "fullness" in text else "accessibility"
    return "attitude"


def _place(story: Row, end: str) -> str:
    """Return the first or last place of the object, in words."""
    plot = story.values.get("plot_info")
    return Row(plot if isinstance(plot, dict) else {}, story.path, story.number).text(end).replace("_", " ")


def _plain(text: str) -> str:
    """Return a place without article, underscores and capitals.

    >>> _plain("the Treasure_chest"), _plain("Yes")
    ('treasure chest', 'yes')
    """
    words = text.replace("_", " ").lower().strip()
    return next((words.removeprefix(article) for article in _ARTICLES if words.startswith(article)), words).strip()
