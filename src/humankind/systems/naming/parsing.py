"""Understanding a free Chinese request by rules: who the child is, what is wished, what cannot hold together."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from humankind.spine.errors import DataError
from humankind.systems.naming.allusions import read_allusions
from humankind.systems.naming.contradictions import diagnosed
from humankind.systems.naming.dates import read_birth, today_is
from humankind.systems.naming.demands import read_demands
from humankind.systems.naming.households import read_sex, read_surname
from humankind.systems.naming.request import NameRequest
from humankind.systems.naming.simplifying import simplify
from humankind.systems.naming.wishes import read_wishes

LONGEST_TEXT = 4000
"""Characters of a request, at most."""
_WIDE = str.maketrans({chr(code): chr(code - 0xFEE0) for code in range(0xFF10, 0xFF5B) if chr(code - 0xFEE0).isalnum()})


def parse(text: str, today: date | None = None) -> NameRequest:
    """Return what a request asks; what could not be understood, or cannot be, is told in `notes`.

    The text is read as a request for a name and as nothing else: whatever it says to a model or a data base is text.

    Args:
        text: Chinese, simplified or traditional, up to 4,000 characters.
        today: what 今年 and 明年 are counted from; None leaves them open.

    Raises:
        DataError: no text, or too long.

    >>> request = parse("姓陳，女孩，2024年3月5日早上8点出生，希望她聪明。")
    >>> request.surname, request.sex, request.wishes, request.birth.hour
    ('陈', 'girl', ('聪明',), 8)
    """
    clean = cleaned(text)
    if today is not None:
        clean = today_is(clean, today)
    surname, surname_notes = read_surname(clean)
    sex, sex_notes = read_sex(clean)
    told = read_birth(clean)
    request = NameRequest(
        text=text,
        surname=surname,
        sex=sex,
        birth=told.birth,
        wishes=read_wishes(clean),
        season=told.season,
        festival=told.festival,
        notes=(*surname_notes, *sex_notes, *told.notes),
        **read_demands(clean, surname),
        **read_allusions(clean),
    )
    return diagnosed(request)


def cleaned(text: str) -> str:
    """Return a request simplified, with plain digits, without pictures and control characters.

    >>> cleaned("姓雷⚡，２０２５年７月１日")
    '姓雷，2025年7月1日'
    """
    if not text.strip():
        raise DataError("the request is empty", found=repr(text), where="request", expected="a few Chinese sentences")
    if len(text) > LONGEST_TEXT:
        raise DataError(
            "the request is too long",
            found=f"{len(text)} characters",
            where="request",
            expected=f"up to {LONGEST_TEXT} characters",
            remedy="keep what concerns the name",
        )
    kept = "".join(char for char in text if char == "\n" or unicodedata.category(char) not in _DROPPED)
    return simplify(re.sub(r"(?<=\d)：(?=\d)", ":", kept.translate(_WIDE)))


_DROPPED = frozenset({"So", "Sk", "Cf", "Cc", "Cs", "Co", "Cn", "Mn"})
"""Unicode categories of pictures, modifiers and invisible characters."""
