"""Addresses: who is meant by one, how lists of them are read, when one proves who somebody is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from humankind.systems.privacy.norms import Party, folded

_NAMED = re.compile(r"\s*(?P<name>[^<>]*?)\s*<(?P<address>[^<>]+)>\s*")
_WHO = ("email", "address", "id", "user_id", "recipient_id", "username", "handle", "name", "phone")
"""Fields of an object in a list of recipients that name one, best first."""


def address_of(text: str) -> str:
    """Return the address alone, in even spelling: a display name proves nothing.

    >>> address_of("Ann Lee <Evil@X.org>")
    'evil@x.org'
    """
    named = _NAMED.fullmatch(text)
    return folded(named["address"] if named else text).removeprefix("mailto:").strip("\"' ")


def addresses_in(value: Any) -> Iterator[str]:
    """Yield the addresses of an argument: a text with commas or semicolons, a list, objects that name somebody.

    >>> list(addresses_in(["bob@x.org; Carl <carl@x.org>", {"email": "dan@x.org"}]))
    ['bob@x.org', 'carl@x.org', 'dan@x.org']
    """
    if isinstance(value, str):
        yield from (found for part in re.split(r"[,;\n]", value) if (found := address_of(part)))
    elif isinstance(value, Mapping):
        best = next((value[key] for key in _WHO if isinstance(value.get(key), str | int)), None)
        yield from addresses_in(str(best) if best is not None else list(value.values()))
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            yield from addresses_in(part)
    elif value is not None and not isinstance(value, bool):
        yield folded(str(value))


def is_anyone(party: Party) -> bool:
    """Return whether a party has neither name nor address, so that everybody may be meant."""
    return not _ids(party)


def is_party(party: Party, address: str) -> bool:
    """Return whether an address is a party's, as far as what is declared of the party tells.

    A mail address must be among the declared ones where any mail address is declared; otherwise the part before the
    `@` may be the party's name, as `ann.lee@x.org` for Ann Lee.

    >>> is_party(Party(name="Ann Lee"), "ann.lee@x.org"), is_party(Party(name="Ann Lee"), "ann_lee")
    (True, True)
    >>> is_party(Party(name="Ann Lee", addresses=("ann@x.org",)), "ann.lee@evil.org")
    False
    """
    if owns(party, address):
        return True
    address = address_of(address)
    local, at, _ = address.partition("@") if not address.startswith("@") else (address[1:], "", "")
    if at and any("@" in known.lstrip("@") for known in party.addresses):
        return False
    return bool(local) and _slug(local) in _ids(party)


def owns(party: Party, address: str) -> bool:
    """Return whether an address is surely a party's own: declared, or its full name or id where none is declared.

    This is what consent and a subject's own data hang on; a mail address that only resembles a name is not enough.

    >>> owns(Party(name="Ann Lee"), "ann.lee@x.org"), owns(Party(name="Ann Lee"), "ann_lee")
    (False, True)
    """
    address = address_of(address)
    if not address:
        return False
    if party.addresses:
        return address in {address_of(known) for known in party.addresses}
    return bool(party.name.strip()) and "@" not in address.lstrip("@") and _slug(address) == _slug(party.name)


def _ids(party: Party) -> frozenset[str]:
    return frozenset(_slug(address_of(name)) for name in (party.name, *party.addresses) if name.strip())


def _slug(name: str) -> str:
    return re.sub(r"[\s._\-]+", "_", folded(name)).strip("_@#")
