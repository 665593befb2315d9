"""The walls around every test (conftest.py)."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from assistant.settings import Settings


def test_the_network_is_out_of_reach() -> None:
    """Neither an address nor a name beyond this machine can be reached from a test."""
    with pytest.raises(UserWarning, match="A test tried"), socket.socket() as out:
        out.connect(("192.0.2.1", 80))
    with pytest.raises(UserWarning, match="look up example"):
        socket.create_connection(("example.org", 80))


def test_this_machine_can_be_reached() -> None:
    """A server of the test's own answers on the loopback address."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


def test_home_and_cache_belong_to_the_test(tmp_path: Path) -> None:
    """The default cache folder lies in the test's own folder, and no setting comes from outside."""
    assert Settings().cache_path.is_relative_to(tmp_path)
    assert Path.home().is_relative_to(tmp_path)
    assert not [name for name in os.environ if name.startswith("BACKCHAT_")]
