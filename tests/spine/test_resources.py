"""What the machine has: limits of containers count, and work that does not fit is refused before it starts."""

from __future__ import annotations

import os
import sys

import psutil
import pytest

from humankind.spine import resources
from humankind.spine.errors import ConfigError, ResourceError

GIB = 2**30


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with 8 GiB free whose container files are those that are written into `tmp_path`."""
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("Memory", (), {"available": 8 * GIB})())
    monkeypatch.setattr(resources, "_CGROUP", tmp_path)
    return tmp_path


def limit(folder, version, at_most, used, cached=0):
    """Write the files of a container with this limit."""
    files = {
        2: ("memory.max", "memory.current", "memory.stat", "inactive_file"),
        1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "memory.stat", "total_inactive_file"),
    }[version]
    folder = folder if version == 2 else folder / "memory"
    folder.mkdir(exist_ok=True)
    for name, text in zip(files, (f"{at_most}\n", f"{used}\n", f"anon 1\n{files[3]} {cached}\n")):
        (folder / name).write_text(text)


def test_without_a_container_the_machine_counts(machine):
    assert resources.available_memory() == 8 * GIB


@pytest.mark.parametrize("version", [1, 2])
def test_the_limit_of_a_container_counts(machine, version):
    limit(machine, version, 4 * GIB, 3 * GIB)
    assert resources.available_memory() == GIB


@pytest.mark.parametrize("version", [1, 2])
def test_cached_files_give_way(machine, version):
    limit(machine, version, 4 * GIB, 3 * GIB, cached=2 * GIB)
    assert resources.available_memory() == 3 * GIB


def test_a_container_without_a_limit_changes_nothing(machine):
    limit(machine, 2, "max", 3 * GIB)
    assert resources.available_memory() == 8 * GIB


def test_the_machine_counts_where_the_container_allows_more(machine):
    limit(machine, 2, 64 * GIB, GIB)
    assert resources.available_memory() == 8 * GIB


def test_use_over_the_limit_leaves_nothing(machine):
    limit(machine, 2, GIB, 2 * GIB)
    assert resources.available_memory() == 0


def test_work_is_refused_above_nine_tenths_of_what_is_left(machine):
    resources.require_memory(7 * GIB, "this", "take less")
    with pytest.raises(ResourceError, match="the Gram matrix would not fit") as error:
        resources.require_memory(int(7.5 * GIB), "the Gram matrix", "choose sparse=fsslim")
    told = error.value.as_dict()
    assert (told["found"], told["expected"]) == ("about 7.5 GiB needed", "at most 7.2 GiB")
    assert told["remedy"] == "choose sparse=fsslim"
    assert error.value.exit_code == 2


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (3 * GIB, "3.0 GiB"), (5000 * GIB, "4.9 TiB")],
)
def test_sizes_are_written_for_people(n_bytes, text):
    assert resources.human_size(n_bytes) == text


def test_threads_are_those_this_process_may_use(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert resources.n_threads() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert resources.n_threads() == 1


@pytest.fixture
def torch_with(monkeypatch):
    """Put a torch in place that sees a GPU or none; None: no torch is installed."""

    def put(sees: bool | None) -> None:
        cuda = type("Cuda", (), {"is_available": staticmethod(lambda: sees)})
        monkeypatch.setitem(sys.modules, "torch", None if sees is None else type("Torch", (), {"cuda": cuda}))

    return put


@pytest.mark.parametrize(
    ("preferred", "sees", "chosen"),
    [
        ("auto", True, "cuda"),
        ("auto", False, "cpu"),
        ("auto", None, "cpu"),
        ("cuda", True, "cuda"),
        ("cpu", True, "cpu"),
        ("cpu", None, "cpu"),
    ],
)
def test_the_device_is_what_is_asked_for_and_there(torch_with, preferred, sees, chosen):
    torch_with(sees)
    assert resources.device(preferred) == chosen


@pytest.mark.parametrize(("preferred", "sees"), [("cuda", False), ("cuda", None), ("gpu", True), ("", True)])
def test_a_device_that_is_not_there_is_refused(torch_with, preferred, sees):
    torch_with(sees)
    with pytest.raises(ConfigError):
        resources.device(preferred)
