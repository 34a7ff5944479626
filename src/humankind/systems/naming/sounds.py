"""How a name sounds: syllables, tones, pinyin with marks, the spelling of passports, rhyme."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from humankind.spine.errors import DataError
from humankind.spine.extras import missing_extra
from humankind.systems.naming.characters import characters
from humankind.systems.naming.surnames import surname_readings

LEVEL_TONES = (1, 2)
"""平; the tones 3 and 4 are oblique, 仄."""

_SYLLABLE = re.compile("(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]?)([aeiouüê]+(?:ng|n|r)?)([1-5])")
_GLIDES = {
    "yi": "i", "ya": "ia", "ye": "ie", "yao": "iao", "you": "iou", "yan": "ian", "yin": "in", "yang": "iang",
    "ying": "ing", "yong": "iong", "yu": "ü", "yue": "üe", "yuan": "üan", "yun": "ün", "yo": "io", "yai": "iai",
    "wu": "u", "wa": "ua", "wo": "uo", "wai": "uai", "wei": "uei", "wan": "uan", "wen": "uen", "wang": "uang",
    "weng": "ueng",
}  # fmt: skip
_SHORTENED = {"iu": "iou", "ui": "uei", "un": "uen"}
_MARKS = {"a": "āáǎà", "e": "ēéěè", "i": "īíǐì", "o": "ōóǒò", "u": "ūúǔù", "ü": "ǖǘǚǜ"}
_NAME_READINGS = {
    "朝": "chao2", "长": "chang2", "茜": "qian4", "晟": "sheng4", "兴": "xing1", "劲": "jing4", "冠": "guan4",
    "娜": "na4", "乐": "le4", "宁": "ning2", "行": "xing2", "华": "hua2", "相": "xiang1", "冲": "chong1",
    "燕": "yan4", "任": "ren4", "参": "shen1", "应": "ying4", "祭": "ji4", "卡": "ka3", "莘": "xin1", "泊": "bo2",
    "菲": "fei1", "曾": "zeng1", "召": "zhao4", "少": "shao4", "重": "chong2", "石": "shi2", "蔚": "wei4",
    "殷": "yin1", "柏": "bai3", "翟": "zhai2", "圳": "zhen4", "钿": "dian4", "沈": "shen3", "解": "jie3", "洵": "xun2",
    "斓": "lan2", "薇": "wei1", "微": "wei1", "曦": "xi1", "玮": "wei3", "珩": "heng2", "郁": "yu4", "骁": "xiao1",
    "拓": "tuo4", "仔": "zi3", "茸": "rong2", "漂": "piao1",
}  # fmt: skip
"""How characters with several readings are read in given names, where no known word decides."""
_RHYMES = {
    "麻": "a ia ua", "波": "o e uo io", "皆": "ie üe", "开": "ai uai", "微": "ei uei", "豪": "ao iao", "尤": "ou iou",
    "寒": "an ian uan üan", "文": "en in uen ün", "唐": "ang iang uang", "庚": "eng ing ong iong ueng",
    "齐": "i er ü", "支": "-i", "姑": "u",
}  # fmt: skip
_RHYME_OF = {final: name for name, finals in _RHYMES.items() for final in finals.split()}


@dataclass(frozen=True, slots=True)
class Syllable:
    """One syllable of Mandarin.

    >>> syllable("xu2"), syllable("zhi4").final, syllable("yun2").initial
    (Syllable(initial='x', final='ü', tone=2, text='xu'), '-i', '')
    """

    initial: str
    """Empty where the syllable begins with its vowel, also for y and w."""
    final: str
    """As it sounds: `ü` in xu, `uei` in gui, `-i` in zhi and si."""
    tone: int
    """1 to 4, 5 neutral."""
    text: str
    """Its pinyin without tone."""

    @property
    def is_level(self) -> bool:
        """Whether the tone is level, 平."""
        return self.tone in LEVEL_TONES

    @property
    def marked(self) -> str:
        """The pinyin with its mark.

        >>> syllable("lüe4").marked, syllable("gui4").marked, syllable("shou3").marked, syllable("jiu3").marked
        ('lüè', 'guì', 'shǒu', 'jiǔ')
        """
        if self.tone == 5:
            return self.text
        at = next((self.text.index(one) for one in ("a", "e", "ou") if one in self.text), None)
        if at is None:
            at = max(place for place, letter in enumerate(self.text) if letter in _MARKS)
        return self.text[:at] + _MARKS[self.text[at]][self.tone - 1] + self.text[at + 1 :]

    @property
    def rhyme(self) -> str:
        """The rhyme it belongs to, one of the fourteen of the new Chinese rhymes, such as 寒."""
        return _RHYME_OF.get(self.final, self.final)


@cache
def syllable(pinyin: str) -> Syllable:
    """Return the syllable that pinyin with a tone number spells; DataError where it spells none."""
    match = _SYLLABLE.fullmatch(pinyin)
    if match is None:
        raise DataError(
            "not a syllable of pinyin", found=repr(pinyin), where="pinyin", expected="a syllable like lü4 or zhuang1"
        )
    initial, final, tone = match.groups()
    text = initial + final
    if initial in ("y", "w"):
        return Syllable("", _GLIDES.get(text, final), int(tone), text)
    if initial in ("j", "q", "x") and final[0] == "u":
        final = "ü" + final[1:]
    elif final == "i" and initial in ("zh", "ch", "sh", "r", "z", "c", "s"):
        final = "-i"
    return Syllable(initial, _SHORTENED.get(final, final), int(tone), text)


def read_name(surname: str, given: str) -> tuple[Syllable, ...]:
    """Return the syllables of a full name: the surname read as a surname, the given name as names are read.

    Args:
        surname: simplified; may be empty.
        given: simplified, of the 8,105 characters.

    Raises:
        DataError: a character whose reading is not known.

    >>> pinyin(read_name("单", "田芳")), pinyin(read_name("万俟", "长乐"))
    ('shàn tián fāng', 'mò qí cháng lè')
    """
    of_surname = [syllable(readings[0]) for readings in surname_readings(surname)]
    return (*of_surname, *read_given(given))


def read_given(given: str) -> tuple[Syllable, ...]:
    """Return the syllables of a given name; where a character has several readings a known word decides (朝阳)."""
    table = characters()
    unknown = [one for one in given if one not in table]
    if unknown:
        raise DataError(
            "no reading is known for a character of the given name",
            found=unknown[0],
            where="given name",
            expected="characters of the 8,105 of the national standard",
        )
    usual = [_usual(one) for one in given]
    if len(given) > 1 and any(len(table[one].readings) > 1 for one in given):
        usual = [_in_word(*one) for one in zip(given, usual, _word(given), strict=True)]
    return tuple(syllable(reading) for reading in usual)


def readings_of_given(given: str) -> tuple[tuple[str, ...], ...]:
    """Return all readings of each character, the one used first; several mean that people may misread the name."""
    used = read_given(given)
    table = characters()
    return tuple(
        (f"{one.text}{one.tone}", *(text for text in table[char].readings if text != f"{one.text}{one.tone}"))
        for char, one in zip(given, used, strict=True)
    )


def _usual(char: str) -> str:
    return _NAME_READINGS.get(char) or characters()[char].readings[0]


def _in_word(char: str, usual: str, in_word: str | None) -> str:
    return in_word if in_word in characters()[char].readings else usual


@cache
def _word(given: str) -> tuple[str | None, ...]:
    """Return what the dictionary of words changes against the characters read alone; None where it changes nothing."""
    try:
        from pypinyin import Style, lazy_pinyin
    except ImportError:
        raise missing_extra("naming", "pypinyin", "reading a name aloud") from None

    def read(text: str) -> list[str]:
        found = lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True, v_to_u=True)
        return [one if one[-1].isdigit() else f"{one}5" for one in found]

    together, apart = read(given), [read(one)[0] for one in given]
    if len(together) != len(given):
        return (None,) * len(given)
    return tuple(one if one != alone else None for one, alone in zip(together, apart, strict=True))


def pinyin(syllables: Iterable[Syllable]) -> str:
    """Return pinyin with tone marks, a space between syllables."""
    return " ".join(one.marked for one in syllables)


def spelled(surname: str, given: str) -> str:
    """Return the full name as names are written in pinyin: surname and given name each in one word.

    An apostrophe stands where a syllable that begins with a, e or o would run into the one before.

    >>> spelled("欧阳", "西安"), spelled("吕", "女娲")
    ("Ōuyáng Xī'ān", 'Lǚ Nǚwā')
    """
    whole = read_name(surname, given)
    cut = len(whole) - len(given)
    return " ".join(_joined(part) for part in (whole[:cut], whole[cut:]) if part)


def _joined(part: Sequence[Syllable]) -> str:
    text = part[0].marked
    for one in part[1:]:
        text += ("'" if one.text[0] in "aeo" else "") + one.marked
    return text[0].upper() + text[1:]


def passport(surname: str, given: str) -> str:
    """Return the spelling in passports: capitals without tones, ü after l and n as YU.

    >>> passport("吕", "绿萝"), passport("欧阳", "雪"), passport("单", "玉女")
    ('LYU LYULUO', 'OUYANG XUE', 'SHAN YUNYU')
    """
    whole = read_name(surname, given)
    cut = len(whole) - len(given)
    words = ("".join(one.text.replace("ü", "yu") for one in part) for part in (whole[:cut], whole[cut:]))
    return " ".join(words).upper().strip()


def tones_text(syllables: Iterable[Syllable]) -> str:
    """Return the pattern of level and oblique tones: 平 and 仄.

    >>> tones_text(read_name("李", "清照"))
    '仄平仄'
    """
    return "".join("平" if one.is_level else "仄" for one in syllables)
