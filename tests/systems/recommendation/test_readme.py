"""What the README says of options holds for every verb of every built system."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer

from humankind.testing.commands import done
from humankind.testing.conformance import built

README = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
OF_A_RUN = {"--preset", "--set", "--seed", "--out", "--resume"}


def options(noun: str) -> dict[str, set[str]]:
    group: Any = typer.main.get_command(import_module(f"humankind.systems.{noun}.commands").app)
    return {name: {o for p in command.params for o in p.opts} for name, command in group.commands.items()}


@pytest.mark.parametrize("noun", built())
def test_verbs_take_the_options_that_the_readme_says(noun: str) -> None:
    verbs = options(noun)
    assert verbs
    for name, taken in verbs.items():
        assert "--json" in taken, name
        if "--resume" in taken or "--preset" in taken:
            assert taken >= OF_A_RUN, name
            assert "Settings (--set" in done(noun, name, "--help").stdout, name
    assert any(taken >= OF_A_RUN for taken in verbs.values())


def test_the_readme_says_so() -> None:
    text = " ".join(README.split())
    assert "Every verb of a system takes `--json`; those that make a run" in text
    sentence = text[text.index("those that make a run") :].partition(".")[0]
    assert all(option in sentence for option in OF_A_RUN)
    assert "Every command takes `--preset" not in text
