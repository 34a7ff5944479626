"""Finding, getting and checking data sets, and refusing uses that their terms do not allow.

A data set is looked for inside the package first, then in each data home: the folders of the environment variable
HUMANKIND_DATA, then the user's own data folder. Nothing is fetched unless `get` is called.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from humankind.spine.catalog import CATALOG, Source
from humankind.spine.errors import DataError, LicenceError
from humankind.spine.progress import SILENT, Progress
from humankind.spine.runs import folder_once

Status = Literal["embedded", "present", "damaged", "absent"]
_PACKAGE = Path(__file__).resolve().parents[1]
EMBEDDED = {"msweb": _PACKAGE / "systems" / "recommendation" / "embedded" / "msweb"}
"""Data sets that come with the package."""


def source(name: str) -> Source:
    """Return the facts of a data set; DataError with near matches where the name is unknown."""
    if name not in CATALOG:
        near = get_close_matches(name, CATALOG, n=3, cutoff=0.4)
        raise DataError(
            "there is no such data set",
            found=repr(name),
            expected="a name that `humankind data list` shows",
            remedy=f"did you mean {' or '.join(near)}?" if near else None,
        )
    return CATALOG[name]


def data_homes() -> list[Path]:
    """Return the folders in which data sets are looked for, in order; the last is the user's own."""
    import platformdirs

    named = [Path(part) for part in os.environ.get("HUMANKIND_DATA", "").split(os.pathsep) if part]
    return [*named, Path(platformdirs.user_data_dir("humankind")) / "data"]


def writable_home() -> Path:
    """Return the folder that `get` writes into: the first data home that may be written, else the user's own."""
    homes = data_homes()
    return next((home for home in homes if _may_write(home)), homes[-1])


def _may_write(folder: Path) -> bool:
    """Return whether a folder, or the nearest one above it that exists, may be written.

    A folder without any write bit is meant to stay as it is, even by those whom the system lets write it.
    """
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return existing.is_dir() and os.access(existing, os.W_OK) and bool(existing.stat().st_mode & 0o222)


def locate(name: str) -> Path:
    """Return the folder of a data set.

    Raises:
        DataError: it is not on this machine; the message says how to get it.
    """
    known = source(name)
    if name in EMBEDDED:
        return EMBEDDED[name]
    for home in data_homes():
        for folder in (home / name, home / known.folder):
            if _is_there(folder, known):
                return folder
    raise DataError(
        f"the data set {name} is not on this machine",
        found=f"none of {', '.join(str(home) for home in data_homes())} has it",
        expected=f"a folder {known.folder}/" + (f" with {', '.join(known.files)}" if known.files else ""),
        remedy=remedy(name),
    )


def _is_there(folder: Path, known: Source) -> bool:
    if not known.files:
        return folder.is_dir() and any(folder.iterdir())
    return all((folder / file).is_file() for file in known.files)


def remedy(name: str) -> str:
    """Return what a person does to have a data set on this machine."""
    known = source(name)
    if known.archive:
        return f"humankind data get {name}"
    if known.how_to_get == "not known":
        return f"where to get it is not known to us; with a copy of your own: humankind data get {name} --from PATH"
    return f"get it from {known.how_to_get}, then: humankind data get {name} --from PATH"


def use(name: str, purpose: Literal["train", "evaluate"]) -> Path:
    """Return the folder of a data set for a purpose.

    Raises:
        LicenceError: the purpose is not permitted.
        DataError: it is not on this machine.
    """
    known = source(name)
    if purpose not in known.permitted:
        raise LicenceError(
            f"{name} must not be used to {purpose}",
            found=f"licence {known.licence}: {known.licence_note}",
            expected=f"only: {', '.join(sorted(known.permitted))}",
            remedy="use other data for this purpose; `humankind data list` shows what each set permits",
        )
    return locate(name)


def get(name: str, from_path: Path | None = None, progress: Progress = SILENT) -> Path:
    """Return the folder of a data set after copying or downloading it and checking it.

    Args:
        name: a data set of the catalog.
        from_path: a folder that holds its files, or its only file; without it the public archive is fetched.
        progress: told how much of a download has come.

    Raises:
        DataError: no path is given and there is no public archive (the message says where a person gets it), a file
            is missing, or its checksum is not the known one. Nothing is left half-copied.
    """
    known = source(name)
    if name in EMBEDDED:
        if from_path is not None:
            raise DataError(f"{name} comes with the package", where=EMBEDDED[name], remedy="use it without --from")
        return EMBEDDED[name]
    if from_path is None and not known.archive:
        raise DataError(f"{name} cannot be downloaded for you", found=f"licence {known.licence}", remedy=remedy(name))
    target = writable_home() / name
    if target.exists():
        raise DataError(f"{name} is already there", where=target, remedy="remove that folder first to replace it")
    if from_path is None:
        return folder_once(target, lambda folder: _download(known, folder, progress))
    files = _files_in(from_path, known)

    def fill(folder: Path) -> None:
        for relative, path in files.items():
            (folder / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / relative)
        _check(folder, known)

    return folder_once(target, fill)


def verify(name: str) -> Path:
    """Return the folder of a data set after comparing every known file with its checksum."""
    folder = locate(name)
    _check(folder, source(name))
    return folder


def status(name: str) -> Status:
    """Return whether a data set is `embedded`, `present`, `damaged` (a checksum differs) or `absent`."""
    try:
        folder = locate(name)
    except DataError:
        return "absent"
    try:
        _check(folder, source(name))
    except DataError:
        return "damaged"
    return "embedded" if name in EMBEDDED else "present"


def _download(known: Source, folder: Path, progress: Progress) -> None:
    from humankind.spine.fetch import fetch_archive

    fetch_archive(known.archive["url"], known.archive["checksum"], folder, progress)
    _check(folder, known)


def _files_in(path: Path, known: Source) -> dict[str, Path]:
    if path.is_file():
        expected = list(known.files) or [path.name]
        if len(expected) != 1:
            raise DataError(f"{known.name} has several files", found=path, expected=", ".join(expected))
        return {expected[0]: path}
    if not path.is_dir():
        raise DataError("there is no such file or folder", found=path, where="--from")
    if known.files:
        missing = [file for file in known.files if not (path / file).is_file()]
        if missing:
            raise DataError(f"files of {known.name} are missing", found=path, expected=", ".join(missing))
        return {file: path / file for file in known.files}
    return {str(file.relative_to(path)): file for file in sorted(path.rglob("*")) if file.is_file()}


def _check(folder: Path, known: Source) -> None:
    for file, expected in known.files.items():
        try:
            with (folder / file).open("rb") as opened:
                found = f"SHA-256 {hashlib.file_digest(opened, 'sha256').hexdigest()}"
        except OSError as error:
            found = f"{type(error).__name__}: {error.strerror}"
        if found != f"SHA-256 {expected}":
            raise DataError(
                f"a file of {known.name} is not the known one",
                found=found,
                where=file,
                expected=f"SHA-256 {expected}",
                remedy="get the file again; another version would give other figures",
            )
