"""What the server does with requests that never end."""

from __future__ import annotations

import socket
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from assistant.types import Answer
from assistant.web import shield

from .fakes import FakeAssistant

HEAD = b"POST /api/v1/ask HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"


def said(site: str, *pieces: bytes) -> bytes:
    """Send a request piece by piece and read the first of the response."""
    where = urlsplit(site)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=20) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return connection.recv(4096)


@pytest.mark.parametrize("sent", [b"", b'{"question"'])
def test_a_body_that_does_not_come_is_not_waited_for(site: str, sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends nothing, or half of it, is told so and gives the place free."""
    monkeypatch.setattr(shield, "_BODY_SECONDS", 0.3)
    response = said(site, HEAD, sent)
    assert response.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in response


def test_a_whole_body_may_wait_for_its_answer(
    site: str, assistant: FakeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time runs for the body alone, not for the answer."""
    monkeypatch.setattr(shield, "_BODY_SECONDS", 0.3)
    ask, queries = assistant.ask, []

    def slow(*args: Any, **kwargs: Any) -> Answer:
        time.sleep(0.8)
        queries.append(args)
        return ask(*args, **kwargs)

    monkeypatch.setattr(assistant, "ask", slow)
    assert said(site, HEAD.replace(b": 15", b": 16"), b'{"question":', b'"q"}').startswith(b"HTTP/1.1 200 ")
    assert len(queries) == 1
