"""What came back, line by line in an append-only file, so that nothing that was answered is asked again.

A line holds what the model gave, not what it was judged to be: a gold label or a reading that is mended later costs
no call. Each line is handed to the system at once, so a kill loses none; the disk is waited for once in a while, so a
power cut may lose the last few.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from io import BufferedWriter
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from humankind.kits.bench.questions import Way
from humankind.spine.config import Section
from humankind.spine.errors import DataError

_SYNC_LINES = 64
_SYNC_S = 2.0


class Kept(Section):
    """What a model gave for one trial."""

    trial: str
    """`Trial.id`."""
    digest: str
    """Of everything that the reply depends on; a trial that is asked otherwise is asked again."""
    way: Way
    text: str = ""
    letter_scores: tuple[float | None, ...] = ()
    """Log-probability of each letter as shown; None for a letter that the model did not tell."""
    failed: str = ""
    """Why the call gave nothing, after all retries; asked again by the next run."""
    n_prompt_tokens: int | None = None
    n_tokens: int | None = None
    n_thinking_tokens: int | None = None
    stop_reason: str = ""
    facts: dict[str, str | int | float | bool] = Field(default_factory=dict)


def digest(*parts: Any) -> str:
    """Return a short fingerprint of values that can be written as JSON.

    >>> digest("a", 1) == digest("a", 1), digest("a", 1) == digest("a", 2)
    (True, False)
    """
    return sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:24]


class Journal:
    """Replies of a folder by trial and digest. Read it at any time; write inside `writing()`."""

    def __init__(self, path: Path) -> None:
        """Read what is there; half a line at the end, left by a kill, is not a reply.

        Raises:
            DataError: a whole line is not a reply.
        """
        self.path = path
        self.kept: dict[tuple[str, str], Kept] = {}
        self._file: BufferedWriter | None = None
        self._unsynced, self._synced_at = 0, 0.0
        content = path.read_bytes() if path.exists() else b""
        *lines, _half = content.split(b"\n")
        for number, line in enumerate(lines, start=1):
            try:
                self._remember(Kept.model_validate_json(line))
            except ValidationError as error:
                raise DataError(
                    "a line of the journal is damaged",
                    found=error.errors()[0]["msg"],
                    where=f"{path} line {number}",
                    remedy="remove the line; its trial is asked again",
                ) from None

    def reply(self, trial: str, digest: str) -> Kept | None:
        """Return what was given for a trial asked this way, None where it was not asked or the call failed."""
        kept = self.kept.get((trial, digest))
        return None if kept is None or kept.failed else kept

    @contextmanager
    def writing(self) -> Generator[Journal]:
        """Open the file for appending for the time of the block."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            self._cut_half_line(file)
            self._file = file
            try:
                yield self
            finally:
                self._file = None
                file.flush()
                os.fsync(file.fileno())

    def keep(self, kept: Kept) -> None:
        """Write a reply down."""
        if self._file is None:
            raise RuntimeError("keep() outside writing()")
        self._file.write(kept.model_dump_json(exclude_defaults=True).encode() + b"\n")
        self._file.flush()
        self._remember(kept)
        self._unsynced += 1
        now = time.monotonic()
        if self._unsynced >= _SYNC_LINES or now - self._synced_at > _SYNC_S:
            os.fsync(self._file.fileno())
            self._unsynced, self._synced_at = 0, now

    def _remember(self, kept: Kept) -> None:
        self.kept[kept.trial, kept.digest] = kept

    def _cut_half_line(self, file: BufferedWriter) -> None:
        content = self.path.read_bytes()
        file.truncate(content.rfind(b"\n") + 1)
