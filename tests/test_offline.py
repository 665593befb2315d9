"""The main job with no sockets at all: not even the machine itself can be reached."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_socket import SocketBlockedError, disable_socket, enable_socket

from assistant.settings import Settings

from .contract_checks import assert_contract

pytestmark = pytest.mark.model


@pytest.fixture
def no_sockets() -> Iterator[None]:
    """Take away every socket, loopback included."""
    disable_socket(allow_unix_socket=False)
    yield
    enable_socket()


@pytest.mark.usefixtures("no_sockets")
def test_it_answers_without_any_socket(model_cache: Path) -> None:
    """Opening the index, asking and following up need no network, no local server and no download."""
    from assistant.chain import Assistant

    with pytest.warns(UserWarning, match="socket"), pytest.raises(SocketBlockedError):
        socket.socket()
    with Assistant.load(Settings(corpus=None, cache_dir=model_cache)) as assistant:
        answer = assistant.ask("How many sets and reps of back extensions?")
        more = assistant.ask("which muscles?", [("user", answer.question), ("assistant", answer.text)])
        for found in (answer, more):
            assert found.status == "answered"
            assert_contract(found, assistant.articles)
    assert "8 to 12" in answer.text
