"""Reading surname and sex of the child out of a request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from humankind.systems.naming.request import Note, Sex
from humankind.systems.naming.surname_tables import COMMON, COMPOUND, LONG
from humankind.systems.naming.surnames import is_surname

_HAN = "\u3400-\u9fff\U00020000-\U000323af"
_END = r"(?=[\s，。；;,.!！?？、：:～~\)）]|$)"
_CHILD = "男|女|宝|小|孩|之|家|闺|儿|千金"
_MOTHER = "妈妈|母亲|妻子|老婆|太太|爱人|孩子妈|孩子他妈|孩子她妈|我媳妇|媳妇|内人"
_FATHER = "爸爸|父亲|老公|丈夫|先生|孩子爸|孩子他爸|孩子她爸|他爸|她爸"
_NOT_FAMILY = "我俺咱大国全谁人在回本一我们自老公婆娘亲"
_GIRL = (
    "女孩|女宝|女婴|女儿|闺女|千金|公主|孙女|得一女|妞|丫头|姑娘|小女|女娃|女生|爱女|囡|daughter|girl|性别[:：]?女|"
    rf"女{_END}|为女|是女|生女|女[，。\s]"
)
_BOY = (
    "男孩|男宝|男婴|男生|儿子|小子|(?<!女)孙子|小伙|公子|小儿|我儿|得一子|男娃|犬子|爱子|幼子|外孙(?!女)|\\bson\\b|\\bboy\\b|性别[:：]?男|"
    rf"男{_END}|为男|是男|生子"
)
_NEITHER = re.compile(
    "男女(?:都|皆|均)?(?:可|通用|不限|能用)|性别(?:未知|不知|不详|不限)|不知(?:道)?(?:是)?男(?:是|还是)?女"
)
_SIBLING = re.compile("(?:哥哥|姐姐|弟弟|妹妹)(?:的名字)?(?:叫|名叫|是)[^，。；\\s]*")
_MANNER = re.compile("(?:不要|不想|别|避免|不喜欢)[^，。；]*?(?:男孩子?气|女孩子?气)|(?:男孩子?|女孩子?)气")


def read_surname(text: str) -> tuple[str, tuple[Note, ...]]:
    """Return the surname of the child in a simplified text, empty where there is none, and notes.

    >>> read_surname("请为司马姓男孩起名")[0], read_surname("我姓吕，妻子姓孔，女儿随母姓")[0]
    ('司马', '孔')
    """
    parents = _double(text)
    if parents:
        return parents, ()
    for chosen in (_by_parent(text), _after_family_word(text), _before_family_word(text), _of_house(text)):
        if chosen:
            return chosen, _doubts(chosen)
    latin = re.search(r"([A-Za-z]+)\s*姓|姓\s*([A-Za-z]+)", text)
    if latin:
        return "", (Note("surname", f"姓氏“{latin[1] or latin[2]}”请用汉字写出"),)
    return "", (Note("surname", "没有找到姓氏，请写明，例如“姓陈”"),)


def _doubts(surname: str) -> tuple[Note, ...]:
    if len(surname) == 2 and surname not in COMPOUND:
        return (Note("assumed", f"“{surname}”不是常见复姓，按所写的两字为姓"),)
    return ()


def _double(text: str) -> str | None:
    found = re.search(rf"双姓[用是为叫：:“]*([{_HAN}]{{2}}){_END}", text)
    if found and all(is_surname(char) for char in found[1]):
        return found[1]
    if "双姓" in text or re.search("(?:父母|爸妈|双方)(?:的)?姓(?:氏)?(?:都|一起|合)", text):
        names = [_first(match[1]) for match in re.finditer(rf"姓([{_HAN}]{{1,2}})", text)]
        names = [name for name in names if name in COMMON]
        if len(names) >= 2:
            return names[0] + names[1]
    return None


def _by_parent(text: str) -> str | None:
    for told, who in (
        (f"(?:随|跟|从)(?:着)?(?:母|{_MOTHER})(?:亲)?姓", _MOTHER),
        (f"(?:随|跟|从)(?:着)?(?:父|{_FATHER})(?:亲)?姓", _FATHER),
    ):
        if re.search(told, text):
            owner = re.search(f"(?:{who})(?:是|本)?姓([{_HAN}]{{1,2}})", text)
            if owner:
                return _first(owner[1])
    return None


def _after_family_word(text: str) -> str | None:
    """Return what follows 姓 or 姓氏, the child's own before a parent's."""
    found = list(_told(text))
    return next((name for own, name in found if own), found[0][1] if found else None)


def _told(text: str) -> Iterator[tuple[bool, str]]:
    for match in re.finditer(rf"(?<!百家)姓(?:氏)?(?:是|为|叫)?\s*[:：“\"「]?\s*([{_HAN}]{{1,2}})", text):
        written, after = match[1], text[match.end() :]
        if re.match("名|氏|什么|啥", written) or text[: match.start()].endswith("双"):
            continue
        closed = not after or re.match(_END, after) is not None
        if re.match(_CHILD, written) and not (closed and len(written) == 1):
            continue
        before = text[max(0, match.start() - 6) : match.start()]
        own = re.search(f"(?:{_MOTHER})$", before) is None
        yield own, _whole(written, closed)


def _whole(written: str, closed: bool) -> str:
    """Return one or two characters as the surname that stands there."""
    if closed and len(written) == 2 and written not in COMPOUND and written[1] not in "男女的氏家":
        return written
    return _first(written)


def _first(written: str) -> str:
    return written if written in COMPOUND or written in LONG else written[0]


def _before_family_word(text: str) -> str | None:
    for match in re.finditer(rf"([{_HAN}]{{1,2}})姓(?=(?:{_CHILD}|人|[\s，。；,]|的|$))", text):
        name = match[1] if match[1] in COMPOUND else match[1][-1]
        if is_surname(name) and name not in "单复双同本我母父" and match[1] not in ("随母", "随父", "爸爸", "妈妈"):
            return name
    return None


def _of_house(text: str) -> str | None:
    for match in re.finditer(
        rf"(?:^|[，。；\s给为帮替])([{_HAN}]{{1,2}}?)(?:家|氏)(?:的|之)?(?:{_CHILD}|孙|公子|小|长|次)", text
    ):
        name = match[1]
        if name in COMPOUND or (len(name) == 1 and name in COMMON and name not in _NOT_FAMILY):
            return name
    return None


def read_sex(text: str) -> tuple[Sex | None, tuple[Note, ...]]:
    """Return the sex of the child, None where it is open or not told, and notes.

    >>> read_sex("不要取男孩子气的名字，我们是女儿"), read_sex("男女都可以")
    (('girl', ()), (None, ()))
    """
    if _NEITHER.search(text):
        return None, ()
    text = _MANNER.sub("", _SIBLING.sub("", text))
    girl, boy = re.search(_GIRL, text, re.IGNORECASE), re.search(_BOY, text, re.IGNORECASE)
    if girl and boy:
        first: Sex = "girl" if girl.start() < boy.start() else "boy"
        said = f"{girl[0]}、{boy[0]}".replace("\n", "")
        return first, (Note("sex", f"同时说到“{said}”，按{'女孩' if first == 'girl' else '男孩'}理解"),)
    if girl or boy:
        return ("girl" if girl else "boy"), ()
    return _by_relation(text)


def _by_relation(text: str) -> tuple[Sex | None, tuple[Note, ...]]:
    for pattern, sex in (("妹妹|姐姐", "girl"), ("弟弟|哥哥", "boy"), ("她", "girl"), ("他(?!们|爸|妈|的字)", "boy")):
        if re.search(pattern, text):
            word = "女孩" if sex == "girl" else "男孩"
            return ("girl" if sex == "girl" else "boy"), (Note("assumed", f"没有写明性别，由称呼按{word}理解"),)
    return None, (Note("sex", "没有写明性别，按男女皆可处理"),)
