"""Full names that already belong to somebody: villains of history, and people everybody knows."""

from __future__ import annotations

from humankind.systems.naming.wordlists import sections

VILLAINS = frozenset(sections("famous")["villains"])
KNOWN = frozenset(sections("famous")["known"])
