"""Data sources: what may be used for what, and that a wrong or half file never counts as there."""

from __future__ import annotations

import hashlib
import http.server
import os
import shutil
import threading
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from humankind.spine import sources
from humankind.spine.catalog import CATALOG
from humankind.spine.errors import DataError, LicenceError
from humankind.spine.progress import Progress


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """An empty data home that is the only one."""
    folder = tmp_path / "home"
    monkeypatch.setattr(sources, "data_homes", lambda: [folder])
    return folder


@pytest.fixture
def one_file(tmp_path, monkeypatch) -> Path:
    """A data set `toy` of one file, and a true copy of that file."""
    copy = tmp_path / "copy" / "toy.csv"
    copy.parent.mkdir()
    copy.write_text("user,item\na,x\n", encoding="utf-8")
    digest = hashlib.sha256(copy.read_bytes()).hexdigest()
    toy = replace(CATALOG["hitom"], name="toy", folder="toy_folder", files={"toy.csv": digest}, archive={})
    monkeypatch.setitem(CATALOG, "toy", toy)
    return copy


def test_a_true_copy_is_kept_and_found(home, one_file):
    assert sources.status("toy") == "absent"
    folder = sources.get("toy", one_file)
    assert folder == home / "toy" == sources.locate("toy") == sources.verify("toy")
    assert (folder / "toy.csv").read_text(encoding="utf-8") == "user,item\na,x\n"
    assert sources.status("toy") == "present"


def test_a_changed_copy_is_refused_and_leaves_nothing(home, one_file):
    one_file.write_text("user,item\na,y\n", encoding="utf-8")
    with pytest.raises(DataError, match="not the known one") as error:
        sources.get("toy", one_file)
    assert CATALOG["toy"].files["toy.csv"] in str(error.value)
    assert not (home / "toy").exists()
    assert list(home.iterdir()) == []


def test_damage_after_the_fact_is_seen(home, one_file):
    folder = sources.get("toy", one_file)
    (folder / "toy.csv").write_text("broken", encoding="utf-8")
    assert sources.status("toy") == "damaged"
    with pytest.raises(DataError, match="not the known one"):
        sources.verify("toy")


def test_the_folder_name_of_the_catalog_is_found_too(home, one_file):
    (home / "toy_folder").mkdir(parents=True)
    (home / "toy_folder" / "toy.csv").write_bytes(one_file.read_bytes())
    assert sources.locate("toy") == home / "toy_folder"


def test_a_folder_without_files_does_not_count_as_there(home):
    (home / "movielens-20m").mkdir(parents=True)
    assert sources.status("movielens-20m") == "absent"
    (home / "movielens-20m" / "ratings.csv").write_text("x", encoding="utf-8")
    assert sources.status("movielens-20m") == "present"


def test_a_copy_that_breaks_off_leaves_nothing(home, one_file, monkeypatch):
    def break_off(source: Path, target: Path) -> None:
        target.write_text("user", encoding="utf-8")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sources.shutil, "copyfile", break_off)
    with pytest.raises(OSError, match="No space"):
        sources.get("toy", one_file)
    assert list(home.iterdir()) == []
    assert sources.status("toy") == "absent"


def test_the_first_home_that_may_be_written_is_written(tmp_path, monkeypatch, one_file):
    kept, new = tmp_path / "kept", tmp_path / "deep" / "new"
    kept.mkdir()
    kept.chmod(0o555)
    monkeypatch.setenv("HUMANKIND_DATA", os.pathsep.join([str(kept), str(new)]))
    assert sources.data_homes()[:2] == [kept, new]
    assert sources.get("toy", one_file) == new / "toy"
    assert list(kept.iterdir()) == []
    monkeypatch.setenv("HUMANKIND_DATA", str(kept))
    assert sources.writable_home() == sources.data_homes()[-1] != kept


def test_every_home_is_searched(tmp_path, monkeypatch, one_file):
    first, second = tmp_path / "first", tmp_path / "second"
    (second / "toy").mkdir(parents=True)
    (second / "toy" / "toy.csv").write_bytes(one_file.read_bytes())
    monkeypatch.setenv("HUMANKIND_DATA", os.pathsep.join([str(first), str(second)]))
    assert sources.locate("toy") == second / "toy"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("movielens-1m", "humankind data get movielens-1m"),
        ("tombench", "get it from https://github.com/zhchen18/ToMBench, then: humankind data get tombench --from PATH"),
        ("sotopia", "not known to us; with a copy of your own: humankind data get sotopia --from PATH"),
    ],
)
def test_what_is_absent_comes_with_the_command_that_gets_it(home, name, told):
    with pytest.raises(DataError, match="not on this machine") as error:
        sources.locate(name)
    assert (error.value.remedy or "").endswith(told)


def test_the_embedded_files_are_the_known_ones_and_damage_is_seen(tmp_path, monkeypatch):
    assert sources.verify("msweb") == sources.EMBEDDED["msweb"]
    assert len(CATALOG["msweb"].files) == 3
    copy = tmp_path / "msweb"
    shutil.copytree(sources.EMBEDDED["msweb"], copy)
    monkeypatch.setitem(sources.EMBEDDED, "msweb", copy)
    (copy / "areas.csv").write_text("area,title,url\n", encoding="utf-8")
    assert sources.status("msweb") == "damaged"
    (copy / "areas.csv").unlink()
    with pytest.raises(DataError, match="not the known one"):
        sources.verify("msweb")


def test_what_comes_with_the_package_is_not_got_from_elsewhere(home, tmp_path):
    assert sources.get("msweb") == sources.EMBEDDED["msweb"]
    with pytest.raises(DataError, match="comes with the package"):
        sources.get("msweb", tmp_path)


@pytest.mark.data
def test_the_known_checksums_are_those_of_the_local_copies(data_home):
    """Every set whose files we say we know, where this machine has it."""
    states = {name: sources.status(name) for name, known in CATALOG.items() if known.files}
    assert len(states) >= 15
    assert "damaged" not in states.values(), states
    assert list(states.values()).count("present") >= 1


def test_an_existing_copy_is_not_overwritten(home, one_file):
    sources.get("toy", one_file)
    with pytest.raises(DataError, match="already there"):
        sources.get("toy", one_file)


def test_a_folder_without_the_files_names_them(home, one_file, tmp_path):
    with pytest.raises(DataError, match="missing") as error:
        sources.get("toy", tmp_path)
    assert "toy.csv" in str(error.value)


def test_what_cannot_be_fetched_says_where_a_person_gets_it(home):
    with pytest.raises(DataError, match="cannot be downloaded") as error:
        sources.get("tombench")
    assert CATALOG["tombench"].how_to_get in str(error.value)


def test_tombench_is_never_trained_on():
    with pytest.raises(LicenceError, match="must not be used to train"):
        sources.use("tombench", "train")


def test_an_unknown_name_gets_a_near_one():
    with pytest.raises(DataError, match="no such data set") as error:
        sources.locate("movielens1m")
    assert "movielens-1m" in str(error.value)


def test_the_embedded_set_is_there_without_any_home(home):
    assert sources.status("msweb") == "embedded"
    assert (sources.use("msweb", "train") / "areas.csv").is_file()


def test_every_source_says_what_it_permits():
    assert len(CATALOG) >= 50
    for known in CATALOG.values():
        assert known.permitted <= {"train", "evaluate"}, known.name
        assert known.permitted, known.name
        assert known.licence, known.name
        assert known.how_to_get, known.name
        assert all(len(digest) == 64 for digest in known.files.values()), known.name


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A data set `zipped` behind a real web server on this machine."""
    folder = tmp_path / "www"
    folder.mkdir()
    with zipfile.ZipFile(folder / "set.zip", "w") as archive:
        archive.writestr("set-1.0/ratings.csv", "userId,movieId\n1,2\n")
    handler = type(
        "Handler",
        (http.server.SimpleHTTPRequestHandler,),
        {"directory": str(folder), "log_message": lambda *_: None},
    )
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: handler(*a, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    digest = hashlib.md5((folder / "set.zip").read_bytes()).hexdigest()
    archive = {"url": f"http://127.0.0.1:{server.server_port}/set.zip", "checksum": f"md5:{digest}"}
    known = replace(CATALOG["movielens-1m"], name="zipped", folder="zipped", archive=archive)
    monkeypatch.setitem(CATALOG, "zipped", known)
    yield known
    server.shutdown()


class Heard(Progress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.totals: list[float | None] = []
        self.steps: list[float] = []

    @contextmanager
    def task(self, title: str, total: float | None = None) -> Generator[Heard]:
        self.totals.append(total)
        yield self

    def advance(self, steps: float = 1) -> None:
        self.steps.append(steps)

    def note(self, text: str) -> None:
        pass


@pytest.mark.enable_socket
def test_a_download_tells_how_much_has_come(home, served):
    heard = Heard()
    sources.get("zipped", progress=heard)
    assert len(heard.totals) == 1
    assert heard.totals[0]
    assert sum(heard.steps) == pytest.approx(heard.totals[0])
    assert min(heard.steps) > 0


@pytest.mark.enable_socket
def test_a_server_that_does_not_have_it_is_named(home, served, monkeypatch):
    gone = {**served.archive, "url": served.archive["url"] + ".gone"}
    monkeypatch.setitem(CATALOG, "zipped", replace(served, archive=gone))
    with pytest.raises(DataError, match="could not be fetched") as error:
        sources.get("zipped")
    assert "404" in str(error.value.found)
    assert list(home.iterdir()) == []


@pytest.mark.enable_socket
def test_an_archive_without_the_known_files_leaves_nothing(home, served, monkeypatch):
    monkeypatch.setitem(CATALOG, "zipped", replace(served, files={"ratings.csv": "0" * 64}))
    with pytest.raises(DataError, match="not the known one"):
        sources.get("zipped")
    assert list(home.iterdir()) == []


@pytest.mark.enable_socket
def test_an_archive_is_fetched_checked_and_unpacked(home, served):
    folder = sources.get("zipped")
    assert (folder / "ratings.csv").read_text(encoding="utf-8").startswith("userId")
    assert [path.name for path in home.iterdir()] == ["zipped"]


@pytest.mark.enable_socket
def test_an_archive_with_another_checksum_leaves_nothing(home, served, monkeypatch):
    wrong = {**served.archive, "checksum": "md5:" + "0" * 32}
    monkeypatch.setitem(CATALOG, "zipped", replace(served, archive=wrong))
    with pytest.raises(DataError, match="could not be fetched") as error:
        sources.get("zipped")
    assert "0" * 32 in str(error.value.expected)
    assert served.archive["checksum"].removeprefix("md5:") in str(error.value.found)
    assert list(home.iterdir()) == []
