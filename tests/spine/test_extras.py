"""Optional parts: what is missing is named together with the command that installs it."""

from __future__ import annotations

import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from humankind.spine import extras
from humankind.spine.errors import MissingExtraError
from humankind.systems import cards

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def test_requirements_are_those_of_the_project_file() -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]

    def names(lines: list[str]) -> set[str]:
        return {line.split(">")[0].split("=")[0].split("<")[0].strip() for line in lines}

    assert set(extras.requirements()) == names(project["dependencies"])
    assert len(project["optional-dependencies"]) >= 2
    for extra, lines in project["optional-dependencies"].items():
        assert set(extras.requirements(extra)) == names(lines), extra


@pytest.mark.parametrize(
    ("line", "extra"),
    [
        ('one; extra == "x"', "x"),
        ("one>=1,<2 ; extra=='x'", "x"),
        ("one[fast]>=1; python_version < '4' and extra == 'x'", "x"),
        ("one>=1; python_version < '4'", ""),
        ("one", ""),
    ],
)
def test_a_requirement_is_read_however_it_is_written(monkeypatch, line: str, extra: str) -> None:
    monkeypatch.setattr(metadata, "requires", lambda _: [line])
    assert extras.requirements(extra) == ["one"]
    assert extras.requirements("another") == []


def test_what_is_missing_is_named(monkeypatch) -> None:
    monkeypatch.setattr(metadata, "requires", lambda _: ["pytest; extra == 'x'", "no-such-thing; extra == 'x'"])
    assert extras.missing("x") == ["no-such-thing"]
    assert extras.missing("") == []


def test_modules_come_in_the_order_they_were_named() -> None:
    second, first = extras.require("dev", "os.path", "json")
    assert second is sys.modules["os.path"]
    assert first is sys.modules["json"]


def test_a_missing_module_raises_with_the_command_and_without_a_chain() -> None:
    with pytest.raises(MissingExtraError) as error:
        extras.require("recommendation", "json", "humankind_needs_no_such_module")
    assert error.value.found == "humankind_needs_no_such_module"
    assert error.value.remedy == 'pip install "humankind[recommendation]"'
    assert error.value.exit_code == 2
    assert error.value.__suppress_context__


def test_a_module_that_is_missing_further_down_is_the_one_named(monkeypatch, tmp_path) -> None:
    (tmp_path / "needy_module.py").write_text("import quite_absent_module\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingExtraError) as error:
        extras.require("recommendation", "needy_module")
    assert error.value.found == "quite_absent_module"


def test_every_card_names_an_extra_that_exists() -> None:
    declared = set(metadata.metadata("humankind").get_all("Provides-Extra") or [])
    named = {card.extra for card in cards() if card.built and card.extra}
    assert named
    assert named <= declared
    assert all(extras.requirements(extra) for extra in named)
