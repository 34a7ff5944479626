"""Calls that arrive one by one, answered together: a worker thread takes what is waiting and runs it as one batch."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_PATIENCE_S = 0.01
"""How long a batch waits for one more call; calls of one step of an event loop arrive within microseconds."""


class Batcher(Generic[Item, Result]):
    """Runs `work` on batches of the items that callers submit.

    Args:
        work: returns one result an item, in order; runs in one thread of its own.
        size: most items a batch.
    """

    def __init__(self, work: Callable[[Sequence[Item]], Sequence[Result]], size: int) -> None:
        self.work, self.size = work, size
        self._waiting: queue.SimpleQueue[tuple[Item, Future[Result]]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    async def submit(self, item: Item) -> Result:
        """Return the result of one item; raises what `work` raised on it.

        A caller that is cancelled before its batch begins is left out of it.
        """
        future: Future[Result] = Future()
        self._waiting.put((item, future))
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="batcher", daemon=True)
                self._thread.start()
        return await asyncio.wrap_future(future)

    def _serve(self) -> None:
        while True:
            batch = [self._waiting.get()]
            try:
                while len(batch) < self.size:
                    batch.append(self._waiting.get(timeout=_PATIENCE_S))
            except queue.Empty:
                pass
            # From here on a cancelled caller no longer changes the future, so that setting it cannot fail.
            wanted = [(item, future) for item, future in batch if future.set_running_or_notify_cancel()]
            if wanted:
                self._answer(wanted)

    def _answer(self, batch: list[tuple[Item, Future[Result]]]) -> None:
        """Run a batch; where it fails, run its halves, so that one bad item does not spoil the others."""
        try:
            results = self.work([item for item, _ in batch])
            pairs = list(zip(batch, results, strict=True))
        except Exception as error:
            if len(batch) == 1:
                batch[0][1].set_exception(error)
                return
            middle = len(batch) // 2
            self._answer(batch[:middle])
            self._answer(batch[middle:])
            return
        for (_, future), result in pairs:
            future.set_result(result)
