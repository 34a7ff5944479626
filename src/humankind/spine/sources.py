"""Finding, getting and checking data sets, and refusing uses that their terms do not allow.

A data set is looked for inside the package first, then in each data home: the folders of the environment variable
HUMANKIND_DATA, then the user's own data folder. Nothing is fetched unless `get` is called.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from humankind.spine.catalog import CATALOG, Source
from humankind.spine.errors import DataError, LicenceError
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
    """Return the folders in which data sets are looked for, in order; `get` writes into the last."""
    import platformdirs

    named = [Path(part) for part in os.environ.get("HUMANKIND_DATA", "").split(os.pathsep) if part]
    return [*named, Path(platformdirs.user_data_dir("humankind")) / "data"]


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
            if folder.is_dir() and all((folder / file).is_file() for file in known.files):
                return folder
    raise DataError(
        f"the data set {name} is not on this machine",
        found=f"none of {', '.join(str(home) for home in data_homes())} has it",
        expected=f"a folder {known.folder}/" + (f" with {', '.join(known.files)}" if known.files else ""),
        remedy=f"get it from {known.how_to_get}, then `humankind data get {name} --from PATH`",
    )


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


def get(name: str, from_path: Path | None = None) -> Path:
    """Return the folder of a data set after copying or downloading it and checking it.

    Args:
        name: a data set of the catalog.
        from_path: a folder that holds its files, or its only file; without it the public archive is fetched.

    Raises:
        DataError: no path is given and there is no public archive (the message says where a person gets it), a file
            is missing, or its checksum is not the known one. Nothing is left half-copied.
    """
    known = source(name)
    if name in EMBEDDED and from_path is None:
        return EMBEDDED[name]
    if from_path is None and not known.archive:
        raise DataError(
            f"{name} cannot be downloaded for you",
            found=f"licence {known.licence}",
            remedy=f"get it from {known.how_to_get}, then `humankind data get {name} --from PATH`",
        )
    target = data_homes()[-1] / name
    if target.exists():
        raise DataError(f"{name} is already there", where=target, remedy="remove that folder first to replace it")
    if from_path is None:
        return folder_once(target, lambda folder: _download(known, folder))
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
    if name not in EMBEDDED:
        _check(folder, source(name))
    return folder


def status(name: str) -> Status:
    """Return whether a data set is `embedded`, `present`, `damaged` (a checksum differs) or `absent`."""
    if name in EMBEDDED:
        return "embedded"
    try:
        folder = locate(name)
    except DataError:
        return "absent"
    try:
        _check(folder, source(name))
    except DataError:
        return "damaged"
    return "present"


def _download(known: Source, folder: Path) -> None:
    """Fetch the archive, compare its checksum and move its files up into `folder`."""
    import pooch

    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        try:
            pooch.retrieve(
                known.archive["url"],
                known.archive["checksum"],
                path=scratch,
                processor=pooch.Unzip(extract_dir="unpacked"),
            )
        except (OSError, ValueError) as error:  # ValueError: another checksum than the known one
            raise DataError(
                f"{known.name} could not be fetched",
                found=error,
                where=known.archive["url"],
                remedy=f"try again, or get it from {known.how_to_get} and use --from PATH",
            ) from None
        unpacked = Path(scratch) / "unpacked"
        inside = list(unpacked.iterdir())
        top = inside[0] if len(inside) == 1 and inside[0].is_dir() else unpacked
        for path in top.iterdir():
            shutil.move(path, folder / path.name)


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
        with (folder / file).open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
        if found != expected:
            raise DataError(
                f"a file of {known.name} is not the known one",
                found=f"SHA-256 {found}",
                where=file,
                expected=f"SHA-256 {expected}",
                remedy="get the file again; another version would give other figures",
            )
