"""RIM: listens, runs uvicorn, and tells when the server can be reached."""

from __future__ import annotations

import socket
import webbrowser
from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING

import uvicorn
from rich.console import Console

from ..errors import BackchatError

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["address", "listen", "run"]


def listen(host: str, port: int) -> socket.socket:
    """Take a listening socket, before anything slow happens.

    Raises:
        BackchatError: the address or port cannot be used; the message says what to do.

    """
    try:
        family = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as exc:
        hint = "take another port with BACKCHAT_PORT (0 takes a free one), or stop the program that uses this one"
        reason = str(exc.strerror or exc).split(" (")[0]  # Python adds the address once more
        raise BackchatError(f"cannot listen on {host}, port {port}: {reason}; {hint}") from exc


def address(host: str, listener: socket.socket) -> str:
    """Return the address to open in a browser on this computer."""
    if host in ("0.0.0.0", "::", ""):
        host = "localhost"
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listener.getsockname()[1]}/"


def run(app: FastAPI, listener: socket.socket, url: str, open_browser: bool, trusted_proxies: str = "") -> None:
    """Serve until Ctrl-C or SIGTERM; print the address once it answers.

    `trusted_proxies`: addresses, apart by commas, whose word on a client's own address is taken.
    """

    def announce() -> None:
        Console().print(f"Backchat listens on {url} (Ctrl-C ends it)", highlight=False, soft_wrap=True)
        if open_browser:
            Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    # an open tab holds an event stream for ever: without the timeout the process would never end
    config = uvicorn.Config(
        app,
        log_level="warning",
        timeout_graceful_shutdown=3,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies or None,
        server_header=False,
    )
    try:
        _Server(config, announce).run(sockets=[listener])
    except KeyboardInterrupt:  # uvicorn raises it again once all is closed
        return


class _Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then say so."""
        await super().startup(sockets=sockets)
        if self.started:
            self._announce()
