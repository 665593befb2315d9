"""Fixtures of the web tests: a server around a fake assistant, and the system's Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from typing import TYPE_CHECKING

import pytest
import uvicorn

from assistant.web import server
from assistant.web.api import create_app

from ..chromium import started
from .fakes import FakeAssistant

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="package")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> FakeAssistant:
    """Make the assistant behind `site`; a test puts its answers into the queue."""
    return FakeAssistant(feedback_file=tmp_path_factory.mktemp("feedback") / "f.sqlite3")


@pytest.fixture(scope="package")
def site(assistant: FakeAssistant) -> Iterator[str]:
    """Run a real server in a thread; its address."""
    with server.listen("127.0.0.1", 0) as listener:
        running = uvicorn.Server(
            uvicorn.Config(create_app(assistant.typed), log_level="warning", timeout_graceful_shutdown=1)
        )
        thread = Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield server.address("127.0.0.1", listener)
        running.should_exit = True
        thread.join(timeout=10)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium."""
    with started() as browser:
        yield browser
