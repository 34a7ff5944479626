"""Fetching one public archive: whole and with the known checksum, or not at all."""

from __future__ import annotations

import logging
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

from humankind.spine.errors import DataError
from humankind.spine.progress import Progress, Task


class _Meter:
    """What pooch takes for a progress bar, told to ours in MiB.

    At the end pooch sets its bar back and fills it again, so what was told once is not told again.
    """

    def __init__(self, title: str, progress: Progress) -> None:
        self.title, self.progress = title, progress
        self.total = 0
        self.counted = self.told = 0
        self.task: Task | None = None
        self.open = ExitStack()

    def update(self, n_bytes: int) -> None:
        if self.task is None:
            total = self.total / 2**20 if self.total else None
            self.task = self.open.enter_context(self.progress.task(self.title, total))
        self.counted += n_bytes
        counted = min(self.counted, self.total) if self.total else self.counted
        if counted > self.told:
            self.task.advance((counted - self.told) / 2**20)
            self.told = counted

    def reset(self) -> None:
        """Keep what was counted."""

    def close(self) -> None:
        self.open.close()


def fetch_archive(url: str, checksum: str, folder: Path, progress: Progress) -> None:
    """Fetch a zip archive, compare its checksum and move what is in it into `folder`.

    A single folder at the top of the archive is left out, so that the files themselves stand in `folder`.

    Args:
        url: where it is.
        checksum: `algorithm:hex digits`.
        folder: an empty folder.
        progress: told how much has come, in MiB.

    Raises:
        DataError: it could not be fetched, or has another checksum.
    """
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)  # what it says at INFO, the progress says better
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetch-") as scratch, ExitStack() as closing:
        meter = _Meter(f"fetching {url.rpartition('/')[2]} (MiB)", progress)
        closing.callback(meter.close)
        try:
            pooch.retrieve(
                url,
                checksum,
                path=scratch,
                downloader=cast(Any, pooch.HTTPDownloader(progressbar=meter)),
                processor=pooch.Unzip(extract_dir="unpacked"),
            )
        except (OSError, ValueError) as error:  # ValueError: another checksum than the known one
            raise DataError(
                "the archive could not be fetched",
                found=error,
                where=url,
                expected=f"an archive with the checksum {checksum}",
                remedy="try again later, or fetch it by hand and use --from PATH",
            ) from None
        unpacked = Path(scratch) / "unpacked"
        inside = list(unpacked.iterdir())
        top = inside[0] if len(inside) == 1 and inside[0].is_dir() else unpacked
        for path in top.iterdir():
            shutil.move(path, folder / path.name)
