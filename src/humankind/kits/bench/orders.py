"""Option orders: which option stands behind which letter.

Over the rows of a Latin square each option stands once behind each letter, so whoever always says the same letter is
right on exactly 1/n of the trials, whatever the gold options are.
"""

from __future__ import annotations

from typing import Literal

from humankind.kits.bench.questions import LETTERS
from humankind.spine.errors import ConfigError

Order = tuple[int, ...]
"""`order[i]` is the position, in the question's own order, of the option behind the i-th letter."""

Protocol = Literal["identity", "paper", "cyclic"]
"""`identity`: the question's own order. `paper`: MotiveBench's six orders for six options, `cyclic` for other numbers.
`cyclic`: as many rotations as there are options."""

MOTIVEBENCH_ORDERS: tuple[Order, ...] = (
    (0, 1, 2, 3, 4, 5),
    (5, 4, 3, 2, 1, 0),
    (2, 0, 5, 4, 3, 1),
    (1, 2, 4, 5, 0, 3),
    (4, 3, 0, 1, 5, 2),
    (3, 5, 1, 0, 2, 4),
)
"""MotiveBench's six, from its released code, there counted from 1: 123456 654321 316542 235614 541263 462135."""


def identity(n_options: int) -> Order:
    """Return the order in which nothing moves."""
    return tuple(range(_checked(n_options)))


def cyclic(n_options: int) -> tuple[Order, ...]:
    """Return the rotations of n options: a Latin square of n orders, the first of them the identity.

    >>> cyclic(3)
    ((0, 1, 2), (1, 2, 0), (2, 0, 1))
    """
    n = _checked(n_options)
    return tuple(tuple((start + place) % n for place in range(n)) for start in range(n))


def shown_orders(n_options: int, protocol: Protocol = "identity") -> tuple[Order, ...]:
    """Return the orders in which a question of n options is shown under a protocol.

    Args:
        n_options: 1 to 26; 0 for an open question, which is asked once and shows nothing.
        protocol: `identity`, `paper` or `cyclic`.

    Raises:
        ConfigError: the number of options or the protocol is not one of these.
    """
    if protocol not in ("identity", "paper", "cyclic"):
        raise ConfigError("there is no such protocol", found=repr(protocol), expected="identity, paper or cyclic")
    if n_options == 0:
        return ((),)
    if protocol == "identity":
        return (identity(n_options),)
    if protocol == "paper" and n_options == len(MOTIVEBENCH_ORDERS):
        return MOTIVEBENCH_ORDERS
    return cyclic(n_options)


def _checked(n_options: int) -> int:
    if not 1 <= n_options <= len(LETTERS):
        raise ConfigError("a question cannot have so many options", found=n_options, expected=f"1 to {len(LETTERS)}")
    return n_options
