"""`humankind doctor` tells what is there and what is not."""

from __future__ import annotations

import platform
from importlib import metadata

import pytest

from humankind.systems import card, cards
from humankind.testing.commands import done


def test_it_tells_versions_that_are_installed() -> None:
    told = done("doctor", "--json").json
    assert told["python"] == platform.python_version()
    assert told["packages"]["numpy"] == metadata.version("numpy")
    assert told["cores"] >= 1
    assert set(told["systems"]) == {known.noun for known in cards()}


def test_it_tells_where_the_data_of_built_systems_are() -> None:
    told = done("doctor", "--json").json["data"]
    assert set(told) == {name for known in cards() if known.built for name in known.sources}
    assert told["msweb"] == "embedded"


def test_what_is_absent_comes_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUMANKIND_DATA", "")
    told = done("doctor", "--json").json
    absent = {name for name, state in told["data"].items() if state == "absent"}
    assert absent >= {"movielens-1m", "gowalla-m1"}
    assert set(told["to_get"]) == absent
    assert told["to_get"]["movielens-1m"] == "humankind data get movielens-1m"
    assert told["to_get"]["gowalla-m1"].endswith("humankind data get gowalla-m1 --from PATH")


def test_it_names_what_is_missing_and_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = metadata.version

    def without_two(name: str) -> str:
        if name in ("torch", "implicit"):
            raise metadata.PackageNotFoundError(name)
        return installed(name)

    monkeypatch.setattr(metadata, "version", without_two)
    told = done("doctor", "--json").json
    assert "torch is not installed" in told["gpu"]
    extra = card("recommendation").extra
    assert told["packages"]["torch"] == ""
    assert told["systems"]["recommendation"] == f'missing implicit, torch: pip install "humankind[{extra}]"'


def test_unbuilt_systems_are_not_called_ready() -> None:
    told = done("doctor", "--json").json["systems"]
    for known in cards():
        if not known.built:
            assert "not built" in told[known.noun]


def test_people_read_all_of_it() -> None:
    text = done("doctor").stdout
    for part in ("python", "memory", "packages", "systems", "msweb", "recommendation"):
        assert part in text
