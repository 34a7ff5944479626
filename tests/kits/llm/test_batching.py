"""Calls that wait together run together, and a bad one spoils only itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from humankind.kits.llm.batching import Batcher


def test_waiting_calls_run_as_one_batch() -> None:
    sizes: list[int] = []

    def work(items: Sequence[int]) -> list[int]:
        sizes.append(len(items))
        return [item * 10 for item in items]

    async def ask() -> list[int]:
        batcher = Batcher(work, 8)
        return await asyncio.gather(*(batcher.submit(n) for n in range(20)))

    assert asyncio.run(ask()) == [n * 10 for n in range(20)]
    assert sum(sizes) == 20
    assert max(sizes) == 8
    assert len(sizes) <= 5


def test_one_bad_item_spoils_only_itself() -> None:
    def work(items: Sequence[int]) -> list[int]:
        if 3 in items:
            raise ValueError("three")
        return list(items)

    async def ask() -> list[int | BaseException]:
        batcher = Batcher(work, 8)
        return await asyncio.gather(*(batcher.submit(n) for n in range(6)), return_exceptions=True)

    found = asyncio.run(ask())
    assert [n for n in found if isinstance(n, int)] == [0, 1, 2, 4, 5]
    assert isinstance(found[3], ValueError)


def test_the_good_ones_beside_a_bad_one_still_run_together() -> None:
    sizes: list[int] = []

    def work(items: Sequence[int]) -> list[int]:
        if 0 in items:
            raise ValueError("zero")
        sizes.append(len(items))
        return list(items)

    async def ask() -> None:
        batcher = Batcher(work, 64)
        await asyncio.gather(*(batcher.submit(n) for n in range(64)), return_exceptions=True)

    asyncio.run(ask())
    assert sum(sizes) == 63
    assert len(sizes) <= 8


def test_a_caller_that_gave_up_disturbs_nobody() -> None:
    ran: list[int] = []
    started, go_on = threading.Event(), threading.Event()

    def work(items: Sequence[int]) -> list[int]:
        started.set()
        go_on.wait(5)
        ran.extend(items)
        return list(items)

    async def ask() -> list[int]:
        batcher = Batcher(work, 1)
        first = asyncio.ensure_future(batcher.submit(1))
        await asyncio.to_thread(started.wait, 5)  # the first is being worked on, the second waits
        second = asyncio.ensure_future(batcher.submit(2))
        await asyncio.sleep(0)
        first.cancel()
        second.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        await asyncio.sleep(0.05)  # the loop tells the worker's futures of it in a step of its own
        go_on.set()
        return [await asyncio.wait_for(batcher.submit(n), 5) for n in (3, 4)]

    assert asyncio.run(ask()) == [3, 4]
    assert ran == [1, 3, 4]


def test_it_serves_several_event_loops_one_after_the_other() -> None:
    batcher = Batcher(lambda items: list(items), 4)
    for round_ in range(3):
        assert asyncio.run(batcher.submit(round_)) == round_


def test_a_batcher_that_returns_too_little_is_an_error() -> None:
    async def ask() -> None:
        await asyncio.wait_for(Batcher(lambda items: [], 4).submit(1), 5)

    with pytest.raises(ValueError, match="zip"):
        asyncio.run(ask())
