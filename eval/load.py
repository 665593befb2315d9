"""How the server stands a crowd: distinct questions on loopback, first one by one, then as many as it can, then more.

Open loop: questions come by the clock whether earlier ones are answered or not, as people do. Closed-loop figures hide
the waiting (Schroeder, Wierman and Harchol-Balter, Open Versus Closed, NSDI 2006).
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

import httpx

from assistant.errors import BackchatError

from .dataset import shipped_cases

__all__ = ["LoadReport", "distinct_questions", "measure_load", "server"]

_ONE_BY_ONE = 200
_CLIENTS = 8
_CAPACITY_SECONDS = 10.0
_OVERLOAD = 1.5
_OPENINGS = ("", "Hi, ", "Quick one: ", "Hello there, ", "Please tell me: ", "I wonder, ", "Hey coach, ", "One more: ")
_ENDINGS = (
    "",
    " Thanks!",
    " I am new to this.",
    " Cheers.",
    " I train at home.",
    " Asking for a friend.",
    " Short please.",
)


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What was seen. Times in milliseconds, rates in answers a second."""

    single_ms: float
    """Median of one client alone."""
    capacity: float
    offered: float
    answered: int
    refused: int
    """503 with Retry-After."""
    failed: int
    """Anything else, lost connections too."""
    p95_ms: float
    memory_before: float
    memory_after: float
    """Resident megabytes of the server."""

    @property
    def p95_ratio(self) -> float:
        """Of the answered ones under load, to the single client's median."""
        return self.p95_ms / self.single_ms


def distinct_questions() -> Iterator[str]:
    """Dev questions in ever new dress, none twice."""
    cases = [case.question for case in shipped_cases("dev") if case.question]
    order = random.Random(7)
    seen: set[str] = set()
    number = 0
    while True:
        question = f"{order.choice(_OPENINGS)}{order.choice(cases)}{order.choice(_ENDINGS)}"
        if question in seen:
            number += 1
            question += f" ({number})"
        seen.add(question)
        yield question


@contextmanager
def server() -> Iterator[tuple[str, int]]:
    """Run `backchat serve` without rate limits; its address and process."""
    environment = {**os.environ, "BACKCHAT_RATE_LIMIT": "off", "BACKCHAT_SESSION_RATE_LIMIT": "off"}
    command = [sys.executable, "-c", "from assistant.cli import main; main()", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout
        try:
            found = re.search(r"http://\S+", process.stdout.readline())
            if not found:
                raise BackchatError("the server did not start; run `backchat serve` to see why")
            yield found[0], process.pid
        finally:
            process.terminate()


def resident(pid: int) -> float:
    """Resident megabytes of a process (Linux)."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


async def measure_load(address: str, pid: int, seconds: float, step: Callable[[str], None]) -> LoadReport:
    """Measure one server for so many seconds of overload; `step` is told what comes next."""
    questions = distinct_questions()
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as client:

        async def ask(question: str) -> tuple[int, float, bool]:
            start = time.perf_counter()
            try:
                response = await client.post("api/v1/ask", json={"question": question})
            except httpx.HTTPError:
                return 0, 0.0, False
            return response.status_code, 1000 * (time.perf_counter() - start), "retry-after" in response.headers

        step("one client")
        alone = [await ask(question) for question in islice(questions, _ONE_BY_ONE)]
        step("capacity")
        done = 0
        end = time.perf_counter() + _CAPACITY_SECONDS

        async def keep_asking() -> None:
            nonlocal done
            while time.perf_counter() < end:
                status, _, _ = await ask(next(questions))
                done += status == 200  # on a line of its own: `+=` around an await would lose counts

        await asyncio.gather(*(keep_asking() for _ in range(_CLIENTS)))
        capacity = done / _CAPACITY_SECONDS
        step("overload")
        before = resident(pid)
        offered = _OVERLOAD * capacity
        tasks = []
        begin = time.perf_counter()
        for number, question in enumerate(islice(questions, round(offered * seconds))):
            await asyncio.sleep(max(0.0, begin + number / offered - time.perf_counter()))
            tasks.append(asyncio.create_task(ask(question)))
        found = await asyncio.gather(*tasks)
    counts = Counter(
        "answered" if status == 200 else "refused" if status == 503 and told else "failed" for status, _, told in found
    )
    times = sorted(took for status, took, _ in found if status == 200)
    return LoadReport(
        single_ms=statistics.median(took for _, took, _ in alone),
        capacity=capacity,
        offered=offered,
        answered=counts["answered"],
        refused=counts["refused"],
        failed=counts["failed"],
        p95_ms=times[int(0.95 * len(times))] if times else float("inf"),
        memory_before=before,
        memory_after=resident(pid),
    )
