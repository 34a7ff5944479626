"""Reads ToMBench (Chen et al., 2024): 20 JSONL files, each item in Chinese and in English."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from humankind.kits.bench.questions import LETTERS, Question
from humankind.spine.errors import DataError
from humankind.systems.tom.data import Suite, check_ids, counted, digest_of
from humankind.systems.tom.rows import Row, jsonl_rows

NAME = "tombench"
ABILITIES = ("belief", "desire", "emotion", "intention", "knowledge", "non-literal communication")
ABILITY_KEY, GOLD_KEY = "能力\nABILITY", "答案\nANSWER"
KEYS = {
    "en": ("STORY", "QUESTION", "OPTION-"),
    "zh": ("故事", "问题", "选项"),
}
N_OPTIONS = 4
_PREFIX = re.compile(r"\s*([A-D])\s*[.:：．、]\s*")
_SECOND_ORDER = "second-order beliefs"


def read(path: Path) -> Suite:
    """Return all items of a folder of ToMBench files, or of one file, in both languages, English first in each row.

    Raises:
        DataError: names file and row of what cannot be a ToMBench item.
    """
    files = [path] if path.is_file() else sorted(path.glob("*.jsonl"))
    if not files:
        raise DataError(
            "there is no ToMBench file here",
            found=path,
            expected="20 files *.jsonl",
            remedy="name the folder that has them",
        )
    reader = _Reader()
    questions = check_ids(str(path), [q for file in files for row in jsonl_rows(file) for q in reader.questions(row)])
    return Suite(
        name=NAME,
        title="ToMBench: social stories of six abilities",
        questions=questions,
        notes=reader.notes(),
    )


class _Reader:
    """Turns rows into questions and counts what it had to mend."""

    def __init__(self) -> None:
        self.mended: Counter[str] = Counter()

    def questions(self, row: Row) -> Iterator[Question]:
        """Yield the English and the Chinese question of a row."""
        ability, kinds = _abilities(row)
        self.mended["capitals"] += row.text(ABILITY_KEY).startswith("Non-literal")
        gold = self._gold(row)
        offered = {language: self._options(row, language, gold) for language in KEYS}
        self.mended["two options"] += len(offered["en"]) == 2
        self.mended["options differ"] += len(offered["en"]) != len(offered["zh"])
        task = row.path.stem
        for language, options in offered.items():
            story, text, _ = KEYS[language]
            yield Question(
                id=f"{_slug(task)}-{row.number:03d}-{language}",
                suite=NAME,
                story=row.text(story),
                text=row.text(text),
                options=options,
                gold=gold,
                answer=options[gold],
                group=f"{_slug(task)}-{digest_of(row.text('STORY'))}",
                category=ability,
                order=2 if any(kind.lower() == _SECOND_ORDER for kind in kinds) else None,
                language=language,
                labels={"task": task, "kind": "; ".join(kinds)},
            )

    def _gold(self, row: Row) -> int:
        """Return the position of the right letter."""
        letter = row.text(GOLD_KEY).rstrip(". ")
        if len(letter) != 1 or letter not in LETTERS[:N_OPTIONS]:
            raise row.wrong(
                "the right letter cannot be read", found=repr(row.values[GOLD_KEY]), expected="A, B, C or D"
            )
        self.mended["gold"] += row.values[GOLD_KEY] != letter
        return LETTERS.index(letter)

    def _options(self, row: Row, language: str, gold: int) -> tuple[str, ...]:
        """Return two to four options without letters of their own, all different."""
        texts = [row.optional(f"{KEYS[language][2]}{letter}") for letter in LETTERS[:N_OPTIONS]]
        filled = [text for text in texts if text]
        if texts[: len(filled)] != filled or len(filled) < 2:
            raise row.wrong("an option is missing", found=texts, expected="options A and B, then C and D or neither")
        if gold >= len(filled):
            raise row.wrong(
                "the right letter has no option", found=LETTERS[gold], expected=f"A to {LETTERS[len(filled) - 1]}"
            )
        matches = [_PREFIX.match(text) for text in filled]
        if all(match is not None and match[1] == letter for match, letter in zip(matches, LETTERS)):
            self.mended[f"prefix {language}"] += 1
            filled = [text[match.end() :] for text, match in zip(filled, matches) if match is not None]
        if filled.count(filled[gold]) > 1:
            raise row.wrong("the right option is there twice", found=filled, expected="one option that is right")
        self.mended[f"repeated {language}"] += len(set(filled)) < len(filled)
        return tuple(_numbered(filled))

    def notes(self) -> tuple[str, ...]:
        """Return one sentence for each kind of defect that was met."""
        n = self.mended
        told = (
            (n["two options"], "{} with two options, whose empty C and D are dropped", "item"),
            (n["gold"], "{} whose right letter has a stop or space behind it", "item"),
            (n["capitals"], "{} whose ability is spelled with other capitals than the rest", "item"),
            (n["prefix en"], "{} whose English options carry letters of their own, which are removed", "item"),
            (n["prefix zh"], "{} whose Chinese options carry letters of their own, which are removed", "item"),
            (n["repeated en"], "{} that lists an English option twice; the repeat gets a number behind it", "item"),
            (n["repeated zh"], "{} that lists a Chinese option twice; the repeat gets a number behind it", "item"),
            (n["options differ"], "{} whose two languages have different numbers of options", "item"),
        )
        return tuple(f"ToMBench: {text.format(counted(number, noun))}." for number, text, noun in told if number)


def _abilities(row: Row) -> tuple[str, tuple[str, ...]]:
    """Return the ability and its finer kinds.

    >>> _abilities(Row({ABILITY_KEY: "Belief: Content false beliefs Belief: Second-order beliefs"}, Path("f"), 1))
    ('belief', ('Content false beliefs', 'Second-order beliefs'))
    """
    value = row.text(ABILITY_KEY)
    ability, colon, rest = value.partition(":")
    if ability.strip().lower() not in ABILITIES or not colon:
        raise row.wrong(
            "the ability is not known", found=repr(value), expected=f"one of {', '.join(ABILITIES)}, then a colon"
        )
    kinds = tuple(kind.strip() for kind in re.split(rf"{re.escape(ability)}\s*:", rest))
    return ability.strip().lower(), kinds


def _numbered(options: list[str]) -> list[str]:
    """Return the options with a number behind each repeat, so that every one can be told from the others.

    >>> _numbered(["Angry", "Glad", "Angry"])
    ['Angry', 'Glad', 'Angry (2)']
    """
    seen = [options[:place].count(option) for place, option in enumerate(options)]
    return [f"{option} ({before + 1})" if before else option for option, before in zip(options, seen)]


def _slug(task: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", task.lower()).strip("-")
