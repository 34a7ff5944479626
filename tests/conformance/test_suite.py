"""Runs the conformance suite over every built system."""

from __future__ import annotations

import subprocess
import sys

import pytest

from humankind.systems import NOUNS, cards
from humankind.testing.conformance import HEAVY, Conformance, ConformanceSuite, built


class TestConformance(ConformanceSuite):
    pass


def test_every_built_system_is_covered(adapters: dict[str, Conformance]) -> None:
    covered = {noun for noun, adapter in adapters.items() if adapter.noun == noun}
    names = [name for name in dir(ConformanceSuite) if name.startswith("test_")]
    assert covered == set(built())
    assert len(covered) >= 1
    assert len(names) >= 12
    assert len(cards()) == len(NOUNS) == 10


def test_the_suite_would_catch_a_liar(system: Conformance) -> None:
    """A card that names a verb which the commands lack must fail."""
    from dataclasses import replace

    from humankind.spine.cards import Verb

    class Lying(Conformance):
        card = replace(system.card, verbs=(*system.card.verbs, Verb(name="fly", help="Fly.")))

    liar = Lying(**{name: getattr(system, name) for name in Conformance.__dataclass_fields__})
    with pytest.raises(AssertionError):
        ConformanceSuite().test_card_and_commands_name_the_same_verbs(liar)


def test_importing_the_package_loads_nothing_heavy() -> None:
    program = f"import humankind, sys; print([name for name in {HEAVY} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout.strip() == "[]"
