"""What a setting takes, in words: `auto or float > 0` for people instead of a type for programs."""

from __future__ import annotations

from collections.abc import Iterable
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

_NAMES = {bool: "true or false", str: "text", NoneType: "null"}
_SIGNS = {
    "Gt": ("gt", ">"),
    "Ge": ("ge", ">="),
    "Lt": ("lt", "<"),
    "Le": ("le", "<="),
    "MultipleOf": ("multiple_of", "a multiple of"),
    "MinLen": ("min_length", "of length >="),
    "MaxLen": ("max_length", "of length <="),
}


def in_words(kind: Any, bounds: Iterable[Any] = ()) -> str:
    """Return what values of a type look like when they are typed.

    Args:
        kind: a type, as a field is annotated with it.
        bounds: what `Annotated` says of it: `Ge(1)`, `Le(5)`.

    >>> from annotated_types import Gt, Le
    >>> in_words(Literal["auto"] | Annotated[float, Gt(0), Le(1)])
    'auto or float > 0, <= 1'
    >>> from annotated_types import MultipleOf
    >>> in_words(int, [Gt(0), MultipleOf(4)])
    'int > 0, a multiple of 4'
    >>> in_words(tuple[int, ...])
    '[int, ...]'
    >>> in_words(Literal["mf", "als", "lightgcn"])
    'mf, als or lightgcn'
    """
    return _plain(kind) + "".join(_bound(bound, comma=number > 0) for number, bound in enumerate(bounds))


def _plain(kind: Any) -> str:
    parts = get_args(kind)
    match get_origin(kind):
        case None:
            return _NAMES.get(kind, getattr(kind, "__name__", str(kind)))
        case origin if origin is Annotated:
            return in_words(parts[0], parts[1:])
        case origin if origin is Literal:
            return _either([str(part) for part in parts])
        case origin if origin in (Union, UnionType):
            return _either([in_words(part) for part in parts])
        case origin if origin in (tuple, list):
            open_end = ", ..." if origin is list or parts[-1] is ... else ""
            return f"[{', '.join(in_words(part) for part in parts if part is not ...)}{open_end}]"
        case _:
            return str(kind)


def _either(choices: list[str]) -> str:
    return " or ".join(part for part in (", ".join(choices[:-1]), choices[-1]) if part)


def _bound(bound: Any, *, comma: bool) -> str:
    attribute, sign = _SIGNS.get(type(bound).__name__, ("", ""))
    text = f"{sign} {getattr(bound, attribute)}" if sign else str(bound)
    return f", {text}" if comma else f" {text}"
