"""Every test runs alone: own home and cache, no settings from outside, no network. Also the real assistant, once."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pytest_socket import SocketBlockedError, is_ipaddress, socket_allow_hosts

from assistant.settings import Settings, quiet_environment

if TYPE_CHECKING:
    from assistant.chain import Assistant

LOOPBACK = ["127.0.0.1", "::1", "localhost"]

for outside in [name for name in os.environ if name.startswith("BACKCHAT_")]:
    del os.environ[outside]  # the fixtures of the session must not see them either
quiet_environment()  # before any test file imports the libraries it silences


@pytest.fixture(autouse=True)
def isolation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test a home and a cache folder of its own, and take it off the network."""
    for name in [name for name in os.environ if name.startswith("BACKCHAT_")]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / ".local/share"))
    quiet_environment()
    resolve = socket.getaddrinfo

    def resolve_here(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in (None, "", *LOOPBACK) and not is_ipaddress(name):  # an address asks nobody
            raise SocketBlockedError(f"a test tried to look up {name}")
        return resolve(host, *args, **kwargs)

    socket_allow_hosts(LOOPBACK, allow_unix_socket=True)
    monkeypatch.setattr(socket, "getaddrinfo", resolve_here)


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build compiled model and index of the shipped corpus, once for all tests; the cache folder. Do not change it."""
    from assistant.building import build

    cache = tmp_path_factory.mktemp("model-cache")
    build(Settings(corpus=None, cache_dir=cache))
    return cache


@pytest.fixture(scope="session")
def assistant(model_cache: Path) -> Iterator[Assistant]:
    """Open the assistant of the shipped corpus with the real model, once for all tests (mark them `model`)."""
    from assistant.chain import Assistant

    with Assistant.load(Settings(corpus=None, cache_dir=model_cache)) as loaded:
        yield loaded
