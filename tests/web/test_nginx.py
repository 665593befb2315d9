"""The documented nginx configuration in front of a real server, with Debian's nginx on loopback."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from assistant.types import Answer
from assistant.web import server
from assistant.web.api import create_app

from .fakes import FakeAssistant

CONFIG = Path(server.__file__).parent / "nginx.conf"


class Slow(FakeAssistant):
    """Answers when it is told to."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.go = threading.Event()
        self.go.set()

    def ask(self, *args: Any, **kwargs: Any) -> Answer:
        """Wait for the word, then answer."""
        assert self.go.wait(20)
        return super().ask(*args, **kwargs)


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Slow]]:
    """Run both; the address of nginx and the assistant behind it."""
    binary = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if binary is None:
        if os.environ.get("CI") == "true":
            pytest.fail("nginx is missing: install it with `apt-get install nginx-light`")
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("nginx")
    with server.listen("127.0.0.1", 0) as listener, server.listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
        free.close()
        assistant = Slow(rate_limit="4/hour")
        config = uvicorn.Config(
            create_app(assistant.typed), log_level="warning", proxy_headers=True, forwarded_allow_ips="127.0.0.1"
        )
        ours = uvicorn.Server(config)
        thread = threading.Thread(target=ours.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        site = CONFIG.read_text(encoding="utf-8")
        site, changed = re.subn(r"listen 80;", f"listen 127.0.0.1:{port};", site)
        assert changed == 1
        site, changed = re.subn(r"127\.0\.0\.1:7860", f"127.0.0.1:{listener.getsockname()[1]}", site)
        assert changed == 1
        places = "".join(
            f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        file = folder / "nginx.conf"
        file.write_text(
            f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
            f"http {{ access_log off; {places}\n{site}\n}}"
        )
        process = subprocess.Popen([binary, "-c", str(file), "-e", str(folder / "error.log")])
        address = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                httpx.get(address + "/healthz", timeout=1)
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        yield address, assistant
        process.terminate()
        process.wait(10)
        ours.should_exit = True
        thread.join(10)


def reader(address: str, ip: str) -> httpx.Client:
    """Make a client that comes from an address of its own."""
    return httpx.Client(base_url=address, transport=httpx.HTTPTransport(local_address=ip), timeout=20)


def test_pages_answers_and_closed_doors(proxied: tuple[str, Slow]) -> None:
    """Chat, articles and answers come through; the metrics do not; a foreign site is still refused."""
    with reader(proxied[0], "127.0.0.2") as client:
        for path in ("/", "/articles/floor-lift", "/widget.js", "/healthz"):
            assert client.get(path).status_code == 200, path
        assert client.get("/metrics").status_code == 403
        own = {"Origin": proxied[0]}
        assert client.post("/api/v1/ask", json={"question": "q"}, headers=own).status_code == 200
        foreign = {"Origin": "https://evil.example"}
        assert client.post("/api/v1/ask", json={"question": "q"}, headers=foreign).status_code == 403


def test_events_are_not_held_back(proxied: tuple[str, Slow]) -> None:
    """The first event is there while the answer is still being made."""
    address, assistant = proxied
    assistant.go.clear()
    with (
        reader(address, "127.0.0.3") as client,
        client.stream("POST", "/api/v1/ask/stream", json={"question": "q"}) as response,
    ):
        lines = response.iter_lines()
        assert next(lines) == "event: status"
        assistant.go.set()
        assert "event: done" in list(lines)


def test_rate_limits_count_readers(proxied: tuple[str, Slow]) -> None:
    """One reader over the limit holds back no other one, and cannot get round it by a header of their own."""
    with reader(proxied[0], "127.0.0.4") as client:
        ask = [client.post("/api/v1/ask", json={"question": "q"}).status_code for _ in range(5)]
        assert ask == [200] * 4 + [429]
        forged = client.post("/api/v1/ask", json={"question": "q"}, headers={"X-Forwarded-For": "192.0.2.9"})
        assert forged.status_code == 429
    with reader(proxied[0], "127.0.0.5") as client:
        assert client.post("/api/v1/ask", json={"question": "q"}).status_code == 200
