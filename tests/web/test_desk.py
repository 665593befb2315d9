"""Bounded work: places, turns, patience, and people who leave."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from assistant.web.desk import BusyError, Desk, GoneError


async def forever() -> None:
    """Stand for someone who stays."""
    await asyncio.Event().wait()


async def until(met: object) -> None:
    """Wait until a callable says yes."""
    assert callable(met)
    for _ in range(500):
        if met():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not come to that")


async def test_no_more_than_so_many_at_once() -> None:
    """Ten questions, two in hand at any time, every one answered."""
    desk = Desk(2, 20, 30)
    lock, now, most = threading.Lock(), 0, 0

    def work() -> int:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1
        return 7

    assert await asyncio.gather(*(desk.run(work, forever) for _ in range(10))) == [7] * 10
    assert most == 2
    assert desk.present == 0


async def test_a_full_desk_sends_away_at_once() -> None:
    """The third of two places hears BusyError; when the others are done there is room again."""
    desk, go = Desk(1, 1, 30), threading.Event()
    tasks = [asyncio.create_task(desk.run(go.wait, forever)) for _ in range(2)]
    await until(lambda: desk.present == 2)
    assert desk.full
    with pytest.raises(BusyError):
        await desk.run(lambda: True, forever)
    go.set()
    assert await asyncio.gather(*tasks) == [True, True]
    assert await desk.run(lambda: True, forever)


async def test_patience_ends() -> None:
    """Who waits too long hears so, and the place is free."""
    desk, go = Desk(1, 5, 0.05), threading.Event()
    first = asyncio.create_task(desk.run(go.wait, forever))
    await until(lambda: desk.present == 1)
    with pytest.raises(BusyError, match="too long"):
        await desk.run(lambda: True, forever)
    assert desk.present == 1
    go.set()
    assert await first


async def test_who_leaves_gives_the_place_free() -> None:
    """The work of someone who left while waiting is never done."""
    desk, go, left, done = Desk(1, 1, 30), threading.Event(), asyncio.Event(), []
    first = asyncio.create_task(desk.run(go.wait, forever))
    await until(lambda: desk.present == 1)

    async def leaves() -> None:
        await left.wait()

    second = asyncio.create_task(desk.run(lambda: done.append(1), leaves))
    await until(lambda: desk.full)
    left.set()
    with pytest.raises(GoneError):
        await second
    assert not desk.full
    go.set()
    assert await first
    assert done == []
    assert desk.present == 0


async def test_a_cancelled_task_gives_the_place_free() -> None:
    """As when the server ends a stream whose reader has left."""
    desk, go = Desk(1, 1, 30), threading.Event()
    first = asyncio.create_task(desk.run(go.wait, forever))
    await until(lambda: desk.present == 1)
    second = asyncio.create_task(desk.run(go.wait, forever))
    await until(lambda: desk.full)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    assert desk.present == 1
    go.set()
    assert await first
    assert await desk.run(lambda: 3, forever) == 3


async def test_an_error_of_the_work_comes_through() -> None:
    """And leaves no place taken."""
    desk = Desk(1, 0, 30)

    def fail() -> None:
        raise ValueError("no")

    for _ in range(3):
        with pytest.raises(ValueError, match="no"):
            await desk.run(fail, forever)
    assert desk.present == 0
