"""Where a figure comes from: the commit is that of our own checkout, or none."""

from __future__ import annotations

import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

import humankind
from humankind.spine.provenance import provenance

GIT = shutil.which("git")


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Path:
    """A repository with one commit that holds our package, which is taken for the one that runs."""
    if GIT is None:
        pytest.skip("git is not installed")
    package = tmp_path / "src" / "humankind"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / ".gitignore").write_text("site/\n", encoding="utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "one")
    monkeypatch.setattr(humankind, "__file__", str(package / "__init__.py"))
    return tmp_path


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def test_the_commit_is_told_and_changes_are_marked(checkout):
    head = git(checkout, "rev-parse", "HEAD")
    assert provenance()["commit"] == head[:12]
    (checkout / "src" / "humankind" / "__init__.py").write_text("changed = True\n", encoding="utf-8")
    assert provenance()["commit"] == f"{head[:12]}+"


def test_the_commit_of_somebody_elses_checkout_is_not_ours(checkout, monkeypatch):
    site = checkout / "site" / "humankind"
    site.mkdir(parents=True)
    (site / "__init__.py").write_text("", encoding="utf-8")
    monkeypatch.setattr(humankind, "__file__", str(site / "__init__.py"))
    assert provenance()["commit"] == ""


def test_without_git_there_is_no_commit_and_no_error(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert provenance()["commit"] == ""


def test_versions_are_the_installed_ones():
    told = provenance()
    assert told["humankind"] == humankind.__version__
    assert told["python"] == platform.python_version()
    assert told["packages"]["numpy"] == metadata.version("numpy")
    assert all(told["packages"].values())
    assert told["device"].endswith("CPU cores")
