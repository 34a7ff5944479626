"""Errors say what was found, where, what was expected and what to do; the exit codes hang on the tree."""

from __future__ import annotations

import inspect
import json

import pytest

from humankind.spine import errors
from humankind.spine.errors import DataError, HumankindError, InputError, InternalError

TREE = {
    name: kind for name, kind in vars(errors).items() if inspect.isclass(kind) and kind.__module__ == errors.__name__
}


def test_every_error_has_the_exit_code_of_its_side() -> None:
    assert len(TREE) >= 10
    for name, kind in TREE.items():
        assert issubclass(kind, HumankindError), name
        mendable = issubclass(kind, InputError)
        assert kind("x").exit_code == (2 if mendable else 3), name
    assert not issubclass(InternalError, InputError)


@pytest.mark.parametrize("part", ["found", "where", "expected", "remedy"])
def test_a_part_that_is_given_is_told_and_one_that_is_not_is_left_out(part: str) -> None:
    told = str(DataError("bad row", **{part: "here it is"}))
    assert told.splitlines()[0] == "bad row"
    assert len(told.splitlines()) == 2
    assert told.endswith("here it is")


def test_a_part_that_is_zero_or_empty_is_still_told() -> None:
    assert DataError("too few", found=0, expected="").as_dict() == {
        "error": "DataError",
        "problem": "too few",
        "found": "0",
        "expected": "",
    }
    assert "found:    0" in str(DataError("too few", found=0))


def test_the_parts_can_be_written_as_json(tmp_path) -> None:
    told = InputError("unreadable", where=tmp_path, found=ValueError("x")).as_dict()
    assert json.loads(json.dumps(told))["where"] == str(tmp_path)
