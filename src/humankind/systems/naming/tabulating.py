"""Building the table of the 8,105 legal characters from Unihan, cjk-decomp and the counts of ngender.

python -m humankind.systems.naming.tabulating FOLDER_OF_UNIHAN CJK_DECOMP_TXT CHARFREQ_CSV TARGET_FILE
"""

from __future__ import annotations

import bz2
import csv
import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from humankind.spine.errors import DataError
from humankind.spine.runs import write_text
from humankind.systems.naming.shapes import FORMS, Part, components_of, structure_of

LEGAL = 8105
LEVELS = (3500, 6500, 8105)
"""The last index of each level of the table of 2013."""
COLUMNS = (
    "char", "level", "index", "strokes", "kangxi", "radical", "structure", "components", "readings", "traditional",
    "male", "female", "gloss",
)  # fmt: skip
_SOURCES = (
    "# Characters of the national standard of 2013, one a line; built by humankind.systems.naming.tabulating.",
    "# Unihan 15.0 (Unicode licence; selected and combined), cjk-decomp (MIT), ngender (MIT): see LICENSES.txt.",
)
_FIELDS = {
    "kTGH", "kTGHZ2013", "kMandarin", "kRSUnicode", "kRSKangXi", "kTotalStrokes", "kDefinition", "kTraditionalVariant",
}  # fmt: skip
_TONES = {"\u0304": 1, "\u0301": 2, "\u030c": 3, "\u0300": 4}
_GLOSS = 60

ITSELF = frozenset(
    "同回千于余克出刮制卜卷合向咸困夥姜家征御志才折斗旋朱松板栗沈注涂漓秋"
    "系累胡致舍芸范著蒙表谷辟采里郁面吁挽症蔑了借佣伙仆坂咤姹"
)
"""Characters that simplification gave a second meaning, but which in names keep the first: pine 松, not loose 鬆."""
_CHOSEN = "台臺 尽盡 历歷 当當 荡蕩 么麼 坛壇 伪偽 钟鍾 须須"
CHOSEN: dict[str, str] = {pair[0]: pair[1] for pair in _CHOSEN.split()}
"""Characters with several traditional forms, with the one that names mean."""


@dataclass(frozen=True)
class Sources:
    """What the table is built from, read."""

    unihan: Mapping[str, Mapping[str, str]]
    """Field -> character -> text."""
    radicals: Mapping[int, str]
    """Number of a Kangxi radical -> the character that it is."""
    parts: Mapping[str, Part]
    counts: Mapping[str, tuple[int, int]]
    """Character -> men and women who bear it in a given name."""


def build(unihan: Path, decompositions: Path, counts: Path) -> str:
    """Return the table as text: comments, a header, and one line of tabs for each of the 8,105 characters.

    Args:
        unihan: a folder with the files Unihan_*.txt (also .bz2) and CJKRadicals.txt.
        decompositions: the file cjk-decomp.txt.
        counts: the file charfreq.csv of ngender.

    Raises:
        DataError: a file is missing or does not hold the 8,105 characters.
    """
    sources = Sources(read_unihan(unihan), _radicals(unihan), read_parts(decompositions), _counts(counts))
    order = {int(text.split(":")[1]): character for character, text in sources.unihan["kTGH"].items()}
    if sorted(order) != list(range(1, LEGAL + 1)):
        raise DataError(
            "the table of legal characters is not whole",
            found=f"{len(order)} characters",
            where=unihan,
            expected=f"the field kTGH with the indices 1 to {LEGAL}, as in Unihan 15.0",
        )
    rows = (_row(sources, order[index], index) for index in range(1, LEGAL + 1))
    lines = [*_SOURCES, "\t".join(COLUMNS), *("\t".join(row) for row in rows)]
    return "\n".join(lines) + "\n"


def read_unihan(folder: Path) -> dict[str, dict[str, str]]:
    """Return the fields that the table needs: field -> character -> text."""
    found: dict[str, dict[str, str]] = {field: {} for field in _FIELDS}
    for path in _one_of_each(folder):
        for line in _lines(path):
            where, field, text = (*line.split("\t"), "", "")[:3]
            if field in found:
                found[field][chr(int(where[2:], 16))] = text
    missing = sorted(field for field, values in found.items() if not values)
    if missing:
        raise DataError(
            "the folder holds no complete Unihan",
            found=f"no field {', '.join(missing)}",
            where=folder,
            expected="the files Unihan_*.txt of Unicode 15.0 or later",
            remedy="unpack the package unicode-data of Debian, or Unihan.zip of Unicode",
        )
    return found


def _one_of_each(folder: Path) -> Iterator[Path]:
    stems = {path.name.removesuffix(".bz2"): path for path in sorted(folder.glob("Unihan_*.txt*"), reverse=True)}
    yield from stems.values()


def _lines(path: Path) -> Iterator[str]:
    content = path.read_bytes()
    for line in (bz2.decompress(content) if path.suffix == ".bz2" else content).decode("utf-8").splitlines():
        if line.startswith("U+"):
            yield line


def _radicals(folder: Path) -> dict[int, str]:
    path = folder / "CJKRadicals.txt"
    if not path.is_file():
        raise DataError("the radicals are missing", where=path, expected="CJKRadicals.txt of the Unicode database")
    rows = (line.split(";") for line in path.read_text(encoding="utf-8").splitlines() if line and line[0] != "#")
    return {int(number): chr(int(character, 16)) for number, _, character in rows if number.isdigit()}


def read_parts(path: Path) -> dict[str, Part]:
    """Return how each character, and each numbered part without a character, is composed."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"(\S+?):([a-z0-9/]+)\((.*?)\)", line.strip())
        if match:
            found[match[1]] = Part(match[2], tuple(text for text in match[3].split(",") if text))
    return found


def _counts(path: Path) -> dict[str, tuple[int, int]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["char"]: (int(row["male"]), int(row["female"])) for row in csv.DictReader(file)}


def _row(sources: Sources, character: str, index: int) -> tuple[str, ...]:
    unihan = sources.unihan
    traditional = traditional_of(character, unihan["kTraditionalVariant"].get(character, ""))
    components = components_of(character, sources.parts)
    male, female = sources.counts.get(character, (0, 0))
    level = 1 + sum(index > last for last in LEVELS[:-1])
    kangxi = kangxi_strokes(traditional, sources)
    return (
        character, str(level), str(index), unihan["kTotalStrokes"][character].split()[0],
        "" if kangxi is None else str(kangxi), _radical(sources, character, components),
        structure_of(character, sources.parts) or "", "".join(components),
        " ".join(readings_of(unihan["kMandarin"].get(character, ""), unihan["kTGHZ2013"].get(character, ""))),
        traditional, str(male), str(female), _short(unihan["kDefinition"].get(character, "")),
    )  # fmt: skip


def traditional_of(character: str, variants: str) -> str:
    """Return the traditional form that names mean by a character; Unihan lists some characters before their forms.

    >>> traditional_of("云", "U+4E91 U+96F2"), traditional_of("松", "U+677E U+9B06"), traditional_of("安", "")
    ('雲', '松', '安')
    """
    if character in CHOSEN:
        return CHOSEN[character]
    forms = [chr(int(code[2:], 16)) for code in variants.split()]
    if character in ITSELF:
        return character
    return next((form for form in forms if form != character), character)


def kangxi_strokes(traditional: str, sources: Sources) -> int | None:
    """Return the strokes that the dictionary of Kangxi counts: those of the radical written out and the rest.

    So 沐 has eight: four of 水 and four more.
    """
    unihan = sources.unihan
    text = unihan["kRSKangXi"].get(traditional) or unihan["kRSUnicode"].get(traditional, "")
    match = re.match(r"(\d+)'*\.(-?\d+)", text)
    if match is None:
        return None
    radical = sources.radicals[int(match[1])]
    return int(unihan["kTotalStrokes"][radical].split()[-1]) + int(match[2])


def _radical(sources: Sources, character: str, components: tuple[str, ...]) -> str:
    """Return the Kangxi radical in the form in which the character shows it: 氵 in 清, 水 in 泉."""
    number = int(re.match(r"\d+", sources.unihan["kRSUnicode"][character])[0])  # ty: ignore[not-subscriptable]
    whole = sources.radicals[number]
    if character in FORMS.get(whole, whole):
        return character
    return next((form for form in FORMS.get(whole, "") if form in components), FORMS.get(whole, whole)[-1])


def readings_of(common: str, standard: str) -> list[str]:
    """Return the readings of the standard with tone numbers, the most common one first, neutral tones last.

    Interjections without a vowel, like ńg, are left out where there is another reading.

    >>> readings_of("yǔ", "447.120:yǔ 448.100:yù"), readings_of("lǜ", "235.010:lǜ 236.020,236.030:lù")
    (['yu3', 'yu4'], ['lü4', 'lu4'])
    """
    listed = [text for part in standard.split() for text in part.partition(":")[2].split(",")]
    first = [text for text in common.split()[:1] if text in listed or not listed]
    numbered = dict.fromkeys(numbered_tone(text) for text in [*first, *listed])
    usual = sorted((text for text in numbered if re.search("[aeiouü]", text)), key=lambda text: text.endswith("5"))
    return usual or list(numbered)


def numbered_tone(pinyin: str) -> str:
    """Return pinyin with the mark of the tone turned into a number at the end; 5 is the neutral tone.

    >>> numbered_tone("lǜ"), numbered_tone("zhuàng"), numbered_tone("de")
    ('lü4', 'zhuang4', 'de5')
    """
    letters = unicodedata.normalize("NFD", pinyin)
    tone = next((_TONES[letter] for letter in letters if letter in _TONES), 5)
    return unicodedata.normalize("NFC", "".join(one for one in letters if one not in _TONES)) + str(tone)


def _short(gloss: str) -> str:
    """Return the first senses of a gloss that fit into the table."""
    kept = ""
    for sense in re.split(r";\s*", gloss.replace("\t", " ")):
        longer = f"{kept}; {sense}" if kept else sense
        if len(longer) > _GLOSS:
            break
        kept = longer
    return kept or gloss[:_GLOSS]


if __name__ == "__main__":
    write_text(Path(sys.argv[4]), build(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])))
