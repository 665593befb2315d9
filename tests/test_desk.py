"""Bounded work: places, turns, patience, and people who leave.

Not beside the browser tests: their event loop runs as long as the browser does, and admits no other.
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import httpx
import pytest

from assistant.types import Answer
from assistant.web.api import create_app
from assistant.web.desk import BusyError, Desk, GoneError
from tests.web.fakes import FakeAssistant


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


async def test_a_full_server_sends_away() -> None:
    """With four in hand and one waiting the sixth gets 503 and Retry-After; then all others are answered."""
    go = threading.Event()

    class Slow(FakeAssistant):
        def ask(self, *args: Any, **kwargs: Any) -> Answer:
            assert go.wait(20)
            return super().ask(*args, **kwargs)

    transport = httpx.ASGITransport(create_app(Slow(max_waiting=1).typed))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        asking = [asyncio.create_task(client.post("/api/v1/ask", json={"question": "q"})) for _ in range(5)]
        for _ in range(300):
            ready = await client.get("/readyz")
            if ready.status_code == 503:
                break
            await asyncio.sleep(0.02)
        assert ready.json()["status"] == 503
        for path in ("/api/v1/ask", "/api/v1/ask/stream"):
            refused = await client.post(path, json={"question": "q"})
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
        go.set()
        assert [response.status_code for response in await asyncio.gather(*asking)] == [200] * 5
        assert (await client.get("/readyz")).json() == {"status": "ready"}
        told = (await client.get("/metrics")).text
    assert 'backchat_refused_total{reason="busy"} 2.0' in told
