"""Which column of a log plays which role: named by the caller, or found among the usual names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from humankind.spine.errors import ConfigError, DataError

ROLES = ("user", "item", "rating", "time", "name")
SKIP = "_"
Columns = Mapping[str, str] | Sequence[str]
"""Role -> name in the header, or the roles in the order of the fields of a file without a header."""

# Lower case, letters and digits only. A name is looked for only where one is needed: in a log, a column
# called title may be the title of a review.
_USUAL = {
    "user": "user userid uid visitor visitorid customer customerid reviewer reviewerid member memberid",
    "item": """item itemid iid movie movieid product productid asin artist artistid book bookid isbn song
        songid track trackid business businessid article articleid video videoid page pageid area""",
    "rating": "rating ratings score stars overall weight value count plays playcount",
    "time": "time timestamp ts date datetime unixtimestamp unixreviewtime",
    "name": "name title",
}
SYNONYMS = {role: frozenset(names.split()) for role, names in _USUAL.items()}


def parse_columns(text: str, needed: tuple[str, ...] = ("user", "item")) -> Columns:
    """Return the columns that a command-line option names.

    >>> parse_columns("user=visitor,item=page")
    {'user': 'visitor', 'item': 'page'}
    >>> parse_columns("item,user,rating,_")
    ('item', 'user', 'rating', '_')
    """
    parts = [part.strip() for part in text.split(",")]
    if any("=" in part for part in parts):
        pairs = [part.partition("=") for part in parts]
        columns: Columns = {role.strip(): name.strip() for role, _, name in pairs}
    else:
        columns = tuple(parts)
    check_roles(columns, needed)
    return columns


def by_name(found: list[str], columns: Columns | None, needed: tuple[str, ...], path: Path) -> dict[str, str]:
    """Return role -> name in the header, given by the caller or found among the usual names."""
    if columns is not None and not isinstance(columns, Mapping):
        raise ConfigError(
            "this format names its columns, so their order says nothing",
            found=",".join(columns),
            where=path,
            expected="role=name pairs, such as user=visitor,item=page",
        )
    if columns is not None:
        check_roles(columns, needed)
        missing = [name for name in columns.values() if name not in found]
        if missing:
            raise _no_column(f"no column is called {missing[0]!r}", found, path)
        return dict(columns)
    named: dict[str, str] = {}
    for role in ROLES if "name" in needed else ROLES[:4]:
        matches = [name for name in found if _plain(name) in SYNONYMS[role]]
        if len(matches) > 1:
            raise _no_column(f"more than one column could be the {role}: {', '.join(matches)}", found, path)
        if matches:
            named[role] = matches[0]
        elif role in needed:
            raise _no_column(f"no column has a usual name for the {role}", found, path)
    return named


def _no_column(problem: str, found: list[str], path: Path) -> DataError:
    return DataError(
        problem,
        found=f"the first row {', '.join(map(repr, found[:8]))}",
        where=f"{path} row 1",
        expected="a header with names such as user_id, item_id, rating, timestamp",
        remedy="name the columns, such as user=visitor,item=page; "
        "or, in a file without a header, the fields in their order, such as user,item,rating,time",
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.partition(":")[0].lower())


def by_place(columns: Columns | None, fields: list[str], path: Path) -> dict[str, int]:
    """Return role -> place of the field in a file without a header."""
    roles = list(columns or ())
    check_roles(roles, ("user", "item"))
    if len(roles) > len(fields):
        raise DataError(
            "the file has fewer fields than were named",
            found=f"{len(fields)} fields: {', '.join(map(repr, fields[:8]))}",
            where=f"{path} row 1",
            expected=",".join(roles),
        )
    if all(_plain(field) in SYNONYMS[role] for role, field in zip(roles, fields) if role != SKIP):
        raise DataError(
            "the file has a header, yet its fields were named by their order",
            found=", ".join(fields),
            where=f"{path} row 1",
            remedy="leave the columns out, or name them role=name",
        )
    return {role: place for place, role in enumerate(roles) if role != SKIP}


def check_roles(columns: Columns, needed: tuple[str, ...]) -> None:
    roles = [role for role in columns if role != SKIP]
    wrong = [role for role in roles if role not in ROLES or roles.count(role) > 1]
    absent = [role for role in needed if role not in roles]
    if wrong or absent:
        raise ConfigError(
            "the columns are not named rightly",
            found=", ".join(roles) or "nothing",
            expected=f"each of {', '.join(ROLES)} at most once, and always {' and '.join(needed)}",
        )
