"""Fixtures of all tests: where local data are, and a home that is nobody's."""

from __future__ import annotations

import os
import sys

# Under several workers each library keeps to one thread: pools that spin on two cores starve one another.
if "PYTEST_XDIST_WORKER" in os.environ:
    for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")

from pathlib import Path

import pytest
from hypothesis import settings

from humankind.spine.threads import wait_briefly

wait_briefly()

# The same examples on every machine, and no verdict that hangs on how busy it is.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

CHECKOUT = Path(__file__).resolve().parents[1]


def find_data_home() -> Path | None:
    """Return the first folder of local data sets, None where there is none."""
    named = [Path(part) for part in os.environ.get("HUMANKIND_DATA", "").split(os.pathsep) if part]
    found = [path.resolve() for path in (*named, CHECKOUT.parent / "shared" / "data") if path.is_dir()]
    return found[0] if found else None


_DATA_HOME = find_data_home()


@pytest.fixture(scope="session")
def data_home() -> Path:
    """The folder of local data sets that may not be shipped."""
    if _DATA_HOME is None:
        pytest.skip("no local data sets: set HUMANKIND_DATA to their folder")
    return _DATA_HOME


@pytest.fixture(autouse=True)
def _nobodys_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests away from the data and caches of whoever runs them."""
    home = tmp_path_factory.getbasetemp() / "home"
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("HUMANKIND_DATA", str(_DATA_HOME) if _DATA_HOME is not None else "")


assert "torch" not in sys.modules, "threads are set before torch is loaded"
