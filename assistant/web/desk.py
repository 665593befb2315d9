"""Bounded work on questions: so many at once, so many waiting, and whoever leaves gives the place free."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, create_task_group, move_on_after
from anyio.to_thread import run_sync

from ..errors import BackchatError

__all__ = ["BusyError", "Desk", "GoneError", "stays"]

T = TypeVar("T")


class BusyError(BackchatError):
    """There is no place to wait, or the wait was too long; asking again shortly is worth while."""

    retry_after = 2.0
    """Seconds."""


class GoneError(BackchatError):
    """The one who asked is no longer there."""


class Desk:
    """Answers questions in threads. Belongs to one event loop."""

    def __init__(self, at_once: int, waiting: int, patience: float) -> None:
        """Take `at_once` questions in hand, let `waiting` more wait for at most `patience` seconds each."""
        self._at_once = at_once
        self._places = at_once + waiting
        self._patience = patience
        self._limiter: CapacityLimiter | None = None
        self.present = 0
        """Questions in hand or waiting."""

    @property
    def full(self) -> bool:
        """Whether the next one would be sent away."""
        return self.present >= self._places

    async def run(self, work: Callable[[], T], gone: Callable[[], Awaitable[None]]) -> T:
        """Do the work in a thread once it is its turn; `gone` returns when the one who asked has left.

        Raises:
            BusyError: all places are taken, or the turn did not come in time.
            GoneError: the one who asked left before it was their turn.

        """
        if self.full:
            raise BusyError("too many questions at once; please ask again in a moment")
        self._limiter = self._limiter or CapacityLimiter(self._at_once)  # needs the running loop
        self.present += 1
        try:
            await self._turn(self._limiter, gone)
            try:
                return await run_sync(work, limiter=CapacityLimiter(1))
            finally:
                self._limiter.release()
        finally:
            self.present -= 1

    async def _turn(self, limiter: CapacityLimiter, gone: Callable[[], Awaitable[None]]) -> None:
        """Wait until it is this task's turn."""
        got = False
        with move_on_after(self._patience) as waiting:
            async with create_task_group() as group:

                async def leave() -> None:
                    await gone()
                    group.cancel_scope.cancel()

                group.start_soon(leave)
                await limiter.acquire()
                got = True
                group.cancel_scope.cancel()
        if not got:
            late = "too many questions at once, and the wait grew too long; please ask again in a moment"
            raise BusyError(late) if waiting.cancelled_caught else GoneError("the one who asked has left")


async def stays() -> None:
    """Stand for someone who never leaves, as `gone` of `Desk.run`."""
    await anyio.sleep_forever()
