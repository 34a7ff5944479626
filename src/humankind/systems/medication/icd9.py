"""Chapters and sections of ICD-9-CM (United States, public domain), which its codes do not spell out."""

from __future__ import annotations

from bisect import bisect_right

_DIAGNOSES = {
    "1": "001 010 020 030 042 045 050 060 070 080 090 100 110 120 130 137",
    "2": "140 150 160 170 179 190 200 210 230 235 239",
    "3": "240 249 260 270",
    "4": "280",
    "5": "290 295 300 317",
    "6": "320 330 338 339 340 350 360 380",
    "7": "390 393 401 410 415 420 430 440 451",
    "8": "460 470 480 490 500 510",
    "9": "520 530 540 550 555 560 570",
    "10": "580 590 600 610 614 617",
    "11": "630 640 650 660 670 678",
    "12": "680 690 700",
    "13": "710 720 725 730",
    "14": "740",
    "15": "760 764",
    "16": "780 790 797",
    "17": "800 805 810 820 830 840 850 860 870 880 890 900 905 910 920 925 930 940 950 958 960 980 990 996",
    "E": (
        "E000 E001 E800 E810 E820 E826 E830 E840 E846 E850 E860 E870 E878 E880 E890 E900 E910 E916 E929 E930 E950 "
        "E960 E970 E980 E990"
    ),
    "V": "V01 V10 V20 V30 V40 V50 V60 V70 V83 V85 V86 V87 V88 V89 V90 V91",
}
"""First category of each section, by chapter; a category belongs to the last section that starts at or before it."""

_PROCEDURES = "00 01 06 08 17 18 21 30 35 40 42 55 60 65 72 76 85 87"
"""First category of each chapter of the procedures."""

_STARTS = [(start, chapter) for chapter, starts in _DIAGNOSES.items() for start in starts.split()]
_STARTS.sort()
_KEYS = [start for start, _ in _STARTS]
_CHAPTERS = _PROCEDURES.split()


def diagnosis_path(code: str) -> tuple[str, ...]:
    """Return chapter, section, category, subcategory ... of an ICD-9-CM diagnosis, undotted, root first.

    >>> diagnosis_path("42822"), diagnosis_path("E8809")
    (('chapter 7', 'section 420', '428', '4282', '42822'), ('chapter E', 'section E880', 'E880', 'E8809'))
    """
    category = code[:4] if code.startswith("E") else code[:3]
    place = bisect_right(_KEYS, category) - 1
    start, chapter = _STARTS[max(place, 0)]
    return (f"chapter {chapter}", f"section {start}", *_prefixes(code, len(category)))


def procedure_path(code: str) -> tuple[str, ...]:
    """Return chapter, category, subcategory ... of an ICD-9-CM procedure, undotted, root first.

    >>> procedure_path("3897")
    ('chapter 35', '38', '389', '3897')
    """
    place = bisect_right(_CHAPTERS, code[:2]) - 1
    return (f"chapter {_CHAPTERS[max(place, 0)]}", *_prefixes(code, 2))


def _prefixes(code: str, first: int) -> tuple[str, ...]:
    return tuple(code[:end] for end in range(first, len(code) + 1))
