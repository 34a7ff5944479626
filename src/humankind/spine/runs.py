"""The run folder: everything a command did, append-only, atomic and resumable.

    runs/<name>-<time>/
        run.json        command, versions, commit, seed, device, status
        config.json     the effective settings
        metrics.jsonl   one line a measurement
        samples.jsonl   one line an example worth reading
        artifacts/      models and results; a file is there whole or not at all
        report.html

The command line, the report and the studio read nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from humankind.spine.config import Config
from humankind.spine.errors import RunError
from humankind.spine.provenance import provenance

RUNNING, DONE, FAILED, INTERRUPTED = "running", "done", "failed", "interrupted"

MADE_FROM = "made-from.json"
"""Name of the note that says what the files beside it were made from; no result by itself."""


class Run:
    """One open run folder. Make it, or go on with it, by `Run.start`; read one with `Run.read`."""

    def __init__(self, path: Path, facts: dict[str, Any]) -> None:
        self.path = path
        self.facts = facts

    # -- opening -------------------------------------------------------------------------------------------

    @classmethod
    @contextmanager
    def start(
        cls, path: Path | str, *, command: str, config: Config, resume: bool = False, system: str = ""
    ) -> Generator[Run]:
        """Open a run folder for writing, locked against a second writer until the block ends.

        Args:
            path: the folder; it must be new or empty unless `resume`.
            command: the command line that makes this run, for the report.
            config: the effective settings; a resumed run must have the same.
            resume: go on where an earlier run in this folder stopped.

        Raises:
            RunError: the folder holds another run, other settings, or is being written.
        """
        folder = Path(path)
        if not resume and folder.exists() and any(folder.iterdir()):
            raise RunError(
                "the output folder is not empty",
                found=folder,
                where="--out",
                expected="a new or empty folder",
                remedy="choose another folder, or add --resume to go on with the run in it",
            )
        _refuse_foreign(folder)
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(str(folder / ".lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise RunError(
                "another process is writing this run", where=folder, remedy="wait for it or choose another --out"
            ) from None
        facts = {"command": command, "system": system, "started": _now(), "seed": config.seed}
        run = cls(folder, facts | provenance())
        try:
            run._check_goes_on(config)  # what is refused here leaves the run that is there as it was
        except BaseException:
            lock.release()
            raise
        try:
            run._open(config)
            yield run
        except KeyboardInterrupt:
            run.set_status(INTERRUPTED)
            raise
        except BaseException as error:
            run.set_status(FAILED, error=f"{type(error).__name__}: {error}")
            raise
        else:
            run.set_status(DONE)
        finally:
            lock.release()

    @classmethod
    def read(cls, path: Path | str) -> Run:
        """Return the run in a folder, for reading only; RunError if there is none."""
        folder = Path(path)
        try:
            facts = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise RunError(
                "this is not a run folder",
                found=folder,
                expected="a folder with run.json in it",
                remedy="name the folder that --out made; `humankind runs` lists those under runs/",
            ) from None
        return cls(folder, facts)

    def _check_goes_on(self, config: Config) -> None:
        """Raise RunError where the folder holds a run with other settings."""
        if not (self.path / "run.json").exists():
            return
        before, now = _flat(self.config_values()), _flat(json.loads(config.model_dump_json()))
        differing = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
        if differing:
            raise RunError(
                "the run in this folder was started with other settings",
                found=", ".join(f"{key}: {before.get(key)} there, {now.get(key)} now" for key in differing),
                where=self.path / "config.json",
                expected="the same settings, so that the resumed run equals an uninterrupted one",
                remedy="repeat the first command with --resume, or choose another --out",
            )
        earlier = Run.read(self.path).facts
        self.facts |= {key: earlier[key] for key in ("started", "data") if key in earlier}
        self.facts["resumed"] = [*earlier.get("resumed", []), _now()]

    def _open(self, config: Config) -> None:
        self.artifacts.mkdir(exist_ok=True)
        for name in ("metrics.jsonl", "samples.jsonl"):
            _drop_partial_line(self.path / name)
        write_text(self.path / "config.json", config.model_dump_json(indent=2) + "\n")
        self.set_status(RUNNING)

    # -- reading -------------------------------------------------------------------------------------------

    @property
    def artifacts(self) -> Path:
        return self.path / "artifacts"

    @property
    def status(self) -> str:
        return self.facts.get("status", "")

    def config_values(self) -> dict[str, Any]:
        """Return the effective settings as they were saved; RunError where they are gone."""
        try:
            return json.loads((self.path / "config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(
                "the settings of this run cannot be read",
                found=f"{type(error).__name__}: {error}",
                where=self.path / "config.json",
                remedy="start a new run",
            ) from None

    def metrics(self) -> list[dict[str, Any]]:
        """Return every measurement, in the order it was made."""
        return _read_lines(self.path / "metrics.jsonl")

    def samples(self) -> list[dict[str, Any]]:
        """Return every example worth reading, in the order it was kept."""
        return _read_lines(self.path / "samples.jsonl")

    # -- writing -------------------------------------------------------------------------------------------

    def log(self, **measurement: Any) -> None:
        """Append one measurement to metrics.jsonl."""
        _append_line(self.path / "metrics.jsonl", {"time": _now(), **measurement})

    def keep(self, **sample: Any) -> None:
        """Append one example to samples.jsonl."""
        _append_line(self.path / "samples.jsonl", sample)

    def set_status(self, status: str, **more: Any) -> None:
        """Write the status into run.json."""
        self.facts = {**self.facts, "status": status, "updated": _now(), **more}
        write_text(self.path / "run.json", json.dumps(self.facts, indent=2, ensure_ascii=False) + "\n")

    def check_data(self, **facts: Any) -> None:
        """Note what the run works on; a resumed run must be given the same, or its finished parts would not fit.

        Args:
            facts: numbers and digests that tell one input from another.

        Raises:
            RunError: the run was started on other data.
        """
        before = self.facts.get("data", facts)
        if before != facts:
            differing = [key for key in facts if before.get(key) != facts[key]]
            raise RunError(
                "the run in this folder was started on other data",
                found=", ".join(f"{key}: {before.get(key)} there, {facts[key]} now" for key in differing),
                where=self.path,
                expected="the same data, so that the resumed run equals an uninterrupted one",
                remedy="give the data that it was started on, or choose another --out",
            )
        self.set_status(RUNNING, data=facts)

    def once(self, name: str, compute: Callable[[], Any]) -> Any:
        """Return the JSON result called `name`, computed at most once in the life of this run.

        This is what makes a long run resumable: a result that is on disk is read, not made again.
        """
        path = self.artifacts / f"{name}.json"
        if path.exists():
            return json.loads(path.read_text(encoding="utf-8"))
        result = compute()
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
        return json.loads(path.read_text(encoding="utf-8"))

    def folder_once(self, name: str, fill: Callable[[Path], None]) -> Path:
        """Return the artifact folder called `name`, filled at most once, whole or not at all."""
        return folder_once(self.artifacts / name, fill)


def _refuse_foreign(folder: Path) -> None:
    """Raise RunError where a folder holds files, but no run and not the beginning of one."""
    if not folder.is_dir() or (folder / "run.json").exists():
        return
    foreign = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    if not set(foreign) <= {"artifacts", "config.json"}:
        raise RunError(
            "there is no run in this folder to go on with",
            found=", ".join(foreign[:5]),
            where=folder,
            expected="the folder of an unfinished run, or a new or empty one",
            remedy="choose another --out",
        )


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat


def new_path(name: str, root: Path | str = "runs") -> Path:
    """Return a run folder that does not exist yet: `<root>/<name>-<time>`."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    path = Path(root) / f"{name}-{stamp}"
    number = 2
    while path.exists():
        path = Path(root) / f"{name}-{stamp}-{number}"
        number += 1
    return path


def find_runs(root: Path | str = "runs") -> list[Run]:
    """Return the readable runs under `root`, newest first."""
    found = []
    for path in sorted(Path(root).glob("*/run.json")):
        with suppress(RunError):
            found.append(Run.read(path.parent))
    return sorted(found, key=lambda run: run.facts.get("started", ""), reverse=True)


def write_text(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new one, never a half."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def folder_once(path: Path, fill: Callable[[Path], None]) -> Path:
    """Fill a folder beside its place, then move it there: it exists whole or not at all."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        fill(temporary)
        temporary.chmod(0o755)
        temporary.replace(path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return path


def _append_line(path: Path, record: dict[str, Any]) -> None:
    line = json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"
    with path.open("a", encoding="utf-8") as file:
        file.write(line)


def _read_lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    # Cut at the newline byte alone: text may hold other line breaks, and a killed writer half a character.
    *whole, _unfinished = path.read_bytes().split(b"\n")
    return [json.loads(line) for line in whole]


def _drop_partial_line(path: Path) -> None:
    """Cut the half line that a killed writer may have left, so that the next append starts clean."""
    if not path.exists():
        return
    with path.open("rb+") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
