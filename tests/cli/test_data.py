"""`humankind data`: what is here, how the rest is got, and that a wrong copy is not taken."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from humankind.spine import sources
from humankind.spine.catalog import CATALOG
from humankind.testing.commands import done, say
from humankind.testing.conformance import refusal


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data home that is the only one with anything in it."""
    folder = tmp_path / "home"
    monkeypatch.setenv("HUMANKIND_DATA", str(folder))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "own"))
    return folder


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one file of a data set `toy`."""
    path = tmp_path / "toy.csv"
    path.write_text("user,item\na,x\n", encoding="utf-8")
    files = {"toy.csv": hashlib.sha256(path.read_bytes()).hexdigest()}
    monkeypatch.setitem(CATALOG, "toy", replace(CATALOG["hitom"], name="toy", folder="toy", files=files))
    return path


def test_every_data_set_is_listed_with_its_terms() -> None:
    rows = {row["name"]: row for row in done("data", "list", "--json").json["data"]}
    assert set(rows) == set(CATALOG)
    assert rows["tombench"]["permitted"] == ["evaluate"]
    assert rows["tombench"]["status"] == "absent"
    assert rows["msweb"]["status"] == "embedded"
    text = done("data", "list").stdout
    assert all(f"\n{name} " in text for name in CATALOG)


def test_a_copy_is_taken_found_and_verified(home: Path, copy: Path) -> None:
    assert done("data", "get", "toy", "--from", copy, "--json").json == {"name": "toy", "path": str(home / "toy")}
    assert done("data", "path", "toy").stdout == f"{home / 'toy'}\n"
    assert done("data", "verify", "toy", "--json").json == {"data": {"toy": "present"}, "files_compared": {"toy": 1}}
    everything = done("data", "verify", "--json").json["data"]
    assert everything == {"msweb": "embedded", "toy": "present"}


def test_damage_fails_the_verification_of_all_and_of_one(home: Path, copy: Path) -> None:
    done("data", "get", "toy", "--from", copy)
    (home / "toy" / "toy.csv").write_text("broken", encoding="utf-8")
    said = say("data", "verify", "--json")
    assert said.code == 1
    assert said.json["data"]["toy"] == "damaged"
    assert refusal(["data", "verify", "toy"])["where"] == "toy.csv"


def test_files_without_a_known_checksum_are_not_called_verified(home: Path) -> None:
    assert not CATALOG["lastfm"].files
    (home / "lastfm").mkdir(parents=True)
    (home / "lastfm" / "train.txt").write_text("0 1\n", encoding="utf-8")
    assert done("data", "verify", "lastfm", "--json").json["files_compared"] == {"lastfm": 0}
    assert "checksums are not known" in done("data", "verify", "lastfm").stdout


def test_a_wrong_copy_is_refused_and_leaves_nothing(home: Path, copy: Path) -> None:
    copy.write_text("user,item\na,y\n", encoding="utf-8")
    error = refusal(["data", "get", "toy", "--from", copy], home / "toy")
    assert error["expected"] == f"SHA-256 {CATALOG['toy'].files['toy.csv']}"
    assert error["found"] == f"SHA-256 {hashlib.sha256(copy.read_bytes()).hexdigest()}"
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["get", "tombench"], "humankind data get tombench --from PATH"),
        (["path", "gowalla-m1"], "humankind data get gowalla-m1 --from PATH"),
        (["verify", "movielens-1m"], "humankind data get movielens-1m"),
        (["path", "electronics"], "amazon-electronics"),
    ],
)
def test_what_is_absent_or_unknown_is_refused_with_what_to_do(words: list[str], told: str) -> None:
    assert told in refusal(["data", *words])["remedy"]


def test_a_path_that_is_not_there_is_refused(home: Path, copy: Path, tmp_path: Path) -> None:
    assert refusal(["data", "get", "toy", "--from", tmp_path / "gone"], home)["found"] == str(tmp_path / "gone")


def test_nothing_is_written_where_it_must_not_be(home: Path, copy: Path, tmp_path: Path) -> None:
    home.mkdir()
    home.chmod(0o555)
    path = Path(done("data", "get", "toy", "--from", copy, "--json").json["path"])
    assert path == sources.data_homes()[-1] / "toy"
    assert path.is_relative_to(tmp_path / "own")
    assert list(home.iterdir()) == []
