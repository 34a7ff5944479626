"""Optional parts of the package: what each needs, what of it is missing, the command that installs it."""

from __future__ import annotations

import re
from importlib import import_module, metadata
from types import ModuleType

from humankind.spine.errors import MissingExtraError

_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)[^;]*(?:;.*extra\s*==\s*['\"](?P<extra>[^'\"]+)['\"])?")


def requirements(extra: str = "") -> list[str]:
    """Return the distributions that an extra adds, by name; those of the base install without one.

    >>> "numpy" in requirements(), "torch" in requirements(), "torch" in requirements("recommendation")
    (True, False, True)
    """
    found = (_REQUIREMENT.match(text) for text in metadata.requires("humankind") or [])
    return [one["name"] for one in found if one and (one["extra"] or "") == extra]


def version(distribution: str) -> str:
    """Return the installed version of a distribution, an empty text where it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def missing(extra: str) -> list[str]:
    """Return the distributions of an extra that are not installed; empty for no extra."""
    return [name for name in requirements(extra) if not version(name)] if extra else []


def install_command(extra: str) -> str:
    """Return the one line that installs an extra.

    >>> install_command("recommendation")
    'pip install "humankind[recommendation]"'
    """
    return f'pip install "humankind[{extra}]"'


def missing_extra(extra: str, module: str, user: str = "this") -> MissingExtraError:
    """Return the error that says which module of an extra is missing and how to install it.

    Args:
        extra: the optional part.
        module: what could not be imported.
        user: who needs it, as a noun phrase.
    """
    return MissingExtraError(
        f"{user} needs packages that are not installed", found=module, remedy=install_command(extra)
    )


def require(extra: str, *modules: str) -> tuple[ModuleType, ...]:
    """Return the imported modules of an extra, in the order they were named.

    Args:
        extra: the optional part that brings them.
        modules: dotted names.

    Raises:
        MissingExtraError: a module, or one that it needs in turn, is not installed; says how to install the extra.

    >>> json, = require("recommendation", "json")
    >>> json.__name__
    'json'
    """
    try:
        return tuple(import_module(module) for module in modules)
    except ModuleNotFoundError as error:
        raise missing_extra(extra, error.name or ", ".join(modules)) from None
