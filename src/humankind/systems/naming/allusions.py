"""Reading out of a request which poem, poet, book, dynasty or verse it names."""

from __future__ import annotations

import re
from typing import Any

from humankind.systems.naming.poems import AUTHORS
from humankind.systems.naming.wordlists import sections

_TITLES = re.compile("《([^》]{1,30})》")
_DYNASTY = re.compile("(先秦|两汉|汉|魏晋|唐|宋|元|明|清|五代)(?:代|朝)(?!表)|(唐|宋|元|明|清)(?=诗人|词人)")
_QUOTED = re.compile('[“「『"]([^”」』"]{5,40})[”」』"]')
_BARE_ONLY_QUOTED = ("大学", "中庸", "春秋", "老子", "乐府", "管子", "墨子")
"""Books whose names are words of their own; they count only between 《》."""
_REFUSED = re.compile("(?:不要|不用|别用|不想用|不喜欢|无需|不需要)[^，。；]{0,6}(?:古诗词?|诗词|诗歌|典故)")


def read_allusions(text: str) -> dict[str, Any]:
    """Return the fields poem, author, book, dynasty and verse of a request that a simplified text fills.

    >>> read_allusions("最好出自杜甫的《望岳》")
    {'poem': '望岳', 'author': '杜甫'}
    """
    found: dict[str, Any] = {}
    books = sections("poets")["books"]
    for title in _TITLES.findall(text):
        book, _, rest = re.sub("[·・•.]", "·", title).partition("·")
        if book.strip() in books:
            found.setdefault("book", book.strip())
            title = rest.strip()
        if title:
            found.setdefault("poem", title)
    bare = _TITLES.sub("", text)
    named = [book for book in books if book in bare and book not in _BARE_ONLY_QUOTED]
    if named and "book" not in found and not _REFUSED.search(text):
        found["book"] = min(named, key=lambda book: (bare.index(book), -len(book)))
    author = _author(bare)
    if author:
        found["author"] = author
    dynasty = _DYNASTY.search(bare)
    if dynasty:
        found["dynasty"] = dynasty[1] or dynasty[2]
    verse = _verse(text)
    if verse:
        found["verse"] = verse
    return found


def refuses_poetry(text: str) -> bool:
    """Return whether a text asks for a name that is not from poems."""
    return _REFUSED.search(text) is not None


def _author(text: str) -> str | None:
    known = dict.fromkeys(sections("poets")["poets"], "") | AUTHORS
    known.pop("纳兰", None)
    places = [(text.find(name), -len(name), real or name) for name, real in known.items() if name in text]
    if "纳兰词" in text:
        return "纳兰性德"
    return min(places)[2] if places else None


def _verse(text: str) -> str | None:
    for quoted in _QUOTED.findall(text):
        halves = [part for part in re.split("[，。！？；,.!?\\s]+", quoted) if part]
        regular = len(halves) > 1 and len({len(half) for half in halves}) == 1
        pointed = re.search("这句|这一句|诗句|一句|名句|出自|取自|里取|中取|典出", text)
        if regular or (pointed and len(quoted) >= 5):
            return quoted
    return None
